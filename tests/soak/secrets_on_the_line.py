"""Secrets on a real call over SIP, by hand: `python tests/soak/secrets_on_the_line.py`.

A call carries canaries: in a header, as the password of the line, and said aloud. It breaks, is
packed for a ticket, and no file of the archive may hold one, however it is wrapped. (What is said
aloud can be heard in the recording: sound is not masked.)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_secrets import CANARIES, layers

from cxassure.company import Company, started

WORKSPACE = """\
environments:
  here:
    rehearsal: true
    targets:
      line: {{address: "{line}", over: sip, user: kim, password: "${{secret.sip_password}}",
             headers: {{X-Key: "${{secret.key}}", X-Word: "${{secret.word}}"}}}}
    secrets:
      sip_password: {{env: CXASSURE_SECRET_SIP_PASSWORD}}
      key: {{env: CXASSURE_SECRET_KEY}}
      word: {{env: CXASSURE_SECRET_WORD}}
      digits: {{env: CXASSURE_SECRET_DIGITS}}
"""
JOURNEY = """\
journey: call
parties:
  caller: {channel: ivr, target: line, from: "+15550151"}
steps:
  - caller: dial
    within: 20s
    expect: {prompt: {contains: welcome}}
  - caller: {press: "${secret.digits}"}
    carry_on: true
    within: 2s
    expect: {prompt: {contains: never said}}
  - caller: {say: "my key is ${secret.key}"}
    within: 2s
    expect: {prompt: {contains: never said}}
always:
  - caller: hang_up
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, started() as company:
        root = Path(folder)
        planted = plant(root, company)
        environ = {name: v for name, v in os.environ.items() if not name.startswith("CXASSURE_")}
        environ |= {f"CXASSURE_SECRET_{name.upper()}": v for name, v in planted.items()}
        for words in (["run"], ["bundle", "--to", "ticket.zip"]):
            command = [str(Path(sys.executable).with_name("cxassure")), *words]
            done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True)
            print(done.stdout)
        with zipfile.ZipFile(root / "ticket.zip") as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
    seen = [f"{key} in {name}" for name, data in held.items() for key in found(data, planted)]
    ladder = next(data.decode() for name, data in held.items() if name.endswith("/sip.txt"))
    assert all(f"‹secret.{key}›" in ladder for key in ("key", "word")), "they were never sent"
    assert any(name.endswith("/call.wav") for name in held), "nothing was recorded"
    assert not seen, seen
    print(f"{len(held)} files of the bundle hold none of {len(planted)} canaries")


def plant(root: Path, company: Company) -> dict[str, str]:
    """Writes the workspace; gives the secrets that are planted in it, by name."""
    line = company.targets["support-line-digest"]
    (root / "cxassure.yaml").write_text(WORKSPACE.format(line=line), "utf-8")
    (root / "journeys").mkdir()
    (root / "journeys/call.yaml").write_text(JOURNEY, "utf-8")
    chosen = {name: CANARIES[name] for name in ("key", "word", "digits")}
    return chosen | {"sip_password": company.secrets["sip_password"]}


def found(data: bytes, planted: dict[str, str]) -> list[str]:
    """The names of the secrets that are in `data`, however they are wrapped."""
    texts = list(layers(data))
    return [name for name, secret in planted.items() if any(secret in text for text in texts)]


if __name__ == "__main__":
    main()
