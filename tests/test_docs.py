"""Docs that cannot lie: names are documented, what is shown works, what is linked is there."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
import msgspec
import pytest

from cxassure import journey, matcher, measures, settings, verdict
from cxassure.spec import read, read_settings
from cxassure.spec.journeys import FRAGMENT_KEYS, JOURNEY_KEYS
from cxassure.surfaces.cli import COMMANDS, group

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted((ROOT / ".github").rglob("*.md"))]
SHOWN = [page for page in PAGES if "reference" not in page.parts]


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@cache
def words(page: str) -> frozenset[str]:
    """What a page of docs/ names in code: every word inside backticks or a code block."""
    text = (DOCS / page).read_text("utf-8")
    spans = re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
    return frozenset(word for span in spans for word in re.findall(r"[A-Za-z_][\w-]*", span))


def blocks(page: Path, language: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each fenced code block of a language."""
    text = page.read_text("utf-8")
    for found in re.finditer(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, found.start()) + 1, found[1]


# What has a name


@pytest.mark.parametrize("name", GENERATOR.pages())
def test_a_reference_page_is_what_its_source_says(name: str) -> None:
    kept = DOCS / "reference" / f"{name}.md"
    assert kept.exists(), "type: python docs/generate.py"
    assert kept.read_text("utf-8") == GENERATOR.page(name), "type: python docs/generate.py"


@pytest.mark.parametrize("channel", GENERATOR.channels())
def test_every_verb_facet_and_option_of_a_channel_says_what_it_is(channel: str) -> None:
    from cxassure import catalog

    told = catalog.language(channel)
    assert told.doc
    docs = {word: verb.doc for word, verb in told.verbs.items()}
    docs |= {word: facet.doc for word, facet in told.facets.items()}
    assert [word for word, doc in docs.items() if "Example:" not in doc] == []
    opening = f"{told.doc} {catalog.session(channel).open.__doc__}"
    assert [option for option in told.options.items if f"`{option}`" not in opening] == []


def test_every_command_and_option_says_what_it_is() -> None:
    silent = [name for name, told in COMMANDS.items() if not told]
    for name, option in options():
        if not option.help:
            silent.append(f"{name} {option.opts[0]}")
    assert silent == []


def options() -> Iterator[tuple[str, click.Option]]:
    """(command, option) of the whole command line."""
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None, name
        assert command.help, name
        yield from ((name, one) for one in command.params if isinstance(one, click.Option))


NAMED: dict[str, list[str]] = {
    "matcher": sorted(matcher.BUILT_IN),
    "measure": sorted(measures.UNITS),
    "key of a journey": JOURNEY_KEYS,
    "key of a fragment": FRAGMENT_KEYS,
    "key of a step": sorted(journey.RESERVED),
    "namespace": sorted(journey.NAMESPACES),
    "part of a person": sorted(journey.PERSON),
    "severity": list(journey.SEVERITIES),
    "verdict": [*get_args(verdict.Verdict), "flaky", "unseen"],
}


@pytest.mark.parametrize("kind", NAMED)
def test_every_word_of_the_language_is_in_its_page(kind: str) -> None:
    assert [name for name in NAMED[kind] if name not in words("language.md")] == []


FILLED_IN = {"root", "name", "options", "overridden"}
"""Fields that are not written in the file as keys of that name."""


@pytest.mark.parametrize("part", [settings.Settings, settings.Environment, settings.Target])
def test_every_setting_is_in_its_page(part: type[msgspec.Struct]) -> None:
    keys = set(part.__struct_fields__) - FILLED_IN
    assert keys - words("settings.md") == set()


def left_out() -> list[tuple[str, str]]:
    """(key, value) of the table of settings, where what is meant when left out can be written."""
    text = (DOCS / "settings.md").read_text("utf-8")
    return re.findall(r"^\| `(\w+)` \|.*\| `([^`|]+)` \|$", text, re.MULTILINE)


@pytest.mark.parametrize(("key", "value"), left_out())
def test_what_a_setting_is_when_left_out_is_what_its_page_says(
    tmp_path: Path, key: str, value: str
) -> None:
    plain = read_settings(tmp_path)
    (tmp_path / "cxassure.yaml").write_text(f"{key}: {value}\n", "utf-8")
    assert read_settings(tmp_path) == plain


