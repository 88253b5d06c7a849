use holdfast_core::{
    pack::WriteKind,
    record::{Operation, RecordKey},
};

use crate::{
    format::{entities::may, value::Reader},
    forms::{Draft, actions_for, asked, walk::Walk},
    state::Session,
};

/// What a flow begins with.
pub(super) struct Opened {
    pub walk: Walk,
    /// Of the record; a new one has none.
    pub key: Option<RecordKey>,
    pub fresh: Draft,
    /// Whether the pack offers it for the record as it is now.
    pub is_offered: bool,
}

impl Opened {
    pub fn find(
        session: Session,
        reader: &Reader<'_>,
        entity: &str,
        id: Option<&str>,
        kind: &str,
    ) -> Option<Self> {
        let (replica, me) = (reader.replica, session.me_of(reader));
        let pack = replica.packs().pack_of(entity)?;
        let declared = replica.packs().entity(entity)?;
        let wanted = if id.is_some() {
            Operation::Update
        } else {
            Operation::Create
        };
        let fits =
            |found: &&WriteKind| found.name == kind && found.entity == entity && found.operation == wanted;
        let walk = Walk {
            entity: declared.clone(),
            kind: pack.kinds.iter().find(fits)?.clone(),
            flow: pack.flow(kind)?.clone(),
            me: me.clone(),
            now: reader.now,
        };
        let asked = walk.all_fields();
        let new_id = uuid::Uuid::new_v4().to_string();
        let Some(id) = id else {
            let mut fresh = Draft::new(declared, &me).making(new_id);
            asked::empty_logs(&mut fresh, &asked);
            let is_offered = may(replica, &me, entity, wanted.name());
            return Some(Self {
                walk,
                key: None,
                fresh,
                is_offered,
            });
        };
        let view = replica.view(&RecordKey::new(entity, id))?;
        let offered = actions_for(pack, declared, &view.fields, &me, reader.now);
        Some(Self {
            is_offered: offered.iter().any(|action| action.kind == kind),
            fresh: asked::draft(view.fields.into_owned(), &asked, new_id),
            key: Some(view.key),
            walk,
        })
    }

    pub fn place(&self) -> String {
        match &self.key {
            Some(key) => format!("{key}#{}", self.walk.kind.name),
            None => format!("{}/new", self.walk.entity.name),
        }
    }

    /// Whether a kept draft was saved in the moment before the browser died.
    pub fn is_saved(&self, reader: &Reader<'_>, draft: &Draft) -> bool {
        match &self.key {
            Some(key) => {
                let typed = draft.changed() != self.fresh.changed();
                let view = reader.replica.view(key);
                typed && view.is_some_and(|view| asked::is_said(draft, &self.walk.all_fields(), &view.fields))
            }
            None => draft.makes().is_some_and(|id| {
                let key = RecordKey::new(&self.walk.entity.name, id);
                reader.replica.view(&key).is_some()
            }),
        }
    }
}
