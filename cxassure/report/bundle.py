"""A run in one file to attach to a ticket: its lines, evidence, page and story, masked as kept."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cxassure.report import json as report_json
from cxassure.report import junit
from cxassure.report.context import Context
from cxassure.report.explain import explained
from cxassure.report.page import page
from cxassure.run import Run

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of all files in it, so that the same run gives the same bytes."""


def bundle(run: Run, context: Context) -> bytes:
    """A ZIP archive; its names are relative and lie in one folder. Raises `OSError`."""
    kept = io.BytesIO()
    name = run.id.replace("/", "-") or "run"
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(_files(run, context)):
            archive.writestr(zipfile.ZipInfo(f"{name}/{path}", _EPOCH), data, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


def _files(run: Run, context: Context) -> Iterator[tuple[str, bytes]]:
    alone = replace(context, alone=True)
    document = report_json.document([run], "index.html", alone)
    yield "index.html", page([run], alone).encode()
    yield "story.txt", ("\n".join(explained(run, alone, whole=True)) + "\n").encode()
    yield "run.json", (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    yield "junit.xml", junit.document([run], alone)
    if folder := context.folders.get(run.id):
        for path in sorted(folder.rglob("*")):
            if _inside(path, folder):
                yield path.relative_to(folder).as_posix(), path.read_bytes()


def _inside(path: Path, folder: Path) -> bool:
    """A file of the run itself: a link that leads elsewhere is left out."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())
