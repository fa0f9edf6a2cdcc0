"""What changed since the last good run, told so that anybody understands."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from streams import streams

from cxassure.events import Checked, Observed
from cxassure.report.changes import changes
from cxassure.report.changes.change import apart, lasting
from cxassure.report.context import Context, Past
from cxassure.report.json import document
from cxassure.report.page import page
from cxassure.report.text import failure, summary
from cxassure.run import Run, StepRun, fold
from cxassure.verdict import Verdict

MENU = "For orders, press 1. For returns, press 2."
CALL: tuple[tuple[str, str, float], ...] = (
    ("prompt", "Welcome.", 2.0), ("prompt", MENU, 6.0), ("pressed", "1", 0.2),
    ("prompt", "Order 1 0 4 8 2 1 3 is on its way.", 4.0),
)  # fmt: skip


def seen(what: str, text: str, seconds: float = 0.0, step: int = 1, **data: Any) -> Observed:
    who: Any = "customer" if what == "pressed" else "company"
    return Observed(step=step, at=0, party="caller", channel="ivr", who=who, what=what, text=text,
                    seconds=seconds, data=data)  # fmt: skip


def call(
    *items: tuple[str, str, float], verdict: Verdict = "passed", took: float = 1.0, **more: Any
) -> Run:
    observed = [seen(*item) for item in items]
    step = StepRun(index=1, party="caller", channel="ivr", verb="dial", verdict=verdict,
                   why="it was not so", took=took, observed=observed)  # fmt: skip
    return Run(id="r", journey="j", verdict=verdict, steps=[step], author_steps=1, **more)


def told(run: Run, good: Run) -> list[str]:
    return [str(one) for one in changes(run, good)]


def swapped(text: str) -> str:
    return text.replace("orders", "x").replace("returns", "orders").replace("x", "returns")


def test_a_menu_that_leads_elsewhere_is_told_option_by_option() -> None:
    other = call(*((w, swapped(t), s) for w, t, s in CALL))
    assert told(other, call(*CALL)) == [
        "menu option 1 was «orders», now «returns»",
        "menu option 2 was «returns», now «orders»",
    ]


def test_options_that_come_and_go_are_told() -> None:
    other = call(CALL[0], ("prompt", "For orders, press 1. For gifts, press 3.", 6.0), *CALL[2:])
    assert told(other, call(*CALL)) == [
        "menu option 2 «returns» is gone",
        "menu option 3 «gifts» is new",
    ]


def test_a_longer_greeting_and_more_keys_are_told_in_seconds_and_presses() -> None:
    other = call(CALL[0], ("prompt", "Our menu has changed.", 14.0), *CALL[1:],
                 measures={"key_presses": 3})  # fmt: skip
    assert told(other, call(*CALL, measures={"key_presses": 1})) == [
        "the prompt «Our menu has changed.» is new",
        "2 more key presses",
        "the greeting is 14.0 s longer (22.0 s, was 8.0 s)",
    ]


def test_a_slower_first_answer_is_told_where_the_good_run_had_one() -> None:
    slow = call(*CALL, measures={"first_response": 6.0, "largest_paint": 6.0})
    good = call(*CALL, measures={"first_response": 1.0})
    assert told(slow, good) == ["first response: 6.0 s, was 1.0 s"]


def test_what_differs_from_run_to_run_is_no_change() -> None:
    other = [(w, t.replace("1 0 4 8 2 1 3", "1 0 4 8 2 1 9"), s) for w, t, s in CALL]
    assert told(call(*other), call(*CALL)) == []
    assert lasting("open 8 am to 10 pm, order 1048213") != lasting("open 9 am to 10 pm, order 1")


def test_after_the_first_difference_a_broken_conversation_is_another_one() -> None:
    other = call(*CALL[:2], CALL[2], ("prompt", "Nobody is here.", 2.0), verdict="failed")
    good = call(*CALL, ("prompt", "Goodbye.", 1.0))
    assert told(other, good) == [
        "the prompt was «Order 1 0 4 8 2 1 3 is on its way.», now «Nobody is here.»"
    ]


def test_a_request_that_answers_otherwise_is_told() -> None:
    def asked(status: int) -> Run:
        run = call()
        data = {"method": "POST", "url": "http://h.example/voice/1048213", "status": status}
        run.steps[0].observed = [seen("request", "", **data)]
        return run

    assert told(asked(500), asked(200)) == ["POST /voice/# answered 500, was 200"]


def test_a_desk_that_is_told_less_is_told() -> None:
    def rang(desk: str, **context: str) -> Run:
        run = call()
        run.steps[0].observed = [seen("rang", desk, context=context)]
        return run

    assert told(rang("returns", caller="1"), rang("billing", caller="1", order="2")) == [
        "the desk that rang was «billing», now «returns»",
        "the desk was told the order, now it is not",
    ]


def test_a_step_that_takes_much_longer_is_told_and_a_little_is_not() -> None:
    assert told(call(took=6.2), call(took=1.1)) == ["step 1, caller dial, took 6.2 s, was 1.1 s"]
    assert told(call(took=1.9), call(took=1.1)) == []


def test_the_failure_the_page_and_the_json_tell_it() -> None:
    run = call(*((w, swapped(t), s) for w, t, s in CALL), verdict="failed")
    context = Context(runs=(run,), past={"r": Past(good=call(*CALL))})
    want = "menu option 1 was «orders», now «returns»"
    assert f"changed   {want}; menu option 2" in failure(run, context)
    assert want in page([run], context)
    assert document([run], "", context)["runs"][0]["changed"][0]["what"] == want


def test_drift_is_told_of_a_run_that_went_well() -> None:
    run = call(*((w, swapped(t), s) for w, t, s in CALL))
    context = Context(runs=(run,), past={"r": Past(good=call(*CALL))})
    assert "    changed: menu option 1 was «orders», now «returns»" in summary([run], context)
    assert not any("changed" in line for line in summary([run], Context(runs=(run,))))


LONG = "Dear customer, thank you so much for being with us all these years and for all you bought. "


def test_of_long_texts_the_part_that_differs_is_shown() -> None:
    was, now = (LONG * 2 + f"Order {n} comes on {day}." for n, day in ((1234567, "Friday"),
                (7654321, "Monday")))  # fmt: skip
    (sentence,) = told(call(("prompt", now, 9.0)), call(("prompt", was, 9.0)))
    assert "comes on Friday.», now «…" in sentence and sentence.endswith("comes on Monday.»")
    assert len(sentence) < 300
    address = "https://shop.example/" + "a" * 200
    assert apart(address + "/orders", address + "/returns")[1].endswith("/returns")


@given(st.text(max_size=300), st.text(max_size=300))
def test_two_texts_that_part_are_shown_apart_within_their_length(was: str, now: str) -> None:
    one, other = apart(was, now)
    assert len(one) <= 120 and len(other) <= 120


def offered(*texts: str, verdict: Verdict = "passed") -> Run:
    run = call(("reply", "Hello.", 0.0), verdict=verdict)
    if texts:
        run.steps[0].observed.append(seen("quick replies", " | ".join(texts), options=[*texts]))
    return run


def test_quick_replies_that_come_and_go_are_told_one_by_one_and_all_at_once() -> None:
    good = offered("Orders", "Returns")
    assert told(offered("Orders"), good) == ["the quick reply «Returns» is gone"]
    assert told(offered("Orders", "Gifts", "Returns"), good) == ["the quick reply «Gifts» is new"]
    assert told(offered(), good) == ["the quick replies «Orders | Returns» are gone"]
    assert told(offered(verdict="failed"), good) == []


def test_what_is_said_once_more_or_once_nobody_waits_is_no_change() -> None:
    hello = ("reply", "Hello.", 0.0)
    assert told(call(hello, hello), call(hello)) == []
    late = call(hello)
    late.steps[0].checked = [Checked(step=1, at=0.1, facet="reply", expected="x", verdict="passed",
                                     came=0.1)]  # fmt: skip
    late.steps[0].observed.append(
        Observed(step=1, at=0.2, party="caller", channel="ivr", who="company", what="reply",
                 text="Anything else?")
    )  # fmt: skip
    assert told(late, call(hello)) == told(call(hello), late) == []
    closing = StepRun(index=2, part="closing", verdict="passed", observed=[
        Observed(step=2, at=5.0, party="caller", channel="ivr", who="company", what="reply",
                 text="Kim has left."),
    ])  # fmt: skip
    gone = call(hello)
    gone.steps.append(closing)
    assert told(gone, call(hello)) == []


def viewed(*lines: str, verdict: Verdict = "passed", title: str = "Shop", typed: str = "") -> Run:
    run = call(verdict=verdict)
    run.steps[0].argument = typed
    run.steps[0].observed = [seen("page", title, url="/cards/1048213?x=1", reads=[*lines])]
    return run


def test_a_page_that_reads_otherwise_is_told_although_nothing_fails() -> None:
    good = viewed("Gift cards", "From 10 dollars", "Delivered by Friday, 3 left")
    run = viewed("Gift cards", "From 12 dollars", "Delivered by Monday, 2 left", "Sale ends today!")
    assert told(run, good) == ["on the page «Shop» «Sale ends today!» is new"]
    assert told(good, run) == ["on the page «Shop» «Sale ends today!» is gone"]
    context = Context(runs=(run,), past={"r": Past(good=good)})
    assert "    changed: on the page «Shop» «Sale ends today!» is new" in summary([run], context)
    assert told(viewed("Sorry!", verdict="failed"), good) == []


def test_another_title_is_told_and_a_page_that_was_only_passed_through_is_not() -> None:
    good = viewed("Gift cards")
    assert told(viewed("Gift cards", title="Store"), good) == ["the page was «Shop», now «Store»"]
    run = viewed("Gift cards")
    run.steps[0].observed.insert(0, seen("page", "Search", url="/search", reads=["Wait"]))
    assert told(run, good) == told(good, run) == []


def test_a_page_that_was_read_once_more_or_never_whole_is_not_compared() -> None:
    good, run = viewed("Cancel it?"), viewed("Cancel it?")
    done = seen("page", "Shop", url="/cards/1048219", reads=["It is cancelled."])
    run.steps[0].observed.append(done)
    assert told(run, good) == told(good, run) == []
    good.steps[0].observed.append(seen("page", "Shop", url="/cards/1048219"))
    assert told(run, good) == told(good, run) == []


def test_what_a_customer_typed_and_pages_read_once_only_are_no_change() -> None:
    assert told(viewed("Hello Kim", typed="Kim Lee"), viewed("Hello Ada", typed="Ada Low")) == []
    assert told(viewed("Hello"), call(("page", "Shop", 0.0))) == []
    long = [f"line {chr(97 + n % 26) * (3 + n // 26)}" for n in range(100)]
    assert told(viewed("Sale!", *long[:99]), viewed(*long)) == ["on the page «Shop» «Sale!» is new"]


@given(streams(), streams())
def test_any_two_runs_are_compared(one: Any, other: Any) -> None:
    found = changes(fold(one), fold(other))
    assert len({str(change) for change in found}) == len(found)


@given(streams())
def test_a_run_has_not_changed_since_itself(events: Any) -> None:
    assert changes(fold(events), fold(events)) == []


@given(st.text())
def test_what_lasts_of_a_text_lasts(text: str) -> None:
    assert lasting(lasting(text)) == lasting(text)


def heard(*texts: str) -> Run:
    items = [seen("prompt", text, 2.0, confidence=0.7, by="whisper") for text in texts]
    step = StepRun(index=1, party="caller", channel="ivr", verb="dial", verdict="passed",
                   took=1.0, observed=items)  # fmt: skip
    return Run(id="r", journey="j", verdict="passed", steps=[step], author_steps=1)


def test_what_a_recogniser_spells_otherwise_is_no_change() -> None:
    good = heard("Welcome to Birch and Bay Gifts.", "For your gift card balance, press 1.", MENU)
    for other in (
        heard("Welcome to Birchen Bay gifts", "For your gift card balance press one.", MENU),
        heard("Welcome to Birch and Bay Gifts. For your gift card balance, press 1. " + MENU),
        heard("Welcome to", "Birch and Bay Gifts.", "For your discord balance , press one .", MENU),
    ):
        assert told(other, good) == []


def test_what_a_recogniser_hears_that_is_new_or_leads_elsewhere_is_a_change() -> None:
    good = heard("Welcome to Birch and Bay Gifts.", MENU)
    new = "Please listen carefully, as our menu has changed."
    assert told(heard("Welcome to Birch and Bay Gifts.", new, MENU), good) == [
        f"the prompt «{new}» is new"
    ]
    other = heard("Welcome to Birch and Bay Gifts.", swapped(MENU))
    assert told(other, good) == [
        "menu option 1 was «orders», now «returns»",
        "menu option 2 was «returns», now «orders»",
    ]
    assert told(heard(MENU), good) == ["the prompt «Welcome to Birch and Bay Gifts.» is gone"]


def test_of_a_run_that_broke_off_neither_its_end_nor_its_waiting_is_a_change() -> None:
    again = call(*CALL[:3], ("prompt", MENU, 6.0), verdict="failed", took=30.0)
    assert [one for one in told(again, call(*CALL)) if "took" in one or "gone" in one] == []
    assert not any("is new" in one for one in told(again, call(*CALL)))


def test_what_was_cut_by_our_own_timing_is_no_change() -> None:
    def ringing(*more: Observed, verb: str = "dial") -> Run:
        steps = [
            StepRun(index=1, party="caller", channel="ivr", verb="dial", verdict="passed",
                    observed=[seen("prompt", "Please hold.", 1.0, confidence=1.0)]),
            StepRun(index=2, party="caller", channel="ivr", verb=verb, verdict="passed",
                    observed=list(more)),
        ]  # fmt: skip
        return Run(id="r", journey="j", verdict="passed", steps=steps, author_steps=2)

    cut = seen("prompt", "You are", 1.0, step=2, confidence=0.9, by="recordings", whole=False)
    over = seen("prompt", "and press", 1.0, step=2, confidence=0.1, by="whisper", cut=True)
    noise = seen("prompt", "1", 0.4, step=2, confidence=0.3, by="whisper")
    assert told(ringing(noise), ringing()) == told(ringing(), ringing(noise)) == []
    late = seen("prompt", "You are number 2.", 1.0, step=2, confidence=0.9, by="recordings")
    assert told(ringing(cut, over), ringing()) == told(ringing(), ringing(cut, over)) == []
    assert told(ringing(late, verb="hang_up"), ringing(verb="hang_up")) == []
    assert told(ringing(late), ringing()) == ["the prompt «You are number 2.» is new"]
