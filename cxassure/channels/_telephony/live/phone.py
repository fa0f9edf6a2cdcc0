"""One party's telephone: a SIP user agent and the media of its calls, on a way to one target."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cxassure.channel import Opening
from cxassure.channels._telephony.live.minding import Rails
from cxassure.channels._telephony.live.options import SipOptions, Way, media_of, way_to
from cxassure.channels._telephony.live.priority import Priority
from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.digest import Credentials
from cxassure.channels._telephony.sip.uri import Address, Uri
from cxassure.channels._telephony.sip.wire import Tls
from cxassure.errors import CannotLook, UsageError

if TYPE_CHECKING:
    from cxassure.channels._telephony.rtp.leg import Leg
    from cxassure.channels._telephony.rtp.pcap import Capture
    from cxassure.channels._telephony.rtp.port import MediaPort
    from cxassure.channels._telephony.sip.placing import Outgoing

REGISTERING = 10.0
"""Seconds that a registrar may take."""


class Phone:
    """`open` raises `CannotLook` where the target cannot be reached or lets nobody in; `capture`
    is there with the option `pcap`."""

    def __init__(self, opening: Opening, options: SipOptions) -> None:
        self.opening, self.options = opening, options
        self.capture: Capture | None = None
        self.legs: list[Leg] = []
        self.rails = Rails(opening, options.proxy)
        self._agent: UserAgent | None = None

    @property
    def agent(self) -> UserAgent:
        if self._agent is None:
            raise CannotLook("this telephone is not there", "open it first")
        return self._agent

    @property
    def there(self) -> bool:
        return self._agent is not None

    async def open(self) -> None:
        await Priority.of(self.opening)
        self.way: Way = await way_to(self.opening, self.options)
        if self.options.pcap:
            from cxassure.channels._telephony.rtp.pcap import Capture

            self.capture = Capture()
        try:
            self.port: MediaPort = media_of(self.options, self.way)
            self.port.terms()
        except UsageError as wrong:
            name = self.opening.target.name
            raise CannotLook(f"target «{name}»: {wrong.what}", wrong.hint) from None
        agent = UserAgent(
            self.way.transport,
            (self.way.ours, self.options.listen),
            allowed=self.way.hosts,
            user=self.options.user or self.way.uri.user or "cxassure",
            credentials=self._credentials(),
            proxy=self.options.proxy,
            tls=Tls(verify=self.options.verify),
            public=self.options.advertise,
        )
        agent.gate = self.rails
        await agent.open()
        self._agent = agent

    def _credentials(self) -> list[Credentials]:
        options, user = self.options, self.way.uri.user
        if not options.password:
            return []
        return [Credentials(options.user or user, options.password)]

    async def leg(self) -> Leg:
        """The media of one call."""
        leg = await self.port.leg(self.opening.party, capture=self.capture)
        self.legs.append(leg)
        return leg

    async def call(
        self, number: str, caller: str, headers: Mapping[str, str]
    ) -> tuple[Outgoing, Leg]:
        """Places a call to the target, or to another number at its host."""
        uri = self._at_target(number) if number else self.way.uri
        shown = self._shown(caller or self.options.from_)
        told = {**self.opening.marks, **self.options.headers, **headers}
        leg = await self.leg()
        return await self.agent.call(uri, leg, headers=told, caller=shown), leg

    def address_of(self, number: str) -> str:
        """A number at the target's host, as an address."""
        return str(self._at_target(number))

    def _at_target(self, number: str) -> Uri:
        if number.startswith(("sip:", "sips:")):
            return Uri.read(number)
        way = self.way.uri
        return Uri(way.scheme, number, way.host, way.port, way.params)

    def _shown(self, caller: str) -> str:
        """The From that is shown: a number is one of the target's own host."""
        if not caller or caller.startswith(("sip:", '"', "<")):
            return caller
        return str(Address(f"sip:{caller}@{self.agent.place}"))

    async def register(self, headers: Mapping[str, str]) -> None:
        """Says where the agent's telephone is. Raises `CannotLook` where that is refused."""
        registrar = self.options.registrar
        if registrar == "none":
            return
        record = self.way.uri.bare()
        try:
            async with asyncio.timeout(REGISTERING):
                await self.agent.register(
                    record,
                    registrar=registrar,
                    expires=self.options.expires,
                    headers={**self.opening.marks, **headers},
                )
        except TimeoutError:
            raise CannotLook(
                f"{record} could not be registered within {REGISTERING:g} s",
                "is the registrar up, and reachable from here?",
            ) from None

    async def close(self) -> None:
        """Hangs up, unregisters, frees the ports."""
        agent, self._agent = self._agent, None
        if agent:
            await agent.close()
        for leg in self.legs:
            await leg.close()
