//! The system's randomness, as the engine and the sync rules take it.

use holdfast_core::ports::Rng;

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn next_u64(&self) -> u64 {
        rand::random()
    }
}
