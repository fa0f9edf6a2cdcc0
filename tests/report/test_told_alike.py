"""Whoever is told of a run is told the same: terminal, page, JSON, job summary, message, forms."""

import html
import io
import zipfile
from datetime import datetime, timedelta

import pytest
from sample import broken
from streams import Telling

from cxassure.events import Observed
from cxassure.incident import Deploy
from cxassure.report import allure, ctrf, junit
from cxassure.report import json as report_json
from cxassure.report.bundle import bundle
from cxassure.report.cause import cause
from cxassure.report.context import Context, Past
from cxassure.report.explain import explained
from cxassure.report.gate import Baseline, judge
from cxassure.report.gate.summary import summary
from cxassure.report.page import fragment, page
from cxassure.report.senders import observe
from cxassure.surfaces.cli import telling


def call(text, verdict, journey):
    said = (Observed, {"who": "company", "what": "prompt", "text": text})
    run = Telling(journey, owner="voice-team")
    return run.step("c", "ivr", "dial", verdict=verdict, why="x", inside=[said]).end(verdict)


def otherwise():
    """A menu that differs from that of the last good run: only the past knows it."""
    good = call("For orders, press 1. For returns, press 2.", "passed", "ring")
    run = call("For returns, press 1. For orders, press 2.", "failed", "ring")
    return run, Context(runs=(run,), past={run.id: Past(good=good)})


def deployed():
    """Nothing is known but a deployment twelve minutes before it began."""
    run = broken("shopper", "web", "click", "Pay", why="no such button")
    began = datetime.fromisoformat(run.started)
    deploy = Deploy(at=began - timedelta(minutes=12), what="shop 4.2")
    past = Past(first_bad=began, last_good=began - timedelta(hours=1))
    return run, Context(runs=(run,), past={run.id: past}, deploys=(deploy,))


def only_one_row():
    """Only one row: what passes in spite of it is in the campaign."""
    run = broken("shopper", "web", "click", "Pay", why="covered", journey="pay", row="mobile")
    return run, Context(runs=(run, Telling("pay", "desktop").end()))


def terminal(run, context, folder, capsys):
    telling.lines(list(context.runs), context)
    return capsys.readouterr().out


def message(run, context, folder, capsys):
    return observe(run, context, {}).account.cause


def job_summary(run, context, folder, capsys):
    return summary(judge(list(context.runs), Baseline(), now=context.now), context)


def dashboard(run, context, folder, capsys):
    return fragment(run, context)


def whole_page(run, context, folder, capsys):
    return page(context.runs, context)


def in_json(run, context, folder, capsys):
    document = report_json.document(context.runs, "", context)
    return next(one["cause"] for one in document["runs"] if one["id"] == run.id)


def in_junit(run, context, folder, capsys):
    return junit.document(context.runs, context).decode()


def in_ctrf(run, context, folder, capsys):
    return ctrf.document(context.runs, context, folder).decode()


def in_allure(run, context, folder, capsys):
    allure.write(folder, list(context.runs), context)
    return "".join(path.read_text() for path in folder.glob("*-result.json"))


def in_the_terminal_whole(run, context, folder, capsys):
    return "\n".join(explained(run, context))


FORMS = (terminal, message, job_summary, dashboard, whole_page, in_json, in_junit, in_ctrf,
         in_allure, in_the_terminal_whole)  # fmt: skip


@pytest.mark.parametrize("known", [otherwise, deployed, only_one_row])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same_cause(form, known, tmp_path, capsys):
    run, context = known()
    found = cause(run, context)
    assert found.conclusion != cause(run, Context()).conclusion  # it takes the context to tell it
    told = html.unescape(form(run, context, tmp_path, capsys)).replace("\\n", " ")
    assert found.conclusion in " ".join(told.split())


def test_a_bundle_tells_what_the_page_of_its_campaign_tells():
    run, context = only_one_row()
    with zipfile.ZipFile(io.BytesIO(bundle(run, context))) as archive:
        told = {name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()}
    for name in ("index.html", "story.txt", "run.json", "junit.xml"):
        assert cause(run, context).conclusion in " ".join(told[name].split()), name
