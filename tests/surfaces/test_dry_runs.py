"""A dry run of real calls: each number, minutes and price, what would be refused, all together."""

from __future__ import annotations

from counter import Counter

SETTINGS = """\
calls: {allow: ["sip:*@192.0.2.1"], longest: 2m, prices: {"sip:": 0.5}, per_run: 1.2}
environments:
  here:
    targets:
      trunk: {address: "sip:+12025550143@192.0.2.1", over: sip}
      bench: {address: "sip:+12025550143@127.0.0.1", over: sip}
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
