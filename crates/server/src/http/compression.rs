//! How answers are compressed: by what the browser takes, and by how much there is.

use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// WOFF2 is compressed in itself.
const PACKED_FONTS: NotForContentType = NotForContentType::const_new("font/");

/// Bytes from which on Zstandard is the better one: a page of a thousand records is as small by it as by Brotli, in half the
/// time. A short answer is smaller by Brotli, and ready sooner.
const LARGE: u64 = 16 * 1024;

/// Zstandard's first level at which such a page is as small as by [`BROTLI`].
const ZSTD: CompressionLevel = CompressionLevel::Precise(7);

/// Brotli's first level that looks for what lies far back: a tenth less than the one below at about the same speed, and
/// the levels above give a hundredth each. It is gzip's as well.
const BROTLI: CompressionLevel = CompressionLevel::Precise(5);

/// Of answers of the API.
pub(super) fn large_answers() -> CompressionLayer<impl Predicate> {
    let zstd_alone = CompressionLayer::new().no_br().no_gzip();
    zstd_alone
        .quality(ZSTD)
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(LARGE)))
}

/// Of answers of the API that nothing compressed yet.
pub(super) fn other_answers() -> CompressionLayer {
    CompressionLayer::new().no_zstd().quality(BROTLI)
}

/// Of the app's own files, as far as they are not stored compressed.
pub(super) fn files() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new()
        .no_zstd()
        .compress_when(DefaultPredicate::new().and(PACKED_FONTS))
}
