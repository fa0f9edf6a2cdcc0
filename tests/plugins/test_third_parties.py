"""A third party's package: a channel, a chat connector and a matcher, installed from a wheel and
used by the real command with nothing of ours told about them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHANNEL = '''
"""A loft of carrier pigeons, kept as a folder of letters."""

from pathlib import Path

from cxassure.channel import Session, facet, verb
from cxassure.errors import CannotLook


class Pigeons(Session):
    """Letters by pigeon: what is sent to the loft comes back read."""

    async def open(self, colour: str = "grey") -> None:
        self.loft = Path(self.opening.target.address)
        self.colour = colour
        if not self.loft.is_dir():
            raise CannotLook(f"there is no loft at {self.loft}", "make the folder")

    @verb()
    async def send(self, letter: str) -> None:
        """Sends a pigeon with a letter.

        Example: `kim: {send: How are you}`
        """
        (self.loft / "letter").write_text(letter)
        self.note("customer", "sent", letter)
        self.note("company", "letter", f"your {self.colour} pigeon brought: {letter}")

    @verb(passive=True)
    async def wait(self) -> None:
        """Waits for a pigeon.

        Example: `kim: wait`
        """

    @facet()
    def letter(self) -> str | None:
        """What the loft has answered.

        Example: `letter: {contains: fine}`
        """
        heard = self.heard("letter")
        return heard.text if heard else None
'''
CONNECTOR = '''
"""A parrot, reached as any bot is."""

from cxassure.channels.chat.connector import Bubble, Connector, EndOfTurn


class Parrot(Connector):
    """Says everything twice."""

    async def open(self, visit, patience):
        self.deliver(Bubble("Who is there?"))
        self.deliver(EndOfTurn())

    async def send(self, text, patience):
        self.deliver(Bubble(f"{text} {text}"))
        self.deliver(EndOfTurn())

    async def close(self):
        pass
'''
MATCHER = '''
"""Whether a text says something twice in a row."""

from cxassure.errors import Misread
from cxassure.matcher import Matcher, text_of


def _twice(expected, seen):
    return f"{expected} {expected}" in text_of(seen)


def _text(expected, kind):
    if not isinstance(expected, str):
        raise Misread("a single value is expected here")


twice = Matcher("twice", _twice, lambda expected: f"«{expected}» twice", _text,
                kinds=frozenset(("text",)))
'''
POINTS = """
[cxassure.channels]
pigeon = aviary.channel:Pigeons

[cxassure.connectors]
chat.parrot = aviary.connector:Parrot

[cxassure.matchers]
twice = aviary.matcher:twice
"""
ABOUT = "aviary-1.0.dist-info"
FILES = {
    "aviary/__init__.py": '"""Birds."""\n',
    "aviary/channel.py": CHANNEL,
    "aviary/connector.py": CONNECTOR,
    "aviary/matcher.py": MATCHER,
    f"{ABOUT}/METADATA": "Metadata-Version: 2.1\nName: aviary\nVersion: 1.0\n",
    f"{ABOUT}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\n"
    "Tag: py3-none-any\n",
    f"{ABOUT}/entry_points.txt": POINTS,
}
SETTINGS = """\
within: 2s
look_on: 0s
environments:
  here:
    rehearsal: true
    targets:
      loft: {address: "%s"}
      perch: {address: "tree:1", over: parrot, quiet: 100ms}
"""
JOURNEY = """\
journey: birds
parties:
  kim: {channel: pigeon, target: loft, colour: white}
  lee: {channel: chat, target: perch}
steps:
  - kim: {send: How are you}
    expect: {letter: {contains: your white pigeon}}
    keep: {said: {letter: {matches: "brought: (.*)"}}}
  - lee: {say: "${said}"}
    expect: {reply: {twice: "${said}"}}
"""
SUITE = """
from typing import ClassVar
from cxassure.settings import Target
from cxassure.surfaces.testing.conformance import Conformance


class TestPigeons(Conformance):
    channel = "pigeon"
    lasting = ("send", "coo")

    def target(self) -> Target:
        return Target(name="loft", address="%s")


class TestParrots(Conformance):
    channel, connector = "chat", "parrot"
    lasting = ("say", "hello")

    def target(self) -> Target:
        return Target(name="perch", address="tree:1", options={"quiet": "100ms"})
