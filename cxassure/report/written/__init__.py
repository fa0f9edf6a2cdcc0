"""The written report: what a week, or a peak, was like for customers, for people to read later."""

from __future__ import annotations

from cxassure.report.written.digest import Digest, Foretold, Gap, Material, Outage, digest, outages

__all__ = ["Digest", "Foretold", "Gap", "Material", "Outage", "digest", "outages"]
