"""What the pages show, and that nothing which came from outside acts in them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from stage import ATTACK, Stage, drive, found, staged

PAGES = (
    "/ /journeys /incidents /peaks /peaks/black-friday /trends /trends?by=journey /runs /coverage "
    "/phones /people /keeping"
).split()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_with_headers_that_keep_content_from_acting(
    client: httpx.Client, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?! type=\"module\" src=\"/static/)", answer.text)
    assert not re.search(r" (style|on\w+)=", re.sub(r"&[#\w]+;", "", answer.text).split("<body")[0])


def test_the_first_page_tells_what_is_broken_since_when_whose_it_is_and_the_last_good(
    client: httpx.Client,
) -> None:
    text = client.get("/").text
    for wanted in (
        "open incidents",
        "gift-card",
        "shopper click Pay now",
        "nobody has it yet",
        "owner checkout",
        "the page says «no price»",
        "last good",
        "Black Friday",
    ):
        assert wanted in text
    assert "order-status" not in text


def test_a_journey_that_is_well_is_not_among_the_failing(client: httpx.Client) -> None:
    told = client.get("/api/v1/now").json()
    assert {one["journey"] for one in told["failing"]} == {"gift-card", ATTACK_STORED}
    (card,) = (one for one in told["failing"] if one["journey"] == "gift-card")
    assert card["since"] == card["last"]["started"] and card["last_good"] is None


ATTACK_STORED = ATTACK


def test_a_journey_that_was_taken_away_is_told_apart_and_not_counted(tmp_path: Path) -> None:
    workspace = found(tmp_path, ["gift-card", "old-way", "elsewhere"])
    for name, minutes in (("gift-card", 60), ("old-way", 60), ("elsewhere", -60)):
        ago = timedelta(minutes=minutes)
        asyncio.run(drive(workspace.store, name, "failed", ago=ago, why="no price"))
    for name in ("old-way", "elsewhere"):
        (tmp_path / "journeys" / f"{name}.yaml").unlink()
    with staged(workspace) as made, httpx.Client(base_url=made.address, timeout=30) as client:
        client.get(made.entrance)
        told = {one["journey"]: one for one in client.get("/api/v1/journeys").json()["journeys"]}
        assert {name: one["gone"] for name, one in told.items()} == {
            "gift-card": False,
            "old-way": True,
            "elsewhere": False,  # somebody has looked since
        }
        text = client.get("/").text
        failing, _, left = text.partition("No longer there")
        assert "<strong>2</strong> of 2 journeys fail" in failing
        assert "old-way" not in failing and "old-way" in left
        assert client.get("/journeys").text.count("no longer there") == 1


def test_what_would_steer_a_reader_is_shown_and_not_obeyed(client: httpx.Client) -> None:
    for path in PAGES:
        text = client.get(path).text
        assert "<img src=x" not in text and "\x1b" not in text and "\u202e" not in text
    assert "&lt;img src=x" in client.get("/").text


def test_runs_are_filtered_and_paged(client: httpx.Client) -> None:
    failed = client.get("/runs", params={"verdict": "failed"}).text
    assert failed.count('class="row failed"') == 2 and 'class="row passed"' not in failed
    seen: list[str] = []
    after = ""
    for _ in range(20):
        told = client.get("/api/v1/runs", params={"limit": 3, "after": after}).json()
        seen += [one["id"] for one in told["runs"]]
        if not (after := told["after"] or ""):
            break
    assert len(seen) == len(set(seen)) == 8
    one = client.get("/api/v1/runs", params={"journey": "order-status"}).json()["runs"]
    assert [run["verdict"] for run in one] == ["passed"] * 3
    assert client.get("/runs", params={"since": "soon"}).status_code == 400
    assert client.get("/api/v1/runs", params={"since": "soon"}).status_code == 400


@pytest.mark.parametrize("page", ["9" * 5000, "0" * 5000, "²", "-1", ""], ids=str.__len__)
def test_a_page_that_there_is_not_is_the_nearest(client: httpx.Client, page: str) -> None:
    answer = client.get("/journeys", params={"page": page})
    assert answer.status_code == 200 and "order-status" in answer.text


def test_a_run_is_told_as_a_story_with_its_evidence(client: httpx.Client) -> None:
    run = client.get("/api/v1/runs", params={"journey": "gift-card", "verdict": "failed"}).json()
    page = run["runs"][0]["page"]
    text = client.get(page).text
    assert "the page says «no price»" in text and "asker say" in text
    links = set(re.findall(r'href="(evidence/[^"]+)"', text))
    assert links
    for link in links:
        assert client.get(page + link).status_code == 200


def page_of(client: httpx.Client) -> str:
    """The address of a run whose evidence is whole."""
    told = client.get("/api/v1/runs", params={"journey": "gift-card", "verdict": "failed"})
    page: str = told.json()["runs"][0]["page"]
    return page


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("screen.png", "image/png"),
        ("page.html.txt", "text/html; charset=utf-8"),
        ("drawing.svg.txt", "text/plain; charset=utf-8"),
        ("leg.json", "text/plain; charset=utf-8"),
        ("call.wav", "audio/wav"),
    ],
)
def test_evidence_is_drawn_played_or_shown_as_text_and_never_acts(
    client: httpx.Client, name: str, media: str
) -> None:
    answer = client.get(f"{page_of(client)}evidence/{name}")
    assert answer.status_code == 200 and answer.headers["content-type"] == media
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "../../../../cxassure.yaml",
        "..%2f..%2f..%2f..%2fcxassure.yaml",
        "evidence/../../../../dashboard/key",
        "%2e%2e/%2e%2e/%2e%2e/dashboard/people.json",
        "evidence%00.png",
        "history.json",
        "../history.json",
        "//etc/passwd",
        "evidence/none.png",
    ],
)
def test_no_path_leads_out_of_what_the_events_name(client: httpx.Client, path: str) -> None:
    address = httpx.URL(str(client.base_url)).copy_with(raw_path=(page_of(client) + path).encode())
    assert client.get(address, follow_redirects=True).status_code == 404


def test_evidence_that_is_a_link_out_of_the_folder_is_not_served(
    client: httpx.Client, stage: Stage
) -> None:
    page = page_of(client)
    with without(stage, page, "evidence/leg.json") as file:
        file.symlink_to(stage.workspace.root / "cxassure.yaml")
        assert client.get(f"{page}evidence/leg.json").status_code == 404


@contextmanager
def without(stage: Stage, page: str, name: str) -> Iterator[Path]:
    """While a file or the whole folder of a run is somewhere else."""
    path = stage.workspace.store.runs / page.removeprefix("/runs/") / name
    aside = stage.workspace.root / "aside"
    path.rename(aside)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        aside.rename(path)


def test_evidence_that_had_its_time_says_what_it_was_and_when_it_went(
    client: httpx.Client, stage: Stage
) -> None:
    page = page_of(client)
    with without(stage, page, "evidence/leg.json") as file:
        answer = client.get(f"{page}evidence/leg.json")
        assert answer.status_code == 404 and "not in its folder any more" in answer.text
        said = {"path": "evidence/leg.json", "size": 27, "pruned": "2026-11-20T03:00:00+00:00"}
        told = file.parent.parent / "pruned.jsonl"
        told.write_text(json.dumps(said) + "\nnot a line of ours\n")
        answer = client.get(f"{page}evidence/leg.json")
        assert answer.status_code == 404 and "2026-11-20 03:00Z" in answer.text
        assert "27 B" in answer.text and f'href="{page}"' in answer.text
        story = client.get(page).text
        assert "Evidence that is gone" in story and 'href="evidence/leg.json"' not in story
        told.unlink()


def test_a_run_whose_files_are_gone_tells_what_its_row_still_says(
    client: httpx.Client, stage: Stage
) -> None:
    page = page_of(client)
    with without(stage, page, ""):
        for path in (page, f"{page}evidence/leg.json"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert "The files of this run are gone" in answer.text
            assert "the page says «no price»" in answer.text and "key presses" in answer.text
            assert "/runs?journey=gift-card" in answer.text
    assert client.get(page).status_code == 200


def test_a_run_that_is_kept_no_more_tells_what_its_address_says(client: httpx.Client) -> None:
    answer = client.get("/runs/20260101T020304Z-007abcd1234/order-status-2/")
    assert answer.status_code == 404 and "not kept any more" in answer.text
    assert "2026-01-01 02:03Z" in answer.text and "/runs?journey=order-status" in answer.text
    nothing = client.get("/runs/20260101T020304Z-007abcd1234/whatever/")
    assert nothing.status_code == 404 and "the runs that are kept" in nothing.text


def test_every_link_of_the_main_pages_leads_somewhere(client: httpx.Client) -> None:
    pages = [*PAGES, page_of(client)]
    found = {
        str(httpx.URL(path).join(unescape(link)))
        for path in pages
        for link in re.findall(r' href="([^"#]+)', client.get(path).text)
    }
    assert len(found) > 30
    for link in found:
        assert client.get(link).status_code == 200, link


def test_unknown_pages_and_ids_are_told_in_words(client: httpx.Client) -> None:
    for path in ("/nothing", "/incidents/inc-none", "/peaks/none", "/runs/none/none/"):
        answer = client.get(path)
        assert answer.status_code == 404 and "what is broken now" in answer.text
    assert client.get("/api/v1/incidents/none").json()["error"] == "there is no such incident"


def test_what_changes_is_sent_to_who_looks_on(client: httpx.Client) -> None:
    with client.stream("GET", "/live") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        data = next(line for line in lines if line.startswith("data: "))
    assert "gift-card" in data
