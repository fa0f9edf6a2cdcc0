// What a reader does not need to read: live updates, reading offline, alerts on this device.

const offline = document.getElementById("offline");
const signedIn = document.body.dataset.in === "yes";

function connected(there) {
  offline.hidden = there;
}

function patch(html) {
  const place = document.getElementById("now");
  if (!place) return;
  // Parsed apart from the page, where nothing in it is run or fetched.
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement && place.contains(document.activeElement)
    ? document.activeElement.getAttribute("href") : null;
  place.replaceChildren(...parsed.body.childNodes);
  if (focused) place.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function look() {
  const source = new EventSource("/live");
  source.addEventListener("open", () => connected(true));
  source.addEventListener("error", () => {
    connected(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(look, 10000);
  });
  source.addEventListener("now", (event) => {
    const told = JSON.parse(event.data);
    patch(told.html);
    document.title = document.title.replace(/^[✓✗] now/, `${told.open ? "✗" : "✓"} now`);
  });
}

// How long ago things were, as long as the page stays open.
function lasting(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 60 / 24)} days`;
}

function tick() {
  for (const one of document.querySelectorAll("[data-since]")) {
    const seconds = (Date.now() - Date.parse(one.dataset.since)) / 1000;
    if (seconds >= 0) one.textContent = `for ${lasting(seconds)}`;
  }
}

setInterval(tick, 5000);
document.querySelector(".bar [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
if (document.getElementById("now")) look();
addEventListener("offline", () => connected(false));
addEventListener("online", () => connected(true));
connected(navigator.onLine);

const worker = signedIn && "serviceWorker" in navigator
  ? navigator.serviceWorker.register("/sw.js") : null;

// Alerts on this device

const on = document.getElementById("push-on");
const off = document.getElementById("push-off");

function say(text) {
  document.getElementById("push-state").textContent = text;
}

async function tell(method, subscription) {
  const answer = await fetch("/push", {
    method,
    headers: { "content-type": "application/json", "x-csrf-token": on.dataset.csrf },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || answer.status);
}

function show(subscribed) {
  on.hidden = subscribed;
  off.hidden = !subscribed;
  say(subscribed ? "This device is told of incidents." : "This device is not told.");
}

async function subscribe() {
  const { key } = await (await fetch("/push")).json();
  const padded = key.replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  const registration = await navigator.serviceWorker.ready;
  const found = await registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytes,
  });
  await tell("POST", found);
  show(true);
}

async function unsubscribe(found) {
  await tell("DELETE", found);
  await found.unsubscribe();
  show(false);
}

async function offer() {
  await worker;
  const registration = await navigator.serviceWorker.ready;
  show(Boolean(await registration.pushManager.getSubscription()));
  const trouble = (wrong) => say(`That did not work: ${wrong.message}`);
  on.addEventListener("click", () => subscribe().catch(trouble));
  off.addEventListener("click", () =>
    registration.pushManager.getSubscription().then(unsubscribe).catch(trouble));
}

if (on && worker && "PushManager" in window) offer();
