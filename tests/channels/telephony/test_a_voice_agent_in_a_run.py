"""A journey that talks to a voice agent: judged, told, kept as a cassette and replayed."""

from __future__ import annotations

import asyncio
import json

import pytest

from cxassure import cassettes
from cxassure.campaign import Running
from cxassure.channels._telephony.audio.repertoire import Repertoire, slug
from cxassure.channels._telephony.audio.speaking import say
from cxassure.report.json import document
from cxassure.report.page import page
from cxassure.selection import Selection
from cxassure.workspace import Workspace

WORDS = ("Welcome.", "Hello there.", "One moment.")
JOURNEY = """
journey: talk-to-the-agent
title: A caller greets a voice agent
parties:
  caller: {channel: ivr, target: agent}
promises:
  first_audio: {within: 0.5s}
  turn_p95: {within: 2m}
  loops: {at_most: 0}
steps:
  - caller: dial
    within: 60s
    expect: {prompt: {contains: welcome}}
  - caller: {say: Hello there.}
    within: 60s
    expect: {prompt: {contains: one moment}, call: {turn_p50: {at_most: 2m}}}
  - caller: hang_up
"""
SETTINGS = """
environments:
  live:
    rehearsal: true
    targets:
      agent:
        {{address: "{url}", over: media_stream, recogniser: golden,
          recogniser_options: {{folders: ["{folder}"]}}}}
  tape:
    targets: {{agent: {{address: "{folder}/talk.cassette", over: cassette}}}}
"""


class Speech:
    """An agent's voice and ears: words are read aloud, and known again by their sound."""

    def __init__(self, folder) -> None:
        self.known = Repertoire([str(folder)])

    def sound(self, text):
        return say(text, rate=8000)

    def word(self, sound):
        return self.known.hear(sound).text


@pytest.fixture
def prompts(tmp_path):
    folder = tmp_path / "prompts"
    folder.mkdir()
    for text in WORDS:
        (folder / f"{slug(text)}.wav").write_bytes(say(text, rate=8000).wav())
    (folder / "script.txt").write_text("\n".join(WORDS))
    return folder


async def test_an_agent_that_is_slow_is_failed_told_and_replayed(streams, prompts, tmp_path):
    class Slow(streams.Agent):
        async def say(self, word):
            await asyncio.sleep(0.8)
            await super().say(word)

    agent = Slow(Speech(prompts), {"Hello there.": ["One moment."]}, greeting="Welcome.")
    async with streams.serving(agent):
        (tmp_path / "journeys").mkdir()
        (tmp_path / "journeys" / "talk.yaml").write_text(JOURNEY)
        settings = SETTINGS.format(url=agent.url, folder=prompts)
        (tmp_path / "cxassure.yaml").write_text(settings)
        workspace = Workspace(tmp_path, "live", environ={})
        probes = workspace.select(Selection(("talk-to-the-agent",)))
        ran = await workspace.run(probes, Running(trace=True))
    (run,) = ran.runs
    assert run.verdict == "failed" and "first_audio was" in run.why, run.why
    assert agent.heard == ["Hello there."]
    (told,) = json.loads(json.dumps(document(ran.runs)))["runs"]
    figures = told["measures"]
    assert figures["first_audio"] >= 0.8 and figures["loops"] == 0
    assert 0.8 <= figures["turn_p50"] <= figures["turn_p95"] < 120
    shown = page(ran.runs)
    assert "first audio" in shown and "answers after" in shown
    (stored,) = workspace.store.find(run.id)
    taken = cassettes.take(stored)
    cassette = prompts / "talk.cassette"
    cassettes.write(cassette, [taken])
    assert taken.sounds["caller"].startswith(b"RIFF")
    (change,) = cassettes.differences(cassette, taken.call, taken)
    assert change.sentence.startswith("the journey broke: closing: first_audio was")
    tape = Workspace(tmp_path, "tape", environ={})
    (again,) = (await tape.run(probes, Running())).runs
    assert (again.verdict, again.why) == (run.verdict, run.why), "replayed, it is judged alike"
