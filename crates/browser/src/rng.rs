//! Randomness from `crypto.getRandomValues`.

use holdfast_core::ports::Rng;

#[derive(Debug, Clone, Copy, Default)]
pub struct PlatformRng;

impl PlatformRng {
    /// `N` random bytes, fit for keys, nonces and salts.
    ///
    /// # Panics
    /// If the platform has no `crypto`: nothing here could then be kept safe.
    #[allow(clippy::expect_used)]
    pub fn bytes<const N: usize>() -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the browser offers crypto.getRandomValues");
        bytes
    }
}

impl Rng for PlatformRng {
    fn next_u64(&self) -> u64 {
        u64::from_le_bytes(Self::bytes())
    }
}
