"""How expected and heard words are made comparable: numbers, prices, dates, times, step by step.

Each rule is a pure function from text to text; those that changed something are told in order, so
that a report can show how «ten forty-eight pounds» came to equal «£10.48».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONEY = {"£": "pounds", "$": "dollars", "€": "euros"}
_UNIT = {"pound": "pounds", "dollar": "dollars", "euro": "euros"}
_SPOKEN_DIGIT = "zero|one|two|three|four|five|six|seven|eight|nine|oh|o|\\d"
_MONTH = "|".join(MONTHS)
_KEYS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_KEY = re.compile(rf"\b(?:{'|'.join(_KEYS)})\b")


@dataclass(frozen=True, slots=True)
class Change:
    """What one rule made of the text."""

    rule: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Normal:
    """`words` to compare, and the steps that led to them."""

    words: tuple[str, ...]
    steps: tuple[Change, ...]


def normalise(text: str, language: str = "en") -> Normal:
    """`text` as words that compare; `language` is a BCP 47 tag (`en-GB`).

    Numbers in words are read in the languages of text2num (en, fr, de, es, pt, it, nl, …); the
    wordings of prices, dates and times in English. `*` (any words) stays a word.
    """
    steps, now = [], " ".join(text.split())
    for rule, change in _RULES:
        then = " ".join(change(now, language.partition("-")[0].lower()).split())
        if then != now:
            steps.append(Change(rule, now, then))
        now = then
    return Normal(tuple(now.split()), tuple(steps))


def same(one: str, other: str) -> bool:
    """Whether two normalised words are one. `10~48` (ten forty-eight) is 1048, 10.48 and 10:48."""
    if one == other:
        return True
    if "~" not in one + other:
        return False
    return re.sub(r"[.:~]", "", one) == re.sub(r"[.:~]", "", other)


def is_number(word: str) -> bool:
    """Whether a normalised word carries a number: these are compared exactly."""
    return any(mark.isdigit() for mark in word)


def _small(text: str, language: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def _signs(text: str, language: str) -> str:
    """`£10.48` to `10.48 pounds`, `5 %` to `5 percent`."""
    text = re.sub(r"([£$€])\s*(\d[\d,.]*\d|\d)", lambda m: f"{m[2]} {_MONEY[m[1]]} ", text)
    text = re.sub(r"(\d)\s*([£$€])", lambda m: f"{m[1]} {_MONEY[m[2]]} ", text)
    text = re.sub(r"\b(\d+)p\b", r"\1 pence", text)
    return text.replace("%", " percent ").replace("&", " and ").replace("#", " pound ")


def _grouped(text: str, language: str) -> str:
    """`1,048` to `1048`; what stands between digits as a dash or a bracket is a blank."""
    text = re.sub(r"(?<!\d)(\d{1,3})((?:,\d{3})+)(?!\d)", lambda m: m[0].replace(",", ""), text)
    return re.sub(r"(?<=\d)\s?[-–()/]+\s?(?=\d)", " ", text)


def _iso(text: str, language: str) -> str:
    """`2026-11-24` to `november 24th 2026`."""
    return re.sub(
        r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b",
        lambda m: f"{MONTHS[int(m[2]) - 1]} {int(m[3])}th {m[1]}",
        text,
    )


def _short(text: str, language: str) -> str:
    text = re.sub(r"(?<![a-z])([ap])\.? ?m\b\.?", r"\1m", text)
    text = re.sub(r"\bo'? ?clock\b", "oclock", text)
    return re.sub(r"(?<=\d)(am|pm)\b", r" \1", text)


def _digit_words(text: str, language: str) -> str:
    """`oh` among digits is zero; `double three` is three three."""
    if language != "en":
        return text
    spoken = rf"(?:{_SPOKEN_DIGIT})"
    text = re.sub(rf"\bdouble ({spoken})\b", r"\1 \1", text)
    text = re.sub(rf"\btriple ({spoken})\b", r"\1 \1 \1", text)
    for _ in range(2):
        text = re.sub(rf"\b({spoken}),? oh?\b", r"\1 zero", text)
        text = re.sub(rf"\boh?,? ({spoken})\b", r"zero \1", text)
    return text


def _numbers(text: str, language: str) -> str:
    """Numbers in words to digits."""
    apart = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    try:
        from text_to_num import alpha2digit

        return str(alpha2digit(apart, language, threshold=0.0))
    except ValueError:
        return text
    except ModuleNotFoundError:  # a rehearsal without sound needs no extra: the keys at least
        return _KEY.sub(lambda m: str(_KEYS.index(m[0])), apart) if language == "en" else text


def _dates(text: str, language: str) -> str:
    """`the 24th of november`, `24 november`, `november 24` to `november 24th`."""
    day = r"(\d{1,2})(?:st|nd|rd|th)?"
    text = re.sub(rf"\b(?:the )?{day}(?: of)? ({_MONTH})\b", r"\2 \1th", text)
    return re.sub(rf"\b({_MONTH}),? (?:the )?{day}\b(?![.:]\d)", r"\1 \2th", text)


def _clock(text: str, language: str) -> str:
    """`half past 10`, `10 30 am`, `9 am`, `5 pm`, `6 oclock` to `10:30`, `9:00`, `17:00`…"""
    text = re.sub(r"\bhalf past (\d{1,2})\b", r"\1:30", text)
    text = re.sub(r"\b(?:a )?quarter past (\d{1,2})\b", r"\1:15", text)
    text = re.sub(r"\b(?:a )?quarter to (\d{1,2})\b", lambda m: f"{(int(m[1]) - 1) or 12}:45", text)
    text = re.sub(r"\b(\d{1,2}) oclock\b", r"\1:00", text)
    return re.sub(r"\b(\d{1,2})(?:[: .](\d\d))? ([ap])m\b", _of_day, text)


def _of_day(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[3] == "p" else 0)
    return f"{hour}:{found[2] or '00'}" if int(found[1]) <= 12 else found[0]


def _prices(text: str, language: str) -> str:
    """`10 pounds and 48 pence`, `10 pounds 48` to `10.48 pounds`; `48 pence` to `0.48 pounds`."""
    units = "pounds?|dollars?|euros?"
    text = re.sub(
        rf"\b(\d+) ({units})(?: and)? (\d\d?)(?: (?:pence|penny|cents?)\b|(?= ?$|[.,;]))",
        lambda m: f"{m[1]}.{int(m[3]):02} {m[2]}",
        text,
    )
    text = re.sub(r"\b(\d\d?) (?:pence|penny)\b", lambda m: f"0.{int(m[1]):02} pounds", text)
    text = re.sub(r"\b(\d\d?) cents?\b", lambda m: f"0.{int(m[1]):02} dollars", text)
    text = re.sub(r"\b(\d+)\.00(?= )", r"\1", text)
    return re.sub(rf"(?<=\d )({units})", lambda m: _UNIT.get(m[1], m[1]), text)


def _marks(text: str, language: str) -> str:
    """Marks go, but those inside a number, and `*`."""
    text = re.sub(r"(?<!\d)[.:~]|[.:~](?!\d)", " ", text).replace("'", "")
    return re.sub(r"[^\w\s*.:~]|_", " ", text).replace("*", " * ")


def _joined(text: str, language: str) -> str:
    """Digits said one by one are one number: `1 0 4 8` is `1048`; `10 48` is `10~48`."""
    return re.sub(r"(?<![\w.:~])\d+(?: \d+)+(?![\w.:~])", _one_number, text)


def _one_number(found: re.Match[str]) -> str:
    parts = found[0].split()
    by_pairs = len(parts) == 2 and len(parts[0]) <= 2 and len(parts[1]) == 2
    return ("~" if by_pairs else "").join(parts)


_RULES: tuple[tuple[str, Callable[[str, str], str]], ...] = (
    ("small letters", _small),
    ("dates in figures", _iso),
    ("signs", _signs),
    ("grouped digits", _grouped),
    ("short forms", _short),
    ("digits by name", _digit_words),
    ("numbers in words", _numbers),
    ("dates", _dates),
    ("times", _clock),
    ("prices", _prices),
    ("marks", _marks),
    ("digits one by one", _joined),
)
