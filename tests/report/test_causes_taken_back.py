"""Causes that what passes elsewhere takes back: a step of another argument, a host let through."""

import pytest
from sample import broken
from streams import Telling

from cxassure.events import Observed
from cxassure.report.cause import cause
from cxassure.report.context import Context


def test_a_step_is_broken_wherever_it_comes_only_where_it_is_the_same():
    def got(path, journey):
        return broken("office", "api", "get", path, why="no json came", journey=journey)

    good = Telling("look").step("office", "api", "get", "/fine").end()
    runs = [got("/nan", "a"), got("/text", "b"), good]
    assert "wherever it comes" not in cause(runs[0], Context(runs=runs)).conclusion
    runs.append(got("/nan", "c"))
    told = "«get /nan» is broken wherever it comes: 2 journeys end there"
    assert cause(runs[0], Context(runs=runs)).conclusion == told


def asked(host):
    return [(Observed, {"who": "company", "what": "request", "data": {"url": f"https://{host}/"}})]


def ending_at(host, journey, verb):
    return broken("c", "ivr", verb, why=f"{verb} x", journey=journey, inside=asked(host))


def calls(*steps, **known):
    """A call that fails at another host, after these steps."""
    telling = Telling("call", **known)
    for verb, part, inside in steps:
        telling.step("c", "ivr", verb, part=part, inside=inside)
    telling.step("d", "ivr", "listen", verdict="failed", why="no prompt", inside=asked("b.example"))
    return telling.end("failed", why="no prompt")


HOME = {"hosts": {"c": "a.example", "d": "b.example"}}


@pytest.mark.parametrize(
    ("other", "through"),
    [
        (calls(("dial", "steps", asked("a.example"))), True),
        (calls(("say", "steps", []), **HOME), True),
        (calls(("hang_up", "always", []), **HOME), False),
        (calls(), False),
    ],
    ids=["asked", "at home there", "only hung up", "never there"],
)
def test_a_host_through_which_a_step_got_is_not_broken_whatever_failed_later(other, through):
    runs = [ending_at("a.example", "buy", "dial"), ending_at("a.example", "ask", "press")]
    found = cause(runs[0], Context(runs=[*runs, other]))
    assert found.conclusion.startswith("a.example is broken: buy and ask") != through
