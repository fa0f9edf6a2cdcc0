"""What a desk is told with a call: headers of SIP, User-to-User, and the whisper."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode
from xml.etree.ElementTree import Element

from cxassure.demo.telephone.message import Message

Headers = list[tuple[str, str]]
Context = dict[str, str]


def of_client(client: Element) -> Context:
    """The parameters that the tree gives to the desk (Twilio, `<Parameter>`)."""
    return {each.get("name", ""): each.get("value", "") for each in client.iter("Parameter")}


def headers(context: Context) -> Headers:
    """`order number` as X-Order-Number and so on, and all of it in User-to-User (RFC 7433)."""
    named = [(_header(name), _plain(value)) for name, value in context.items()]
    if not context:
        return []
    packed = urlencode(context).encode().hex()
    return [*named, ("User-to-User", f"{packed};encoding=hex")]


def of_message(message: Message) -> Context:
    """The context that headers of an INVITE carry, User-to-User first."""
    packed = message.get("user-to-user").partition(";")[0]
    try:
        told = dict(parse_qsl(bytes.fromhex(packed).decode(), strict_parsing=bool(packed)))
    except ValueError:
        told = {}
    named = {name.lower()[2:].replace("-", " "): value for name, value in message.headers
             if name.lower().startswith("x-")}  # fmt: skip
    return {**named, **told}


def whisper(context: Context) -> str:
    """What the agent hears before the caller does."""
    team = "returns" if context.get("queue") == "returns" else "billing"
    number = context.get("order number", "")
    about = f" A call about order {' '.join(number)}." if number else ""
    return f"A call for {team}.{about}"


def connected(context: Context) -> str:
    team = "returns" if context.get("queue") == "returns" else "billing"
    return f"You are connected with our {team} team."


def _header(name: str) -> str:
    return "X-" + "-".join(part.capitalize() for part in name.split())


def _plain(value: str) -> str:
    """On one line, whatever somebody typed."""
    return " ".join(value.split())
