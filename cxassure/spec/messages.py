"""Reading `message_windows:`: what customers must be told from when to when, and where."""

from __future__ import annotations

from collections.abc import Collection

from cxassure import matcher
from cxassure.peak import Window
from cxassure.settings import MessageWindow
from cxassure.spec.peaks import DATES, Entry
from cxassure.spec.shape import Shape
from cxassure.text import Raw, clip, guess

MESSAGE_KEYS = [*DATES, *"zone says target journeys".split()]


def read_messages(
    shape: Shape, raw: Raw, home: str, targets: Collection[str]
) -> tuple[MessageWindow, ...]:
    """The message windows in the settings; `home` is the zone of those that name none."""
    found = shape.pairs(raw, "message_windows")
    read = [_Message(shape, name, value, home).read(targets) for name, value in found.items()]
    return tuple(message for message in read if message)


class _Message(Entry):
    """One message window under inspection."""

    keys = MESSAGE_KEYS

    def __init__(self, shape: Shape, name: str, raw: Raw, home: str) -> None:
        super().__init__(shape, ("message_windows", name), raw, home)

    def read(self, targets: Collection[str]) -> MessageWindow | None:
        dates, journeys = self.dates(), self.journeys()
        says, target = self.says(), self.target(targets)
        if dates is None or not says or not target:
            return None
        when = Window(
            name=self.name,
            kind="message",
            dates=dates,
            zone=self.zone,
            journeys=journeys,
            place=self.place,
        )
        return MessageWindow(when=when, target=target, says=says)

    def target(self, targets: Collection[str]) -> str:
        target = self.typed(str, "target", "")
        if not target and self.raw and "target" not in self.raw:
            self.say(f"«{self.name}» names no target", "write target: with where it is announced")
        elif target and target not in targets:
            what = f"target «{clip(target, 60)}» is in no environment"
            self.shape.say(what, guess(target, targets), *self.at, "target")
            return ""
        return target

    def says(self) -> dict[str, Raw]:
        """The words, or matchers of a text: a scalar is what must be contained."""
        raw = self.raw.get("says", "")
        if self.raw and not raw:
            self.say(f"«{self.name}» does not say what is announced", "write says: the words")
        must: dict[str, Raw] = raw if isinstance(raw, dict) else {"contains": raw}
        wrong = list(matcher.problems(must, "text")) if raw else []
        for where, misread in wrong:
            at = where if isinstance(raw, dict) else ()
            self.shape.say(misread.what, misread.hint, *self.at, "says", *at)
        return {} if wrong or not raw else must
