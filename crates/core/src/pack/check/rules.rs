use super::{Checker, PackError, repeated};
use crate::pack::{WriteKind, is_placeholder, validate::check_value};

/// The actions of a scope.
const ACTIONS: [&str; 5] = ["create", "delete", "read", "update", "*"];

impl Checker<'_> {
    pub fn priorities(&self) -> Result<(), PackError> {
        for (at, rule) in self.pack.priorities.iter().enumerate() {
            let place = format!("priorities[{at}]");
            if !(1..=10).contains(&rule.priority) {
                return self.wrong(&place, "a priority is 1 to 10");
            }
            let Some(name) = &rule.entity else {
                if rule.changes.is_empty() && rule.only.is_empty() && rule.when.is_none() {
                    continue;
                }
                return self.wrong(&place, "a rule that names fields must name their entity");
            };
            let entity = self.known(name, &place)?;
            let named = rule.changes.iter().chain(&rule.only);
            named
                .into_iter()
                .try_for_each(|field| self.has_field(entity, field, &place))?;
            rule.when
                .iter()
                .try_for_each(|when| self.condition(entity, when, &place))?;
        }
        Ok(())
    }

    pub fn kinds(&self) -> Result<(), PackError> {
        if let Some(name) = repeated(self.pack.kinds.iter().map(|kind| kind.name.as_str())) {
            return self.wrong(&format!("kinds.{name}"), "declared twice");
        }
        self.pack.kinds.iter().try_for_each(|kind| self.kind(kind))
    }

    fn kind(&self, kind: &WriteKind) -> Result<(), PackError> {
        let place = format!("kinds.{}", kind.name);
        let entity = self.known(&kind.entity, &place)?;
        if !entity.allows(kind.operation) {
            return self.wrong(&place, "the entity does not allow this operation");
        }
        let named = kind.fields.iter().chain(kind.set.keys()).chain(&kind.ask);
        for name in named {
            self.has_field(entity, name, &place)?;
            if entity
                .field(name)
                .is_none_or(|field| field.read_only || field.computed.is_some())
            {
                return self.wrong(&place, format!("writes \"{name}\", which cannot be changed"));
            }
        }
        for (name, value) in kind.set.iter().filter(|(_, value)| !is_placeholder(value)) {
            let mut errors = Vec::new();
            entity
                .field(name)
                .into_iter()
                .for_each(|field| check_value(field, name, value, &mut errors));
            if let Some(error) = errors.first() {
                return self.wrong(&place, format!("{} {}", error.field, error.message));
            }
        }
        kind.when
            .iter()
            .try_for_each(|when| self.condition(entity, when, &place))
    }

    /// A scope is `domain:entity:action` of this pack.
    pub fn roles(&self) -> Result<(), PackError> {
        for (role, scopes) in &self.pack.roles {
            let place = format!("roles.{role}");
            for scope in scopes {
                let parts: Vec<&str> = scope.split(':').collect();
                let &[domain, entity, action] = parts.as_slice() else {
                    return self.wrong(&place, format!("\"{scope}\" is no domain:entity:action"));
                };
                if domain != self.pack.name || !ACTIONS.contains(&action) {
                    return self.wrong(&place, format!("\"{scope}\" is no scope of {}", self.pack.name));
                }
                if entity != "*" && !self.pack.entities.iter().any(|declared| declared.name == entity) {
                    return self.wrong(
                        &place,
                        format!("\"{scope}\" names no entity of {}", self.pack.name),
                    );
                }
            }
        }
        Ok(())
    }

    pub fn online_only(&self) -> Result<(), PackError> {
        let named = self
            .pack
            .online_only
            .iter()
            .filter_map(|item| Some((item, item.entity.as_ref()?)));
        named.into_iter().try_for_each(|(item, entity)| {
            self.known(entity, &format!("onlineOnly.{}", item.title))
                .map(|_| ())
        })
    }
}
