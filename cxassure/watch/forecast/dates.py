"""By what rule a day comes again, in the calendar's own words: `fourth Thursday of November`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cxassure.peak import MONTHS, WEEKDAYS, Easter, Nth, Rule, Shifted, Yearly
from cxassure.watch.days import days

_THANKS = Nth(nth=4, weekday=3, month=11)
KNOWN: dict[str, Rule] = {
    "black-friday": Shifted(rule=_THANKS, days=1),
    "cyber-monday": Shifted(rule=_THANKS, days=4),
    "thanksgiving": _THANKS,
    "christmas-eve": Yearly(month=12, day=24),
    "christmas": Yearly(month=12, day=25),
    "boxing-day": Yearly(month=12, day=26),
    "new-years-eve": Yearly(month=12, day=31),
    "new-year": Yearly(month=1, day=1),
    "valentines-day": Yearly(month=2, day=14),
    "singles-day": Yearly(month=11, day=11),
    "halloween": Yearly(month=10, day=31),
    "mothers-day": Nth(nth=2, weekday=6, month=5),
    "fathers-day": Nth(nth=3, weekday=6, month=6),
    "good-friday": Shifted(rule=Easter(), days=2, back=True),
    "easter": Easter(),
    "easter-monday": Shifted(rule=Easter(), days=1),
}
"""Days on which shops are known to be busy. A name is a guess by the date and nothing more."""

_NTHS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule that a day suits: its name, and whether the name is a known one's."""

    name: str
    rule: Rule
    known: bool = False

    def suits(self, day: date) -> bool:
        """Whether the rule gives this very day."""
        return day in days(self.rule, day.year)

    def after(self, day: date) -> date:
        """The first day of the rule that is later than `day`."""
        years = range(day.year, day.year + 10)
        return next(d for year in years for d in days(self.rule, year) if d > day)


def candidates(day: date) -> Iterator[Recurrence]:
    """The rules that give `day`, the likeliest first."""
    for name, rule in KNOWN.items():
        if day in days(rule, day.year):
            yield Recurrence(name, rule, known=True)
    nth, month = (day.day - 1) // 7 + 1, MONTHS[day.month - 1].casefold()
    weekday = WEEKDAYS[day.weekday()].casefold()
    for number in (nth, -1):
        rule = Nth(nth=number, weekday=day.weekday(), month=day.month)
        if number != 5 and day in days(rule, day.year):
            yield Recurrence(f"{_NTHS[number]}-{weekday}-of-{month}", rule)
    yield Recurrence(f"{day.day}-{month}", Yearly(month=day.month, day=day.day))


def recurrence(of: Sequence[date]) -> Recurrence:
    """The rule that suits most of the days of a peak, the likeliest of those that suit as many."""
    found = [one for day in of for one in candidates(day)]
    return max(found, key=lambda one: sum(one.suits(day) for day in of))


def text(rule: Rule, back: int = 0) -> str:
    """The rule as `cxassure.yaml` writes it; `back` days before it, or after it where negative."""
    if back:
        if isinstance(rule, Shifted) and rule.weekday is None:
            moved = (-rule.days if rule.back else rule.days) - back
            return _shifted(rule.rule, moved)
        return _shifted(rule, -back)
    if isinstance(rule, Shifted):
        return _shifted(rule.rule, -rule.days if rule.back else rule.days)
    if isinstance(rule, Nth):
        return f"{_NTHS[rule.nth]} {WEEKDAYS[rule.weekday]} of {MONTHS[rule.month - 1]}"
    if isinstance(rule, Yearly):
        return f"{rule.day} {MONTHS[rule.month - 1]}"
    return "Easter"


def _shifted(rule: Rule, days_on: int) -> str:
    if not days_on:
        return text(rule)
    unit = "day" if abs(days_on) == 1 else "days"
    return f"{abs(days_on)} {unit} {'after' if days_on > 0 else 'before'} {text(rule)}"
