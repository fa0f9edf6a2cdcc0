"""What a pipeline lets through: runs held against those of the branch they are to join."""

from cxassure.report.gate.baseline import Baseline, read
from cxassure.report.gate.judging import Gate, Row, judge

__all__ = ["Baseline", "Gate", "Row", "judge", "read"]
