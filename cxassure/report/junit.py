"""Runs as JUnit XML, as CI servers read it: one suite a campaign, one case a run.

failed → failure; error, missed → error; skipped → skipped; degraded → passed, told in a property of
the suite and in the case's output; flaky → passed, with the earlier attempts as flakyFailure or
flakyError and a property `rerun`. Properties stand at the suite because the schema of the xUnit
plugin knows none at a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from cxassure.report import wrong
from cxassure.report.context import Context
from cxassure.report.tally import (
    blaming,
    earlier_attempts,
    figures,
    last_attempts,
    visible,
)
from cxassure.report.text import failure
from cxassure.run import Run
from cxassure.text import clip, span

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENT = {"failed": "failure", "error": "error", "missed": "error", "skipped": "skipped"}


def document(
    runs: Sequence[Run], context: Context | None = None, *, name: str = "cxassure"
) -> bytes:
    """The XML document in UTF-8. Times are seconds of our own; customer time is in the output."""
    context = context or Context(runs=tuple(runs))
    counted = last_attempts(runs)
    suite = ET.Element("testsuite", _suite(counted, name))
    properties = list(_properties(counted, runs))
    if properties:
        holder = ET.SubElement(suite, "properties")
        for key, value in properties:
            ET.SubElement(holder, "property", _clean(name=key, value=value))
    for run in counted:
        suite.append(_case(run, runs, context))
    whole = ET.Element("testsuites")
    whole.append(suite)
    ET.indent(whole)
    return bytes(ET.tostring(whole, encoding="utf-8", xml_declaration=True))


def _suite(runs: Sequence[Run], name: str) -> dict[str, str]:
    kinds = [_ELEMENT.get(run.verdict, "") for run in runs]
    return _clean(
        name=name,
        tests=str(len(runs)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time=_time(sum(run.wall for run in runs)),
        timestamp=min((run.started for run in runs), default=""),
    )


def _properties(runs: Sequence[Run], every: Sequence[Run]) -> Iterator[tuple[str, str]]:
    for env in sorted({run.env for run in runs if run.env}):
        yield "env", env
    for run in runs:
        if run.verdict == "degraded":
            yield f"verdict[{run.name}]", "degraded"
        if run.flaky:
            yield f"rerun[{run.name}]", str(len(earlier_attempts(run, every)) or run.attempt - 1)
        if run.unseen:
            yield f"unseen[{run.name}]", str(len(run.unseen))


def _case(run: Run, runs: Sequence[Run], context: Context) -> ET.Element:
    known = _clean(classname=_class(run), name=run.name, time=_time(run.wall))
    case = ET.Element("testcase", known)
    if kind := _ELEMENT.get(run.verdict):
        bad = blaming(run).first_bad
        message = clip(visible((wrong.why(bad) if bad else "") or run.why), 300)
        attributes = _clean(type=f"{run.verdict}", message=message)
        ET.SubElement(case, kind, attributes).text = _xml(failure(run, context))
    for tried in earlier_attempts(run, runs) if run.flaky else ():
        kind = "flakyFailure" if tried.verdict == "failed" else "flakyError"
        attributes = _clean(type=tried.verdict, message=clip(visible(tried.why), 300))
        told = ET.SubElement(ET.SubElement(case, kind, attributes), "system-out")
        told.text = _xml(failure(tried, context))
    ET.SubElement(case, "system-out").text = _xml("\n".join(_output(run, context)))
    return case


def _output(run: Run, context: Context) -> Iterator[str]:
    if run.verdict == "degraded":
        yield failure(run, context)
    yield f"verdict: {run.verdict}{' (flaky)' if run.flaky else ''}"
    yield f"customer time: {span(run.took)}"
    channels = dict.fromkeys(step.channel for step in run.steps if step.channel)
    yield f"channels: {', '.join(channels)}"
    yield from (f"{name}: {value}" for name, value in figures(run))
    yield from (f"unseen: {one.expected} ({one.why})" for one in run.unseen)
    yield from (f"finding: {found}" for step in run.steps for found in step.findings)


def _class(run: Run) -> str:
    """The folder that the journey's file lies in, dotted as test classes are."""
    path = re.sub(r"(:\d+)*$", "", run.source)
    parts = [part for part in PurePosixPath(path).parent.parts if part not in ("/", "..", ".")]
    return ".".join(parts) or "cxassure"


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(**attributes: str) -> dict[str, str]:
    return {name: _xml(value) for name, value in attributes.items()}


def _xml(text: str) -> str:
    """`text` with what XML 1.0 (2.2) cannot hold shown or replaced."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", visible(text))
