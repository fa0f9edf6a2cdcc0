"""Letters to customers: receipt, shipping notice and survey, sent by real SMTP (RFC 5321)."""

from __future__ import annotations

import asyncio
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxassure.demo.orders import Order
    from cxassure.demo.pages import Pages

SENDER = formataddr(("Birch & Bay Gifts", "hello@birchandbay.example"))


@dataclass
class Post:
    """Sends letters through the SMTP server at `host:port`."""

    host: str
    port: int
    pages: Pages

    async def receipt(self, order: Order) -> None:
        lines = [
            f"Thank you for your order {order.number}.",
            f"Total paid: {self.pages.money(order.total)}.",
            f"Your gift card has the number {order.card}.",
        ]
        await self.send(order.email, f"Your receipt for order {order.number}", lines)

    async def shipping_notice(self, order: Order) -> None:
        lines = [f"Your order {order.number} is on its way.", "It should arrive by Friday."]
        await self.send(order.email, f"Your order {order.number} is on its way", lines)

    async def survey(self, email: str, order: str) -> None:
        lines = [
            f"You talked to us about order {order}." if order else "You talked to us.",
            "How did we do? Answer with a number from 1 (badly) to 5 (very well).",
        ]
        await self.send(email, "How did we do?", lines)

    async def send(self, to: str, subject: str, lines: list[str]) -> None:
        """Send a letter as text and HTML; OSError or SMTPException when it cannot be delivered."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = SENDER, to, subject
        letter.set_content("\n\n".join([*lines, "Birch & Bay Gifts"]) + "\n")
        html = self.pages.text("letter.html", title=subject, lines=lines)
        letter.add_alternative(html, subtype="html")
        await asyncio.to_thread(self._deliver, letter)

    def _deliver(self, letter: EmailMessage) -> None:
        with smtplib.SMTP(self.host, self.port, timeout=10) as server:
            server.send_message(letter)
