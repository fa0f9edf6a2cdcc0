// Keeps the last state to read without a connection, and shows alerts.

const KEPT = "cxassure-1";
const PAGES = ["/", "/journeys", "/incidents", "/peaks"];
const PARTS = [
  "/static/story.css", "/static/dashboard.css", "/static/dashboard.js", "/static/icon.svg",
  "/manifest.webmanifest",
];

self.addEventListener("install", (event) => {
  const keep = async () => {
    const kept = await caches.open(KEPT);
    await kept.addAll(PARTS);
    await Promise.all(PAGES.map(async (page) => keepPage(page, await fetch(page))));
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

async function fetched(request, path) {
  try {
    const answer = await fetch(request);
    return PAGES.includes(path) || PARTS.includes(path) ? await keepPage(path, answer) : answer;
  } catch (wrong) {
    const kept = await caches.match(path) || (request.mode === "navigate" && await caches.match("/"));
    if (kept) return kept;
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
