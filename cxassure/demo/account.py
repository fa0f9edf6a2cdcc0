"""What a customer can do afterwards: look up, change and cancel orders, sign in, the account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxassure.demo.accounts import address_of, code_fits, form_of, may_sign_in, session_of
from cxassure.demo.company import company_of
from cxassure.demo.orders import Order
from cxassure.demo.shop import go, show


async def look_up(request: Request) -> Response:
    number = request.query_params.get("number", "")
    return show(request, "look_up.html", number=number, email="", problem="")


async def looked_up(request: Request) -> Response:
    """An order is shown to whoever knows its number and its e-mail address."""
    asked = await form_of(request)
    number, email = asked.get("number", ""), asked.get("email", "")
    order = company_of(request).book.find(number)
    if order is None or not email or order.email.lower() != email.lower():
        problem = "We cannot find an order with this number and e-mail address."
        return show(request, "look_up.html", 404, number=number, email=email, problem=problem)
    session_of(request).orders.add(number)
    return go(request, f"/orders/{number}")


def _own(request: Request) -> Order | None:
    """The order of the address, if this visitor may see it."""
    session, number = session_of(request), request.path_params["number"]
    order = company_of(request).book.find(number)
    if order and (number in session.orders or (session.email and session.email == order.email)):
        return order
    return None


async def order_page(request: Request) -> Response:
    order = _own(request)
    if order is None:
        return go(request, f"/orders?number={request.path_params['number']}")
    return show(request, "order.html", order=order, saved="")


async def move(request: Request) -> Response:
    order, asked = _own(request), await form_of(request)
    if order is None:
        return go(request, f"/orders?number={request.path_params['number']}")
    order.address = asked.get("address", "")[:200]
    order.note("address changed")
    return show(request, "order.html", order=order, saved="Your address has been saved.")


async def cancel_page(request: Request) -> Response:
    order = _own(request)
    if order is None:
        return go(request, f"/orders?number={request.path_params['number']}")
    return show(request, "cancel.html", order=order)


async def cancel(request: Request) -> Response:
    company, order = company_of(request), _own(request)
    if order is None:
        return go(request, f"/orders?number={request.path_params['number']}")
    company.book.cancel(order, refund=not company.broken("cancelled-order-charged"))
    return go(request, f"/orders/{order.number}/cancel")


async def sign_in_page(request: Request) -> Response:
    if session_of(request).email:
        return go(request, "/account")
    return show(request, "sign_in.html", email="", problem="")


async def sign_in(request: Request) -> Response:
    asked = await form_of(request)
    email = asked.get("email", "").lower()
    if not may_sign_in(email, asked.get("password", "")):
        problem = "The e-mail address or the password is wrong."
        return show(request, "sign_in.html", 403, email=email, problem=problem)
    session_of(request).signing_in = email
    return go(request, "/account/code")


async def code_page(request: Request) -> Response:
    if not session_of(request).signing_in:
        return go(request, "/account/sign-in")
    return show(request, "code.html", problem="")


async def code(request: Request) -> Response:
    session, asked = session_of(request), await form_of(request)
    if not session.signing_in:
        return go(request, "/account/sign-in")
    if not code_fits(asked.get("code", "")):
        return show(request, "code.html", 403, problem="This code is not right.")
    session.email, session.signing_in = session.signing_in, ""
    return go(request, "/account")


async def account(request: Request) -> Response:
    company, session = company_of(request), session_of(request)
    if not session.email or company.broken("sign-in-redirects-for-ever"):
        return go(request, "/account/sign-in")
    return _account(request)


def _account(request: Request, saved: str = "") -> Response:
    company, email = company_of(request), session_of(request).email
    orders, address = company.book.of(email), address_of(company, email)
    return show(request, "account.html", orders=orders, address=address, saved=saved)


async def move_account(request: Request) -> Response:
    company, session, asked = company_of(request), session_of(request), await form_of(request)
    if not session.email:
        return go(request, "/account/sign-in")
    company.addresses[session.email] = asked.get("address", "")[:200]
    for order in company.book.of(session.email):
        order.address = company.addresses[session.email]
    return _account(request, "Your address has been saved.")


async def sign_out(request: Request) -> Response:
    session_of(request).email = ""
    return go(request, "/")


ROUTES = [
    Route("/orders", look_up, methods=["GET"]),
    Route("/orders", looked_up, methods=["POST"]),
    Route("/orders/{number}", order_page, methods=["GET"]),
    Route("/orders/{number}/address", move, methods=["POST"]),
    Route("/orders/{number}/cancel", cancel_page, methods=["GET"]),
    Route("/orders/{number}/cancel", cancel, methods=["POST"]),
    Route("/account/sign-in", sign_in_page, methods=["GET"]),
    Route("/account/sign-in", sign_in, methods=["POST"]),
    Route("/account/code", code_page, methods=["GET"]),
    Route("/account/code", code, methods=["POST"]),
    Route("/account", account),
    Route("/account/address", move_account, methods=["POST"]),
    Route("/account/sign-out", sign_out, methods=["POST"]),
]
