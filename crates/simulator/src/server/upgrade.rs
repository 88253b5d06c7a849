//! A newer version of the domain pack takes effect while devices still hold writes made under the older one.

use holdfast_core::pack::{Pack, Packs};
use serde_json::{Value, json};

use super::Server;

/// What a newer version may do differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amendment {
    /// Values that were good are not any more.
    Stricter,
    /// Another strategy for a field.
    OtherStrategy,
    /// A field more.
    OneMoreField,
    /// Other things are urgent.
    OtherPriorities,
    /// A server gives up on a write sooner.
    FewerAttempts,
}

pub const AMENDMENTS: [Amendment; 5] = [
    Amendment::Stricter,
    Amendment::OtherStrategy,
    Amendment::OneMoreField,
    Amendment::OtherPriorities,
    Amendment::FewerAttempts,
];

impl Server {
    /// Puts the next version of the pack in force; its number.
    pub fn upgrade(&mut self, amendment: Amendment) -> Result<u32, String> {
        let works = self
            .packs
            .iter()
            .find(|pack| pack.name != holdfast_core::system::NAME)
            .ok_or("there is no pack")?;
        let version = works.version + 1;
        let mut pack = serde_json::to_value(works).map_err(|error| error.to_string())?;
        pack["version"] = json!(version);
        amend(&mut pack, amendment, version);
        let pack: Pack = serde_json::from_value(pack).map_err(|error| error.to_string())?;
        self.packs = Packs::new(vec![pack]).map_err(|error| error.to_string())?;
        Ok(version)
    }
}

fn amend(pack: &mut Value, amendment: Amendment, version: u32) {
    match amendment {
        Amendment::Stricter => field(pack, "code")["max"] = json!(5),
        Amendment::OtherStrategy => {
            let title = field(pack, "title");
            let manual = title["strategy"] == json!("manual");
            title["strategy"] = json!(if manual { "last-write-wins" } else { "manual" });
        }
        Amendment::OneMoreField => {
            let name = format!("extra{version}");
            if let Some(fields) = fields(pack) {
                fields.push(json!({ "name": name, "label": name, "type": "text" }));
            }
        }
        Amendment::OtherPriorities => {
            if let Some(rules) = pack["priorities"].as_array_mut() {
                let first = rules.first().map(|rule| rule["priority"].clone());
                let last = rules.last().map(|rule| rule["priority"].clone());
                for (rule, priority) in [(0, last), (rules.len() - 1, first)] {
                    rules[rule]["priority"] = priority.unwrap_or(json!(5));
                }
            }
        }
        Amendment::FewerAttempts => pack["attempts"] = json!(3),
    }
}

/// The fields of the first entity: the work itself.
fn fields(pack: &mut Value) -> Option<&mut Vec<Value>> {
    pack["entities"][0]["fields"].as_array_mut()
}

fn field<'a>(pack: &'a mut Value, name: &str) -> &'a mut Value {
    let fields = &mut pack["entities"][0]["fields"];
    let at = fields
        .as_array()
        .and_then(|all| all.iter().position(|field| field["name"] == json!(name)));
    &mut fields[at.unwrap_or(0)]
}
