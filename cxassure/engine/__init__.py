"""probe → events: opens the parties, goes through the steps, settles, masks; always a verdict."""

from cxassure.engine.driving import INTERRUPTED, drive
from cxassure.engine.opening import Drive, Outside, refusal

__all__ = ["INTERRUPTED", "Drive", "Outside", "drive", "refusal"]
