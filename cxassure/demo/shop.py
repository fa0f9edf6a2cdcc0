"""The shop's browsing side: home, list, product, search, basket, and the plain pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from cxassure.demo.accounts import form_of, remember, session_of
from cxassure.demo.company import HOURS, company_of
from cxassure.demo.goods import VALUES, Product
from cxassure.demo.orders import Line

PROMOTIONS = ("SPRING10", "HOLIDAY10")
MOST = 20


def show(request: Request, name: str, status: int = 200, **values: object) -> Response:
    """A page of the shop, with what its header needs."""
    session = session_of(request)
    consent = request.cookies.get("cookies", "")
    pages = company_of(request).pages
    page = pages.page(request, name, status, session=session, consent=consent, **values)
    return remember(request, page)


def go(request: Request, address: str) -> Response:
    return remember(request, RedirectResponse(address, 303))


async def home(request: Request) -> Response:
    return show(request, "home.html")


async def gift_cards(request: Request) -> Response:
    listed = company_of(request).shelf.listed()
    return show(request, "gift_cards.html", featured=listed[0], products=listed[1:])


async def product(request: Request) -> Response:
    company = company_of(request)
    found = company.shelf.products.get(request.path_params["slug"])
    if company.broken("product-page-error"):
        return PlainTextResponse("Internal Server Error", 500)
    if found is None:
        return show(request, "missing.html", 404)
    return show(request, "product.html", product=found, values=_values(found))


def _values(found: Product) -> tuple[int, ...]:
    return VALUES if found.listed else (found.price,)


async def search(request: Request) -> Response:
    company = company_of(request)
    words = request.query_params.get("q", "").strip()[:100]
    found = company.shelf.search(words) if words else []
    if company.broken("search-finds-nothing"):
        found = []
    return show(request, "search.html", words=words, products=found)


async def picture(request: Request) -> Response:
    company, name = company_of(request), request.path_params["name"]
    if name == "hero":
        if company.broken("slow-largest-paint"):
            await company.pause(5.5)
        return company.pages.asset(request, "hero.svg")
    if name == "smile":
        return company.pages.asset(request, "smile.svg")
    found = company.shelf.products.get(name)
    if found is None or company.broken("product-image-missing"):
        return PlainTextResponse("Not Found", 404)
    return company.pages.asset(request, "card.svg", product=found)


async def basket(request: Request) -> Response:
    return show(request, "basket.html", problem="")


async def add(request: Request) -> Response:
    company, asked = company_of(request), await form_of(request)
    found = company.shelf.products.get(asked.get("product", ""))
    if found is None:
        return show(request, "missing.html", 404)
    session = session_of(request)
    wanted = asked.get("value", "")
    value = int(wanted) if wanted in map(str, _values(found)) else found.price
    if company.broken("basket-price-differs"):
        value += 500
    if session.pieces < MOST and not company.broken("add-to-basket-does-nothing"):
        _put(session.basket, Line(found.slug, found.title, value, 1))
    return go(request, "/basket")


def _put(basket: list[Line], line: Line) -> None:
    for place, known in enumerate(basket):
        if (known.slug, known.price) == (line.slug, line.price):
            basket[place] = Line(line.slug, line.title, line.price, known.quantity + 1)
            return
    basket.append(line)


async def remove(request: Request) -> Response:
    session, asked = session_of(request), await form_of(request)
    gone = (asked.get("product"), asked.get("price"))
    session.basket[:] = [line for line in session.basket if (line.slug, str(line.price)) != gone]
    return go(request, "/basket")


async def promo(request: Request) -> Response:
    session, asked = session_of(request), await form_of(request)
    code = asked.get("code", "").upper()
    early = code == "HOLIDAY10" and company_of(request).broken("promo-code-refused")
    if code not in PROMOTIONS or early:
        return show(request, "basket.html", problem="This promo code is not valid.")
    session.promo = code
    return go(request, "/basket")


async def contact(request: Request) -> Response:
    return show(request, "contact.html", hours=HOURS)


async def returns(request: Request) -> Response:
    return show(request, "returns.html")


async def cookies(request: Request) -> Response:
    """Remember what the visitor chose in the cookie banner and go back to where it stood."""
    asked = await form_of(request)
    back = asked.get("back", "/")
    answer = go(request, back if back.startswith("/") and not back.startswith("//") else "/")
    choice = "all" if asked.get("choice") == "all" else "necessary"
    answer.set_cookie("cookies", choice, max_age=31_536_000, samesite="lax")
    return answer


async def widget(request: Request) -> Response:
    return company_of(request).pages.page(request, "widget.html")


async def asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ("style.css", "shop.js", "checkout.js", "widget.js"):
        return PlainTextResponse("Not Found", 404)
    return company_of(request).pages.asset(request, name)


async def missing(request: Request, problem: Exception) -> Response:
    return show(request, "missing.html", 404)


ROUTES = [
    Route("/", home),
    Route("/gift-cards", gift_cards),
    Route("/gift-cards/{slug}", product),
    Route("/search", search),
    Route("/images/{name}.svg", picture),
    Route("/basket", basket),
    Route("/basket/add", add, methods=["POST"]),
    Route("/basket/remove", remove, methods=["POST"]),
    Route("/basket/promo", promo, methods=["POST"]),
    Route("/contact", contact),
    Route("/returns", returns),
    Route("/cookies", cookies, methods=["POST"]),
    Route("/widget", widget),
    Route("/assets/{name}", asset),
]
