"""Against baresip, a real softphone that we did not write: both hear each other, whoever calls.

The scenarios mostly wait, so all are played at once; each test judges one row of docs/peers.md.
"""

from __future__ import annotations

import asyncio
import importlib.util
import random
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp.leg import Leg
from cxassure.channels._telephony.rtp.port import MediaPort
from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.call import Call
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.wire import Tls
from cxassure.company import Company, started

spec = importlib.util.spec_from_file_location(
    "sip_softphone", Path(__file__).with_name("softphone.py")
)
assert spec and spec.loader
softphone = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = softphone
spec.loader.exec_module(softphone)

PAGE = Path(__file__).parents[4] / "docs" / "peers.md"
LONG = 60.0
ANY = random.SystemRandom()
BOTH = "both hear each other"

pytestmark = pytest.mark.skipif(
    softphone.BARESIP is None, reason="baresip is not installed: apt-get install baresip-core"
)


def free_port() -> int:
    """Even, with the next one for TLS; below those that sipp and Kamailio are given."""
    return ANY.randrange(48_000, 60_000, 2)


def tone(seconds: float = 120) -> Sound:
    wave = 8000 * np.sin(2 * np.pi * softphone.OURS * np.arange(round(seconds * 8000)) / 8000)
    return Sound(wave.astype(np.int16), 8000)


SAID = tone()


async def until(condition: Callable[[], Any], seconds: float = LONG) -> bool:
    """Whether it came to hold."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True


@dataclass
class Stage:
    """Telephones and media of ours, and softphones, for one scenario."""

    folder: Path
    company: Company
    certificate: Tls
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    legs: list[Leg] = field(default_factory=list)

    async def ours(self, transport: str = "udp", **settings: Any) -> UserAgent:
        settings = {"allowed": ["127.0.0.1"], "user": "kim", **settings}
        return await self.stack.enter_async_context(UserAgent(transport, **settings))

    async def softphone(
        self, account: str = "", aor: str = "sip:desk@127.0.0.1", certificate: str = ""
    ) -> Any:
        folder = self.folder / f"phone{free_port()}"
        phone = softphone.Softphone(folder, free_port, aor, account, certificate)
        return await self.stack.enter_async_context(phone)

    @property
    def pem(self) -> str:
        """Certificate and key in one file, as baresip wants them."""
        file = self.folder / "pem"
        file.write_text(
            Path(self.certificate.certificate).read_text() + Path(self.certificate.key).read_text()
        )
        return str(file)

    async def leg(self, codec: str = "PCMU", **settings: Any) -> Leg:
        leg = await MediaPort(codecs=(codec,), **settings).leg()
        self.stack.push_async_callback(leg.close)
        self.legs.append(leg)
        return leg

    async def called(
        self, account: str = "", codec: str = "PCMU", transport: str = "udp", **media: Any
    ) -> tuple[Call, Leg, Any]:
        """Our call to a softphone that answers at once."""
        secured = transport == "tls"
        phone = await self.softphone(
            f"regint=0;answermode=auto;audio_codecs={codec}{account}",
            certificate=self.pem if secured else "",
        )
        ours = await self.ours(transport, tls=Tls(verify=False))
        place = f"127.0.0.1:{phone.port + secured};transport={transport}"
        leg = await self.leg(codec, **media)
        call = await ours.call(f"sip:desk@{place}", leg)
        await call.wait(events.Answered, LONG)
        return call, leg, phone

    async def taken(self, account: str = "", codec: str = "PCMU", **media: Any) -> tuple[Any, ...]:
        """A softphone's call to us, that rings with sound before it is answered."""
        phone = await self.softphone(f"regint=0;audio_codecs={codec}{account}")
        ours, leg = await self.ours(), await self.leg(codec, **media)
        rung: list[Incoming] = []

        async def ring(call: Incoming) -> None:
            await call.ring(183, media=leg)
            rung.append(call)

        ours.incoming = ring
        await phone.tell("dial", f"sip:kim@{ours.place}")
        assert await until(lambda: rung)
        return rung[0], leg, phone


def recorded(leg: Leg) -> Any:
    """All that a leg heard so far, and the samples a second."""
    if leg.recording is None:
        return np.zeros(0), 8000
    return leg.recording.heard.samples, leg.recording.rate