"""


def wheel(folder: Path) -> Path:
    """A wheel as the packaging specification has it, with hashes in its RECORD."""
    path = folder / "aviary-1.0-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(path, "w") as file:
        for name, text in FILES.items():
            file.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record.append(f"{name},sha256={digest.decode().rstrip('=')},{len(text.encode())}")
        file.writestr(f"{ABOUT}/RECORD", "\n".join([*record, f"{ABOUT}/RECORD,,"]) + "\n")
    return path


def typed(cwd: Path, site: Path | None, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CXASSURE_", "PYTEST_"))}
    return subprocess.run(
        [Path(sys.executable).with_name(words[0]), *words[1:]],
        cwd=cwd,
        env={**kept, **({"PYTHONPATH": str(site)} if site else {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has installed the package."""
    folder = tmp_path_factory.mktemp("aviary")
    command = "pip install --quiet --no-index --no-deps --no-cache-dir --target".split()
    subprocess.run(
        [sys.executable, "-m", *command, folder / "site", wheel(folder)],
        check=True,
        timeout=120,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"},
    )
    return folder / "site"


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    """A workspace whose journey needs the package."""
    (tmp_path / "loft").mkdir()
    (tmp_path / "journeys").mkdir()
    (tmp_path / "cxassure.yaml").write_text(SETTINGS % (tmp_path / "loft"))
    (tmp_path / "journeys/birds.yaml").write_text(JOURNEY)
    return tmp_path


def test_a_journey_runs_over_a_third_partys_channel_connector_and_matcher(
    birds: Path, site: Path
) -> None:
    done = typed(birds, site, "cxassure", "run", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert [step["verb"] for step in run["steps"] if step["verb"]] == ["send", "say"]
    assert (birds / "loft/letter").read_text() == "How are you"


def test_its_failures_are_told_as_ours_are(birds: Path, site: Path) -> None:
    broken = JOURNEY.replace('twice: "${said}"', "twice: something else")
    (birds / "journeys/birds.yaml").write_text(broken)
    done = typed(birds, site, "cxassure", "run")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "lee say" in done.stdout
    assert "«something else» twice" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_its_words_are_in_the_reference_the_schema_and_the_checks(birds: Path, site: Path) -> None:
    told = typed(birds, site, "cxassure", "channels", "pigeon", "--json")
    assert set(json.loads(told.stdout)["verbs"]) == {"send", "wait"}
    assert "parrot" in typed(birds, site, "cxassure", "channels", "chat").stdout
    schema = typed(birds, site, "cxassure", "schema").stdout
    assert "pigeon" in schema
    wrong = JOURNEY.replace("{send:", "{sned:").replace("twice:", "twicce:")
    (birds / "journeys/birds.yaml").write_text(wrong)
    checked = typed(birds, site, "cxassure", "check")
    assert checked.returncode == 2
    assert "did you mean «send»?" in checked.stderr
    assert "did you mean «twice»?" in checked.stderr


def test_without_the_package_the_journey_says_what_is_missing(birds: Path, site: Path) -> None:
    done = typed(birds, None, "cxassure", "check")
    assert done.returncode == 2
    assert "unknown channel «pigeon»" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_package_is_held_to_the_suite_that_ours_are_held_to(tmp_path: Path, site: Path) -> None:
    (tmp_path / "loft").mkdir()
    (tmp_path / "test_birds.py").write_text(SUITE % (tmp_path / "loft"))
    done = typed(tmp_path, site, "pytest", "-q", "-p", "no:cacheprovider", "test_birds.py")
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) >= 20, done.stdout


def test_a_package_that_does_not_load_is_told_and_harms_no_other(birds: Path, site: Path) -> None:
    broken = birds / "site"
    (broken / "wreck-1.0.dist-info").mkdir(parents=True)
    (broken / "wreck-1.0.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: wreck\nVersion: 1.0\n"
    )
    (broken / "wreck-1.0.dist-info/entry_points.txt").write_text(
        "[cxassure.channels]\nwreck = wreck:Nothing\n"
    )
    done = typed(birds, Path(f"{site}{os.pathsep}{broken}"), "cxassure", "run")
    assert done.returncode == 0, done.stdout + done.stderr
    told = typed(birds, broken, "cxassure", "channels", "wreck")
    assert told.returncode in (2, 3)
    assert "«wreck» (wreck:Nothing) cannot be loaded" in told.stderr
    everything = typed(birds, broken, "cxassure", "channels")
    assert everything.returncode == 3
    assert "wreck:Nothing" in everything.stderr
    assert "Traceback" not in everything.stderr
    assert everything.stdout.startswith("agent ")
