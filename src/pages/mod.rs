//! One file or folder per page.

pub mod audit;
pub mod conflict;
pub mod correct;
pub mod entry;
pub mod flow;
pub mod form;
pub mod inbox;
pub mod list;
pub mod more;
pub mod not_found;
pub mod passcode;
pub mod queue;
pub mod record;
pub mod records;
pub mod today;
