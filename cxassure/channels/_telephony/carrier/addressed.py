"""Where a noun of `<Dial>` leads: the desk's address, and what is attached to the call."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node

_NUMBER = re.compile(r"\+?\d{3,15}")


def addressed(noun: Node) -> tuple[str, dict[str, str]]:
    """The address of a noun and what is attached to it: parameters, or headers of a SIP address.

    Raises `Fault` 13223 or 13243 for one that cannot be dialled. See Twilio, TwiML Voice: Client
    (Parameter) and Sip ("Passing custom headers"); RFC 7433 for User-to-User.
    """
    identity = next((inner for inner in noun.nodes if inner.name == "Identity"), None)
    text = identity.text if identity else noun.text
    if noun.name == "Client":
        told = {n.get("name"): n.get("value") for n in noun.nodes if n.name == "Parameter"}
        return f"client:{text}", told
    if noun.name == "Sip":
        inner = {n.name: n for n in noun.nodes}
        text = inner["Uri"].text if "Uri" in inner else text
        named = inner["Headers"].nodes if "Headers" in inner else []
        told = {n.get("name"): n.get("value") for n in named}
        if not re.match(r"sips?:[^@\s]*@?[^@\s?]+", text):
            raise Fault(13243, f"«{text}»")
        address, _, query = text.partition("?")
        return address, {**_headers(query), **told}
    number = re.sub(r"[\s().-]", "", text)
    if not _NUMBER.fullmatch(number):
        raise Fault(13223, f"«{text}»")
    return number, {}


def _headers(query: str) -> dict[str, str]:
    found = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in found.items():
        data, _, encoding = value.partition(";")
        if name.lower() == "user-to-user" and "encoding=hex" in encoding:
            try:
                found[name] = bytes.fromhex(data).decode("utf-8", "replace")
            except ValueError:
                continue
    return found
