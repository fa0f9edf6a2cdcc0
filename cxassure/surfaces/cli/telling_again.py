"""Finding one stored run for commands that tell it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cxassure.errors import UsageError
from cxassure.report.tally import last_attempts, worst_first
from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.report.context import Context
    from cxassure.run import Run
    from cxassure.workspace import Workspace


def one(workspace: Workspace, ref: str, root: Path) -> tuple[Run, Context]:
    """The run that `ref` names, of several the one that most needs a person; and its context.

    Raises `UsageError` when there is none.
    """
    stored = workspace.store.find(ref)
    if not stored:
        what = f"«{ref}» names no stored run" if ref else "there are no stored runs"
        raise UsageError(f"{what} in {workspace.store.reports}", "cxassure run makes some")
    runs = [kept.run for kept in stored]
    folders = {kept.run.id: kept.folder for kept in stored}
    env = runs[0].env if runs[0].env != workspace.environment.name else ""
    again = options.again(root, env)
    context = workspace.context_of(runs, folders, stored[0].folder.parent, again)
    return worst_first(last_attempts(runs))[0], context
