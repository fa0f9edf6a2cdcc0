"""How a probe is driven: verdicts, lateness, what is skipped, what always runs."""

from __future__ import annotations

import re

import pytest
from lobby import ask, does, expects, live, probe

from cxassure import events
from cxassure.probe import Branch, Expectation, Keep, Party, Promise
from cxassure.settings import Environment, Target


async def test_a_step_waits_until_its_facet_suits() -> None:
    lived = await live(
        probe(ask(1, "hi", "Hello there", "3s", expect=(expects("reply", contains="hello"),)))
    )
    assert lived.run.verdict == "passed"
    assert lived.run.steps[1].took == 3.0


async def test_a_session_knows_its_course_in_seconds_of_the_journey() -> None:
    lived = await live(probe(ask(1, "hi", "Hello", "3s"), ask(2, "so", "Bye", "2s")))
    (session,) = lived.sessions
    assert session.seen[0].at >= 100.0
    said = [(o.at, o.text) for o in lived.run.transcript()]
    assert [(seen.at, seen.text) for seen in session.course] == said


async def test_an_answer_past_its_limit_fails_and_says_how_late_it_was() -> None:
    step = ask(1, "hi", "Hello", "7.1s", within=5.0, expect=(expects("reply", contains="hello"),))
    lived = await live(probe(step))
    bad = lived.run.first_bad
    assert bad and (bad.verdict, bad.why) == ("failed", "came after 7.1 s, limit 5.0 s")


@pytest.mark.parametrize(
    "must", [{"contains": "Hello"}, {"equals": "Hello"}, {"not": {"contains": "Hold"}}]
)
async def test_what_holds_only_past_the_limit_is_late_however_it_is_compared(
    must: dict[str, object],
) -> None:
    for after, outcome in (("4s", "passed"), ("7s", "failed")):
        first = ask(1, "hi", "Hold on", "1s", expect=(expects("reply", contains="Hold"),))
        then = ask(2, "so", "Hello", after, within=5.0, expect=(expects("reply", **must),))
        step = (await live(probe(first, then))).run.steps[2]
        assert step.verdict == outcome
        assert step.why == ("" if outcome == "passed" else "came after 7.0 s, limit 5.0 s")


async def test_an_exact_expectation_does_not_excuse_a_verb_that_overran() -> None:
    for must in ({"at_least": "1"}, {"at_most": "9"}, {"equals": "5"}):
        slow = does(1, "dawdle", "7s", within=5.0, expect=(expects("size", **must),))
        bad = (await live(probe(slow))).run.first_bad
        assert bad and bad.why == "came after 7.0 s, limit 5.0 s"


async def test_an_answer_that_never_comes_is_told_apart_from_a_late_one() -> None:
    lived = await live(probe(ask(1, "hi", "Go away", expect=(expects("reply", contains="hello"),))))
    bad = lived.run.first_bad
    assert bad and bad.why == "not the expected reply came within 5.0 s"
    assert (bad.expected, bad.seen) == ("reply contains «hello»", "Go away")
    silent = await live(probe(ask(1, "hi", expect=(expects("reply", contains="hello"),))))
    assert silent.run.first_bad and silent.run.first_bad.seen == "nothing"


async def test_what_cannot_change_any_more_is_told_at_once() -> None:
    for last, why in (("Go away", "not the expected reply came"), ("", "no reply came")):
        step = does(1, "leave", last, expect=(expects("reply", contains="hello"),))
        lived = await live(probe(step))
        bad = lived.run.first_bad
        assert bad and (bad.verdict, bad.why, bad.took) == ("failed", why, 0.0)
        assert lived.sessions[0].witnessed == ["reply contains «hello»"]
    short = does(1, "leave", "Hello", expect=(expects("size", at_most="10", aim="3"),))
    lived = await live(probe(short))
    assert (lived.run.verdict, lived.run.steps[1].took) == ("degraded", 0.0)


async def test_an_answer_past_its_aim_is_degraded() -> None:
    step = ask(1, "hi", "Hello", "3s", aim=2.0, expect=(expects("reply", contains="hello"),))
    lived = await live(probe(step))
    assert lived.run.verdict == "degraded"
    assert lived.run.steps[1].why == "came after 3.0 s, aim 2.0 s"


async def test_a_facet_that_keeps_its_limit_and_misses_its_aim_is_degraded() -> None:
    step = ask(1, "hi", "Hello", expect=(expects("size", at_most="10", aim="3"),))
    lived = await live(probe(step))
    assert (lived.run.verdict, lived.run.steps[1].why) == ("degraded", "size was 5, aim 3")
    fine = ask(1, "hi", "Hello", expect=(expects("size", at_least="1", aim="5"),))
    assert (await live(probe(fine))).run.verdict == "passed"
    only = ask(1, "hi", "Hello", expect=(expects("reply", aim={"contains": "welcome"}),))
    assert (await live(probe(only))).run.verdict == "degraded"


