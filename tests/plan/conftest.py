"""Sample channels to compile against: small, but with every kind of argument and facet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypedDict

import pytest

from cxassure import plan, spec
from cxassure.channel import Heard, Seconds, Session, facet, verb
from cxassure.errors import Misread, UsageError
from cxassure.grammar import Grammar, grammar
from cxassure.settings import Environment, SecretSource, Settings, Target
from cxassure.text import Raw, guess


class Locator:
    KEYS: ClassVar[frozenset[str]] = frozenset(("role", "name", "testid", "title", "nth"))

    @classmethod
    def read(cls, raw: Raw) -> Locator:
        if isinstance(raw, dict) and "nth" in raw and not str(raw["nth"]).isdecimal():
            raise Misread(f"«{raw['nth']}» is no position", where=("nth",))
        if isinstance(raw, list):
            raise Misread("one thing is pointed at here")
        return cls()


class Console(TypedDict):
    no_errors: bool
    errors: int


class Web(Session):
    """A browser."""

    async def open(self, device: str = "", width: int = 0) -> None: ...

    @verb()
    async def open_(self, path: str, until: str = "load") -> None:
        """Opens a page."""

    @verb()
    async def click(self, what: Locator) -> None:
        """Clicks a thing."""

    @verb()
    async def fill(self, fields: dict[str, str], frame: str = "") -> None:
        """Fills fields."""

    @verb(passive=True)
    async def wait(self, how_long: Seconds = Seconds(1)) -> None:
        """Waits."""

    @facet()
    def page(self) -> str | None:
        """The page's text."""

    @facet()
    def title(self) -> str | None:
        """The page's title."""

    @facet()
    def count(self, of: Locator) -> int:
        """How many there are."""
        return 0

    @facet(fields=Console)
    def console(self) -> dict[str, Any] | None:
        """What the console says."""

    @facet()
    def timing(self) -> Seconds | None:
        """How long the page took."""


class Chat(Session):
    """A conversation."""

    @verb()
    async def say(self, text: str) -> None:
        """Says something."""

    @verb()
    async def pick(self, option: str) -> None:
        """Picks a quick reply."""

    @facet()
    def reply(self) -> Heard | None:
        """What was answered."""

    @facet()
    def replies(self) -> list[str] | None:
        """Every answer."""


class Ivr(Session):
    """A caller."""

    async def open(self, number: str = "") -> None: ...

    @verb()
    async def dial(self, number: str = "") -> None:
        """Dials."""

    @verb()
    async def press(self, keys: str) -> None:
        """Presses keys."""

    @verb()
    async def speak(self, words: str) -> None:
        """Speaks."""

    @verb()
    async def say(self, text: str) -> None:
        """Says something."""

    @verb()
    async def hang_up(self) -> None:
        """Ends the call."""

    @verb(passive=True)
    async def listen(self) -> None:
        """Listens."""

    @facet()
    def prompt(self) -> Heard | None:
        """What is played."""

    @facet()
    def audio(self, way: str) -> bool:
        """Who hears whom."""
        return True


class Agent(Session):
    """A desk."""

    @verb()
    async def answer(self) -> None:
        """Answers."""

    @verb()
    async def hang_up(self) -> None:
        """Ends the call."""

    @verb()
    async def speak(self, words: str) -> None:
        """Speaks."""

    @facet()
    def context(self) -> Mapping[str, str] | None:
        """What comes with the call."""


CHANNELS = {"web": Web, "chat": Chat, "ivr": Ivr, "agent": Agent}


def sample_language(channel: str) -> Grammar:
    if channel not in CHANNELS:
        raise UsageError(f"unknown channel «{channel}»", guess(channel, CHANNELS))
    return grammar(channel, CHANNELS[channel])


TARGETS = "shop help-bot support-line billing-desk".split()
SETTINGS = Settings(
    environments={
        "rehearsal": Environment(
            name="rehearsal",
            targets={name: Target(name=name, address="demo") for name in TARGETS},
            secrets={"test_card": SecretSource(env="TEST_CARD")},
        )
    }
)


class Workspace:
    """A folder of files to be read and compiled against the sample channels."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, text: str, name: str = "journey.yaml") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def plan(self, *texts: str) -> plan.Plan:
        """What comes of the files, with the problems of reading and compiling together."""
        for number, text in enumerate(texts):
            self.put(text, f"file-{number}.yaml")
        library = spec.read([self.root], self.root)
        made = plan.compile(library, SETTINGS, sample_language)
        return plan.Plan(made.probes, sorted([*library.problems, *made.problems]))

    def problems(self, *texts: str) -> str:
        made = self.plan(*texts)
        assert made.problems and not made.probes
        return "\n".join(map(str, made.problems))


@pytest.fixture(scope="session")
def settings() -> Settings:
    return SETTINGS


@pytest.fixture(scope="session")
def language() -> Callable[[str], Grammar]:
    return cache(sample_language)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)
