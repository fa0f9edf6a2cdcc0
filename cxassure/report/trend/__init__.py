"""CX figures over time: rows of history become figures of each group, with how sure they are."""

from __future__ import annotations

from cxassure.report.trend.figures import Cell, Figure, Rate, Value, interval
from cxassure.report.trend.grouping import BY, By, Looked
from cxassure.report.trend.survey import Score, Survey, scores
from cxassure.report.trend.tallies import Tallies, tallied
from cxassure.report.trend.trend import Group, Trend, folded, trend

__all__ = [
    "BY",
    "By",
    "Cell",
    "Figure",
    "Group",
    "Looked",
    "Rate",
    "Score",
    "Survey",
    "Tallies",
    "Trend",
    "Value",
    "folded",
    "interval",
    "scores",
    "tallied",
    "trend",
]
