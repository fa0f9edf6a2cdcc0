"""Causes: what fails in common, and what passes in spite of it."""

import pytest
from sample import broken, gift_card, promise_broken
from streams import Telling

from cxassure.events import Checked, Kept, Observed
from cxassure.report.answers import answers
from cxassure.report.cause import UNKNOWN, cause, causes
from cxassure.report.codes import explain
from cxassure.report.context import Context, Past


def check(facet, why="", came=None, verdict="failed"):
    fields = {"facet": facet, "expected": "x", "verdict": verdict, "why": why, "came": came}
    return [(Checked, fields)]


def concluded(run, *others):
    return cause(run, Context(runs=[run, *others])).conclusion


def test_a_run_that_passed_has_no_cause():
    assert cause(gift_card(), Context(runs=[gift_card()])) is None
    assert causes([gift_card()], Context(runs=[gift_card()])) == []


def test_nothing_in_common_is_no_single_cause():
    run = broken("shopper", "web", "click", "Pay", why="no such button")
    assert concluded(run) == UNKNOWN
    assert cause(run, Context(runs=[])).since == "1 of 1 run; the web steps before it pass"


def test_a_lost_context_points_to_the_hand_over():
    runs = [gift_card("a", lost=True), gift_card("b", lost=True)]
    (found,) = causes(runs, Context(runs=runs))
    assert found.conclusion == "the hand-over from IVR to desk lost the context"
    assert found.since == "2 of 2 runs, a and b; the web, chat and IVR steps before it pass"
    assert set(found.runs) == {run.id for run in runs}


def test_context_of_another_caller_is_not_called_lost():
    why = "context was never so (looked for 10.0 s)"
    run = broken("agent", "agent", "answer", why=why, inside=check("context", why))
    assert "carried a wrong context" in concluded(run)


def test_an_agent_who_is_not_rung_points_to_the_transfer():
    run = broken("desk", "agent", "answer", why="was not rung: the call was hung up")
    assert concluded(run) == "the transfer from web did not reach desk"


def test_only_one_row_points_to_what_differs():
    bad = broken("shopper", "web", "click", "Pay", why="covered", journey="pay", row="mobile")
    good = Telling("pay", "desktop").end()
    found = cause(bad, Context(runs=[bad, good]))
    assert found.conclusion == "only mobile: look at what differs from desktop"
    assert "desktop passes" in found.since


def test_a_number_is_explained_with_what_to_check():
    run = broken("caller", "ivr", "press", "2", why="the webhook answered 500", code="11200")
    found = cause(run, Context(runs=[run]))
    assert found.conclusion.startswith("Twilio 11200: the company's voice webhook")
    assert "log" in found.check


def test_an_order_that_another_channel_gave_is_unknown_here():
    telling = Telling("ask")
    telling.step("shopper", "web", "click", inside=[(Kept, {"name": "order", "value": "1048213"})])
    why = "reply was never so"
    inside = [(Checked, {**check("reply", why)[0][1], "seen": "I cannot find that order."})]
    ask = {"verdict": "failed", "why": why, "seen": "I cannot find that order.", "inside": inside}
    run = telling.step("asker", "chat", "say", "Where is 1048213?", **ask).end("failed")
    assert concluded(run) == "chat does not know order 1048213; web gave it at step 1"


def test_late_is_told_apart_from_never():
    why = "came after 7.1 s, limit 5.0 s"
    run = broken("asker", "chat", "say", "Hi", why=why, inside=check("reply", why, came=7.1))
    assert concluded(run) == "chat answers, but slowly: after 7.1 s"


def test_a_channel_that_fails_for_every_journey_is_told():
    runs = [broken("asker", "chat", "say", "Hi", why="x", journey=name) for name in ("a", "b")]
    assert "broken for every journey" in concluded(*runs)
    passing = Telling("c").step("asker", "chat", "say").end()
    found = cause(runs[0], Context(runs=[*runs, passing]))
    assert "wherever it comes" in found.conclusion
    assert "also in b" in found.since and "c passes on chat" in found.since


def test_our_own_trouble_is_never_laid_at_the_company():
    runs = [
        broken("shopper", "web", "open", verdict="error", why="no browser was found", journey=name)
        for name in ("a", "b")
    ]
    assert concluded(*runs) == "nothing could be looked at: no browser was found"
    assert concluded(runs[0], gift_card()) == "on our side: no browser was found"


