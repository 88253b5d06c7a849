//! Request bodies: JSON is compressed where it pays and the browser can.

use holdfast_core::ports::Body;
use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ReadableStream, RequestInit, Response};

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

/// Puts a body on a request and declares it; returns its size as sent, in bytes.
pub(super) async fn set(init: &RequestInit, headers: &Headers, body: &Body) -> Result<u32, JsValue> {
    headers.set("Content-Type", &body.content_type)?;
    let plain = Uint8Array::from(body.bytes.as_slice());
    let able = || Reflect::has(&js_sys::global(), &"CompressionStream".into()).unwrap_or(false);
    // Other bytes are photos and documents, which are compressed already.
    let pays = body.as_json().is_some_and(|json| json.len() >= WORTH_COMPRESSING);
    if !pays || !able() {
        init.set_body(&plain);
        return Ok(plain.length());
    }
    let compressed = gzip(&plain).await?;
    headers.set("Content-Encoding", "gzip")?;
    init.set_body(&compressed);
    Ok(compressed.byte_length())
}

async fn gzip(plain: &Uint8Array) -> Result<ArrayBuffer, JsValue> {
    let plain = Response::new_with_opt_buffer_source(Some(plain))?.body();
    let plain: Stream = plain.ok_or("the browser gives no stream")?.unchecked_into();
    let compressed = plain.pipe_through(&CompressionStream::new("gzip")?)?;
    let buffer = Response::new_with_opt_readable_stream(Some(&compressed))?.array_buffer()?;
    JsFuture::from(buffer).await?.dyn_into()
}
