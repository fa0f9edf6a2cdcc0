"""`cxassure channels`: the reference, read off the channels' own docstrings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from cxassure.grammar import Grammar, Parameters
from cxassure.surfaces.cli import options
from cxassure.verdict import EXIT_ERROR, EXIT_PASSED


@click.command("channels")
@click.argument("name", required=False)
@options.as_json
def command(name: str | None, as_json: bool) -> int:
    """List channels, or tell what can be done and seen on one."""
    from cxassure import catalog

    told, broken = ([catalog.language(name)], False) if name else _all()
    if as_json:
        document = [_document(one) for one in told]
        click.echo(json.dumps(document[0] if name else document, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_reference(told[0]) if name else _overview(told)))
    return EXIT_ERROR if broken else EXIT_PASSED


def _all() -> tuple[list[Grammar], bool]:
    """Every channel that can be loaded, and whether one of somebody else's cannot."""
    from cxassure import catalog
    from cxassure.errors import CxassureError

    told, broken = [], False
    for name in catalog.channels():
        try:
            told.append(catalog.language(name))
        except CxassureError as wrong:
            broken = True
            click.echo(str(wrong), err=True)
    return told, broken


def _overview(told: list[Grammar]) -> Iterator[str]:
    for one in told:
        yield f"{one.channel:8}{_first(one.doc)}"
        yield f"{'':8}verbs   {', '.join(one.verbs)}"
        yield f"{'':8}facets  {', '.join(one.facets)}"
        if one.lines:
            yield f"{'':8}over    {', '.join(_lines(one))}"
    yield ""
    yield "cxassure channels NAME tells more."


def _reference(one: Grammar) -> Iterator[str]:
    yield from (one.channel, "", one.doc, "")
    if one.lines:
        yield from (f"over: {', '.join(_lines(one))}", "")
    if one.options.items:
        yield from (f"party options: {_usage(one.options)}", "")
    for title, spoken in (("verbs", one.verbs), ("facets", one.facets)):
        yield title
        for word, thing in spoken.items():
            kind = getattr(thing, "kind", "passive" if getattr(thing, "passive", False) else "")
            yield f"  {word}" + (f"  ({kind})" if kind else "")
            yield f"      {_usage(thing.parameters)}"
            yield from (f"      {line}".rstrip() for line in thing.doc.splitlines())
        yield ""


def _usage(parameters: Parameters) -> str:
    return parameters.usage()


def _lines(one: Grammar) -> list[str]:
    from cxassure import catalog

    return list(dict.fromkeys([*one.lines, *catalog.connectors(one.channel)]))


def _first(doc: str) -> str:
    return doc.splitlines()[0] if doc else ""


def _document(one: Grammar) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "doc": one.doc,
        "over": _lines(one) if one.lines else [],
        "options": _parameters(one.options),
        "verbs": {
            verb.name: {
                "doc": verb.doc,
                "passive": verb.passive,
                "parameters": _parameters(verb.parameters),
            }
            for verb in one.verbs.values()
        },
        "facets": {
            facet.name: {
                "doc": facet.doc,
                "kind": facet.kind,
                "fields": facet.fields,
                "parameters": _parameters(facet.parameters),
            }
            for facet in one.facets.values()
        },
    }


def _parameters(parameters: Parameters) -> list[dict[str, Any]]:
    return [
        {"name": p.name, "type": p.type.name, "required": p.required, "keys": sorted(p.type.keys)}
        for p in parameters.items.values()
    ]
