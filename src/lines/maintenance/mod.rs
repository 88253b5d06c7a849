//! Maintenance: the page of a work order.

mod order;
mod parts;
mod tasks;

use super::RecordPage;

pub const PAGE: RecordPage = RecordPage {
    entity: "work-order",
    draw: order::draw,
    tapped: &order::TAPPED,
};
