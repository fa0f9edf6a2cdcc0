"""Secrets stay in: the mask on any secret and any text, and canaries in every channel."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from handwriting import betrays, written
from hypothesis import given
from hypothesis import strategies as st

from cxassure.engine.masking import SHORTEST, Mask
from cxassure.errors import CannotLook
from cxassure.events import Observed, encode

CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"])
SECRETS = st.text(CHARACTERS, min_size=8, max_size=40).filter(lambda text: len(set(text)) > 3)
NUMBERS = st.text("0123456789", min_size=12, max_size=19).filter(lambda text: len(set(text)) > 3)
AROUND = st.text(st.sampled_from("<>&\"'{}:=,. \n"), max_size=12)


@given(SECRETS, AROUND, AROUND)
def test_no_form_of_a_secret_is_left_in_text_or_evidence(
    secret: str, before: str, after: str
) -> None:
    mask = Mask({"key": secret})
    for form, seen in written(secret).items():
        text = f"{before}{seen}{after}"
        assert not betrays(mask.text(text), secret, form), form
        assert not betrays(mask.data(text.encode()).decode(), secret, form), form
        assert "‹secret.key›" in mask.text(text), form


@given(SECRETS, AROUND)
def test_no_form_of_a_secret_is_left_in_an_event(secret: str, around: str) -> None:
    mask = Mask({"key": secret})
    for form, seen in written(secret).items():
        data = {"list": [seen, 1], around + seen: {"deep": around + seen}}
        event = Observed(
            step=1, at=0.5, party="kim", channel="chat", who="company", what="said",
            text=around + seen, seconds=0.0, data=data,
        )  # fmt: skip
        masked = mask.event(event)
        for line in (encode(masked).decode(), json.dumps(json.loads(encode(masked)))):
            assert not betrays(line, secret, form), form
        assert isinstance(masked, Observed)
        assert not betrays(masked.text, secret, form), form
        assert (masked.step, masked.at, masked.party) == (1, 0.5, "kim")


@given(NUMBERS)
def test_a_card_number_is_masked_however_it_is_grouped_or_spelt(number: str) -> None:
    mask = Mask({"card": number})
    fours = [number[n : n + 4] for n in range(0, len(number), 4)]
    for seen in (" ".join(fours), "-".join(fours), " ".join(number)):
        assert mask.text(f"«{seen}»") == "«‹secret.card›»"


@given(NUMBERS)
def test_a_secret_that_became_a_number_on_its_way_is_masked(number: str) -> None:
    number = "1" + number[1:]
    event = Observed(
        step=1, at=0.0, party="kim", channel="api", who="company", what="answered", text="",
        seconds=0.0, data={"json": {"card": int(number)}},
    )  # fmt: skip
    assert number not in encode(Mask({"card": number}).event(event)).decode()


@given(SECRETS, st.text(CHARACTERS, max_size=200))
def test_innocent_text_is_left_as_it_is(secret: str, text: str) -> None:
    mask = Mask({"key": secret})
    if not any(seen in text for seen in written(secret).values()) and not mask.conceals(text):
        assert mask.text(text) == text
        assert mask.data(text.encode()) == text.encode()


@given(st.binary(max_size=300))
def test_evidence_that_is_no_text_passes_unharmed(data: bytes) -> None:
    mask = Mask({"key": "a secret that is nowhere"})
    assert mask.data(data) == data


@given(SECRETS, SECRETS)
def test_one_secret_inside_another_gives_neither_away(one: str, other: str) -> None:
    mask = Mask({"one": one, "both": one + other, "other": other})
    for text in (one + other, f"{one} {other}", other + one, one + other + other):
        masked = mask.text(text)
        assert one not in masked
        assert other not in masked


@given(st.text(CHARACTERS, min_size=1, max_size=SHORTEST - 1))
def test_a_secret_too_short_to_be_masked_is_refused(secret: str) -> None:
    with pytest.raises(CannotLook) as told:
        Mask({"pin": secret})
    assert "secret.pin" in str(told.value)
    assert told.value.hint


def test_without_secrets_nothing_is_touched() -> None:
    for mask in (Mask({}), Mask({"unset": ""})):
        assert mask.text("anything") == "anything"
        assert not mask.conceals("anything")


# Canaries: secrets planted in every channel, looked for in all that comes out

CANARIES = {
    "word": 'Canary "q" <&> \'é/+~ 7719',
    "key": "k3y/Canary+0815==",
    "digits": "739164820571",
    "mail": "canary.nest@example.com",
    "twilio_token": "tok-Canary-55aa",
}
TARGETS = {
    "shop": "{}",
    "help-bot": "{over: http}",
    "help-bot-socket": "{over: websocket}",
    "back-office": '{headers: {X-Key: "${secret.key}"}}',
    "mailbox": "{over: mailpit}",
    "support-line": '{over: twiml, number: "+15550199", auth_token: "${secret.twilio_token}"}',
    "billing-desk": "{over: twiml}",
}
PARTIES = """\
parties:
  shopper: {channel: web, target: shop}
  asker: {channel: chat, target: help-bot}
  writer: {channel: chat, target: help-bot-socket}
  office: {channel: api, target: back-office}
  mailbox: {channel: inbox, target: mailbox, address: "${secret.mail}"}
  caller: {channel: ivr, target: support-line}
  agent: {channel: agent, target: billing-desk}
