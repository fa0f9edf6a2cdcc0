"""Sending through apprise: chat rooms, pagers, e-mail, SMS and more, by one address each."""

from __future__ import annotations

import urllib.parse
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from cxassure.errors import UsageError
from cxassure.incident import Message
from cxassure.report.senders import wording
from cxassure.report.senders.discretion import hush, masked, pieces
from cxassure.report.senders.sender import NotSent
from cxassure.text import clip, guess

if TYPE_CHECKING:
    import apprise

PATIENCE = 25.0
FORMATS = ("text", "markdown")
INCIDENTS: dict[str, dict[str, str]] = {
    "pagerduty": {"dedup": "{incident}", "action": "map"},
    "opsgenie": {"alias": "{incident}", "action": "map"},
}
"""Services that keep incidents themselves: what makes one of ours one of theirs, raised by what
opens it and closed by what ends it."""

_ENDS = ("resolved", "test")
_NEWS = ("acknowledged", "lapsed")


class AppriseSender:
    """`url` is an address of apprise, such as `slack://…`; `format` is `text` or `markdown`."""

    known: ClassVar[frozenset[str]] = frozenset(("url", "format"))
    needed: ClassVar[frozenset[str]] = frozenset(("url",))

    def __init__(self, options: Mapping[str, str]) -> None:
        self._url = options["url"].strip()
        self._format = options.get("format", "text")
        self._secrets = pieces(self._url)
        if self._format not in FORMATS:
            raise UsageError(f"there is no format «{self._format}»", "write text or markdown")
        if "://" not in self._url:
            raise UsageError("the url of an apprise sender has no scheme", "write slack://…")

    def look(self, whole: bool) -> None:
        """Whether apprise knows such an address; of one that is not `whole`, since a secret is
        missing in it, whether it knows the service. Raises `UsageError`."""
        import apprise
        from apprise.plugins import N_MGR

        hush(self._secrets)
        scheme = self._scheme.casefold()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            # some services are known by the address of a web page too
            known = {*N_MGR.schemas(), "http", "https"}  # type: ignore[no-untyped-call]
            fits = not whole or apprise.Apprise.instantiate(self._url) is not None
        if scheme not in known:
            what = f"apprise knows no such service as {clip(scheme, 40)}://"
            raise UsageError(what, guess(scheme, known))
        if not fits:
            what = f"apprise cannot use this address of {clip(scheme, 40)}://"
            raise UsageError(what, "see apprise's page of the service for what its address holds")

    def send(self, message: Message) -> None:
        """Gives it to the service. Raises `NotSent` with what the service or apprise said."""
        import apprise

        hush(self._secrets)
        service = self._service(message)
        body = wording.markdown(message) if self._format == "markdown" else wording.plain(message)
        result = apprise.Apprise(service).notify(
            title=wording.title(message),
            body=body or wording.title(message),
            notify_type=_type(message),
            body_format=apprise.NotifyFormat(self._format),
            timeout=PATIENCE,
        )
        if not result:
            said = "; ".join(clip(str(entry.message), 200) for entry in result.logs())
            why = masked(said, self._secrets) or "no reason was given"
            raise NotSent(f"{self._scheme}: {why}", "look at the address and the service")

    @property
    def _scheme(self) -> str:
        return self._url.partition("://")[0]

    def _service(self, message: Message) -> apprise.NotifyBase:
        import apprise

        asset = apprise.AppriseAsset(app_id="cxassure", storage_mode="memory")
        asset.http_redirects = False
        with warnings.catch_warnings():
            # the first address loads every service, some with modules that Python is to lose
            warnings.simplefilter("ignore", DeprecationWarning)
            found: Any = apprise.Apprise.instantiate(self._address(message), asset=asset)
        if not isinstance(found, apprise.NotifyBase):
            what = f"apprise knows no such service as {self._scheme}://, or not with this address"
            raise NotSent(what, "see apprise's page of the service for what its address holds")
        return found

    def _address(self, message: Message) -> str:
        """The address, with what ties the message to its incident where the service has that."""
        ties = INCIDENTS.get(self._scheme, {}) if message.incident else {}
        given = urllib.parse.parse_qs(urllib.parse.urlsplit(self._url).query)
        more = {
            key: value.format(incident=message.incident)
            for key, value in ties.items()
            if key not in given
        }
        if not more:
            return self._url
        return self._url + ("&" if "?" in self._url else "?") + urllib.parse.urlencode(more)


def _type(message: Message) -> apprise.NotifyType:
    from apprise import NotifyType

    if message.word in _ENDS:
        return NotifyType.SUCCESS
    if message.word in _NEWS or message.loud == "quiet":
        return NotifyType.INFO
    return NotifyType.FAILURE if message.loud == "loud" else NotifyType.WARNING
