"""Numbers as they are dialled: made plain, told from emergency and premium ones, masked.

Emergency and premium numbers by country come from the metadata of Google's libphonenumber, which
collects them from ITU-T's operational bulletins and national regulators (package
phonenumberslite). Numbers are E.164 (ITU-T), addresses SIP URIs (RFC 3261) or tel URIs (RFC 3966).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal
from urllib.parse import unquote

Danger = Literal["", "emergency", "premium", "no number"]

_SCHEME = re.compile(r"\s*(sips?|tel):\s*(.*)", re.IGNORECASE | re.DOTALL)
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_OUTSIDE = ("0", "8", "9", "00", "011", "0011", "010", "99", "*", "**")
"""What is dialled for an outside line or for abroad, in front of the number that is meant."""
_DEAR = ("+979", "+870", "+881", "+882", "+883", "+888", "+808", "+878")
"""International premium rate, satellite telephones, global networks, shared cost (ITU-T E.164)."""
_TELEPHONES_HOLD = ("112", "911", "999", "000")
"""What telephones themselves hold for emergency numbers, whatever network they are in."""
_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


def plain(address: str) -> str:
    """What is dialled: `+` and digits of a number or tel URI, `sip:user@host` of a SIP URI.

    Digits of any script become ASCII, separators and parameters are left out.
    """
    found = _SCHEME.fullmatch(address)
    scheme, rest = (found[1].lower(), found[2]) if found else ("", address)
    rest = _ascii(unquote(rest)).strip()
    if scheme.startswith("sip"):
        rest = rest.partition("?")[0]
        user, at, host = rest.rpartition("@")
        user, host = user.partition(";")[0].partition(":")[0], host.partition(";")[0]
        return f"sip:{_dialled(user)}{at}{host.strip().lower()}"
    return _dialled(rest.partition(";")[0])


def _ascii(text: str) -> str:
    return "".join(_digit(sign) for sign in unicodedata.normalize("NFKC", text))


def _digit(sign: str) -> str:
    value = unicodedata.digit(sign, None)
    return sign if value is None else str(value)


def _dialled(text: str) -> str:
    bare = _SEPARATORS.sub("", text)
    return bare if re.fullmatch(r"\+?[\d*#]+", bare) else text.strip()


def dialled(address: str) -> str:
    """The number in an address that is `plain`, "" where it holds a name and no number."""
    user = address.removeprefix("sip:").rpartition("@")[0] if "sip:" in address else address
    return user if re.fullmatch(r"\+?[\d*#]+", user) else ""


def is_e164(address: str) -> bool:
    return bool(_E164.fullmatch(address))


def danger(address: str) -> Danger:
    """Why an address that is `plain` may never be dialled, "" where it may.

    Emergency numbers of every country count, with or without a country code or a digit for an
    outside line: a mistake in doubt is a call that is not placed.
    """
    number = dialled(address) or _spelt(address)
    if not number:
        return "" if address.startswith("sip:") else "no number"
    if _emergency(number):
        return "emergency"
    if number.startswith("+"):
        return _international(number)
    return "" if address.startswith("sip:") else "no number"


def surely_dangerous(address: str) -> bool:
    """Whether a `plain` address is for emergencies or dear wherever it is dialled: no extension
    of an exchange is written so."""
    number = dialled(address)
    return number in _TELEPHONES_HOLD or (
        number.startswith("+") and danger(address) in ("emergency", "premium")
    )


def _spelt(address: str) -> str:
    """A short name as the keys under its letters; a name that is longer calls nobody for help."""
    user = address.removeprefix("sip:").rpartition("@")[0] or address.removeprefix("sip:")
    keys = user.lower().translate(_KEYPAD)
    return keys if len(keys) <= 6 and re.fullmatch(r"\+?\d+", keys) else ""


def _emergency(number: str) -> bool:
    bare = number.rstrip("#*")
    if not bare.startswith("+"):
        rests = [bare, *(bare.removeprefix(out) for out in _OUTSIDE if bare.startswith(out))]
        return any(_is_emergency(rest) or _abroad(rest) for rest in rests)
    return _is_emergency(bare[1:]) or _abroad(bare[1:])


def _abroad(digits: str) -> bool:
    """A country code and that country's emergency number."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as REGIONS

    return any(
        _is_emergency(digits[size:], tuple(REGIONS[int(digits[:size])]))
        or _is_emergency(digits[size:].removeprefix("0"), tuple(REGIONS[int(digits[:size])]))
        for size in (1, 2, 3)
        if digits[:size].isdecimal() and int(digits[:size]) in REGIONS and len(digits) <= size + 7
    )


@cache
def _is_emergency(digits: str, regions: tuple[str, ...] = ()) -> bool:
    """By the whole number; `regions` none: of any country of the world."""
    return any(re.fullmatch(pattern, digits) for pattern in _patterns(regions))


@cache
def _patterns(regions: tuple[str, ...]) -> tuple[str, ...]:
    from phonenumbers import PhoneMetadata
    from phonenumbers.shortnumberinfo import SUPPORTED_SHORT_REGIONS

    found = list(_TELEPHONES_HOLD)
    for region in regions or SUPPORTED_SHORT_REGIONS:
        about = PhoneMetadata.short_metadata_for_region(region)
        if about and about.emergency and about.emergency.national_number_pattern:
            found.append(about.emergency.national_number_pattern)
    return tuple(dict.fromkeys(found))


def _international(number: str) -> Danger:
    import phonenumbers
    from phonenumbers import PhoneNumberType as Kind

    if number.startswith(_DEAR):
        return "premium"
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "no number"
    if phonenumbers.number_type(read) in (Kind.PREMIUM_RATE, Kind.SHARED_COST):
        return "premium"
    if read.country_code == 1 and str(read.national_number).startswith(("900", "976")):
        return "premium"
    return "" if is_e164(number) and phonenumbers.is_possible_number(read) else "no number"


def fits(pattern: str, address: str) -> bool:
    """Whether a `plain` address is what `pattern` allows: letter by letter, `*` any more."""
    first, star, last = pattern.partition("*")
    if not star:
        return plain(pattern) == address
    size = len(first) + len(last)
    return len(address) >= size and address.startswith(first) and address.endswith(last)


def masked(address: str) -> str:
    """`+12•••••••43`: enough to tell which, not enough to dial. Names are left as they are."""
    read = plain(address)
    number = dialled(read)
    if len(number) < 5:
        return address
    lead = 3 if number.startswith("+") else 1
    hidden = number[:lead] + "•" * (len(number) - lead - 2) + number[-2:]
    return read.replace(number, hidden)
