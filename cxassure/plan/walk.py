"""Goes through the steps of one journey and row in written order: fills in, flattens fragments,
numbers, checks, and knows at each step which values have been kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from cxassure.errors import Misread
from cxassure.journey import BranchSpec, Fragment, StepSpec
from cxassure.plan.checks import Channel
from cxassure.plan.findings import Findings
from cxassure.plan.references import Filling, Known, check, refers
from cxassure.probe import Branch, Expectation, Keep, Step
from cxassure.text import Raw, clip, seconds

STEPS = 2_000
NESTED = 20

Kept = dict[str, None]
"""Names of kept values, as a set that remembers its order."""


class TooLong(Exception):
    """A journey has more steps than anybody means."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The fragment that steps stand in: its arguments, and the fragments that led here."""

    via: str = ""
    filling: Filling = field(default_factory=lambda: Filling({}))
    chain: tuple[str, ...] = ()
    used: str = ""


TOP = Frame()


@dataclass(slots=True)
class Walk:
    """One journey and row under way. `channels` has None for a party of whom something is wrong."""

    known: Known
    fragments: dict[str, Fragment]
    channels: dict[str, Channel | None]
    row: dict[str, str]
    findings: Findings
    budget: float | None
    shared: dict[Any, Step] | None
    """Steps that are the same in each row; None where there are no rows."""
    through: set[str]
    """Paths of the fragments that were gone through."""
    kept: Kept = field(default_factory=dict)
    index: int = 0
    rows: Filling = field(init=False)

    def __post_init__(self) -> None:
        self.rows = Filling(self.row, "row.")

    def steps(self, specs: tuple[StepSpec, ...], kept: Kept, frame: Frame) -> tuple[Step, ...]:
        """The probe's steps for `specs`; adds to `kept` what they keep."""
        made: list[Step] = []
        for spec in specs:
            if spec.use:
                made += self._use(spec, kept, frame)
            else:
                made.append(self._step(spec, kept, frame))
        return tuple(made)

    def fill(self, raw: Raw, spec: StepSpec, frame: Frame, kept: Kept, *keys: str | int) -> Raw:
        """`raw` with arguments and row values in place, and the references that stay checked."""
        for filling in (frame.filling, self.rows):
            filled = filling.fill(raw)
            if filled is None:
                self.findings.say(spec.at(*keys), "references swell this beyond all measure")
                return raw
            raw = filled
        check(raw, lambda name: self._wrong(name, kept), self.findings, spec.at, *keys)
        return raw

    def _wrong(self, name: str, kept: Kept) -> tuple[str, str] | None:
        if name in self.kept and name not in kept:
            return f"«{name}» is kept in some branches only", "keep it in every branch before this"
        return self.known.wrong(name, kept, self.row)

    def _step(self, spec: StepSpec, kept: Kept, frame: Frame) -> Step:
        self.index += 1
        if self.index > STEPS:
            raise TooLong
        if self.shared is None or spec.one_of or frame is not TOP:
            return self._made(self._filled(spec, kept, frame), self.index, kept, frame)
        same = (id(spec), self.index, id(self.channels.get(spec.party)), *kept)
        if same in self.shared:
            kept.update(dict.fromkeys(spec.keep))
            self.kept.update(kept)
            return self.shared[same]
        filled = self._filled(spec, kept, frame)
        step = self._made(filled, self.index, kept, frame)
        if filled is spec:
            self.shared[same] = step
        return step

    def _filled(self, spec: StepSpec, kept: Kept, frame: Frame) -> StepSpec:
        """`spec` with everything filled in; `spec` itself where there was nothing to fill."""
        if not spec.refers:
            return spec
        new: dict[str, Any] = {}
        for name in ("within", "aim", "expect", "until", "keep"):
            part = getattr(spec, name)
            if part and refers(part):
                new[name] = self.fill(part, spec, frame, kept, name)
        deed = (spec.party, spec.verb)
        for name in ("party", "verb", "argument"):
            part = getattr(spec, name)
            if part and refers(part):
                new[name] = self.fill(part, spec, frame, kept, *deed)
        changed = {key: value for key, value in new.items() if value is not getattr(spec, key)}
        return replace(spec, **changed) if changed else spec

    def _made(self, spec: StepSpec, index: int, kept: Kept, frame: Frame) -> Step:
        channel = self._channel(spec)
        parts: dict[str, Any] = {}
        if channel and spec.verb:
            channel.deed(spec, self.findings)
        if spec.argument:
            parts["argument"] = spec.argument
        if spec.expect:
            parts["expect"] = self._expectations(channel, spec.expect, spec, "expect")
        if spec.until:
            parts["until"] = self._expectations(channel, spec.until, spec, "until")
        if spec.within or spec.aim:
            parts |= self._limits(spec)
        if spec.keep:
            parts["keep"] = self._keeps(channel, spec)
            kept.update(dict.fromkeys(spec.keep))
        self.kept.update(kept)
        if spec.one_of:
            parts["one_of"] = self._branches(channel, spec, kept, frame)
        for flag in ("optional", "carry_on", "spends"):
            if getattr(spec, flag):
                parts[flag] = True
        place = f"{spec.places.path}:{spec.line}:{spec.column}"
        return Step(
            index=index, party=spec.party, verb=spec.verb, place=place, via=frame.via, **parts
        )

    def _channel(self, spec: StepSpec) -> Channel | None:
        if spec.party and spec.party not in self.channels:
            self.findings.unknown(spec.key(spec.party), "party", spec.party, self.channels)
        return self.channels.get(spec.party)

    def _expectations(
        self, channel: Channel | None, raw: dict[str, Raw], spec: StepSpec, *keys: str | int
    ) -> tuple[Expectation, ...]:
        if channel is None:
            return ()
        return channel.expectations(raw, self.findings, spec.at, spec.key, *keys)

    def _keeps(self, channel: Channel | None, spec: StepSpec) -> dict[str, Keep]:
        made: dict[str, Keep] = {}
        for name, how in spec.keep.items():
            try:
                if channel:
                    made[name] = channel.keep(how)
            except Misread as misread:
                place = spec.at("keep", name, *misread.where)
                self.findings.say(place, f"keep {clip(name, 60)}: {misread.what}", misread.hint)
        return made

    def _limits(self, spec: StepSpec) -> dict[str, float | None]:
        within = self._duration(spec, "within", spec.within)
        aim = self._duration(spec, "aim", spec.aim)
        if within is not None and aim is not None and aim > within:
            hint = "aim is the better of the two: write aim ≤ within"
            self.findings.say(
                spec.at("aim"), f"aim {spec.aim} is later than within {spec.within}", hint
            )
        if within is not None and self.budget is not None and within > self.budget:
            what = f"within {spec.within} is more than the journey's whole budget"
            self.findings.say(spec.at("within"), what, "raise budget:, or lower this")
        return {"within": within, "aim": aim}

    def _duration(self, spec: StepSpec, key: str, text: str) -> float | None:
        if not text:
            return None
        try:
            length = seconds(text)
        except Misread as misread:
            self.findings.misread(spec.at(key), misread)
            return None
        if not length:
            self.findings.say(spec.at(key), f"{key} {text} leaves no time", "write 500ms, 5s or 3m")
        return length

    def _branches(
        self, channel: Channel | None, spec: StepSpec, kept: Kept, frame: Frame
    ) -> tuple[Branch, ...]:
        """What is kept in every branch is kept after them."""
        made, ends = [], []
        for way in spec.one_of:
            inner = dict(kept)
            made.append(self._branch(channel, way, spec, inner, frame))
            ends.append(inner)
        kept.update({name: None for name in ends[0] if all(name in end for end in ends)})
        return tuple(made)

    def _branch(
        self, channel: Channel | None, way: BranchSpec, spec: StepSpec, kept: Kept, frame: Frame
    ) -> Branch:
        expect: Any = way.expect
        keys = (*way.keys[len(spec.keys) :], "expect")
        if expect and refers(expect):
            expect = self.fill(expect, spec, frame, kept, *keys) or {}
        asked = self._expectations(channel, expect, spec, *keys)
        return Branch(expect=asked, steps=self.steps(way.steps, kept, frame))

    def _use(self, spec: StepSpec, kept: Kept, frame: Frame) -> tuple[Step, ...]:
        name = str(self.fill(spec.use, spec, frame, kept, "use"))
        piece = self.fragments.get(name)
        if piece is None:
            self.findings.unknown(spec.at("use"), "fragment", name, self.fragments)
            return ()
        chain = (*frame.chain, name)
        if name in frame.chain:
            what = f"fragment «{name}» uses itself: {' → '.join(chain)}"
            self.findings.say(spec.at("use"), what, "let one of them stand on its own")
            return ()
        if len(chain) > NESTED:
            self.findings.say(
                spec.at("use"), f"fragments use each other {NESTED} deep", "write it out"
            )
            return ()
        self.through.add(piece.places.path)
        given = {
            key: str(self.fill(value, spec, frame, kept, "use", name, key))
            for key, value in spec.gives.items()
        }
        filling = Filling(self._arguments(piece, given, spec))
        used = self.findings.used
        inner = Frame(name, filling, chain, frame.used or str(spec.place))
        self.findings.used = inner.used
        made = self.steps(piece.steps, kept, inner)
        self.findings.used = used
        return made

    def _arguments(self, piece: Fragment, given: dict[str, str], spec: StepSpec) -> dict[str, str]:
        for key in given:
            if key not in piece.takes:
                place = spec.key("use", piece.name, key)
                self.findings.unknown(place, f"argument of {piece.name}", key, piece.takes)
        values = {name: given.get(name, default) for name, default in piece.takes.items()}
        missing = [name for name, value in values.items() if value is None]
        if missing:
            what = f"fragment «{piece.name}» is not given {', '.join(missing)}"
            hint = f"write use: {{{piece.name}: {{{missing[0]}: …}}}}"
            self.findings.say(spec.at("use"), what, hint)
        return {name: value or "" for name, value in values.items()}
