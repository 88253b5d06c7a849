//! The order of texts for a reader, by the rules of their language.

use std::{
    cell::RefCell,
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    fmt,
    hash::{BuildHasherDefault, Hasher},
    rc::Rc,
};

use super::natural;

/// How a language orders texts. A port: the platform knows its languages, and the engine carries none.
pub trait Collation {
    /// One text before, with or after another. Must be a total preorder.
    fn compare(&self, a: &str, b: &str) -> Ordering;

    /// Sorts texts by [`Self::compare`], and keeps the order of those that are equal. They arrive in [`natural`] order, and
    /// those that are equal in it by code point.
    fn sort(&self, texts: &mut Vec<Rc<str>>) {
        texts.sort_by(|a, b| self.compare(a, b));
    }
}

/// [`natural`] order: where no language is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Natural;

impl Collation for Natural {
    fn compare(&self, a: &str, b: &str) -> Ordering {
        natural(a).cmp(&natural(b))
    }

    fn sort(&self, _texts: &mut Vec<Rc<str>>) {}
}

/// New texts that are put into their places one by one; with more than these all are sorted again.
const FEW: usize = 32;
/// Texts of one field at most. With more, the field's ranks are dropped and computed again.
const MOST: usize = 1_000_000;
/// The distance between neighbours, so that others fit between.
const GAP: u64 = 1 << 32;

/// A [`Collation`] with the ranks of the texts that it has sorted. Each text is compared once, and not each time that a
/// list is shown.
///
/// It holds texts of records. Locking the app must [clear](Self::clear) it.
pub struct TextOrder {
    collation: Box<dyn Collation>,
    fields: RefCell<BTreeMap<String, Ranks>>,
}

impl fmt::Debug for TextOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextOrder")
    }
}

impl TextOrder {
    pub fn new(collation: impl Collation + 'static) -> Self {
        Self {
            collation: Box::new(collation),
            fields: RefCell::default(),
        }
    }

    /// The ranks of texts of one field: equal texts have one rank, the smaller rank stands first. Different texts that the
    /// collation takes for equal stand in their [`natural`] order, then by code point.
    pub fn ranks<T: AsRef<str>>(&self, field: &str, texts: &[T]) -> Vec<u64> {
        let mut fields = self.fields.borrow_mut();
        let ranks = match fields.get_mut(field) {
            Some(ranks) => ranks,
            None => fields.entry(field.to_owned()).or_default(),
        };
        if ranks.sorted.len() > MOST {
            *ranks = Ranks::default();
        }
        ranks.learn(&*self.collation, texts);
        let rank = |text: &T| ranks.of.get(text.as_ref()).copied().unwrap_or_default();
        texts.iter().map(rank).collect()
    }

    /// Forgets all texts.
    pub fn clear(&self) {
        self.fields.borrow_mut().clear();
    }
}

/// The texts of a field in order, and the rank of each.
#[derive(Default)]
struct Ranks {
    sorted: Vec<Rc<str>>,
    of: HashMap<Rc<str>, u64, BuildHasherDefault<Fnv>>,
}

impl Ranks {
    /// Ranks what has none yet.
    fn learn<T: AsRef<str>>(&mut self, collation: &dyn Collation, texts: &[T]) {
        let mut new: Vec<Rc<str>> = Vec::new();
        for text in texts.iter().map(AsRef::as_ref) {
            if !self.of.contains_key(text) {
                let text: Rc<str> = text.into();
                self.of.insert(Rc::clone(&text), 0);
                new.push(text);
            }
        }
        if new.len() <= FEW && new.len() < self.sorted.len() {
            new.into_iter().for_each(|text| self.insert(collation, text));
        } else if !new.is_empty() {
            self.sorted.append(&mut new);
            self.sort(collation);
        }
    }

    fn sort(&mut self, collation: &dyn Collation) {
        // Nearly the order of every language, so that little is left for the collation to move.
        let texts = self.sorted.drain(..);
        let mut keyed: Vec<(String, Rc<str>)> = texts.map(|text| (natural(&text), text)).collect();
        keyed.sort_unstable();
        self.sorted.extend(keyed.into_iter().map(|(_, text)| text));
        collation.sort(&mut self.sorted);
        // The collation may return copies; the map must share them.
        self.of.clear();
        self.number();
    }

    fn number(&mut self) {
        for (place, text) in (1..).zip(&self.sorted) {
            self.of.insert(Rc::clone(text), place * GAP);
        }
    }

