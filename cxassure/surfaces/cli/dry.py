"""What a run would do, without doing it: driven, spent, dialled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cxassure.campaign import not_begun
from cxassure.probe import Probe
from cxassure.surfaces.cli.options import STDOUT, count
from cxassure.text import span
from cxassure.workspace import Workspace


def tell(workspace: Workspace, probes: list[Probe], json_to: str | None) -> int:
    """Prints one probe a paragraph; always 0, as nothing was looked at on purpose."""
    rows = [_row(workspace, document) for document in probes]
    if json_to is not None:
        text = json.dumps({"schema": 1, "would_run": rows}, indent=2, ensure_ascii=False)
        click.echo(text) if json_to == STDOUT else Path(json_to).write_text(text + "\n")
    if json_to != STDOUT:
        for row in rows:
            click.echo("\n".join(_lines(row)))
        click.echo(f"{_most(rows)}; nothing was driven", err=True)
    return 0


def _most(rows: list[dict[str, Any]]) -> str:
    """How many would run and at what cost, and how many would not."""
    going = [row for row in rows if not (row["would_not_run"] or row["not_in_env"])]
    told = f"{count(len(going), 'probe')} would run{_all_together(going)}"
    rest = len(rows) - len(going)
    return f"{told}, {rest} would not" if rest else told


def _all_together(rows: list[dict[str, Any]]) -> str:
    """What the real calls of all probes cost at most, "" where there are none."""
    calls = [call for row in rows for call in row.get("calls", ())]
    if not calls:
        return ""
    currency = next(row["price"]["currency"] for row in rows if "price" in row)
    minutes, most = sum(one["minutes"] for one in calls), sum(one["price"] for one in calls)
    refused = sum(bool(one["refused"]) for one in calls)
    told = f" with {count(len(calls), 'real call')}: at most {minutes:g} min, {most:.2f} {currency}"
    return told + (f" ({refused} of them REFUSED)" if refused else "")


def _row(workspace: Workspace, document: Probe) -> dict[str, Any]:
    targets = workspace.environment.targets
    used = {party.target for party in document.parties.values()}
    steps = list(document.every_step())
    refused = not_begun(document, workspace.environment)
    return {
        "probe": document.name,
        "env": workspace.environment.name,
        "steps": len(steps),
        "budget": document.budget,
        "drives": {
            name: workspace.shown(targets[name]) for name in sorted(used) if name in targets
        },
        "not_in_env": sorted(used - targets.keys()),
        "would_not_run": f"{refused.what}; {refused.hint}" if refused else "",
        "spends": [f"step {s.index} at {s.place}" for s in steps if s.spends],
        "dials": [
            f"step {s.index}: {document.parties[s.party].target}" for s in steps if s.verb == "dial"
        ],
        **_calls(workspace, document),
    }


def _calls(workspace: Workspace, document: Probe) -> dict[str, Any]:
    """Real calls with minutes and price: `price` is the most that they may cost together."""
    calls, currency = workspace.calls_of(document), workspace.settings.calls.currency
    if not calls:
        return {}
    told = [
        {
            "step": one.step,
            "number": one.number,
            "does": "takes" if one.called else "places",
            "minutes": one.minutes,
            "price": one.price,
            "price_is": "yours" if one.own else "an estimate",
            "refused": one.refused,
        }
        for one in calls
    ]
    price = {"most": round(sum(one.price for one in calls), 4), "currency": currency}
    return {"calls": told, "price": price}


def _lines(row: dict[str, Any]) -> list[str]:
    budget = f", budget {span(row['budget'])}" if row["budget"] else ""
    lines = [f"{row['probe']}  {row['steps']} steps in {row['env']}{budget}"]
    lines += [f"    drives  {name} at {address}" for name, address in row["drives"].items()]
    lines += [f"    dials   {call}" for call in row["dials"]]
    for one in row.get("calls", ()):
        told = f"step {one['step']} {one['does']} a real call, {one['number']}"
        cost = f"at most {one['minutes']:g} min and {one['price']:.2f} ({one['price_is']})"
        refused = f"; REFUSED by calls: {one['refused']}" if one["refused"] else ""
        lines.append(f"    calls   {told}: {cost}{refused}")
    if "price" in row:
        lines.append(f"    costs   at most {row['price']['most']:.2f} {row['price']['currency']}")
    lines += [f"    spends  {step}" for step in row["spends"]]
    lines += [f"    lacks   target {name}" for name in row["not_in_env"]]
    if row["would_not_run"]:
        lines.append(f"    would not run: {row['would_not_run']}")
    return lines
