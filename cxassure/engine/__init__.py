"""probe → events: opens the parties, goes through the steps, settles, masks; always a verdict."""

from cxassure.engine.driving import drive
from cxassure.engine.opening import Drive, Outside

__all__ = ["Drive", "Outside", "drive"]
