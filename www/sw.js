/*
 * The service worker's loader. The worker itself is Rust; a browser, however, takes event listeners only from a
 * script's first run, before WebAssembly can be there. So this script registers all of them at once, and each
 * waits for one shared instance of the WebAssembly.
 *
 * A worker is ended whenever it is idle and starts anew with the next event: the instance is made on demand, out
 * of the cache that the installation filled. A Rust panic leaves an instance unusable: it is dropped, and what
 * it was working on is given to a fresh one, once. A request that fails there too goes to the network.
 *
 * The build fills two places: the bindings, and the description of the build (version, files, their digests).
 */
const BUILD = "holdfast:build";

const SHELL_CACHE = "holdfast-shell";

// What never concerns the worker: the engine's own traffic, sign-in, uploads, the server's own pages.
const PASSING_BY = [
  "/api/v1/attachments",
  "/api/v1/sync/",
  "/oauth/",
  "/.well-known/",
  "/healthz",
  "/metrics",
  "/readyz",
];

// Evaluated anew for each instance, because the bindings hold on to theirs.
function bindings() {
  "holdfast:bindings";
  return wasm_bindgen;
}

let current = null;

/** The running instance, or the start of one. */
function instance() {
  current ??= start().catch((error) => {
    current = null;
    throw error;
  });
  return current;
}

async function start() {
  const rust = bindings();
  const state = { rust, panicked: false };
  state.ended = new Promise((_, reject) => {
    state.panic = (message) => {
      if (state.panicked) return;
      state.panicked = true;
      current = null;
      reject(new Error(`the worker panicked: ${message}`));
    };
  });
  // Heard by whoever waits for an answer; nobody has to.
  state.ended.catch(() => {});
  await rust({ module_or_path: await workerWasm() });
  rust.start(BUILD, state.panic);
  return state;
}

/** The worker's WebAssembly: cached, but for the installation itself and a cache that was cleared. */
async function workerWasm() {
  const { url, integrity } = BUILD.files.find((file) => file.url === BUILD.worker);
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(`${url}?${integrity}`)) ?? fetch(url, { integrity });
}

/** Calls an exported function on an instance; a panic in it rejects, though its own promise would hang. */
async function callOn(state, name, parameters) {
  try {
    return await Promise.race([state.rust[name](...parameters()), state.ended]);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) state.panic(error.message);
    throw error;
  }
}

/** Calls an exported function; if its instance panics meanwhile, a fresh one gets the call, once. */
async function call(name, parameters = () => []) {
  const state = await instance();
  try {
    return await callOn(state, name, parameters);
  } catch (error) {
    if (!state.panicked) throw error;
    return callOn(await instance(), name, parameters);
  }
}

async function answer(event) {
  // The same for both attempts, so that a write which the first one recorded is recognised by the second.
  const mutationId = crypto.randomUUID();
  try {
    const response = await call("on_fetch", () => [event, event.request.clone(), mutationId]);
    if (response) return response;
  } catch (error) {
    console.error("the worker could not answer; asking the network", error);
  }
  return fetch(event.request);
}

/**
 * Another site can navigate here, with forms too (service-worker/src/admission.rs says what else it can do). A navigation
 * gets the app's page or is left to the browser: passing it on with `fetch` would make it a request of this origin.
 */
function concerns(request) {
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || PASSING_BY.some((start) => pathname.startsWith(start))) return false;
  return request.mode !== "navigate" || (request.method === "GET" && !pathname.startsWith("/api/"));
}

self.addEventListener("install", (event) => event.waitUntil(call("on_install")));
self.addEventListener("activate", (event) => event.waitUntil(call("on_activate")));
self.addEventListener("fetch", (event) => {
  if (concerns(event.request)) event.respondWith(answer(event));
});
self.addEventListener("message", (event) =>
  event.waitUntil(call("on_message", () => [event.data, event.source, event.ports])),
);
self.addEventListener("sync", (event) => event.waitUntil(call("on_sync", () => [event.tag])));
self.addEventListener("periodicsync", (event) => event.waitUntil(call("on_periodic_sync", () => [event.tag])));
