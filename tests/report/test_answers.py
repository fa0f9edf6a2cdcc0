"""Causes that nothing contradicts, sounds and ladders in the page, and words from outside."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sample import broken, gift_card, sound
from streams import Telling, streams

from cxassure.events import Checked, Kept, Observed, StepEnded
from cxassure.incident import Deploy
from cxassure.report.answers import PLACES, answers
from cxassure.report.cause import UNKNOWN, called, cause, causes
from cxassure.report.cause.case import Blame, touches
from cxassure.report.context import Context, Past
from cxassure.report.explain import explained
from cxassure.report.markdown import fenced, inert
from cxassure.report.moment import noticed
from cxassure.report.page import page
from cxassure.report.story import hops
from cxassure.report.story.ladder import rungs
from cxassure.report.story.waveform import BARS, waveform
from cxassure.report.story.way import broken_at, drawn
from cxassure.report.tally import visible
from cxassure.report.text import failure, summary
from cxassure.run import fold

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
QUICK = settings(
    max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)


def asked(url):
    return (Observed, {"who": "company", "what": "request", "data": {"url": url}})


def ending_at(url, journey, verb, row=""):
    return broken(
        "shopper", "web", verb, "it", why=f"{verb} x", journey=journey, row=row, inside=[asked(url)]
    )


# Causes


def test_journeys_that_all_end_at_one_host_point_to_it():
    runs = [ending_at("https://pay.example/a", "buy", "open")]
    runs += [ending_at("https://pay.example/b", "refund", "press")]
    found = cause(runs[0], Context(runs=runs))
    assert found.conclusion.startswith("pay.example is broken: buy and refund all end there")
    assert found.blames == Blame("host", "pay.example")
    good = Telling("look").step("s", "web", "open", inside=[asked("https://pay.example/c")]).end()
    assert "pay.example is broken" not in cause(runs[0], Context(runs=[*runs, good])).conclusion


def test_a_device_on_which_everything_fails_is_told():
    runs = [ending_at(f"https://{name}.example/", name, name, "mobile") for name in ("buy", "ask")]
    desk = Telling("buy", "desktop").step("s", "web", "open").end()
    found = cause(runs[0], Context(runs=[*runs, desk]))
    assert found.conclusion.startswith("everything on mobile fails (buy and ask)")
    fine = Telling("look", "mobile").step("s", "web", "open").end()
    assert (
        "everything on mobile" not in cause(runs[0], Context(runs=[*runs, desk, fine])).conclusion
    )


def test_a_number_that_comes_in_several_journeys_is_evidence():
    runs = [broken("c", "ivr", "press", "2", why="x", code="11200", journey=n) for n in ("a", "b")]
    assert cause(runs[0], Context(runs=runs)).evidence == ("11200 in 2 journeys: a and b",)


def after_a_deployment(run, minutes, *others, **past):
    began = datetime.fromisoformat(run.started)
    deploy = Deploy(at=began - timedelta(minutes=minutes), what="shop 4.2")
    long_ago = began - timedelta(hours=20)
    known = {run.id: Past(**{"first_bad": began, "last_good": long_ago, **past})}
    context = Context(runs=(run, *others), past=known, deploys=(deploy,), now=NOW)
    return cause(run, context)


def test_a_deployment_before_it_began_is_suspected_unless_it_passed_since():
    run = broken("shopper", "web", "click", "Pay", why="no such button", row="mobile")
    found = after_a_deployment(run, 12)
    assert found.conclusion == "it began after a deployment: shop 4.2, 12 min 0 s before"
    began = datetime.fromisoformat(run.started)
    assert after_a_deployment(run, 12, last_good=began - timedelta(minutes=1)).evidence == ()
    assert after_a_deployment(run, 12, last_good=began - timedelta(minutes=20)).evidence
    good = Telling("order-status", "desktop", started="2026-11-22T02:59:00Z").end()
    assert after_a_deployment(run, 12, good).evidence == ()
    assert after_a_deployment(run, 60 * 30).conclusion == UNKNOWN


def test_a_deployment_is_innocent_of_what_never_went_well():
    run = broken("shopper", "web", "click", "Pay", why="no such button")
    found = after_a_deployment(run, 12, last_good=None)
    assert (found.conclusion, found.evidence) == (UNKNOWN, ())


@pytest.mark.parametrize(("host", "suspected"), [("h.example", False), ("other.example", True)])
def test_a_deployment_is_innocent_where_anything_passed_over_the_same_host_since(host, suspected):
    run = broken("shopper", "web", "click", "Pay", why="no such button")
    began = datetime.fromisoformat(run.started)
    run.hosts = {"shopper": "h.example"}
    other = Telling("look", started="2026-11-22T02:59:00Z", hosts={"s": host})
    deploy = Deploy(at=began - timedelta(minutes=12), what="shop 4.2")
    context = Context(
        runs=(run,),
        past={run.id: Past(first_bad=began, last_good=began - timedelta(hours=1))},
        deploys=(deploy,),
        passed=(other.step("s", "web", "open").end(),),
    )
    assert ("deployment" in cause(run, context).conclusion) == suspected


def test_another_release_than_that_of_the_good_run_is_evidence():
    run, good = gift_card(lost=True), gift_card()
    run.release, good.release = "4.2", "4.1"
    context = Context(runs=(run,), past={run.id: Past(NOW, good)}, now=NOW)
    assert cause(run, context).evidence == ("release 4.2, the good run had 4.1",)


@pytest.mark.parametrize(
    ("why", "look"),
    [
        ("no browser was found", "cxassure doctor"),
        ("name resolution fails for everything, not only for shop", "DNS"),
        ("run.json could not be written: No space left on device", "df -h"),
        ("our clock is 3600 s ahead of the shop's", "NTP"),
        ("blocked: a bot wall or captcha stands before /", "synthetic traffic"),
        ("the carrier refused our token", "credentials"),
        ("our trunk is not registered", "trunk"),
    ],
)
def test_our_own_health_says_what_of_ours_to_look_at(why, look):
    found = cause(run := broken("a", "web", "open", verdict="error", why=why), Context(runs=[run]))
    assert found.conclusion == f"on our side: {why}"
    assert look in found.check


def test_certificates_refused_for_their_dates_at_several_hosts_point_to_a_clock():
    why = "the certificate has expired (or is not valid yet)"
    runs = [
        broken("a", "web", "open", why=why, journey=name, inside=[asked(f"https://{name}.example")])
        for name in ("shop", "bank")
    ]
    assert "our clock is wrong, or theirs" in cause(runs[0], Context(runs=runs)).conclusion


@st.composite
def campaigns(draw):
    """Runs over few hosts, verbs, channels and rows, some of which go wrong."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        row = draw(st.sampled_from(["", "mobile", "desktop"]))
        telling = Telling(draw(st.sampled_from("abc")), row, run=str(number))
        verdict = draw(st.sampled_from(["passed", "degraded", "failed", "error"]))
        steps = draw(st.integers(1, 3))
        for place in range(steps):
            last = place == steps - 1
            url = f"https://{draw(st.sampled_from(['shop', 'pay']))}.example/"
            telling.step(
                "p",
                draw(st.sampled_from(["web", "chat", "ivr"])),
                draw(st.sampled_from(["open", "say"])),
                draw(st.sampled_from(["x", "y"])),
                verdict=verdict if last else "passed",
                why="it went wrong" if last else "",
                code=draw(st.sampled_from(["", "500"])) if last else "",
                inside=[asked(url)],
            )
        made.append(telling.end(verdict))
    return made