def test_a_wait_that_is_too_long_names_its_longest_part():
    assert concluded(promise_broken()) == "most of the wait is queue: 80.0 s of 90.0 s"


def test_a_page_or_answer_that_is_promised_sooner_is_slow_and_leads_nowhere_else():
    why = "largest_paint was 4.0 s, promised 2.5 s, broken at step 2"
    run = broken("shopper", "web", "click", why=why, inside=check("largest_paint", why))
    run.measures["largest_paint"] = 4.0
    assert concluded(run) == "web answers, but slowly: after 4.0 s"


def test_going_round_in_circles_is_told_with_the_words():
    sorry = (Observed, {"who": "company", "what": "reply", "text": "Sorry, come again?"})
    run = broken("asker", "chat", "say", why="never so", inside=[sorry] * 3)
    told = "chat goes round in circles: «Sorry, come again?» 3 times"
    assert concluded(run) == told
    assert concluded(broken("asker", "chat", "say", why="x", inside=[sorry] * 2)) == UNKNOWN


def test_a_key_that_leads_elsewhere_is_told_with_what_is_said_instead():
    said = {**check("prompt", "so")[0][1], "seen": "Returns."}
    run = broken("c", "ivr", "press", "2", why="so", seen="Returns.", inside=[(Checked, said)])
    assert concluded(run) == "press 2 leads elsewhere: «Returns.»"


def test_an_answer_that_asks_again_is_told_without_any_promise():
    asked = {**check("reply", "so")[0][1], "seen": "Your order number?"}
    run = broken("a", "chat", "say", why="so", seen="Your order number?", inside=[(Checked, asked)])
    run.measures["re_asks"] = 1
    assert concluded(run) == "chat asks for what the customer has told already on web"


def test_a_company_that_did_not_understand_is_told():
    run = broken("a", "chat", "say", "Where?", why="so", seen="Sorry, I did not understand that.")
    assert concluded(run) == "chat does not understand «a say Where?»"


def test_silence_is_told_apart_from_wrong_words():
    quiet = broken("asker", "chat", "say", why="so", inside=check("reply", "so"))
    assert concluded(quiet) == "chat says nothing at all"


def test_a_menu_that_has_changed_says_so_itself():
    prompt = {"who": "company", "what": "prompt", "text": "Our menu has changed."}
    why = "key_presses was 5, aim 3"
    inside = [(Observed, prompt), *check("key_presses", why, verdict="degraded")]
    run = broken("caller", "ivr", "press", "2", verdict="degraded", why=why, inside=inside)
    assert concluded(run) == "the way has changed: «Our menu has changed.»"


@pytest.mark.parametrize(
    ("code", "channel", "said"),
    [
        ("11205", "ivr", "Twilio 11205"),
        ("12100", "ivr", "Twilio 12100"),
        ("500", "web", "HTTP 500"),
        ("502", "api", "HTTP 502"),
        ("486", "ivr", "SIP 486: the line is busy"),
        ("http 503", "ivr", "HTTP 503"),
        ("1006", "chat", "WebSocket 1006"),
        ("tls", "web", "no secure connection"),
        ("Q.850;cause=34", "ivr", "Q.850 cause 34: no line is free"),
        ("607", "agent", "SIP 607"),
        ("418", "web", "HTTP 418: the request was refused"),
        ("401", "api", "HTTP 401: our key"),
        ("403", "api", "HTTP 403: our key may not"),
        ("499", "ivr", "SIP 499: the line refuses"),
        ("4001", "chat", "WebSocket 4001: the application closed"),
        ("12345", "ivr", "Twilio 12345: the webhook's TwiML"),
        ("11205", "ivr", "Twilio 11205: the carrier could not connect"),
    ],
)
def test_numbers_are_read_by_length_and_channel(code, channel, said):
    assert explain(code, channel).what.startswith(said)


@pytest.mark.parametrize("code", ["", "9", "99999", "teapot", "٥٠٠", "Q.850;cause=999"])
def test_an_unknown_number_is_left_unexplained(code):
    assert explain(code, "web") is None


