//! A change goes to the record that its author saw, and never to another that was given the same id since.

use super::Broken;
use crate::{device::Device, diary::Diary, link::Dialect, server::Server};

/// Changes that went to a record which was made after their authors saw the one that they meant. Who says no more than the
/// first version of the protocol demands is not understood so far.
pub fn mistaken(devices: &[Device], server: &Server, diary: &Diary) -> Vec<Broken> {
    let seen = diary.seen();
    let writes = diary.writes();
    let tells = |queue_id: &String| {
        let device = writes.get(queue_id).and_then(|known| devices.get(known.author.0));
        device.is_some_and(|device| device.link.dialect == Dialect::Present)
    };
    let mut broken = Vec::new();
    for taken in server.taken.iter().filter(|taken| tells(&taken.queue_id)) {
        if let Some(seen_at) = seen.get(&taken.queue_id).filter(|seen| **seen < taken.made_at) {
            let what = format!(
                "{} was made over what stood at {seen_at}, and changed {}, which was made at {}",
                taken.queue_id, taken.key, taken.made_at
            );
            broken.push(Broken::new(
                "a change goes to the record that its author saw",
                what,
            ));
        }
    }
    broken
}
