//! Notices that only the device can write: about work that the server will not hear of.

use serde_json::Value;

use crate::{
    Timestamp, ordered,
    record::{Mirror, RecordKey},
    replica::Replica,
    store::Row,
    system,
};

/// A notice kept on this device only (version 0). One for each record and matter, so that planning twice tells once.
pub(super) fn local_notice(
    replica: &Replica,
    about: &str,
    record: &RecordKey,
    details: Value,
    now: Timestamp,
) -> Row {
    let title = replica.packs().entity(&record.entity_type).and_then(|entity| {
        let fields = replica.view(record)?.fields.into_owned();
        fields
            .get(&entity.title_field)
            .and_then(Value::as_str)
            .map(str::to_owned)
    });
    let user = replica
        .device()
        .map(|device| device.user_id.clone())
        .unwrap_or_default();
    let fields = [
        ("title", title.unwrap_or_else(|| record.entity_id.clone()).into()),
        ("recordType", record.entity_type.clone().into()),
        ("recordId", record.entity_id.clone().into()),
        ("userId", user.into()),
        ("about", about.into()),
        (
            "createdAt",
            now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true).into(),
        ),
        ("details", details),
        ("read", false.into()),
    ];
    let fields = ordered::fields(fields.map(|(name, value)| (name.to_owned(), value)));
    let key = RecordKey::new(
        system::NOTICE,
        format!("local-{about}-{}-{}", record.entity_type, record.entity_id),
    );
    Row::Mirror(Mirror {
        key,
        fields,
        version: 0,
        updated_at: now,
        reached_at: now,
        scan: u32::MAX,
        local_id: None,
    })
}
