//! Seeded randomness: SplitMix64 (Steele, Lea, Flood, 2014), small and the same on every machine.

use std::cell::Cell;

use holdfast_core::ports;

#[derive(Debug)]
pub struct Seeded(Cell<u64>);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// A generator of its own for one purpose, so that one part of a run drawing more does not shift the others.
    pub fn fork(&self, purpose: u64) -> Self {
        Self::new(ports::Rng::next_u64(self) ^ purpose.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// 0 to `bound` - 1; 0 for a bound of 0.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            0
        } else {
            ports::Rng::next_u64(self) % bound
        }
    }

    pub fn between(&self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in so many of a thousand cases.
    pub fn chance(&self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    pub fn pick<'a, T>(&self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }
}

impl ports::Rng for Seeded {
    fn next_u64(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::Seeded;
    use holdfast_core::ports::Rng;

    #[test]
    fn it_draws_the_published_sequence() {
        let rng = Seeded::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
