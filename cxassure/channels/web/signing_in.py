"""Signing in: once per account and command, with one-time codes, its state shared by later rows."""

from __future__ import annotations

import time
from typing import Any

from cxassure.channel import verb
from cxassure.channels._browser.acting import act
from cxassure.channels._browser.going import arrive, go
from cxassure.channels._browser.locating import CLICK, FILL
from cxassure.channels._browser.locator import Locator
from cxassure.channels.web.browsing import Browsing
from cxassure.errors import Broken, CannotLook
from cxassure.text import plain


class SigningIn(Browsing):
    """Verbs about accounts."""

    @verb()
    async def sign_in(
        self,
        as_: str,
        at: str,
        fill: dict[str, str],
        click: str,
        shows: str,
        code: str = "",
        code_field: str = "Code",
        then: str = "",
    ) -> None:
        """Signs in to the account `as`, really once per command: later rows take over its state.

        `at` is the page, `fill` its fields, `click` its button; `code` is the secret of a TOTP
        generator (base32, RFC 6238), typed in `code_field` and sent by the button `then` (`click`
        where that is not given). `shows` is text that only those who are signed in see.

        Example: `- shopper: {sign_in: {as: kim, at: /account/sign-in, fill: {E-mail: kim@shop.test,
        Password: "${secret.kim}"}, click: Sign in, shows: Your account}}`
        """

        async def really() -> dict[str, Any]:
            await self._sign_in(at, fill, click)
            if code:
                await self._enter_code(code_field, code)
                await self._push(then or click)
            await self._wait_for(shows)
            self.note("customer", "signed in", as_)
            state: Any = await self.tab.context.storage_state()
            return {"url": self.tab.page.url, "state": state, "by": self}

        made = await self.opening.campaign.once(f"web:{self.opening.target.name}:{as_}", really)
        if made["by"] is not self and not await self._take_over(made, shows, as_):
            await really()

    @verb()
    async def one_time_code(self, field: Locator, secret: str) -> None:
        """Types the code of this moment (TOTP, RFC 6238) in a field.

        Example: `- shopper: {one_time_code: {field: Code, secret: "${secret.kim_totp}"}}`
        """
        await self._type_code(field, secret)

    async def _sign_in(self, at: str, fill: dict[str, str], click: str) -> None:
        self.note("customer", "opened", at)
        await go(self.tab, self.tab.origins.locate(at), self.deadline)
        for label, value in fill.items():
            await self._type(Locator(words=label), value, f"{value}")
        await self._push(click)

    async def _enter_code(self, field: str, secret: str) -> None:
        await self._type_code(Locator(words=field), secret)

    async def _type_code(self, field: Locator, secret: str) -> None:
        await self._type(field, one_time_code(secret), "one-time code")

    async def _type(self, field: Locator, value: str, told: str) -> None:
        deadline = self.deadline
        element = await self.find(field, FILL, deadline)
        if self.opening.conceals(value) or told != value:
            self.secrets.append(element)
        self.note("customer", "filled", f"{field}: {told}")
        await act(self.tab, element, field, lambda e, ms: e.fill(value, timeout=ms), deadline)

    async def _push(self, button: str) -> None:
        deadline, thing = self.deadline, Locator(words=button)
        element = await self.find(thing, CLICK, deadline)
        self.note("customer", "clicked", str(thing))
        await act(self.tab, element, thing, lambda e, ms: e.click(timeout=ms), deadline)
        await arrive(self.tab)

    async def _wait_for(self, text: str, limit: float = 0) -> None:
        deadline = self.clock.now() + limit if limit else self.deadline
        while True:
            look = await self.tab.look()
            if look and plain(text) in plain(look["text"]):
                return
            if self.clock.now() >= deadline:
                raise await self._not_signed_in(text, look)
            await self.tab.change(deadline)
            await arrive(self.tab)

    async def _not_signed_in(self, text: str, look: dict[str, Any] | None) -> Exception:
        if look and (held := await self.tab.wall(look)):
            return held
        seen = look["text"][:200] if look else "no page"
        return Broken("signing in did not succeed", expected=f"contains «{text}»", seen=seen)

    async def _take_over(self, made: dict[str, Any], shows: str, account: str) -> bool:
        """Whether another's signed-in state still serves."""
        await self.tab.context.set_storage_state(made["state"])
        self.note("customer", "signed in", f"{account}, as before")
        try:
            await go(self.tab, made["url"], self.deadline)
            await self._wait_for(shows, 3)
        except Broken:
            await self.tab.context.clear_cookies()
            return False
        return True


def one_time_code(secret: str, at: float | None = None) -> str:
    """The six digits of now, or of `at` seconds since 1970 (RFC 6238).

    Raises `CannotLook` for what is no base32 secret.
    """
    import pyotp

    # Companies hand out keys of 80 bits, which pyotp refuses. HMAC pads keys with zeros (RFC 2104),
    # so a key with base32 zeros (A) behind it is the same key.
    padded = secret.replace(" ", "").rstrip("=").ljust(32, "A")
    try:
        return str(pyotp.TOTP(padded).at(int(time.time() if at is None else at)))
    except (ValueError, TypeError):  # binascii.Error is a ValueError
        raise CannotLook(
            "the secret of the one-time code is not base32 (RFC 6238)",
            "copy it from where the account's authenticator was set up",
        ) from None
