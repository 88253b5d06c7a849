//! Counts epochs: how many may begin follows from what was lost, and never from what a client sends.

use std::collections::BTreeSet;

use holdfast_server::{
    records::epoch,
    storage::port::{Result, Transaction},
};

/// The epochs of a run.
#[derive(Debug, Default)]
pub struct Epochs {
    /// How often the server was restored from a backup.
    pub restores: u64,
    /// Epochs that began though no history was lost.
    pub unasked: Vec<String>,
    known: BTreeSet<String>,
    current: Option<String>,
    /// Epochs that may still begin: one for each epoch of a lost history that nobody has reported yet.
    due: usize,
}

impl Epochs {
    /// Looks whether an epoch began since the last time.
    pub fn look(&mut self, tx: &dyn Transaction) -> Result<()> {
        let Some(epoch) = tx.meta("epoch")? else {
            return Ok(());
        };
        if self.current.as_ref() == Some(&epoch) {
            return Ok(());
        }
        if self.current.is_some() && self.due == 0 {
            self.unasked.push(epoch.clone());
        }
        if self.current.is_some() {
            self.due = self.due.saturating_sub(1);
        }
        self.enter(epoch);
        Ok(())
    }

    /// The server went back to a backup.
    pub fn restored(&mut self, tx: &dyn Transaction) -> Result<()> {
        self.restores += 1;
        self.due = 0;
        for epoch in &self.known {
            self.due += usize::from(!epoch::has_ended(tx, epoch)?);
        }
        if let Some(epoch) = tx.meta("epoch")? {
            self.enter(epoch);
        }
        Ok(())
    }

    fn enter(&mut self, epoch: String) {
        self.known.insert(epoch.clone());
        self.current = Some(epoch);
    }
}