@settings(QUICK, max_examples=200)
@given(campaigns())
def test_no_cause_is_named_that_a_passing_run_contradicts(runs):
    for run in runs:
        fine = ("passed",) if run.verdict == "degraded" else ("passed", "degraded")
        good = [one for one in runs if one.verdict in fine]
        found = cause(run, Context(runs=runs))
        if found and found.blames and found.blames.what != "deploy":
            assert not any(touches(one, found.blames) for one in good), found
        if found and "nothing could be looked at" in found.conclusion:
            assert not good
    good = [run for run in runs if run.verdict in ("passed", "degraded")]
    for found in causes(runs, Context(runs=runs)):
        hosts = re.findall(r"(\w+\.example) is broken", found.conclusion)
        urls = {o.data["url"] for one in good for o in one.transcript()}
        assert not any(f"https://{host}/" in urls for host in hosts)


def test_what_is_said_otherwise_than_in_the_last_good_run_is_the_cause():
    def call(text, verdict):
        said = (Observed, {"who": "company", "what": "prompt", "text": text})
        telling = Telling("ring").step("c", "ivr", "dial", verdict=verdict, why="x", inside=[said])
        return telling.end(verdict)

    good = call("For orders, press 1. For returns, press 2.", "passed")
    run = call("For returns, press 1. For orders, press 2.", "failed")
    context = Context(runs=(run,), past={run.id: Past(NOW, good)}, now=NOW)
    found = cause(run, context)
    assert (
        found.conclusion
        == "changed since the last good run: menu option 1 was «orders», now «returns»"
    ), found


