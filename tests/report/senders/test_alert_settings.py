"""The `alerts:` block as it is read, what is wrong with it, and `cxassure alert test` over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cxassure.errors import SpecError
from cxassure.incident import Alerts, Escalation
from cxassure.spec import read_settings
from cxassure.surfaces.cli.alert_command import command
from cxassure.surfaces.cli.check_command import command as check
from cxassure.surfaces.cli.schedule_command import command as schedule
from cxassure.workspace import Workspace

WHOLE = """\
alerts:
  to:
    team: {send: apprise, url: "${secret.room}", format: markdown}
    duty: {send: webhook, url: https://hooks.example/x, key: "${secret.hook}"}
  owners: {checkout: [team, duty]}
  otherwise: duty
  ours: [team]
  confirm: 3 of 5
  good: 4
  calm: 10m
  settle: 0s
  forget: 3d
  critical: {remind: 5m, also: duty, escalate: [{after: 1h, to: team}, {after: 20m, to: duty}]}
  minor: {loud: normal, remind: never}
  alive: {ping: "https://alive.example/x", every: 30s}
  address: https://cx.example/reports/
waivers:
  - {journeys: pay, owner: kim, reason: known, until: 2026-11-30}
"""


def alerts(tmp_path: Path, text: str) -> Alerts:
    (tmp_path / "cxassure.yaml").write_text(text, "utf-8")
    return read_settings(tmp_path).alerts


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    found = alerts(tmp_path, WHOLE)
    rules = found.rules
    assert found.recipients["team"].options == {"url": "${secret.room}", "format": "markdown"}
    assert (rules.bad, rules.of, rules.good, rules.calm, rules.settle) == (3, 5, 4, 600, 0)
    assert (rules.otherwise, rules.ours, rules.names) == (("duty",), ("team",), ("team", "duty"))
    assert rules.owners == {"checkout": ("team", "duty")}
    assert rules.forget == 3 * 86400
    critical = rules.loudness("critical")
    assert (critical.loud, critical.also, critical.remind) == ("loud", ("duty",), 300)
    assert critical.escalate == (
        Escalation(after=1200, to=("duty",)),
        Escalation(after=3600, to=("team",)),
    )
    assert (rules.loudness("minor").loud, rules.loudness("minor").remind) == ("normal", 0)
    assert (found.ping, found.ping_every) == ("https://alive.example/x", 30)
    assert [one.owner for one in rules.waivers] == ["kim"]
    assert found.address == "https://cx.example/reports"


def test_a_workspace_without_alerts_tells_nobody(tmp_path: Path) -> None:
    assert alerts(tmp_path, "workers: 2\n") == Alerts()


TO = "alerts:\n  to: {team: {send: apprise, url: 'json://127.0.0.1'}}\n"
WRONG = {
    "alerts: {confirm: 2 of 3}\n": "nobody can be told",
    "alerts: {to: {team: {url: 'json://x'}}}\n": "does not say by what",
    "alerts: {to: {t: {send: apprise, url: 'slack://A/B/C'}}}\n": "stands in the open",
    "alerts: {to: {t: {send: apprise, url: 'mailto://kim:pw@example.com'}}}\n": "in the open",
    "alerts: {to: {t: {send: webhook, url: 'https://x', key: abc}}}\n": "the key of «t» stands",
    TO + "  ours: teem\n": "there is nobody called «teem»",
    TO + "  owners: {a: [team, x]}\n": "there is nobody called «x»",
    TO + "  confirm: 4 of 3\n": "how many looks",
    TO + "  confirm: two\n": "how many looks",
    TO + "  good: 0\n": "no number of looks",
    TO + f"  good: 0001{'9' * 5000}\n": "no number of looks",
    TO + "  calm: soon\n": "no",
    TO + "  loud: yes\n": "unknown key «loud»",
    TO + "  critical: {loud: shouting}\n": "no loudness",
    TO + "  critical: {escalate: {after: 20m}}\n": "needs after: and to:",
    TO + "  critical: {escalate: 20m}\n": "must be a list",
    TO + "  alive: {every: 1m}\n": "whom to ping",
    TO + "  address: reports/runs\n": "no web address",
    TO + "  address: 'javascript://x'\n": "no web address",
    TO + "  address: 'https://[::'\n": "no web address",
    "alerts: here\n": "must hold pairs",
    "alerts: {to: []}\n": "must hold pairs",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SpecError) as wrong:
        alerts(tmp_path, text)
    assert any(said in one.what for one in wrong.value.problems), wrong.value
    assert all(one.place.line and one.hint for one in wrong.value.problems)


UNFIT = {
    "{send: webhok, url: https://x.example, key: '${secret.k}'}": "«webhook»",
    "{send: apprise, url: nonsense}": "has no scheme",
    "{send: apprise, url: 'jsonn://${secret.a}'}": "knows no such service as jsonn://",
    "{send: apprise, url: 'slak://${secret.a}'}": "«slack»",
    "{send: apprise, url: 'mailto://'}": "cannot use this address of mailto://",
    "{send: apprise, urll: '${secret.a}'}": "has no option «urll»",
    "{send: apprise, format: text}": "needs url",
    "{send: apprise, url: 'json://127.0.0.1', format: html}": "there is no format «html»",
    "{send: webhook, url: 'http://hooks.example', key: '${secret.k}'}": "goes to an https://",
}


@pytest.mark.parametrize(("said", "wrong"), UNFIT.items(), ids=range(len(UNFIT)))
def test_who_can_never_be_told_is_found_by_check(tmp_path: Path, said: str, wrong: str) -> None:
    (tmp_path / "journeys").mkdir()
    alerts(
        tmp_path, f"alerts:\n  to:\n    fine: {{send: apprise, url: 'json://x'}}\n    t: {said}\n"
    )
    done = CliRunner().invoke(check, ["-C", str(tmp_path), "--json"], standalone_mode=False)
    (problem,) = json.loads(done.output)["problems"]
    assert (done.return_value, problem["path"], problem["line"]) == (2, "cxassure.yaml", 4)
    assert "«t» cannot be told" in problem["what"]
    assert wrong in f"{problem['what']} {problem['hint']}"
    done = CliRunner().invoke(schedule, ["-C", str(tmp_path)], standalone_mode=False)
    assert isinstance(done.exception, SpecError)


def test_who_may_be_told_is_nothing_to_find_and_no_secret_is_read_for_it(tmp_path: Path) -> None:
    alerts(tmp_path, WHOLE)
    assert Workspace(tmp_path, environ={}).unfit() == []
    for url in ("slack://${secret.a}/${secret.b}/${secret.c}", "pagerduty://${secret.a}@${env.B}"):
        alerts(tmp_path, f'alerts: {{to: {{t: {{send: apprise, url: "{url}"}}}}}}\n')
        assert Workspace(tmp_path, environ={}).unfit() == []


def asked(tmp_path: Path, *words: str) -> Any:
    return CliRunner().invoke(command, ["test", "-C", str(tmp_path), *words], standalone_mode=False)


def test_a_test_message_arrives_marked_as_one(
    tmp_path: Path, sink: Any, post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXASSURE_SECRET_HOOK", "k" * 32)
    mail = f"mailto://127.0.0.1:{post[1]}?from=cx@example.com&to=ops@example.com"
    alerts(
        tmp_path,
        f'alerts:\n  to:\n    ledger: {{send: webhook, url: "http://{sink.address}/x", '
        f'key: "${{secret.hook}}"}}\n    ops: {{send: apprise, url: "{mail}"}}\n',
    )
    done = asked(tmp_path)
    assert (done.return_value, done.output) == (
        0,
        "✓ ledger: sent by webhook\n✓ ops: sent by apprise\n",
    )
    told = json.loads(sink.got[0][2])
    assert told["type"] == "incident.test"
    assert "nothing is wrong" in told["title"]
    assert len(post[0].letters) == 1
    done = asked(tmp_path, "--to", "ledger", "--json")
    assert json.loads(done.output) == [{"to": "ledger", "sender": "webhook", "sent": True}]
    assert len(post[0].letters) == 1


def test_who_cannot_be_reached_is_told_and_the_others_are_tried(
    tmp_path: Path, sink: Any, nowhere: str
) -> None:
    alerts(
        tmp_path,
        f'alerts:\n  to:\n    gone: {{send: apprise, url: "json://{nowhere}/"}}\n'
        '    unset: {send: apprise, url: "${secret.never_set}"}\n'
        f'    room: {{send: apprise, url: "json://{sink.address}/"}}\n',
    )
    done = asked(tmp_path)
    assert done.return_value == 3
    gone, _, unset, _, room = done.output.splitlines()
    assert gone.startswith("✗ gone: json: ")
    assert unset == "✗ unset: secret.never_set is not set"
    assert room == "✓ room: sent by apprise"


def test_a_wrong_name_or_no_alerts_at_all_is_a_usage_error(tmp_path: Path) -> None:
    assert "nobody can be told" in str(asked(tmp_path).exception)
    alerts(tmp_path, TO)
    assert "did you mean" in str(asked(tmp_path, "--to", "teem").exception)


def test_where_no_phone_has_asked_the_test_says_that_nobody_was_told(tmp_path: Path) -> None:
    alerts(tmp_path, 'alerts: {to: {phones: {send: webpush, subject: "mailto:o@e.example"}}}\n')
    done = asked(tmp_path)
    assert done.return_value == 3
    assert done.output.splitlines() == [
        "✗ phones: web push: no browser has asked to be told",
        "    hint: open the dashboard on the phone, choose «alerts here», then «tell me here»",
    ]
