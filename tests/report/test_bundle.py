"""A bundle unpacked elsewhere: all that its page points to lies in it and opens."""

import io
import json
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from sample import sound
from streams import Telling

from cxassure.channels._browser.finding import find
from cxassure.events import Checked, Kept, Observed
from cxassure.report.bundle import bundle
from cxassure.report.context import Context
from cxassure.report.proofs import proofs
from cxassure.run import Run

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf50070003820180d2f6a24a0000000049454e44ae426082"
)
NAMES = ("log 1.txt", "50% of #2?.bin", "ünïcode «x».json", "-trace.zip", 'a&b\'s "q".pdf')
LINKS = "Array.from(document.querySelectorAll('a[href], audio[src]'), a => a.href || a.src)"
SHOWN = "Array.from(document.images, one => one.complete && one.naturalWidth > 0)"
PLAYS = "Array.from(document.querySelectorAll('audio')).every(a => a.readyState >= 1)"


def stored(reports: Path) -> tuple:
    """A call that broke, with every kind of evidence, stored beside a run that passed."""
    campaign = reports / "runs/20261122T030000Z-ab"
    kept = campaign / "ring/evidence"
    kept.mkdir(parents=True)
    for name in NAMES:
        (kept / name).write_bytes(b'{"a": 1}')
    (kept / "shot.png").write_bytes(PICTURE)
    heard = {"codec": "PCMU", "expected": 200, "received": 150, "loss": 0.25, "jitter": 0.002}
    (kept / "call.json").write_text(json.dumps({"legs": [{"heard": heard, "mos": 2.1}]}))
    sound(kept / "call.wav", 4)
    sound(kept / "long.wav", 70)  # too long to stand in the page itself
    files = {**dict.fromkeys(NAMES, "application/x-file"), "shot.png": "image/png"}
    files |= {"call.wav": "audio/wav", "long.wav": "audio/wav", "call.json": "application/json"}
    proof = {"facet": "transfer", "expected": "bridge = both ways", "verdict": "failed"}
    inside = [
        (Observed, {"who": "line", "what": "connected", "at": 0.0}),
        (Observed, {"who": "company", "what": "prompt", "text": "Welcome", "at": 0.0}),
    ]
    inside += [
        (Kept, {"name": name, "path": f"evidence/{name}", "media": media, "party": "caller"})
        for name, media in files.items()
    ]
    seen = "destination: billing-desk, bridge: one way: the agent does not hear the caller"
    inside.append((Checked, {**proof, "seen": seen, "why": "no prompt came"}))
    told = Telling("ring", owner="voice-team")
    told.step("caller", "ivr", "dial", verdict="failed", why="no prompt came", inside=inside)
    run, other = told.end("failed", why="no prompt came"), Telling("other").end()
    page = str(campaign / "index.html")
    return run, Context(runs=(run, other), folders={run.id: campaign / "ring"}, page=page)


def seen_of(run: Run) -> list[str]:
    step = run.first_bad
    assert step is not None
    return [one.seen for one in proofs(step)]


async def test_every_link_picture_and_sound_of_an_unpacked_bundle_opens(tmp_path):
    from playwright.async_api import async_playwright

    run, context = stored(tmp_path / "reports")
    with zipfile.ZipFile(io.BytesIO(bundle(run, context))) as archive:
        archive.extractall(tmp_path / "ticket")
    shutil.rmtree(tmp_path / "reports")
    (folder,) = (tmp_path / "ticket").iterdir()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find())
        tab = await browser.new_page(viewport={"width": 360, "height": 640})
        refused = []
        tab.on("console", lambda message: refused.append(message.text))
        await tab.goto((folder / "index.html").as_uri())
        await tab.wait_for_function(PLAYS, timeout=20_000)
        links, shown = await tab.evaluate(LINKS), await tab.evaluate(SHOWN)
        anchors = await tab.evaluate("Array.from(document.querySelectorAll('[id]'), e => e.id)")
        wide = await tab.evaluate("document.documentElement.scrollWidth")
        figures = await tab.locator("dl.figures", has_text="25.0%").is_visible()
        rows = await tab.locator("table.proofs tbody tr").all_inner_texts()
        await browser.close()
    files = {urlsplit(link) for link in links if link.startswith("file:")}
    beside = {Path(url2pathname(one.path)) for one in files}
    assert {path.name for path in beside} >= {*NAMES, "shot.png", "call.wav", "long.wav"}
    assert all(path.is_file() and path.is_relative_to(folder) for path in beside), beside
    mine = {one.fragment for one in files if one.path.endswith("index.html")}
    assert mine and mine <= set(anchors)
    assert shown == [True]
    assert refused == []
    assert wide <= 360 and figures
    assert [row.split("\t")[1] for row in rows] == seen_of(run)
