//! Three-way text, by lines.
//!
//! A browser's text field turns `\r\n` into `\n`, and whether the last line ends in a newline depends on who typed it.
//! Neither is a change of a line: lines are compared without their ends, and the ends are put back as whoever changed
//! them left them.

/// Lines of a text, without those that all three sides begin and end with, up to which it is merged. The work grows with
/// the square of their number: at this one the worst texts took 46 ms on one core of an ordinary server.
pub const MAX_LINES: usize = 1_000;

/// Both sides' changes in one text, or `None` where they touch the same lines or there are too many lines to compare.
pub fn merge(base: &str, mine: &str, theirs: &str) -> Option<String> {
    let (old, new, other) = (lines(base), lines(theirs), lines(mine));
    if !can_be_compared([&old, &new, &other]) {
        return None;
    }
    let merged = diffy::merge(&old, &new, &other).ok()?;
    let as_changed = |of: fn(&str) -> bool| match of(mine) == of(base) {
        true => of(theirs),
        false => of(mine),
    };
    let open_end = as_changed(|text| !text.ends_with('\n'));
    let merged = match merged.strip_suffix('\n') {
        Some(without) if open_end => without.to_owned(),
        _ => merged,
    };
    Some(match as_changed(|text| text.contains("\r\n")) {
        true => merged.replace('\n', "\r\n"),
        false => merged,
    })
}

/// Whether no side has more than [`MAX_LINES`] between what all begin with and what all end with.
fn can_be_compared(sides: [&str; 3]) -> bool {
    let sides = sides.map(|side| side.split('\n').collect::<Vec<_>>());
    let lengths = sides.each_ref().map(Vec::len);
    let (longest, shortest) = lengths.iter().fold((0, usize::MAX), |(most, least), length| {
        (most.max(*length), least.min(*length))
    });
    let alike = |line: &dyn Fn(&[&str]) -> bool| sides.iter().all(|side| line(side));
    let first = &sides[0];
    let start = (0..shortest).take_while(|at| alike(&|side| side[*at] == first[*at]));
    let start = start.count();
    let end = (1..=shortest - start)
        .take_while(|at| alike(&|side| side[side.len() - at] == first[first.len() - at]))
        .count();
    longest - start - end <= MAX_LINES
}

/// The text with every line ended by `\n`, the last one too.
fn lines(text: &str) -> String {
    let mut lines = text.replace("\r\n", "\n");
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines
}
