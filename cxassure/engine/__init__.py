"""probe → events: opens the parties, goes through the steps, settles, masks; always a verdict."""

from cxassure.engine.driving import Drive, Outside, drive

__all__ = ["Drive", "Outside", "drive"]
