"""What an admin does in the browser: people, tokens, sessions, and what is kept no longer."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from stage import Stage, drive, staged

from cxassure.errors import UsageError
from cxassure.surfaces.dashboard.app import FOLDER
from cxassure.surfaces.dashboard.people import ROLES, People
from cxassure.workspace import Workspace

PASSWORD = "correct horse battery"
DEEDS = {
    "/people/add": {"name": "new", "role": "admin", "password": PASSWORD},
    "/people/role": {"name": "kim", "role": "admin"},
    "/people/disable": {"name": "kim"},
    "/people/enable": {"name": "kim"},
    "/people/password": {"name": "kim", "password": PASSWORD + "!"},
    "/people/remove": {"name": "kim"},
    "/tokens/make": {"name": "ci", "role": "admin"},
    "/tokens/remove": {"name": "known"},
    "/sessions/end": {"name": "kim"},
    "/keeping": {},
    "/keeping/prune": {},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A dashboard with nothing but people, and two runs of which one has had its time."""
    root = tmp_path_factory.mktemp("house")
    (root / "cxassure.yaml").write_text("keep: {runs: 30d}\n")
    workspace = Workspace(root, environ={})
    for days in (60, 50, 1):
        asyncio.run(drive(workspace.store, "gift-card", ago=timedelta(days=days)))
    people = People(workspace.store.reports / FOLDER)
    for role in ROLES:
        people.add(f"{role}@example.com", role, PASSWORD)
    people.token("known", "viewer")
    with staged(workspace) as made:
        yield made


@pytest.fixture
def people(house: Stage) -> People:
    """The same people, with kim as she was."""
    found = People(house.workspace.store.reports / FOLDER)
    found.add("kim", "viewer", PASSWORD)
    return found


@contextmanager
def entered(house: Stage, name: str, password: str = PASSWORD) -> Iterator[httpx.Client]:
    """A browser of somebody who has tried to come in."""
    with httpx.Client(base_url=house.address, timeout=30) as client:
        client.post("/login", data={"name": name, "password": password})
        yield client


@pytest.fixture
def admin(house: Stage, people: People) -> Iterator[httpx.Client]:
    with entered(house, "admin@example.com") as client:
        yield client


def csrf_of(client: httpx.Client) -> str:
    return client.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]


def do(client: httpx.Client, path: str, **given: str) -> httpx.Response:
    return client.post(path, data={"csrf": csrf_of(client), **(given or DEEDS[path])})


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_nobody_below_an_admin_sees_or_does_any_of_it(
    house: Stage, people: People, role: str
) -> None:
    before = people.known()
    with entered(house, f"{role}@example.com") as client:
        assert "Keeping" not in client.get("/").text
        for path in ("/people", "/keeping"):
            assert client.get(path).status_code == 403
        assert {do(client, path).status_code for path in DEEDS} == {403}
    assert people.known() == before


def test_without_the_word_of_the_page_nothing_is_done(admin: httpx.Client, people: People) -> None:
    before = people.known()
    for path, given in DEEDS.items():
        assert admin.post(path, data=given).status_code == 403, path
        site = {"sec-fetch-site": "cross-site"}
        wrong = admin.post(path, data={"csrf": csrf_of(admin), **given}, headers=site)
        assert wrong.status_code == 403, path
    assert people.known() == before


def test_an_admin_adds_somebody_who_comes_in_and_gives_them_another_role(
    house: Stage, admin: httpx.Client, people: People
) -> None:
    made = do(admin, "/people/add", name="lee", role="viewer", password=PASSWORD)
    assert made.status_code == 303
    with entered(house, "lee") as lee:
        assert "lee · viewer" in lee.get("/").text
        assert do(admin, "/people/role", name="lee", role="operator").status_code == 303
        assert "lee · operator" in lee.get("/").text
    again = do(admin, "/people/add", name="lee", role="admin", password=PASSWORD)
    assert again.status_code == 422 and "called that already" in again.text
    assert people.known().people["lee"].role == "operator"
    text = admin.get("/people").text
    assert "added lee (viewer, by password)" in text and "made lee operator" in text


def test_who_is_kept_out_is_out_at_once_and_comes_back_with_the_same_password(
    house: Stage, admin: httpx.Client
) -> None:
    with entered(house, "kim") as kim:
        assert kim.get("/").status_code == 200
        assert do(admin, "/people/disable", name="kim").status_code == 303
        assert kim.get("/").status_code == 303
        with entered(house, "kim") as refused:
            assert refused.get("/").status_code == 303
        do(admin, "/people/enable", name="kim")
    with entered(house, "kim") as back:
        assert back.get("/").status_code == 200


