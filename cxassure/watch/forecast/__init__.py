"""Peaks that nobody wrote down: from traffic of the past to when it is busy again, and how busy."""

from cxassure.watch.forecast.predicting import covered, forecast, needed
from cxassure.watch.forecast.prometheus import fetch
from cxassure.watch.forecast.table import read

__all__ = ["covered", "fetch", "forecast", "needed", "read"]
