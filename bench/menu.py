"""A TwiML menu of four levels walked by a caller, against a bare httpx script's same requests."""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Awaitable, Callable

WALKS, ROUNDS = 200, 7
QUICK_WALKS, QUICK_ROUNDS = 40, 3
KEYS = "1234"
PROMPTS = (
    "Welcome. For orders press 1.",
    "For an order that has been sent press 2.",
    "For when it arrives press 3.",
    "To hear it again press 4.",
    "It arrives on Friday. Thank you for calling. Goodbye.",
)
SERVER = f"""
import socket, uvicorn
from twilio.twiml.voice_response import VoiceResponse

def document(level):
    said = VoiceResponse()
    if level == {len(KEYS)}:
        said.say({PROMPTS[-1]!r})
        said.hangup()
    else:
        ask = said.gather(num_digits=1, action=f"/{{level + 1}}", timeout=5)
        ask.say({PROMPTS!r}[level])
    return str(said).encode()

DOCUMENTS = [document(level) for level in range({len(PROMPTS)})]

async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    body = DOCUMENTS[int(scope["path"][1:])]
    headers = [(b"content-type", b"text/xml"), (b"content-length", str(len(body)).encode())]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    await send({{"type": "http.response.body", "body": body}})

# asyncio turns Nagle's algorithm off only where a socket says that it is TCP
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
settings = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
uvicorn.Server(settings).run(sockets=[listener])
"""


async def ours(root: str, walks: int) -> None:
    """Each walk is a run of its own: exchange, caller, keys, what is heard, the end of the call."""
    from cxassure.channel import Opening, Scope
    from cxassure.channels.ivr import IvrSession
    from cxassure.channels.ivr.twiml import TwimlLine
    from cxassure.settings import Target

    async def keep(name: str, data: bytes, media: str) -> None:
        """Nothing is kept: nothing fails."""

    campaign = Scope()
    options = {"auth_token": "token"}
    target = Target(name="line", address=f"{root}/0", over="twiml", options=dict(options))
    for walk in range(walks):
        run = Scope()
        seen: list[object] = []
        opening = Opening(
            party="caller",
            channel="ivr",
            target=target,
            targets={"line": target},
            observe=seen.append,
            keep=keep,
            finding=print,
            conceals=lambda text: False,
            run=run,
            campaign=campaign,
            run_id=f"walk-{walk}",
        )
        caller = IvrSession(opening, TwimlLine)
        await caller.open()
        await caller.dial()
        for level, key in enumerate(KEYS):
            await _hear(caller, PROMPTS[level])
            await caller.press(key)
        await _hear(caller, PROMPTS[-1])
        assert caller.ended()
        await caller.close()
        await run.close()
    await campaign.close()


async def _hear(caller: object, words: str) -> None:
    """Attends as the engine does: asks the facet, judges, lets time go on."""
    from cxassure.channels.ivr import IvrSession
    from cxassure.matcher import holds

    assert isinstance(caller, IvrSession)
    until = caller.clock.now() + caller.patience
    while not (heard := caller.prompt()) or not holds({"contains": words}, heard):
        assert caller.clock.now() < until
        await caller.attend(until)
    caller.window = len(caller.seen)


def bare(shared: bool) -> Callable[[str, int], Awaitable[None]]:
    """The same requests with the same parameters, signed, by httpx alone; nothing is understood.

    One client for all walks when `shared`, else one a walk with the TLS settings kept.
    """

    async def run(root: str, walks: int) -> None:
        import httpx
        from twilio.request_validator import RequestValidator

        signer = RequestValidator("token")
        context = httpx.create_ssl_context()
        client = httpx.AsyncClient(verify=context)
        for walk in range(walks):
            if not shared:
                client = httpx.AsyncClient(verify=context)
            await _ask(client, signer, root, walk)
            if not shared:
                await client.aclose()
        await client.aclose()

    return run


async def _ask(client: object, signer: object, root: str, walk: int) -> None:
    params = {
        "CallSid": f"CA{walk:032x}",
        "AccountSid": f"AC{0:032x}",
        "From": "+12025550143",
        "To": "+12025550100",
        "Caller": "+12025550143",
        "Called": "+12025550100",
        "CallStatus": "in-progress",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
    }
    for level in range(len(PROMPTS)):
        keys = {"Digits": KEYS[level - 1], "msg": "Gather End"} if level else {}
        url, data = f"{root}/{level}", {**params, **keys}
        signature = signer.compute_signature(url, data)  # type: ignore[attr-defined]
        headers = {"X-Twilio-Signature": signature}
        answer = await client.post(url, data=data, headers=headers)  # type: ignore[attr-defined]
        assert PROMPTS[level] in answer.text


def cost(side: Callable[[str, int], Awaitable[None]], root: str, walks: int) -> float:
    """CPU seconds, user and system, that this process spends on `walks` walks."""

    async def run() -> None:
        await side(root, walks)

    before = resource.getrusage(resource.RUSAGE_SELF)
    asyncio.run(run())
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    quick = "--quick" in sys.argv
    walks, rounds = (QUICK_WALKS, QUICK_ROUNDS) if quick else (WALKS, ROUNDS)
    sides = {"cxassure": ours, "bare": bare(shared=True), "bare_client_a_walk": bare(shared=False)}
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        root = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        spent: dict[str, list[float]] = {name: [] for name in sides}
        for side in sides.values():
            cost(side, root, 2)  # imports and TLS settings are not what is compared
        for _ in range(rounds):
            for name, side in sides.items():
                spent[name].append(cost(side, root, walks))
    finally:
        server.terminate()
        server.wait()
    told(walks, rounds, {name: statistics.median(times) for name, times in spent.items()})


def told(walks: int, rounds: int, medians: dict[str, float]) -> None:
    for name, seconds in medians.items():
        ratio = seconds / medians["bare"]
        print(f"{name:<20} {seconds / walks * 1000:6.2f} ms a walk   {ratio:5.2f} × bare")
    figures: dict[str, float] = {"walks": walks, "rounds": rounds}
    figures |= {f"{name}_s": round(seconds, 4) for name, seconds in medians.items()}
    figures["ratio"] = round(medians["cxassure"] / medians["bare"], 2)
    alike = medians["cxassure"] / medians["bare_client_a_walk"]
    figures["ratio_client_a_walk"] = round(alike, 2)
    print(json.dumps({"bench": "menu", "figures": figures}))


if __name__ == "__main__":
    main()
