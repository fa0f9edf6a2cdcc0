"""What a customer does with a page, against a real browser and a real shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxassure.errors import Broken, CannotLook

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON = 1.0
"""Seconds that a step is given that must end because nothing comes."""


async def test_a_page_is_opened_and_told(shopper):
    await shopper.do("open", "/basket")
    assert shopper.lines() == ["opened /basket", "page Basket"]
    data = shopper.seen[1].data
    assert (data["url"], data["status"]) == ("/basket", 200)
    assert "1 item in your basket" in data["reads"]
    assert "1 item in your basket" in await shopper.see("page")


async def test_a_click_prefers_the_exact_name_to_a_longer_one(shopper):
    await shopper.do("open", "/")
    await shopper.do("click", "Basket")
    assert shopper.lines()[-2:] == ["clicked «Basket»", "page Basket"]


async def test_a_beginning_and_a_part_of_a_name_will_do(shopper):
    for words in ("basket of", "and round"):
        await shopper.do("open", "/")
        if words == "and round":
            with pytest.raises(Broken, match="redirect loop"):
                await shopper.do("click", words)
        else:
            await shopper.do("click", words)
            assert await shopper.see("title") == "Basket"


async def test_two_things_of_a_name_are_listed_not_guessed(shopper):
    await shopper.do("open", "/")
    with pytest.raises(CannotLook, match="is 3 things on the page: link «Late page»") as caught:
        await shopper.do("click", "page")
    assert "nth" in caught.value.hint
    await shopper.do("click", {"text": "page", "nth": "1"})
    assert await shopper.see("title") == "Late"


async def test_a_missing_thing_is_broken_with_what_is_near(shopper):
    await shopper.do("open", "/form")
    shopper.session.limit = SOON
    with pytest.raises(Broken) as caught:
        await shopper.do("click", "Pya now")
    assert caught.value.what == "«Pya now» is not on the page"
    assert caught.value.hint == "near: button «Pay now»"
    assert "button «Pay now»" in caught.value.seen


async def test_a_covered_button_says_what_covers_it(shopper):
    await shopper.do("open", "/covered")
    shopper.session.limit = SOON
    with pytest.raises(Broken) as caught:
        await shopper.do("click", "Pay now")
    assert caught.value.what == "«Pay now» is covered by dialog «We use cookies»"
    assert await shopper.see("title") == "Covered"


async def test_a_disabled_button_is_told(shopper):
    await shopper.do("open", "/form")
    shopper.session.limit = SOON
    with pytest.raises(Broken, match="«Sold out» is disabled"):
        await shopper.do("click", "Sold out")


async def test_a_form_is_filled_by_its_labels(shopper, shop, tmp_path: Path):
    photo = tmp_path / "card.png"
    photo.write_bytes(b"png")
    await shopper.do("open", "/form")
    await shopper.do("fill", {"Name on card": "Kim Lee", "card number": "0042"})
    await shopper.do("select", {"Value": "$50"})
    await shopper.do("check", "I accept")
    await shopper.do("upload", {"Photo": str(photo)})
    assert await shopper.see("element", {"testid": "card"}) == "0042"
    assert await shopper.see("element", "Value") == "$50"
    assert await shopper.see("checked", "I accept the terms") is True
    await shopper.do("uncheck", "I accept the terms")
    await shopper.do("click", "Pay now")
    sent = next(body for path, _, _, body in reversed(shop.asked) if path == "/pay")
    assert sent.startswith(b"name=Kim+Lee&card=0042&value=50&photo=card.png")


async def test_one_field_is_pointed_at_in_another_way(shopper):
    await shopper.do("open", "/form")
    await shopper.do("fill", {"testid": "card", "with": "1"})
    await shopper.do("fill", {"Voucher": "SPRING"})
    assert await shopper.see("element", {"placeholder": "Voucher"}) == "SPRING"


async def test_a_refused_form_is_a_page_to_go_on_with(shopper):
    await shopper.do("open", "/form")
    await shopper.do("click", "Pay now")
    assert "Enter a valid card" in await shopper.see("page")
    assert shopper.seen[-1].data["status"] == 422


async def test_keys_are_pressed_on_a_field_and_on_the_page(shopper):
    await shopper.do("open", "/form")
    await shopper.do("press", {"key": "7", "on": "Card number"})
    await shopper.do("press", "8")
    assert await shopper.see("element", {"testid": "card"}) == "78"


async def test_a_click_waits_until_the_script_is_attached(shopper):
    await shopper.do("open", "/late-script")
    await shopper.do("click", "Press me")
    assert await shopper.until("page", lambda text: "heard" in text)


async def test_back_and_reload_are_told(shopper):
    await shopper.do("open", "/")
    await shopper.do("open", "/basket")
    await shopper.do("back")
    await shopper.do("reload")
    assert shopper.lines()[-4:] == ["went back ", "page Home", "reloaded ", "page Home"]


async def test_a_question_waits_for_its_answer(shopper):
    await shopper.do("open", "/noisy")
    await shopper.do("click", "Ask")
    assert await shopper.see("dialog") == "Really cancel?"
    assert await shopper.see("page") is None
    await shopper.do("accept")
    assert await shopper.see("element", {"css": "#out"}) == "yes"
    await shopper.do("click", "Ask")
    await shopper.do("dismiss")
    assert await shopper.see("element", {"css": "#out"}) == "no"
    with pytest.raises(Broken, match="asks nothing"):
        await shopper.do("accept")


async def test_a_question_left_open_is_answered_with_no_and_told(shopper):
    await shopper.do("open", "/noisy")
    await shopper.do("click", "Ask")
    await shopper.do("hover", "Tell")
    assert shopper.findings == ["the page asked «Really cancel?» and was answered with no"]
    assert await shopper.see("element", {"css": "#out"}) == "no"


async def test_an_alert_is_read_and_put_away(shopper):
    await shopper.do("open", "/noisy")
    await shopper.do("click", "Tell")
    assert "dialog Mind the gap" in shopper.lines()
    assert await shopper.see("element", {"css": "#out"}) == "after"


async def test_the_last_alert_of_the_step_is_seen_until_something_else_is_done(shopper):
    await shopper.do("open", "/noisy")
    assert await shopper.see("dialog") is None
    await shopper.do("click", "Tell")
    assert await shopper.see("dialog") == "Mind the gap"
    await shopper.do("click", "Ask")
    assert await shopper.see("dialog") == "Really cancel?"
    await shopper.do("dismiss")
    assert await shopper.see("dialog") is None


async def test_a_dialog_is_no_page_that_the_customer_is_left_on(shopper):
    await shopper.do("open", "/noisy")
    await shopper.do("click", "Tell")
    await shopper.do("click", "Ask")
    pages = [seen.text for seen in shopper.seen if seen.what == "page"]
    assert pages == ["Noisy"]
    await shopper.do("dismiss")


async def test_shadow_roots_and_frames_are_looked_into(shopper):
    await shopper.do("open", "/deep")
    await shopper.do("click", "Inside the shadow")
    assert "done" in await shopper.see("page")
    await shopper.do("click", {"text": "Inside the frame", "frame": "chat"})


async def test_a_page_in_a_new_window_comes_to_the_front(shopper):
    await shopper.do("open", "/")
    await shopper.do("click", "In a new window")
    assert await shopper.until("title", lambda text: text == "Basket") == "Basket"


async def test_signing_in_happens_once_and_is_taken_over(party, shop):
    account = {
        "as": "kim",
        "at": "/sign-in",
        "fill": {"E-mail": "kim@shop.test", "Password": "birch"},
        "click": "Sign in",
        "code": "KRSX G5CT MVRX EZLU KRSX G5CT MVRX EZLU",
        "then": "Confirm",
        "shows": "your account",
    }
    before = shop.sign_ins
    for _ in range(2):
        driven = party()
        await driven.session.open()
        await driven.do("sign_in", account)
        assert "Your account, Kim" in await driven.see("page")
        await driven.session.close()
    assert shop.sign_ins == before + 1
    assert any("as before" in line for line in driven.lines())


async def test_a_failed_sign_in_is_broken_and_not_remembered(party):
    account = {
        "as": "lee",
        "at": "/sign-in",
        "fill": {"E-mail": "lee@shop.test", "Password": "wrong"},
        "click": "Sign in",
        "shows": "your account",
    }
    driven = party()
    await driven.session.open()
    driven.session.limit = 2 * SOON
    for _ in range(2):
        with pytest.raises(Broken, match="signing in did not succeed"):
            await driven.do("sign_in", account)
    await driven.session.close()


async def test_a_one_time_code_needs_a_real_secret(shopper):
    await shopper.do("open", "/form")
    await shopper.do("one_time_code", {"field": "Card number", "secret": "KRSXG5CTMVRXEZLU"})
    assert (await shopper.see("element", {"testid": "card"})).isdecimal()
    with pytest.raises(CannotLook, match="not base32"):
        await shopper.do("one_time_code", {"field": "Card number", "secret": "not a secret!"})


async def test_what_an_upload_names_must_be_there(shopper):
    await shopper.do("open", "/form")
    with pytest.raises(CannotLook, match="no file"):
        await shopper.do("upload", {"Photo": "no/such.png"})
