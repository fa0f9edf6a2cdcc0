"""The room that compiles: journeys to probes, and probes to files that a reviewer reads."""

from cxassure.plan.compile import Plan, compile
from cxassure.plan.folder import compare, write
from cxassure.plan.schema import schema
from cxassure.plan.strange import strange

__all__ = ["Plan", "compare", "compile", "schema", "strange", "write"]