"""
STEPS = [
    ("shopper", '{open: "/search?q=${secret.key}"}', "page: {contains: Search}"),
    ("shopper", '{fill: {Search: "${secret.word}"}}', ""),
    ("shopper", "{click: Find}", "page: {contains: Nothing found}"),
    ("shopper", "{open: /account/sign-in}", ""),
    ("shopper", '{fill: {E-mail: "${secret.mail}", Password: "${secret.word}"}}', ""),
    ("shopper", "{click: Continue}", "page: {contains: the password is wrong}"),
    ("asker", '{say: "My name is ${secret.word}"}', "reply: {contains: sorry}"),
    ("writer", '{say: "My card is ${secret.digits}"}', "reply: {contains: sorry}"),
    ("office", '{get: {path: "/orders?email=${secret.word}", query: {k: "${secret.key}"}}}', ""),
    (
        "office",
        '{post: {path: /orders, json: {email: "${secret.mail}", name: "${secret.word}"}}}',
        "status: 201",
    ),
    ("shopper", "{open: /gift-cards}", ""),
    ("shopper", "{click: Add to basket}", "page: {contains: 1 item in your basket}"),
    ("shopper", "{open: /checkout}", ""),
    (
        "shopper",
        '{fill: {Name on card: "${secret.word}", Card number: "4242424242424242", '
        'Expiry date: 12/34, Security code: "123", E-mail: "${secret.mail}", '
        'Mobile number: "+15550177"}}',
        "",
    ),
    ("shopper", "{click: Pay now}", "page: {contains: receipt}"),
    ("mailbox", "{wait_for: {subject: Your receipt}}", "message: {contains: your order}"),
    ("caller", "dial", "prompt: {contains: welcome}"),
    ("caller", '{say: "${secret.word}"}', "prompt: {contains: sorry}"),
    ("caller", '{press: "1"}', "prompt: {contains: eight digits}"),
    ("caller", '{press: "${secret.digits}#"}', ""),
]
TRACED = """\
journey: traced
parties:
  searcher: {channel: web, target: shop}
  member: {channel: web, target: shop, headers: {X-Key: "${secret.key}"}}
  stranger: {channel: web, target: shop}
steps:
  - searcher: {open: "/search?q=${secret.key}"}
  - member: {open: /}
  - stranger: {open: /}
