// Keeps the last state to read without a connection, and shows alerts.

const KEPT = "cxassure-1";
const PAGES = { "/": "Now", "/journeys": "Journeys", "/incidents": "Incidents", "/peaks": "Peaks" };
const PARTS = [
  "/static/story.css", "/static/dashboard.css", "/static/dashboard.js", "/static/icon.svg",
  "/manifest.webmanifest",
];

self.addEventListener("install", (event) => {
  const keep = async () => {
    const kept = await caches.open(KEPT);
    await kept.addAll(PARTS);
    await Promise.all(Object.keys(PAGES).map(async (page) => keepPage(page, await fetch(page))));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// Only pages of somebody who is logged in: a login page is no last state.
async function keepPage(path, answer) {
  if (answer.ok && !answer.redirected) {
    const kept = await caches.open(KEPT);
    await kept.put(path, answer.clone());
  }
  return answer;
}

// What is said in the place of a page that was not kept: never another page's content.
async function notKept() {
  const kept = await caches.open(KEPT);
  const links = await Promise.all(Object.entries(PAGES).map(async ([path, name]) => {
    const answer = await kept.match(path);
    const date = answer && new Date(answer.headers.get("date") || NaN);
    const at = date && !isNaN(date) ? ` <small>as of ${date.toISOString().slice(0, 16).replace("T", " ")}Z</small>` : "";
    return answer ? `<li><a href="${path}">${name}</a>${at}</li>` : "";
  }));
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>not kept · cxassure</title>
<link rel="stylesheet" href="/static/story.css"><link rel="stylesheet" href="/static/dashboard.css"></head>
<body><main id="main"><h1>This page was not kept</h1>
<p class="offline" role="status">No connection, and this page cannot be read without one.</p>
<p>What was seen last:</p><ul class="plain">${links.join("") || "<li>nothing yet</li>"}</ul>
<p><a class="button" href="">try again</a></p></main></body></html>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'",
  };
  return new Response(page, { status: 503, headers });
}

async function fetched(request, path) {
  try {
    const answer = await fetch(request);
    return path in PAGES || PARTS.includes(path) ? await keepPage(path, answer) : answer;
  } catch (wrong) {
    const kept = await caches.match(path);
    if (kept) return kept;
    if (request.mode === "navigate") return notKept();
    throw wrong;
  }
}

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const ours = address.origin === self.location.origin && event.request.method === "GET";
  const kept = event.request.mode === "navigate" || PARTS.includes(address.pathname);
  if (ours && kept) event.respondWith(fetched(event.request, address.pathname));
});

self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  const shown = { body: told.body, tag: told.tag, icon: "/static/icon-192.png", data: told.to };
  event.waitUntil(self.registration.showNotification(told.title || "cxassure", shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = String(event.notification.data || "/");
  const to = new URL(path, self.location.origin);
  if (to.origin === self.location.origin) event.waitUntil(self.clients.openWindow(to.href));
});
