// Shows a page of our own where a navigation finds no network, instead of the browser's. Everything else goes past it:
// what a page shows is never an old answer.
const CACHE = "opine-offline-{version}";
const FILES = ["offline/page.html", "offline/page.css", "offline/page.js"];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
  skipWaiting();
});

addEventListener("activate", (event) => {
  const removeOld = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("opine-offline-") && name !== CACHE) await caches.delete(name);
    }
  };
  event.waitUntil(removeOld());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  const ours = FILES.some((file) => new URL(file, registration.scope).pathname === pathname);
  if (request.mode !== "navigate" && !ours) return;
  const kept = () => caches.match(ours ? request : new URL(FILES[0], registration.scope).href);
  event.respondWith(fetch(request).catch(async () => (await kept()) ?? Response.error()));
});
