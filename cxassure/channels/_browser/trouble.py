"""What goes wrong while a page is fetched, in words for people, and whose trouble it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from cxassure.channels._http.names import none_resolves
from cxassure.errors import Broken, CannotLook, CxassureError
from cxassure.text import clip

_CODE = re.compile(r"net::(ERR_\w+)")

_THEIRS = {
    "ERR_CONNECTION_REFUSED": "the connection was refused",
    "ERR_CONNECTION_RESET": "the connection was reset",
    "ERR_CONNECTION_CLOSED": "the connection was closed without an answer",
    "ERR_EMPTY_RESPONSE": "the connection was closed without an answer",
    "ERR_CONNECTION_TIMED_OUT": "the connection timed out",
    "ERR_CONNECTION_FAILED": "no connection was made",
    "ERR_ADDRESS_UNREACHABLE": "the address cannot be reached",
    "ERR_TIMED_OUT": "the answer timed out",
    "ERR_TOO_MANY_REDIRECTS": "the page redirects for ever (a redirect loop)",
    "ERR_CERT_DATE_INVALID": "the certificate has expired (or is not valid yet)",
    "ERR_CERT_COMMON_NAME_INVALID": "the certificate is for another name",
    "ERR_CERT_AUTHORITY_INVALID": "the certificate is signed by nobody we trust",
    "ERR_CERT_REVOKED": "the certificate has been revoked",
    "ERR_CERT_WEAK_KEY": "the certificate's key is too weak",
    "ERR_SSL_PROTOCOL_ERROR": "no secure connection could be agreed (TLS)",
    "ERR_SSL_VERSION_OR_CIPHER_MISMATCH": "no secure connection could be agreed (TLS)",
    "ERR_INVALID_RESPONSE": "the answer is no valid HTTP",
    "ERR_INVALID_HTTP_RESPONSE": "the answer is no valid HTTP",
    "ERR_CONTENT_DECODING_FAILED": "the answer cannot be decompressed",
    "ERR_INCOMPLETE_CHUNKED_ENCODING": "the answer broke off half-way",
    "ERR_CONTENT_LENGTH_MISMATCH": "the answer broke off half-way",
    "ERR_HTTP2_PROTOCOL_ERROR": "the answer is no valid HTTP/2",
    "ERR_HTTP_RESPONSE_CODE_FAILURE": "the answer was an error without a page",
    "ERR_UNSAFE_PORT": "browsers refuse this port",
}
_OURS = {
    "ERR_INTERNET_DISCONNECTED": "this machine has no network",
    "ERR_NETWORK_CHANGED": "this machine's network changed in mid-flight",
    "ERR_NETWORK_ACCESS_DENIED": "this machine may not use the network",
    "ERR_PROXY_CONNECTION_FAILED": "this machine's proxy does not answer",
    "ERR_TUNNEL_CONNECTION_FAILED": "this machine's proxy refuses the connection",
    "ERR_INSUFFICIENT_RESOURCES": "this machine has run out of resources",
}
_NAMES = ("ERR_NAME_NOT_RESOLVED", "ERR_NAME_RESOLUTION_FAILED", "ERR_DNS_TIMED_OUT")

_WALL_FRAMES = re.compile(
    r"challenges\.cloudflare\.com|captcha-delivery\.com|hcaptcha\.com/captcha|"
    r"recaptcha/(api2|enterprise)/bframe|arkoselabs\.com|geo\.captcha|px-captcha",
    re.IGNORECASE,
)
_WALL_WORDS = re.compile(
    r"verify(ing)? (that )?you are (a )?human|are you (a )?(human|robot)|i'?m not a robot|"
    r"checking your browser|just a moment\.\.\.|unusual traffic|complete the captcha|"
    r"press (and|&) hold to confirm|access to this page has been denied",
    re.IGNORECASE,
)
_WALL_LENGTH = 2000
"""A wall says little; a longer page that speaks of robots is a page about robots."""


def code_of(message: str) -> str:
    """The browser's error (`ERR_CONNECTION_REFUSED`) in what Playwright said, else `""`."""
    found = _CODE.search(message)
    return found[1] if found else ""


async def of_network(code: str, url: str, others: Iterable[str]) -> CxassureError:
    """What to raise when `url` could not be fetched for the browser's reason `code`.

    `others` are addresses whose names are asked for too, to tell a missing name from a machine
    that can resolve none.
    """
    if code in _NAMES:
        return await _of_name(url, others)
    if code in _OURS:
        return CannotLook(f"{_OURS[code]} ({code})", "mend it and run again")
    said = _THEIRS.get(code, "the page could not be fetched")
    return Broken(f"{said}: {clip(url)}", expected="a page", seen=code or said, code=code)


async def _of_name(url: str, others: Iterable[str]) -> CxassureError:
    if ours := await none_resolves(url, others):
        return ours
    return Broken(f"the name {_host(url)} does not resolve", expected="a page", seen="no such name")


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def of_status(status: int, method: str, url: str, text: str) -> CxassureError | None:
    """What to raise for a page that came with `status`; `None` where it is a page to go on with.

    A form that is refused with 4xx is still a page that talks to the customer.
    """
    if status < 400 or (status < 500 and method != "GET"):
        return None
    if status in (401, 407):
        return CannotLook(
            f"{clip(url)} asks for a login ({status})",
            "give the party basic_auth: {user: …, password: …}",
        )
    return Broken(
        f"{clip(url)} answered {status}",
        expected="a page",
        seen=f"{status} {clip(text, 120)}".strip(),
        code=str(status),
    )


def wall(title: str, text: str, frames: Iterable[str]) -> str:
    """By what we are held off (a bot wall, a captcha), `""` where we are not."""
    shown = f"{title} {text}"
    if len(shown) > _WALL_LENGTH:
        return ""
    words = _WALL_WORDS.search(shown)
    if words:
        return words[0]
    return next((found[0] for url in frames if (found := _WALL_FRAMES.search(url))), "")


def blocked(by: str, url: str) -> CannotLook:
    """What is said when a wall stands before the page."""
    return CannotLook(
        f"blocked: a bot wall or captcha stands before {clip(url)} («{clip(by, 60)}»)",
        "ask the site's owner to let synthetic traffic through: it is marked by its header "
        "and by «cxassure» in the user agent",
    )
