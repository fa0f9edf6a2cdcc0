"""What is kept of runs: event files are the truth, an index beside them answers for history."""

from cxassure.store.reading import PastRun, Stored
from cxassure.store.recorder import Campaign, Recorder
from cxassure.store.store import Store

__all__ = ["Campaign", "PastRun", "Recorder", "Store", "Stored"]
