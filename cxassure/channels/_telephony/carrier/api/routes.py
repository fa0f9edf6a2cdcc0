"""Which request is carried out by what: Twilio's addresses below an account."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cxassure.channels._telephony.carrier.api import (
    calls,
    conferences,
    numbers,
    papers,
    queues,
    recordings,
)
from cxassure.channels._telephony.carrier.api.wire import Handler

_CALL, _ROOM, _QUEUE = "/Calls/{call}", "/Conferences/{room}", "/Queues/{queue}"

_ROUTES: dict[str, dict[str, Handler]] = {
    "": {"GET": papers.account},
    "/Calls": {"GET": calls.listed, "POST": calls.create},
    _CALL: {"GET": calls.fetch, "POST": calls.update},
    f"{_CALL}/Notifications": {"GET": papers.notifications},
    f"{_CALL}/Recordings": {"GET": papers.recordings, "POST": recordings.begin},
    f"{_CALL}/Recordings/{{recording}}": {"GET": papers.fetch, "POST": recordings.change},
    "/IncomingPhoneNumbers": {"GET": numbers.listed},
    "/IncomingPhoneNumbers/{number}": {"GET": numbers.fetch, "POST": numbers.update},
    "/Conferences": {"GET": conferences.listed},
    _ROOM: {"GET": conferences.fetch, "POST": conferences.update},
    f"{_ROOM}/Participants": {"GET": conferences.participants, "POST": conferences.add},
    f"{_ROOM}/Participants/{{member}}": {
        "GET": conferences.show,
        "POST": conferences.change,
        "DELETE": conferences.kick,
    },
    "/Queues": {"GET": queues.listed, "POST": queues.create},
    _QUEUE: {"GET": queues.fetch, "POST": queues.update, "DELETE": queues.remove},
    f"{_QUEUE}/Members": {"GET": queues.members},
    f"{_QUEUE}/Members/{{member}}": {"GET": queues.show, "POST": queues.dequeue},
    "/Messages": {"GET": papers.messages, "POST": papers.text},
    "/Messages/{message}": {"GET": papers.read},
    "/Recordings": {"GET": papers.recordings},
    "/Recordings/{recording}": {"GET": papers.fetch, "DELETE": papers.remove},
}
"""The addresses that end in `.json`."""

_PATTERNS = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + r"\.json"), handlers)
    for path, handlers in _ROUTES.items()
]
_MEDIA = re.compile(r"/Recordings/(?P<recording>RE\w+)(\.wav)?")


def route(path: str) -> tuple[Mapping[str, Handler], Mapping[str, str]]:
    """The handlers by method and the named parts of `path`, which begins behind the account;
    nothing for an address that is not known here."""
    media = _MEDIA.fullmatch(path)
    if media:
        return {"GET": papers.media}, {"recording": media["recording"]}
    for pattern, handlers in _PATTERNS:
        found = pattern.fullmatch(path)
        if found:
            return handlers, found.groupdict()
    return {}, {}


def known() -> list[tuple[str, str]]:
    """Every request that is answered: method and address, for the documentation."""
    told = [(verb, f"{path}.json") for path, verbs in _ROUTES.items() for verb in verbs]
    return [*told, ("GET", "/Recordings/{recording}.wav")]
