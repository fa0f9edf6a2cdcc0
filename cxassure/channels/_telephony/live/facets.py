"""What can be seen of a call that carries sound; over a line without sound it is unseen."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxassure.channel import Heard, Session, Spelling, Unseen, facet
from cxassure.channels._telephony.audio.wording import Wording
from cxassure.channels._telephony.live.told import (
    QualityFields,
    SignalFields,
    quality_fields,
    signal_fields,
)

if TYPE_CHECKING:
    from cxassure.channels._telephony.live.talk import Talk

_KEYS = frozenset(("keys", "tones", "tone"))
"""What keys are called in the timeline of a line."""
DOUBTFUL = 0.02
"""The loss below which figures are our own doing when this machine was too busy."""


class Sounding(Session):
    """A session whose line may carry sound."""

    line: Any

    @facet()
    async def audio(self) -> str | None:
        """Whether sound goes `both ways`: a marker sent by each end and found at the other.

        Example: `audio: both ways`
        """
        found = self.line.audio()
        told: str | None = await found if inspect.isawaitable(found) else found
        return told

    @facet()
    def mos(self) -> float | None:
        """The quality of what is heard, 1 to 4.5 (ITU-T G.107, from packets lost and delayed).

        Example: `mos: {at_least: 3.0, aim: 3.5}`
        """
        figures = self._figures()
        return float(figures["mos"]) if figures else None

    @facet(fields=QualityFields)
    def quality(self) -> Mapping[str, Any] | None:
        """The figures of the line: loss, jitter, delay, codec.

        Example: `quality: {loss: {at_most: 0.01}, codec: PCMU}`
        """
        return self._figures()

    @facet(fields=SignalFields)
    def signal(self) -> Mapping[str, Any] | None:
        """What the signalling said: codes, causes, headers, User-to-User.

        Example: `signal: {code: 200, answered_after: {at_most: 5s}}`
        """
        talk = self._live()
        return signal_fields(talk.call) if talk.call else None

    @facet()
    def confidence(self) -> float | None:
        """How sure it is what was heard, 0 to 1: of the prompts heard to their end the least sure.

        Example: `confidence: {at_least: 0.8, aim: 0.9}`
        """
        self._live()
        told = [s for s in self.seen[self.window :] if "confidence" in s.data]
        heard = [s for s in told if "cut" not in s.data]
        return min((float(s.data["confidence"]) for s in heard), default=None)

    @facet()
    def keys(self) -> str | None:
        """The keys that the far end pressed, in a row, however they came: as events (RFC 4733), as
        tones, by SIP INFO.

        Example: `keys: {equals: "58#"}`
        """
        if not getattr(self.line, "hears_keys", True):
            raise Unseen("over this line no keys come from the far end")
        found = [s.text for s in self.seen[self.window :] if s.what in _KEYS]
        return "".join(found) or None

    @property
    def spelling(self) -> Spelling:
        """How what is spoken on this line is compared."""
        options = getattr(self._talk or self.line, "options", None)
        return Wording(getattr(options, "language", "en"))

    def spoken(self, *what: str) -> Heard | None:
        """What was said of these kinds since the window began; None when nothing was."""
        heard = self.heard(*what)
        return replace(heard, spelling=self.spelling) if heard else None

    def expecting(self, texts: tuple[str, ...]) -> None:
        if hasattr(self.line, "expecting"):
            self.line.expecting(texts)

    @property
    def behind(self) -> bool:
        talk = self._talk
        return bool(talk.behind if talk else getattr(self.line, "behind", False))

    @property
    def doubt(self) -> str:
        talk = self._talk
        return talk.doubt if talk else ""

    @property
    def _talk(self) -> Talk | None:
        """The call with its sound, where the line carries one here."""
        talk: Talk | None = getattr(self.line, "live", None)
        return talk

    def _figures(self) -> dict[str, Any] | None:
        talk = self._live()
        figures = quality_fields(talk.leg) if talk.leg else None
        if figures and figures["in_doubt"] and figures["loss"] < DOUBTFUL:
            raise Unseen("this machine was too busy for its figures to speak of the line")
        return figures

    def _live(self) -> Talk:
        live = self._talk
        if live is None:
            raise Unseen("over this line no sound is carried: run it over a real one")
        return live
