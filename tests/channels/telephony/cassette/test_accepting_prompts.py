"""Prompts that were heard in a stored run become golden prompts, named after their words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxassure import cassettes
from cxassure.channels._telephony.audio.repertoire import Repertoire
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voices import read_aloud
from cxassure.errors import UsageError
from cxassure.events import Kept, Observed, RunStarted, StepEnded, StepStarted
from cxassure.run import fold
from cxassure.store import Stored

HELLO, MENU = "Welcome to Birch and Bay.", "To hear about an order, press two."


def spoken(text: str) -> np.ndarray:
    return read_aloud(text, "slt").at(8000).samples


def seen(step: int, at: float, what: str, seconds: float = 0.0, **more) -> Observed:
    told = {"who": "company", "party": "caller", "channel": "ivr", **more}
    return Observed(step=step, at=at, what=what, seconds=seconds, **told)


def run_with(folder: Path, menu: np.ndarray, words: str = MENU) -> Stored:
    """A call of two steps: a greeting at 1.5 s, a menu at 5 s, its sound from 1 s on."""
    sound, hello = np.zeros(8 * 8000, np.int16), spoken(HELLO)
    for part, at in ((hello, 0.5), (menu, 4.0)):
        sound[round(at * 8000) :][: len(part)] = part
    (folder / "call.wav").write_bytes(Sound(sound, 8000).wav())
    begin = {"party": "caller", "channel": "ivr"}
    greeting = seen(1, 1.5, "prompt", len(hello) / 8000, text=HELLO)
    events = [
        RunStarted(run="r", journey="j", started="", parties={"caller": "ivr"}),
        StepStarted(index=1, at=0.0, verb="dial", **begin),
        seen(1, 0.0, "dialled", who="customer"),
        seen(1, 1.0, "connected", who="line"),
        greeting,
        StepEnded(index=1, at=4.0, verdict="passed"),
        StepStarted(index=2, at=4.0, verb="listen", **begin),
        seen(2, 5.0, "prompt", len(menu) / 8000, text=words),
        StepEnded(index=2, at=9.0, verdict="passed"),
        Kept(step=2, at=9.0, name="call.wav", path="call.wav", media="audio/wav", party="caller"),
        StepStarted(index=3, at=9.0, part="closing"),
    ]
    return Stored(fold(events), events, folder)


def test_every_prompt_is_accepted_and_known_from_then_on(tmp_path):
    told = cassettes.accept(run_with(tmp_path, spoken(MENU)), tmp_path / "golden")
    assert [line.split(": ", 1)[1].split(",")[0] for line in told] == ["accepted", "accepted"]
    heard = Repertoire([str(tmp_path / "golden")]).hear(Sound(spoken(MENU), 8000))
    assert heard.text == MENU and not heard.otherwise


def test_one_step_is_accepted_anew_and_compared_with_what_was(tmp_path):
    folder = tmp_path / "golden"
    cassettes.accept(run_with(tmp_path, spoken(MENU)), folder)
    other = run_with(tmp_path, spoken(MENU.replace("two", "nine")), MENU + " [press 9]")
    (told,) = cassettes.accept(other, folder, step=2)
    assert "to-hear-about-an-order-press-two.wav: accepted anew, it was changed words" in told
    assert (folder / "script.txt").read_text().splitlines() == [HELLO, MENU]


def test_a_step_in_which_nothing_was_heard_is_told(tmp_path):
    with pytest.raises(UsageError, match="no prompt was heard with sound at step 7") as told:
        cassettes.accept(run_with(tmp_path, spoken(MENU)), tmp_path / "golden", step=7)
    assert "--trace" in told.value.hint
