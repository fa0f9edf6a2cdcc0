"""Who is let in, who may do what, and how the rest is refused."""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from stage import Stage, settle, staged

from cxassure.errors import UsageError
from cxassure.surfaces.dashboard.app import FOLDER
from cxassure.surfaces.dashboard.entering import Patience
from cxassure.surfaces.dashboard.forms import inside
from cxassure.surfaces.dashboard.people import People
from cxassure.workspace import Workspace

PASSWORD = "correct horse battery"
SOON = f"{datetime.now(UTC) + timedelta(days=9):%F}"
SECRETS = "people.json key".split()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A dashboard with people of each role, for those who change things."""
    workspace = asyncio.run(settle(tmp_path_factory.mktemp("office")))
    people = People(workspace.store.reports / FOLDER)
    for role in ("viewer", "operator", "admin"):
        people.add(f"{role}@example.com", role, PASSWORD)  # type: ignore[arg-type]
    with staged(workspace) as made:
        yield made


def people_of(office: Stage) -> People:
    return People(office.workspace.store.reports / FOLDER)


@contextmanager
def enter(office: Stage, role: str) -> Iterator[httpx.Client]:
    """Somebody with that role, logged in."""
    given = {"name": f"{role}@example.com", "password": PASSWORD, "next": "/incidents"}
    with httpx.Client(base_url=office.address, timeout=30) as client:
        answer = client.post("/login", data=given)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == "/incidents"
        yield client


def csrf_of(client: httpx.Client) -> str:
    return client.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]


def incident_of(client: httpx.Client) -> str:
    """The id of the incident of gift-card."""
    told = client.get("/api/v1/incidents").json()["incidents"]
    return next(one["id"] for one in told if one["journeys"][0]["name"] == "gift-card")


def test_who_is_not_let_in_sees_the_way_in_and_nothing_else(stage: Stage) -> None:
    with httpx.Client(base_url=stage.address) as stranger:
        for path in ("/", "/incidents", "/runs/a/b/evidence/c.png", "/api/openapi.json"):
            answer = stranger.get(path)
            assert answer.status_code in (303, 401) and "gift-card" not in answer.text
        assert stranger.get("/runs?q=1").headers["location"] == "/login?next=%2Fruns%3Fq%3D1"
        assert stranger.get("/api/v1/now").status_code == 401
        assert stranger.get("/live").status_code == 401
        assert stranger.get("/login").status_code == 200


def test_the_link_of_this_machine_lets_in_and_a_wrong_one_does_not(stage: Stage) -> None:
    with httpx.Client(base_url=stage.address) as client:
        assert client.get("/login?token=wrong").status_code == 401
        answer = client.get(stage.entrance)
        assert answer.status_code == 303 and answer.headers["location"] == "/"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie
        assert "admin" in client.get("/").text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1"])
def test_a_name_that_is_not_ours_is_refused_against_rebinding(stage: Stage, host: str) -> None:
    answer = httpx.get(f"{stage.address}/login", headers={"host": host})
    assert answer.status_code in (400, 421) and "<form" not in answer.text


def test_a_forged_or_spoilt_cookie_is_worth_nothing(stage: Stage) -> None:
    with httpx.Client(base_url=stage.address) as client:
        client.get(stage.entrance)
        (name,) = client.cookies
        good = client.cookies[name]
        for bad in (good[:-2] + "xx", "a.b.c", "x" + good, good.replace(".", "")):
            answer = httpx.get(f"{stage.address}/", headers={"cookie": f"{name}={bad}"})
            assert answer.status_code == 303


def test_a_password_lets_in_and_a_removed_person_is_out_at_once(office: Stage) -> None:
    people_of(office).add("gone", "viewer", PASSWORD)
    with httpx.Client(base_url=office.address, timeout=30) as client:
        wrong = client.post("/login", data={"name": "gone", "password": "not the password"})
        assert wrong.status_code == 401 and "do not go together" in wrong.text
        assert client.post("/login", data={"name": "gone", "password": PASSWORD}).status_code == 303
        assert client.get("/").status_code == 200
        people_of(office).remove("gone")
        assert client.get("/").status_code == 303


def test_another_password_ends_the_sessions_that_the_old_one_began(office: Stage) -> None:
    people_of(office).add("other", "viewer", PASSWORD)
    with httpx.Client(base_url=office.address, timeout=30) as client:
        given = {"name": "other", "password": PASSWORD}
        assert client.post("/login", data=given).status_code == 303
        people_of(office).change("other", role="operator")
        assert "other · operator" in client.get("/").text
        people_of(office).add("other", "operator", f"{PASSWORD} staple")
        assert client.get("/").status_code == 303


def test_logging_out_ends_the_session_also_for_who_kept_the_cookie(office: Stage) -> None:
    with enter(office, "viewer") as client:
        (name,) = client.cookies
        kept = client.cookies[name]
        assert client.post("/logout", data={"csrf": "wrong"}).status_code == 403
        answer = client.post("/logout", data={"csrf": csrf_of(client)})
        assert answer.status_code == 303 and answer.headers["clear-site-data"]
        again = httpx.get(f"{office.address}/", headers={"cookie": f"{name}={kept}"})
        assert again.status_code == 303


def test_after_some_wrong_tries_no_more_are_made_for_a_while(office: Stage) -> None:
    with staged(Workspace(office.workspace.root, environ={})) as strict:
        given = {"name": "viewer@example.com", "password": "guess guess"}
        codes = [httpx.post(f"{strict.address}/login", data=given).status_code for _ in range(7)]
        assert codes == [401] * 5 + [429] * 2
        good = {"name": "viewer@example.com", "password": PASSWORD}
        answer = httpx.post(f"{strict.address}/login", data=good)
        assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 60


def test_of_many_tries_at_once_no_more_are_judged_than_one_after_another(office: Stage) -> None:
    async def all_at_once(address: str) -> list[int]:
        given = {"name": "viewer@example.com", "password": "guess guess"}
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            asked = (client.post("/login", data=given) for _ in range(30))
            return sorted(answer.status_code for answer in await asyncio.gather(*asked))

    with staged(Workspace(office.workspace.root, environ={})) as strict:
        assert asyncio.run(all_at_once(strict.address)) == [401] * 5 + [429] * 25


def test_who_is_let_in_has_spent_no_try(office: Stage) -> None:
    with staged(Workspace(office.workspace.root, environ={})) as strict:
        good = {"name": "viewer@example.com", "password": PASSWORD}
        codes = [httpx.post(f"{strict.address}/login", data=good).status_code for _ in range(7)]
        assert codes == [303] * 7


def wrong_tries(port: int, at: str, *asks: str) -> list[int]:
    """What is answered where somebody at the address `at` says that these ask, each once."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=at), timeout=30) as client:
        there = f"http://127.0.0.1:{port}/login?token=guess"
        told = ({"host": "cx.example", "x-forwarded-for": one} for one in asks)
        return [client.get(there, headers=one).status_code for one in told]