def test_ending_sessions_ends_them_everywhere_and_a_new_one_begins(
    house: Stage, admin: httpx.Client
) -> None:
    with entered(house, "kim") as one, entered(house, "kim") as other:
        assert one.get("/").status_code == other.get("/").status_code == 200
        page = admin.get("/people").text.partition("<h2>Sessions")[2]
        session = re.findall(r'kim <small.*?name="session" value="([^"]+)"', page, re.DOTALL)[0]
        do(admin, "/sessions/end", session=session)
        assert sorted(c.get("/").status_code for c in (one, other)) == [200, 303]
        do(admin, "/sessions/end", name="kim")
        assert one.get("/").status_code == other.get("/").status_code == 303
    with entered(house, "kim") as fresh:
        assert fresh.get("/").status_code == 200


def test_a_live_view_ends_with_its_session(house: Stage, admin: httpx.Client) -> None:
    with entered(house, "kim") as kim, kim.stream("GET", "/live") as live:
        lines = live.iter_lines()
        assert next(line for line in lines if line.startswith("data: "))
        do(admin, "/sessions/end", name="kim")
        asyncio.run(drive(house.workspace.store, "new-one", ago=timedelta()))
        assert not any("new-one" in line for line in lines)  # which ends


def test_another_password_ends_the_sessions_of_the_old_one(
    house: Stage, admin: httpx.Client
) -> None:
    with entered(house, "kim") as kim:
        short = do(admin, "/people/password", name="kim", password="short")
        assert short.status_code == 422 and kim.get("/").status_code == 200
        do(admin, "/people/password", name="kim", password=PASSWORD + "!")
        assert kim.get("/").status_code == 303
    with entered(house, "kim", PASSWORD + "!") as kim:
        assert kim.get("/").status_code == 200


def test_another_password_lets_nobody_in_who_is_kept_out(
    house: Stage, admin: httpx.Client, people: People
) -> None:
    people.change("kim", disabled=True)
    people.add("kim", "operator", PASSWORD + "!")
    assert people.known().people["kim"].disabled
    assert people.by_password("kim", PASSWORD + "!") is None
    do(admin, "/people/password", name="kim", password=PASSWORD)
    kim = people.known().people["kim"]
    assert (kim.role, kim.disabled) == ("operator", True)
    do(admin, "/people/enable", name="kim")
    assert people.by_password("kim", PASSWORD) is not None


def test_a_token_is_not_replaced_by_another_of_its_name(people: People) -> None:
    first = people.token("nightly", "viewer")
    with pytest.raises(UsageError, match="a program is called «nightly» already") as told:
        people.token("nightly", "admin")
    assert "remove its token first" in told.value.hint
    found = people.by_token(first)
    assert found is not None and found.role == "viewer"


def test_a_token_is_told_once_and_works_until_it_is_removed(
    house: Stage, admin: httpx.Client
) -> None:
    answer = do(admin, "/tokens/make", name="ci", role="viewer")
    (token,) = re.findall(r"<code>(cx_[\w-]+)</code>", answer.text)
    shown = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{house.address}/api/v1/now", headers=shown).status_code == 200
    assert httpx.get(f"{house.address}/people", headers=shown).status_code == 403
    assert token not in admin.get("/people").text
    assert do(admin, "/tokens/make", name="ci", role="admin").status_code == 422
    assert do(admin, "/tokens/remove", name="ci").status_code == 303
    assert httpx.get(f"{house.address}/api/v1/now", headers=shown).status_code == 401


def test_nobody_changes_themselves_or_is_given_what_is_no_role(
    admin: httpx.Client, people: People
) -> None:
    me = "admin@example.com"
    for path in ("/people/role", "/people/disable", "/people/remove", "/people/password"):
        answer = do(admin, path, name=me, role="viewer", password=PASSWORD)
        assert answer.status_code == 422 and "nobody changes themselves" in answer.text
    assert do(admin, "/people/role", name="kim", role="king").status_code == 422
    assert do(admin, "/people/role", name="nobody", role="viewer").status_code == 422
    assert do(admin, "/people/add", name=" ", role="viewer").status_code == 422
    assert people.known().people[me].role == "admin"


def test_what_has_had_its_time_is_told_first_and_then_let_go_of(
    house: Stage, admin: httpx.Client
) -> None:
    runs = house.workspace.store.runs
    before = len(list(runs.iterdir()))
    assert "30 days" in admin.get("/keeping").text
    told = do(admin, "/keeping")
    assert "2 runs and 0 files" in told.text and len(list(runs.iterdir())) == before
    assert do(admin, "/keeping/prune").status_code == 303
    assert len(list(runs.iterdir())) == before - 2
    assert "let go of 2 runs" in admin.get("/keeping").text


def test_only_its_owner_reads_the_logbook(house: Stage, admin: httpx.Client) -> None:
    do(admin, "/sessions/end", name="kim")
    book = house.workspace.store.reports / FOLDER / "admin.jsonl"
    assert stat.S_IMODE(book.stat().st_mode) == 0o600
    assert PASSWORD not in book.read_text()
