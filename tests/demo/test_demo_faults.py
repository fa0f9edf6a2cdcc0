"""Every fault changes what it claims, and the other channels stay as they were.

A probe is a small piece of customer's business that says whether it went well: it does so at the
healthy company and does not at the company with the fault of its name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from cxassure.demo.accounts import PASSWORD, one_time_code
from cxassure.demo.faults import FAULTS, Fault

pytestmark = pytest.mark.asyncio(loop_scope="session")
Probe = Callable[[Any], Awaitable[bool]]
PROBES: dict[str, Probe] = {}
SPEED = 0.02


def probe(*names: str) -> Callable[[Probe], Probe]:
    """The probe of these faults."""

    def keep(function: Probe) -> Probe:
        PROBES.update(dict.fromkeys(names, function))
        return function

    return keep


async def took(work: Awaitable[Any]) -> float:
    """Seconds at the company's own speed."""
    start = time.perf_counter()
    await work
    return (time.perf_counter() - start) / SPEED


# --- web


@probe("product-page-error")
async def product_page(site: Any) -> bool:
    async with site.shopper() as shopper:
        return (await shopper.get("/gift-cards/birch-grove")).status_code == 200


@probe("add-to-basket-does-nothing")
async def basket(site: Any) -> bool:
    async with site.shopper() as shopper:
        page = await shopper.post("/basket/add", data={"product": "thank-you"})
        return "1 item in your basket" in page.text


@probe("basket-forgets-items")
async def checkout_page(site: Any) -> bool:
    async with site.shopper() as shopper:
        return "Pay now" in await site.fill(shopper)


@probe("basket-price-differs")
async def price(site: Any) -> bool:
    async with site.shopper() as shopper:
        page = await shopper.post("/basket/add", data={"product": "thank-you"})
        return 'data-testid="line-price">$25.00<' in page.text


@probe("promo-code-refused")
async def promo(site: Any) -> bool:
    async with site.shopper() as shopper:
        await site.fill(shopper)
        spring = await shopper.post("/basket/promo", data={"code": "SPRING10"})
        assert "$22.50" in spring.text
        page = await shopper.post("/basket/promo", data={"code": "HOLIDAY10"})
        return "$22.50" in page.text and "not valid" not in page.text


@probe("pay-times-out")
async def payment(site: Any) -> bool:
    async with site.shopper() as shopper:
        page, start = await site.fill(shopper), time.perf_counter()
        answer = await site.pay(shopper, page)
        waited = (time.perf_counter() - start) / SPEED
        assert answer.status_code == 200 or (answer.status_code == 504 and waited >= 30)
        return answer.status_code == 200


@probe("paying-twice-makes-two-orders")
async def double_click(site: Any) -> bool:
    async with site.shopper() as shopper:
        email = f"double{site.told['targets']['shop'][-5:]}@example.org"
        page = await site.fill(shopper)
        await asyncio.gather(*(site.pay(shopper, page, email=email) for _ in range(2)))
        script = (await shopper.get("/assets/checkout.js")).text
        orders = (await site.api(f"/orders?email={email}"))["orders"]
        assert len(orders) in (1, 2)
        return len(orders) == 1 and "button.disabled = waiting" in script


@probe("no-order-number")
async def order_number(site: Any) -> bool:
    async with site.shopper() as shopper:
        number = await site.buy(shopper)
        page = (await shopper.get(f"/thank-you/{number}")).text
        return f'data-testid="order-number">{number}<' in page


@probe("slow-checkout")
async def checkout_time(site: Any) -> bool:
    async with site.shopper() as shopper:
        return await took(site.fill(shopper)) < 5


@probe("pay-button-dead-on-phones")
async def pay_script(site: Any) -> bool:
    async with site.shopper() as desktop, site.shopper(phone=True) as phone:
        scripts = [(await who.get("/assets/checkout.js")).text for who in (desktop, phone)]
        assert "wallet" not in scripts[0]
        return scripts[0] == scripts[1]


@probe("cookie-banner-covers-pay")
async def banner(site: Any) -> bool:
    async with site.shopper(phone=True) as shopper:
        await shopper.post("/cookies", data={"choice": "all"})
        page = await site.fill(shopper)
        return 'role="dialog"' not in page and "wall" not in (await style(shopper))


async def style(shopper: httpx.AsyncClient) -> str:
    return (await shopper.get("/assets/style.css")).text


@probe("product-image-missing")
async def picture(site: Any) -> bool:
    async with site.shopper() as shopper:
        return (await shopper.get("/images/birch-grove.svg")).status_code == 200


