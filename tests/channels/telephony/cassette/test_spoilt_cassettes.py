"""A cassette that was spoilt is told in words, with its file: read, compared and played."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxassure import cassettes
from cxassure.cassettes import Taken
from cxassure.channel import Opening, Scope
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.speaking import say
from cxassure.channels._telephony.cassette import tape
from cxassure.channels._telephony.cassette.tape import Call, Cassette, Line
from cxassure.channels._telephony.rtp.g711 import MU, A, decode, encode
from cxassure.channels.ivr import IvrSession
from cxassure.channels.ivr.cassette import CassetteLine
from cxassure.errors import CannotLook, CxassureError
from cxassure.settings import Target

PARTS = {"caller": "ivr", "agent": "agent"}
PRESS = "For roses, press 1."


def heard(at: float, what: str, text: str = "", **more: Any) -> Line:
    seconds, who = more.pop("seconds", 0.0), more.pop("who", "company")
    party = more.pop("party", "caller")
    return Line(at=at, party=party, who=who, what=what, text=text, seconds=seconds, data=more)


WHOLE = Call(
    journey="roses",
    started="2026-11-22T09:00:00.000Z",
    parties=PARTS,  # type: ignore[arg-type]
    lines=(
        heard(0.0, "dialled", "+15550199", who="customer"),
        heard(0.5, "connected", who="line"),
        heard(0.5, "prompt", PRESS, seconds=2.0),
        heard(2.5, "turn", who="line"),
        heard(2.5, "pressed", "1", who="customer", seconds=0.25),
        heard(3.0, "prompt", "One moment.", seconds=1.0, confidence=0.9),
        heard(4.0, "rang", "desk", party="agent", who="line", context={"order": "‹order›"}),
        heard(6.0, "turns", "first sound after 0.5 s", who="line", first_audio=0.5, loops=0),
        heard(6.0, "hung up", who="customer"),
        Line(at=6.0, who="customer", what="over"),
    ),
)
GOOD = tape.encoded(Cassette(calls=(WHOLE,)))
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "caller", "over", "‹a›‹b›", "hung up", "../x", "\x1b[2J", "9" * 300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in a document."""
    found: list[tuple[Any, ...]] = []
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in inner:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


WAYS = places(json.loads(GOOD))


@st.composite
def other_fields(draw: st.DrawFn) -> bytes:
    document = json.loads(GOOD)
    for way in draw(st.lists(st.sampled_from(WAYS), min_size=1, max_size=3)):
        node = document
        try:
            for key in way[:-1]:
                node = node[key]
            if draw(st.booleans()):
                del node[way[-1]]
            else:
                node[way[-1]] = draw(ANY)
        except (LookupError, TypeError):
            continue  # an earlier change has taken that place away
    return json.dumps(document).encode()


@st.composite
def other_bytes(draw: st.DrawFn) -> bytes:
    at = draw(st.integers(0, len(GOOD)))
    if draw(st.booleans()):
        return GOOD[:at]
    return GOOD[:at] + draw(st.binary(max_size=8)) + GOOD[at + draw(st.integers(0, 8)) :]


class Played:
    """A caller over a cassette."""

    def __init__(self, file: Path) -> None:
        async def keep(name: str, data: bytes, media: str) -> None:
            """Nothing is kept."""

        target = Target(name="line", address=str(file), over="cassette")
        opening = Opening(
            party="caller", channel="ivr", target=target, targets={}, keep=keep,
            observe=lambda seen: None, finding=lambda text: None, conceals=lambda text: False,
            run=Scope(), campaign=Scope(),
        )  # fmt: skip
        self.session = IvrSession(opening, CassetteLine)
        self.session.limit, self.session.look_on = 10.0, 1.0

    async def goes(self) -> None:
        session = self.session
        await session.open()
        await session.dial()
        await session.press("1")
        for _ in range(60):
            await session.attend(session.clock.now() + 0.5)
            session.prompt(), session.silence(), session.call(), session.took()
        await session.hang_up()
        await session.close()


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(other_bytes(), other_fields()))
def test_whatever_stands_in_it_a_cassette_is_read_or_told_with_its_file(
    tmp_path: Path, data: bytes
) -> None:
    file = tmp_path / "spoilt.cassette"
    file.write_bytes(data)
    try:
        cassette = cassettes.read(file)
    except CannotLook as wrong:
        assert str(file) in wrong.what and wrong.hint and "\x1b" not in wrong.what
        return
    for call in cassette.calls:
        cassettes.differences(file, call, Taken(WHOLE))
        cassettes.differences(file, WHOLE, Taken(call))
    try:
        asyncio.run(Played(file).goes())
    except CxassureError as wrong:
        assert wrong.what


