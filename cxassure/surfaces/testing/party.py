"""A party that is driven by hand: its session with an opening that keeps all that comes out."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

from cxassure import catalog
from cxassure.channel import Opening, Scope, Seen, Session
from cxassure.errors import CxassureError
from cxassure.settings import Target
from cxassure.text import Raw

GRACE = 5.0


class HandDriven:
    """Use it with `async with`: at the end the session and all that it shared are closed.

    `seen`, `kept` and `findings` are what it recorded, put away and remarked.
    """

    def __init__(
        self,
        channel: str,
        connector: type | None,
        target: Target,
        targets: Mapping[str, Target] | None = None,
    ) -> None:
        self.language = catalog.language(channel)
        self.seen: list[Seen] = []
        self.kept: dict[str, bytes] = {}
        self.findings: list[str] = []
        self.opening = Opening(
            party="kim",
            channel=channel,
            target=target,
            targets=targets or {target.name: target},
            observe=self.seen.append,
            keep=self._keep,
            finding=self.findings.append,
            conceals=lambda text: False,
            run=Scope(),
            campaign=Scope(),
            run_id="by-hand",
        )
        self.session: Session = catalog.session(channel)(self.opening, connector)
        self._before: set[asyncio.Task[Any]] = set()
        self._after: set[asyncio.Task[Any]] = set()

    async def _keep(self, name: str, data: bytes, media: str) -> None:
        self.kept[name] = data

    async def __aenter__(self) -> HandDriven:
        self._before = asyncio.all_tasks()
        return self

    async def __aexit__(self, *wrong: object) -> None:
        await self.session.close()
        await self.opening.run.close()
        await self.opening.campaign.close()
        await asyncio.sleep(0)
        self._after = {task for task in asyncio.all_tasks() if not task.done()}

    async def open(self, options: Mapping[str, Raw] | None = None) -> None:
        """Opens the session with a party's options as an author writes them."""
        parameters = self.language.options
        await self.session.open(**(parameters.bind(dict(options or {})) if options else {}))

    async def do(self, verb: str, argument: Raw = "", within: float = 10.0) -> None:
        """A step's verb, bound and given its window as the engine does."""
        found, session = self.language.verbs[verb], self.session
        session.limit, session.look_on = within, 0.0
        if not found.passive:
            session.matched = len(session.seen)
        session.window = session.matched
        await getattr(session, found.method)(**found.parameters.bind(argument))

    async def see(self, facet: str, given: Raw | None = None) -> Any:
        """What a facet gives now, asked with parameters as an author writes them."""
        found = self.language.facets[facet]
        bound = found.parameters.bind(given) if given else {}
        value = getattr(self.session, found.method)(**bound)
        return await value if inspect.isawaitable(value) else value

    async def interrupt(self, work: Coroutine[Any, Any, None]) -> None:
        """Closes the session in the middle of `work`, as an engine that is told to stop does.

        What `work` then raises may only be an error for people.
        """
        task = asyncio.create_task(work)
        await asyncio.sleep(0.01)
        task.cancel()
        async with asyncio.timeout(GRACE):
            await self.session.close()
            with suppress(asyncio.CancelledError, CxassureError):
                await task

    def nothing_is_left(self) -> None:
        """Raises `AssertionError` when tasks of the session outlived it."""
        left = self._after - self._before
        if left:
            raise AssertionError(f"it left behind: {', '.join(map(repr, left))}")
