"""pytest: `pytest journeys/` collects YAML journeys as items; nothing is collected unless asked.

A journey's tags are markers, its rows are ids. A failure shows what a person on call reads, never
a traceback of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cxassure.campaign import Ran
    from cxassure.probe import Probe
    from cxassure.workspace import Workspace

SUFFIXES = (".yaml", ".yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, all of which have defaults."""
    group = parser.getgroup("cxassure")
    group.addoption("--cxassure-env", default="", help="environment in cxassure.yaml")
    group.addoption("--cxassure-seed", type=int, default=None, help="seed of generated people")
    group.addoption("--cxassure-at", default="", help="rehearse for this time: 2026-12-24T13:00")
    group.addoption("--cxassure-zone", default="", help="zone of --cxassure-at")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> JourneyFile | None:
    """A YAML file that was asked for, when it is a journey."""
    if file_path.suffix not in SUFFIXES or not _asked(parent.config, file_path):
        return None
    journey: JourneyFile = JourneyFile.from_parent(parent, path=file_path)
    return journey


def _asked(config: pytest.Config, path: Path) -> bool:
    """Whether the command line names this file, or a folder of journeys that it is in.

    A folder is one of journeys when it is, or lies in, the journeys folder of a workspace.
    """
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    for argument in config.args:
        named = (config.invocation_params.dir / argument.split("::")[0]).resolve()
        if named == path:
            return True
        if named.is_dir() and path.is_relative_to(named) and _is_journeys(named):
            return True
    return False


def _is_journeys(folder: Path) -> bool:
    from cxassure.errors import CxassureError
    from cxassure.settings import Settings

    root = _root(folder)
    if root is None:
        return False
    try:
        journeys = _workspace(root, "").journeys
    except CxassureError:  # told where the file is collected
        journeys = root / Settings().journeys
    return folder.is_relative_to(journeys.resolve())


def _root(path: Path) -> Path | None:
    """The workspace that `path` is in: the nearest folder with a `cxassure.yaml`."""
    return next((p for p in [path, *path.parents] if (p / "cxassure.yaml").is_file()), None)


_workspaces: dict[tuple[Path, str], Workspace] = {}


def _workspace(root: Path, env: str) -> Workspace:
    from cxassure.workspace import Workspace

    if (root, env) not in _workspaces:
        _workspaces[root, env] = Workspace(root, env)
    return _workspaces[root, env]


class JourneyFile(pytest.File):
    """A YAML file: one item per compiled probe, nothing for a fragment."""

    def collect(self) -> Iterable[JourneyItem]:
        from cxassure.errors import CxassureError
        from cxassure.selection import Selection

        root = _root(self.path) or self.config.rootpath
        try:
            workspace = _workspace(root, self.config.getoption("--cxassure-env"))
            if workspace.is_fragment(self.path):
                return
            probes = workspace.select(Selection((str(self.path),)))
        except CxassureError as wrong:
            raise self.CollectError(str(wrong)) from None
        for document in probes:
            for tag in document.tags:
                self.config.addinivalue_line("markers", f"{tag}: a tag of journeys")
            yield JourneyItem.from_parent(
                self, name=document.name, document=document, workspace=workspace
            )


class JourneyFailed(AssertionError):
    """The customer's experience was not as promised; the text is for a person on call."""


class JourneyError(Exception):
    """We could not look."""


class JourneyItem(pytest.Item):
    """One probe as a test, driven while it is set up: what could not be looked at is an error of
    the set-up, which pytest and its JUnit XML tell apart from a failure."""

    def __init__(self, *, document: Probe, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.document = document
        self.workspace = workspace
        for tag in document.tags:
            self.add_marker(tag)

    def setup(self) -> None:
        from cxassure.errors import CxassureError
        from cxassure.report import page, text

        try:
            ran = self._ran()
        except CxassureError as wrong:
            raise JourneyError(str(wrong)) from None
        run, context = ran.runs[0], self.workspace.context(ran)
        with contextlib.suppress(OSError):  # a full disk is told by the run itself
            Path(context.page).write_text(page.page(ran.runs, context), "utf-8")
        self.verdict, self.why = run.verdict, run.why
        self.text = text.failure(run, context)
        if self.verdict in ("error", "missed"):
            raise JourneyError(self.text)

    def runtest(self) -> None:
        if self.verdict == "failed":
            raise JourneyFailed(self.text)
        if self.verdict == "skipped":
            pytest.skip(self.why or "nothing was looked at")
        if self.verdict == "degraded":
            self.add_report_section("call", "cxassure", self.text)

    def _ran(self) -> Ran:
        from cxassure.campaign import Running

        _move_in(self.config, self.workspace)
        seed = self.config.getoption("--cxassure-seed")
        running = Running(seed=seed, rehearsed=_rehearsed(self.config, self.workspace))
        ran = asyncio.run(self.workspace.run([self.document], running))
        if ran.interrupted:
            raise KeyboardInterrupt
        return ran

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, 0, f"journey {self.name}"


def _rehearsed(config: pytest.Config, workspace: Workspace) -> datetime | None:
    """The instant that is asked for. Raises `CxassureError`."""
    from cxassure.errors import Misread, UsageError

    at, zone = config.getoption("--cxassure-at"), config.getoption("--cxassure-zone")
    if not at:
        return None
    try:
        return workspace.instant(datetime.fromisoformat(at), zone)[0]
    except ValueError:
        raise UsageError(f"«{at}» is no time", "write 2026-12-24T13:00") from None
    except Misread as wrong:
        raise UsageError(wrong.what, wrong.hint) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The words for a person on call in place of a traceback."""
    report = yield
    if call.excinfo and isinstance(call.excinfo.value, JourneyFailed | JourneyError):
        report.longrepr = str(call.excinfo.value)
    return report


_COMPANY = pytest.StashKey[contextlib.ExitStack]()


def _move_in(config: pytest.Config, workspace: Workspace) -> None:
    """Starts the built-in company once a process, when a journey first leads there."""
    from cxassure.company import started

    if not workspace.needs_company:
        return
    stack = config.stash.setdefault(_COMPANY, contextlib.ExitStack())
    company = stack.enter_context(started())
    workspace.move_in(company.targets, company.secrets)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the built-in company where it was started."""
    if _COMPANY in config.stash:
        config.stash[_COMPANY].close()
    _workspaces.clear()
