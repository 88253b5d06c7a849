//! What only one line of work draws. Everything else is drawn from what packs declare; no screen outside of here names an
//! entity. A line of work needs nothing here; one that does gets a folder and its entries below.

mod maintenance;

use leptos::prelude::AnyView;

use crate::components::record::Open;

/// The page of a record, where the pack's own form would be poor.
#[derive(Debug, Clone, Copy)]
pub struct RecordPage {
    pub entity: &'static str,
    pub draw: fn(Open) -> AnyView,
    /// Lists that the page edits with a tap: the form leaves them out.
    pub tapped: &'static [&'static str],
}

const PAGES: &[RecordPage] = &[maintenance::PAGE];

/// The page that a line of work draws for an entity, if one does.
pub fn page_of(entity: &str) -> Option<&'static RecordPage> {
    PAGES.iter().find(|page| page.entity == entity)
}
