"""The page: one file, failure first, and nothing from outside that is more than data."""

import base64
import hashlib
import re
import shutil
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import broken, gift_card, promise_broken
from streams import Telling, cut, streams

from cxassure.events import Kept, Observed
from cxassure.report.context import Context
from cxassure.report.page import page
from cxassure.report.story import Budget, clock, hops, story
from cxassure.report.tally import blaming
from cxassure.run import fold

EVIL = (
    "<script>boom()</script>",
    '"><img src=x onerror=boom()>',
    "' autofocus onfocus=boom() x='",
    "<svg/onload=boom()>",
    "</style><script>boom()</script>",
    "{{ 7*7 }}{% raw %}",
    "javascript:boom()",
    "</pre></details><iframe srcdoc='<script>boom()</script>'>",
)
VOID = {"meta", "img", "br"}
KNOWN = set(
    "html head meta title style body header h1 h2 h3 span p main section ul li strong small nav "
    "table thead tbody tr th td a details summary pre ol b dl div dt dd footer time img figure "
    "figcaption br svg path rect audio kbd".split()
)


class Reader(HTMLParser):
    """Tags, attributes and text of a page; complains about what is left open."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.open, self.ids, self.said = set(), [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]

    @property
    def text(self):
        return " ".join(" ".join(self.said).split())


def read(*runs, **known):
    return Reader(page(runs, Context(runs=runs, **known)))


def evil_run(evil):
    telling = Telling(evil, evil, owner=evil, runbook=evil, title=evil, source=evil, env=evil)
    inside = [
        (Observed, {"who": "company", "what": "reply", "text": evil, "data": {evil: evil}}),
        (Observed, {"who": "company", "what": "page", "text": evil, "data": {evil: [evil]}}),
        (Kept, {"name": evil, "path": evil, "media": "image/png"}),
        (Kept, {"name": evil, "value": evil}),
    ]
    telling.step(
        evil,
        "web",
        "open",
        evil,
        verdict="failed",
        why=evil,
        expected=evil,
        seen=evil,
        hint=evil,
        findings=(evil,),
        inside=inside,
    )
    return telling.end("failed", why=evil)


@pytest.mark.parametrize("evil", EVIL)
def test_what_comes_from_outside_is_data_wherever_it_stands(evil):
    found = read(evil_run(evil))
    assert found.tags <= KNOWN
    assert not any(name.startswith("on") or name == "srcdoc" for _, name, _ in found.attributes)
    links = found.values("href") + found.values("src")
    assert not any("boom" in link or link.startswith("javascript") for link in links)
    assert " ".join(evil.split()) in found.text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(streams(), st.integers(0, 999)), max_size=3))
def test_any_runs_make_a_whole_page_without_scripts_or_network(told):
    runs = [fold(cut(stream, at)) for stream, at in told]
    for number, run in enumerate(runs):
        run.id = str(number)
    found = read(*runs)
    assert found.tags <= KNOWN
    links = found.values("href") + found.values("src")
    assert all(link.startswith(("#", "data:image/", "http:", "https:")) for link in links)
    targets = [link[1:] for link in links if link.startswith("#")]
    assert set(targets) <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_the_policy_allows_this_style_sheet_and_nothing_else():
    text = page([gift_card()])
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [v for v in Reader(text).values("content") if "default-src" in v]
    assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy and "script" not in policy
    assert "style" not in Reader(text).values("style")


def test_failures_come_first_and_open_and_the_passed_are_folded():
    text = page([gift_card("desktop"), gift_card("mobile", lost=True)])
    assert text.index('id="gift-card-to-agent-mobile"') < text.index(
        'id="gift-card-to-agent-desktop"'
    )
    runs = re.findall(r'<details class="run (\w+)"[^>]*?( open)?>', text)
    assert runs == [("failed", " open"), ("passed", "")]


def test_steps_are_anchored_and_the_failing_moment_is_marked():
    run = gift_card(lost=True)
    text = page([run])
    assert 'class="step failed broken" id="step-6"' in text
    assert len(re.findall(r'class="step \w+ broken"', text)) == 1
    both = page([run, gift_card("m")])
    assert 'id="gift-card-to-agent-step-6"' in both
    assert 'id="gift-card-to-agent-m-step-6"' in both


def test_the_story_tells_all_channels_with_their_words():
    found = read(gift_card(lost=True))
    for said in ("Where is my order 1048213?", "It is on its way", "order = 1048213", "position 1"):
        assert said in found.text
    assert "the hand-over from IVR to desk lost the context" in found.text


def test_the_way_shows_its_first_broken_hop():
    way = [(hop.channel, hop.state, hop.arrow) for hop in hops(gift_card(lost=True))]
    assert way == [
        ("web", "passed", ""),
        ("chat", "passed", "whole"),
        ("ivr", "passed", "whole"),
        ("agent", "failed", "broken"),
    ]
    early = broken("asker", "web", "click", why="x")
    assert [hop.arrow for hop in hops(early)] == ["", "broken"]
    assert [hop.state for hop in hops(blaming(promise_broken()))] == ["passed", "failed"]


def png():
    def chunk(kind, data):
        whole = kind + data
        return len(data).to_bytes(4, "big") + whole + zlib.crc32(whole).to_bytes(4, "big")

    pixel = zlib.compress(b"\0\xff\0\0")
    header = (1).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    parts = chunk(b"IHDR", header), chunk(b"IDAT", pixel), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def with_evidence(folder, *kept):
    telling = Telling("pay")
    inside = [(Kept, fields) for fields in kept]
    run = telling.step("shopper", "web", "open", inside=inside).end()
    return run, Context(runs=(run,), folders={run.id: folder})


def test_pictures_are_in_the_page_and_texts_folded(tmp_path):
    folder = tmp_path / "pay 1"
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / "shot.png").write_bytes(png())
    (folder / "evidence" / "twiml.xml.txt").write_text("<Response><Say>Hi</Say></Response>")
    run, context = with_evidence(
        folder,
        {"name": "shot", "path": "evidence/shot.png", "media": "image/png", "size": 70},
        {"name": "twiml", "path": "evidence/twiml.xml.txt", "media": "application/xml"},
        {"name": "drawing", "path": "evidence/twiml.xml.txt", "media": "image/svg+xml"},
    )
    found = Reader(page([run], context))
    (source,) = found.values("src")
    assert source == "data:image/png;base64," + base64.b64encode(png()).decode()
    assert "<Response><Say>Hi</Say></Response>" in found.text
    assert "pay%201/evidence/shot.png" in found.values("href")


def test_evidence_outside_the_runs_folder_is_neither_read_nor_linked(tmp_path):
    folder = tmp_path / "pay"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("keep out")
    (folder / "way-out").symlink_to(tmp_path)
    paths = ["../secret.txt", str(tmp_path / "secret.txt"), "way-out/secret.txt", "a\0b"]
    kept = [{"name": "x", "path": path, "media": "text/plain"} for path in paths]
    run, context = with_evidence(folder, *kept)
    text = page([run], context)
    assert "keep out" not in text
    assert not [link for link in Reader(text).values("href") if "secret" in link]


def test_pictures_beyond_the_budget_are_only_linked(tmp_path):
    (tmp_path / "shot.png").write_bytes(png())
    run, context = with_evidence(tmp_path, {"name": "s", "path": "shot.png", "media": "image/png"})
    (shown,) = (m for m in story(run, context, Budget(10)).moments if m.lines)
    assert [line.kind for line in shown.lines] == ["file"]


def test_a_talkative_run_is_cut_and_says_so_but_never_its_failing_moment():
    telling = Telling("talk")
    say = (Observed, {"who": "company", "what": "reply", "text": "bla"})
    telling.step("a", "chat", "say", inside=[say] * 900)
    telling.step("a", "chat", "say", verdict="failed", why="x", inside=[say] * 30)
    text = page([telling.end("failed")])
    assert "500 lines left out" in text and "10 lines left out" in text
    assert text.count("<p>bla</p>") == 420


def test_several_runs_of_one_name_keep_their_anchors_apart():
    first, last = gift_card(lost=True), gift_card()
    first.id, last.attempt, last.flaky = "first", 2, True
    found = read(first, last)
    assert len(found.ids) == len(set(found.ids))
    assert "attempt 2" in found.text


def test_time_is_told_as_on_a_stopwatch():
    assert [clock(s) for s in (0, 41.34, 59.99, 61.5)] == ["0:00.0", "0:41.3", "0:59.9", "1:01.5"]


async def test_a_browser_runs_nothing_loads_nothing_and_needs_no_sideways_scrolling(tmp_path):
    from playwright.async_api import async_playwright

    runs = [evil_run(evil) for evil in EVIL] + [gift_card("m", lost=True), promise_broken()]
    for number, run in enumerate(runs):
        run.id = str(number)
    file = Path(tmp_path) / "index.html"
    text = page(runs, Context(runs=runs))
    file.write_text(text, "utf-8")
    shell = Path("/usr/lib/chromium/chromium-headless-shell")
    path = str(shell) if shell.exists() else shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path)
        tab = await browser.new_page(viewport={"width": 360, "height": 740})
        told, asked = [], []
        tab.on("console", lambda message: told.append(message.text))
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        await tab.goto(file.as_uri() + "#gift-card-to-agent-m-step-6")
        assert await tab.locator("id=gift-card-to-agent-m-step-6").is_visible()
        widths = await tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert await tab.evaluate("getComputedStyle(document.body).margin") == "0px"
        await browser.close()
    assert not told
    assert asked == [file.as_uri() + "#gift-card-to-agent-m-step-6"] or asked == [file.as_uri()]
    assert widths[0] <= widths[1]
