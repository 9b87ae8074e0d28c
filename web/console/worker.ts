/* The service worker: gives the console's own files when the desk does not.  It keeps nothing of what the desk says - the
 * copy of the board is the page's (shared/copy.ts) - and has no part in any call to the API. */
const SHELL = "bellman-shell";
const PATIENCE_MS = 5000; /* a network that is gone may not say so */

interface Fetched extends Event { request: Request; respondWith(answer: Promise<Response>): void }
interface Lasting extends Event { waitUntil(work: Promise<unknown>): void }
const self_ = globalThis as unknown as {
  addEventListener(name: string, listener: (event: never) => void): void;
  skipWaiting(): Promise<void>; clients: { claim(): Promise<void> }; location: { origin: string };
};

/* The console's pages and files; not the API, the map's tiles, nor the citizens' pages. */
function isShell(request: Request): boolean {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self_.location.origin) return false;
  if (/^\/(v1|map|public|follow|locate|open311)(\/|$)/.test(url.pathname) && url.pathname !== "/map") return false;
  return request.mode === "navigate" || /\.(js|css)$/.test(url.pathname);
}

const away = (status: number): boolean => status >= 502 && status <= 504; /* a proxy speaks for a desk that is not there */

async function give(request: Request): Promise<Response> {
  const store = await caches.open(SHELL);
  const name = request.mode === "navigate" ? "/" : request.url;
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!away(answer.status)) return answer;
    return (await store.match(name)) ?? answer;
  } catch (error) {
    const kept = await store.match(name);
    if (kept) return kept;
    throw error;
  }
}

self_.addEventListener("install", (event: Lasting) => event.waitUntil(self_.skipWaiting()));
self_.addEventListener("activate", (event: Lasting) => event.waitUntil(self_.clients.claim()));
self_.addEventListener("fetch", (event: Fetched) => {
  if (isShell(event.request)) event.respondWith(give(event.request));
});
