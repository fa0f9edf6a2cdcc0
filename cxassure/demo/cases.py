"""Cases: what a customer has told the company, so that the next channel need not ask again."""

from __future__ import annotations

from dataclasses import dataclass

from cxassure.demo.memory import Memory


@dataclass
class Case:
    """One matter of one customer, whose telephone number keeps the spelling it came in."""

    id: str
    order: str
    queue: str
    reason: str
    email: str = ""
    phone: str = ""
    open: bool = True


class Cases:
    """All cases by number; the newest of a caller or an order is the one that is meant."""

    def __init__(self) -> None:
        self.cases: Memory[str, Case] = Memory()
        self._next = 4711

    def open(self, order: str, queue: str, reason: str, email: str, phone: str) -> Case:
        """Open a case under the next number, like `C-4711`."""
        case = Case(f"C-{self._next}", order, queue, reason, email, phone)
        self._next += 1
        self.cases[case.id] = case
        return case

    def find(self, number: str) -> Case | None:
        return self.cases.get(number)

    def of_order(self, order: str) -> list[Case]:
        return [case for case in self.cases.values() if case.order == order]

    def of_caller(self, phone: str) -> Case | None:
        """The newest open case of that telephone number."""
        wanted = digits(phone)
        known = [c for c in self.cases.values() if c.open and digits(c.phone) == wanted]
        return known[-1] if wanted and known else None


def digits(phone: str) -> str:
    """A telephone number without its spelling: `+1 555-0100` and `+15550100` are one number."""
    return "".join(sign for sign in phone if sign.isdecimal())
