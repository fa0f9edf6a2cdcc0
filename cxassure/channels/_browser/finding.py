"""Where a browser is: the one that was named, Playwright's own, then what the machine has."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cxassure.errors import CannotLook

VARIABLE = "CXASSURE_BROWSER"
NONE = "no browser was found"
HINT = (
    "type: playwright install --only-shell chromium   "
    "(or, on Debian: apt-get install chromium-headless-shell)"
)

_SYSTEM = (
    "/usr/lib/chromium/chromium-headless-shell",
    "/usr/lib64/chromium-browser/headless_shell",
    "/opt/google/chrome/chrome",
    "/usr/lib/chromium/chromium",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/opt/microsoft/msedge/msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_ON_PATH = (
    "chromium-headless-shell",
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "microsoft-edge",
)
_OWN = (
    "chromium_headless_shell-*/*/headless_shell",
    "chromium_headless_shell-*/*/chrome-headless-shell",
    "chromium-*/*/chrome",
    "chromium-*/*/*.app/Contents/MacOS/*",
)


def find(setting: str = "", environ: Mapping[str, str] = os.environ) -> Path:
    """The program to launch. Raises `CannotLook` where there is none.

    A browser that was named (`browser:` in cxassure.yaml, else `CXASSURE_BROWSER`) and is not
    there stops the search: another one in its place would surprise.
    """
    for named, by in ((setting, "browser: in cxassure.yaml"), (environ.get(VARIABLE), VARIABLE)):
        if named:
            return _named(named, by)
    return first((*own(environ), *map(Path, _SYSTEM), *_on_path(environ)))


def first(candidates: Iterable[Path]) -> Path:
    """The first that can be run and is no snap (whose confinement keeps drivers out)."""
    for path in candidates:
        if _runs(path) and not str(path.resolve()).startswith("/snap/"):
            return path
    raise CannotLook(NONE, HINT)


def own(environ: Mapping[str, str]) -> Iterator[Path]:
    """The browsers in Playwright's cache: shells first, the newest first."""
    for pattern in _OWN:
        yield from sorted(cache(environ).glob(pattern), key=_revision, reverse=True)


def cache(environ: Mapping[str, str]) -> Path:
    """Where Playwright keeps its browsers (`PLAYWRIGHT_BROWSERS_PATH` moves it)."""
    moved = environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if moved and moved != "0":
        return Path(moved)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def _named(name: str, by: str) -> Path:
    found = Path(shutil.which(name) or name)
    if not _runs(found):
        raise CannotLook(
            f"the browser «{name}», named by {by}, cannot be run",
            f"correct or remove {by}; without it a browser is searched for",
        )
    return found


def _on_path(environ: Mapping[str, str]) -> Iterator[Path]:
    for name in _ON_PATH:
        if found := shutil.which(name, path=environ.get("PATH")):
            yield Path(found)


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _revision(path: Path) -> int:
    found = re.search(r"/chromium\w*-(\d+)/", path.as_posix())
    return int(found[1]) if found else 0
