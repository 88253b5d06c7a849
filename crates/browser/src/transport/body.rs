//! Bodies: sent compressed where it pays and the browser can, read piece by piece.

use js_sys::{ArrayBuffer, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ReadableStream, ReadableStreamDefaultReader, RequestInit, Response};

use crate::scope::property;

/// Below this many bytes compressing does not pay.
const WORTH_COMPRESSING: usize = 1_024;

#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    type Stream;
    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &Stream, through: &CompressionStream) -> Result<ReadableStream, JsValue>;
}

/// Puts a JSON body on a request; answers its size as sent, in bytes.
pub(super) async fn set(init: &RequestInit, headers: &Headers, json: &str) -> Result<u32, JsValue> {
    let able = Reflect::has(&js_sys::global(), &"CompressionStream".into()).unwrap_or(false);
    if json.len() < WORTH_COMPRESSING || !able {
        init.set_body(&JsValue::from_str(json));
        return Ok(u32::try_from(json.len()).unwrap_or(u32::MAX));
    }
    let compressed = gzip(json).await?;
    headers.set("Content-Encoding", "gzip")?;
    init.set_body(&compressed);
    Ok(compressed.byte_length())
}

async fn gzip(text: &str) -> Result<ArrayBuffer, JsValue> {
    let plain = Response::new_with_opt_str(Some(text))?.body();
    let plain: Stream = plain.ok_or("the browser gives no stream")?.unchecked_into();
    let compressed = plain.pipe_through(&CompressionStream::new("gzip")?)?;
    let buffer = Response::new_with_opt_readable_stream(Some(&compressed))?.array_buffer()?;
    JsFuture::from(buffer).await?.dyn_into()
}

/// Reads an answer to its end; `on_progress` is called with each piece.
pub(super) async fn read(response: &Response, on_progress: impl Fn()) -> Result<String, JsValue> {
    let Some(stream) = response.body() else {
        return Ok(String::new());
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().dyn_into()?;
    let mut bytes = Vec::new();
    loop {
        let promise: Promise = reader.read();
        let piece = JsFuture::from(promise).await?;
        if property(&piece, "done").is_truthy() {
            break;
        }
        on_progress();
        let piece = Uint8Array::new(&property(&piece, "value"));
        let begin = bytes.len();
        bytes.resize(begin + piece.length() as usize, 0);
        piece.copy_to(&mut bytes[begin..]);
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