@pytest.mark.parametrize(
    ("when", "conclusion"),
    [("before", "leads nowhere: the customer stays on"), ("in it", "leads to")],
)
def test_where_a_shopper_ends_up_is_told(when: str, conclusion: str):
    page = (Observed, {"who": "company", "what": "page", "text": "Your basket"})
    told = {"verdict": "failed", "why": "no element came within 10.0 s"}
    telling = Telling("buy").step(
        "shopper", "web", "open", "/basket", inside=[page] if when == "before" else []
    )
    telling.step(
        "shopper", "web", "click", "Checkout", inside=[page] if when == "in it" else [], **told
    )
    run = telling.end("failed", why=told["why"])
    assert concluded(run) == f"«click Checkout» {conclusion} «Your basket»"


def at(run, host):
    """The run, its parties all at one host."""
    run.hosts = dict.fromkeys((step.party for step in run.steps), host)
    return run


def refused(journey, party, channel, verb, why, **more):
    telling = Telling(journey).step(party, channel, verb, verdict="failed", why=why, **more)
    return at(telling.end("failed", why=why), "h.example")


def test_a_host_that_is_down_is_one_cause_with_all_that_hangs_on_it():
    runs = [
        refused("ask", "asker", "chat", "say", "h.example refuses the connection"),
        refused("look", "shopper", "web", "open", "the connection was refused: http://h.example/"),
        refused(
            "call", "caller", "ivr", "dial", "the call broke off: 11205 HTTP connection failure",
            seen="h.example refuses the connection", code="11205",
        ),
    ]  # fmt: skip
    (found,) = causes(runs, Context(runs=runs))
    assert found.conclusion == (
        "h.example is down for everybody: it refuses the connection; ask, look and call end there"
    )
    assert found.since == "1 of 1 run; also in look and call"
    (who,) = [one.said for one in answers(runs[0], Context(runs=runs)) if one.label == "who"]
    assert who == "customers of ask, also of look and call; major"
    assert set(found.runs) == {run.id for run in runs}


def test_a_host_that_answers_everybody_with_errors_is_down_whatever_the_number():
    runs = [
        refused("ask", "asker", "chat", "say", "POST http://h.example/b answered 500", code="500"),
        refused(
            "call", "caller", "ivr", "dial", "the call broke off: 11200 HTTP retrieval failure",
            seen="POST http://h.example/voice answered 502", code="11200",
        ),
    ]  # fmt: skip
    told = {one.conclusion for one in causes(runs, Context(runs=runs))}
    assert told == {
        "h.example is down for everybody: it answers 500 and 502; ask and call end there"
    }


def test_a_host_that_lets_anybody_through_is_not_down():
    bad = refused("ask", "asker", "chat", "say", "POST … answered 500", code="500")
    other = refused("tell", "asker", "chat", "say", "POST … answered 500", code="500")
    good = at(Telling("look").step("shopper", "web", "open").end(), "h.example")
    assert concluded(bad, other, good) == "HTTP 500: the server failed inside"


def test_of_one_journey_a_refused_connection_is_told_as_such():
    run = refused(
        "call", "caller", "ivr", "dial", "the call broke off: 11205 HTTP connection failure",
        seen="h.example refuses the connection", code="11205",
    )  # fmt: skip
    assert concluded(run) == "h.example refuses the connection"


def answered(text, expected, **more):
    inside = [(Checked, {**check("reply", "so")[0][1], "seen": text, "expected": expected})]
    telling = Telling("ask")
    telling.step("office", "api", "post", inside=[(Kept, {"name": "order", "value": "1048213"})])
    telling.step("a", "chat", "say", verdict="failed", why="so", seen=text, inside=inside, **more)
    return telling.end("failed", why="so")


@pytest.mark.parametrize("told", ["1047318", "1 0 4 7 3 1 8"])
def test_another_order_than_the_one_asked_for_is_told_before_any_other_wording(told):
    run = answered(f"Order {told}. It was delivered.", "reply spells «1048213»")
    found = cause(run, Context(runs=[run]))
    assert found.conclusion == "chat tells of order 1047318, asked for was 1048213"
    assert "another customer's data" in found.check