def test_every_setting_that_can_be_compared_with_its_page_is() -> None:
    """Numbers, lengths and words; empty ones are told in words, as folders are."""
    fields = msgspec.structs.fields(settings.Settings)
    told = {f.name for f in fields if isinstance(f.default, int | float | str) and f.default != ""}
    folders = {"journeys", "probes", "reports"}
    assert told - FILLED_IN - folders <= {key for key, _ in left_out()}


@pytest.mark.parametrize("path", sorted((ROOT / "cxassure").rglob("*.py")), ids=lambda p: p.name)
def test_every_variable_of_the_environment_is_in_the_page_of_settings(path: Path) -> None:
    read_here = set(re.findall(r"""["'](CXASSURE_[A-Z_]+)""", path.read_text("utf-8")))
    assert read_here - words("settings.md") == set()


def test_every_dependency_has_a_page_that_says_why() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    shipped = [*project["dependencies"], *extras["voice"]]
    names = [re.split(r"[<>=\[~!]", needed)[0] for needed in shipped]
    assert [name for name in names if not (DOCS / "decisions" / f"{name}.md").exists()] == []
    locked = (ROOT / "requirements.lock").read_text("utf-8")
    tools = [re.split(r"[<>=]", n)[0] for n in extras["dev"] if not n.startswith("cxassure[")]
    needed = [*names, *tools]
    assert [name for name in needed if f"\n{name}==" not in f"\n{locked}"] == []


def test_the_lock_holds_names_and_versions_only() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pinned = re.compile(r"[a-z0-9-]+==[\w.]+( ; [\w<>=!.' ]+)?")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_a_fragment_of_the_change_log_says_of_what_kind_it_is() -> None:
    kinds = re.compile(r"[a-z0-9-]+\.(added|changed|fixed|removed)\.md")
    names = [path.name for path in (DOCS / "changes").iterdir()]
    assert [name for name in names if not kinds.fullmatch(name)] == []


# What is shown


def shown(kind: str) -> list[tuple[str, str]]:
    """(place, text) of the YAML blocks that begin with a key of `kind`."""
    return [
        (f"{page.relative_to(ROOT)}:{line}", text)
        for page in SHOWN
        for line, text in blocks(page, "yaml")
        if re.search(rf"\A(#.*\n)*({kind}):", text)
    ]


def test_every_journey_that_is_shown_compiles(tmp_path: Path) -> None:
    from cxassure.plan import compile

    told = shown("journey|fragment")
    for index, (place, text) in enumerate(told):
        heading = "# " + place + "\n"
        (tmp_path / f"{index}.yaml").write_text(heading + text, "utf-8")
    plan = compile(read([tmp_path], tmp_path), read_settings(ROOT))
    assert [str(problem) for problem in plan.problems] == []
    assert len(plan.probes) >= sum(text.startswith("journey") for _, text in told) > 0


@pytest.mark.parametrize(("place", "text"), shown("environments?|message_windows"))
def test_settings_that_are_shown_can_be_read(tmp_path: Path, place: str, text: str) -> None:
    (tmp_path / "cxassure.yaml").write_text(text, "utf-8")
    assert read_settings(tmp_path).environments, place


def spoken() -> Iterator[tuple[str, list[str]]]:
    """(place, words) of each `cxassure …` and `./cx …` line in code, on any page."""
    line = re.compile(
        r"(?:(?<=`)|^)(?:\./cx|(?:uv run )?cxassure)((?: +[^`\n#|…]+)?)", re.MULTILINE
    )
    for page in SHOWN:
        text = page.read_text("utf-8")
        for code in re.findall(r"```(?:sh|)\n.*?```|`[^`\n]+`", text, re.DOTALL):
            for found in line.findall(code):
                yield str(page.relative_to(ROOT)), shlex.split(found)


@pytest.mark.parametrize(("place", "said"), list(spoken()), ids=lambda value: str(value)[:60])
def test_a_command_that_is_shown_exists_with_its_options(place: str, said: list[str]) -> None:
    if not said or said[0].startswith("-") or said[0] in ("test", "bench"):
        return
    known = {name: {"--help"} for name in COMMANDS} | {"COMMAND": set()}
    for name, option in options():
        known[name] |= {*option.opts, *option.secondary_opts}
    assert said[0] in known, place
    given = {word.partition("=")[0] for word in said[1:] if word.startswith("-")}
    assert given - known[said[0]] == set(), place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_exists(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []
