"""The dashboard: what is broken now and everything round it, as pages for people on call."""

from __future__ import annotations

from cxassure.surfaces.dashboard.serving import Wish, serve

__all__ = ["Wish", "serve"]
