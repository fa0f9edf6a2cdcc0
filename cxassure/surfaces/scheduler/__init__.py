"""The scheduler: runs by the calendar, and the truth about those that did not happen."""

from cxassure.surfaces.scheduler.driving import Driver, Driving
from cxassure.surfaces.scheduler.habits import Habits
from cxassure.surfaces.scheduler.scheduler import Scheduler
from cxassure.surfaces.scheduler.serving import once, serve, would_run

__all__ = ["Driver", "Driving", "Habits", "Scheduler", "once", "serve", "would_run"]
