"""A dry run: real calls with number, minutes and price, what would be refused, all together."""

from __future__ import annotations

from counter import Counter

SETTINGS = """\
calls: {allow: ["sip:*@192.0.2.1"], longest: 2m, prices: {"sip:": 0.5}, per_run: 1.2}
environments:
  here:
    targets:
      trunk: {address: "sip:+12025550143@192.0.2.1", over: sip}
      bench: {address: "sip:+12025550143@127.0.0.1", over: sip}
  there:
    targets: {elsewhere: {address: "sip:+12025550143@127.0.0.1", over: sip}}
"""
TRUNK = "parties: {caller: {channel: ivr, target: trunk}}\n"


def dry(counter: Counter, journey: str) -> tuple[str, str]:
    counter.write("cxassure.yaml", SETTINGS)
    for other in (counter.root / "journeys").iterdir():
        other.unlink()
    counter.write("journeys/call.yaml", f"journey: call\n{journey}")
    done = counter.ask("run", "journeys/call.yaml", "--dry-run")
    assert done.code == 0, done.err
    return done.out, done.err


def test_a_call_over_sip_that_leaves_this_machine_has_a_price_and_no_number(counter: Counter):
    out, err = dry(counter, f"{TRUNK}steps:\n  - caller: dial\n")
    assert "drives  trunk at sip:+12•••••••43@192.0.2.1" in out
    assert "step 1 places a real call, sip:+12•••••••43@192.0.2.1: at most 2 min and 1.00" in out
    assert "with 1 real call: at most 2 min, 1.00 USD;" in err
    assert "2025550143" not in out


def test_a_number_of_its_own_is_the_one_that_is_judged(counter: Counter):
    steps = 'steps:\n  - caller: {dial: {number: "+19005550123"}}\n'
    out, err = dry(counter, TRUNK + steps)
    assert "sip:+19•••••••23@192.0.2.1" in out and "REFUSED by calls: premium" in out
    assert "(1 of them REFUSED)" in err


def test_calls_of_one_run_are_counted_together(counter: Counter):
    out, _ = dry(
        counter, f"{TRUNK}steps:\n  - caller: dial\n  - caller: hang_up\n  - caller: dial\n"
    )
    assert out.count("REFUSED by calls: per_run") == 1


def test_a_call_that_stays_on_this_machine_is_no_real_one(counter: Counter):
    parties = "parties: {caller: {channel: ivr, target: bench}}\n"
    out, err = dry(counter, f"{parties}steps:\n  - caller: dial\n")
    assert "real call" not in out + err


SPENDING = f"{TRUNK}steps:\n  - caller: dial\n  - caller: hang_up\n    spends: true\n"


def test_a_probe_that_may_not_spend_is_told_as_the_run_itself_tells_it(counter: Counter):
    out, err = dry(counter, SPENDING)
    refused = "step 2 spends, and environment «here» does not allow it"
    assert f"would not run: {refused}; set `spends: true`" in out
    assert "0 probes would run, 1 would not; nothing was driven" in err
    row = counter.ask("run", "call", "--dry-run", "--json").json["would_run"][0]
    assert row["would_not_run"].startswith(refused)
    assert refused in counter.ask("run", "call").both


def test_where_spending_is_allowed_a_probe_would_run(counter: Counter):
    dry(counter, SPENDING)
    for allowed in ("spends", "rehearsal"):
        counter.write("cxassure.yaml", SETTINGS.replace("  here:", f"  here:\n    {allowed}: true"))
        done = counter.ask("run", "call", "--dry-run")
        assert "would not" not in done.both and "1 probe would run with 1 real call" in done.err


def test_a_probe_whose_target_is_not_there_is_not_among_those_that_would_run(counter: Counter):
    out, err = dry(counter, TRUNK.replace("trunk", "elsewhere") + "steps:\n  - caller: dial\n")
    assert "lacks   target elsewhere" in out and "0 probes would run, 1 would not" in err
