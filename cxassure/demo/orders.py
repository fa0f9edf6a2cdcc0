"""The order book that shop, bot, phone tree, desk and back office share."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from cxassure.demo.memory import Memory

FIRST_NUMBER = 1048213
STEP = 17
ON_ITS_WAY, PREPARING, DELIVERED, CANCELLED = (
    "on its way",
    "being prepared",
    "delivered",
    "cancelled",
)

TOLD = {
    ON_ITS_WAY: "It is on its way and should arrive by Friday.",
    PREPARING: "It is being prepared and leaves us tomorrow.",
    DELIVERED: "It was delivered on Monday.",
    CANCELLED: "It has been cancelled and refunded.",
}
"""How every channel tells a status to a customer."""


@dataclass(frozen=True)
class Line:
    """So many pieces of a product at a price each, in cents."""

    slug: str
    title: str
    price: int
    quantity: int

    @property
    def total(self) -> int:
        return self.price * self.quantity


@dataclass
class Order:
    """One order; amounts in cents; `origin` is `web` or `back office`."""

    number: str
    items: list[Line]
    total: int
    email: str = ""
    mobile: str = ""
    name: str = ""
    address: str = ""
    origin: str = "web"
    consent: bool = False
    status: str = ON_ITS_WAY
    charged: int = 0
    first_address: str = ""
    history: list[dict[str, str]] = field(default_factory=list)

    @property
    def told(self) -> str:
        """The status as a sentence."""
        return TOLD[self.status]

    @property
    def card(self) -> str:
        """The eight-digit number of the gift card sold with this order."""
        return f"6{self.number}"

    def note(self, what: str) -> None:
        self.history.append({"at": datetime.now(UTC).isoformat(), "what": what})

    def as_json(self) -> dict[str, Any]:
        """The order as the back office shows it."""
        shown = asdict(self)
        del shown["first_address"]
        return shown


class OrderBook:
    """Orders by their seven-digit number.

    Everything runs on one event loop and no method awaits, so each call is atomic.
    """

    def __init__(self) -> None:
        self.orders: Memory[str, Order] = Memory()
        self.by_checkout: Memory[str, str] = Memory()
        self._next = FIRST_NUMBER
        for number, status in (
            ("1047318", DELIVERED),
            ("1047335", PREPARING),
            ("1047352", ON_ITS_WAY),
        ):
            self._seed(number, status)

    def place(self, items: list[Line], total: int, **details: Any) -> Order:
        """Book an order, charged in full."""
        order = Order(str(self._next), items, total, charged=total, **details)
        order.first_address = order.address
        self._next += STEP
        order.note("placed")
        self.orders[order.number] = order
        return order

    def find(self, number: str | None) -> Order | None:
        return self.orders.get(number or "")

    def of(self, email: str) -> list[Order]:
        """Every order of that e-mail address, oldest first."""
        wanted = email.strip().lower()
        return [order for order in self.orders.values() if order.email.lower() == wanted]

    def cancel(self, order: Order, refund: bool = True) -> None:
        """Cancel and refund; an order that is cancelled already stays as it is."""
        if order.status == CANCELLED:
            return
        order.status = CANCELLED
        order.charged = 0 if refund else order.charged
        order.note("cancelled")

    def other_than(self, number: str | None) -> Order:
        """Some other customer's order."""
        return next(order for order in self.orders.values() if order.number != number)

    def card_balance(self, card: str) -> int | None:
        """What is left on a gift card in cents, None when there is no such card."""
        order = self.find(card[1:]) if len(card) == 8 and card[0] == "6" else None
        return None if order is None else order.charged

    def _seed(self, number: str, status: str) -> None:
        line = Line("birch-grove", "Birch Grove", 2500, 1)
        order = Order(number, [line], 2500, "kim@example.com", "+15550142", "Kim Lee")
        order.address = order.first_address = "12 Birch Lane, Bayview"
        order.origin, order.status, order.charged = "back office", status, 2500
        order.note("placed")
        self.orders[number] = order
