use super::{Checker, PackError, repeated};
use crate::pack::{Entity, FieldType, SyncAlong};

/// First parts of paths under `/api/v1` that are not collections.
const OWN_PATHS: [&str; 7] = [
    "attachments",
    "audit",
    "devices",
    "domains",
    "me",
    "openapi.json",
    "sync",
];

impl Checker<'_> {
    pub fn entity(&self, entity: &Entity) -> Result<(), PackError> {
        let place = format!("entities.{}", entity.name);
        if OWN_PATHS.contains(&entity.plural.as_str()) {
            return self.wrong(
                &place,
                format!(
                    "/api/v1/{} is the server's own: choose another plural",
                    entity.plural
                ),
            );
        }
        if let Some(name) = repeated(entity.fields.iter().map(|field| field.name.as_str())) {
            return self.wrong(&place, format!("the field \"{name}\" is declared twice"));
        }
        self.named_fields(entity, &place)?;
        let roles = entity.access.iter().flat_map(|rule| &rule.roles);
        roles
            .into_iter()
            .try_for_each(|role| self.known_role(role, &place))?;
        let conditions = entity.access.iter().map(|rule| &rule.when).chain(&entity.sync);
        let conditions = conditions.chain(entity.retention.iter().map(|retention| &retention.closed));
        conditions
            .into_iter()
            .try_for_each(|condition| self.condition(entity, condition, &place))?;
        entity
            .sync_along
            .iter()
            .try_for_each(|along| self.sync_along(entity, along, &place))?;
        self.after_access(entity, &place)?;
        self.timer(entity, &place)?;
        entity.fields.iter().try_for_each(|field| {
            let place = format!("{place}.{}", field.name);
            self.record_stamp(&entity.fields, field, &place)?;
            self.field(field, &place)?;
            self.computed(entity, field, &place)
        })
    }

    /// Additions can be told from changes only in values that grow.
    fn after_access(&self, entity: &Entity, place: &str) -> Result<(), PackError> {
        let Some(rule) = &entity.after_access else {
            return Ok(());
        };
        let place = format!("{place}.afterAccess");
        if !(1..=90).contains(&rule.days) {
            return self.wrong(&place, "days are 1 to 90");
        }
        for name in &rule.fields {
            let Some(field) = entity.field(name) else {
                return self.wrong(&place, format!("{} has no field \"{name}\"", entity.name));
            };
            let grows = matches!(
                field.kind,
                FieldType::List { .. } | FieldType::Log { .. } | FieldType::Set { .. } | FieldType::Counter
            );
            if !grows || field.read_only || field.computed.is_some() {
                return self.wrong(
                    &place,
                    format!("\"{name}\" takes no additions: name lists, logs, sets and counters that can be changed"),
                );
            }
            // Otherwise a person who lost access could add a value that gives it back.
            if entity.access.iter().any(|rule| rule.when.reads(name)) {
                return self.wrong(&place, format!("\"{name}\" decides who may read the record"));
            }
        }
        Ok(())
    }

    fn named_fields(&self, entity: &Entity, place: &str) -> Result<(), PackError> {
        let list = &entity.list;
        let named = [&entity.title_field]
            .into_iter()
            .chain(entity.unique.iter().flatten())
            .chain(list.columns.iter().map(|column| &column.field))
            .chain(list.filters.iter())
            .chain(list.search.iter())
            .chain(list.sorts.iter().map(|sort| &sort.field));
        named
            .into_iter()
            .try_for_each(|field| self.has_field(entity, field, place))?;
        let filterable = |name: &&String| {
            let kind = entity.field(name).map(|field| &field.kind);
            let fit = |kind: &FieldType| {
                matches!(
                    kind,
                    FieldType::Enum { .. }
                        | FieldType::Bool
                        | FieldType::Set { .. }
                        | FieldType::Reference { .. }
                )
            };
            !kind.is_some_and(fit)
        };
        match list.filters.iter().find(filterable) {
            Some(field) => self.wrong(
                place,
                format!("\"{field}\" is no enum, bool, set or reference to filter by"),
            ),
            None => Ok(()),
        }
    }

    /// The field named must be a reference to this very entity, or nothing would ever come along.
    fn sync_along(&self, entity: &Entity, along: &SyncAlong, place: &str) -> Result<(), PackError> {
        let other = self.known(&along.entity, place)?;
        let (first, part) = along
            .field
            .split_once('.')
            .map_or((along.field.as_str(), None), |(f, p)| (f, Some(p)));
        self.has_field(other, first, place)?;
        let kind = other.field(first).map(|field| &field.kind);
        let kind = match (kind, part) {
            (Some(FieldType::List { fields, .. } | FieldType::Log { fields, .. }), Some(part)) => fields
                .iter()
                .find(|field| field.name == part)
                .map(|field| &field.kind),
            (kind, None) => kind,
            _ => None,
        };
        match kind {
            Some(FieldType::Reference { entity: target }) if *target == entity.name => Ok(()),
            _ => self.wrong(
                place,
                format!(
                    "{}.{} is no reference to {}",
                    along.entity, along.field, entity.name
                ),
            ),
        }
    }
}
