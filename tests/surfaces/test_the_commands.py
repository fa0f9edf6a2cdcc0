"""Every command as somebody types it: help, JSON, exit codes, and words when it is wrong."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counter import JOURNEYS, Counter

from cxassure.demo.faults import CAUGHT_ON_THE_LINE, FAULTS
from cxassure.surfaces.cli import COMMANDS

NEW = "cxassure.yaml", "journeys/first-look.yaml", ".gitignore"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_data_on_stdout(empty: Counter, command: str) -> None:
    done = empty.run(*filter(None, [command, "--help"]))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: cxassure {command}".rstrip())


def test_a_wrong_command_or_option_is_two_with_a_guess(empty: Counter) -> None:
    done = empty.ask("runn")
    assert (done.code, done.out) == (2, "")
    assert "did you mean «run»?" in done.err
    assert empty.ask("run", "--nope").code == 2
    assert empty.ask("run", "--timeout", "soon").code == 2
    assert empty.ask("run", "--workers", "0").code == 2
    assert empty.ask("channels", "webb").code == 2


@pytest.mark.parametrize("command", ["run", "check", "compile", "run x", "compile --check"])
def test_in_an_empty_folder_the_next_step_is_told(empty: Counter, command: str) -> None:
    done = empty.ask(*command.split())
    assert (done.code, done.out) == (2, "")
    assert "cxassure new DIR" in done.err


def test_an_empty_journeys_folder_is_two_as_well(empty: Counter) -> None:
    (empty.root / "journeys").mkdir()
    for command in ("run", "check", "compile", "compile --check"):
        done = empty.ask(*command.split())
        assert (done.code, done.out) == (2, ""), command
        assert done.err


def test_what_new_makes_is_a_workspace_without_problems(empty: Counter) -> None:
    done = empty.ask("new", "shop")
    assert (done.code, done.out) == (0, "")
    assert "cd shop; cxassure check" in done.err
    assert empty.ask("check", "-C", "shop").out == "1 journey, 1 probe: no problems\n"


def test_new_twice_writes_nothing(empty: Counter) -> None:
    empty.ask("new", "shop")
    mine = empty.write("shop/cxassure.yaml", "# mine\n")
    done = empty.ask("new", "shop")
    assert done.code == 2
    assert "--force" in done.err
    assert mine.read_text() == "# mine\n"


def test_new_with_force_loses_nothing(empty: Counter) -> None:
    empty.ask("new", "shop")
    for number in (1, 2):
        for name in NEW:
            empty.write(f"shop/{name}", f"# mine {number}\n")
        assert empty.ask("new", "shop", "--force").code == 0
    for name in NEW:
        there = empty.root / "shop" / name
        kept = {path.read_text() for path in there.parent.glob(f"{there.name}.orig*")}
        assert kept == {"# mine 1\n", "# mine 2\n"}
    assert empty.ask("check", "-C", "shop").code == 0  # what was moved aside is no journey


def test_new_where_a_file_stands_is_told(empty: Counter) -> None:
    empty.write("taken", "")
    assert empty.ask("new", "taken").code == 2
    done = empty.ask("new", "taken/below")
    assert done.code in (2, 3)
    assert "taken" in done.err


BAD: dict[str, str | bytes] = {
    "an empty file": "",
    "no YAML": "a: [\n",
    "a tab": "journey: x\n\tsteps: []\n",
    "a key twice": "journey: a\njourney: b\n",
    "binary garbage": bytes(range(256)) * 8,
    "a huge file": b"journey: a\ntitle: " + b"x" * 10_000_000,
    "something else": "hello: world\n",
    "a list": "- 1\n- 2\n",
    "an anchor bomb": "a: &a [x, x]\n"
    + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *a]\n" for n in range(40)),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_two_with_its_place(empty: Counter, name: str) -> None:
    empty.write("journeys/bad.yaml", BAD[name])
    done = empty.ask("check")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("journeys/bad.yaml:")


def test_run_and_compile_tell_problems_as_check_does(empty: Counter) -> None:
    empty.write("journeys/bad.yaml", BAD["a tab"])
    told = {empty.ask(command).err for command in ("check", "compile", "run")}
    assert len(told) == 1


def test_all_problems_of_all_files_are_told_at_once(counter: Counter) -> None:
    counter.write("journeys/a.yaml", JOURNEYS["fine"].replace("fine", "a").replace("{get", "{gett"))
    counter.write("journeys/b.yaml", JOURNEYS["fine"].replace("fine", "b").replace(" api", " apy"))
    done = counter.ask("check")
    assert done.code == 2
    assert re.findall(r"^journeys/([ab])\.yaml:\d+:\d+: ", done.err, re.MULTILINE) == ["a", "b"]
    assert "did you mean «get»?" in done.err
    assert "did you mean «api»?" in done.err
    told = counter.ask("check", "--json")
    assert told.code == 2
    assert [Path(row["path"]).stem for row in told.json["problems"]] == ["a", "b"]
    assert all(row["line"] and row["hint"] for row in told.json["problems"])


def test_check_of_named_files_knows_the_fragments_of_the_folder(counter: Counter) -> None:
    counter.write("journeys/parts/ask.yaml", "fragment: ask\nsteps:\n  - office: {get: /ok}\n")
    used = counter.write(
        "journeys/uses.yaml", JOURNEYS["fine"].replace("fine", "uses") + "  - use: ask\n"
    )
    assert counter.ask("check", str(used)).out == "1 journey, 1 probe: no problems\n"
    assert counter.run("run", "journeys/uses.yaml").code == 0


@pytest.mark.parametrize("command", ["run", "check", "report", "compile", "doctor"])
def test_bad_settings_are_told_with_their_place(counter: Counter, command: str) -> None:
    counter.write("cxassure.yaml", "environments: [1]\n")
    done = counter.ask(command)
    assert done.code in (2, 3)
    assert "cxassure.yaml:1:15: " in done.both


def test_check_in_json_tells_bad_settings_too(counter: Counter) -> None:
    counter.write("cxassure.yaml", "wthin: 3s\n")
    (row,) = counter.ask("check", "--json").json["problems"]
    assert (row["path"], row["line"]) == ("cxassure.yaml", 1)


def test_compile_writes_what_check_then_finds_fresh(counter: Counter) -> None:
    done = counter.ask("compile")
    assert (done.code, done.out) == (0, "")
    before = {path.name: path.read_bytes() for path in (counter.root / "probes").iterdir()}
    assert set(before) >= {"fine.json", "codes.good.json", "codes.bad.json"}
    assert counter.ask("compile", "--check").code == 0
    shutil.rmtree(counter.root / "probes")
    counter.ask("compile")
    assert before == {path.name: path.read_bytes() for path in (counter.root / "probes").iterdir()}


def test_stale_missing_and_left_over_probes_are_two(counter: Counter) -> None:
    counter.ask("compile")
    counter.write("journeys/fine.yaml", JOURNEYS["fine"].replace("/ok", "/okay"))
    (counter.root / "journeys/late.yaml").unlink()
    (counter.root / "probes/moody.json").unlink()
    done = counter.ask("compile", "--check")
    assert done.code == 2
    said = dict(line.split(": ", 1) for line in done.out.splitlines())
    assert said["stale"].startswith("probes/fine.json")
    assert said["missing"].startswith("probes/moody.json")
    assert said["left over"].startswith("probes/late.json")
    assert not (counter.root / "probes/moody.json").exists()


def test_compiling_one_journey_leaves_the_other_probes_alone(counter: Counter) -> None:
    counter.ask("compile")
    assert counter.ask("compile", "journeys/fine.yaml").code == 0
    assert (counter.root / "probes/late.json").exists()
    assert counter.ask("compile", "--check", "journeys/fine.yaml").code == 0


def test_a_compiled_probe_runs_with_no_journey_at_hand(counter: Counter) -> None:
    counter.ask("compile", "journeys/fine.yaml")
    shutil.rmtree(counter.root / "journeys")
    done = counter.run("run", "probes/fine.json", "--json")
    assert done.code == 0
    assert [run["journey"] for run in done.json["runs"]] == ["fine"]


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "format": (lambda p: p.update(format="cxassure.probe/99"), "cxassure compile"),
    "key": (lambda p: p.update(surprise=1), "surprise"),
    "no steps": (lambda p: p.update(steps=[]), "no steps"),
    "party": (lambda p: p["steps"][0].update(party="nobody"), "«nobody»"),
    "verb": (lambda p: p["steps"][0].update(verb="gett"), "did you mean «get»?"),
    "facet": (lambda p: p["steps"][0]["expect"][0].update(facet="stat"), "«status»"),
    "matcher": (
        lambda p: p["steps"][0]["expect"][0].update(must={"equalz": "1"}),
        "did you mean «equals»?",
    ),
    "channel": (lambda p: p["parties"]["office"].update(channel="apy"), "did you mean «api»?"),
    "measure": (
        lambda p: p.update(promises={"turnz": {"at_most": 1}}),
        "did you mean «turns» or «turn_p95»?",
    ),
    "name": (lambda p: p.update(journey="../../escape"), "no name"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_foreign_probe_is_two_in_words_and_is_not_driven(counter: Counter, name: str) -> None:
    counter.ask("compile", "journeys/fine.yaml")
    spoil, said = SPOILT[name]
    document = json.loads((counter.root / "probes/fine.json").read_bytes())
    spoil(document)
    counter.write("other.json", json.dumps(document))
    done = counter.ask("run", "other.json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "other.json" in done.err
    assert counter.office and not counter.office.asked


@pytest.mark.parametrize("text", [b"", b"[1", b"{}", b"\x00\xff" * 40, b'"probe"', b"null"])
def test_what_is_no_probe_is_two_in_words(empty: Counter, text: bytes) -> None:
    empty.write("x.json", text)
    done = empty.ask("run", "x.json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("x.json ")


def test_schema_and_channels_are_json_that_a_script_can_read(empty: Counter) -> None:
    schema = empty.ask("schema").json
    assert schema["$schema"]
    channels = empty.ask("channels", "--json").json
    assert {row["channel"] for row in channels} >= {"web", "chat", "api", "inbox", "ivr", "agent"}
    one = empty.ask("channels", "api", "--json").json
    assert one["verbs"]["get"]["doc"]
    assert one["facets"]["status"]["kind"] == "number"
    assert "Example:" in empty.ask("channels", "api").out


def test_doctor_tells_each_thing_and_leaves_nothing_behind(counter: Counter) -> None:
    done = counter.run("doctor", "--json", CXASSURE_BROWSER="/nonexistent", CXASSURE_SECRET_KEY="x")
    assert done.code == 3
    found = {row["what"]: row for row in done.json}
    assert not found["browser"]["ok"]
    assert found["browser"]["hint"]
    assert all(row["ok"] for what, row in found.items() if what != "browser")
    assert not (counter.root / "reports").exists()
    told = counter.run("doctor", CXASSURE_BROWSER="/nonexistent")
    assert "✗ secret.key: " in told.out
    assert "CXASSURE_SECRET_KEY" in told.out


def test_faults_are_listed_for_people_and_for_scripts(empty: Counter) -> None:
    rows = empty.ask("demo", "--list-faults", "--json").json
    assert len(rows) == len(FAULTS) >= 24
    for row in rows:
        assert set(row) >= {"name", "number", "channel", "notice", "verdict", "journey", "party"}
        assert type(row["step"]) is int
        assert row["verdict"] in ("failed", "degraded", "error")
    told = empty.ask("demo", "--list-faults").out
    assert all(row["name"] in told and row["notice"] in told for row in rows)
    heard = empty.ask("demo", "--list-faults", "--tag", "sip", "--json").json
    assert {row["name"] for row in heard} == set(CAUGHT_ON_THE_LINE)
    assert all(row["journey"].endswith("-on-the-line") for row in heard)


def test_an_unknown_fault_is_two_with_a_guess(empty: Counter) -> None:
    done = empty.ask("demo", "--break", "bot-silnt")
    assert done.code == 2
    assert "did you mean bot-silent?" in done.err
    assert "\n    hint: " in done.err


def test_a_reader_who_leaves_is_no_failed_journey(empty: Counter) -> None:
    process = empty.start("channels", "--json")
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(30) == 3
    assert "Traceback" not in err
    assert "standard output" in err


def test_check_and_compile_answer_in_json_in_a_file_or_on_stdout(counter: Counter) -> None:
    stale = counter.ask("compile", "--check", "--json")
    assert stale.code == 2
    assert stale.json["stale"]
    written = counter.ask("compile", "--json", "out.json")
    assert written.code == 0
    told = json.loads((counter.root / "out.json").read_text())
    assert len(told["written"]) == len(told["probes"]) > 0
    assert counter.ask("compile", "--check", "--json").json["stale"] == []
    assert counter.ask("check", "--json", "checked.json").code == 0
    assert json.loads((counter.root / "checked.json").read_text())["problems"] == []
