"""TwiML's attributes read as Twilio reads them: a wrong value is complained of and left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker


def count(walker: Walker, node: Node, name: str, default: int, code: int, *, least: int = 1) -> int:
    """A whole number of at least `least`, else `default` and warning `code`."""
    value = node.get(name).strip()
    if not value:
        return default
    if value.isascii() and value.isdigit() and least <= int(value[:9]):
        return int(value[:9])
    walker.warn(Fault(code, f"line {node.line}: {name}=«{value}», {default} is taken"))
    return default


def method(walker: Walker, node: Node, name: str, code: int) -> str:
    """`GET` or `POST`, which is the default."""
    value = node.get(name, "POST").strip().upper()
    if value in ("GET", "POST"):
        return value
    walker.warn(Fault(code, f"line {node.line}: {name}=«{value}», POST is taken"))
    return "POST"
