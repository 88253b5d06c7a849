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

    /// Changes the rows that fit; says how many.
    pub fn update(&mut self, fits: impl Fn(&V) -> bool, change: impl Fn(&V) -> V) -> usize {
        let fitting = self.rows.iter().filter(|(_, row)| fits(row));
        let changed: Vec<(K, V)> = fitting.map(|(key, row)| (key.clone(), change(row))).collect();
        let count = changed.len();
        changed.into_iter().for_each(|(key, row)| self.insert(key, row));
        count
    }

    /// Removes the rows that fit, and gives them out.
    pub fn drop_rows(&mut self, fits: impl Fn(&V) -> bool) -> Vec<V> {
        let fitting = self.rows.iter().filter(|(_, row)| fits(row));
        let gone: Vec<(K, V)> = fitting.map(|(key, row)| (key.clone(), row.clone())).collect();
        gone.iter().for_each(|(key, _)| self.remove(key));
        gone.into_iter().map(|(_, row)| row).collect()
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
