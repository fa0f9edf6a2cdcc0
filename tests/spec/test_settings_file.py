"""Reading `cxassure.yaml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxassure import spec
from cxassure.errors import SpecError
from cxassure.settings import SecretSource, Target

WHOLE = """\
journeys: stories
probes: compiled
reports: out
environment: live
workers: 4
browser: /usr/bin/chromium
within: 8s
look_on: 500ms
longest_waiver: 7d
synthetic_header: X-Test
environments:
  rehearsal:
    rehearsal: true
    targets:
      shop: {address: demo}
  live:
    spends: yes
    targets:
      site: https://shop.example
      line: {address: "${env.LINE}", over: sip, number: +15550199, also: https://pay.example}
    secrets:
      card: {env: CARD}
      key: {file: /run/secrets/key}
"""


def problems(root: Path, text: str) -> str:
    (root / "cxassure.yaml").write_text(text, "utf-8")
    with pytest.raises(SpecError) as caught:
        spec.read_settings(root)
    return str(caught.value)


def test_everything_that_can_be_set_is_read(tmp_path: Path) -> None:
    (tmp_path / "cxassure.yaml").write_text(WHOLE, "utf-8")
    settings = spec.read_settings(tmp_path)
    live = settings.choose()
    assert (settings.journeys, settings.probes, settings.reports) == ("stories", "compiled", "out")
    assert (settings.workers, settings.within, settings.look_on) == (4, 8.0, 0.5)
    assert settings.longest_waiver == 7 * 86400
    assert settings.synthetic_header == "X-Test"
    assert settings.browser == "/usr/bin/chromium"
    assert settings.environments["rehearsal"].rehearsal and not live.rehearsal
    assert live.spends
    assert live.targets["site"] == Target(name="site", address="https://shop.example")
    assert live.targets["line"].over == "sip"
    assert live.targets["line"].also == ("https://pay.example",)
    assert live.targets["line"].options == {"number": "+15550199"}
    assert live.secrets == {
        "card": SecretSource(env="CARD"),
        "key": SecretSource(file="/run/secrets/key"),
    }


def test_no_file_means_defaults(tmp_path: Path) -> None:
    settings = spec.read_settings(tmp_path)
    assert settings.journeys == "journeys"
    assert settings.root == str(tmp_path)


@pytest.mark.parametrize("text", ["", "# nothing is set\n"])
def test_an_empty_file_means_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "cxassure.yaml").write_text(text, "utf-8")
    assert spec.read_settings(tmp_path).probes == "probes"


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        "journeyz: x\nworkers: many\nwithin: 5\nenvironment: lve\n"
        "environments: {live: {targetz: {}, targets: {shop: {over: http}, a b: x}}}\n",
    )
    for line in (
        "cxassure.yaml:1:1: unknown key «journeyz»",
        "cxassure.yaml:2:10: «many» is no number of workers",
        "cxassure.yaml:3:9: «5» is not a length of time",
        "cxassure.yaml:4:14: there is no environment «lve»",
        "cxassure.yaml:5:23: unknown key «targetz»",
        "cxassure.yaml:5:46: target «shop» has no address",
        "cxassure.yaml:5:66: «a b» cannot name a target",
    ):
        assert line in told


def test_a_secret_that_stands_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    told = problems(tmp_path, "environments: {live: {secrets: {card: 4242424242424242}}}")
    assert "must say where it is read" in told
    assert "4242" not in told


@pytest.mark.parametrize("text", ["- a", "just words", "a: [", "\x00"])
def test_what_are_no_settings_are_refused(tmp_path: Path, text: str) -> None:
    assert "cxassure.yaml:" in problems(tmp_path, text)