# Sound and ladder in place


def call_over_sip(folder: Path):
    """A call that breaks 4.0 s into the run, 3.0 s after it was connected."""
    sound(folder / "call.wav")
    ladder = (
        "     0.000  10.0.0.1:5060 ──▶ 10.0.0.2:5060  UDP  INVITE sip:2@<b>x</b> SIP/2.0\n"
        "            | From: <script>boom()</script>\n"
        "     0.210  10.0.0.1:5060 ◀── 10.0.0.2:5060  UDP  SIP/2.0 486 Busy Here  (1 INVITE)\n"
    )
    (folder / "sip.txt").write_text(ladder, "utf-8")
    telling = Telling("call")
    connected = (Observed, {"who": "line", "what": "connected", "at": 1.0})
    welcome = {"who": "company", "what": "prompt", "text": "Welcome to Birch & Bay", "at": 1.5}
    telling.step("caller", "ivr", "dial", took=3, inside=[connected, (Observed, welcome)])
    key = (Observed, {"who": "customer", "what": "pressed", "text": "2"})
    telling.step("caller", "ivr", "press", "2", verdict="failed", why="x", inside=[key])
    kept = {"party": "caller"}
    inside = [
        (Kept, {**kept, "name": "call.wav", "path": "call.wav", "media": "audio/wav"}),
        (Kept, {**kept, "name": "sip.txt", "path": "sip.txt", "media": "text/plain"}),
    ]
    telling.step("caller", "ivr", "hang_up", part="always", inside=inside)
    run = telling.end("failed")
    return run, Context(runs=(run,), folders={run.id: folder}, page=str(folder / "index.html"))


def test_a_recording_plays_from_the_second_that_broke_with_its_words_below(tmp_path):
    run, context = call_over_sip(tmp_path)
    text = page([run], context)
    moment = text[text.index('id="step-2"') : text.index('id="step-3"')]
    assert re.search(
        r'<audio controls preload="metadata" src="data:audio/wav;base64,\S+#t=3.0"', text
    )
    assert "plays from the second that broke, 0:03.0" in moment
    assert 'href="call.wav#t=0.5">0:00.5</a> company: Welcome to Birch &amp; Bay' in moment
    assert moment.count('<path class="') == 2 and '<rect class="broke" x="180.0"' in moment
    assert "<kbd>2</kbd>" in moment


def test_a_ladder_stands_where_the_call_broke_and_is_data(tmp_path):
    run, context = call_over_sip(tmp_path)
    text = page([run], context)
    moment = text[text.index('id="step-2"') : text.index('id="step-3"')]
    assert "──▶  INVITE sip:2@&lt;b&gt;x&lt;/b&gt;" in moment
    assert "◀──  486 Busy Here  (1 INVITE)  ✗" in moment
    assert "<script" not in text
    assert rungs("nothing of the kind") == ""


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"\0" * 99])
def test_what_is_no_sound_has_no_picture(tmp_path, data):
    (tmp_path / "x.wav").write_bytes(data)
    assert waveform(tmp_path / "x.wav") is None


def test_a_sound_of_any_length_is_one_picture(tmp_path):
    for seconds in (0.001, 0.5, 30):
        sound(tmp_path / "x.wav", seconds, 1)
        found = waveform(tmp_path / "x.wav")
        assert found is not None and abs(found.seconds - seconds) < 0.001
        assert len(found.sides) == 1 and found.sides[0].count("L") == 2 * BARS - 1


def test_a_long_way_is_folded_around_the_step_that_broke():
    telling = Telling("long")
    for number in range(1, 12):
        telling.step("a", "chat", "say", str(number))
    telling.step("a", "chat", "say", "broken", verdict="failed", why="x")
    for number in range(8):
        telling.step("a", "chat", "say", str(number), verdict="skipped", why="step 12 failed")
    text = page([telling.end("failed", why="x")])
    assert re.findall(r'<details class="rest"><summary>([^<]+)', text) == [
        "10 steps before",
        "7 steps after",
    ]
    assert text.index("10 steps before") < text.index('id="step-12"') < text.index("7 steps after")