async def test_the_whole_cassette_plays(tmp_path: Path) -> None:
    file = tmp_path / "whole.cassette"
    file.write_bytes(GOOD)
    played = Played(file)
    with pytest.raises(CannotLook, match="when nobody acts any more"):
        await played.goes()
    assert [seen.text for seen in played.session.seen if seen.what == "prompt"] == [
        PRESS, "One moment.",
    ]  # fmt: skip


# Sounds


def line_of(text: str, codec: int | None = None) -> bytes:
    """A call's sound, as `WHOLE` has it: half a second in, `text`."""
    import numpy as np

    spoken = say(text, rate=8000)
    samples = np.concatenate([np.zeros(160, np.int16), spoken.samples, np.zeros(24_000, np.int16)])
    if codec is not None:
        samples = decode(codec, encode(codec, samples // 2))
    return Sound(samples, 8000).wav()


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Call]:
    path = tmp_path / "roses.cassette"
    cassette = cassettes.write(path, [Taken(WHOLE, {"caller": line_of(PRESS)})])
    return path, cassette.calls[0]


@pytest.mark.parametrize("codec", [MU, A])
def test_the_same_prompt_through_a_codec_is_the_same(kept: tuple[Path, Call], codec: int) -> None:
    path, call = kept
    assert cassettes.differences(path, call, Taken(WHOLE, {"caller": line_of(PRESS, codec)})) == []


def test_another_prompt_is_told_by_its_second_though_its_words_are_told_alike(
    kept: tuple[Path, Call],
) -> None:
    path, call = kept
    other = line_of("Our shop is closed today.", MU)
    (change,) = cassettes.differences(path, call, Taken(WHOLE, {"caller": other}))
    assert change.sentence.startswith(f"caller, 0.5 s: «{PRESS}» sounds otherwise: another prompt")


def written_otherwise(text: str) -> Call:
    """`WHOLE`, its first prompt told in other words."""
    lines = [
        line if line.text != PRESS else heard(0.5, "prompt", text, seconds=2.0)
        for line in WHOLE.lines
    ]
    return msgspec.structs.replace(WHOLE, lines=tuple(lines))


def test_what_sounds_alike_is_no_change_though_a_recogniser_writes_it_otherwise(
    kept: tuple[Path, Call],
) -> None:
    path, call = kept
    new = written_otherwise("For Rosie's press won.")
    assert cassettes.differences(path, call, Taken(new, {"caller": line_of(PRESS, MU)})) == []
    told = cassettes.differences(path, call, Taken(new))
    assert "the prompt was" in told[0].sentence, "without its sound the words count"


def test_where_pieces_of_the_sound_are_missing_words_that_are_alike_count_as_the_same(
    kept: tuple[Path, Call],
) -> None:
    path, call = kept
    told = {}
    for text in ("For noses, press 1.", "For noses, press 2.", "For tulips, press 1."):
        new = written_otherwise(text)
        lines = [
            msgspec.structs.replace(line, data={"gaps": 1}) if line.text == text else line
            for line in new.lines
        ]
        taken = Taken(msgspec.structs.replace(new, lines=tuple(lines)), {"caller": line_of(PRESS)})
        told[text] = len(cassettes.differences(path, call, taken)) > 0
    assert list(told.values()) == [False, True, True]


def test_a_sound_that_is_missing_is_told_with_its_file(kept: tuple[Path, Call]) -> None:
    path, call = kept
    file = tape.folder(path) / call.sounds[0].file
    file.unlink()
    with pytest.raises(CannotLook) as told:
        cassettes.differences(path, call, Taken(WHOLE, {"caller": line_of(PRESS)}))
    assert str(file) in told.value.what and "keep both" in told.value.hint


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_sound_that_was_spoilt_is_compared_or_told_with_its_file(
    kept: tuple[Path, Call], data: st.DataObject
) -> None:
    path, call = kept
    file, whole = tape.folder(path) / call.sounds[0].file, line_of(PRESS)
    at = data.draw(st.integers(0, 60) | st.integers(0, len(whole)))
    spoilt = whole[:at] + data.draw(st.binary(max_size=6))
    file.write_bytes(data.draw(st.sampled_from([spoilt, spoilt + whole[at + 6 :]])))
    try:
        cassettes.differences(path, call, Taken(WHOLE, {"caller": whole}))
    except CannotLook as wrong:
        assert str(file) in wrong.what and wrong.hint