def test_who_asks_is_believed_of_proxies_that_are_trusted_and_of_nobody_else(office: Stage) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wish = {"url": "https://cx.example", "port": port, "proxies": ("127.0.0.2", "127.0.1.0/24")}
    with staged(Workspace(office.workspace.root, environ={}), **wish):
        many = [f"198.51.100.{number}" for number in range(6)]
        assert wrong_tries(port, "127.0.0.3", *many) == [401] * 5 + [429]
        assert wrong_tries(port, "127.0.0.2", *many) == [401] * 6
        assert wrong_tries(port, "127.0.1.9", *["203.0.113.7"] * 6) == [401] * 5 + [429]
        assert wrong_tries(port, "127.0.1.9", "203.0.113.8") == [401]


def test_patience_comes_back_with_time() -> None:
    patience = Patience(tries=2, within=0.05)
    patience.wrong("a")
    assert not patience.spent("a")
    patience.wrong("a", "b")
    assert patience.spent("a") and not patience.spent("b")
    end = asyncio.run(_until_spent_is_over(patience))
    assert end == 0


async def _until_spent_is_over(patience: Patience) -> float:
    async with asyncio.timeout(10):
        while patience.spent("a"):
            await asyncio.sleep(0.01)
    return patience.spent("a")


def test_a_viewer_reads_and_changes_nothing(office: Stage) -> None:
    with enter(office, "viewer") as client:
        name = incident_of(client)
        text = client.get(f"/incidents/{name}").text
        assert "/acknowledge" not in text and "An operator takes it" in text
        given = {"csrf": csrf_of(client), "text": "hello"}
        for deed in ("acknowledge", "notes", "waive"):
            assert client.post(f"/incidents/{name}/{deed}", data=given).status_code == 403
        assert client.get(f"/api/v1/incidents/{name}").json()["notes"] == []