async def test_a_number_may_be_spelt_digit_by_digit() -> None:
    step = ask(1, "hi", "Order 1 0 4 7, thank you", expect=(expects("reply", spells="1047"),))
    assert (await live(probe(step))).run.verdict == "passed"


async def test_evidence_is_of_the_moment_in_which_the_limit_passes() -> None:
    step = ask(1, "hi", "late", "6s", expect=(expects("reply", contains="late"),))
    lived = await live(probe(step))
    assert lived.sessions[0].witnessed == ["reply contains «late»"]
    kept = next(e for e in lived.events if isinstance(e, events.Kept))
    assert kept.at == 5.0


async def test_absence_is_believed_only_when_nothing_more_will_come() -> None:
    step = ask(
        1,
        "hi",
        "we are closed",
        "2s",
        expect=(expects("reply", **{"not": {"contains": "closed"}}),),
    )
    lived = await live(probe(step))
    assert lived.run.verdict == "failed"
    fine = ask(
        1, "hi", "we are open", "2s", expect=(expects("reply", **{"not": {"contains": "closed"}}),)
    )
    assert (await live(probe(fine))).run.verdict == "passed"


async def test_silence_never_passes_an_expectation_of_absence() -> None:
    step = ask(1, "hi", expect=(expects("reply", **{"not": {"contains": "closed"}}),))
    assert (await live(probe(step))).run.verdict == "failed"


async def test_a_failed_step_ends_the_journey_and_the_rest_is_skipped() -> None:
    lived = await live(probe(does(1, "break", "customer"), does(2, "listen")))
    assert lived.verdicts == ["passed", "failed", "skipped", "passed"]
    assert lived.run.steps[2].why == "step 1 failed"
    assert lived.run.steps[1].code == "403"


async def test_carry_on_goes_on_and_an_optional_step_does_not_count() -> None:
    lived = await live(probe(does(1, "break", "customer", carry_on=True), does(2, "listen")))
    assert (lived.run.verdict, lived.verdicts[2]) == ("failed", "passed")
    lived = await live(probe(does(1, "break", "customer", optional=True), does(2, "listen")))
    assert (lived.run.verdict, lived.verdicts[1:3]) == ("passed", ["failed", "passed"])


@pytest.mark.parametrize(
    ("how", "verdict"), [("customer", "failed"), ("ours", "error"), ("bug", "error")]
)
async def test_a_verb_that_goes_wrong_is_blamed_on_the_right_side(how: str, verdict: str) -> None:
    assert (await live(probe(does(1, "break", how)))).run.verdict == verdict


async def test_a_bug_of_ours_leaves_its_traceback_as_evidence() -> None:
    lived = await live(probe(does(1, "break", "bug")))
    assert b"KeyError" in lived.evidence["traceback.txt"]
    assert "Traceback" not in lived.run.steps[1].why


async def test_always_steps_run_after_a_failure_and_never_hide_it() -> None:
    document = probe(
        does(1, "break", "customer"), always=(does(2, "break", "customer"), does(3, "listen"))
    )
    lived = await live(document)
    assert lived.run.verdict == "failed"
    assert [(s.part, s.verdict) for s in lived.run.steps[2:4]] == [
        ("always", "failed"),
        ("always", "passed"),
    ]


async def test_trouble_in_always_steps_makes_at_most_an_error() -> None:
    lived = await live(probe(does(1, "listen"), always=(does(2, "break", "customer"),)))
    assert lived.run.verdict == "error"


async def test_an_always_step_whose_reference_was_never_kept_is_skipped_with_the_reason() -> None:
    lived = await live(probe(does(1, "break", "customer"), always=(ask(2, "cancel ${order}"),)))
    assert (lived.run.steps[2].verdict, lived.run.steps[2].why) == (
        "skipped",
        "«order» was never kept",
    )


async def test_an_error_while_opening_is_an_error_and_nothing_is_looked_at() -> None:
    parties = {"guest": Party(channel="lobby", target="hall", options={"mood": "locked"})}
    lived = await live(probe(does(1, "listen"), parties=parties))
    assert (lived.run.verdict, lived.verdicts) == ("error", ["error", "skipped", "passed"])
    assert (lived.run.steps[0].party, lived.run.steps[0].why) == ("guest", "the lobby is locked")
    assert lived.run.why == "opening guest: the lobby is locked"
    assert lived.run.steps[0].channel == "lobby"
    assert lived.sessions[0].closed == 1


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://kim:secret@Shop.example:8443/a?b@c", "shop.example:8443"),
        ("sip:2@127.0.0.1:5060;transport=tcp", "127.0.0.1:5060"),
        ("wss://${env.CITY}.example", "ghent.example"),
        ("+12025550100", None),
        ("https://${env.NOBODY}", None),
    ],
)
async def test_a_run_says_at_which_host_each_party_was(address: str, host: str | None) -> None:
    environment = Environment(
        name="e", targets={"hall": Target(name="hall", address=address)}, rehearsal=True
    )
    lived = await live(probe(does(1, "listen")), environment=environment)
    assert lived.run.hosts.get("guest") == host