async def test_the_first_screen_fits_a_phone_and_the_sound_plays(tmp_path):
    from playwright.async_api import async_playwright

    run, context = call_over_sip(tmp_path)
    words = "really a lot of words that say no end of things about all this " * 9
    long = [
        broken("asker", "chat", "say", words, why=words, seen=words, expected=words, hint=words)
    ]
    (tmp_path / "index.html").write_text(page([run], context), "utf-8")
    (tmp_path / "long.html").write_text(page(long, Context(runs=long, now=NOW)), "utf-8")
    shell = Path("/usr/lib/chromium/chromium-headless-shell")
    path = str(shell) if shell.exists() else shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path)
        tab = await browser.new_page(viewport={"width": 360, "height": 640}, color_scheme="dark")
        told = []
        tab.on("console", lambda message: told.append(message.text))
        await tab.goto((tmp_path / "long.html").as_uri())
        box = await tab.locator("dl.answers").bounding_box()
        await tab.goto((tmp_path / "index.html").as_uri() + "#step-2")
        ready = "document.querySelector('audio').readyState >= 1"
        await tab.wait_for_function(ready, timeout=20_000)
        at = await tab.evaluate("document.querySelector('audio').currentTime")
        wide = await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        seen = await tab.locator("id=step-2").is_visible()
        await browser.close()
    assert box is not None and box["y"] + box["height"] <= 640, box
    assert abs(at - 3.0) < 0.2
    assert wide and seen and not told


# Whatever is said is data

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<script>boom()</script>",
            '"><img src=x onerror=boom()>',
            "\x1b]0;own\x07\x1b[2J",
            "\u202egnp.exe\u2066",
            "[a](javascript:boom())",
            "</title><svg onload=boom()>",
            "<Response><Say>&lt;script&gt;</Say></Response><script>boom()</script>",
            "```\n# heading\n@everyone",
        ]
    ),
    st.text(alphabet="<>&\"'`[]()\x1b\x9b\u202e\u2066\r\nab", min_size=1, max_size=20),
)


@QUICK
@given(HOSTILE)
def test_stored_words_are_inert_on_every_page_and_terminal(evil):
    """As a bot's reply, a page's title, a SIP header, TwiML, a subject and a journey's name."""
    telling = Telling(evil, owner=evil, title=evil)
    telling.step(
        "p",
        "chat",
        "say",
        evil,
        verdict="failed",
        why=evil,
        seen=evil,
        inside=[
            (Observed, {"who": "company", "what": "reply", "text": evil}),
            (Observed, {"who": "company", "what": "quick replies", "data": {"options": [evil]}}),
            (Observed, {"who": "company", "what": "page", "text": evil, "data": {"url": evil}}),
            (Observed, {"who": "line", "what": "rang", "text": evil, "data": {"From": evil}}),
            (Observed, {"who": "customer", "what": "pressed", "text": evil}),
            (Observed, {"who": "company", "what": "request", "data": {"twiml": evil, "url": evil}}),
            (Observed, {"who": "company", "what": "mail", "text": evil, "data": {"subject": evil}}),
        ],
    )
    run = telling.end("failed", why=evil)
    context = Context(runs=(run,), now=NOW)
    html = page([run], context)
    assert "<script" not in html and not re.search(r"<(img|svg)[^>]*\bon\w+", html)
    assert visible(html) == html
    for told in (failure(run, context), *summary([run], context), *explained(run, context, True)):
        assert visible(told) == told
    assert not re.search(r"(?<!\\)[<`\[]", inert(evil))
    fence, *_, last = fenced(evil).split("\n")
    assert last == "`" * len(last) and fence == last + "text" and last not in visible(evil)


@QUICK
@given(st.lists(streams(), max_size=3))
def test_any_run_can_be_explained_and_its_causes_told(told):
    runs = [fold(one) for one in told]
    for number, run in enumerate(runs):
        run.id = str(number)
    assert all(str(one) for one in causes(runs, Context(runs=runs)))
    for run in runs:
        lines = explained(run, Context(runs=runs, now=NOW), whole=True)
        assert all("\n" not in line for line in lines)


def felt(run):
    (who,) = [one for one in answers(run, Context(runs=(run,))) if one.label == "who"]
    return dict(who.more).get("customer", "")


