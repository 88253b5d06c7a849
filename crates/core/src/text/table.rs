//! The table of Unicode decompositions and combining classes, as `cargo xtask unicode` writes it.

use std::sync::OnceLock;

static BYTES: &[u8] = include_bytes!("unicode.bin");

/// Code points by block of 256: where a block's entries begin, and the low byte of each.
#[derive(Debug, Default)]
pub(super) struct Table {
    blocks: Vec<u16>,
    low: Vec<u8>,
    entries: Vec<Entry>,
    characters: Vec<char>,
    classes: Vec<Run>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u16,
    length: u8,
    compatible: bool,
}

/// Characters of one combining class.
#[derive(Debug)]
struct Run {
    start: u32,
    end: u32,
    class: u8,
}

/// A character's decomposition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub characters: &'a [char],
    /// Whether it loses something, like the width.
    pub compatible: bool,
}

/// The table, read on first use.
pub(super) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(&mut Reader(BYTES)).unwrap_or_default())
}

impl Table {
    fn read(bytes: &mut Reader) -> Option<Self> {
        let mut table = Self::default();
        let count = bytes.number()?;
        let (mut code, mut before) = (0, Vec::new());
        for _ in 0..count {
            code += bytes.number()?;
            let length = bytes.number()?;
            let parts = (0..length / 2)
                .map(|place| bytes.near(before.get(place as usize).copied().unwrap_or_default()))
                .collect::<Option<Vec<u32>>>()?;
            table
                .blocks
                .resize((code >> 8) as usize + 1, table.low.len() as u16);
            table.low.push(code as u8);
            table.entries.push(Entry {
                start: table.characters.len() as u16,
                length: parts.len() as u8,
                compatible: length % 2 == 1,
            });
            table
                .characters
                .extend(parts.iter().copied().filter_map(char::from_u32));
            before = parts;
        }
        table.blocks.push(table.low.len() as u16);
        let count = bytes.number()?;
        let mut end = 0;
        for _ in 0..count {
            let start = end + bytes.number()?;
            end = start + bytes.number()?;
            let class = bytes.byte()?;
            table.classes.push(Run { start, end, class });
        }
        Some(table)
    }

    /// What a character is made of; none, if it is not composed. Hangul syllables are not in the table.
    pub fn parts(&self, c: char) -> Option<Parts<'_>> {
        let code = u32::from(c);
        let block = (code >> 8) as usize;
        let (first, last) = (*self.blocks.get(block)?, *self.blocks.get(block + 1)?);
        let (first, last) = (usize::from(first), usize::from(last));
        let place = self.low.get(first..last)?.binary_search(&(code as u8)).ok()?;
        let entry = self.entries.get(first + place)?;
        let start = usize::from(entry.start);
        Some(Parts {
            characters: self.characters.get(start..start + usize::from(entry.length))?,
            compatible: entry.compatible,
        })
    }

    /// The canonical combining class: 0 for whatever stands by itself.
    pub fn class(&self, c: char) -> u8 {
        let code = u32::from(c);
        let place = self.classes.partition_point(|run| run.end <= code);
        let run = self.classes.get(place).filter(|run| run.start <= code);
        run.map_or(0, |run| run.class)
    }
}

struct Reader(&'static [u8]);

impl Reader {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn near(&mut self, before: u32) -> Option<u32> {
        let coded = self.number()?;
        let distance = (coded >> 1) as i32 ^ -((coded & 1) as i32);
        before.checked_add_signed(distance)
    }
}
