"""Asking a back office that is served on loopback."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from cxassure.channels._http.json_path import Absent, at, get
from cxassure.channels.api import ApiSession
from cxassure.channels.api.document import Document
from cxassure.errors import Broken, CannotLook
from cxassure.settings import Target


class Office:
    """An order that is shipped when it has been looked at three times."""

    def __init__(self) -> None:
        self.looks = 0
        self.got: list[tuple[str, str, bytes, dict[str, str]]] = []

    async def order(self, request: Request) -> Response:
        self.looks += 1
        status = "shipped" if self.looks >= 3 else "paid"
        items = [{"title": "Birch Grove", "price": 25.5}]
        return JSONResponse({"status": status, "items": items, "charged": 0, "gift": None})

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        self.got.append((request.method, str(request.url.query), body, dict(request.headers)))
        return JSONResponse({"ok": True}, 201)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def asker(office: Office, serve: Any, drive: Any) -> Any:
    routes = [
        Route("/api/orders/1", office.order),
        Route("/api/echo", office.echo, methods=["POST", "PUT", "DELETE", "GET"]),
        Route("/api/down", lambda request: PlainTextResponse("oh dear", 503)),
        Route("/api/lost", lambda request: JSONResponse({"error": "no such order"}, 404)),
        Route("/api/round", lambda request: RedirectResponse("/api/round")),
        Route("/api/moved", lambda request: RedirectResponse("/api/orders/1")),
        Route("/api/away", lambda request: RedirectResponse("https://shop.example/")),
        Route("/api/huge", lambda request: PlainTextResponse("x" * 5_000_001)),
    ]
    url = await serve(Starlette(routes=routes))
    asker = drive(ApiSession, url + "/api", token="t0ken")
    await asker.session.open()
    return asker


async def test_what_stands_in_an_answer_is_pointed_at_by_path(asker: Any) -> None:
    began = asker.session.clock.now()
    await asker.do("get", "/orders/1")
    lasted = asker.session.clock.now() - began
    assert await asker.see("status") == 200
    assert await asker.see("json", {"path": "items[0].title"}) == "Birch Grove"
    assert await asker.see("json", {"path": "gift"}) == "null"
    assert await asker.see("number", {"path": "items.0.price"}) == 25.5
    assert await asker.see("number", {"path": "charged"}) == 0
    assert await asker.see("count", {"path": "items"}) == 1
    assert await asker.see("json", {"path": "nowhere"}) is None
    assert await asker.see("number", {"path": "status"}) is None
    assert (await asker.see("header"))["content-type"] == "application/json"
    assert '"paid"' in await asker.see("body")
    assert 0 < await asker.see("took") <= lasted
    (seen,) = asker.seen
    assert seen.at < seen.ends <= asker.session.clock.now()
    assert seen.data["response"]["headers"]["content-type"] == "application/json"


async def test_a_get_is_asked_again_until_what_is_expected_has_come(
    asker: Any, office: Office
) -> None:
    await asker.do("get", "/orders/1")
    shipped = await asker.until("body", lambda body: "shipped" in body)
    assert "shipped" in shipped and office.looks == 3
    told = [line for line in asker.lines() if "request" in line]
    assert len(told) == 2, "an answer that says nothing new is no news"


async def test_what_changes_something_is_never_asked_again(asker: Any, office: Office) -> None:
    await asker.do("post", {"path": "/echo", "json": {"quantity": "1", "note": "012"}})
    assert asker.session.final, "what was answered stays as it is"
    assert await asker.until("status", lambda status: status == 200, limit=0.6) == 201
    assert len(office.got) == 1
    assert json.loads(office.got[0][2]) == {"quantity": 1, "note": "012"}


async def test_verbs_send_what_they_are_given(asker: Any, office: Office) -> None:
    await asker.do("put", {"path": "echo", "body": "plain", "headers": {"X-Case": "4711"}})
    await asker.do("delete", {"path": "/echo", "query": {"why": "test & more"}})
    await asker.do("post", {"path": "/echo", "form": {"a": "b c"}})
    put, deleted, posted = office.got
    assert put[0::2][:2] == ("PUT", b"plain") and put[3]["x-case"] == "4711"
    assert deleted[:2] == ("DELETE", "why=test+%26+more")
    assert posted[2] == b"a=b+c"
    assert put[3]["authorization"] == "Bearer t0ken"


async def test_a_failing_company_breaks_the_step_unless_that_was_asked_for(asker: Any) -> None:
    with pytest.raises(Broken) as broken:
        await asker.do("get", "/down")
    assert broken.value.code == "503" and "503" in broken.value.what
    await asker.do("get", {"path": "/down", "any_status": "true"})
    assert await asker.see("status") == 503
    assert await asker.see("json", {"path": "a"}) is None
    await asker.do("get", "/lost")
    assert await asker.see("status") == 404


async def test_redirects_are_followed_within_what_is_listed(asker: Any) -> None:
    await asker.do("get", "/moved")
    assert await asker.see("json", {"path": "status"}) == "paid"
    with pytest.raises(Broken, match="redirects without end"):
        await asker.do("get", "/round")
    with pytest.raises(CannotLook, match=r"https://shop\.example:443 is not a listed target"):
        await asker.do("get", "/away")
    with pytest.raises(CannotLook, match="not a listed target"):
        await asker.do("get", "https://elsewhere.example/x")


async def test_an_answer_is_read_up_to_a_limit(asker: Any) -> None:
    with pytest.raises(CannotLook, match="more than 5000000 bytes"):
        await asker.do("get", "/huge")


async def test_evidence_has_the_answer_and_not_what_lets_us_in(asker: Any) -> None:
    await asker.do("get", "/orders/1")
    await asker.session.witness("it was not shipped")
    kept = asker.kept["answer.json"]
    assert b"paid" in kept and b"t0ken" not in kept
    assert "t0ken" not in str(asker.seen)


async def test_a_company_that_is_not_there_is_told_as_such(drive: Any) -> None:
    asker = drive(ApiSession, "http://127.0.0.1:1/api")
    await asker.session.open()
    with pytest.raises(Broken, match=r"127\.0\.0\.1:1 refuses the connection"):
        await asker.do("get", "/orders/1")


async def test_after_closing_nothing_can_be_asked(asker: Any) -> None:
    await asker.session.close()
    with pytest.raises(CannotLook):
        await asker.do("get", "/orders/1")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", 1),
        ("2.5", 2.5),
        ("true", True),
        ("null", None),
        ('"1"', "1"),
        ("012", "012"),
        ("+44", "+44"),
        ("1e999", "1e999"),
        ("NaN", "NaN"),
        ("[1]", "[1]"),
        ("yes", "yes"),
        ("", ""),
    ],
)
def test_a_scalar_is_the_json_value_that_it_reads_as(written: str, meant: Any) -> None:
    assert Document.read({"a": [written]}).value == {"a": [meant]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1, max_size=5), inner),
    max_leaves=8,
)


@given(JSON, st.text(max_size=30))
@example([], "²")
@example([], "9" * 5000)
def test_any_path_into_any_document_is_there_or_absent(document: Any, path: str) -> None:
    default = object()
    found = get(document, path, default)
    if found is default:
        with pytest.raises(Absent):
            at(document, path)


@given(st.dictionaries(st.text("abc -", min_size=1, max_size=5), JSON, min_size=1))
def test_a_key_is_a_path_to_its_value(document: dict[str, Any]) -> None:
    for key, value in document.items():
        assert at(document, key) == value
        assert at({"outer": [document]}, f"outer[0].{key}") == value


@given(JSON)
def test_a_document_always_becomes_valid_json(value: Any) -> None:
    def written(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: written(inner) for key, inner in item.items()}
        return [written(inner) for inner in item] if isinstance(item, list) else str(item)

    json.dumps(Document.read(written(value)).value, allow_nan=False)


@pytest.mark.parametrize(
    ("other", "whose", "told"),
    [
        ("http://localhost:1", Broken, r"no-such-office\.invalid is not known to DNS"),
        ("http://127.0.0.1:1", CannotLook, "name resolution fails for everything"),
    ],
)
async def test_a_name_that_is_not_known_is_ours_where_no_other_name_is_known_either(
    drive: Any, monkeypatch: pytest.MonkeyPatch, other: str, whose: Any, told: str
) -> None:
    known = socket.getaddrinfo

    def lookup(host: str, *more: Any, **named: Any) -> Any:
        if host != "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known("127.0.0.1", *more, **named)

    asker = drive(ApiSession, "http://no-such-office.invalid/api")
    asker.session.opening.targets = {"other": Target(name="other", address=other)}
    await asker.session.open()
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(whose, match=told):
        await asker.do("get", "/orders/1", within=20.0)
