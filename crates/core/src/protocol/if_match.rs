//! `If-Match` and entity tags (RFC 9110): which version of a record a request builds on.
//!
//! A tag names the history that its version belongs to. After a restored backup the same number may mean another content,
//! so a tag of a lost history never matches.

/// More tags than this are not looked at.
const MOST_TAGS: usize = 100;

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing: the header is absent.
    Absent,
    /// `*`: that the record is there.
    Any,
    /// One of these versions, each of the history before it: `<epoch>-<start>`, or `<epoch>` on a device. Weak tags and those that this server never wrote are left out:
    /// they match nothing.
    OneOf(Vec<(String, u64)>),
}

impl IfMatch {
    /// Of the header's values, in order.
    ///
    /// `None` if one is no list of entity tags.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        // Several header lines are one list.
        let (mut found, mut count) = (Self::Absent, 0);
        for value in values.into_iter().map(str::trim) {
            found = match (found, value) {
                (Self::Absent, "*") => Self::Any,
                (Self::Any, _) => return None,
                (Self::Absent, value) => Self::OneOf(read_tags(value, &mut count)?),
                (Self::OneOf(mut tags), value) => {
                    tags.extend(read_tags(value, &mut count)?);
                    Self::OneOf(tags)
                }
            };
        }
        Some(found)
    }
}

/// The entity tag of a record at a version of a history.
pub fn entity_tag(history: &str, version: u64) -> String {
    format!("\"{history}.{version}\"")
}

/// The tags of a header's value; `None` if it is no list of tags, or an endless one.
fn read_tags(mut text: &str, count: &mut usize) -> Option<Vec<(String, u64)>> {
    let mut tags = Vec::new();
    loop {
        *count += 1;
        let weak = text.strip_prefix("W/");
        let (opaque, rest) = weak.unwrap_or(text).strip_prefix('"')?.split_once('"')?;
        if *count > MOST_TAGS || !opaque.chars().all(|c| c == '!' || c > '"' && c != '\u{7f}') {
            return None;
        }
        let named = opaque.split_once('.').filter(|_| weak.is_none());
        let version = |(epoch, version): (&str, &str)| Some((epoch.to_owned(), version.parse().ok()?));
        tags.extend(named.and_then(version));
        match rest.trim_start() {
            "" => return Some(tags),
            rest => text = rest.strip_prefix(',')?.trim_start(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&str]) -> Option<IfMatch> {
        IfMatch::parse(values.iter().copied())
    }

    #[test]
    fn tags_are_read_as_the_standard_writes_them() {
        let one_of = |tags: &[(&str, u64)]| {
            let tags = tags
                .iter()
                .map(|(epoch, version)| ((*epoch).to_owned(), *version));
            Some(IfMatch::OneOf(tags.collect()))
        };
        let table = [
            (vec![], Some(IfMatch::Absent)),
            (vec!["*"], Some(IfMatch::Any)),
            (vec![" * "], Some(IfMatch::Any)),
            (vec!["\"e.3\""], one_of(&[("e", 3)])),
            (vec!["\"e.3\", \"e.4\""], one_of(&[("e", 3), ("e", 4)])),
            (vec!["\"e.3\"", "\"f.4\""], one_of(&[("e", 3), ("f", 4)])),
            (vec!["\"3\""], one_of(&[])),
            (vec!["W/\"e.3\""], one_of(&[])),
            (vec!["\"e.-1\", \"e.x\", \"\""], one_of(&[])),
            (vec![""], None),
            (vec!["3"], None),
            (vec!["\"e.3"], None),
            (vec!["\"e.3\" \"e.4\""], None),
            (vec!["\"e.3\","], None),
            (vec!["*, \"e.3\""], None),
            (vec!["*", "\"e.3\""], None),
            (vec!["\"e 3\""], None),
            (vec!["w/\"e.3\""], None),
        ];
        for (values, expected) in table {
            assert_eq!(parse(&values), expected, "{values:?}");
        }
        let endless = vec!["\"e.1\""; MOST_TAGS + 1].join(",");
        assert_eq!(parse(&[&endless]), None);
    }
}