def test_an_operator_takes_notes_and_waives(office: Stage) -> None:
    with enter(office, "operator") as client:
        name, csrf = incident_of(client), csrf_of(client)
        form = {"csrf": csrf}
        taken = client.post(f"/incidents/{name}/acknowledge", data={**form, "note": "on it"})
        assert taken.status_code == 303
        noted = {**form, "text": "we are\nmending it", "public": "yes"}
        assert client.post(f"/incidents/{name}/notes", data=noted).status_code == 303
        borne = {**form, "journey": "gift-card", "reason": 'known: "quoted"', "until": SOON}
        assert client.post(f"/incidents/{name}/waive", data=borne).status_code == 303
        told = client.get(f"/api/v1/incidents/{name}").json()
        assert told["acknowledged"] == "operator@example.com: on it" or told["acknowledged"]
        assert [n["public"] for n in told["notes"]] == [False, True]
        text = client.get(f"/incidents/{name}").text
        assert "taken: on it" in text and "for customers" in text
        waivers = client.get("/api/v1/waivers").json()["waivers"]
        assert [w["reason"] for w in waivers] == ['known: "quoted"', "vendor mends it"]
        assert waivers[0]["owner"] == "operator@example.com"
        assert "waived: known" in client.get("/").text


def test_what_makes_no_waiver_is_told_and_changes_nothing(office: Stage) -> None:
    with enter(office, "operator") as client:
        name, csrf = incident_of(client), csrf_of(client)
        before = (office.workspace.root / "cxassure.yaml").read_bytes()
        for given in (
            {"journey": "gift-card", "reason": "", "until": SOON},
            {"journey": "gift-card", "reason": "x", "until": "yesterday"},
            {"journey": "gift-card", "reason": "x", "until": "2001-01-01"},
            {"journey": "gift-card", "reason": "x", "until": "2099-12-31"},
            {"journey": "*", "reason": "x", "until": SOON},
        ):
            answer = client.post(f"/incidents/{name}/waive", data={"csrf": csrf, **given})
            assert answer.status_code == 422, given
        assert (office.workspace.root / "cxassure.yaml").read_bytes() == before


def test_a_form_of_another_site_or_session_changes_nothing(office: Stage) -> None:
    with enter(office, "operator") as client, enter(office, "operator") as other:
        address = f"/incidents/{incident_of(client)}/notes"
        good = {"csrf": csrf_of(client), "text": "hello"}
        assert client.post(address, data={"text": "hello"}).status_code == 403
        assert client.post(address, data={**good, "csrf": csrf_of(other)}).status_code == 403
        site = {"sec-fetch-site": "cross-site"}
        assert client.post(address, data=good, headers=site).status_code == 403
        origin = {"origin": "https://evil.example"}
        assert client.post(address, data=good, headers=origin).status_code == 403
        assert client.get(address).status_code == 405
        large = {**good, "text": "x" * 100_000}
        assert client.post(address, data=large).status_code == 413
        own = {"origin": office.address}
        assert client.post(address, data=good, headers=own).status_code == 303


