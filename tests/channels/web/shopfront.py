"""A small real shop on loopback for the web channel's tests, with a page for each difficulty."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyotp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

TOTP = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"

HOME = """<title>Home</title><h1>Welcome</h1>
<nav><a href=/basket>Basket</a> <a href=/basket>Basket of the week</a></nav>
<a href=/late>Late page</a> <a href=/broken>Broken page</a> <a href=/gone>Gone page</a>
<a href=/loop>Round and round</a> <a href=/elsewhere>Elsewhere</a>
<a href=/basket target=_blank>In a new window</a>
<img src=/card.svg alt=Card width=20 height=20><script src=/shop.js></script>"""

FORM = """<title>Checkout</title><h1>Checkout</h1><form method=post action=/pay>
<label>Name on card <input name=name></label>
<label for=card>Card number</label><input id=card name=card data-testid=card>
<label>Value <select name=value><option value=25>$25<option value=50>$50</select></label>
<label><input type=checkbox name=terms> I accept the terms</label>
<label>Photo <input type=file name=photo></label>
<input name=unnamed placeholder=Voucher>
<button>Pay now</button><button disabled type=button>Sold out</button>
<p hidden>Secretly here</p><p data-testid=total> $25.00 </p><output data-testid=empty></output>
</form>"""

COVERED = """<title>Covered</title><button onclick="document.title='clicked'">Pay now</button>
<div role=dialog aria-label="We use cookies" style="position:fixed;inset:0;background:#fff9">
Cookies</div>"""

GROWING = """<title>Growing</title><div id=out></div><button onclick=go()>Go</button><script>
function go() { fetch('/slow-call').then(r => r.text()).then(t => out.textContent = t) }
</script>"""

NOISY = """<title>Noisy</title><button onclick="console.error('it is broken')">Complain</button>
<button onclick="setTimeout(() => { throw new Error('out of reach') })">Throw</button>
<button onclick="out.textContent = confirm('Really cancel?') ? 'yes' : 'no'">Ask</button>
<button onclick="alert('Mind the gap'); out.textContent = 'after'">Tell</button>
<p id=out></p><img src=/no-such.svg>"""

DEEP = """<title>Deep</title><x-card></x-card><iframe name=chat src=/inner></iframe><script>
document.querySelector('x-card').attachShadow({mode: 'open'}).innerHTML =
  '<button onclick="this.textContent=\\'done\\'">Inside the shadow</button>';
</script>"""

LATE_SCRIPT = """<title>Late script</title><button>Press me</button><p id=out>nothing</p>
<script src=/late.js async></script>"""

WALL = """<title>Just a moment...</title><h1>Verify you are human</h1>
<iframe src="/inner?challenges.cloudflare.com"></iframe>"""

SHIFTING = """<title>Shifting</title><p>Below</p><script>
setTimeout(() => { const box = document.createElement('div'); box.style.height = '300px';
document.body.prepend(box) }, 30)</script>"""

CHAT_PAGE = """<title>Shop</title><h1>Shop</h1><button onclick="
  const frame = document.createElement('iframe'); frame.title = 'Chat'; frame.src = '/chat-frame';
  document.body.append(frame); this.remove()">Chat with us</button>"""

CHAT_FRAME = """<title>Chat</title><div role=log></div><p role=status></p><div role=group></div>
<form onsubmit="answer(); return false"><label>Message <input></label><button>Send</button></form>
<script>
const role = name => document.querySelector(`[role=${name}]`);
const log = role('log'), status = role('status'), group = role('group');
const input = document.querySelector('input');
const bubble = (who, text) => {
  const node = document.createElement('div'); node.className = 'bubble ' + who;
  node.textContent = text; log.append(node); return node;
};
const later = (ms, what) => new Promise(done => setTimeout(() => done(what()), ms));
async function answer() {
  const text = input.value; input.value = ''; bubble('customer', text); group.replaceChildren();
  if (text === 'silence') return;
  status.textContent = 'Birch is typing…';
  if (text === 'lose') { status.textContent = 'The connection was lost.'; return }
  if (text === 'vanish') { parent.document.querySelector('iframe').remove(); return }
  if (text === 'pause') {
    const slow = bubble('bot', 'It is'); later(900, () => slow.append(' on its way.')); return
  }
  if (text === 'markup') { bubble('bot', '').innerHTML = 'Look <img src=x onerror=1>'; return }
  const grows = bubble('bot', 'It');
  for (const word of [' is', ' on', ' its', ' way.']) await later(60, () => grows.append(word));
  await later(10, () => bubble('bot', 'You said ' + text));
  await later(10, () => bubble('agent', 'Kim: Hello: there'));
  status.textContent = '';
}
bubble('bot', 'Hello, how can I help?');
for (const offer of ['Opening hours', 'Returns']) {
  const button = document.createElement('button'); button.textContent = offer;
  button.onclick = () => { input.value = offer; answer() }; group.append(button);
}
</script>"""

CHAT_SHADOW = """<title>Shop</title><x-chat></x-chat><script>
const shade = document.querySelector('x-chat').attachShadow({mode: 'open'});
shade.innerHTML = '<button>Chat with us</button>';
shade.querySelector('button').onclick = () => {
  shade.innerHTML = '<div role=log><div class="bubble bot">Hello from the shade</div></div>' +
    '<div role=group><button>Returns</button></div>' +
    '<form><label>Message <input></label><button>Send</button></form>';
  shade.querySelector('form').onsubmit = event => {
    event.preventDefault();
    const said = shade.querySelector('input').value;
    const log = shade.querySelector('[role=log]');
    const put = (who, text) => {
      const node = document.createElement('div');
      node.className = 'bubble ' + who; node.textContent = text; log.append(node);
    };
    put('customer', said);
    setTimeout(() => put('bot', 'You said ' + said), 50);
  };
};
</script>"""

