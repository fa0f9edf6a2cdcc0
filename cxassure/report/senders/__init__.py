"""Telling people: messages put in words, given to senders, and kept until they got through."""

from __future__ import annotations

from cxassure.report.senders.delivery import Delivered, deliver
from cxassure.report.senders.outbox import Outbox
from cxassure.report.senders.pinging import ping
from cxassure.report.senders.sender import (
    NotSent,
    Sender,
    made,
    make,
    sender_class,
    senders,
    unfit,
)
from cxassure.report.senders.sighting import observe
from cxassure.report.senders.wording import markdown, plain, title

__all__ = [
    "Delivered",
    "NotSent",
    "Outbox",
    "Sender",
    "deliver",
    "made",
    "make",
    "markdown",
    "observe",
    "ping",
    "plain",
    "sender_class",
    "senders",
    "title",
    "unfit",
]
