//! What the app draws of a pack: the first page, flows, timers.

use super::{Checker, PackError, repeated};
use crate::{
    pack::{Counts, Entity, Field, FieldType, Flow, HomeSection, Step, WriteKind},
    record::Operation,
    system,
};

/// Sections of one pack, and steps of one flow, at most.
const MOST: usize = 20;

impl Checker<'_> {
    pub fn home(&self) -> Result<(), PackError> {
        let sections = &self.pack.home;
        if let Some(name) = repeated(sections.iter().map(|section| section.name.as_str())) {
            return self.wrong(&format!("home.{name}"), "declared twice");
        }
        if sections.len() > MOST {
            return self.wrong("home", format!("has more than {MOST} sections"));
        }
        sections.iter().try_for_each(|section| self.section(section))
    }

    fn section(&self, section: &HomeSection) -> Result<(), PackError> {
        let place = format!("home.{}", section.name);
        let entity = self.known(&section.entity, &place)?;
        section
            .roles
            .iter()
            .try_for_each(|role| self.known_role(role, &place))?;
        section
            .when
            .iter()
            .try_for_each(|when| self.condition(entity, when, &place))?;
        section
            .sort
            .iter()
            .try_for_each(|field| self.has_field(entity, field, &place))?;
        if let Some(name) = &section.due_by
            && entity.field(name).map(|field| &field.kind) != Some(&FieldType::Datetime)
        {
            return self.wrong(&place, format!("is due by \"{name}\", which is no datetime"));
        }
        if !(1..=50).contains(&section.most) {
            return self.wrong(&place, "shows 1 to 50 rows at most");
        }
        if section.running && section.counts.is_some() {
            return self.wrong(&place, "either counts or shows the running timer");
        }
        if section.running && entity.timer.is_none() {
            return self.wrong(&place, format!("{} has no timer", entity.name));
        }
        section
            .counts
            .iter()
            .try_for_each(|counts| self.counts(entity, counts, &place))
    }

    fn counts(&self, entity: &Entity, counts: &Counts, place: &str) -> Result<(), PackError> {
        let Some(FieldType::Enum { choices, .. }) = entity.field(&counts.field).map(|field| &field.kind)
        else {
            return self.wrong(place, format!("counts by \"{}\", which is no enum", counts.field));
        };
        if counts.values.is_empty() || counts.values.len() > Counts::MOST {
            return self.wrong(place, format!("counts 1 to {} values", Counts::MOST));
        }
        let strange = |value: &&String| !choices.iter().any(|choice| &choice.value == *value);
        match counts.values.iter().find(strange) {
            Some(value) => self.wrong(place, format!("counts \"{value}\", which is no choice")),
            None => Ok(()),
        }
    }

    pub fn flows(&self) -> Result<(), PackError> {
        let flows = &self.pack.flows;
        if let Some(kind) = repeated(flows.iter().map(|flow| flow.kind.as_str())) {
            return self.wrong(&format!("flows.{kind}"), "declared twice");
        }
        flows.iter().try_for_each(|flow| self.flow(flow))
    }

    fn flow(&self, flow: &Flow) -> Result<(), PackError> {
        let place = format!("flows.{}", flow.kind);
        let Some(kind) = self.pack.kinds.iter().find(|kind| kind.name == flow.kind) else {
            return self.wrong(&place, "there is no kind of this name");
        };
        if kind.operation == Operation::Delete {
            return self.wrong(&place, "nothing is asked for a deletion");
        }
        if !kind.ask.is_empty() {
            return self.wrong(&place, "its steps ask: take \"ask\" out of the kind");
        }
        if flow.steps.is_empty() || flow.steps.len() > MOST {
            return self.wrong(&place, format!("has 1 to {MOST} steps"));
        }
        if let Some(title) = repeated(flow.steps.iter().map(|step| step.title.as_str())) {
            return self.wrong(&place, format!("two steps are named \"{title}\""));
        }
        if let Some(name) = repeated(flow.asks().map(String::as_str)) {
            return self.wrong(&place, format!("asks for \"{name}\" twice"));
        }
        let entity = self.known(&kind.entity, &place)?;
        flow.steps
            .iter()
            .try_for_each(|step| self.step(entity, kind, step, &format!("{place}.{}", step.title)))
    }

    fn step(&self, entity: &Entity, kind: &WriteKind, step: &Step, place: &str) -> Result<(), PackError> {
        for name in &step.fields {
            self.has_field(entity, name, place)?;
            let written = |field: &Field| !field.read_only && field.computed.is_none();
            let is_json = |field: &Field| field.kind == FieldType::Json;
            if !entity
                .field(name)
                .is_some_and(|field| written(field) && !is_json(field))
            {
                return self.wrong(place, format!("asks for \"{name}\", which nobody can fill in"));
            }
            if kind.set.contains_key(name) {
                return self.wrong(place, format!("asks for \"{name}\", which the kind sets"));
            }
        }
        if let Some(name) = step.needs.iter().find(|name| !step.fields.contains(name)) {
            return self.wrong(place, format!("needs \"{name}\", and does not ask for it"));
        }
        if step.ready.is_some() != step.not_ready.is_some() {
            return self.wrong(
                place,
                "\"ready\" and \"notReady\" go together: what must hold, and what to do first",
            );
        }
        let conditions = step.when.iter().chain(&step.ready);
        conditions
            .into_iter()
            .try_for_each(|condition| self.condition(entity, condition, place))
    }

    /// A timer's parts are there, and of the right types.
    pub fn timer(&self, entity: &Entity, place: &str) -> Result<(), PackError> {
        let Some(timer) = &entity.timer else { return Ok(()) };
        let place = format!("{place}.timer");
        let Some(FieldType::List { fields, .. }) = entity.field(&timer.list).map(|field| &field.kind) else {
            return self.wrong(
                &place,
                format!("\"{}\" is no list of {}", timer.list, entity.name),
            );
        };
        let kind = |name: &str| {
            fields
                .iter()
                .find(|field| field.name == name)
                .map(|field| &field.kind)
        };
        let is_person =
            |kind: &FieldType| matches!(kind, FieldType::Reference { entity } if entity == system::PERSON);
        let is_number = |kind: &FieldType| matches!(kind, FieldType::Number { integer: false, .. });
        let is_text = |kind: &FieldType| matches!(kind, FieldType::Text { .. } | FieldType::LongText { .. });
        let fits = |name: &str, fits: &dyn Fn(&FieldType) -> bool| kind(name).is_some_and(fits);
        let table = [
            (
                &timer.person,
                fits(&timer.person, &is_person),
                "a reference to a person",
            ),
            (
                &timer.start,
                fits(&timer.start, &|kind| *kind == FieldType::Datetime),
                "a datetime",
            ),
            (
                &timer.end,
                fits(&timer.end, &|kind| *kind == FieldType::Datetime),
                "a datetime",
            ),
            (
                &timer.hours,
                fits(&timer.hours, &is_number),
                "a number with a fraction",
            ),
        ];
        let note = timer
            .note
            .as_ref()
            .map(|note| (note, fits(note, &is_text), "a text"));
        match table.into_iter().chain(note).find(|(_, fits, _)| !fits) {
            Some((name, _, wanted)) => {
                self.wrong(&place, format!("\"{name}\" of {} is not {wanted}", timer.list))
            }
            None => Ok(()),
        }
    }
}
