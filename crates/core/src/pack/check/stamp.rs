use super::{Checker, PackError};
use crate::{
    pack::{Field, FieldType, Stamp, received_name},
    system,
};

impl Checker<'_> {
    /// Roles that may write a field are declared, and the field is one that people write.
    pub fn writers(&self, field: &Field, place: &str) -> Result<(), PackError> {
        field
            .writers
            .iter()
            .try_for_each(|role| self.known_role(role, place))?;
        let of_the_server = field.read_only || field.computed.is_some() || field.stamped.is_some();
        match !field.writers.is_empty() && of_the_server {
            true => self.wrong(place, "names writers, and nobody writes it but the server"),
            false => Ok(()),
        }
    }

    /// A stamp fits the type of its field.
    pub fn stamp(&self, field: &Field, place: &str) -> Result<(), PackError> {
        let Some(stamp) = field.stamped else {
            return match &field.stamped_when {
                Some(_) => self.wrong(place, "says when it is stamped, and is not stamped"),
                None => Ok(()),
            };
        };
        if field.computed.is_some() || field.default.is_some() {
            return self.wrong(place, "is stamped: it has no default and is not computed");
        }
        if field.read_only != (stamp == Stamp::Received) {
            return self.wrong(place, "is stamped with what is written: it cannot be read-only");
        }
        match (stamp, &field.kind) {
            (Stamp::User, FieldType::Text { .. }) | (Stamp::Time | Stamp::Received, FieldType::Datetime) => {
                Ok(())
            }
            (Stamp::User, FieldType::Reference { entity })
                if matches!(entity.as_str(), system::PERSON | system::USER) =>
            {
                Ok(())
            }
            (Stamp::User, _) => self.wrong(
                place,
                "is stamped with a user: it must be text, or a reference to person or user",
            ),
            (Stamp::Time | Stamp::Received, _) => {
                self.wrong(place, "is stamped with a time: it must be a datetime")
            }
        }
    }

    /// A part that is stamped when another becomes true has that other beside it.
    pub fn stamped_when(&self, beside: &[Field], field: &Field, place: &str) -> Result<(), PackError> {
        let Some(name) = &field.stamped_when else {
            return self.received(beside, field, place);
        };
        let flag = |other: &Field| &other.name == name && other.kind == FieldType::Bool;
        match beside.iter().any(flag) {
            true => self.received(beside, field, place),
            false => self.wrong(
                place,
                format!("is stamped when \"{name}\" becomes true, which is no yes-or-no beside it"),
            ),
        }
    }

    /// A field of a record is stamped whenever it is written.
    pub fn record_stamp(&self, beside: &[Field], field: &Field, place: &str) -> Result<(), PackError> {
        if field.stamped_when.is_some() {
            return self.wrong(
                place,
                "only parts of lists, logs and objects are stamped when another becomes true",
            );
        }
        self.received(beside, field, place)
    }

    /// When a time was received is kept beside that time.
    fn received(&self, beside: &[Field], field: &Field, place: &str) -> Result<(), PackError> {
        let time =
            |other: &Field| other.stamped == Some(Stamp::Time) && received_name(&other.name) == field.name;
        if field.stamped == Some(Stamp::Received) && !beside.iter().any(time) {
            return self.wrong(
                place,
                "says when a stamped time was received, and there is none beside it",
            );
        }
        Ok(())
    }
}
