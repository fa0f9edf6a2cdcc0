"""Where agents sit: queues that ring them, contacts that they answer, and the screen pop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from cxassure.demo.memory import Memory

STAFF = {"billing": "Kim", "returns": "Sam"}
PATIENCE = 60.0
Frame = dict[str, Any]


class Customer(Protocol):
    """The customer's end of a contact."""

    def joined(self, agent: str, queue: str) -> None: ...
    def said(self, agent: str, text: str) -> None: ...
    def left(self, agent: str) -> None: ...


@dataclass(eq=False)
class Contact:
    """One customer waiting for, or talking to, an agent."""

    id: str
    queue: str
    context: dict[str, str]
    transcript: list[dict[str, str]]
    customer: Customer
    keys: set[str]
    agent: Agent | None = None
    ended: bool = False
    since: float = field(default_factory=time.monotonic)

    @property
    def waits(self) -> bool:
        return self.agent is None and not self.ended and time.monotonic() - self.since < PATIENCE

    def ring(self) -> Frame:
        return {
            "type": "ring",
            "contact": self.id,
            "context": self.context,
            "transcript": self.transcript,
        }


@dataclass(eq=False)
class Agent:
    """One connected agent; `wanted` is the customer, case or order it takes, "" for any."""

    queue: str
    wanted: str
    name: str
    frames: asyncio.Queue[Frame] = field(default_factory=asyncio.Queue)

    def takes(self, contact: Contact) -> bool:
        fits = not self.wanted or self.wanted.lower() in contact.keys
        return contact.queue == self.queue and fits


class Desk:
    """Rings agents with contacts; the first answer wins, an agent who comes late is rung too."""

    def __init__(self) -> None:
        self.agents: list[Agent] = []
        self.contacts: Memory[str, Contact] = Memory()
        self.pops: Memory[int, dict[str, str]] = Memory(2_000)
        self._next = 1

    def connect(self, agent: Agent) -> None:
        """Seat an agent and ring it with everything that waits for one."""
        self.agents.append(agent)
        agent.frames.put_nowait({"type": "ready", "queue": agent.queue, "name": agent.name})
        for contact in list(self.contacts.values()):
            if contact.waits and agent.takes(contact):
                agent.frames.put_nowait(contact.ring())

    def disconnect(self, agent: Agent) -> None:
        """An agent who leaves ends its contacts."""
        self.agents.remove(agent)
        for contact in list(self.contacts.values()):
            if contact.agent is agent:
                self.hang_up(contact)

    def open(
        self,
        queue: str,
        context: dict[str, str],
        transcript: list[dict[str, str]],
        customer: Customer,
        keys: set[str],
    ) -> Contact:
        """A new contact; it rings nobody yet."""
        keys = {key.lower() for key in keys if key}
        contact = Contact(f"contact-{self._next}", queue, context, transcript, customer, keys)
        self._next += 1
        return contact

    def ring(self, contact: Contact) -> None:
        """Ring every agent whom the contact suits and keep it for those who come later."""
        self.contacts[contact.id] = contact
        self.pop(contact.context)
        for agent in self.agents:
            if agent.takes(contact):
                agent.frames.put_nowait(contact.ring())

    def answer(self, agent: Agent, contact: Contact) -> None:
        """The first agent who answers has the contact, the others are told."""
        if contact.ended or contact.agent not in (None, agent):
            agent.frames.put_nowait(ended(contact, "answered elsewhere"))
            return
        contact.agent = agent
        for other in self.agents:
            if other is not agent and other.takes(contact):
                other.frames.put_nowait(ended(contact, "answered elsewhere"))
        agent.frames.put_nowait({"type": "answered", "contact": contact.id})
        contact.customer.joined(agent.name, agent.queue)

    def say(self, agent: Agent, contact: Contact, text: str) -> None:
        if contact.agent is agent and not contact.ended:
            contact.transcript.append({"from": agent.name, "text": text})
            contact.customer.said(agent.name, text)

    def hear(self, contact: Contact, text: str) -> None:
        """The customer wrote; the line is kept for an agent who has yet to come."""
        if contact.agent and not contact.ended:
            frame = {"type": "customer_message", "contact": contact.id, "text": text}
            contact.agent.frames.put_nowait(frame)

    def hang_up(self, contact: Contact) -> None:
        """The agent ends the contact."""
        if contact.agent and not contact.ended:
            contact.ended = True
            contact.agent.frames.put_nowait(ended(contact, "agent hung up"))
            contact.customer.left(contact.agent.name)

    def leave(self, contact: Contact) -> bool:
        """The customer ends the contact; says whether an agent was there."""
        if contact.ended:
            return False
        contact.ended = True
        for agent in self.agents:
            if agent is contact.agent or (contact.agent is None and agent.takes(contact)):
                agent.frames.put_nowait(ended(contact, "customer left"))
        return contact.agent is not None

    def pop(self, context: dict[str, str]) -> None:
        """Keep what an agent's screen shows when a contact comes in."""
        self.pops[self._next] = dict(context)
        self._next += 1


def ended(contact: Contact, why: str) -> Frame:
    return {"type": "ended", "contact": contact.id, "why": why}
