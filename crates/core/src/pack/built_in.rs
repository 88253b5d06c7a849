//! The pack that every line of work has: conflicts, notices and people.

use std::sync::LazyLock;

use super::Pack;

/// The built-in pack ([`crate::system`]), as compiled in; read once.
///
/// # Panics
/// Never in a build whose tests passed: the text is checked there.
#[allow(clippy::expect_used)]
pub fn built_in() -> &'static Pack {
    static PACK: LazyLock<Pack> = LazyLock::new(|| {
        crate::json::from_slice(include_bytes!("system.json")).expect("the built-in pack is well-formed")
    });
    &PACK
}
