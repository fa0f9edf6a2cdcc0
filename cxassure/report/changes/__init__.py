"""What changed between a good run and this one, in sentences that anybody reads."""

from cxassure.report.changes.change import Change
from cxassure.report.changes.comparing import changes

__all__ = ["Change", "changes"]
