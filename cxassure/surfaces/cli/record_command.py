"""`cxassure record`: calls kept as cassettes, and held against the company as it is now."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.errors import UsageError
from cxassure.surfaces.cli import options
from cxassure.verdict import EXIT_FAILED, EXIT_PASSED

if TYPE_CHECKING:
    from cxassure.cassettes import Cassette, Taken
    from cxassure.probe import Probe
    from cxassure.report.changes import Change
    from cxassure.run import Run
    from cxassure.workspace import Workspace

_PLAIN: dict[str, Any] = {
    "retry": 0, "fail_fast": False, "trace": True, "json_to": None, "html": None, "junit": None,
    "strict": False, "workers": 1,
}  # fmt: skip


@click.command("record")
@click.argument("what", type=click.Choice(["call", "diff", "accept"]))
@click.argument("name", required=False)
@options.root
@options.env
@click.option("--row", "rows", multiple=True, help="Only these rows.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Call: the cassette.")
@click.option("--add", is_flag=True, help="Call: leave the calls that are on the cassette.")
@click.option("--from", "whence", help="Call: make it of this stored run; nobody is called.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="Accept: the golden folder."
)
@click.option("--step", type=int, help="Accept: only prompts of this step.")
@click.option("--strict", is_flag=True, help="Diff: other times are a failure too.")
@click.option("--seed", type=int, help="Seed of generated people (default: drawn, shown).")
@click.option("--timeout", type=options.DURATION, help="Longest time for one run (90s, 5m).")
@options.json_to
@options.report_dir
def command(what: str, name: str | None, root: Path, env: str, **how: Any) -> int:
    """Keep calls as cassettes that replay offline.

    call JOURNEY drives a journey and keeps its telephone part in calls/JOURNEY.cassette; diff
    CASSETTE drives the calls of a cassette anew and tells what is otherwise: exit code 1 when a
    prompt, a menu, a ring or the way itself differs. accept RUN --into FOLDER puts the prompts that
    were heard in a stored run away as golden prompts, named after their words.
    """
    how["again"] = options.again(root, env)
    if what == "accept":
        _only(how, "call", to=None, add=False, whence=None)
        _only(how, "diff", strict=False, json_to=None)
        workspace = options.open_workspace(root, env, how.pop("report_dir"))
        return _accept(workspace, name, root, how)
    _only(how, "accept", into=None, step=None)
    del how["into"], how["step"]
    if what == "call":
        _only(how, "diff", strict=False, json_to=None)
        workspace = options.open_workspace(root, env, how.pop("report_dir"))
        return _record(workspace, name, root, how)
    _only(how, "call", to=None, add=False, whence=None)
    if not name:
        raise click.UsageError("diff wants a CASSETTE")
    return _differ(options.open_workspace(root, env, how.pop("report_dir")), Path(name), how)


def _only(how: dict[str, Any], other: str, **unset: Any) -> None:
    for name, nothing in unset.items():
        if how[name] != nothing:
            option = "--" + {"whence": "from", "json_to": "json"}.get(name, name)
            raise click.UsageError(f"{option} belongs to record {other}")


# Recording


def _record(workspace: Workspace, name: str | None, root: Path, how: dict[str, Any]) -> int:
    from cxassure import cassettes

    if bool(name) == bool(how["whence"]):
        raise click.UsageError("record call wants a JOURNEY, or --from RUN")

    def keep(takes: list[Taken]) -> str:
        if not takes:
            return "nothing was recorded: no call could be looked at"
        to = how["to"] or workspace.root / "calls" / f"{_plain(takes[0].call.journey)}.cassette"
        return _told(to, cassettes.write(to, takes, add=how["add"]), takes)

    if how["to"] and how["to"].suffix != ".cassette":
        raise UsageError(f"«{how['to']}» is no name of a cassette", "its name ends in .cassette")
    if name:
        return _drive(workspace, _probes(workspace, name, how["rows"]), how, keep)
    click.echo(keep([_stored(workspace, how["whence"], root)]))
    return EXIT_PASSED


def _probes(workspace: Workspace, name: str, rows: Sequence[str] = ()) -> list[Probe]:
    from cxassure.selection import Selection

    return workspace.select(Selection((name,), rows=tuple(rows)))


def _drive(
    workspace: Workspace,
    probes: Sequence[Probe],
    how: dict[str, Any],
    told: Callable[[list[Taken]], str],
) -> int:
    """The exit code of running them; `told` gives what stands on stdout, of the calls that could be
    looked at."""
    from cxassure import cassettes
    from cxassure.surfaces.cli import driving

    def instead(runs: Sequence[Run]) -> str:
        fine = [run.id for run in runs if run.verdict not in ("error", "skipped")]
        stored = [one for run in fine for one in workspace.store.find(run) if one.run.id == run]
        return told([cassettes.take(one) for one in stored])

    return driving.go(workspace, probes, {**how, **_PLAIN, "instead": instead})


def _stored(workspace: Workspace, ref: str, root: Path) -> Taken:
    from cxassure import cassettes

    return cassettes.take(_run(workspace, ref, root))


def _run(workspace: Workspace, ref: str, root: Path) -> Any:
    """The stored run that is meant."""
    from cxassure.surfaces.cli import telling_again

    run, _ = telling_again.one(workspace, ref, root)
    (stored,) = (one for one in workspace.store.find(ref) if one.run.id == run.id)
    return stored


def _accept(workspace: Workspace, ref: str | None, root: Path, how: dict[str, Any]) -> int:
    from cxassure import cassettes

    if not ref or how["into"] is None:
        raise click.UsageError("accept wants a RUN and --into FOLDER")
    for told in cassettes.accept(_run(workspace, ref, root), how["into"], how["step"]):
        click.echo(told)
    return EXIT_PASSED


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "call"


def _told(to: Path, cassette: Cassette, takes: Sequence[Taken]) -> str:
    lines = [f"{to}: {options.count(len(cassette.calls), 'call')}"]
    for taken in takes:
        acts = [x for x in taken.call.lines if x.act and x.what != "over"]
        lasts = max(line.at + line.seconds for line in taken.call.lines)
        heard = options.count(len(taken.call.lines) - len(acts), "line")
        lines.append(
            f"  {taken.call.name}: {options.count(len(acts), 'act')}, {heard} heard, {lasts:.1f} s"
        )
    return "\n".join(lines)


# What is otherwise


def _differ(workspace: Workspace, path: Path, how: dict[str, Any]) -> int:
    from cxassure import cassettes

    cassette = cassettes.read(path)
    names = dict.fromkeys(call.name for call in cassette.calls)
    probes = [probe for name in names for probe in _probes(workspace, name, how["rows"])]
    found: dict[str, list[Change]] = {}

    def compare(takes: list[Taken]) -> str:
        anew = {taken.call.name: taken for taken in takes}
        for call in _latest(cassette):
            if call.name in anew:
                found[call.name] = cassettes.differences(path, call, anew[call.name])
        return _changed(path, found, how["json_to"])

    code = _drive(workspace, probes, how, compare)
    if code not in (EXIT_PASSED, EXIT_FAILED):
        return code
    every = [change for changes in found.values() for change in changes]
    matter = [c for c in every if how["strict"] or c.kind not in cassettes.TIMES]
    return EXIT_FAILED if matter else EXIT_PASSED


def _latest(cassette: Cassette) -> list[Any]:
    """Of calls of the same journey and row the one that was kept last."""
    return list({call.name: call for call in cassette.calls}.values())


def _changed(path: Path, found: dict[str, list[Change]], json_to: str | None) -> str:
    """What stands on stdout: lines, or JSON."""
    told = [
        {"call": n, "kind": c.kind, "what": c.sentence, "before": c.before, "after": c.after}
        for n, changes in found.items()
        for c in changes
    ]
    document = {"cassette": str(path), "calls": len(found), "changes": told}
    if json_to == options.STDOUT:
        return json.dumps(document, indent=2, ensure_ascii=False)
    if json_to is not None:
        options.answer(document, json_to)
    return "\n".join(line for name, changes in found.items() for line in _lines(name, changes))


def _lines(name: str, changes: list[Change]) -> list[str]:
    count = options.count(len(changes), "change") if changes else "as recorded"
    return [f"{name}: {count}", *(f"  {change.sentence}" for change in changes)]
