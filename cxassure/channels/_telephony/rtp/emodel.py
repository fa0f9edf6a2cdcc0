"""How good a conversation feels, from loss and delay: the E-model of ITU-T G.107 (06/2015)."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log10, sqrt


@dataclass(frozen=True, slots=True)
class Impairment:
    """A codec's own factor `ie` and its robustness to loss `bpl` (ITU-T G.113 appendix I);
    `source` says whose figures they are."""

    ie: float
    bpl: float
    source: str


BARE = Impairment(0, 4.3, "G.711 without concealment (G.113 table I.3)")
CONCEALED = Impairment(0, 25.1, "G.711 with concealment by its appendix I (G.113 table I.3)")
LIKE = Impairment(0, 25.1, "taken as G.711's: G.113 has no figure on the narrow-band scale")
IMPAIRMENTS = {"PCMU": CONCEALED, "PCMA": CONCEALED, "G722": LIKE, "opus": LIKE}

# The defaults of G.107 table 2: the telephone, the room and the line as a planner assumes them.
SLR, RLR, STMR, LSTR, TELR, WEPL = 8.0, 2.0, 15.0, 18.0, 65.0, 110.0
DS, DR, PS, PR, NC, NFOR, QDU = 3.0, 3.0, 35.0, 35.0, -70.0, -64.0, 1.0


def rating(
    loss: float = 0.0, delay: float = 0.0, burst: float = 1.0, impairment: Impairment = CONCEALED
) -> float:
    """The transmission rating R (G.107 equation 7-1), 0 to 93.2.

    `loss` is a share (0 to 1), `delay` one way from mouth to ear in seconds, `burst` the burst
    ratio (1 is random loss).
    """
    milliseconds = max(0.0, delay) * 1000
    noise = _noise()
    signal = 15 - 1.5 * (SLR + noise)
    whole = signal - _simultaneous(signal, noise, milliseconds)
    whole -= _delayed(signal, noise, milliseconds) + equipment(loss, burst, impairment)
    return max(0.0, whole)


def equipment(loss: float, burst: float, impairment: Impairment) -> float:
    """The effective equipment impairment (G.107 equation 7-29); `loss` is a share."""
    percent = 100 * min(1.0, max(0.0, loss))
    spread = percent / max(1.0, burst) + impairment.bpl
    return impairment.ie + (95 - impairment.ie) * percent / spread


def mos(r: float) -> float:
    """The mean opinion score, 1 to 4.5, that goes with a rating (G.107 annex B)."""
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6) if r > 0 else 1.0


def _noise() -> float:
    """No, all noise referred to the 0 dBr point, in dBm0p (7-3 to 7-7)."""
    overall = SLR + RLR
    sender: float = PS - SLR - DS - 100 + 0.004 * (PS - overall - DS - 14) ** 2
    heard = PR + 10 * log10(1 + 10 ** ((10 - LSTR) / 10))
    receiver = RLR - 121 + heard + 0.008 * (heard - 35) ** 2
    return 10 * log10(sum(10 ** (part / 10) for part in (NC, sender, receiver, NFOR + RLR)))


def _simultaneous(signal: float, noise: float, delay: float) -> float:
    """Is: too loud a line, a side tone that is off, quantising (7-8 to 7-17)."""
    loudness = SLR + RLR + 0.2 * (64 + noise - RLR)
    loud: float = 20 * ((1 + (loudness / 8) ** 8) ** (1 / 8) - loudness / 8)
    tone = -10 * log10(10 ** (-STMR / 10) + exp(-delay / 4) * 10 ** (-TELR / 10))
    side: float = 12 * (1 + ((tone - 13) / 6) ** 8) ** (1 / 8)
    side -= 28 * (1 + ((tone + 1) / 19.4) ** 35) ** (1 / 35)
    side -= 13 * (1 + ((tone - 3) / 33) ** 13) ** (1 / 13)
    quantised = 37 - 15 * log10(QDU)
    gain = 1.07 + 0.258 * quantised + 0.0602 * quantised**2
    first, second = (signal - 100) / 15 + 46 / 8.4 - gain / 9, 46 / 30 - gain / 40
    return loud + side + 29 + 15 * log10(1 + 10**first + 10**second)


def _delayed(signal: float, noise: float, delay: float) -> float:
    """Id: the talker's echo, the listener's, and waiting itself (7-18 to 7-28); in ms."""
    late = 40 * log10((1 + delay / 10) / (1 + delay / 150)) - 6 * exp(-0.3 * delay**2)
    apart = (-1.5 * (noise - RLR)) - (80 + 2.5 * (TELR - late - 14))
    talker: float = (apart / 2 + sqrt(apart**2 / 4 + 100) - 1) * (1 - exp(-delay))
    apart = signal - 10.5 * (WEPL + 7) * (2 * delay + 1) ** -0.25
    listener: float = apart / 2 + sqrt(apart**2 / 4 + 169)
    return talker + listener + _waiting(delay)


def _waiting(delay: float) -> float:
    """Idd: nothing up to 100 ms (7-27, 7-28; ordinary sensitivity, sT = 1, mT = 100)."""
    if delay <= 100:
        return 0.0
    x = log(delay / 100) / log(2)
    lost: float = 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
    return lost
