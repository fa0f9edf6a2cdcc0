"""Trouble on a line that nobody asked about, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cxassure.channels._telephony.audio.barge_in import barge_in
from cxassure.channels._telephony.audio.echo import echo
from cxassure.channels._telephony.audio.noise import behind, noise
from cxassure.channels._telephony.audio.sound import Sound, sound_of
from cxassure.channels._telephony.audio.tones import is_music
from cxassure.channels._telephony.audio.trouble import Finding, Listener

Prompt, Join = Callable[[str], Sound], Callable[..., Sound]
NAMES = sorted(path.stem for path in (Path(__file__).parent / "prompts").glob("*.wav"))


def tone(hertz: float, seconds: float, level: float = 0.3) -> Sound:
    time = np.arange(round(8000 * seconds)) / 8000
    return sound_of(level * np.sin(2 * np.pi * hertz * time), 8000)


def found(sound: Sound, at: float = 0.0, **options: object) -> list[Finding]:
    listener = Listener(8000, **options)  # type: ignore[arg-type]
    for start in range(0, len(sound.samples), 160):
        listener.feed(sound.samples[start : start + 160], at + start / 8000)
    return listener.end()


@pytest.mark.parametrize("name", NAMES)
def test_a_healthy_prompt_has_no_trouble(name: str, prompt: Prompt, joined: Join) -> None:
    line = joined(1.0, prompt(name), 1.5, prompt(name), 1.0)
    assert found(line) == []
    assert found(behind(line, "street", 20.0, seed=1)) == []
    assert not is_music(line)


def test_dead_air_is_told_with_its_seconds(prompt: Prompt, joined: Join) -> None:
    welcome = prompt("welcome")
    (one,) = found(joined(welcome, 8.0, prompt("menu")), at=100)
    assert one.kind == "dead air" and one.figure == pytest.approx(8, abs=0.7)
    assert one.start == pytest.approx(100 + welcome.seconds, abs=0.5)
    assert found(joined(welcome, 3.0, prompt("menu"))) == []
    assert found(joined(welcome, 3.0), dead_air=2.0)[0].kind == "dead air"


def test_frames_that_stop_coming_are_dead_air(prompt: Prompt) -> None:
    listener = Listener(8000)
    listener.feed(prompt("welcome").samples, 0.0)
    assert [one.kind for one in listener.end(at=10.0)] == ["dead air"]
    listener.feed(prompt("welcome").samples, 20.0)
    assert [one.kind for one in listener.end()] == ["dead air"]


def test_clipping_is_told(prompt: Prompt) -> None:
    (one,) = found(sound_of(prompt("closed").floats() * 12, 8000))
    assert one.kind == "clipping" and one.figure > 3


def test_holes_in_speech_are_choppy(prompt: Prompt) -> None:
    holed = prompt("greeting").samples.copy()
    for at in range(1600, len(holed), 1600):
        holed[at : at + 400] = 0
    assert [one.kind for one in found(Sound(holed, 8000))] == ["choppy"]


def test_a_fax_is_told_whether_it_calls_or_answers(joined: Join) -> None:
    calls = found(joined(0.5, tone(1100, 0.5), 3.0, tone(1100, 0.5), 1.0))
    assert [one.kind for one in calls] == ["fax", "fax"]
    (answers,) = found(joined(0.5, tone(2100, 3.0), 0.5))
    assert answers.kind == "fax" and "CED" in answers.words


def test_a_machine_that_answers_is_told_from_a_person(prompt: Prompt, joined: Join) -> None:
    machine = joined(0.5, prompt("greeting"), 0.3, tone(1000, 0.4), 1.0)
    kinds = [one.kind for one in found(machine, person=True)]
    assert "answering machine" in kinds
    assert found(joined(0.5, prompt("person"), 2.0), person=True) == []
    assert found(machine) == []


def test_a_long_greeting_is_told_where_a_person_is_expected(prompt: Prompt) -> None:
    assert [one.kind for one in found(prompt("greeting"), person=True)] == ["long greeting"]


@pytest.mark.parametrize("seed", range(4))
def test_music_on_hold_is_told_from_noise(seed: int) -> None:
    assert is_music(noise("music", 6, seed=seed))
    assert not is_music(noise("street", 6, seed=seed))
    assert not is_music(noise("hiss", 6, seed=seed))


def test_silence_and_short_sounds_are_no_music() -> None:
    assert not is_music(Sound(np.zeros(48000, np.int16), 8000))
    assert not is_music(noise("music", 1))


def test_our_own_voice_coming_back_is_an_echo_with_its_delay(prompt: Prompt, joined: Join) -> None:
    ours = prompt("menu")
    back = sound_of(joined(0.18, ours).floats() * 0.2, 8000)
    told = echo(ours, back)
    assert told is not None
    assert told.delay == pytest.approx(0.18, abs=0.001)
    assert told.loss == pytest.approx(14, abs=0.5)


def test_an_echo_is_heard_while_the_other_side_speaks(prompt: Prompt, joined: Join) -> None:
    ours = joined(prompt("menu"), 2.0)
    back = joined(0.25, prompt("menu"), 2.0).floats() * 0.5
    theirs = joined(3.0, prompt("closed"), 2.0).floats()[: len(back)] * 0.7
    back[: len(theirs)] += theirs
    told = echo(ours, sound_of(back, 8000))
    assert told is not None and told.delay == pytest.approx(0.25, abs=0.001)


@pytest.mark.parametrize("other", NAMES)
def test_what_another_says_is_no_echo(other: str, prompt: Prompt) -> None:
    if other != "busy":
        assert echo(prompt("busy"), prompt(other)) is None


def test_without_our_voice_there_is_no_echo(prompt: Prompt) -> None:
    silent = Sound(np.zeros(16000, np.int16), 8000)
    assert echo(silent, prompt("menu")) is None
    assert echo(prompt("menu"), silent) is None


def voiced(*spans: tuple[float, float]) -> list[float]:
    return [n / 50 for start, end in spans for n in range(round(start * 50), round(end * 50))]


def test_a_prompt_that_stops_is_timed_from_our_key() -> None:
    told = barge_in(voiced((0, 3.4), (5, 6)), at=3.0, until=8.0)
    assert told.talking and told.stopped_after == pytest.approx(0.4)


def test_a_prompt_that_goes_on_did_not_stop() -> None:
    told = barge_in(voiced((0, 9)), at=3.0, until=9.0)
    assert told.talking and told.stopped_after is None


def test_a_pause_between_words_is_no_end_and_silence_before_no_prompt() -> None:
    told = barge_in(voiced((0, 3.2), (3.6, 4.0)), at=3.0, until=6.0)
    assert told.stopped_after == pytest.approx(1.0)
    assert not barge_in(voiced((0, 1)), at=3.0, until=6.0).talking
    assert barge_in(voiced((0, 3.2)), at=3.0, until=3.5).stopped_after is None


def test_barge_in_is_measured_from_a_listener_s_frames(prompt: Prompt, joined: Join) -> None:
    listener = Listener(8000)
    line = joined(prompt("greeting").cut(0, 3.3), 2.0)
    listener.feed(line.samples, 0.0)
    told = barge_in(listener.voiced, at=3.0, until=line.seconds)
    assert told.talking and told.stopped_after == pytest.approx(0.3, abs=0.25)
