"""The ways from the phone tree to a desk: bridged, referred, or warm with a conference."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from xml.etree.ElementTree import Element

from cxassure.demo.telephone import context as contexts
from cxassure.demo.telephone import g711, prompts
from cxassure.demo.telephone.context import Context
from cxassure.demo.telephone.leg import Leg
from cxassure.demo.telephone.ringing import Ringer
from cxassure.demo.telephone.room import Room
from cxassure.demo.telephone.rtp import Recording
from cxassure.demo.telephone.talk import Talk
from cxassure.demo.telephone.tree import Ended, Step, Tree

RINGBACK = g711.tone(2, 440, 480, level=4_000) + b"\xff" * 4 * g711.RATE
ALONE = 60.0


class Transfer:
    """Carries out a `<Dial>` in one `way`: bridge, refer or warm."""

    def __init__(self, ringer: Ringer, way: str) -> None:
        self._ringer = ringer
        ways: dict[str, Callable[[Tree, str, Context, str, float], Awaitable[str]]] = {
            "bridge": self._bridge,
            "refer": self._refer,
            "warm": self._warm,
        }
        self._way = ways[way]

    async def dial(self, tree: Tree, verb: Element) -> Step | None:
        """Ring the `<Client>` of the verb; behind it the tree's action with DialCallStatus."""
        client = verb.find("Client")
        status = "failed"
        if client is not None:
            desk = (client.findtext("Identity") or client.text or "").strip()
            patience = float(verb.get("timeout", "30")) * tree.company.speed
            context, shown = contexts.of_client(client), verb.get("callerId", tree.caller)
            status = await self._way(tree, desk, context, shown, patience)
        if status == "back":
            return Step("/voice/menu", {})
        action = verb.get("action")
        return Step(action, {"DialCallStatus": status}) if action else None

    async def _bridge(
        self, tree: Tree, desk: str, context: Context, shown: str, patience: float
    ) -> str:
        """The exchange calls the desk and stands between (a back-to-back user agent)."""
        tree.leg.line.voice = Recording(RINGBACK, again=True)
        rung = await self._ringer.ring(desk, context, shown, patience, tree.caller)
        if isinstance(rung, str):
            return rung
        return await self._talk(tree, rung, context, shown).run()

    async def _warm(
        self, tree: Tree, desk: str, context: Context, shown: str, patience: float
    ) -> str:
        """The agent is told about the call first; then all meet in a conference."""
        music = await tree.music()
        tree.leg.line.voice = Recording(music, again=True)
        rung = await self._ringer.ring(desk, context, shown, patience, tree.caller)
        if isinstance(rung, str):
            return rung
        try:
            await rung.line.play(prompts.spoken(contexts.whisper(context)))
        except asyncio.CancelledError:
            rung.hang_up()
            raise
        if tree.company.broken("caller-alone-in-conference"):
            rung.hang_up()
            await self._alone(tree, music)
        talk = self._talk(tree, rung, context, shown, prompts.spoken(contexts.connected(context)))
        return await talk.run()

    async def _alone(self, tree: Tree, music: bytes) -> None:
        room = Room(music)
        room.join(tree.leg.line)
        await tree.wait(ALONE)
        raise Ended

    def _talk(
        self, tree: Tree, agent: Leg, context: Context, shown: str, announcement: bytes = b""
    ) -> Talk:
        return Talk(self._ringer, tree.company, tree.leg, agent, context, shown, announcement)

    async def _refer(
        self, tree: Tree, desk: str, context: Context, shown: str, patience: float
    ) -> str:
        """The caller's telephone is asked to call the desk itself (a blind transfer)."""
        caller = tree.leg
        target = self._ringer.address(desk, context, private=shown == "anonymous")
        by = f"<sip:{caller.ours_user}@{caller.wires.place}>"
        caller.line.voice = Recording(await tree.music(), again=True)
        status = await caller.ask("REFER", [("Refer-To", f"<{target}>"), ("Referred-By", by)])
        if status >= 300:
            return "failed"
        if await self._referred(caller, patience + 5) >= 300:
            return "no-answer"
        caller.hang_up()
        raise Ended

    async def _referred(self, caller: Leg, patience: float) -> int:
        """The final status that NOTIFY tells of the call that was asked for (RFC 3515)."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    words = (await caller.notices.get()).split()
                    status = int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0
                    if status >= 200:
                        return status
        except TimeoutError:
            return 408
