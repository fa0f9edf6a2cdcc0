"""What a call is taken to cost: the workspace's own prices, else an estimate by country."""

from __future__ import annotations

import math
from collections.abc import Mapping

ESTIMATES = {
    "": 0.60,
    "+1": 0.02,
    "+30": 0.15,
    "+31": 0.12,
    "+32": 0.15,
    "+33": 0.10,
    "+34": 0.06,
    "+351": 0.10,
    "+353": 0.08,
    "+358": 0.15,
    "+39": 0.08,
    "+41": 0.25,
    "+43": 0.15,
    "+44": 0.06,
    "+45": 0.06,
    "+46": 0.06,
    "+47": 0.08,
    "+48": 0.06,
    "+49": 0.08,
    "+52": 0.05,
    "+55": 0.10,
    "+61": 0.10,
    "+64": 0.12,
    "+65": 0.06,
    "+81": 0.20,
    "+91": 0.06,
}
"""US dollars a minute, by the beginning of the number. ESTIMATES: rounded up from what carriers
asked publicly for landline and mobile numbers, recording included; no quotation. A workspace's own
prices (`calls: {prices: …}`) go before; `""` is any other number."""


def per_minute(address: str, prices: Mapping[str, float], line: str) -> float:
    """The price of the longest prefix of a `plain` address that has one; a SIP trunk of one's own
    costs nothing unless a price for `sip:` or for the number is set."""
    number = address.removeprefix("sip:")
    fitting = [p for p in prices if address.startswith(p) or (p != "sip:" and number.startswith(p))]
    if fitting:
        return prices[max(fitting, key=len)]
    if line == "sip":
        return 0.0
    return ESTIMATES[max((p for p in ESTIMATES if number.startswith(p)), key=len)]


def cost(per_minute: float, seconds: float) -> float:
    """Carriers count begun minutes; a call that was never answered costs nothing."""
    return round(math.ceil(max(seconds, 0.0) / 60) * per_minute, 6)
