use serde_json::Value;

use super::{Checker, PackError, repeated};
use crate::{
    json,
    pack::{Choice, Computed, Entity, Field, FieldType, is_placeholder, validate::check_value},
};

impl Checker<'_> {
    pub fn field(&self, field: &Field, place: &str) -> Result<(), PackError> {
        if field.name.starts_with('_') || field.name.is_empty() || field.name == "updatedAt" {
            return self.wrong(
                place,
                "names that begin with an underscore, and updatedAt, are the protocol's own",
            );
        }
        field
            .strategy_rules
            .iter()
            .try_for_each(|rule| self.known_role(&rule.written_by, place))?;
        self.default_fits(field, place)?;
        self.writers(field, place)?;
        self.stamp(field, place)?;
        match &field.kind {
            FieldType::Reference { entity } => self.known(entity, place).map(|_| ()),
            FieldType::Enum { choices, transitions } => {
                let declared = |value: &String| choices.iter().any(|choice| &choice.value == value);
                let mut named = transitions
                    .iter()
                    .flat_map(|(from, to)| std::iter::once(from).chain(to));
                if let Some(value) = named.find(|value| !declared(value)) {
                    return self.wrong(place, format!("transitions name \"{value}\", which is no choice"));
                }
                match repeated(choices.iter().map(|choice| choice.value.as_str())) {
                    Some(value) => self.wrong(place, format!("the choice \"{value}\" is declared twice")),
                    None if choices.is_empty() => self.wrong(place, "an enum needs choices"),
                    None => Ok(()),
                }
            }
            FieldType::List { key, fields } | FieldType::Log { key, fields } => {
                if !fields.iter().any(|field| &field.name == key) {
                    return self.wrong(
                        place,
                        format!("its items have no field \"{key}\" to be told apart by"),
                    );
                }
                if fields
                    .iter()
                    .any(|field| &field.name == key && field.stamped.is_some())
                {
                    return self.wrong(
                        place,
                        format!("\"{key}\" tells its items apart and cannot be stamped"),
                    );
                }
                self.parts(fields, place)
            }
            FieldType::Object { fields } => self.parts(fields, place),
            FieldType::Set { choices, normalize } => {
                let keys: Vec<_> = choices
                    .iter()
                    .map(|choice| normalize.key(&choice.value))
                    .collect();
                match repeated(keys.iter().map(AsRef::as_ref)) {
                    Some(key) => {
                        self.wrong(place, format!("normalize takes two of its choices for \"{key}\""))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn parts(&self, fields: &[Field], place: &str) -> Result<(), PackError> {
        if let Some(name) = repeated(fields.iter().map(|field| field.name.as_str())) {
            return self.wrong(place, format!("the field \"{name}\" is declared twice"));
        }
        fields.iter().try_for_each(|field| {
            let place = format!("{place}.{}", field.name);
            self.stamped_when(fields, field, &place)?;
            self.field(field, &place)
        })
    }

    fn default_fits(&self, field: &Field, place: &str) -> Result<(), PackError> {
        let Some(default) = field.default.as_ref().filter(|value| !is_placeholder(value)) else {
            return Ok(());
        };
        let mut errors = Vec::new();
        check_value(field, "its default", default, &mut errors);
        match errors.first() {
            Some(error) => self.wrong(place, format!("{} {}", error.field, error.message)),
            None => Ok(()),
        }
    }

    /// A computed field counts or sums over a list that is there, by parts of the right type.
    pub fn computed(&self, entity: &Entity, field: &Field, place: &str) -> Result<(), PackError> {
        let Some(computed) = &field.computed else {
            return Ok(());
        };
        let (list, flag, numbers) = match computed {
            Computed::Count { list, field } => (list, field.as_ref(), vec![]),
            Computed::Sum { list, field, times } => {
                (list, None, std::iter::once(field).chain(times).collect())
            }
        };
        let Some(FieldType::List { fields, .. } | FieldType::Log { fields, .. }) =
            entity.field(list).map(|f| &f.kind)
        else {
            return self.wrong(
                place,
                format!("is computed over \"{list}\", which is no list of {}", entity.name),
            );
        };
        let part = |name: &String| {
            fields
                .iter()
                .find(|field| &field.name == name)
                .map(|field| &field.kind)
        };
        if let Some(flag) = flag.filter(|name| !matches!(part(name), Some(FieldType::Bool))) {
            return self.wrong(
                place,
                format!("counts by \"{flag}\", which is no yes-or-no of {list}"),
            );
        }
        let number =
            |name: &&&String| !matches!(part(name), Some(FieldType::Number { .. } | FieldType::Counter));
        match numbers.iter().find(number) {
            Some(name) => self.wrong(place, format!("sums \"{name}\", which is no number of {list}")),
            None => Ok(()),
        }
    }

    /// What is looked for in a set can be in it.
    pub fn holdable(&self, entity: &Entity, name: &str, value: &Value, place: &str) -> Result<(), PackError> {
        let Some(FieldType::Set { choices, .. }) = entity.field(name).map(|field| &field.kind) else {
            return self.wrong(place, format!("looks into \"{name}\", which is no set"));
        };
        let is_choice = |choice: &Choice| Some(choice.value.as_str()) == value.as_str();
        if choices.is_empty() || is_placeholder(value) || choices.iter().any(is_choice) {
            return Ok(());
        }
        self.wrong(
            place,
            format!("looks into {name} for {}, which is no choice", json::text(value)),
        )
    }

    /// A condition that compares an enum with something else than its choices never holds.
    pub fn comparable(
        &self,
        entity: &Entity,
        name: &str,
        value: &Value,
        place: &str,
    ) -> Result<(), PackError> {
        let Some(Field {
            kind: FieldType::Enum { choices, .. },
            ..
        }) = entity.field(name)
        else {
            return Ok(());
        };
        if value.is_null()
            || choices
                .iter()
                .any(|choice| Some(choice.value.as_str()) == value.as_str())
        {
            return Ok(());
        }
        self.wrong(
            place,
            format!("compares {name} with {}, which is no choice", json::text(value)),
        )
    }
}
