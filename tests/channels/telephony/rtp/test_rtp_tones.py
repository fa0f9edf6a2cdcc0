"""Keys as tones through a telephone's codec and noise, never in speech; as events that tear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp import g711, telephone_event, tones
from cxassure.channels._telephony.rtp.telephone_event import KEYS, Event, Listener


def found(
    samples: np.ndarray, rate: int = 8000, law: str = "PCMU"
) -> list[tuple[str, float, float]]:  # type: ignore[type-arg]
    """(key, start, length) of the keys in a sound that went through G.711."""
    sound = g711.decode(law, g711.encode(law, np.clip(samples, -32768, 32767).astype(np.int16)))
    ear, keys = tones.Ear(rate), []
    for start in range(0, len(sound), rate // 50):
        part = sound[start : start + rate // 50]
        ends = (start + len(part)) / rate
        keys += [(key, ends - ago, length) for key, ago, length in ear.feed(part)]
    return keys


def noisy(key: str, length: float, ratio: float, rate: int = 8000) -> np.ndarray:  # type: ignore[type-arg]
    """A key between 0.1 s and 0.2 s of noise, so many dB over it."""
    tone = tones.make(key, length, rate).astype(float)
    whole = np.pad(tone, (rate // 10, rate // 5))
    sigma = np.sqrt(np.square(tone).mean() / 10 ** (ratio / 10))
    return whole * 0.5 + np.random.default_rng(ord(key)).normal(0, sigma * 0.5, len(whole))


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
@pytest.mark.parametrize("length", [0.045, 0.1, 0.4])
def test_all_sixteen_keys_are_heard_at_10_db_of_noise(law: str, length: float) -> None:
    heard = {key: found(noisy(key, length, 10), law=law) for key in tones.PAD}
    assert {key: "".join(k for k, _, _ in keys) for key, keys in heard.items()} == {
        key: key for key in tones.PAD
    }
    for ((_, at, took),) in heard.values():
        assert at == pytest.approx(0.1, abs=0.02)
        assert took == pytest.approx(length, abs=0.03)


def test_wideband_keys_are_heard_too() -> None:
    assert [found(noisy(key, 0.08, 15, 16000), 16000)[0][0] for key in tones.PAD] == [*tones.PAD]


def test_no_key_is_heard_in_speech(speech: Sound) -> None:
    for loud in (1.0, 0.3, 2.0):
        assert found(speech.samples * loud) == []


@settings(deadline=None)
@given(st.floats(200, 3400), st.floats(100, 12000))
def test_a_single_tone_is_no_key(hertz: float, loud: float) -> None:
    time = np.arange(1600) / 8000
    assert found(loud * np.sin(2 * np.pi * hertz * time)) == []


@pytest.mark.parametrize("louder", [-9, 14])
def test_tones_of_too_unequal_loudness_are_no_key(louder: float) -> None:
    time = np.arange(1600) / 8000
    row, column = (np.sin(2 * np.pi * hertz * time) for hertz in (770, 1336))
    assert found(2000 * (row * 10 ** (louder / 20) + column)) == []


def test_the_same_key_twice_is_two_keys_and_a_short_blip_none() -> None:
    gap = np.zeros(400)
    twice = np.concatenate(
        [gap, tones.make("5", 0.06, 8000), gap, tones.make("5", 0.06, 8000), gap]
    )
    assert "".join(key for key, _, _ in found(twice)) == "55"
    assert found(np.concatenate([gap, tones.make("5", 0.018, 8000), gap, gap])) == []


@settings(deadline=None)
@given(st.sampled_from(KEYS), st.integers(320, 40000), st.integers(0, 63), st.data())
def test_a_key_event_is_heard_once_however_packets_are_lost(
    key: str, length: int, volume: int, data: st.DataObject
) -> None:
    beats = list(telephone_event.packets(key, length, 160, volume))
    sent = [event for events in beats for event in events]
    assert sent[-3:] == [Event(KEYS.index(key), True, volume, length)] * 3
    kept = data.draw(st.sets(st.sampled_from(range(len(sent))), min_size=1))
    listener, heard = Listener(), []
    for place, event in enumerate(sent):
        if place in kept:
            heard += list(listener.take(event.pack(), 77, 8000, place * 0.02))
    heard += list(listener.expired(len(sent) * 0.02 + 1))
    assert [k for k, _, _ in heard] == [key]
    if kept & {len(sent) - 1, len(sent) - 2, len(sent) - 3}:
        assert heard[0][2] == pytest.approx(length / 8000)


def test_two_events_are_two_keys_though_the_first_end_was_lost() -> None:
    listener, heard = Listener(), []
    for stamp in (100, 900):
        for events in list(telephone_event.packets("7", 800, 160, 10))[:-1]:
            heard += [k for e in events for k in listener.take(e.pack(), stamp, 8000, stamp / 8000)]
    assert [key for key, _, _ in heard] == ["7"]
    assert [key for key, _, _ in listener.expired(9)] == ["7"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=6), st.integers(0, 1000)), max_size=40))
def test_any_event_payload_is_survived(wild: list[tuple[bytes, int]]) -> None:
    listener = Listener()
    for place, (payload, stamp) in enumerate(wild):
        for key, _, length in listener.take(payload, stamp, 8000, place * 0.02):
            assert key in KEYS
            assert length >= 0
