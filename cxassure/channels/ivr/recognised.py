"""A voice agent's words, made out of its sound beside the call, by any recogniser there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxassure.channel import Opening
from cxassure.channels._telephony.carrier.voice import Offline
from cxassure.channels._telephony.live.understanding import Ears
from cxassure.channels._telephony.twilio.hearing import written
from cxassure.errors import CannotLook, UsageError

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.hearing import Hearing
    from cxassure.channels._telephony.audio.sound import Sound


class Recognised(Offline):
    """Speaks as `Offline` does; hears in a process of its own, so that frames leave in time.

    `expected` are the texts that the step now under way looks for.
    """

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self.expected: tuple[str, ...] = ()

    @classmethod
    async def of(cls, opening: Opening, name: str, options: dict[str, Any]) -> Recognised:
        """Raises `CannotLook` for a recogniser that there is not."""
        from cxassure.channels._telephony.audio.recogniser import recognisers
        from cxassure.text import guess

        if name not in recognisers():
            raise CannotLook(
                f"target «{opening.target.name}»: unknown recogniser «{name}»",
                guess(name, recognisers()),
            )
        return cls((await Ears.of(opening)).hearing(name, options))

    async def begin(self) -> None:
        """Loads the recogniser while the call connects; what is wrong with it is told when it is
        asked."""
        try:
            await self._hearing.start()
        except (CannotLook, UsageError):
            return

    async def hear(self, sound: Sound, language: str) -> str | None:
        """None where nothing here recognises speech. Raises `CannotLook` for options of the
        recogniser that make no sense."""
        try:
            return written(await self._hearing.hear(sound, self.expected, language))
        except UsageError as wrong:
            raise CannotLook(wrong.what, wrong.hint) from None
        except CannotLook:
            return None
