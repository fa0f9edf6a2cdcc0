"""Charts as SVG, made at the server: strips of history and lines by day. Colours are classes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from cxassure.store.views import Glance

_BAR, _GAP, _TALL = 6, 2, 20
_HEIGHTS = {"passed": 20, "degraded": 15, "failed": 20, "error": 12, "missed": 12, "skipped": 6}
"""A verdict is told by height too, for who does not see colours."""


def strip(glances: Sequence[Glance], length: int = 30) -> Markup:
    """The newest runs as bars, the newest at the right; described in words for screen readers."""
    shown = list(reversed(glances[:length]))
    good = sum(one.verdict in ("passed", "degraded") for one in shown)
    parts = [
        f'<rect class="v-{one.verdict}" x="{index * (_BAR + _GAP)}" y="{_TALL - tall}"'
        f' width="{_BAR}" height="{tall}"/>'
        for index, one in enumerate(shown, length - len(shown))
        if (tall := _HEIGHTS.get(one.verdict, 6))
    ]
    words = f"{good} of the last {len(shown)} runs were good"
    return _picture(length * (_BAR + _GAP), _TALL, "strip", words, parts)


def by_day(
    days: Sequence[str],
    values: Sequence[float | None],
    words: str,
    reach: tuple[float, float] | None = None,
) -> Markup:
    """A line of values by day or week; those without a value are gaps. It `reach`es from nought to
    the highest value unless that is given."""
    wide, tall, head, foot = 300, 90, 18, 18
    low, high = reach or (0.0, max((v for v in values if v is not None), default=0.0) or 1.0)
    step = wide / max(len(values) - 1, 1)

    def point(index: int, value: float) -> str:
        part = min(max((value - low) / (high - low), 0.0), 1.0)
        return f"{index * step:.1f},{head + (tall - head - 4) * (1 - part):.1f}"

    placed = [(i, point(i, value) if value is not None else "") for i, value in enumerate(values)]
    runs = [
        [p for _, p in group] for there, group in groupby(placed, lambda p: bool(p[1])) if there
    ]
    parts = [f'<line class="axis" x1="0" y1="{tall - 4}" x2="{wide}" y2="{tall - 4}"/>']
    parts.append(f'<text class="label" x="0" y="13">{_short(high)}</text>')
    for run in runs:
        if len(run) > 1:
            parts.append(f'<polyline class="value" points="{" ".join(run)}"/>')
        x, y = run[-1].split(",")
        parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>')
    if days:
        base = tall + foot - 4
        parts.append(f'<text class="label" x="0" y="{base}">{escape(days[0])}</text>')
        parts.append(f'<text class="label end" x="{wide}" y="{base}">{escape(days[-1])}</text>')
    return _picture(wide, tall + foot, "by-day", words, parts)


def share(value: float, wide: int = 60) -> Markup:
    """A bar for a share from 0 to 1; one that is not whole is never drawn whole."""
    full = wide if value >= 1 else min(int(value * wide), wide - 2)
    parts = [
        f'<rect class="v-failed" x="0" y="0" width="{wide}" height="8"/>',
        f'<rect class="v-passed" x="0" y="0" width="{full}" height="8"/>',
    ]
    return _picture(wide, 8, "share", f"{value:.1%}", parts)


def _short(value: float) -> str:
    """The top of a scale."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _picture(wide: int, tall: int, kind: str, words: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {wide} {tall}" role="img" '
        f'aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )
