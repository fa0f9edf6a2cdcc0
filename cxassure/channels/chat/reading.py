"""What a customer makes of a reply: doubled, out of order, a dead end, unsafe, which language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from cxassure.errors import CannotLook
from cxassure.text import plain

_MARKUP = re.compile(
    r"<\s*(?:script|iframe|object|embed|svg|math|base|form|link|meta|style)\b"
    r"|<\s*\w[^<>]*\s(?:on\w+|srcdoc|formaction)\s*="
    r"|\b(?:javascript|vbscript):\S"
    r"|\bdata\s*:\s*text/html",
    re.I,
)
_WAY_ON = re.compile(r"\?|https?://|www\.|[\w.+-]+@[\w-]+\.\w|\+?\d[\d ()-]{6,}\d")


def running_markup(text: str) -> str:
    """The piece of `text` that would run if a page took it for markup, "" where none would."""
    found = _MARKUP.search(text)
    return found.group(0) if found else ""


def doubled(texts: Iterable[str]) -> list[str]:
    """The texts that came more than once, as they were read, each told once."""
    seen: set[str] = set()
    twice: dict[str, str] = {}
    for text in texts:
        if plain(text) in seen:
            twice.setdefault(plain(text), text)
        seen.add(plain(text))
    return list(twice.values())


def in_order(numbers: Sequence[float]) -> bool:
    """Whether numbers of bubbles never go back."""
    return all(first <= second for first, second in pairwise(numbers))


def leads_on(text: str) -> bool:
    """Whether a text asks something or names a link, an address or a telephone number."""
    return _WAY_ON.search(text) is not None


def repeats(turns: Sequence[str]) -> int:
    """How many turns at the end of `turns` are the same text: 1 when the last one is new."""
    count = 0
    for text in reversed(turns):
        if plain(text) != plain(turns[-1]):
            break
        count += 1
    return count


_COMMON = {
    "de": "der die das und ist nicht ein eine einen ich sie ihr ihre ihnen mit auf für von zu wir "
    "haben hat kann kann wie ihre bis sich dem den es im wird bitte danke oder",
    "en": "the and is not a an i you your with on for of to we have has can how it its are was "
    "will this that in please thank thanks my me our or at by do did",
    "es": "el la los las y es no un una yo usted su sus con en para de que por nosotros tiene "
    "puede cómo como está gracias hola o al del se lo le más",
    "fr": "le la les et est pas un une je vous votre vos avec sur pour de du des nous avons a "
    "peut comment ce cette merci bonjour ou au aux en ne il elle que qui dans",
    "it": "il lo la gli le e è non un una io lei suo sua con su per di del della noi abbiamo ha "
    "può come questo questa grazie ciao o al alla si che in sono",
    "nl": "de het een en is niet ik u uw met op voor van te wij we hebben heeft kan hoe dit dat "
    "bedankt hallo of aan zijn om er bij naar wat in",
    "pl": "i jest nie ja pan pani w na z do dla się to jak czy mamy ma może ten ta dziękuję "
    "proszę lub po że twoje twój są od za co by",
    "pt": "o a os as e é não um uma eu você seu sua com em para de do da nós temos tem pode como "
    "este esta obrigado obrigada olá ou ao à se que por mais está",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_WORD = re.compile(r"[^\W\d_]+")


def language(text: str) -> str:
    """The ISO 639-1 code of the language of `text`, "" when there is too little to tell.

    Counts everyday words of eight languages (de, en, es, fr, it, nl, pl, pt): the best must have
    two at least and be ahead of all others. Other languages give "".
    """
    words = _WORD.findall(text.casefold())
    scores = sorted(
        ((sum(word in common for word in words), code) for code, common in _WORDS.items()),
        reverse=True,
    )
    (best, code), (second, _) = scores[0], scores[1]
    return code if best >= 2 and best > second else ""


def pattern(option: str, text: str) -> re.Pattern[str]:
    """The option's pattern, compiled; raises `CannotLook` for one that is none."""
    try:
        return re.compile(text)
    except re.error as wrong:
        raise CannotLook(
            f"the option `{option}` is no pattern: {wrong}", "patterns are Python's"
        ) from None
