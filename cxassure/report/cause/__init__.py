"""Probable causes: rules that look at what fails in common and at what passes in spite of it."""

from cxassure.report.cause.case import UNKNOWN, Cause, called
from cxassure.report.cause.finding import cause, causes

__all__ = ["UNKNOWN", "Cause", "called", "cause", "causes"]
