//! Letting go of what does not open (a commit, a base), at a person's word: everything else stays.

use crate::{
    replica::{Replica, state_as_base},
    store::{DeviceRow, Fold, Row},
};

/// Plans the fold after which nothing is set aside any more; `None` where a record fits no page.
///
/// Nobody knows what was in the part that is lost, so the device reads everything anew: the cursor goes. The lease goes
/// as well: a round under way elsewhere pulls from the cursor of before, and must not put it back. `device`: who this
/// device is, in case that was lost too.
pub fn salvage(replica: &Replica, device: &DeviceRow) -> Option<Fold> {
    let mut rows = replica.rows();
    rows.retain(|row| !matches!(row, Row::Cursor(_) | Row::Lease(_)));
    if replica.device().is_none() {
        rows.push(Row::Device(device.clone()));
    }
    state_as_base(replica, rows)
}