@probe("sign-in-redirects-for-ever")
async def sign_in(site: Any) -> bool:
    async with site.shopper() as shopper:
        login = {"email": "kim+faults@example.com", "password": PASSWORD}
        await shopper.post("/account/sign-in", data=login)
        code = one_time_code(int(time.time()) // 30)
        try:
            page = await shopper.post("/account/code", data={"code": code})
        except httpx.TooManyRedirects:
            return False
        return "Signed in as kim+faults@example.com" in page.text


@probe("stock-oversold")
async def last_one(site: Any) -> bool:
    batch = await site.http.post(site.targets["back-office"] + "/products", json={"stock": 1})
    async with site.shopper() as one, site.shopper() as two:
        for who in (one, two):
            await site.fill(who, batch.json()["slug"])
        answers = [await site.pay(who, (await who.get("/checkout")).text) for who in (one, two)]
        assert answers[0].status_code == 200
        return answers[1].status_code == 409


@probe("search-finds-nothing")
async def search(site: Any) -> bool:
    async with site.shopper() as shopper:
        return "Winter Robin" in (await shopper.get("/search?q=robin")).text


@probe("slow-largest-paint")
async def largest_paint(site: Any) -> bool:
    async with site.shopper() as shopper:
        assert await took(shopper.get("/")) < 5
        return await took(shopper.get("/images/hero.svg")) < 5


@probe("field-without-label")
async def label(site: Any) -> bool:
    async with site.shopper() as shopper:
        page = await site.fill(shopper)
        assert 'for="code"' in page
        return 'for="card"' in page


@probe("cancelled-order-charged")
async def refund(site: Any) -> bool:
    async with site.shopper() as shopper:
        number = await site.buy(shopper)
        page = (await shopper.post(f"/orders/{number}/cancel")).text
        order = await site.api(f"/orders/{number}")
        assert order["status"] == "cancelled"
        return order["charged"] == 0 and 'data-testid="charged">$0.00<' in page


# --- chat


def texts(answer: dict[str, Any]) -> list[str]:
    return [reply["text"] for reply in answer["replies"]]


KNOWN = ["Thanks, I found order 1047352.", "It is on its way and should arrive by Friday."]


@probe(
    "bot-silent",
    "bot-loops-fallback",
    "bot-wrong-status",
    "bot-asks-again",
    "bot-shows-other-order",
    "bubbles-doubled",
    "bubbles-out-of-order",
    "answer-carries-markup",
    "bot-wrong-language",
)
async def status_in_chat(site: Any) -> bool:
    return texts(await site.ask("Where is my order 1047352?")) == KNOWN


@probe("bot-answers-late")
async def answer_time(site: Any) -> bool:
    first = await site.ask("", event="open")
    http = await took(site.ask("opening hours", first["conversation"]))
    async with site.socket("help-bot-socket") as chat:
        await chat.until("end_of_turn")
        await chat.send(type="message", text="opening hours")
        socket = await took(chat.until("message"))
    assert (http < 9) == (socket < 9)
    return http < 9


async def hand_over(site: Any, queue: str = "billing") -> dict[str, Any] | None:
    """What an agent of that queue is rung with, None for nobody rung."""
    email = f"{queue}{time.monotonic_ns()}@example.org"
    desk = site.targets["chat-desk"].replace("billing", queue)
    site.targets["a-desk"] = desk
    async with site.socket("a-desk", f"?for={email}") as agent:
        await agent.until("ready")
        told = await site.ask("An agent for order 1047352 please", customer={"email": email})
        assert "our billing team" in texts(told)[0]
        try:
            async with asyncio.timeout(2):
                ring: dict[str, Any] = await agent.next("ring")
                return ring
        except TimeoutError:
            return None


@probe("handover-rings-nobody")
async def agent_comes(site: Any) -> bool:
    return await hand_over(site) is not None


@probe("handover-without-context")
async def agent_knows(site: Any) -> bool:
    ring = await hand_over(site)
    assert ring and ring["context"]["case"]
    return ring["context"].get("order number") == "1047352" and len(ring["transcript"]) == 2


@probe("handover-wrong-department")
async def right_agent(site: Any) -> bool:
    return await hand_over(site, "returns") is None and await hand_over(site) is not None


@probe("widget-dead-on-phones")
async def widget_script(site: Any) -> bool:
    async with site.shopper() as desktop, site.shopper(phone=True) as phone:
        assert 'addEventListener("click", openChat)' in (await desktop.get("/assets/shop.js")).text
        return 'addEventListener("click", openChat)' in (await phone.get("/assets/shop.js")).text


@probe("socket-drops")
async def second_line(site: Any) -> bool:
    async with site.socket("help-bot-socket") as chat:
        key = (await chat.next("conversation"))["id"]
        await chat.until("end_of_turn")
        await chat.send(type="message", text="opening hours")
        await chat.until("end_of_turn")
        await chat.send(type="message", text="returns")
        try:
            await chat.until("end_of_turn")
            return True
        except Exception as closed:
            assert "1011" in str(closed)
    async with site.socket("help-bot-socket", f"?conversation={key}") as chat:
        with pytest.raises(Exception, match="1011"):
            await chat.until("end_of_turn")
    return False


@probe("bot-dead-end")
async def way_on(site: Any) -> bool:
    first = await site.ask("qwertz")
    person = await site.ask("let me speak to a person", first["conversation"])
    return bool(first["quick_replies"]) and person["handover"] is not None


@probe("quick-replies-missing")
async def quick_replies(site: Any) -> bool:
    return bool((await site.ask("", event="open"))["quick_replies"])


# --- phone


@probe("wrong-welcome", "closed-in-opening-hours")
async def welcome(site: Any) -> bool:
    phone = await site.phone().dial()
    return phone.said[0] == "Welcome to Birch and Bay Gifts." and "closed" not in phone.heard


@probe("holiday-message-wrong")
async def holidays(site: Any) -> bool:
    inside = await site.phone(**{"X-Rehearsal-Time": "2026-12-24T12:00:00"}).dial()
    outside = await site.phone(**{"X-Rehearsal-Time": "2026-11-03T12:00:00"}).dial()
    assert ("Happy holidays" in inside.heard) != ("Happy holidays" in outside.heard)
    return "Happy holidays" in inside.heard


@probe("line-busy")
async def answered(site: Any) -> bool:
    phone = await site.phone().dial()
    reject = phone.last.find("Reject")
    assert reject is None or reject.attrib == {"reason": "busy"}
    return reject is None


@probe("menu-has-changed")
async def menu_at_once(site: Any) -> bool:
    phone = await site.phone().dial()
    presses = 0
    while "For your order, press 2" not in phone.heard:
        await phone.press("1")
        presses += 1
    assert presses in (0, 2)
    return presses == 0


@probe("menu-options-swapped", "digit-ignored")
async def two_is_orders(site: Any) -> bool:
    phone = await (await site.phone().dial()).press("2")
    assert "within 30 days" in (await (await site.phone().dial()).press("3")).heard or (
        "within 30 days" in phone.heard
    )
    return "seven digit order number" in phone.heard


@probe("dead-air-after-choice")
async def no_dead_air(site: Any) -> bool:
    phone = await (await site.phone().dial()).press("2")
    return "Pause" not in phone.verbs


@probe("silence-not-reprompted")
async def reprompt(site: Any) -> bool:
    phone = await (await site.phone().dial()).wait()
    return "did not hear" in phone.heard


@probe("invalid-key-hangs-up")
async def wrong_key(site: Any) -> bool:
    phone = await (await site.phone().dial()).press("8")
    return "did not get that" in phone.heard and "Hangup" not in phone.verbs


@probe("zero-does-nothing", "call-drops-at-transfer", "voicemail-picks-up")
async def zero(site: Any) -> bool:
    phone = await (await site.phone().dial()).press("0")
    return phone.last.find("Dial") is not None


@probe("representative-not-understood")
async def representative(site: Any) -> bool:
    assert (await (await site.phone().dial()).press("0")).last.find("Dial") is not None
    phone = await (await site.phone().dial()).speak("Representative.")
    return phone.last.find("Dial") is not None


@probe("webhook-error")
async def choice(site: Any) -> bool:
    phone = await site.phone().dial()
    answer = await phone.post("/voice/choice", {"Digits": "2"})
    assert answer.status_code in (200, 500)
    return answer.status_code == 200


async def order_on_phone(site: Any) -> Any:
    phone = await (await site.phone().dial()).press("2")
    return await phone.press("1047352")


@probe("webhook-slow")
async def look_up_time(site: Any) -> bool:
    return await took(order_on_phone(site)) < 16


@probe("twiml-malformed", "order-number-misread", "ivr-tells-other-status")
async def read_back(site: Any) -> bool:
    try:
        phone = await order_on_phone(site)
    except SyntaxError:
        return False
    return "Order 1 0 4 7 3 5 2. It is on its way" in phone.heard


async def at_the_desk(site: Any) -> Any:
    phone = await order_on_phone(site)
    return await phone.press("0")


@probe("desk-never-answers")
async def nobody_there_is_told(site: Any) -> bool:
    phone = await at_the_desk(site)
    identity = phone.last.find("Dial/Client/Identity").text
    await phone.go("/voice/after-dial", DialCallStatus="no-answer")
    assert (identity == "billing-desk") == ("nobody is free" in phone.heard)
    return identity == "billing-desk"


@probe("transfer-wrong-department")
async def department(site: Any) -> bool:
    phone = await at_the_desk(site)
    assert "our billing team" in phone.said[0]
    return phone.last.find("Dial/Client/Identity").text == "billing-desk"


@probe("transfer-without-context", "context-of-another-caller")
async def order_at_desk(site: Any) -> bool:
    return (await at_the_desk(site)).context.get("order number") == "1047352"


@probe("callers-number-lost")
async def caller_at_desk(site: Any) -> bool:
    return (await at_the_desk(site)).context.get("caller") == "+15550100"


@probe("hold-music-absent")
async def hold_music(site: Any) -> bool:
    phone = await at_the_desk(site)
    return "Play" in phone.verbs and "Pause" not in phone.verbs


@probe("queue-position-rises")
async def place_in_queue(site: Any) -> bool:
    phone = await at_the_desk(site)
    places = [said for said in phone.said if "in the queue" in said]
    return places == sorted(places, reverse=True)


@probe("queue-beyond-promise")
async def wait_in_queue(site: Any) -> bool:
    phone = await at_the_desk(site)
    return phone.verbs.count("Play") < 5


# --- across


@probe("bot-lacks-web-orders")
async def web_order_in_chat(site: Any) -> bool:
    async with site.shopper() as shopper:
        number = await site.buy(shopper)
    assert texts(await site.ask("order 1047352")) == KNOWN
    return texts(await site.ask(f"order {number}"))[0] == f"Thanks, I found order {number}."


@probe("receipt-not-sent", "notice-without-consent")
async def letters(site: Any) -> bool:
    email = f"letters{time.monotonic_ns()}@example.org"
    async with site.shopper() as shopper:
        await site.buy(shopper, email=email, consent="")
        number = await site.buy(shopper, email=email, consent="yes")
    wanted = f"Your order {number} is on its way"
    for _ in range(250):
        subjects = await site.letters(email, 1)
        if wanted in subjects and len(subjects) >= 3:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # one letter too many comes no later than the others
    subjects = await site.letters(email, 1)
    receipts = [subject for subject in subjects if "receipt" in subject]
    return (len(receipts), len(subjects)) == (2, 3)


@probe("survey-not-sent")
async def survey(site: Any) -> bool:
    async with site.shopper() as shopper:
        email = f"survey{time.monotonic_ns()}@example.org"
        number = await site.buy(shopper, email=email)
    phone = await (await (await site.phone().dial()).press("2")).press(number)
    await phone.press("0")
    await phone.go("/voice/after-dial", DialCallStatus="completed")
    for _ in range(30):
        subjects = await site.letters(email)
    return "How did we do?" in subjects


@probe("agent-sees-old-address")
async def address_at_desk(site: Any) -> bool:
    async with site.shopper() as shopper:
        number = await site.buy(shopper)
        await shopper.post(f"/orders/{number}/address", data={"address": "9 New Street"})
    phone = await (await (await site.phone().dial()).press("2")).press(number)
    return (await phone.press("0")).context.get("address") == "9 New Street"


@probe("opening-hours-differ")
async def hours(site: Any) -> bool:
    told = (await site.api("/hours"))["told"]
    phone = await (await site.phone().dial()).press("4")
    async with site.shopper() as shopper:
        assert told in (await shopper.get("/contact")).text
    return told in phone.heard


@probe("ivr-forgets-chat")
async def chat_known_on_phone(site: Any) -> bool:
    caller = "+1555" + str(time.monotonic_ns())[-7:]
    await site.ask("agent", customer={"phone": caller, "order": "1047352"})
    phone = await (await site.phone(caller).dial()).press("2")
    return "you wrote to us about order 1 0 4 7 3 5 2" in phone.heard


# --- the tests

OTHERS = {
    "web": (status_in_chat, read_back, zero),
    "chat": (order_number, read_back, zero),
    "ivr": (order_number, status_in_chat, agent_comes),
    "transfer": (order_number, status_in_chat, read_back, agent_comes),
    "across": (order_number, status_in_chat, zero, agent_comes),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_fault_changes_what_it_claims_and_no_other_channel(a_company, fault: Fault):
    async with a_company(fault.name) as site:
        assert not await PROBES[fault.name](site)
        for other in OTHERS[fault.channel]:
            assert await other(site), other.__name__


@pytest.mark.parametrize("name", PROBES)
async def test_the_healthy_company_suits_every_probe(site, name):
    assert await PROBES[name](site)


async def test_no_fault_can_be_read_from_pages_scripts_or_headers(a_company):
    names = [fault.name for fault in FAULTS if fault.number not in (1, 2, 3, 6)]
    async with a_company(*names) as site, site.shopper(phone=True) as shopper:
        await shopper.post("/basket/add", data={"product": "birch-grove"})
        paths = ["/", "/checkout", "/widget", "/gift-cards/birch-grove", "/assets/style.css"]
        paths += [f"/assets/{name}.js" for name in ("shop", "checkout", "widget")]
        for path in paths:
            answer = await shopper.get(path)
            shown = answer.text + str(answer.headers)
            assert not [name for name in names if name in shown] and "broken" not in shown, path
