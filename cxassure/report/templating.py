"""Templates of every page: what is put into them is data, never markup, and shown as it is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxassure.report.tally import visible

if TYPE_CHECKING:
    from jinja2 import Environment, FileSystemBytecodeCache

TEMPLATES = Path(__file__).parent / "templates"


def environment(folder: Path = TEMPLATES) -> Environment:
    """The templates of a folder: escaped, strict, with signs that hide made visible."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
        bytecode_cache=_compiled(),
    )


def _shown(value: Any) -> Any:
    from markupsafe import Markup

    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _compiled() -> FileSystemBytecodeCache | None:
    """Where compiled templates are kept between commands: a folder that only this user can write.

    Compiling them anew costs 50 ms. None where there is no such folder.
    """
    from jinja2 import FileSystemBytecodeCache

    with contextlib.suppress(RuntimeError, OSError):
        return FileSystemBytecodeCache()
    return None