async def test_kept_values_are_used_by_later_steps_and_a_pattern_takes_its_group() -> None:
    keep = {"case": Keep(facet="reply", matches=r"case (\w+)")}
    first = ask(
        1, "hi", "your case C12 is open", expect=(expects("reply", contains="case"),), keep=keep
    )
    second = ask(
        2, "about ${case}", "C12 is closed", expect=(expects("reply", contains="${case} is"),)
    )
    lived = await live(probe(first, second))
    assert lived.run.verdict == "passed"
    assert [o.text for o in lived.run.transcript() if o.who == "customer"] == ["hi", "about C12"]


async def test_a_value_that_cannot_be_kept_fails_its_step() -> None:
    keep = {"case": Keep(facet="reply", matches=r"case (\d+)")}
    lived = await live(
        probe(ask(1, "hi", "no", expect=(expects("reply", contains="no"),), keep=keep))
    )
    assert lived.run.steps[1].why == "there was no «case» to keep"
    either = {"case": Keep(facet="reply", matches=r"case (\d+)|no")}
    step = ask(1, "hi", "no", expect=(expects("reply", contains="no"),), keep=either)
    assert (await live(probe(step))).run.steps[1].why == "there was no «case» to keep"


async def test_until_does_a_verb_again_until_its_effect_shows_and_tells_it() -> None:
    lived = await live(probe(does(1, "knock", until=(expects("reply", contains="come in"),))))
    assert lived.run.verdict == "passed"
    assert lived.run.steps[1].findings == ("needed 3 times «knock» to have an effect",)


async def test_until_neither_hurries_nor_believes_where_nothing_can_change() -> None:
    step = does(1, "leave", within=5.0, until=(expects("reply", contains="come in"),))
    bad = (await live(probe(step))).run.first_bad
    assert bad and (bad.verdict, bad.why, bad.took) == (
        "failed",
        "«leave» had no effect in 5 tries",
        5.0,
    )


async def test_one_of_takes_the_way_that_suits_and_skips_the_others() -> None:
    ways = (
        Branch(
            expect=(expects("reply", contains="closed"),), steps=(does(2, "break", "customer"),)
        ),
        Branch(expect=(expects("reply", contains="welcome"),), steps=(does(3, "listen"),)),
    )
    lived = await live(probe(ask(1, "hi", "Welcome", one_of=ways), does(4, "listen")))
    assert lived.verdicts[1:5] == ["passed", "skipped", "passed", "passed"]
    assert lived.run.steps[2].why == "another way was taken"


async def test_one_of_fails_when_no_way_is_open_and_takes_the_otherwise_when_there_is_one() -> None:
    way = Branch(expect=(expects("reply", contains="closed"),), steps=(does(2, "listen"),))
    lived = await live(probe(ask(1, "hi", "Welcome", one_of=(way,))))
    assert lived.verdicts[1:3] == ["failed", "skipped"]
    otherwise = Branch(steps=(does(3, "listen"),))
    lived = await live(probe(ask(1, "hi", "Welcome", one_of=(way, otherwise))))
    assert lived.verdicts[1:4] == ["passed", "skipped", "passed"]


async def test_listen_reads_on_where_the_last_matched_observation_ended() -> None:
    first = ask(1, "hi", "press 2 for orders", expect=(expects("reply", contains="press 2"),))
    again = does(2, "listen", expect=(expects("reply", contains="orders"),))
    assert (await live(probe(first, again))).verdicts[1:3] == ["passed", "failed"]


async def test_an_acting_verb_is_not_judged_on_what_was_said_before_it() -> None:
    first = ask(1, "hi", "press 2 for orders", expect=(expects("reply", contains="press 2"),))
    second = ask(2, "2", "returns", expect=(expects("reply", contains="orders"),))
    assert (await live(probe(first, second))).verdicts[1:3] == ["passed", "failed"]


async def test_a_facet_with_fields_says_which_one_was_not_there() -> None:
    must = {"order number": {"equals": "7"}}
    lived = await live(probe(ask(1, "hi", expect=(Expectation(facet="card", must=must),))))
    bad = lived.run.first_bad
    assert bad and (bad.why, bad.expected, bad.seen) == (
        "card had no «order number»",
        "order number = 7",
        "name: Kim",
    )


