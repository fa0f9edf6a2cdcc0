"""Addresses as a document of the company's gives them, which may be none."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from cxassure.channels._http.origins import shown
from cxassure.channels._telephony.carrier.fault import Fault


def joined(base: str, url: str) -> str:
    """Where `url` leads in what came from `base` (RFC 3986, 5).

    What is no address stays as it is: `Webhooks.ask` complains of it (11100) on behalf of whoever
    wanted it, and a callback that cannot be told harms no call.
    """
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def file_name(url: str) -> str:
    """The last part of an address's path; raises `Fault` 11100 for what is no address."""
    try:
        return urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        raise Fault(11100, f"«{shown(url)}» is no address") from None
