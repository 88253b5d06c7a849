//! Compressed siblings: `app.css.br` and `app.css.gz` beside `app.css`, for the server to send as they are.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

use super::files;
use crate::error::{FileContext, Outcome};

/// What shrinks: the rest (images, fonts) is compressed in itself.
const COMPRESSIBLE: [&str; 8] = ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest"];

/// Lays the siblings beside every file that shrinks.
pub fn siblings(folder: &Path) -> Outcome {
    for relative in files::below(folder)? {
        let shrinks = relative
            .extension()
            .is_some_and(|ending| COMPRESSIBLE.iter().any(|known| ending == *known));
        if shrinks {
            let path = folder.join(relative);
            let bytes = fs::read(&path).at("read", &path)?;
            store(&path, "br", &bytes, brotli(&bytes))?;
            store(&path, "gz", &bytes, gzip(&bytes))?;
        }
    }
    Ok(())
}

/// The path of a file's compressed sibling.
pub fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn store(path: &Path, ending: &str, raw: &[u8], compressed: io::Result<Vec<u8>>) -> Outcome {
    let compressed = compressed.at("compress", path)?;
    if compressed.len() >= raw.len() {
        return Ok(());
    }
    let path = sibling(path, ending);
    fs::write(&path, compressed).at("write", path)
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut io::Cursor::new(bytes), &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_encodings_give_the_content_back() {
        let content = "work order ".repeat(500).into_bytes();
        let mut from_gzip = Vec::new();
        flate2::read::GzDecoder::new(gzip(&content).unwrap().as_slice())
            .read_to_end(&mut from_gzip)
            .unwrap();
        assert_eq!(from_gzip, content);
        let mut from_brotli = Vec::new();
        brotli::BrotliDecompress(&mut brotli(&content).unwrap().as_slice(), &mut from_brotli).unwrap();
        assert_eq!(from_brotli, content);
    }
}
