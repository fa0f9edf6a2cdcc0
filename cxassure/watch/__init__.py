"""When to look: the calendar of peaks, the runs that are due by it, and its ICS both ways."""

from cxassure.watch.due import due, next_due
from cxassure.watch.feeds import fetch, load
from cxassure.watch.schedule import Schedule

__all__ = ["Schedule", "due", "fetch", "load", "next_due"]
