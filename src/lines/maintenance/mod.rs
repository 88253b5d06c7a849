//! Maintenance: the page of a work order, and the day's orders on the first page.

mod home;
mod labor;
mod order;
mod parts;
mod tasks;

use super::RecordPage;

pub use home::home;

/// The entity of work orders.
const WORK_ORDER: &str = "work-order";

/// The field of a work order that holds labor.
const LABOR: &str = "laborRecords";

pub const PAGE: RecordPage = RecordPage {
    entity: WORK_ORDER,
    draw: order::draw,
    tapped: &order::TAPPED,
};
