"""A date that is rehearsed goes along on a real call, or is refused in words."""

from __future__ import annotations

from datetime import datetime

import pytest

from cxassure.campaign import refuse_to_rehearse
from cxassure.errors import UsageError
from cxassure.peak import zone
from cxassure.probe import FORMAT, Party, Probe
from cxassure.settings import Environment, Target

CHRISTMAS = datetime(2026, 12, 25, 13, tzinfo=zone("America/New_York"))


async def test_a_call_over_sip_brings_the_instant_along(telephone):
    caller = await telephone("ivr", "support-line-sip")
    caller.opening.rehearsed = CHRISTMAS
    await caller.do("dial", within=30)
    await caller.session.witness("to see what was sent")
    assert "x-rehearsal-time: 2026-12-25t13:00:00-05:00" in caller.kept["sip.txt"].decode().lower()


@pytest.mark.parametrize("channel", ["ivr", "agent"])
@pytest.mark.parametrize(
    ("over", "carries"),
    [("twiml", True), ("sip", True), ("twilio", False), ("cassette", False)],
)
def test_what_carries_no_date_is_refused_with_its_party_and_line(channel, over, carries):
    target = Target(name="line", address="+12025550199", over=over)
    environment = Environment(name="here", rehearsal=True, targets={"line": target})
    parties = {"kim": Party(channel=channel, target="line")}
    probe = Probe(format=FORMAT, journey="talk", parties=parties, steps=())
    if carries:
        refuse_to_rehearse([probe], environment)
        return
    with pytest.raises(UsageError, match=rf"«kim» \({channel} over {over}\) cannot carry a date"):
        refuse_to_rehearse([probe], environment)
