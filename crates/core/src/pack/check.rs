use super::{Condition, Entity, Field, FieldType, Pack, Packs};

/// What is wrong with a pack, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pack {pack}: {place}: {message}")]
pub struct PackError {
    pub pack: String,
    /// A path into the pack: `entities.work-order.fields.status`.
    pub place: String,
    pub message: String,
}

impl PackError {
    pub fn new(pack: &str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pack: pack.into(), place: place.into(), message: message.into() }
    }
}

impl Pack {
    /// Reads a pack from TOML. Line and column are in the message.
    #[cfg(any(feature = "toml", test))]
    pub fn from_toml(name: &str, text: &str) -> Result<Self, PackError> {
        toml::from_str(text).map_err(|error| PackError::new(name, "TOML", error.to_string()))
    }

    /// Checks every name that refers to something, so that no rule silently never applies.
    pub(super) fn check(&self, packs: &Packs) -> Result<(), PackError> {
        self.entities.iter().try_for_each(|entity| self.check_entity(entity, packs))?;
        for (at, rule) in self.priorities.iter().enumerate() {
            let place = format!("priorities[{at}]");
            if !(1..=10).contains(&rule.priority) {
                return Err(PackError::new(&self.name, place, "a priority is 1 to 10"));
            }
            if let Some(name) = &rule.entity {
                let entity = self.known(packs, name, &place)?;
                let named = rule.changes.iter().chain(&rule.only);
                named.into_iter().try_for_each(|field| self.has_field(entity, field, &place))?;
                rule.when.iter().try_for_each(|when| self.check_condition(entity, when, &place))?;
            }
        }
        for kind in &self.kinds {
            let place = format!("kinds.{}", kind.name);
            let entity = self.known(packs, &kind.entity, &place)?;
            if !entity.allows(kind.operation) {
                return Err(PackError::new(&self.name, place, "the entity does not allow this operation"));
            }
            kind.fields.iter().chain(kind.set.keys()).try_for_each(|field| self.has_field(entity, field, &place))?;
        }
        Ok(())
    }

    fn check_entity(&self, entity: &Entity, packs: &Packs) -> Result<(), PackError> {
        let place = format!("entities.{}", entity.name);
        let list = &entity.list;
        let named = [&entity.title_field]
            .into_iter()
            .chain(entity.unique.iter().flatten())
            .chain(list.columns.iter().map(|column| &column.field))
            .chain(list.filters.iter())
            .chain(list.search.iter())
            .chain(list.sorts.iter().map(|sort| &sort.field));
        named.into_iter().try_for_each(|field| self.has_field(entity, field, &place))?;
        let conditions = entity.access.iter().map(|rule| &rule.when).chain(&entity.sync);
        let conditions = conditions.chain(entity.retention.iter().map(|retention| &retention.closed));
        conditions.into_iter().try_for_each(|condition| self.check_condition(entity, condition, &place))?;
        for along in &entity.sync_along {
            let other = self.known(packs, &along.entity, &place)?;
            let first = along.field.split('.').next().unwrap_or_default();
            self.has_field(other, first, &place)?;
        }
        entity.fields.iter().try_for_each(|field| self.check_field(field, packs, &format!("{place}.{}", field.name)))
    }

    fn check_field(&self, field: &Field, packs: &Packs, place: &str) -> Result<(), PackError> {
        let wrong = |message: String| Err(PackError::new(&self.name, place, message));
        if field.name.starts_with('_') || field.name.is_empty() || field.name == "updatedAt" {
            return wrong("names that begin with an underscore, and updatedAt, are the protocol's own".into());
        }
        match &field.kind {
            FieldType::Reference { entity } => self.known(packs, entity, place).map(|_| ()),
            FieldType::Enum { choices, transitions } => {
                let declared = |value: &String| choices.iter().any(|choice| &choice.value == value);
                let unknown = transitions.iter().flat_map(|(from, to)| std::iter::once(from).chain(to));
                match unknown.into_iter().find(|value| !declared(value)) {
                    Some(value) => wrong(format!("transitions name \"{value}\", which is no choice")),
                    None if choices.is_empty() => wrong("an enum needs choices".into()),
                    None => Ok(()),
                }
            }
            FieldType::List { key, fields } | FieldType::Log { key, fields } => {
                if !fields.iter().any(|field| &field.name == key) {
                    return wrong(format!("its items have no field \"{key}\" to be told apart by"));
                }
                self.check_fields(fields, packs, place)
            }
            FieldType::Object { fields } => self.check_fields(fields, packs, place),
            _ => Ok(()),
        }
    }

    fn check_fields(&self, fields: &[Field], packs: &Packs, place: &str) -> Result<(), PackError> {
        fields.iter().try_for_each(|field| self.check_field(field, packs, &format!("{place}.{}", field.name)))
    }

    fn check_condition(&self, entity: &Entity, condition: &Condition, place: &str) -> Result<(), PackError> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().try_for_each(|part| self.check_condition(entity, part, place))
            }
            Condition::Not(part) => self.check_condition(entity, part, place),
            Condition::Always(_) | Condition::Pinned(_) => Ok(()),
            Condition::Is { field, .. }
            | Condition::In { field, .. }
            | Condition::Has { field, .. }
            | Condition::Within { field, .. } => self.has_field(entity, field, place),
        }
    }

    fn known<'a>(&self, packs: &'a Packs, entity: &str, place: &str) -> Result<&'a Entity, PackError> {
        packs.entity(entity).ok_or_else(|| PackError::new(&self.name, place, format!("there is no entity \"{entity}\"")))
    }

    fn has_field(&self, entity: &Entity, field: &str, place: &str) -> Result<(), PackError> {
        if entity.field(field).is_some() || field == entity.id_field || field == "updatedAt" {
            return Ok(());
        }
        Err(PackError::new(&self.name, place, format!("{} has no field \"{field}\"", entity.name)))
    }
}
