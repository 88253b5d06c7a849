//! A table that can take back what was done to it.

use std::collections::BTreeMap;

/// Rows by key, and the former value of every key since the transaction began.
#[derive(Debug, Clone)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    undo: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            undo: Vec::new(),
        }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub fn rows(&self) -> &BTreeMap<K, V> {
        &self.rows
    }

    pub fn insert(&mut self, key: K, value: V) {
        let former = self.rows.insert(key.clone(), value);
        self.undo.push((key, former));
    }

    pub fn remove(&mut self, key: &K) {
        if let Some(former) = self.rows.remove(key) {
            self.undo.push((key.clone(), Some(former)));
        }
    }
}

/// What a transaction needs of a table, whatever it holds.
pub(super) trait Undo {
    /// Names the present state.
    fn mark(&self) -> usize;
    /// Goes back to a state.
    fn rewind(&mut self, mark: usize);
    /// Forgets how to go back.
    fn settle(&mut self);
}

impl<K: Ord + Clone, V: Clone> Undo for Table<K, V> {
    fn mark(&self) -> usize {
        self.undo.len()
    }

    fn rewind(&mut self, mark: usize) {
        for (key, former) in self.undo.drain(mark..).rev() {
            match former {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }

    fn settle(&mut self) {
        self.undo.clear();
    }
}
