"""The web application that carries shop, bot, phone tree, desk and back office."""

from __future__ import annotations

from starlette.applications import Starlette

from cxassure.demo import account, api, chat, checkout, desk_socket, shop, voice
from cxassure.demo.company import Company


def application(company: Company) -> Starlette:
    """One application for one company."""
    rooms = (shop, checkout, account, chat, desk_socket, voice, api)
    app = Starlette(
        routes=[route for room in rooms for route in room.ROUTES],
        exception_handlers={404: shop.missing},
    )
    app.state.company = company
    return app
