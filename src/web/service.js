/** The service worker: the page works without a network once it was there. `scripts/web.ts` fills in what it keeps. */
const name = CACHE_NAME;
const files = CACHED_FILES;

self.addEventListener('install', event => {
  event.waitUntil(
    caches
      .open(name)
      .then(cache => cache.addAll(files))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', event => {
  event.waitUntil(
    caches
      .keys()
      .then(all => Promise.all(all.filter(each => each.startsWith('r14-') && each !== name).map(each => caches.delete(each))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', event => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(self.registration.scope)) return;
  const kept = () => caches.open(name).then(cache => cache.match(request, { ignoreSearch: true }));
  // What is named by its content is never another; the page itself may have been built anew.
  event.respondWith(
    /\/assets\//.test(request.url)
      ? kept().then(found => found ?? fetch(request))
      : fetch(request).catch(() => kept().then(found => found ?? Response.error())),
  );
});
