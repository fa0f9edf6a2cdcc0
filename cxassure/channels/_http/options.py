"""Options of a target as a typed struct, and those by which a party is let in."""

from __future__ import annotations

import base64
import re
from typing import Protocol, TypeVar

import msgspec

from cxassure.channel import Opening
from cxassure.errors import CannotLook
from cxassure.text import guess

_S = TypeVar("_S", bound=msgspec.Struct)


class Access(Protocol):
    """Options that let a party in: `token` is sent as a bearer token (RFC 6750), `basic` is
    `user:password` (RFC 7617), `headers` are sent as they are."""

    @property
    def token(self) -> str: ...
    @property
    def basic(self) -> str: ...
    @property
    def headers(self) -> dict[str, str]: ...


def access_headers(access: Access) -> dict[str, str]:
    """The request headers that let a party in."""
    found = dict(access.headers)
    if access.token:
        found["Authorization"] = f"Bearer {access.token}"
    elif access.basic:
        found["Authorization"] = "Basic " + base64.b64encode(access.basic.encode()).decode()
    return found


def read_options(opening: Opening, shape: type[_S]) -> _S:
    """The target's options as a `shape`; raises `CannotLook` for unknown or misshapen ones."""
    try:
        return msgspec.convert(opening.target.options, shape, strict=False)
    except msgspec.ValidationError as wrong:
        raise CannotLook(
            f"an option of target «{opening.target.name}» is wrong: {_reason(str(wrong))}",
            _hint(str(wrong), shape),
        ) from None


def _reason(wrong: str) -> str:
    unknown = re.search(r"unknown field `(.*?)`", wrong)
    return f"there is no option «{unknown[1]}»" if unknown else wrong[:1].lower() + wrong[1:]


def _hint(wrong: str, shape: type[msgspec.Struct]) -> str:
    names = shape.__struct_encode_fields__
    unknown = re.search(r"unknown field `(.*?)`", wrong)
    return guess(unknown[1], names) if unknown else "known: " + ", ".join(sorted(names))
