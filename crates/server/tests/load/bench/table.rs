//! What was measured, for people to read.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Outcome;
use super::honest::Waits;

/// Milliseconds below which so many per cent of the waits lie.
fn percentile(waits: &[Duration], percent: usize) -> f64 {
    let mut sorted = waits.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    let wait = sorted.get(place).copied().unwrap_or_default();
    wait.as_secs_f64() * 1_000.0
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Waits of honest devices in ms (p50, p95, p99, number of requests):"
        )?;
        writeln!(
            f,
            "{:8}{:>34}{:>34}{:>12}",
            "", "alone", "beside the neighbour", "p99 ratio"
        )?;
        for (request, alone) in &self.alone.by_request {
            let nothing = Vec::new();
            let beside = self.beside.by_request.get(request).unwrap_or(&nothing);
            let ratio = percentile(beside, 99) / percentile(alone, 99);
            writeln!(f, "{request:8}{}{}{ratio:>12.1}", Columns(alone), Columns(beside))?;
        }
        let refused = |waits: &Waits| waits.refused;
        writeln!(
            f,
            "Answered 429 or 503: {} alone, {} beside the neighbour.",
            refused(&self.alone),
            refused(&self.beside)
        )?;
        writeln!(f, "\nThe neighbour's requests, by answer:")?;
        let mut all: BTreeMap<u16, usize> = BTreeMap::new();
        for (attack, statuses) in &self.neighbour {
            writeln!(f, "{attack:16}{}", Statuses(statuses))?;
            for (status, count) in statuses {
                *all.entry(*status).or_default() += count;
            }
        }
        write!(f, "{:16}{}", "all", Statuses(&all))
    }
}

struct Columns<'a>(&'a [Duration]);

impl fmt::Display for Columns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for percent in [50, 95, 99] {
            write!(f, "{:>9.1}", percentile(self.0, percent))?;
        }
        write!(f, "{:>7}", self.0.len())
    }
}

struct Statuses<'a>(&'a BTreeMap<u16, usize>);

impl fmt::Display for Statuses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (status, count) in self.0 {
            match status {
                0 => write!(f, "{count:>8} x none")?,
                status => write!(f, "{count:>8} x {status}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_waits_that_were_measured() {
        let waits: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        for (percent, millis) in [(50, 100.0), (95, 190.0), (99, 198.0), (100, 200.0)] {
            assert_eq!(percentile(&waits, percent), millis, "{percent}");
        }
        assert_eq!(percentile(&[], 99), 0.0);
        assert_eq!(percentile(&waits[..1], 50), 200.0);
    }
}
