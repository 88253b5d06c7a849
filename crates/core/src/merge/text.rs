//! Three-way text, by lines.

/// Both sides' changes in one text, or `None` where they touch the same lines.
pub fn merge(base: &str, mine: &str, theirs: &str) -> Option<String> {
    diffy::merge(base, theirs, mine).ok()
}
