"""What a customer can see in a chat: a reply, its parts and its flaws, and who it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from cxassure.channel import Heard, Opening, Seconds, Seen, Session, Unseen, facet
from cxassure.channels.chat import reading
from cxassure.channels.chat.turns import Turns

_ASKING = frozenset(("said", "picked", "opened"))


class ChatSight(Session):
    """The facets of a chat. They read what was noted, and whose turn it is."""

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        super().__init__(opening, connector)
        self.turns = Turns(self.clock)

    def _heard(self) -> list[Seen]:
        return [s for s in self.seen[self.window :] if _is_bubble(s)]

    @facet()
    def reply(self) -> Heard | None:
        """All bubbles of the reply as one text, an agent's included.

        Example: `reply: {contains: on its way}`
        """
        bubbles = self._heard()
        return Heard(tuple(bubbles)) if bubbles else None

    @facet()
    def replies(self) -> list[str] | None:
        """The bubbles of the reply, one by one, in the order in which they came.

        Example: `replies: {equals: ["Thanks.", "It is on its way."]}`
        """
        return [seen.text for seen in self._heard()] or None

    @facet()
    def bubbles(self) -> int:
        """How many bubbles the reply has.

        Example: `bubbles: {at_most: 3}`
        """
        return len(self._heard())

    @facet()
    def quick_replies(self) -> list[str] | None:
        """What is offered to pick now.

        Example: `quick_replies: {contains: Opening hours}`
        """
        if self.turns.offered or self.turns.settled:
            return list(self.turns.offered)
        return None

    @facet()
    def took(self) -> Seconds | None:
        """From the customer's line to the last change of the reply: when all of it was there.

        Example: `took: {at_most: 3s}`
        """
        bubbles = self._heard()
        return self._since_asked(bubbles[-1].ends) if bubbles else None

    @facet()
    def first_reply(self) -> Seconds | None:
        """From the customer's line to the first bubble.

        Example: `first_reply: {at_most: 2s}`
        """
        bubbles = self._heard()
        return self._since_asked(bubbles[0].at) if bubbles else None

    def _since_asked(self, at: float) -> Seconds:
        asked = [s.ends for s in self.seen if s.who == "customer" and s.what in _ASKING]
        return Seconds(at - max((when for when in asked if when <= at), default=at))

    @facet()
    def joined(self) -> bool:
        """Whether a person has come into the chat.

        Example: `joined: true`
        """
        return bool(self.turns.agent)

    @facet()
    def agent(self) -> str | None:
        """The name of the person who has come into the chat.

        Example: `agent: Kim`
        """
        return self.turns.agent or None

    @facet()
    def handed_over(self) -> bool:
        """Whether the bot has said by a sign of its own that it hands over to a person.

        Example: `handed_over: true`
        """
        return self.turns.handed_over

    @facet()
    def handover(self) -> Mapping[str, str] | None:
        """What the bot's sign of a hand-over says, by its own keys.

        Example: `handover: {queue: billing}`
        """
        return self.turns.handover if self.turns.handed_over else None

    @facet()
    def doubled(self) -> bool:
        """Whether a bubble of the reply came twice.

        Example: `doubled: false`
        """
        return bool(reading.doubled(seen.text for seen in self._heard()))

    @facet()
    def in_order(self) -> bool | None:
        """Whether the bubbles came in the order of the numbers that the company gave them.

        Example: `in_order: true`
        """
        bubbles = self._heard()
        numbers = [seen.data["sequence"] for seen in bubbles if "sequence" in seen.data]
        if len(numbers) < len(bubbles):
            raise Unseen("this chat does not number its bubbles")
        return reading.in_order(numbers) if bubbles else None

    @facet()
    def markup(self) -> bool | None:
        """Whether the reply holds markup that would run in a page that took it for its own.

        Example: `markup: false`
        """
        bubbles = self._heard()
        return any(reading.running_markup(seen.text) for seen in bubbles) if bubbles else None

    @facet()
    def dead_end(self) -> bool | None:
        """Whether the reply leaves no way on: no question, quick reply, link, number or person.

        Example: `dead_end: false`
        """
        bubbles = self._heard()
        if not bubbles:
            return None
        way_on = self.turns.offered or self.turns.handed_over
        return not (way_on or any(reading.leads_on(seen.text) for seen in bubbles))

    @facet()
    def repeats(self) -> int | None:
        """How many times running the bot has now given the same answer: 1 when it is new.

        Example: `repeats: {at_most: 2}`
        """
        turns = _turns(self.seen)
        return reading.repeats(turns) if turns else None

    @facet()
    def language(self) -> str | None:
        """The language of the reply as its ISO 639-1 code, told by its everyday words.

        Knows de, en, es, fr, it, nl, pl and pt. A reply of few words is not judged.

        Example: `language: en`
        """
        bubbles = self._heard()
        found = reading.language(" ".join(seen.text for seen in bubbles))
        if bubbles and not found and self.turns.settled:
            raise Unseen("the reply is too short, or of a language that is not known here")
        return found or None

    @facet()
    def closed(self) -> bool:
        """Whether the company has closed the chat.

        Example: `closed: true`
        """
        return self.turns.ended is not None


def _is_bubble(seen: Seen) -> bool:
    return seen.what == "reply" or (seen.what == "said" and seen.who == "agent")


def _turns(seen: list[Seen]) -> list[str]:
    """The company's replies, one text for each line of the customer's."""
    turns: list[list[str]] = [[]]
    for one in seen:
        if one.who == "customer":
            turns.append([])
        elif _is_bubble(one):
            turns[-1].append(one.text)
    return [" ".join(texts) for texts in turns if texts]
