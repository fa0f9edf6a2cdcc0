"""Session timers: who says that a call is still alive, and how often (RFC 4028)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cxassure.channels._telephony.sip.headers import Headers, number
from cxassure.channels._telephony.sip.message import Response
from cxassure.channels._telephony.sip.uri import read_params

Side = Literal["uac", "uas"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What we ask for, in seconds: `interval` 0 asks for none (and still obeys another's)."""

    interval: int = 0
    least: int = 90


@dataclass(frozen=True, slots=True)
class Agreed:
    """A timer of a session: `ours` says that it is on us to refresh, halfway through; else the
    call is given up when nothing came until shortly before the end."""

    interval: int
    ours: bool

    @property
    def due(self) -> float:
        """Seconds after which something must be done (section 10)."""
        spare = min(32.0, self.interval / 3)
        return self.interval / 2 if self.ours else self.interval - spare


@dataclass(frozen=True, slots=True)
class Asked:
    """A Session-Expires as it came."""

    interval: int
    refresher: str


def asked(headers: Headers) -> Asked | None:
    value = headers.get("Session-Expires")
    interval = number(value, 0, 86_400 * 7)
    if not interval:
        return None
    params = dict(read_params(value.partition(";")[2]))
    return Asked(interval, params.get("refresher", "").lower())


def request(policy: Policy, headers: Headers, refresher: str = "") -> None:
    """Asks for a timer in an INVITE or UPDATE; in a dialog, `refresher` is who it was before."""
    if policy.interval:
        tail = f";refresher={refresher}" if refresher else ""
        headers.put("Session-Expires", f"{policy.interval}{tail}")
        headers.put("Min-SE", str(policy.least))


def too_small(policy: Policy, headers: Headers) -> bool:
    """Whether a request is to be answered 422, with our Min-SE (section 9)."""
    wish = asked(headers)
    return (
        wish is not None and wish.interval < policy.least and "timer" in headers.words("Supported")
    )


def answer(policy: Policy, headers: Headers) -> tuple[Agreed | None, dict[str, str]]:
    """What the answering side agrees to, and the headers of its 2xx that say so."""
    wish = asked(headers)
    speaks = "timer" in headers.words("Supported")
    if wish is None and not policy.interval:
        return None, {}
    interval = wish.interval if wish else max(policy.interval, number(headers.get("Min-SE")))
    side: Side = "uac" if speaks and (wish is None or wish.refresher != "uas") else "uas"
    told = {"Session-Expires": f"{interval};refresher={side}"}
    if side == "uac":
        told["Require"] = "timer"
    return Agreed(interval, side == "uas"), told


def agreed(answer: Response) -> Agreed | None:
    """What the asking side reads out of a 2xx (section 7.2)."""
    wish = asked(answer.headers)
    return Agreed(wish.interval, wish.refresher != "uas") if wish else None