def phoned(what, **last):
    """A call of 20 s, and a step of 60 s in which `what` happens: (second, who, what, text)."""
    telling = Telling("call")
    dialled = (Observed, {"who": "customer", "what": "dialled", "text": "+1"})
    telling.step("c", "ivr", "dial", took=20, inside=[dialled])
    inside = [
        (Observed, {"at": at, "who": who, "what": kind, "text": text, "data": {"by": "company"}})
        for at, who, kind, text in what
    ]
    why = "so"
    told = {"why": why, "took": 60, "verdict": "failed", **last}
    return telling.step("c", "ivr", "press", "2", inside=inside, **told).end("failed", why=why)


@pytest.mark.parametrize(
    ("what", "seen", "customer"),
    [
        ([(22.0, "line", "hung up", "")], "nothing", "cut off after 21.0 s on the phone"),
        ([(30.0, "company", "ringing", "")], "nothing", "helps, after 29.0 s on the phone"),
        ([], "nothing", "helps, after 20.0 s on the phone"),
    ],
)
def test_the_customers_time_is_without_our_own_waiting(what, seen, customer):
    assert felt(phoned(what, seen=seen)).endswith(customer)


def test_a_recording_plays_from_the_wrong_words_and_not_from_the_step():
    said = [(30.0, "company", "prompt", "Press one."), (40.0, "company", "prompt", "Goodbye.")]
    run = phoned(said, seen="Goodbye.")
    assert noticed(run, run.first_bad).began == 40.0
    assert noticed(run, phoned(said, seen="nothing").first_bad).began == 40.0


def test_who_waits_for_an_agent_who_answers_waits_no_longer_than_that():
    check = {"facet": "context", "expected": "order = 1", "verdict": "failed", "why": "so"}
    telling = Telling("call").step("c", "ivr", "dial", took=20)
    inside = [(Observed, {"at": 51.0, "who": "agent", "what": "answered"}), (Checked, check)]
    ended = {"why": "so", "seen": "{caller: 1}", "took": 80, "verdict": "failed"}
    run = telling.step("a", "agent", "answer", inside=inside, **ended).end("failed", why="so")
    assert felt(run).endswith("after 50.0 s on the phone")


@pytest.mark.parametrize(
    ("channel", "customer"),
    [
        ("chat", "would open the chat and get no answer from it"),
        ("web", "would not get the page open"),
        ("ivr", "would not get through"),
    ],
)
def test_a_party_that_cannot_be_opened_is_told_with_its_channel_and_its_customer(channel, customer):
    telling = Telling("ask", parties={"asker": channel})
    why = "h.example refuses the connection"
    telling.events[-1] = StepEnded(index=0, at=0.0, verdict="failed", why=why, party="asker")
    telling.step("asker", channel, "say", verdict="skipped")
    run = telling.end("failed", why=f"opening asker: {why}")
    said = {one.label: one.said for one in answers(run, Context(runs=(run,)))}
    assert said["where"].startswith(PLACES[channel]) and "(asker)" in said["where"]
    assert felt(run) == customer
    assert drawn(list(hops(run))) == f"{called(channel)} asker ✗"


def test_a_party_that_does_not_open_is_the_broken_hop_wherever_it_stands_on_the_way():
    telling = Telling("buy", parties={"s": "web", "asker": "chat", "c": "ivr"})
    telling.events[-1] = StepEnded(index=0, at=0.0, verdict="failed", why="x", party="asker")
    for party, channel in (("s", "web"), ("asker", "chat"), ("c", "ivr")):
        telling.step(party, channel, "say", verdict="skipped")
    way = list(hops(telling.end("failed")))
    assert drawn(way) == "web s · ✗→ chat asker ✗ ⇢ IVR c ·"
    assert broken_at(way, "asker") == "chat does not open, so that nothing of the way was gone"


def test_what_fails_at_the_last_step_is_felt_too():
    check = {"facet": "page", "expected": "page contains «Welcome»", "verdict": "failed"}
    telling = Telling("look").step("s", "web", "open", verdict="failed", inside=[(Checked, check)])
    assert felt(telling.end("failed")) == "would look in vain for «Welcome»"
    run = Telling("look").step("s", "web", "open", verdict="failed", why="so").end("failed")
    assert felt(run) == "would not get what this step is for: so"
