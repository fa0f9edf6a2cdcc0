"""A small channel in virtual time, for the engine's tests: a lobby with a scripted receptionist."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from cxassure.channel import Heard, Opening, Scope, Seconds, Session, Unseen, facet, verb
from cxassure.engine import Drive, Outside, drive
from cxassure.errors import Broken, CannotLook
from cxassure.events import AnyEvent
from cxassure.grammar import Grammar, grammar
from cxassure.probe import FORMAT, Expectation, Party, Probe, Step
from cxassure.run import Run, fold
from cxassure.settings import Environment, Target


class VirtualClock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time


class Lobby(Session):
    """Someone who asks a receptionist; `replies` are (seconds after asking, text)."""

    patience = 5.0

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.clock: VirtualClock = VirtualClock()
        self.coming: list[tuple[float, str]] = []
        self.witnessed: list[str] = []
        self.closed = 0
        self.asked = 0
        self.left = False

    async def open(self, *, mood: str = "calm") -> None:
        if mood == "locked":
            raise CannotLook("the lobby is locked", "bring a key")

    async def attend(self, until: float) -> None:
        await asyncio.sleep(0)
        self.coming.sort()
        due = self.coming[0][0] if self.coming else until
        self.clock.time = max(self.clock.time, min(due, until))
        while self.coming and self.coming[0][0] <= self.clock.time:
            self.note("company", "reply", self.coming.pop(0)[1])

    @property
    def settled(self) -> bool:
        return not self.coming

    @property
    def final(self) -> bool:
        return self.left

    async def witness(self, why: str) -> None:
        self.witnessed.append(why)
        await self.opening.keep(
            "lobby.txt", b"what the lobby looked like: hunter2secret", "text/plain"
        )

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.closed += 1

    @verb()
    async def ask(self, text: str, reply: str = "", after: Seconds = Seconds(1.0)) -> None:
        """Asks the receptionist."""
        self.asked += 1
        self.note("customer", "said", text)
        if reply:
            self.coming.append((self.clock.time + after, reply))

    @verb()
    async def knock(self, times: int = 1) -> None:
        """Knocks; the third knock is answered."""
        self.asked += 1
        if self.asked >= 3:
            self.note("company", "reply", "come in")

    @verb()
    async def dawdle(self, length: Seconds) -> None:
        """Takes its time, and then says something."""
        self.clock.time += length
        self.note("customer", "said", "well")
        self.note("company", "reply", "Hello")

    @verb()
    async def leave(self, reply: str = "") -> None:
        """Walks out with a last word in the ear; after it nothing can come."""
        self.left = True
        if reply:
            self.note("company", "reply", reply)

    @verb()
    async def break_(self, how: str) -> None:
        """Goes wrong in one of the ways in which verbs can."""
        if how == "hang":
            await asyncio.sleep(3600)
        wrong = {"customer": Broken("the door is shut", expected="open", seen="shut", code="403")}
        raise (
            wrong.get(how)
            or {"ours": CannotLook("we are blind")}.get(how)
            or KeyError("hunter2secret")
        )

    @verb(passive=True)
    async def listen(self) -> None:
        """Waits for what comes."""

    @facet()
    def reply(self) -> Heard | None:
        """What was said."""
        return self.heard("reply")

    @facet()
    def card(self) -> Mapping[str, str] | None:
        """What is on the card."""
        return {"name": "Kim"} if self.asked else None

    @facet()
    def size(self) -> float | None:
        """How long the reply is."""
        heard = self.heard("reply")
        return float(len(heard.text)) if heard else None

    @facet()
    def smell(self) -> str | None:
        """Cannot be seen."""
        raise Unseen("a lobby does not smell")


LOBBY: Grammar = grammar("lobby", Lobby)


class Lived:
    """What a drive left behind."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.evidence: dict[str, bytes] = {}
        self.sessions: list[Lobby] = []

    @property
    def run(self) -> Run:
        return fold(self.events)

    @property
    def grammar(self) -> str:
        """The order of its events: R run, S and s a step begun and ended, r run ended, . others."""
        letters = {"run started": "R", "step started": "S", "step ended": "s", "run ended": "r"}
        tags = (str(event.__struct_config__.tag) for event in self.events)
        return "".join(letters.get(tag, ".") for tag in tags)

    @property
    def verdicts(self) -> list[str]:
        return [step.verdict for step in self.run.steps]

    def open_session(self, opening: Opening) -> tuple[Session, Grammar]:
        session = Lobby(opening)
        self.sessions.append(session)
        return session, LOBBY

    async def keep(self, name: str, data: bytes, media: str) -> tuple[str, int]:
        self.evidence[name] = data
        return f"evidence/{name}", len(data)


def ask(index: int, text: str, reply: str = "", after: str = "1s", **more: object) -> Step:
    argument = {"text": text, "reply": reply, "after": after}
    return Step(
        index=index, party="guest", verb="ask", argument=argument, place="j.yaml:1:1", **more
    )  # type: ignore[arg-type]


def does(index: int, verb: str, argument: object = "", **more: object) -> Step:
    return Step(
        index=index, party="guest", verb=verb, argument=argument, place="j.yaml:1:1", **more
    )  # type: ignore[arg-type]


def expects(facet: str, **must: object) -> Expectation:
    return Expectation(facet=facet, must=must)


def probe(*steps: Step, **more: object) -> Probe:
    parties = {"guest": Party(channel="lobby", target="hall")}
    return Probe(
        **{"format": FORMAT, "journey": "visit", "parties": parties, "steps": steps, **more}
    )  # type: ignore[arg-type]


async def live(
    document: Probe,
    secrets: dict[str, str] | None = None,
    lived: Lived | None = None,
    **how: object,
) -> Lived:
    lived = lived or Lived()
    secrets = secrets or {}
    environment = Environment(
        name="test", targets={"hall": Target(name="hall", address="lobby:1")}, rehearsal=True
    )
    driving = Drive(
        run_id="run-1",
        environment=how.pop("environment", environment),  # type: ignore[arg-type]
        secret=secrets.__getitem__,
        secrets=secrets,
        campaign=Scope(),
        environ={"CITY": "Ghent"},
        **how,  # type: ignore[arg-type]
    )
    await drive(document, Outside(lived.open_session, lived.events.append, lived.keep), driving)
    return lived
