"""Paying: the checkout page, what it checks, the payment call and the thank-you page."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cxassure.demo.accounts import Session, address_of, session_of
from cxassure.demo.company import Company, company_of
from cxassure.demo.orders import Line, Order
from cxassure.demo.shop import go, show

DECLINED = "4000000000000002"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MOBILE = re.compile(r"\+?[\d ()-]{7,20}")


async def checkout(request: Request) -> Response:
    company, session = company_of(request), session_of(request)
    if company.broken("slow-checkout"):
        await company.pause(6)
    if company.broken("basket-forgets-items"):
        session.basket.clear()
    if not session.basket:
        return show(request, "basket.html", problem="")
    return show(request, "checkout.html")


async def pay(request: Request) -> Response:
    """`POST /api/pay`: one order for a checkout, however often its button was pressed."""
    company, session = company_of(request), session_of(request)
    if company.broken("pay-times-out"):
        await company.pause(30)
        return JSONResponse({"error": "The payment service did not answer in time."}, 504)
    details = await _details(request)
    twice = company.book.by_checkout.get(details.get("checkout", ""))
    if twice and twice in session.orders and not company.broken("paying-twice-makes-two-orders"):
        return _paid(twice)
    problems = problems_of(details)
    if problems:
        return JSONResponse({"errors": problems}, 422)
    return _settle(company, session, details)


async def _details(request: Request) -> dict[str, str]:
    try:
        asked: Any = json.loads(await request.body())
    except ValueError:
        return {}
    return {k: str(v).strip() for k, v in asked.items()} if isinstance(asked, dict) else {}


def _settle(company: Company, session: Session, details: dict[str, str]) -> Response:
    if not session.basket:
        return JSONResponse({"error": "Your basket is empty."}, 409)
    if re.sub(r"\D", "", details["card"]) == DECLINED:
        return JSONResponse({"error": "Your card was declined."}, 402)
    if not _take_stock(company, session.basket):
        return JSONResponse({"error": "Sorry, the last one has just been sold."}, 409)
    order = _book(company, session, details)
    _write_to(company, order)
    return _paid(order.number)


def _take_stock(company: Company, lines: list[Line]) -> bool:
    products = [(company.shelf.products[line.slug], line.quantity) for line in lines]
    left = all(product.stock >= wanted for product, wanted in products)
    if not left and not company.broken("stock-oversold"):
        return False
    for product, wanted in products:
        product.stock -= wanted
    return True


def _book(company: Company, session: Session, details: dict[str, str]) -> Order:
    order = company.book.place(
        list(session.basket),
        session.total,
        name=details["name"],
        email=details["email"].lower(),
        mobile=details["mobile"],
        address=address_of(company, session.email),
        consent=details.get("consent") == "yes",
    )
    company.book.by_checkout[details["checkout"]] = order.number
    session.orders.add(order.number)
    session.checkout = secrets.token_hex(8)
    if not company.broken("paying-twice-makes-two-orders"):
        session.basket, session.promo = [], ""
    return order


def _write_to(company: Company, order: Order) -> None:
    if not company.broken("receipt-not-sent"):
        company.later(company.post.receipt(order))
    if order.consent or company.broken("notice-without-consent"):
        company.later(_ship(company, order))


async def _ship(company: Company, order: Order) -> None:
    await company.pause(0.3)
    await company.post.shipping_notice(order)


def _paid(number: str) -> Response:
    return JSONResponse({"order": number, "next": f"/thank-you/{number}"})


async def thank_you(request: Request) -> Response:
    session, number = session_of(request), request.path_params["number"]
    if number not in session.orders:
        return go(request, f"/orders?number={number}")
    order = company_of(request).book.find(number)
    session.basket, session.promo = [], ""
    return show(request, "thank_you.html", order=order)


def problems_of(details: dict[str, str]) -> dict[str, str]:
    """What is wrong with a card form, by field; empty when it is right."""
    right = {
        "name": bool(details.get("name")),
        "card": luhn(details.get("card", "")),
        "expiry": in_future(details.get("expiry", "")),
        "code": re.fullmatch(r"\d{3,4}", details.get("code", "")) is not None,
        "email": EMAIL.fullmatch(details.get("email", "")) is not None,
        "mobile": MOBILE.fullmatch(details.get("mobile", "")) is not None,
        "checkout": bool(details.get("checkout")),
    }
    return {name: WRONG[name] for name, fine in right.items() if not fine}


WRONG = {
    "name": "Enter the name on your card",
    "card": "Enter a valid card number",
    "expiry": "Enter an expiry date in the future, like 12/34",
    "code": "Enter the 3 or 4 digits of the security code",
    "email": "Enter a valid e-mail address",
    "mobile": "Enter a valid mobile number",
    "checkout": "Open the checkout again",
}


def luhn(number: str) -> bool:
    """Whether a card number has 13 to 19 digits and the right check digit (ISO/IEC 7812-1)."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"[0-9]{13,19}", digits):
        return False
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def in_future(expiry: str) -> bool:
    """Whether `MM/YY` is this month or later."""
    parts = re.fullmatch(r"(0[1-9]|1[0-2]) ?/ ?(\d\d)", expiry)
    now = datetime.now(UTC)
    if parts is None:
        return False
    return (2000 + int(parts[2]), int(parts[1])) >= (now.year, now.month)


ROUTES = [
    Route("/checkout", checkout),
    Route("/api/pay", pay, methods=["POST"]),
    Route("/thank-you/{number}", thank_you),
]