async def test_what_a_line_cannot_see_is_unseen_and_never_passed() -> None:
    lived = await live(probe(ask(1, "hi", expect=(expects("smell", contains="coffee"),))))
    assert lived.run.steps[1].verdict == "skipped"
    assert [c.verdict for c in lived.run.unseen] == ["unseen"]
    assert lived.run.verdict == "skipped"


async def test_a_promise_is_checked_at_the_close_and_blamed_on_the_step_that_broke_it() -> None:
    steps = [ask(n, "hi", "ok", expect=(expects("reply", contains="ok"),)) for n in (1, 2, 3)]
    lived = await live(probe(*steps, promises={"turns": Promise(at_most=1.0)}))
    assert (lived.run.verdict, lived.run.steps[-1].part) == ("failed", "closing")
    measured = next(e for e in lived.events if isinstance(e, events.Measured) and e.name == "turns")
    assert (measured.value, measured.blamed) == (3, 2)


async def test_being_asked_again_for_a_fact_is_measured_and_a_confirmation_is_not() -> None:
    facts = {"order number": "${order}"}
    keep = {"order": Keep(facet="reply", matches=r"\d+")}
    first = ask(1, "hi", "order 1048213", expect=(expects("reply", contains="order"),), keep=keep)

    def after(reply: str) -> object:
        return ask(2, "status?", reply, expect=(expects("reply", matches="."),))

    again = await live(probe(first, after("Please enter your order number."), facts=facts))  # type: ignore[arg-type]
    assert again.run.measures["re_asks"] == 1
    confirmed = await live(probe(first, after("Is that order number 1048213?"), facts=facts))  # type: ignore[arg-type]
    assert confirmed.run.measures["re_asks"] == 0


async def test_a_journey_over_its_budget_fails_at_the_step_that_went_over() -> None:
    steps = [ask(n, "hi", "ok", "3s", expect=(expects("reply", contains="ok"),)) for n in (1, 2)]
    lived = await live(probe(*steps, budget=5.0))
    assert lived.verdicts[1:3] == ["passed", "failed"]


async def test_a_spending_step_is_refused_where_the_environment_does_not_allow_it() -> None:
    live_env = Environment(name="live", targets={"hall": Target(name="hall", address="x")})
    lived = await live(probe(ask(1, "buy", spends=True)), environment=live_env)
    assert lived.run.verdict == "error"
    assert not lived.sessions


async def test_a_run_that_takes_too_long_is_an_error() -> None:
    lived = await live(probe(does(1, "break", "hang")), timeout=0.05)
    assert lived.run.verdict == "error"
    assert "--timeout" in lived.run.why


async def test_secrets_are_masked_in_events_evidence_and_tracebacks() -> None:
    secrets = {"pin": "hunter2secret"}
    step = ask(
        1,
        "my pin is ${secret.pin}",
        "no: hunter2secret",
        expect=(expects("reply", contains="yes"),),
    )
    lived = await live(probe(step, does(2, "break", "bug")), secrets=secrets)
    bug = await live(probe(does(1, "break", "bug")), secrets=secrets)
    for one in (lived, bug):
        everything = b"".join(events.encode(e) for e in one.events) + b"".join(
            one.evidence.values()
        )
        assert b"hunter2secret" not in everything
    assert "‹secret.pin›" in lived.run.steps[1].seen


async def test_generated_people_are_the_same_for_a_seed_and_differ_between_seeds() -> None:
    step = ask(1, "I am ${person.name}, ${person.email}, ${person.phone}")

    async def said(seed: int) -> str:
        return next(o.text for o in (await live(probe(step), seed=seed)).run.transcript())

    assert await said(7) == await said(7) != await said(8)


async def test_the_stream_keeps_its_grammar_whatever_happens() -> None:
    for step in (
        does(1, "listen"),
        does(1, "break", "customer"),
        does(1, "break", "bug"),
        ask(1, "${env.NONE}"),
    ):
        assert re.fullmatch(r"R(S\.*s)*r", (await live(probe(step))).grammar)


async def test_half_a_surrogate_pair_from_outside_becomes_a_question_mark() -> None:
    step = ask(1, "hi", "odd \ud83d text", expect=(expects("reply", contains="text"),))
    lived = await live(probe(step))
    assert lived.run.verdict == "passed"
    assert b"odd ? text" in b"".join(events.encode(e) for e in lived.events)


async def test_a_session_is_told_beforehand_what_its_party_is_to_do() -> None:
    lived = await live(probe(ask(1, "hi"), does(2, "listen")))
    (session,) = lived.sessions
    assert [verb for verb, _ in session.opening.acts] == ["ask", "listen"]
    assert session.opening.acts[0][1] == ask(1, "hi").argument
