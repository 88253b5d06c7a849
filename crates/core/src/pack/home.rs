use serde::{Deserialize, Serialize};

use super::Condition;

/// A section of the first page: the records that somebody is to look at now.
///
/// A record stands in the first section that takes it; sections that count, and the one with the running timer, take none
/// away from the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HomeSection {
    /// Tells it from the pack's other sections: `due`.
    pub name: String,
    pub title: String,
    pub entity: String,
    /// The roles that see it; everybody, if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Which records; all on the device, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// A time: only records for which it lies before the end of the day, by the device's calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_by: Option<String>,
    /// The field by which the rows are sorted; the newest change first, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    #[serde(default)]
    pub descending: bool,
    /// Rows at most, 1 to 50: the list has the others.
    #[serde(default = "HomeSection::most")]
    pub most: u8,
    /// Counts the records instead of showing them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Shows the record on which the viewer's timer runs, and the button that stops it.
    #[serde(default)]
    pub running: bool,
}

crate::json_object!(only HomeSection {
    name: "name",
    title: "title",
    entity: "entity",
    roles: "roles" = Vec::new(),
    when: "when",
    due_by: "dueBy",
    sort: "sort",
    descending: "descending" = false,
    most: "most" = HomeSection::most(),
    counts: "counts",
    running: "running" = false,
});

/// How many records have which value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// An enumeration.
    pub field: String,
    /// The choices that are counted, at most [`Counts::MOST`].
    pub values: Vec<String>,
}

crate::json_object!(only Counts { field: "field", values: "values" });

impl Counts {
    /// As many as stand beside each other on a phone.
    pub const MOST: usize = 4;
}

impl HomeSection {
    fn most() -> u8 {
        8
    }

    /// Whether somebody with these roles sees it.
    pub fn is_for(&self, roles: &[String]) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|role| roles.contains(role))
    }
}