"""
FACET = {"shopper": "page", "asker": "reply", "writer": "reply", "office": "body"}
FACET |= {"mailbox": "message", "caller": "prompt"}


def journey(name: str, failing: bool) -> str:
    lines = [f"journey: {name}", PARTIES + "steps:"]
    for party, deed, expected in STEPS:
        expected = f"{FACET[party]}: {{contains: never said}}" if failing else expected
        lines.append(f"  - {party}: {deed}")
        lines += ["    carry_on: true", "    within: 200ms"] if failing else ["    within: 20s"]
        lines += [f"    expect: {{{expected}}}"] if expected else []
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def nest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A workspace with canaries in every channel, and the environment that holds them."""
    root = tmp_path_factory.mktemp("nest")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("CXASSURE_", "PYTEST_"))}
    command = [sys.executable, "-m", "cxassure.demo", "--with-parent", "--speed", "0.1"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**environ, "DEMO_TWILIO_TOKEN": CANARIES["twilio_token"]},
    ) as company:
        assert company.stdout and company.stdin
        addresses = json.loads(company.stdout.readline())["targets"]
        rows = [
            f'      {name}: {{address: "{addresses[name]}", {options[1:]}'
            for name, options in TARGETS.items()
        ]
        settings = "look_on: 0s\nenvironments:\n  here:\n    rehearsal: true\n    targets:\n"
        rows += [
            "    secrets:",
            *(f"      {n}: {{env: CXASSURE_SECRET_{n.upper()}}}" for n in CANARIES),
        ]
        (root / "cxassure.yaml").write_text(settings + "\n".join(rows) + "\n", "utf-8")
        (root / "journeys").mkdir()
        for name in ("healthy", "failing"):
            text = journey(name, name == "failing")
            (root / f"journeys/{name}.yaml").write_text(text, "utf-8")
        (root / "journeys/traced.yaml").write_text(TRACED, "utf-8")
        planted = {f"CXASSURE_SECRET_{n.upper()}": value for n, value in CANARIES.items()}
        yield root, {**environ, **planted}
        company.stdin.close()
        company.wait(20)


def typed(nest: tuple[Path, dict[str, str]], *words: str) -> subprocess.CompletedProcess[str]:
    root, environ = nest
    return subprocess.run(
        [Path(sys.executable).with_name(words[0]), *words[1:]],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def opened(path: Path) -> bytes:
    """What is in a file; of an archive, the names and all that is packed."""
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith((".png", ".jpeg"))]
        return b"\n".join([*map(str.encode, names), *map(archive.read, names)])


def sightings(root: Path, *texts: str) -> list[str]:
    """Where a canary is seen, in any form, in files below `root` or in `texts`."""
    files = {p: opened(p) for p in root.rglob("*") if p.is_file() and ".png" not in p.name}
    told = {str(path.relative_to(root)): data.decode("latin-1") for path, data in files.items()}
    told |= {f"text {n}": text.encode().decode("latin-1") for n, text in enumerate(texts)}
    return [
        f"{name} {form}: {place}"
        for place, text in told.items()
        for name, secret in CANARIES.items()
        for form in written(secret)
        if betrays(text, secret.encode().decode("latin-1"), form) or betrays(text, secret, form)
    ]


Said = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def driven(nest: tuple[Path, dict[str, str]]) -> tuple[Said, Said]:
    """What was said while both journeys were compiled and run."""
    made = typed(nest, "cxassure", "compile")
    return made, typed(nest, "cxassure", "run", "--trace", "--json", "a.json", "--junit", "a.xml")


