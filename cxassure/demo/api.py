"""The back office: orders, cases, stock, hours and screen pops as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cxassure.demo.cases import digits
from cxassure.demo.company import HOURS, Company, company_of
from cxassure.demo.orders import Line


async def health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def hours(request: Request) -> Response:
    return JSONResponse({"days": "every day", "opens": "08:00", "closes": "22:00", "told": HOURS})


async def order(request: Request) -> Response:
    found = company_of(request).book.find(request.path_params["number"])
    return JSONResponse(found.as_json()) if found else _missing("order")


async def orders(request: Request) -> Response:
    """`?email=`: every order of that customer."""
    email = request.query_params.get("email", "")
    return JSONResponse({"orders": [one.as_json() for one in company_of(request).book.of(email)]})


async def place(request: Request) -> Response:
    """Book an order by hand: `{"product", "value", "quantity", "email", "mobile", "name"}`."""
    company = company_of(request)
    asked = await _object(request)
    product = company.shelf.products.get(str(asked.get("product", "birch-grove")))
    quantity, value = asked.get("quantity", 1), asked.get("value", 2500)
    if product is None or not _count(quantity) or not _count(value):
        return JSONResponse({"error": "a product, a value in cents and a quantity"}, 422)
    details = {key: str(asked.get(key, "")) for key in ("email", "mobile", "name", "address")}
    line = Line(product.slug, product.title, value, quantity)
    placed = company.book.place([line], line.total, origin="back office", **details)
    return JSONResponse(placed.as_json(), 201)


async def cancel(request: Request) -> Response:
    company = company_of(request)
    found = company.book.find(request.path_params["number"])
    if found is None:
        return _missing("order")
    company.book.cancel(found, refund=not company.broken("cancelled-order-charged"))
    return JSONResponse(found.as_json())


async def case(request: Request) -> Response:
    found = company_of(request).cases.find(request.path_params["case"])
    return JSONResponse(asdict(found)) if found else _missing("case")


async def cases(request: Request) -> Response:
    found = company_of(request).cases.of_order(request.query_params.get("order", ""))
    return JSONResponse({"cases": [asdict(one) for one in found]})


async def stock(request: Request) -> Response:
    shelf = company_of(request).shelf
    return JSONResponse({slug: product.stock for slug, product in shelf.products.items()})


async def add_batch(request: Request) -> Response:
    """A limited batch with a stock of its own: `{"title", "price", "stock"}`, price in cents."""
    asked = await _object(request)
    price, pieces = asked.get("price", 2500), asked.get("stock", 1)
    if not _count(price) or not _count(pieces):
        return JSONResponse({"error": "a price in cents and a stock, both above 0"}, 422)
    title = str(asked.get("title", "Limited Edition"))[:80]
    product = company_of(request).shelf.add_batch(title, price, pieces)
    shown = {"slug": product.slug, "page": f"/gift-cards/{product.slug}", "stock": product.stock}
    return JSONResponse(shown, 201)


async def pops(request: Request) -> Response:
    """What agents' screens showed, oldest first: `?order=` or `?caller=`."""
    order, caller = request.query_params.get("order"), request.query_params.get("caller")
    return JSONResponse({"pops": _pops(company_of(request), order, caller)})


def _pops(company: Company, order: str | None, caller: str | None) -> list[dict[str, str]]:
    shown = company.desk.pops.values()
    if order:
        return [pop for pop in shown if pop.get("order number") == order]
    return [pop for pop in shown if caller and digits(pop.get("caller", "")) == digits(caller)]


async def _object(request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _count(value: Any) -> bool:
    return type(value) is int and 0 < value <= 1_000_000


def _missing(what: str) -> Response:
    return JSONResponse({"error": f"no such {what}"}, 404)


ROUTES = [
    Route("/api", health),
    Route("/api/health", health),
    Route("/api/hours", hours),
    Route("/api/orders", orders, methods=["GET"]),
    Route("/api/orders", place, methods=["POST"]),
    Route("/api/orders/{number}", order),
    Route("/api/orders/{number}/cancel", cancel, methods=["POST"]),
    Route("/api/cases", cases),
    Route("/api/cases/{case}", case),
    Route("/api/stock", stock),
    Route("/api/products", add_batch, methods=["POST"]),
    Route("/api/desk/pops", pops),
]
