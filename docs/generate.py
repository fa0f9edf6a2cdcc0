"""Writes `docs/reference/` from docstrings, signatures and tables: `python docs/generate.py`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).parent / "reference"
FIRST = "<!-- Written by docs/generate.py: change the source, then run it. -->\n"


def channels() -> list[str]:
    """The built-in channels; those of installed plug-ins have documents of their own."""
    from importlib.metadata import distribution

    points = distribution("cxassure").entry_points
    return sorted(point.name for point in points if point.group == "cxassure.channels")


def pages() -> list[str]:
    """Names of all pages."""
    return [*channels(), "commands", "faults"]


def page(name: str) -> str:
    """The whole text of a page."""
    lines = {"commands": _commands, "faults": _faults}.get(name, lambda: _channel(name))()
    return FIRST + "\n" + "\n".join(lines).rstrip() + "\n"


def _channel(name: str) -> Iterator[str]:
    from cxassure import catalog

    told = catalog.language(name)
    yield from (f"# Channel `{name}`", "", told.doc, "", "## The party", "")
    yield from (inspect.cleandoc(catalog.session(name).open.__doc__ or ""), "")
    yield from _parameters(told.options)
    for title, spoken in (("Verbs", told.verbs), ("Facets", told.facets)):
        yield from (f"## {title}", "")
        for word, thing in spoken.items():
            yield from _thing(word, thing)
    yield from _connectors(name, told.lines)


def _thing(word: str, thing: Any) -> Iterator[str]:
    kind = getattr(thing, "kind", "") or ("passive" if thing.passive else "")
    yield from (f"### `{word}`" + (f" ({kind})" if kind else ""), "", thing.doc, "")
    if fields := getattr(thing, "fields", {}):
        told = ", ".join(f"`{key}` ({of})" for key, of in fields.items())
        yield from (f"Keys: {told}.", "")
    yield from _parameters(thing.parameters)


def _parameters(parameters: Any) -> Iterator[str]:
    for one in parameters.items.values():
        keys = (
            ": " + ", ".join(f"`{key}`" for key in sorted(one.type.keys)) if one.type.keys else ""
        )
        said = "" if one.required else ", optional"
        if one.default not in (None, "", False):
            said += f": `{one.default}` when left out"
        yield f"- `{one.name}` ({one.type.name}{keys}){said}"
    if parameters.items:
        yield ""


def _connectors(channel: str, lines: tuple[str, ...]) -> Iterator[str]:
    """What a target may say under `over:`, and each connector's own options of a target."""
    from cxassure import catalog

    for name in [line for line in lines if line in catalog.connectors(channel)]:
        found = catalog.connector(channel, name)
        yield from (f"## `over: {name}`", "", inspect.cleandoc(found.__doc__ or ""), "")
        if options := getattr(found, "Options", None):
            yield from (inspect.cleandoc(options.__doc__ or ""), "")


def _commands() -> Iterator[str]:
    import click

    from cxassure.surfaces.cli import COMMANDS, group

    yield from ("# Commands", "", "`cxassure COMMAND [OPTIONS]`; each has `--help`.", "")
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        context = click.Context(command, info_name=f"cxassure {name}")
        usage = " ".join(command.collect_usage_pieces(context))
        yield from (f"## `cxassure {name}`", "", f"`cxassure {name} {usage}`", "")
        yield from (inspect.cleandoc(command.help or ""), "")
        yield from (
            _option(one, context) for one in command.params if isinstance(one, click.Option)
        )
        yield ""


def _option(option: Any, context: Any) -> str:
    written, said = option.get_help_record(context)
    return f"- `{written}`: {said}"


def _faults() -> Iterator[str]:
    from cxassure.demo.faults import CAUGHT_ON_THE_LINE, FAULTS, on_the_line

    yield from ("# Faults of the built-in company", "")
    yield "`cxassure demo --break NAME` starts it with one of them switched on; the journey shown"
    yield from ("catches it and blames the step and the party shown.", "")
    yield "| name | no. | channel | what the customer notices | verdict | journey | step | party |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from map(_fault, FAULTS)
    yield from ("", "## On real calls", "", "With `--tag sip` these are heard, and caught so:", "")
    yield "| name | no. | channel | what the customer notices | verdict | journey | step | party |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from (_fault(on_the_line(name)) for name in CAUGHT_ON_THE_LINE)


def _fault(f: Any) -> str:
    blamed = [f.journey, str(f.step or ""), f.party]
    cells = [f"`{f.name}`", str(f.number or ""), f.channel, f.notice, f.verdict, *blamed]
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    REFERENCE.mkdir(exist_ok=True)
    for name in pages():
        (REFERENCE / f"{name}.md").write_text(page(name), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