def test_a_program_shows_its_token_and_may_what_its_role_may(office: Stage) -> None:
    reader, doer = (
        people_of(office).token(n, r) for n, r in (("ci", "viewer"), ("bot", "operator"))
    )
    with httpx.Client(base_url=office.address, timeout=30) as client:
        shown = {"authorization": f"Bearer {reader}"}
        told = client.get("/api/v1/incidents", headers=shown).json()["incidents"]
        address = f"/api/v1/incidents/{told[0]['id']}/notes"
        assert client.post(address, json={"text": "x"}, headers=shown).status_code == 403
        shown = {"authorization": f"Bearer {doer}"}
        answer = client.post(address, json={"text": "from CI", "public": False}, headers=shown)
        assert answer.status_code == 201 and answer.json()["notes"][-1]["by"] == "bot"
        assert (
            client.get("/api/v1/now", headers={"authorization": "Bearer cx_no"}).status_code == 401
        )
        people_of(office).remove("bot")
        assert client.get("/api/v1/now", headers=shown).status_code == 401


def test_neither_passwords_nor_tokens_are_kept_and_nobody_else_reads_the_files(
    office: Stage,
) -> None:
    token = people_of(office).token("kept", "viewer")
    folder = office.workspace.store.reports / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in SECRETS:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        text = (folder / name).read_text()
        assert PASSWORD not in text and token not in text


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"host": "0.0.0.0"}, "nobody is known who may look"),
        ({"url": "https://cx.example"}, "nobody is known who may look"),
        (
            {"host": "0.0.0.0", "issuer": "https://id.example", "client": "a", "secret": "b"},
            "clear",
        ),
        ({"issuer": "http://id.example", "client": "a", "secret": "b"}, "https"),
        ({"issuer": "https://id.example"}, "client"),
        ({"url": "cx.example"}, "no address"),
        ({"url": "https://cx.example", "proxies": ("proxy.example",)}, "of a proxy"),
        ({"url": "https://cx.example", "proxies": ("0.0.0.0/0",)}, "of a proxy"),
        ({"url": "https://cx.example", "proxies": ("*",)}, "of a proxy"),
    ],
)
def test_it_does_not_start_where_strangers_could_look(
    tmp_path: Path, wish: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said), staged(Workspace(tmp_path, environ={}), **wish):
        pass


def test_behind_a_proxy_the_cookie_is_for_tls_alone_and_no_link_lets_in(office: Stage) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wish = {"url": "https://cx.example", "port": port}
    with staged(Workspace(office.workspace.root, environ={}), **wish) as away:
        assert away.entrance == "https://cx.example"
        given = {"name": "viewer@example.com", "password": PASSWORD}
        answer = httpx.post(
            f"http://127.0.0.1:{port}/login", data=given, headers={"host": "cx.example"}
        )
        assert "Secure" in answer.headers["set-cookie"]
        form = httpx.get(f"http://127.0.0.1:{port}/login", headers={"host": "cx.example"}).text
        assert 'name="password"' in form and "cxassure serve" not in form


def test_over_tls_sessions_are_bound_to_the_host(office: Stage, tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    wish = {"certificate": certificate, "key": key, "host": "127.0.0.1"}
    trust = ssl.create_default_context(cafile=str(certificate))
    with (
        staged(Workspace(office.workspace.root, environ={}), **wish) as safe,
        httpx.Client(verify=trust, base_url=safe.address, timeout=30) as client,
    ):
        answer = client.get(safe.entrance)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-cxassure=") and "Secure" in cookie
        assert answer.headers["strict-transport-security"]
        assert client.get("/").status_code == 200


def _certificate(folder: Path) -> tuple[Path, Path]:
    """One for this machine, signed by itself."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("/runs?a=1", "/runs?a=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_logging_in_leads_to_our_own_pages_only(address: str, there: str) -> None:
    assert inside(address) == there
