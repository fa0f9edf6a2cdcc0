"""A run as a story: what happened in order of time, across channels and parties, ready to show."""

from cxassure.report.story.telling import Budget, Line, Moment, Story, clock, story
from cxassure.report.story.way import Hop, hops

__all__ = ["Budget", "Hop", "Line", "Moment", "Story", "clock", "hops", "story"]
