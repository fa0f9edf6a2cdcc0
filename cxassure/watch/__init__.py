"""When to look: the calendar of peaks, the runs that are due by it, and its ICS both ways."""

from cxassure.watch.due import due, next_due
from cxassure.watch.feeds import fetch, load
from cxassure.watch.messages import Messages, unheard
from cxassure.watch.quiet import quiet
from cxassure.watch.schedule import Schedule
from cxassure.watch.wall import settled

__all__ = [
    "Messages",
    "Schedule",
    "due",
    "fetch",
    "load",
    "next_due",
    "quiet",
    "settled",
    "unheard",
]
