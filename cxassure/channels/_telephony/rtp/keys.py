"""Key presses in both directions: as RFC 4733 events or in band, what was heard and how."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from cxassure.errors import CannotLook, UsageError

from . import telephone_event, tones
from .negotiation import Agreed
from .saying import Playing, Pressing, Saying, Sounding
from .telephone_event import KEYS, Listener

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples

By: TypeAlias = Literal["rfc4733", "inband"]
SHORTEST, LONGEST = 0.04, 5.0
TOGETHER = 0.15
"""Seconds within which the same key by both ways is one press."""
WAIT = {"w": 0.5, ",": 2.0}
"""Seconds of pause that a letter among the keys stands for."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """One key that was heard: `at` on the event loop's clock, `length` in seconds, `by` the way,
    or both ways joined by a plus."""

    key: str
    at: float
    length: float
    by: str


class Keys:
    """The keys of a leg. In-band tones come by way of the jitter buffer, so `at` lies that much
    later for them."""

    def __init__(self, saying: Saying) -> None:
        self.heard: list[Key] = []
        self.agreed: Agreed | None = None
        self._saying = saying
        self._listeners: list[Callable[[Key], None]] = []
        self._events = Listener()
        self._ear: tones.Ear | None = None

    @property
    def text(self) -> str:
        """All keys heard so far."""
        return "".join(key.key for key in self.heard)

    def listen(self, listener: Callable[[Key], None]) -> Callable[[], None]:
        """Calls `listener` for each key as it ends; what comes back ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def send(
        self,
        digits: str,
        *,
        by: By | None = None,
        length: float = 0.1,
        pause: float = 0.1,
        volume: int = 10,
    ) -> Playing:
        """Presses keys one after the other, before anything that is being said.

        Args:
            digits: `0`-`9`, `*`, `#`, `A`-`D`; `w` waits half a second, `,` two (as with modems).
            by: the way; None takes events where the far end agreed to them, else tones.
            length: seconds that each is held, 0.04 to 5.
            pause: seconds of silence behind each.
            volume: of events, in dBm0 without its minus, 0 to 63.

        Returns:
            The last of them; await its `ended()`.

        Raises:
            UsageError: a character is no key, or a length is out of range.
            CannotLook: events are asked for and were not agreed on.
        """
        agreed = self._checked(digits, length, pause, volume, by)
        way = by or ("inband" if agreed.event_number is None else "rfc4733")
        pressed: list[Playing] = []
        for digit in digits.upper():
            if digit.lower() in WAIT:
                pressed.append(self._pause(agreed, WAIT[digit.lower()]))
            elif way == "inband":
                pressed.append(self._tone(agreed, digit, length, pause))
            else:
                pressed.append(self._event(agreed, digit, length, pause, volume))
        for playing in pressed:
            self._saying.add(playing, first=True)
        return pressed[-1]

    def _checked(
        self, digits: str, length: float, pause: float, volume: int, by: By | None
    ) -> Agreed:
        wrong = [digit for digit in digits.upper() if digit not in KEYS + "W,"]
        if wrong or not digits:
            what = f"«{wrong[0]}» is no key" if wrong else "no key to press"
            raise UsageError(what, "keys are 0-9 * # A-D, and w and , to wait")
        if not SHORTEST <= length <= LONGEST or not 0 <= pause <= LONGEST:
            raise UsageError(f"a key of {length:g} s", f"{SHORTEST:g} to {LONGEST:g} s")
        if not 0 <= volume <= 63:
            raise UsageError(f"a volume of -{volume} dBm0", "0 to 63")
        agreed = self.agreed
        if agreed is None:
            raise CannotLook("keys cannot be sent before media is agreed on", "answer first")
        if agreed.event_number is None:
            if by == "rfc4733":
                hint = "send them in band or by SIP INFO"
                raise CannotLook("the far end did not agree to key events (RFC 4733)", hint)
        elif by != "inband" and length * agreed.event_clock > telephone_event.LONGEST:
            most = telephone_event.LONGEST / agreed.event_clock
            raise UsageError(f"a key event of {length:g} s", f"{most:.1f} s at most, or in band")
        return agreed

    def _pause(self, agreed: Agreed, seconds: float) -> Playing:
        import numpy as np

        rate = agreed.codec.rate
        return Sounding(np.zeros(round(seconds * rate), np.int16), rate)

    def _tone(self, agreed: Agreed, digit: str, length: float, pause: float) -> Playing:
        import numpy as np

        rate = agreed.codec.rate
        tone = tones.make(digit, length, rate)
        return Sounding(np.pad(tone, (0, round(pause * rate))), rate)

    def _event(
        self, agreed: Agreed, digit: str, length: float, pause: float, volume: int
    ) -> Playing:
        clock = agreed.event_clock
        beat = clock * agreed.packet_ms // 1000
        units = round(length * clock)
        return Pressing(telephone_event.packets(digit, units, beat, volume), length, pause)

    def event(self, payload: bytes, timestamp: int, clock: int, at: float) -> None:
        """Takes a key event packet that came at `at`."""
        for key, since, length in self._events.take(payload, timestamp, clock, at):
            self._tell(Key(key, since, length, "rfc4733"))

    def sound(self, samples: Samples, rate: int, at: float) -> None:
        """Takes a beat of what is heard, which begins at `at`, and looks for tones in it."""
        if self._ear is None or self._ear.rate != rate:
            self._ear = tones.Ear(rate)
        ends = at + len(samples) / rate
        for key, ago, length in self._ear.feed(samples):
            self._tell(Key(key, ends - ago, length, "inband"))

    def beat(self, at: float) -> None:
        """Ends a key event whose last packets were lost."""
        for key, since, length in self._events.expired(at):
            self._tell(Key(key, since, length, "rfc4733"))

    def _tell(self, key: Key) -> None:
        if self._joined(key):
            return
        self.heard.append(key)
        for listener in list(self._listeners):
            try:
                listener(key)
            except Exception:
                log.exception("a listener to keys failed and is left out")
                self._listeners.remove(listener)

    def _joined(self, key: Key) -> bool:
        """Whether it is the key just heard, coming by the other way too."""
        for place, other in enumerate(self.heard[-2:], max(0, len(self.heard) - 2)):
            apart = max(key.at - other.at - other.length, other.at - key.at - key.length)
            if other.key == key.key and other.by != key.by and apart < TOGETHER:
                self.heard[place] = replace(other, by="rfc4733+inband")
                return True
        return False
