"""The company's own sign-in, against a provider on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from provider import CLIENT, SECRET, Company
from stage import Stage, staged

from cxassure.surfaces.dashboard.app import FOLDER
from cxassure.surfaces.dashboard.people import People
from cxassure.workspace import Workspace


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    made = Company()
    yield made
    made.close()


@pytest.fixture(scope="module")
def office(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    workspace = Workspace(tmp_path_factory.mktemp("signed-in"), environ={})
    People(workspace.store.reports / FOLDER).add("kim@example.com", "operator")
    wish = {"issuer": company.issuer, "client": CLIENT, "secret": SECRET}
    with staged(workspace, **wish) as made:
        yield made


def sign_in(office: Stage) -> tuple[httpx.Client, httpx.Response]:
    client = httpx.Client(base_url=office.address, follow_redirects=True, timeout=30)
    return client, client.get("/oidc/go?next=/incidents")


def test_who_is_listed_comes_in_with_the_role_that_is_listed(
    office: Stage, company: Company
) -> None:
    company.person, company.spoil = KIM, {}
    client, answer = sign_in(office)
    assert answer.url.path == "/incidents" and "kim@example.com · operator" in answer.text
    client.close()


KIM = {"sub": "7", "email": "kim@example.com", "email_verified": True}


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "8", "email": "eve@example.com", "email_verified": True},
        {"sub": "8", "email": "kim@example.com", "email_verified": False},
        {"sub": "8", "email": "kim@example.com"},
    ],
)
def test_who_is_not_listed_or_not_verified_stays_out(
    office: Stage, company: Company, person: dict[str, Any]
) -> None:
    company.person, company.spoil = person, {}
    client, answer = sign_in(office)
    assert answer.url.path == "/login" and "but not here" in answer.text
    assert client.get("/api/v1/now").status_code == 401
    client.close()


@pytest.mark.parametrize(
    "spoil",
    [
        {"aud": "somebody-else"},
        {"iss": "https://elsewhere.example"},
        {"nonce": "another"},
        {"exp": 1},
    ],
)
def test_a_token_that_is_not_for_us_or_not_of_now_lets_nobody_in(
    office: Stage, company: Company, spoil: dict[str, Any]
) -> None:
    company.person, company.spoil = KIM, spoil
    client, answer = sign_in(office)
    assert answer.url.path == "/login" and "did not work" in answer.text
    client.close()


def test_a_token_that_another_signed_lets_nobody_in(office: Stage, company: Company) -> None:
    company.person, company.spoil, company.sign_with = KIM, {}, company.other
    try:
        client, answer = sign_in(office)
        assert "did not work" in answer.text
        client.close()
    finally:
        company.sign_with = company.key


def test_a_way_back_that_nobody_went_lets_nobody_in(office: Stage, company: Company) -> None:
    answer = httpx.get(f"{office.address}/oidc/back?code=a&state=b", follow_redirects=True)
    assert answer.url.path == "/login" and "did not work" in answer.text


def test_others_may_look_where_that_is_said_and_who_is_kept_out_or_removed_is_out_at_once(
    company: Company, tmp_path: Path
) -> None:
    company.person, company.spoil = {"sub": "9"}, {}
    wish = {"issuer": company.issuer, "client": CLIENT, "secret": SECRET, "others": "viewer"}
    workspace = Workspace(tmp_path, environ={})
    people = People(workspace.store.reports / FOLDER)
    people.add("kim@example.com", "admin")
    with staged(workspace, **wish) as made:
        client, answer = sign_in(made)
        assert "9 · viewer" in answer.text
        client.close()
        company.person = KIM
        client, answer = sign_in(made)
        assert "kim@example.com · admin" in answer.text
        people.change("kim@example.com", disabled=True)
        assert client.get("/api/v1/now").status_code == 401
        assert "but not here" in client.get("/oidc/go").text
        people.change("kim@example.com", disabled=False)
        assert client.get("/api/v1/now").status_code == 200
        people.remove("kim@example.com")
        assert client.get("/api/v1/now").status_code == 401
        client.close()


def test_a_provider_that_does_not_answer_is_told(tmp_path: Path) -> None:
    wish = {"issuer": "http://127.0.0.1:9", "client": CLIENT, "secret": SECRET}
    with staged(Workspace(tmp_path, environ={}), **wish) as made:
        client, answer = sign_in(made)
        assert answer.status_code == 200 and "did not work" in answer.text
        client.close()