def test_no_canary_is_seen_in_anything_that_a_run_leaves(
    nest: tuple[Path, dict[str, str]], driven: tuple[Said, Said]
) -> None:
    root, (made, done) = nest[0], driven
    told = typed(nest, "cxassure", "report", "--json")
    runs = {run["journey"]: run for run in json.loads((root / "a.json").read_text())["runs"]}
    assert runs["healthy"]["verdict"] == "passed", runs["healthy"]["why"]
    steps = [step for step in runs["failing"]["steps"] if step["part"] == "steps"]
    assert {step["verdict"] for step in steps} == {"failed"}, [s["why"] for s in steps]
    kept = {one["name"] for step in steps for one in step["evidence"]}
    assert len(kept) >= 4, kept
    everything = "".join(p.read_text("utf-8") for p in root.rglob("events.jsonl"))
    for name in CANARIES:
        if name != "twilio_token":  # it only signs
            assert f"‹secret.{name}›" in everything, f"{name} was never typed"
    assert sightings(root, made.stdout + made.stderr, done.stdout + done.stderr, told.stdout) == []


def test_a_trace_is_kept_only_where_no_secret_is_packed_in_it(
    nest: tuple[Path, dict[str, str]], driven: tuple[Said, Said]
) -> None:
    runs = {run["journey"]: run for run in json.loads((nest[0] / "a.json").read_text())["runs"]}
    assert runs["traced"]["verdict"] == "passed", runs["traced"]["why"]
    last = runs["traced"]["steps"][-1]
    assert [why.partition(": ")[0] for why in last["findings"]] == [
        "trace.zip of member was not kept",
        "trace.zip of searcher was not kept",
    ]
    assert [one["name"] for one in last["evidence"]] == ["trace.zip"]  # the stranger's


def layers(data: bytes) -> Iterator[str]:
    """`data` as text, then what is wrapped in it: strings of JSON, base64, JSON in either."""
    text = data.decode("utf-8", "replace")
    yield text
    for line in (text, *text.splitlines()):
        with contextlib.suppress(ValueError):
            yield from (inner for one in strings(json.loads(line)) for inner in layers(one))
    for run in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        whole = run[: len(run) // 4 * 4].replace("-", "+").replace("_", "/")
        decoded = base64.b64decode(whole)
        if decoded.isascii() or b"Canary" in decoded:
            yield from layers(decoded)


def strings(value: object) -> Iterator[bytes]:
    if isinstance(value, dict):
        yield from (inner for one in value.items() for side in one for inner in strings(side))
    elif isinstance(value, list):
        yield from (inner for one in value for inner in strings(one))
    elif isinstance(value, str):
        yield value.encode("utf-8", "replace")


def test_no_canary_is_wrapped_in_anything_of_a_bundle(
    nest: tuple[Path, dict[str, str]], driven: tuple[Said, Said]
) -> None:
    root, _ = nest
    typed(nest, "cxassure", "bundle", "failing", "--to", "ticket.zip")
    seen = []
    with zipfile.ZipFile(root / "ticket.zip") as archive:
        names = [name for name in archive.namelist() if not name.endswith((".png", ".jpg"))]
        for name in names:
            for text in layers(archive.read(name)):
                seen += [f"{c} in {name}" for c, secret in CANARIES.items() if secret in text]
    assert len(names) > 10
    assert sorted(set(seen)) == []


def test_the_search_in_layers_would_see_a_canary() -> None:
    word = CANARIES["word"]
    for wrapped in (
        json.dumps({"a": [word]}),
        json.dumps({"text": json.dumps({"name": json.dumps([word])})}),
        json.dumps({"body": base64.b64encode(json.dumps([word]).encode()).decode()}),
    ):
        assert any(word in text for text in layers(wrapped.encode())), wrapped


def test_no_canary_is_seen_in_what_pytest_tells(nest: tuple[Path, dict[str, str]]) -> None:
    root, _ = nest
    done = typed(nest, "pytest", "journeys/failing.yaml", "--junitxml", "b.xml", "-l", "--tb=long")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ failing" in done.stdout
    assert sightings(root, done.stdout, done.stderr) == []


def test_the_search_for_canaries_would_see_one(tmp_path: Path) -> None:
    for form, text in written(CANARIES["word"]).items():
        (tmp_path / "leak.txt").write_text(f"so {text} it is", "utf-8")
        assert any(form in line for line in sightings(tmp_path)), form
