"""Delivering what waits: in order, tried again with patience, told when it does not get through."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from cxassure.incident import Message, Posting
from cxassure.report.senders.outbox import Outbox, due
from cxassure.report.senders.sender import NotSent, Sender

FIRST, LONGEST = 5.0, 900.0
"""Seconds until the second try, doubled with each, and the most that are waited between two."""

TOLD_AFTER = 3
AT_ONCE = 8
"""Recipients that are told at once."""

_LOG = logging.getLogger("cxassure.senders")


class Delivered(msgspec.Struct, frozen=True):
    """Ids of what got through, and what did not."""

    sent: tuple[str, ...] = ()
    failed: tuple[Posting, ...] = ()


def deliver(
    outbox: Outbox, senders: Mapping[str, Sender], now: datetime, fallback: Sequence[str] = ()
) -> Delivered:
    """Tries everything that is due, once. Blocks while it sends.

    Recipients are told beside each other, so that one who cannot be reached delays nobody else.
    What one is to hear of one incident stays in order: the end is not told before the beginning
    got through. A message that failed three times, or once where nobody is at the other end, is
    told to `fallback`, by another way; it is tried on all the same, every quarter of an hour, and
    never given up. When another process delivers from the same outbox, nothing is done.
    """
    with outbox.turn() as ours:
        queues: dict[str, list[Posting]] = {}
        for posting in outbox.waiting() if ours else []:
            queues.setdefault(posting.message.to, []).append(posting)
        if not any(due(one, now) for queue in queues.values() for one in queue):
            return Delivered()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            told = list(
                pool.map(lambda q: _in_order(outbox, q, senders, now, fallback), queues.values())
            )
    return Delivered(
        tuple(name for one in told for name in one.sent),
        tuple(posting for one in told for posting in one.failed),
    )


def _in_order(
    outbox: Outbox,
    queue: Sequence[Posting],
    senders: Mapping[str, Sender],
    now: datetime,
    fallback: Sequence[str],
) -> Delivered:
    """Tries what is due of one recipient's messages."""
    sent: list[str] = []
    failed: list[Posting] = []
    stuck: set[str] = set()
    for posting in queue:
        message = posting.message
        thread = message.incident or message.id
        if thread in stuck or not due(posting, now):
            stuck.add(thread)
        elif wrong := _try(message, senders):
            stuck.add(thread)
            failed.append(_again(outbox, posting, wrong, now, fallback))
        else:
            outbox.done(message.id)
            sent.append(message.id)
    return Delivered(tuple(sent), tuple(failed))


def _try(message: Message, senders: Mapping[str, Sender]) -> NotSent | None:
    """Why it did not get through, `None` when it did. A sender's own slip loses nothing either."""
    if message.to not in senders:
        return NotSent(f"there is nobody called «{message.to}»", "name them under alerts: to:")
    try:
        senders[message.to].send(message)
    except NotSent as wrong:
        return wrong
    except Exception as wrong:  # a third party's sender must not take the others with it
        return NotSent(f"the sender broke: {type(wrong).__name__}")
    return None


def _again(
    outbox: Outbox, posting: Posting, wrong: NotSent, now: datetime, fallback: Sequence[str]
) -> Posting:
    tries = posting.tries + 1
    wait = max(wrong.after, min(FIRST * 2 ** min(posting.tries, 20), LONGEST))
    tell = (wrong.nobody or tries >= TOLD_AFTER) and not posting.told
    kept = replace(
        posting,
        tries=tries,
        next=now + timedelta(seconds=wait),
        why=wrong.what,
        told=posting.told or tell,
    )
    if tell:
        _LOG.warning("%s could not be told: %s", posting.message.to, wrong.what)
        outbox.put(_complaints(kept, now, fallback))
    outbox.keep(kept)
    return kept


def _complaints(posting: Posting, now: datetime, fallback: Sequence[str]) -> list[Message]:
    """What others are told of it; of complaints that fail in their turn nobody is."""
    message = posting.message
    if message.word == "undelivered":
        return []
    why = f"«{message.word}» to {message.to}: {posting.why}"
    return [
        replace(
            message, id=f"{message.id}-undelivered-{n}", to=n, word="undelivered", at=now, why=why
        )
        for n in dict.fromkeys(fallback)
        if n != message.to
    ]
