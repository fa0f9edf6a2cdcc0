"""Compiling: what comes of journeys, whatever their order, and what stops them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cxassure import plan, probe, spec
from cxassure.grammar import Grammar
from cxassure.settings import Settings
from cxassure.text import seconds

if TYPE_CHECKING:
    from tests.plan.conftest import Workspace

Language = Callable[[str], Grammar]
CASES = Path(__file__).parent.parent / "spec" / "cases"
HEAD = "parties: {caller: {channel: ivr, target: support-line}}\n"
GOOD = "journey: good\n" + HEAD + "steps: [{caller: dial}]\n"


def compiled(paths: list[Path], root: Path, settings: Settings, language: Language) -> str:
    library = spec.read(paths, root)
    made = plan.compile(library, settings, language)
    told = [*library.problems, *made.problems]
    return repr((told, [(p.name, probe.encode(p)) for p in made.probes]))


def test_the_order_of_files_makes_no_difference(settings: Settings, language: Language) -> None:
    paths = sorted(CASES.rglob("*.yaml"))
    first = compiled(paths, CASES, settings, language)
    for seed in range(5):
        random.Random(seed).shuffle(paths)
        assert compiled(paths, CASES, settings, language) == first


def test_probes_come_by_name_and_rows_as_written(workspace: Workspace) -> None:
    rows = "rows: [{id: z}, {id: a}]\n"
    made = workspace.plan(GOOD, GOOD.replace("good", "early") + rows, GOOD.replace("good", "Zed"))
    assert [p.name for p in made.probes] == ["Zed", "early[z]", "early[a]", "good"]


def test_a_promise_is_a_length_of_time_a_count_or_a_score(workspace: Workspace) -> None:
    promised = "promises: {largest_paint: 2500ms, layout_shift: {at_most: 0.25, aim: 0.1}}\n"
    (made,) = workspace.plan(GOOD + promised).probes
    assert made.promises["largest_paint"] == probe.Promise(within=2.5)
    assert made.promises["layout_shift"] == probe.Promise(at_most=0.25, aim=0.1)
    wrong = "promises: {layout_shift: {at_most: -0.1}, largest_paint: 3, turns: 0.5}\n"
    said = [problem.what for problem in workspace.plan(GOOD + wrong).problems]
    assert "«-0.1» is no number" in said and "«0.5» is no count" in said and len(said) == 3


def test_a_journey_with_problems_leaves_the_others_alone(workspace: Workspace) -> None:
    made = workspace.plan(GOOD, GOOD.replace("good", "bad").replace("dial", "dail"))
    assert [p.name for p in made.probes] == ["good"]
    assert len(made.problems) == 1


def test_a_journey_whose_fragment_cannot_be_read_gives_no_probe(workspace: Workspace) -> None:
    user = "journey: user\n" + HEAD + "steps: [{use: piece}]\n"
    made = workspace.plan(GOOD, user, "fragment: piece\nstepz: 1\nsteps: [{caller: dial}]\n")
    assert [p.name for p in made.probes] == ["good"]


def test_a_problem_that_each_row_shows_is_told_once(workspace: Workspace) -> None:
    text = GOOD.replace("dial", "dail") + "rows: [{id: a}, {id: b}]\n"
    assert workspace.problems(text).count("unknown verb") == 1


def test_a_row_may_choose_channel_and_target(workspace: Workspace) -> None:
    made = workspace.plan(
        "journey: either\n"
        "rows: [{id: a, how: chat, where: help-bot, does: say}, "
        "{id: b, how: ivr, where: support-line, does: speak}]\n"
        'parties: {customer: {channel: "${row.how}", target: "${row.where}"}}\n'
        'steps: [{customer: {"${row.does}": Hello}}]\n'
    )
    assert not made.problems
    assert [p.parties["customer"].channel for p in made.probes] == ["chat", "ivr"]
    assert [p.steps[0].verb for p in made.probes] == ["say", "speak"]


def test_what_rows_leave_alone_is_the_same_step(workspace: Workspace) -> None:
    made = workspace.plan(GOOD + "rows: [{id: a}, {id: b}]\n")
    first, second = made.probes
    assert first.steps[0] is second.steps[0]


def test_a_written_value_is_never_read_again_as_a_reference(workspace: Workspace) -> None:
    made = workspace.plan(
        "journey: inert\n" + HEAD + 'rows: [{id: a, word: "${row.id}"}]\n'
        'steps: [{caller: {speak: "${row.word}"}}]\n'
    )
    assert "cannot refer to its row" in str(made.problems[0])


def test_fragments_that_double_each_other_come_to_an_end(workspace: Workspace) -> None:
    files = [
        f"fragment: f{n}\nsteps: [{', '.join([f'{{use: f{n + 1}}}'] * 10)}]\n" for n in range(12)
    ]
    files.append("fragment: f12\nsteps: [{caller: dial}]\n")
    told = workspace.problems("journey: endless\n" + HEAD + "steps: [{use: f0}]\n", *files)
    assert "more steps than anybody waits for" in told


def test_fragments_use_each_other_only_so_deep(workspace: Workspace) -> None:
    files = [f"fragment: f{n}\nsteps: [{{use: f{n + 1}}}]\n" for n in range(40)]
    files.append("fragment: f40\nsteps: [{caller: dial}]\n")
    told = workspace.problems("journey: deep\n" + HEAD + "steps: [{use: f0}]\n", *files)
    assert "fragments use each other 20 deep" in told


def test_arguments_that_double_each_other_come_to_an_end(workspace: Workspace) -> None:
    files = [
        f"fragment: f{n}\ntakes: [x]\nsteps: [{{use: {{f{n + 1}: {{x: '{'${x}' * 20}'}}}}}}]\n"
        for n in range(8)
    ]
    files.append('fragment: f8\ntakes: [x]\nsteps: [{caller: {speak: "${x}"}}]\n')
    start = "journey: swell\n" + HEAD + "steps: [{use: {f0: {x: abcdefghij}}}]\n"
    assert "beyond all measure" in workspace.problems(start, *files)


def test_rows_and_steps_together_come_to_an_end(workspace: Workspace) -> None:
    rows = "".join(f"  - {{id: r{n}}}\n" for n in range(1_000))
    steps = "  - caller: dial\n" * 200
    told = workspace.problems("journey: wide\n" + HEAD + f"rows:\n{rows}steps:\n{steps}")
    assert "more steps than anybody waits for" in told


def test_a_cycle_is_told_with_its_whole_chain(workspace: Workspace) -> None:
    told = workspace.problems(
        "journey: round\n" + HEAD + "steps: [{use: a}]\n",
        "fragment: a\nsteps: [{use: b}]\n",
        "fragment: b\nsteps: [{use: c}]\n",
        "fragment: c\nsteps: [{use: a}]\n",
    )
    assert "a → b → c → a" in told
    assert "used at file-0.yaml:2" in told or "used at file-0.yaml:3" in told


def test_a_plug_in_that_cannot_be_loaded_is_a_problem_of_those_who_use_it(
    tmp_path: Path, settings: Settings
) -> None:
    from cxassure.catalog import PluginError

    def language(channel: str) -> Grammar:
        raise PluginError(f"channel «{channel}» cannot be loaded", "reinstall it")

    (tmp_path / "good.yaml").write_text(GOOD, "utf-8")
    made = plan.compile(spec.read([tmp_path], tmp_path), settings, language)
    assert [p.what for p in made.problems] == ["channel «ivr» cannot be loaded"]


@given(st.floats(0.001, 86_400).map(lambda value: round(value, 3)))
def test_a_limit_is_the_seconds_that_were_written(value: float) -> None:
    assert seconds(f"{value:.3f}s") == pytest.approx(value)


WORDS = st.sampled_from(
    "${row.x} ${order} ${ ${} $${a} ${secret.test_card} ${person.name} a é ${env.X} \\ ( 5s".split()
)
LEAVES = st.lists(WORDS, max_size=3).map(" ".join)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3),
    max_leaves=8,
)


@given(TREES, TREES, st.sampled_from("open click fill wait".split()))
def test_no_argument_or_expectation_makes_it_raise(
    tmp_path_factory: pytest.TempPathFactory,
    settings: Settings,
    language: Language,
    argument: object,
    tree: object,
    verb: str,
) -> None:
    step = {"shopper": {verb: argument}, "expect": {"page": tree, "count": tree, "console": tree}}
    more = {"shopper": "wait", "keep": {"order": tree}, "until": {"page": tree}, "within": argument}
    journey = {
        "journey": "any",
        "rows": [{"id": "one", "x": "y"}],
        "facts": {"a": "${order}"},
        "promises": {"turns": tree},
        "parties": {"shopper": {"channel": "web", "target": "shop", "device": tree}},
        "steps": [step, more, {"use": tree}],
    }
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "journey.yaml").write_text(yaml.safe_dump(journey, allow_unicode=True), "utf-8")
    library = spec.read([folder], folder)
    made = plan.compile(library, settings, language)
    assert bool(made.probes) != bool([*library.problems, *made.problems])
    for one in made.probes:
        assert probe.decode(probe.encode(one), "any") == one
