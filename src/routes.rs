//! Which page an address names: one flat table, because the addresses are few and known.

use holdfast_core::record::RecordKey;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything in an id but letters, digits and these: an id leads to its record and nowhere else.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The address of a record.
pub fn of_record(key: &RecordKey) -> String {
    let segment = |text| utf8_percent_encode(text, ESCAPED);
    format!(
        "/records/{}/{}",
        segment(&key.entity_type),
        segment(&key.entity_id)
    )
}

/// The address of a flow over a record.
pub fn of_flow(key: &RecordKey, kind: &str) -> String {
    format!("{}/do/{}", of_record(key), utf8_percent_encode(kind, ESCAPED))
}

/// A place in the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Today,
    /// A list and, if one is named, a record beside it.
    Records {
        entity: String,
        id: Option<String>,
    },
    NewRecord {
        entity: String,
    },
    EditRecord {
        entity: String,
        id: String,
    },
    /// A write to a record, made step by step.
    Flow {
        entity: String,
        id: String,
        kind: String,
    },
    Queue,
    /// A refused write, to be put right.
    Correct {
        id: String,
    },
    Inbox,
    Conflict {
        id: String,
    },
    More,
    Passcode,
    Key,
    Devices,
    Audit,
    Nowhere,
}

impl Place {
    /// The place of a path such as `/records/gate-event/GE-1`.
    pub fn at(path: &str) -> Self {
        let segments: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Self::Today,
            ["records", entity] => Self::Records {
                entity: (*entity).to_owned(),
                id: None,
            },
            ["records", entity, "new"] => Self::NewRecord {
                entity: (*entity).to_owned(),
            },
            ["records", entity, id] => Self::Records {
                entity: (*entity).to_owned(),
                id: Some((*id).to_owned()),
            },
            ["records", entity, id, "edit"] => Self::EditRecord {
                entity: (*entity).to_owned(),
                id: (*id).to_owned(),
            },
            ["records", entity, id, "do", kind] => Self::Flow {
                entity: (*entity).to_owned(),
                id: (*id).to_owned(),
                kind: (*kind).to_owned(),
            },
            ["queue"] => Self::Queue,
            ["queue", id] => Self::Correct { id: (*id).to_owned() },
            ["inbox"] => Self::Inbox,
            ["inbox", id] => Self::Conflict { id: (*id).to_owned() },
            ["more"] => Self::More,
            ["more", "passcode"] => Self::Passcode,
            ["more", "key"] => Self::Key,
            ["more", "devices"] => Self::Devices,
            ["more", "audit"] => Self::Audit,
            _ => Self::Nowhere,
        }
    }

    /// Whether it shows more of records than lists do.
    pub fn needs_whole_records(&self) -> bool {
        matches!(
            self,
            Self::EditRecord { .. }
                | Self::Flow { .. }
                | Self::Correct { .. }
                | Self::Queue
                | Self::Inbox
                | Self::Conflict { .. }
        )
    }

    /// Whether both are shown by one page: the list stays while the record beside it changes.
    pub fn shares_page_with(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Records { .. }, Self::Records { .. })) || self == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_their_pages() {
        let records = |id: Option<&str>| Place::Records {
            entity: "gate-event".to_owned(),
            id: id.map(str::to_owned),
        };
        let table = [
            ("/", Place::Today),
            ("/records/gate-event", records(None)),
            ("/records/gate-event/", records(None)),
            ("/records/gate-event/GE%201", records(Some("GE 1"))),
            (
                "/records/gate-event/new",
                Place::NewRecord {
                    entity: "gate-event".to_owned(),
                },
            ),
            (
                "/records/gate-event/GE-1/edit",
                Place::EditRecord {
                    entity: "gate-event".to_owned(),
                    id: "GE-1".to_owned(),
                },
            ),
            (
                "/records/gate-event/GE-1/do/gate_check",
                Place::Flow {
                    entity: "gate-event".to_owned(),
                    id: "GE-1".to_owned(),
                    kind: "gate_check".to_owned(),
                },
            ),
            ("/queue", Place::Queue),
            ("/queue/q1", Place::Correct { id: "q1".to_owned() }),
            ("/inbox/c1", Place::Conflict { id: "c1".to_owned() }),
            ("/more/audit", Place::Audit),
            ("/more/key", Place::Key),
            ("/more/nothing", Place::Nowhere),
            ("/signed-in", Place::Nowhere),
        ];
        for (path, place) in table {
            assert_eq!(Place::at(path), place, "{path}");
        }
    }

    #[test]
    fn the_address_of_a_record_leads_to_it_whatever_its_id() {
        let ids = [
            "GE-1",
            "a b",
            "a/../../more/key",
            "..?x#y",
            "%2e%2e%2f",
            "javascript:alert(1)",
            "//evil.example",
            "ü漢",
        ];
        for id in ids {
            let key = RecordKey::new("gate-event", id);
            let address = of_record(&key);
            let records = Place::Records {
                entity: "gate-event".to_owned(),
                id: Some(id.to_owned()),
            };
            assert_eq!(Place::at(&address), records, "{address}");
            assert!(
                !address.contains(['?', '#', ':']) && address.matches('/').count() == 3,
                "{address}"
            );
        }
        assert_eq!(
            of_record(&RecordKey::new("gate-event", "GE-000002")),
            "/records/gate-event/GE-000002"
        );
    }

    #[test]
    fn only_a_list_keeps_its_page() {
        let record = Place::at("/records/gate-event/GE-1");
        assert!(record.shares_page_with(&Place::at("/records/asset")));
        assert!(!record.shares_page_with(&Place::at("/records/gate-event/GE-1/edit")));
        assert!(!Place::at("/queue/a").shares_page_with(&Place::at("/queue/b")));
    }
}
