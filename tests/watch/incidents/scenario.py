"""Scenarios as they stand in docs/incidents.md: looks line by line, and what is said after each.

Settings come first (`pay: critical, of checkout`, `rules: settle 10m`, `waived: pay until 11:00`,
`escalate: critical after 15m to duty`), then `10:01  pay failed; ivr passed  → checkout: opened`.
A look is `journey[row]@place verdict (trouble) in window`; nothing said stands without an arrow.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from msgspec.structs import replace

from cxassure.incident import (
    LOUDNESS,
    Account,
    Deploy,
    Escalation,
    Fault,
    Message,
    Observation,
    Rules,
    State,
    Vantage,
    Waiver,
    group,
)
from cxassure.text import seconds
from cxassure.watch.incidents import acknowledge, decide, deployed, taken_over

LOOK = re.compile(
    r"(?P<journey>[\w-]+)(?:\[(?P<row>\w+)\])?(?:@(?P<place>\w+))? (?P<verdict>\w+)"
    r"(?: over (?P<connector>\w+))?(?: \((?P<trouble>[^)]*)\))?(?P<window> in maintenance)?"
)
TIMES = "together calm reopen settle late missed forget".split()


class Scenario:
    """One block: `run` gives, for each timed line, what it expects and what was said."""

    def __init__(self, text: str) -> None:
        self.rules = Rules(
            names=("checkout", "care", "duty"), otherwise=("support",), ours=("ops",)
        )
        self.journeys: dict[str, tuple[str, str]] = {}
        self.state, self.text = State(), text
        self.messages: list[Message] = []

    def run(self) -> list[tuple[str, list[str], list[str]]]:
        done = []
        for line in filter(str.strip, self.text.splitlines()):
            when = re.match(r"(\d\d:\d\d)\s+(.*)", line)
            if not when:
                self._setting(*line.split(": ", 1))
                continue
            said, _, wanted = when[2].partition("→")
            told = self._happens(_at(when[1]), said.strip())
            self.messages += told
            expected = [one.strip() for one in wanted.split(",") if one.strip()]
            done.append((line, expected, [f"{m.to}: {m.word}" for m in told]))
        return done

    def _setting(self, name: str, value: str) -> None:
        words = value.split()
        if name == "rules":
            parts = (one.split() for one in value.split(", "))
            given = {k: seconds(v) if k in TIMES else int(v) for k, v in parts}
            self.rules = replace(self.rules, **given)
        elif name == "waived":
            waiver = Waiver(journeys=(words[0],), owner="kim", reason="known", until=_at(words[-1]))
            self.rules = replace(self.rules, waivers=(waiver,))
        elif name == "escalate":
            rung = Escalation(after=seconds(words[2]), to=(words[4],))
            louder = replace(LOUDNESS[words[0]], escalate=(rung,))
            self.rules = replace(self.rules, severities={**LOUDNESS, words[0]: louder})
        else:
            self.journeys[name] = words[0].rstrip(","), words[-1] if "of" in words else ""

    def _happens(self, at: datetime, said: str) -> list[Message]:
        words = said.split()
        told: tuple[Message, ...] = ()
        if words[1:] == ["acknowledges"]:
            self.state, told = acknowledge(self.state, self.state.open()[0].id, words[0], at)
        elif words[1:] == ["takes", "over"]:
            self.state = taken_over(self.state, "", words[0])
        elif words[0] == "deploy":
            self.state = deployed(self.state, Deploy(at=at, what=" ".join(words[1:])))
        else:
            looks = [] if said == "nothing new" else [self._look(at, s) for s in said.split("; ")]
            self.state, told = decide(self.state, looks, self.rules, at)
        return list(told)

    def _look(self, at: datetime, said: str) -> Observation:
        found = LOOK.fullmatch(said)
        assert found, said
        severity, owner = self.journeys.get(found["journey"], ("major", ""))
        verdict = found["verdict"]
        bad = verdict in ("failed", "error", "missed")
        fault = Fault(
            kind=verdict,  # type: ignore[arg-type]
            step="web click",
            connector=found["connector"] or "",
            group=group(found["trouble"] or "no answer"),
        )
        return Observation(
            at=at,
            journey=found["journey"],
            row=found["row"] or "",
            verdict=verdict,  # type: ignore[arg-type]
            vantage=Vantage(place=found["place"] or ""),
            severity=severity,
            owner=owner,
            window="weekly" if found["window"] else "",
            fault=fault if bad else None,
            account=Account(step="web click Pay now"),
        )


def _at(clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 11, 27, hours, minutes, tzinfo=UTC)
