"""What keeps a confirmed failure from being told for now: a window, a deployment, a waiver."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cxassure.incident import Deploy, Rules, Track

BLAMED = timedelta(hours=1)
"""A deployment is named beside what began within this time after it."""

KEPT = timedelta(days=90)
"""A deployment is remembered for so long, to tell runs of one release from those of another."""

MOST = 200
"""Deployments that are remembered, the newest ones."""


def held(track: Track, deploys: Iterable[Deploy], rules: Rules, now: datetime) -> bool:
    """Whether this line may not open an incident now."""
    return bool(
        track.last.window or rules.waiver(track.last, now) or settling(track, deploys, rules, now)
    )


def settling(track: Track, deploys: Iterable[Deploy], rules: Rules, now: datetime) -> bool:
    """Whether it began after a deployment that is still given time to settle."""
    if track.fault.kind != "failed":
        return False
    return any(
        one.env in ("", track.last.env)
        and one.at <= track.first.at
        and now < one.at + timedelta(seconds=rules.settle)
        for one in deploys
    )


def deploy_before(since: datetime, env: str, deploys: Iterable[Deploy]) -> Deploy | None:
    """The last deployment that may have caused what began at `since`."""
    near = (d for d in deploys if d.env in ("", env) and d.at <= since <= d.at + BLAMED)
    return max(near, key=lambda one: one.at, default=None)