@pytest.mark.parametrize("text", ["Order 1 0 4 8 2 1 3 is lost.", "Which order?", "We open at 10."])
def test_the_number_that_was_asked_for_and_none_at_all_are_no_other_number(text):
    assert "tells of" not in concluded(answered(text, "reply spells «1048213»"))


MENU = "For orders, press 1. For returns, press 2."


def keyed(heard, verdict="failed"):
    """A caller who hears the menu, presses 2 and hears something."""
    said = {"who": "company", "what": "prompt", "seconds": 1.0}
    telling = Telling("call", run=f"call-{heard}")
    telling.step("c", "ivr", "dial", inside=[(Observed, {**said, "text": MENU})])
    check = {"facet": "prompt", "expected": "x", "verdict": verdict, "seen": heard}
    inside = [(Observed, {**said, "text": heard}), (Checked, check)]
    telling.step("c", "ivr", "press", "2", verdict=verdict, seen=heard, inside=inside)
    return telling.end(verdict)


@pytest.mark.parametrize(
    ("heard", "conclusion"),
    [
        ("Your balance is nought.", "press 2 leads elsewhere: «Your balance is nought.»"),
        (MENU, f"press 2 is not taken: «{MENU}» is said once more"),
        ("Returns now take sixty days.", "the prompt was «Returns now take thirty days.»"),
    ],
)
def test_a_key_that_leads_elsewhere_is_told_apart_from_a_prompt_in_other_words(heard, conclusion):
    run, good = keyed(heard), keyed("Returns now take thirty days.", "passed")
    context = Context(runs=[run], past={run.id: Past(good=good)})
    assert conclusion in cause(run, context).conclusion


def test_late_for_some_and_never_for_others_on_a_channel_is_one_cause():
    never = broken("asker", "chat", "say", why="so", inside=check("reply", "so"), journey="never")
    late = broken("asker", "chat", "say", why="so", inside=check("reply", "so", came=9.4))
    (found,) = causes([late, never], Context(runs=[late, never]))
    assert found.conclusion == "chat answers, but slowly: after 9.4 s"
    assert set(found.runs) == {late.id, never.id}
    assert concluded(never) == "chat says nothing at all"


def test_a_status_that_was_not_expected_is_explained_like_any_number():
    inside = [(Checked, {**check("status", "so")[0][1], "seen": "401"})]
    run = broken("office", "api", "get", why="so", seen="401", inside=inside)
    assert concluded(run) == "HTTP 401: our key is missing, wrong or expired"


def test_what_the_carrier_warned_of_is_the_cause_unless_it_always_did():
    warning = "Twilio would warn: 12200 Schema validation warning: line 1: no verb <Dialx>"
    run = broken("c", "ivr", "press", "2", why="the call had ended")
    run.steps[1].findings = (warning,)
    told = cause(run, Context(runs=[run])).conclusion
    assert told.startswith("Twilio 12200: the TwiML holds a verb") and "<Dialx>" in told
    past = {run.id: Past(good=run)}
    assert cause(run, Context(runs=[run], past=past)).conclusion == UNKNOWN


def test_what_keeps_us_from_looking_at_every_channel_is_one_cause():
    why = "name resolution fails for everything, not only for h.example"
    runs = [
        broken("p", channel, "open", verdict="error", why=why, journey=channel)
        for channel in ("web", "ivr", "chat")
    ]
    (found,) = causes(runs, Context(runs=runs))
    assert found.conclusion == f"nothing could be looked at: {why}"
    assert found.check == "the DNS settings of the machine that runs cxassure"


@pytest.mark.parametrize(
    ("findings", "seen", "conclusion"),
    [
        (
            ("compared as «press 2»", "the golden prompt «welcome» is heard otherwise: garbled"),
            "[golden prompt garbled]",
            "the golden prompt «welcome» is heard otherwise: garbled",
        ),
        (
            ("compared as «press 2»",),
            "[no golden prompt: other words, another voice or another language]",
            "what is said instead is no golden prompt: other words, another voice or language",
        ),
    ],
)
def test_a_golden_prompt_that_is_heard_otherwise_is_the_cause(findings, seen, conclusion):
    said = {**check("prompt", "so")[0][1], "seen": seen}
    ended = {"why": "so", "seen": seen, "findings": findings, "inside": [(Checked, said)]}
    assert concluded(broken("c", "ivr", "dial", "", **ended)) == conclusion
