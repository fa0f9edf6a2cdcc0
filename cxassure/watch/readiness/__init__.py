"""Are we ready for a peak? GO, CONDITIONAL or NO-GO, decided by a table from what is known."""

from cxassure.watch.readiness.deciding import decide, since

__all__ = ["decide", "since"]
