"""What changed between a good run and this one, in sentences that anybody reads."""

from cxassure.report.changes.change import Change
from cxassure.report.changes.comparing import changes, other_lines
from cxassure.report.changes.since import MOST, changed, since_good

__all__ = ["MOST", "Change", "changed", "changes", "other_lines", "since_good"]
