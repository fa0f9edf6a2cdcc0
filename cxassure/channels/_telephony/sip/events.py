"""What happens in a call, as values in their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

By = Literal["us", "them", "network"]


@dataclass(frozen=True, slots=True)
class Happened:
    """`at` is the agent's clock in seconds (the loop's)."""

    at: float


@dataclass(frozen=True, slots=True)
class Progress(Happened):
    """A provisional answer: 180 rings, 181 is forwarded, 182 is queued, 183 tells more. `early`
    says that it carries media."""

    code: int
    reason: str
    early: bool = False


@dataclass(frozen=True, slots=True)
class Redirected(Happened):
    """A 3xx was followed to `to`."""

    code: int
    to: str


@dataclass(frozen=True, slots=True)
class Answered(Happened):
    """The call is up; `took` is the seconds since it was placed, or began to ring here."""

    took: float


@dataclass(frozen=True, slots=True)
class Forked(Happened):
    """A second phone answered too; it was acknowledged and hung up on."""

    contact: str


@dataclass(frozen=True, slots=True)
class Changed(Happened):
    """The session was described anew (re-INVITE, UPDATE). `held`: that side put the other on
    hold; `code` is the final answer; `identity` is who the far end now says to be."""

    by: By
    method: str
    held: bool
    code: int
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Referred(Happened):
    """The far end asked us to call `to`; `attended` where it names a call to take the place of.
    `code` is what we answered, `why` says why it was refused."""

    to: str
    attended: bool
    code: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Transferring(Happened):
    """How the far end tells that our transfer goes (sipfrag in NOTIFY): 100, 180, 200, 486…"""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Replaced(Happened):
    """Another call took this one's place (RFC 3891)."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Key(Happened):
    """A key that came by SIP INFO; `way` is `dtmf-relay` or `dtmf`; `milliseconds` 0 is untold."""

    digit: str
    milliseconds: int
    way: str


@dataclass(frozen=True, slots=True)
class Told(Happened):
    """A body of an INFO or MESSAGE that is no key."""

    method: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trouble(Happened):
    """Something that went wrong and did not end the call."""

    what: str


@dataclass(frozen=True, slots=True)
class Ended(Happened):
    """The end. `code` is SIP's final code, 0 where an established call was hung up; `q850` 0 where
    nothing tells it; `told` says that the far end named that cause itself; `words` say why and
    `check` where to look. `retry_after` is in seconds. `by` is `network` where nobody answered."""

    by: By
    code: int
    q850: int
    words: str
    check: str
    told: bool = False
    retry_after: int | None = None
