// The page's policy (Trusted Types) lets no text become markup or a script's address. The one address that the app hands to
// the browser is its worker's; every other one, and all markup, is refused.
globalThis.trustedTypes?.createPolicy("default", { createScriptURL: (url) => (url === "/sw.js" ? url : null) });

// Starts the app. Trunk writes into this script's element which script and which WebAssembly to load.
const { script, wasm } = document.querySelector("script[data-wasm]").dataset;

try {
  const app = await import(script);
  await app.default({ module_or_path: wasm });
} catch (error) {
  console.error(error);
  document.getElementById("start-failed").hidden = false;
}