    fn insert(&mut self, collation: &dyn Collation, text: Rc<str>) {
        let before = |other: &Rc<str>| {
            let order = collation.compare(other, &text);
            let natural = || natural(other).cmp(&natural(&text));
            order.then_with(natural).then_with(|| other.cmp(&text)).is_lt()
        };
        let place = self.sorted.partition_point(before);
        let rank_at = |place: usize| self.sorted.get(place).and_then(|text| self.of.get(text)).copied();
        let below = place.checked_sub(1).and_then(rank_at).unwrap_or_default();
        let above = rank_at(place).unwrap_or(below + 2 * GAP);
        self.sorted.insert(place, Rc::clone(&text));
        match (above - below) / 2 {
            0 => self.number(),
            half => {
                self.of.insert(text, below + half);
            }
        }
    }
}

/// FNV-1a over words: the texts are a device's own, and a list asks for thousands at a time.
#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        // The table takes its buckets from the low bits and its tags from the high ones.
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        const PRIME: u64 = 0x0100_0000_01b3;
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let word = chunk.try_into().map_or(0, u64::from_le_bytes);
            self.0 = (self.0 ^ word).wrapping_mul(PRIME).rotate_left(23);
        }
        for byte in chunks.remainder() {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, cmp::Ordering, rc::Rc};

    use proptest::{collection::vec, prelude::*};

    use super::{Collation, TextOrder};
    use crate::text::fold;

    /// Swedish: ä after z, and without case.
    #[derive(Default)]
    struct Swedish(Rc<Cell<usize>>);

    impl Collation for Swedish {
        fn compare(&self, a: &str, b: &str) -> Ordering {
            self.0.set(self.0.get() + 1);
            let key = |text: &str| -> String {
                let late = text.to_lowercase().replace('ä', "\u{10fffe}");
                fold(&late).into_owned()
            };
            key(a).cmp(&key(b))
        }
    }

    fn by_rank(order: &TextOrder, texts: &[&str]) -> Vec<String> {
        let ranks = order.ranks("title", texts);
        let mut all: Vec<_> = ranks.iter().zip(texts).collect();
        all.sort();
        all.into_iter().map(|(_, text)| (*text).to_owned()).collect()
    }

    #[test]
    fn texts_are_ranked_by_the_language_and_equal_ones_by_code_point() {
        let order = TextOrder::new(Swedish::default());
        let texts = ["Äxte", "zebra", "axt", "Zange", "AXT", "axt"];
        assert_eq!(
            by_rank(&order, &texts),
            ["AXT", "axt", "axt", "Zange", "zebra", "Äxte"]
        );
        assert_eq!(
            by_rank(&order, &["ost", "Äxte", "Axt", "axt"]),
            ["Axt", "axt", "ost", "Äxte"]
        );
        order.clear();
        assert_eq!(by_rank(&order, &texts)[5], "Äxte");
    }

    #[test]
    fn a_list_that_is_shown_again_compares_nothing() {
        let count = Rc::new(Cell::new(0));
        let order = TextOrder::new(Swedish(Rc::clone(&count)));
        let texts: Vec<String> = (0..1_000).map(|n| format!("Pump {n}")).collect();
        let ranks = order.ranks("title", &texts);
        let before = count.get();
        assert_eq!(order.ranks("title", &texts), ranks);
        assert_eq!(count.get(), before);
        order.ranks("title", &["Pump 1000", "Pump 5"]);
        assert!(count.get() - before <= 12, "one new text is compared with a few");
    }

    proptest! {
        #[test]
        fn kept_ranks_are_those_of_a_new_sort(rounds in vec(vec("[a-cÄäA]{0,3}", 0..50), 1..12)) {
            let kept = TextOrder::new(Swedish::default());
            let mut all: Vec<&str> = Vec::new();
            for round in &rounds {
                all.extend(round.iter().map(String::as_str));
                kept.ranks("title", round);
            }
            let new = TextOrder::new(Swedish::default());
            prop_assert_eq!(by_rank(&kept, &all), by_rank(&new, &all));
        }

        #[test]
        fn many_texts_fit_between_two(count in 60usize..120) {
            let order = TextOrder::new(Swedish::default());
            let mut texts: Vec<String> = (0..40).map(|n| format!("b{n}")).collect();
            order.ranks("title", &texts);
            // Each stands before all others: the gap is halved each time.
            for n in (0..count).rev() {
                texts.push(format!("a{n:04}"));
                order.ranks("title", &texts[texts.len() - 1..]);
            }
            let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
            sorted.sort_unstable();
            let all: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(by_rank(&order, &all), sorted);
        }
    }
}