CHAT_EMPTY = """<title>Shop</title><button>Chat with us</button>"""


@dataclass
class Shopfront:
    """Where it is, and what was asked of it: (path, method, headers, body)."""

    address: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    signed_in: set[str] = field(default_factory=set)
    sign_ins: int = 0

    def header(self, path: str, name: str) -> str:
        """The header of the last request for `path`."""
        return next(h for p, _, h, _ in reversed(self.asked) if p == path).get(name, "")

    async def note(self, request: Request) -> None:
        body = await request.body()
        self.asked.append((request.url.path, request.method, dict(request.headers), body))


def page(body: str, status: int = 200, **headers: str) -> HTMLResponse:
    return HTMLResponse(f"<!doctype html><html lang=en>{body}", status, headers)


def routes(shop: Shopfront) -> list[Route]:
    def at(path: str, give: Any, methods: tuple[str, ...] = ("GET",)) -> Route:
        async def endpoint(request: Request) -> Response:
            await shop.note(request)
            given = give(request) if callable(give) else page(give)
            return await given if asyncio.iscoroutine(given) else given

        return Route(path, endpoint, methods=list(methods))

    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.6)
        return page("<title>Late</title>At last")

    async def slow_call(request: Request) -> Response:
        await asyncio.sleep(0.6)
        return HTMLResponse("order failed")

    async def late_script(request: Request) -> Response:
        await asyncio.sleep(0.3)
        js = "document.querySelector('button').onclick = () => out.textContent = 'heard'"
        return Response(js, media_type="text/javascript")

    async def sign_in(request: Request) -> Response:
        form = dict(part.split("=", 1) for part in (await request.body()).decode().split("&"))
        if form.get("Password") != "birch":
            return page("<title>Sign in</title>Wrong password", 403)
        return page(
            "<title>Code</title><form method=post action=/code><label>Code <input name=c></label>"
            "<button>Confirm</button></form>"
        )

    async def code(request: Request) -> Response:
        given = (await request.body()).decode().partition("=")[2]
        if not pyotp.TOTP(TOTP).verify(given, valid_window=1):
            return page("<title>Code</title>Wrong code", 403)
        shop.sign_ins += 1
        answer = RedirectResponse("/account", 303)
        answer.set_cookie("who", "kim")
        return answer

    def account(request: Request) -> Response:
        if request.cookies.get("who") != "kim":
            return RedirectResponse("/sign-in", 303)
        return page("<title>Account</title>Your account, Kim")

    def locked(request: Request) -> Response:
        if request.headers.get("authorization") == "Basic a2ltOmJpcmNo":
            return page("<title>Locked</title>Open to you")
        return page("Locked", 401, **{"WWW-Authenticate": 'Basic realm="shop"'})

    return [
        at("/", HOME),
        at("/basket", "<title>Basket</title><h1>Your basket</h1>1 item in your basket"),
        at("/form", FORM),
        at("/covered", COVERED),
        at("/growing", GROWING),
        at("/noisy", NOISY),
        at("/deep", DEEP),
        at("/late-script", LATE_SCRIPT),
        at("/chat", CHAT_PAGE),
        at("/chat-frame", CHAT_FRAME),
        at("/chat-shadow", CHAT_SHADOW),
        at("/chat-empty", CHAT_EMPTY),
        at("/inner", "<title>Inner</title><button>Inside the frame</button>"),
        at("/shifting", SHIFTING),
        at("/wall", WALL),
        at("/wall-403", lambda r: page(WALL, 403)),
        at("/late", slow),
        at("/slow-call", slow_call),
        at("/late.js", late_script),
        at("/broken", lambda r: page("<title>Oops</title>Internal trouble", 500)),
        at("/empty-error", lambda r: HTMLResponse("", 500)),
        at("/gone", lambda r: page("<title>Gone</title>Not here", 404)),
        at("/loop", lambda r: RedirectResponse("/loop", 302)),
        at("/elsewhere", lambda r: RedirectResponse("http://127.0.0.1:9/", 302)),
        at("/pay", lambda r: page("<title>Refused</title>Enter a valid card", 422), ("POST",)),
        at("/shop.js", lambda r: Response("fetch('/api')", media_type="text/javascript")),
        at("/api", lambda r: JSONResponse({})),
        at("/card.svg", lambda r: Response("<svg/>", media_type="image/svg+xml")),
        at("/locked", locked),
        at(
            "/sign-in",
            "<title>Sign in</title><form method=post><label>E-mail <input name=E></label>"
            "<label>Password <input type=password name=Password></label><button>Sign in</button>",
        ),
        at("/sign-in", sign_in, ("POST",)),
        at("/code", code, ("POST",)),
        at("/account", account),
        at("/hang", "<title>Hang</title><button onclick='for(;;);'>Hang</button>"),
    ]


@contextmanager
def serving(app: Any, **more: Any) -> Iterator[str]:
    """`host:port` of `app`, served by uvicorn in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", **more))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


@contextmanager
def open_shop() -> Iterator[Shopfront]:
    shop = Shopfront()
    with serving(Starlette(routes=routes(shop))) as place:
        shop.address = f"http://{place}"
        yield shop
