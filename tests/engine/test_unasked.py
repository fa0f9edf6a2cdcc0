"""Trouble that nobody asked about: told always, and judged unless the journey does so itself."""

from __future__ import annotations

import pytest
from lobby import LOBBY, Lived, Lobby, ask, does, expects, live, probe

from cxassure.channel import Opening, Session, Trouble
from cxassure.grammar import Grammar
from cxassure.verdict import Verdict


class Smoky(Lobby):
    """A lobby in which there is smoke as soon as somebody asks."""

    verdict: Verdict = "failed"
    stalls = ""

    async def ask(self, text: str, reply: str = "", after: float = 1.0) -> None:  # type: ignore[override]
        await super().ask(text, reply, after)  # type: ignore[arg-type]
        self.trouble(Trouble("smoke", self.verdict, "clean air", frozenset({"size"})))  # type: ignore[arg-type]

    @property
    def doubt(self) -> str:
        return self.stalls


class Burning(Lived):
    def __init__(self, verdict: Verdict, stalls: str = "") -> None:
        super().__init__()
        self.verdict, self.stalls = verdict, stalls

    def open_session(self, opening: Opening) -> tuple[Session, Grammar]:
        session = Smoky(opening)
        session.verdict, session.stalls = self.verdict, self.stalls
        self.sessions.append(session)
        return session, LOBBY


@pytest.mark.parametrize("verdict", ["failed", "degraded"])
async def test_a_step_that_passed_comes_to_what_its_trouble_comes_to(verdict: Verdict) -> None:
    hears = (expects("reply", contains="hello"),)
    lived = await live(probe(ask(1, "hi", "Hello", expect=hears)), lived=Burning(verdict))
    bad = lived.run.steps[1]
    assert (lived.run.verdict, bad.verdict, bad.why) == (verdict, verdict, "smoke")
    assert (bad.expected, bad.findings) == ("clean air", ("smoke",))
    assert bool(lived.evidence) == (verdict == "failed")


async def test_what_the_journey_judges_itself_is_only_told() -> None:
    itself = (expects("size", at_least="1"),)
    lived = await live(probe(ask(1, "hi", "Hello", expect=itself)), lived=Burning("failed"))
    assert lived.run.verdict == "passed"
    assert lived.run.steps[1].findings == ("smoke",)


@pytest.mark.parametrize(("verdict", "comes"), [("failed", "error"), ("degraded", "passed")])
async def test_trouble_that_may_be_our_own_doing_is_never_the_companys(
    verdict: Verdict, comes: Verdict
) -> None:
    lived = await live(probe(ask(1, "hi")), lived=Burning(verdict, "this machine was too busy"))
    assert lived.run.verdict == comes


async def test_trouble_of_an_optional_step_is_told_at_the_next_one() -> None:
    steps = ask(1, "hi", optional=True), does(2, "listen")
    lived = await live(probe(*steps), lived=Burning("failed"))
    assert lived.verdicts == ["passed", "passed", "failed", "passed"]


async def test_trouble_is_told_at_the_end_where_no_step_follows() -> None:
    lived = await live(probe(ask(1, "hi", optional=True)), lived=Burning("failed"))
    assert (lived.run.verdict, lived.run.steps[-1].why) == ("failed", "smoke")


async def test_a_failure_of_the_steps_own_stays_what_it_is() -> None:
    hears = (expects("reply", contains="hello"),)
    lived = await live(probe(ask(1, "hi", "Go away", expect=hears)), lived=Burning("failed"))
    assert "not the expected reply" in lived.run.steps[1].why
