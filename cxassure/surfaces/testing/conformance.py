"""The suite that every channel and connector is held to, ours and third parties' alike.

In a test file, name a channel and somebody who answers; pytest finds the checks by itself::

    class TestPigeons(Conformance):
        channel = "pigeon"

        def target(self) -> Target:
            return Target(name="loft", address=a_loft_on_loopback())
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from cxassure import catalog
from cxassure.channel import Session, Unseen
from cxassure.errors import CannotLook, CxassureError
from cxassure.grammar import Facet, Grammar, Parameter, Verb
from cxassure.settings import Target
from cxassure.surfaces.testing.party import HandDriven
from cxassure.text import Raw

HEAVY = (
    "aiohttp aiosmtpd celery faker httpx jinja2 numpy playwright rich sqlalchemy starlette twilio"
    " uvicorn websockets"
).split()
"""Libraries that no session class or connector may import before it is used."""

LONGEST = 60.0
_KINDS: dict[str, Any] = {
    "text": object,
    "texts": list,
    "number": (int, float),
    "seconds": (int, float),
    "flag": bool,
    "fields": Mapping,
}


class Conformance:
    """Set `channel`, and `connector` unless it is the first of the channel's lines. `options` are
    those of a party, `lasting` a verb that takes a moment, with its argument."""

    channel: ClassVar[str] = ""
    connector: ClassVar[str] = ""
    options: ClassVar[dict[str, Raw]] = {}
    lasting: ClassVar[tuple[str, Raw] | None] = None

    def target(self) -> Target:
        """Somebody on this machine who answers."""
        raise NotImplementedError("give the suite a target that answers")

    # What is known by looking

    @property
    def language(self) -> Grammar:
        return catalog.language(self.channel)

    def _spoken(self) -> list[Verb | Facet]:
        return [*self.language.verbs.values(), *self.language.facets.values()]

    def line(self) -> type | None:
        """The connector's class; None for a channel that has none."""
        name = self.connector or next(iter(self.language.lines), "")
        return catalog.connector(self.channel, name) if name else None

    def test_its_language_can_be_read(self) -> None:
        _must(issubclass(catalog.session(self.channel), Session), "the channel is not a Session")
        _must(bool(self.language.verbs), "there is nothing that a party can do")
        _must(bool(self.language.facets), "there is nothing that a party can see")
        _must(bool(self.language.doc), "the session class says nothing about itself")

    def test_every_line_it_names_can_be_had(self) -> None:
        for name in {*self.language.lines, *filter(None, [self.connector])}:
            found = catalog.connector(self.channel, name)
            _must(bool(found.__doc__), f"connector «{name}» says nothing about itself")

    def test_every_verb_and_facet_has_a_sentence_and_an_example(self) -> None:
        for thing in self._spoken():
            first = thing.doc.partition("\n\n")[0].strip()
            _must(first.endswith("."), f"«{thing.name}» is not told in a sentence")
            example = thing.doc.partition("Example:")[2]
            _must(thing.name in example, f"«{thing.name}» has no line `Example: …` that shows it")

    def test_every_default_is_of_its_own_type(self) -> None:
        parameters = [p for thing in self._spoken() for p in thing.parameters.items.values()]
        for parameter in [*parameters, *self.language.options.items.values()]:
            _must(_fits(parameter), f"the default of «{parameter.name}» is not of its type")

    def test_nothing_heavy_is_imported_before_it_is_used(self) -> None:
        asked = f"catalog.session({self.channel!r})"
        name = self.connector or next(iter(self.language.lines), "")
        if name:
            asked += f"; catalog.connector({self.channel!r}, {name!r})"
        code = f"import json, sys; from cxassure import catalog; {asked}; "
        code += f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
        told = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=LONGEST
        )
        _must(told.returncode == 0, told.stderr)
        loaded = json.loads(told.stdout)
        _must(not loaded, f"importing it loads {', '.join(loaded)}: import inside methods")

    def test_the_target_options_of_a_connector_are_typed_and_told(self) -> None:
        shape = getattr(self.line(), "Options", None)
        if shape is None:
            return
        _must(issubclass(shape, msgspec.Struct), "Options is not a msgspec Struct")
        told = " ".join(base.__doc__ or "" for base in shape.__mro__)
        own = [f for f in shape.__struct_fields__ if f"`{f}`" in told]
        _must(bool(own) or not shape.__struct_fields__, "Options does not tell what they are for")

    # What is known by trying

    def test_it_opens_tells_what_it_sees_and_closes(self) -> None:
        _run(self._sees())

    async def _sees(self) -> None:
        async with HandDriven(self.channel, self.line(), self.target()) as party:
            await party.open(self.options)
            _must(isinstance(party.session.settled, bool), "settled is not true or false")
            for facet in self.language.facets.values():
                if not any(p.required for p in facet.parameters.items.values()):
                    await _look(party, facet)
            await party.session.witness("the suite wants to see it")
            await party.session.close()
            await party.session.close()
        party.nothing_is_left()

    def test_attending_ends_in_time(self) -> None:
        _run(self._attends())

    async def _attends(self) -> None:
        async with HandDriven(self.channel, self.line(), self.target()) as party:
            await party.open(self.options)
            clock = party.session.clock
            until = clock.now() + 0.1
            async with asyncio.timeout(5):
                while clock.now() < until:
                    await party.session.attend(until)

    def test_it_can_be_closed_before_it_is_opened(self) -> None:
        _run(self._never_opened())

    async def _never_opened(self) -> None:
        async with HandDriven(self.channel, self.line(), self.target()) as party:
            await party.session.close()
        party.nothing_is_left()

    def test_it_can_be_closed_while_it_opens(self) -> None:
        _run(self._closed_in_opening())

    async def _closed_in_opening(self) -> None:
        async with HandDriven(self.channel, self.line(), self.target()) as party:
            await party.interrupt(party.open(self.options))
        party.nothing_is_left()

    def test_it_can_be_closed_while_a_verb_runs(self) -> None:
        _run(self._closed_in_a_verb())

    async def _closed_in_a_verb(self) -> None:
        verb, argument = self.lasting or (self._passive(), "")
        async with HandDriven(self.channel, self.line(), self.target()) as party:
            await party.open(self.options)
            await party.interrupt(party.do(verb, argument))
        party.nothing_is_left()

    def _passive(self) -> str:
        for verb in self.language.verbs.values():
            if verb.passive and not any(p.required for p in verb.parameters.items.values()):
                return verb.name
        raise NotImplementedError("name a verb that takes a moment in `lasting`")

    def test_an_address_where_nobody_is_gives_an_error_for_people(self) -> None:
        _run(self._nobody())

    async def _nobody(self) -> None:
        nobody = msgspec.structs.replace(self.target(), address="nowhere:at all")
        async with HandDriven(self.channel, self.line(), nobody) as party:
            try:
                await party.open(self.options)
            except CxassureError as told:
                _must(bool(told.what.strip()), "an error without a word")
                hinted = bool(told.hint) or not isinstance(told, CannotLook)
                _must(hinted, f"«{told.what}» does not hint at what to do next")
        party.nothing_is_left()


async def _look(party: HandDriven, facet: Facet) -> None:
    try:
        value = await party.see(facet.name)
    except Unseen as why:
        _must(bool(str(why)), f"«{facet.name}» does not say why it cannot be seen")
        return
    fits = value is None or isinstance(value, _KINDS[facet.kind])
    _must(fits, f"«{facet.name}» is a {facet.kind} and gave {value!r}")


def _fits(parameter: Parameter) -> bool:
    """Whether a default is what its type would read: nothing, or the same read from its text."""
    value = parameter.default
    if parameter.required or value is None or value == "":
        return True
    wanted = {"text": str, "true or false": bool, "list": list, "mapping": dict}
    return isinstance(value, wanted.get(parameter.type.name, (object,)))


def _run(work: Any) -> None:
    """Runs a check in a loop of its own, within a minute."""
    asyncio.run(asyncio.wait_for(work, LONGEST))


def _must(holds: bool, words: str) -> None:
    """Raised by hand: pytest rewrites `assert` in test files only."""
    if not holds:
        raise AssertionError(words)
