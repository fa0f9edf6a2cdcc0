"""A whole phone menu by `cxassure menu`: every path and way out of a tree, against the clock."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

WIDE, DEEP = 4, 4
QUICK_DEEP = 3
ESCAPES = "escape:\n  zero: {press: 0, hears: {contains: One moment}}\n  silence: {within: 60s}\n"
SERVER = f"""
import socket, uvicorn
from urllib.parse import parse_qs
from twilio.twiml.voice_response import VoiceResponse

WIDE, DEEP = {WIDE}, int(__import__("sys").argv[1])

def document(path):
    said = VoiceResponse()
    if path.endswith("0"):
        said.say("One moment, please.")
    elif len(path) == DEEP:
        said.say(f"This is the end of {{' '.join(path)}}. Goodbye.")
    else:
        ask = said.gather(num_digits=1, action=f"/{{path}}", timeout=5)
        ask.say(f"Menu {{' '.join(path)}}. " + " ".join(f"For part {{n}}, press {{n}}." for n in range(1, WIDE + 1)))
        said.redirect(f"/{{path}}")
    return str(said).encode()

async def app(scope, receive, send):
    body = b""
    while True:
        piece = await receive()
        body += piece.get("body", b"")
        if not piece.get("more_body"):
            break
    digits = parse_qs(body.decode()).get("Digits", [""])[0]
    answer = document(scope["path"][1:] + digits)
    headers = [(b"content-type", b"text/xml"), (b"content-length", str(len(answer)).encode())]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    await send({{"type": "http.response.body", "body": answer}})

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
settings = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
uvicorn.Server(settings).run(sockets=[listener])
"""  # noqa: E501  the server's own lines


def options(path: str, deep: int, indent: str = "") -> Iterator[str]:
    """The options of the menu at `path`, in YAML."""
    yield f"{indent}options:"
    for key in map(str, range(1, WIDE + 1)):
        here = path + key
        last = len(here) == deep
        heard = f"This is the end of {' '.join(here)}." if last else f"Menu {' '.join(here)}."
        yield f'{indent}  - press: {key}\n{indent}    hears: {{contains: "{heard}"}}'
        if not last:
            yield from options(here, deep, indent + "    ")


def workspace(root: Path, port: str, deep: int) -> None:
    settings = (
        f'environments: {{here: {{rehearsal: true, targets: {{line: {{over: twiml, '
        f'address: "http://127.0.0.1:{port}/"}}}}}}}}\n'
    )  # fmt: skip
    (root / "cxassure.yaml").write_text(settings)
    (root / "journeys").mkdir()
    head = f'menu: tree\ntarget: line\nhears: {{contains: "For part 1, press 1."}}\n{ESCAPES}'
    (root / "journeys/tree.yaml").write_text(head + "\n".join(options("", deep)) + "\n")


def main() -> None:
    deep = QUICK_DEEP if "--quick" in sys.argv else DEEP
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(deep)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        port = server.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            workspace(Path(folder), port, deep)
            _measure(Path(folder), deep)
    finally:
        server.terminate()
        server.wait()


def _measure(root: Path, deep: int) -> None:
    command = [str(Path(sys.executable).with_name("cxassure")), "menu", "--json"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    found = json.loads(done.stdout)
    print(f"{found['passed']} of {found['paths']} paths passed, {len(found['stops'])} places")
    print(f"{seconds:.1f} s in all, {seconds / found['paths'] * 1000:.0f} ms a path")
    figures = {
        "deep": deep,
        "wide": WIDE,
        "paths": found["paths"],
        "passed": found["passed"],
        "places": len(found["stops"]),
        "drift": len(found["drift"]),
        "seconds": round(seconds, 2),
    }
    print(json.dumps({"bench": "tree", "figures": figures}))


if __name__ == "__main__":
    main()
