// Starts the app. Trunk writes into this script's element which script and which WebAssembly to load.
const { script, wasm } = document.querySelector("script[data-wasm]").dataset;

try {
  const app = await import(script);
  await app.default({ module_or_path: wasm });
} catch (error) {
  console.error(error);
  document.getElementById("start-failed").hidden = false;
}
