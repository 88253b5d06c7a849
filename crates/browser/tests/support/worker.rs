//! A worker of its own that runs a function of the test's module: another context of the app, with a thread that can be
//! blocked and ended.

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

pub struct Worker(JsValue);

impl Worker {
    /// Runs `name(database, bytes…, last)`, a function that the module exports.
    pub fn start(name: &str, database: &str, bytes: [&[u8]; 2], last: &JsValue) -> Self {
        let body = r#"
            const source = `
                import init, { ${a} } from "${location.origin}/wasm-bindgen-test";
                onmessage = async ({ data }) => {
                    try {
                        await init("${location.origin}/wasm-bindgen-test_bg.wasm");
                        await ${a}(...data);
                        postMessage("returned");
                    } catch (error) {
                        postMessage("failed: " + error);
                    }
                };
                postMessage("ready");
            `;
            const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const worker = new Worker(address, { type: "module" });
            const said = [];
            let heard = () => {};
            const say = (words) => { said.push(words); heard(); };
            worker.onerror = (event) => say("error: " + event.message);
            worker.onmessage = ({ data }) => (data === "ready" ? worker.postMessage(b) : say(data));
            const next = async () => {
                const limit = setTimeout(() => say("nothing within 30 s"), 30_000);
                while (said.length === 0) await new Promise((wake) => (heard = wake));
                clearTimeout(limit);
                return said.shift();
            };
            return { next, terminate: () => worker.terminate() };
        "#;
        let [first, second] = bytes.map(|bytes| JsValue::from(Uint8Array::from(bytes)));
        let arguments = Array::of4(&database.into(), &first, &second, last);
        let start = Function::new_with_args("a, b", body);
        Self(start.call2(&JsValue::NULL, &name.into(), &arguments).unwrap())
    }

    /// What it says next.
    pub async fn says(&self) -> String {
        let said: Promise = self.call("next").unchecked_into();
        JsFuture::from(said).await.unwrap().as_string().unwrap()
    }

    /// Ends it, whatever it is at.
    pub fn terminate(self) {
        self.call("terminate");
    }

    fn call(&self, name: &str) -> JsValue {
        let function: Function = js_sys::Reflect::get(&self.0, &name.into())
            .unwrap()
            .unchecked_into();
        function.call0(&JsValue::NULL).unwrap()
    }
}