async def comes(kept: Callable[[], Any], hertz: int) -> bool:
    """Whether a tone is heard from now on: half a second of it."""
    before = len(kept()[0])

    def there() -> bool:
        samples, rate = kept()
        return softphone.sounds(samples[before:][-rate // 2 :], rate, hertz)

    return await until(there)


async def talking(leg: Leg, phone: Any) -> str:
    """Who hears whom, once both speak."""
    leg.play(SAID)
    they, we = await asyncio.gather(
        comes(phone.kept, softphone.OURS), comes(lambda: recorded(leg), softphone.TONE)
    )
    return BOTH if we and they else f"we hear: {we}, they hear: {they}"


def ended(call: Call) -> str:
    assert call.ended
    return f"ended by {call.ended.by}, SIP {call.ended.code or '-'}"


# What is played


def speaking(codec: str, account: str = "", **media: Any) -> Any:
    async def play(s: Stage) -> str:
        call, leg, phone = await s.called(account, codec, **media)
        said = await talking(leg, phone)
        await call.hang_up()
        await phone.event("CALL_CLOSED")
        assert leg.agreed
        sealed = ", SRTP" if leg.agreed.ours else ""
        return f"{leg.agreed.codec.name}{sealed}, {said}, {ended(call)}"

    return play


def over(transport: str) -> Any:
    async def play(s: Stage) -> str:
        call, leg, phone = await s.called(transport=transport)
        said = await talking(leg, phone)
        await phone.tell("hangup")
        await call.wait(events.Ended, LONG)
        return f"{said}, {ended(call)}"

    return play


def calling(account: str = "", **media: Any) -> Any:
    async def play(s: Stage) -> str:
        call, leg, phone = await s.taken(account, **media)
        leg.play(SAID)
        early = "ringing heard" if await comes(phone.kept, softphone.OURS) else "ringing not heard"
        await call.answer(leg)
        said = await talking(leg, phone)
        await phone.tell("hangup")
        await call.wait(events.Ended, LONG)
        return f"{early}, {said}, {ended(call)}"

    return play


async def keys(s: Stage) -> str:
    call, leg, phone = await s.called()
    await leg.keys.send("159*0#").ended()
    await until(lambda: len(phone.keys()) >= 6)
    for key in ("7", "#"):
        await phone.tell("sndcode", key)
        await until(lambda: leg.keys.text.endswith(key))  # noqa: B023
    await call.key("4")
    await until(lambda: len(phone.keys()) >= 7)
    return f"they were pressed {phone.keys()}, we {leg.keys.text}"


def held_by_us(style: Any) -> Any:
    """baresip 1.0 plays nothing any more once a `sendonly` has held it, two of it among themselves
    neither; after a zero address it does."""

    async def play(s: Stage) -> str:
        call, leg, phone = await s.called()
        leg.session.hold = style
        first = await talking(leg, phone)
        code = await call.hold()
        quiet = "nothing heard" if await until(lambda: _quiet(leg)) else "still heard"
        back = await call.resume()
        again = await talking(leg, phone) if style == "0.0.0.0" else await again_heard(leg)
        return f"{first}, held {code}, {quiet}, resumed {back}, {again}"

    return play


async def again_heard(leg: Leg) -> str:
    return "heard again" if await comes(lambda: recorded(leg), softphone.TONE) else "not heard"


def _quiet(leg: Leg) -> bool:
    """Whether the last half second that a leg heard is silence."""
    return not np.any(recorded(leg)[0][-4000:])


async def held_by_them(s: Stage) -> str:
    call, leg, phone = await s.called()
    first = await talking(leg, phone)
    await phone.tell("hold")
    held = "held" if await until(lambda: leg.held) else "not held"
    await phone.tell("resume")
    back = "resumed" if await until(lambda: not leg.held) else "not resumed"
    return f"{first}, {held}, {back}, {await again_heard(leg)}, {call.state}"


async def refused(s: Stage) -> str:
    phone = await s.softphone("regint=0")
    ours, leg = await s.ours(), await s.leg()
    call = await ours.call(f"sip:desk@{phone.place}", leg)
    await call.wait(events.Progress, LONG)
    await phone.event("CALL_INCOMING")
    await phone.tell("hangup")
    await call.wait(events.Ended, LONG)
    return f"180, {ended(call)}"


async def taken_back(s: Stage) -> str:
    phone = await s.softphone("regint=0")
    ours, leg = await s.ours(), await s.leg()
    call = await ours.call(f"sip:desk@{phone.place}", leg)
    await call.wait(events.Progress, LONG)
    await phone.event("CALL_INCOMING")
    await call.hang_up()
    await phone.event("CALL_CLOSED")
    return f"180, {ended(call)}"


async def transferred_by_them(s: Stage) -> str:
    """baresip sends us on by REFER to another telephone of ours."""
    call, leg, phone = await s.called()
    said = await talking(leg, phone)
    desk, new = await s.ours(user="second"), await s.leg()
    at_desk: list[Incoming] = []

    async def answer(call: Incoming) -> None:
        at_desk.append(call)
        await call.answer(await s.leg())

    async def obey(call: Any, referral: Any) -> Leg:
        return new

    desk.incoming, call.agent.obey = answer, obey
    await phone.tell("transfer", f"sip:second@{desk.place}")
    referred = await call.wait(events.Referred, LONG)
    assert referred
    await until(lambda: at_desk and at_desk[0].state == "up")
    await call.wait(events.Ended, LONG)
    return f"{said}, referred ({referred.code}), second desk {at_desk[0].state}, {ended(call)}"


async def transferred_by_us(s: Stage) -> str:
    """baresip obeys our REFER; whoever it calls then is a telephone of ours."""
    call, leg, phone = await s.called()
    said = await talking(leg, phone)
    desk, at_desk = await s.ours(user="second"), []

    async def answer(call: Incoming) -> None:
        at_desk.append(call)
        await call.answer(await s.leg())

    desk.incoming = answer
    transfer = await call.refer(f"sip:second@{desk.place}")
    told = await transfer.result(LONG)
    await until(lambda: at_desk and at_desk[0].state == "up")
    assert at_desk
    new = s.legs[-1]
    return f"{said}, REFER {transfer.code}, told {told}, second desk: {await talking(new, phone)}"


async def agent_of_the_company(s: Stage) -> str:
    """baresip is the company's agent: its exchange rings it, for a caller who dials the desk."""
    place = s.company.targets["billing-desk-sip"]
    address = place.removeprefix("sip:")
    phone = await s.softphone(
        f"auth_user=billing-desk;auth_pass={s.company.secrets['desk_password']};regint=60;"
        "answermode=auto;audio_codecs=PCMU",
        f"sip:{address}",
    )
    assert await until(lambda: "200 OK" in phone.said), phone.said
    ours, leg = await s.ours(), await s.leg()
    call = await ours.call(place, leg)
    await call.wait(events.Answered, LONG)
    said = await talking(leg, phone)
    await leg.keys.send("5").ended()
    await until(phone.keys)
    await phone.tell("hangup")
    await call.wait(events.Ended, LONG)
    return f"registered, {said}, key {phone.keys()}, {ended(call)}"


US, THEM = "ended by us, SIP -", "ended by them, SIP -"
Scenario = tuple[str, Callable[[Stage], Awaitable[str]], str]
SCENARIOS: list[Scenario] = [
    *(
        (f"it answers our call, {codec}", speaking(codec), f"{codec}, {BOTH}, {US}")
        for codec in ("PCMU", "PCMA", "G722", "opus")
    ),
    (
        "it answers our call, SRTP with keys in the description",
        speaking("PCMU", ";mediaenc=srtp-mand", srtp="must"),
        f"PCMU, SRTP, {BOTH}, {US}",
    ),
    ("it answers our call, TCP; it hangs up", over("tcp"), f"{BOTH}, {THEM}"),
    ("it answers our call, TLS; it hangs up", over("tls"), f"{BOTH}, {THEM}"),
    ("it calls us; sound before the answer", calling(), f"ringing heard, {BOTH}, {THEM}"),
    (
        "it calls us, SRTP with keys in the description",
        calling(";mediaenc=srtp-mand", srtp="must"),
        f"ringing heard, {BOTH}, {THEM}",
    ),
    (
        "keys: our RFC 4733 and INFO, its RFC 4733",
        keys,
        "they were pressed 159*0#4, we 7#",
    ),
    (
        "held and taken back by us, `sendonly`",
        held_by_us("sendonly"),
        f"{BOTH}, held 200, nothing heard, resumed 200, heard again",
    ),
    (
        "held and taken back by us, a zero address (RFC 2543)",
        held_by_us("0.0.0.0"),
        f"{BOTH}, held 200, nothing heard, resumed 200, {BOTH}",
    ),
    (
        "held and taken back by it",
        held_by_them,
        f"{BOTH}, held, resumed, heard again, up",
    ),
    ("it refuses", refused, "180, ended by them, SIP 486"),
    ("taken back while it rings", taken_back, "180, ended by us, SIP 487"),
    (
        "it sends us on by REFER",
        transferred_by_them,
        f"{BOTH}, referred (202), second desk up, {THEM}",
    ),
    (
        "it obeys our REFER",
        transferred_by_us,
        f"{BOTH}, REFER 202, told 200, second desk: {BOTH}",
    ),
    (
        "it is the agent at the built-in company's exchange (digest)",
        agent_of_the_company,
        f"registered, {BOTH}, key 5, {THEM}",
    ),
]


async def played(play: Any, stage: Stage) -> str:
    """What was seen; an error is what was seen too."""
    async with stage.stack:
        try:
            return str(await play(stage))
        except Exception as error:
            return f"{type(error).__name__}: {error}"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, certificate: Tls) -> dict[str, str]:
    """What was seen in each scenario."""

    async def all_at_once(company: Company) -> list[str]:
        stages = (
            Stage(tmp_path_factory.mktemp("baresip"), company, certificate) for _ in SCENARIOS
        )
        plays = (play for _, play, _ in SCENARIOS)
        return await asyncio.gather(*map(played, plays, stages))

    with started() as company:
        seen = asyncio.run(all_at_once(company))
    return dict(zip((name for name, _, _ in SCENARIOS), seen, strict=True))


@pytest.mark.parametrize(
    ("name", "expected"), [(name, said) for name, _, said in SCENARIOS], ids=lambda text: text[:60]
)
def test_a_softphone_does_what_is_expected(
    name: str, expected: str, found: dict[str, str], row: Any
) -> None:
    row(name, expected, found[name])


def test_the_page_has_what_these_tests_say() -> None:
    text = PAGE.read_text("utf-8")
    missing = [name for name, _, said in SCENARIOS if f"| {name} | {said} | {said} |" not in text]
    assert missing == [], "hint: ./cx bench peers --write"
