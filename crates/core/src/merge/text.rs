//! Three-way text, by lines.
//!
//! A browser's text field turns `\r\n` into `\n`, and whether the last line ends in a newline depends on who typed it.
//! Neither is a change of a line: lines are compared without their ends, and the ends are put back as whoever changed
//! them left them.

/// Both sides' changes in one text, or `None` where they touch the same lines.
pub fn merge(base: &str, mine: &str, theirs: &str) -> Option<String> {
    let merged = diffy::merge(&lines(base), &lines(theirs), &lines(mine)).ok()?;
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

/// The text with every line ended by `\n`, the last one too.
fn lines(text: &str) -> String {
    let mut lines = text.replace("\r\n", "\n");
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines
}
