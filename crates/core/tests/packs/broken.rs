use holdfast_core::{
    json,
    pack::{Pack, Packs},
    text::Form,
};

const GOOD: &str = r#"
name = "yard"
version = 1
title = "Yard"

[[entities]]
name = "gate-event"
plural = "gate-events"
title = "Gate event"
titlePlural = "Gate events"
idField = "gateEventId"
idPrefix = "GE-"
titleField = "plate"
operations = ["create", "update"]
unique = [["plate"]]
access = [{ roles = ["technician"], when = { is = { field = "state", value = "in" } } }]
sync = { within = { field = "at", days = 7 } }
syncAlong = [{ entity = "lorry", field = "lastEvent" }]
list = { columns = [{ field = "plate" }], filters = ["state"], search = ["plate"], sorts = [{ field = "at", label = "Time" }] }
fields = [
  { name = "plate", label = "Plate", type = "text", required = true },
  { name = "at", label = "At", type = "datetime" },
  { name = "lorry", label = "Lorry", type = "reference", entity = "lorry" },
  { name = "state", label = "State", type = "enum", default = "in", choices = [{ value = "in", label = "In" }, { value = "out", label = "Out" }], transitions = { in = ["out"] }, strategyRules = [{ writtenBy = "supervisor", strategy = "server-wins" }] },
  { name = "seals", label = "Seals", type = "list", key = "sealId", fields = [{ name = "sealId", label = "Seal", type = "text" }, { name = "weight", label = "Weight", type = "number" }, { name = "broken", label = "Broken", type = "bool" }] },
  { name = "brokenSeals", label = "Broken", type = "number", computed = { count = { list = "seals", field = "broken" } } },
  { name = "sealWeight", label = "Weight", type = "number", computed = { sum = { list = "seals", field = "weight" } } },
  { name = "visits", label = "Visits", type = "list", key = "visitId", fields = [{ name = "visitId", label = "Visit", type = "text" }, { name = "who", label = "Who", type = "reference", entity = "person" }, { name = "from", label = "From", type = "datetime" }, { name = "until", label = "Until", type = "datetime" }, { name = "hours", label = "Hours", type = "number" }, { name = "what", label = "What", type = "text" }] },
]
retention = { closed = { is = { field = "state", value = "out" } }, days = 30 }
afterAccess = { fields = ["seals"] }
timer = { list = "visits", person = "who", start = "from", end = "until", hours = "hours", note = "what" }

[[entities]]
name = "lorry"
plural = "lorries"
title = "Lorry"
titlePlural = "Lorries"
idField = "lorryId"
idPrefix = "L-"
titleField = "plate"
access = [{ when = { always = true } }]
fields = [
  { name = "plate", label = "Plate", type = "text" },
  { name = "lastEvent", label = "Last event", type = "reference", entity = "gate-event" },
]

[[kinds]]
name = "gate_out"
entity = "gate-event"
operation = "update"
label = "Let out"
set = { state = "out", at = "$now" }
ask = ["seals"]
when = { all = [{ role = "technician" }, { is = { field = "state", value = "in" } }] }

[[kinds]]
name = "gate_check"
entity = "gate-event"
operation = "update"
label = "Check"
set = { state = "out" }

[[flows]]
kind = "gate_check"
steps = [
  { title = "Look", text = "Walk around it.", fields = ["plate"], needs = ["plate"] },
  { title = "Seals", fields = ["seals"], when = { is = { field = "plate", value = "X" } }, ready = { is = { field = "state", value = "in" } }, notReady = "Let it in first." },
]

[[home]]
name = "inside"
title = "Inside"
entity = "gate-event"
roles = ["technician"]
when = { is = { field = "state", value = "in" } }
dueBy = "at"
sort = "at"
most = 5

[[home]]
name = "standing"
title = "How many"
entity = "gate-event"
counts = { field = "state", values = ["in", "out"] }

[[home]]
name = "visiting"
title = "You are at"
entity = "gate-event"
running = true

[[priorities]]
priority = 3
entity = "gate-event"
changes = ["state"]

[[onlineOnly]]
title = "Open the gate"
reason = "The motor answers at once or not at all."
entity = "gate-event"

[roles]
technician = ["yard:gate-event:*"]
"#;

fn load(text: &str) -> Result<Packs, String> {
    let pack = Pack::from_toml("yard", text).map_err(|error| error.to_string())?;
    Packs::new(vec![pack]).map_err(|error| error.to_string())
}

#[test]
fn the_pack_that_the_table_breaks_is_good() {
    load(GOOD).unwrap();
}

/// What is broken, what it becomes, and the place and message of the error.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("version = 1", "version = 1\ncoalesce = \"sometimes\"", "TOML", "`coalesce` is \"off\", \"consecutive\" or \"state\""),
    ("version = 1", "version = \"one\"", "TOML", "invalid type"),
    ("version = 1", "version = 1\nvresion = 2", "TOML", "unknown field `vresion`"),
    ("label = \"Plate\", type = \"text\", required = true", "label = \"Plate\", type = \"text\", requred = true", "entities.gate-event.fields.plate.requred", "there is no such key"),
    ("{ within = { field = \"at\", days = 7 } }", "{ within = { field = \"at\", days = 7, hours = 1 } }", "TOML", "unexpected keys in table: hours"),
    ("label = \"Weight\", type = \"number\" }, {", "label = \"Weight\", type = \"number\", max = inf }, {", "TOML", "inf and nan are no numbers here"),
    ("type = \"datetime\"", "type = \"date\"", "TOML", "unknown variant `date`"),
    ("label = \"Plate\", type = \"text\", required", "label = \"Plate\", type = \"text\", normalize = \"upper\", required", "TOML", "normalize takes \"trim\", \"nfc\" and \"casefold\""),
    ("label = \"Plate\", type = \"text\", required", "label = \"Plate\", type = \"text\", normalize = [\"trim\", \"Trim\"], required", "TOML", "normalize takes \"trim\""),
    ("label = \"Plate\", type = \"text\", required", "label = \"Plate\", type = \"text\", normalize = true, required", "TOML", "normalize takes \"trim\""),
    ("label = \"Plate\", type = \"text\", required", "label = \"Plate\", type = \"text\", normalize = [[\"trim\"]], required", "TOML", "normalize takes \"trim\""),
    ("type = \"datetime\"", "type = \"datetime\", normalize = \"trim\"", "entities.gate-event.fields.at.normalize", "there is no such key"),
    ("type = \"enum\", default", "type = \"enum\", normalize = \"casefold\", default", "entities.gate-event.fields.state.normalize", "there is no such key"),
    ("key = \"sealId\"", "key = \"sealId\", normalize = \"trim\"", "entities.gate-event.fields.seals.normalize", "there is no such key"),
    ("name = \"at\", label = \"At\", type = \"datetime\" },", "name = \"at\", label = \"At\", type = \"datetime\" }, { name = \"tags\", label = \"Tags\", type = \"set\", normalize = \"casefold\", choices = [{ value = \"Wet\", label = \"W\" }, { value = \"wet\", label = \"w\" }] },", "entities.gate-event.tags", "normalize takes two of its choices for \"wet\""),
    ("titleField = \"plate\"\noperations", "titleField = \"licence\"\noperations", "entities.gate-event", "has no field \"licence\""),
    ("unique = [[\"plate\"]]", "unique = [[\"plat\"]]", "entities.gate-event", "has no field \"plat\""),
    ("roles = [\"technician\"], when", "roles = [\"porter\"], when", "entities.gate-event", "no pack declares the role \"porter\""),
    ("when = { is = { field = \"state\", value = \"in\" } }", "when = { is = { field = \"stat\", value = \"in\" } }", "entities.gate-event", "no field \"stat\" to test"),
    ("when = { is = { field = \"state\", value = \"in\" } }", "when = { is = { field = \"state\", value = \"inside\" } }", "entities.gate-event", "compares state with \"inside\", which is no choice"),
    ("{ within = { field = \"at\", days = 7 } }", "{ within = { field = \"updatedAt\", days = 7 } }", "entities.gate-event", "no field \"updatedAt\" to test"),
    ("{ entity = \"lorry\", field = \"lastEvent\" }", "{ entity = \"truck\", field = \"lastEvent\" }", "entities.gate-event", "there is no entity \"truck\""),
    ("{ entity = \"lorry\", field = \"lastEvent\" }", "{ entity = \"lorry\", field = \"plate\" }", "entities.gate-event", "lorry.plate is no reference to gate-event"),
    ("filters = [\"state\"]", "filters = [\"plate\"]", "entities.gate-event", "\"plate\" is no enum"),
    ("search = [\"plate\"]", "search = [\"driver\"]", "entities.gate-event", "has no field \"driver\""),
    ("field = \"at\", label = \"Time\"", "field = \"time\", label = \"Time\"", "entities.gate-event", "has no field \"time\""),
    ("plural = \"gate-events\"", "plural = \"devices\"", "entities.gate-event", "/api/v1/devices is the server's own"),
    ("name = \"at\", label", "name = \"_at\", label", "entities.gate-event", "has no field \"at\""),
    ("name = \"lorry\", label", "name = \"_lorry\", label", "entities.gate-event._lorry", "the protocol's own"),
    ("name = \"lorry\", label", "name = \"at\", label", "entities.gate-event", "the field \"at\" is declared twice"),
    ("type = \"reference\", entity = \"lorry\"", "type = \"reference\", entity = \"lory\"", "entities.gate-event.lorry", "there is no entity \"lory\""),
    ("default = \"in\"", "default = \"inn\"", "entities.gate-event.state", "its default has no choice \"inn\""),
    ("transitions = { in = [\"out\"] }", "transitions = { in = [\"gone\"] }", "entities.gate-event.state", "transitions name \"gone\", which is no choice"),
    ("{ value = \"out\", label = \"Out\" }", "{ value = \"in\", label = \"Out\" }, { value = \"out\", label = \"\" }", "entities.gate-event.state", "the choice \"in\" is declared twice"),
    ("writtenBy = \"supervisor\"", "writtenBy = \"boss\"", "entities.gate-event.state", "no pack declares the role \"boss\""),
    ("strategy = \"server-wins\"", "strategy = \"server\"", "TOML", "unknown variant `server`"),
    ("key = \"sealId\"", "key = \"id\"", "entities.gate-event.seals", "its items have no field \"id\""),
    ("name = \"weight\", label", "name = \"broken\", label", "entities.gate-event.seals", "the field \"broken\" is declared twice"),
    ("count = { list = \"seals\", field = \"broken\" }", "count = { list = \"seal\", field = \"broken\" }", "entities.gate-event.brokenSeals", "computed over \"seal\", which is no list"),
    ("count = { list = \"seals\", field = \"broken\" }", "count = { list = \"seals\", field = \"weight\" }", "entities.gate-event.brokenSeals", "counts by \"weight\""),
    ("sum = { list = \"seals\", field = \"weight\" }", "sum = { list = \"seals\", field = \"sealId\" }", "entities.gate-event.sealWeight", "sums \"sealId\""),
    ("closed = { is = { field = \"state\"", "closed = { is = { field = \"closed\"", "entities.gate-event", "no field \"closed\" to test"),
    ("afterAccess = { fields = [\"seals\"] }", "afterAccess = { fields = [\"seal\"] }", "entities.gate-event.afterAccess", "has no field \"seal\""),
    ("afterAccess = { fields = [\"seals\"] }", "afterAccess = { fields = [\"state\"] }", "entities.gate-event.afterAccess", "\"state\" takes no additions"),
    ("afterAccess = { fields = [\"seals\"] }", "afterAccess = { fields = [\"brokenSeals\"] }", "entities.gate-event.afterAccess", "\"brokenSeals\" takes no additions"),
    ("value = \"in\" } } }]\nsync", "value = \"in\" } } }, { when = { is = { field = \"seals\", value = \"$user\" } } }]\nsync", "entities.gate-event.afterAccess", "\"seals\" decides who may read the record"),
    ("afterAccess = { fields = [\"seals\"] }", "afterAccess = { fields = [\"seals\"], days = 0 }", "entities.gate-event.afterAccess", "days are 1 to 90"),
    ("name = \"lorry\"\nplural", "name = \"gate-event\"\nplural", "entities.gate-event", "declared twice"),
    ("entity = \"gate-event\"\noperation = \"update\"", "entity = \"gate\"\noperation = \"update\"", "kinds.gate_out", "there is no entity \"gate\""),
    ("operation = \"update\"\nlabel", "operation = \"delete\"\nlabel", "kinds.gate_out", "does not allow this operation"),
    ("set = { state = \"out\"", "set = { status = \"out\"", "kinds.gate_out", "has no field \"status\""),
    ("set = { state = \"out\"", "set = { state = \"gone\"", "kinds.gate_out", "state has no choice \"gone\""),
    ("ask = [\"seals\"]", "ask = [\"brokenSeals\"]", "kinds.gate_out", "writes \"brokenSeals\", which cannot be changed"),
    ("{ role = \"technician\" }", "{ role = \"guard\" }", "kinds.gate_out", "no pack declares the role \"guard\""),
    ("priority = 3", "priority = 11", "priorities[0]", "a priority is 1 to 10"),
    ("changes = [\"state\"]", "changes = [\"status\"]", "priorities[0]", "has no field \"status\""),
    ("priority = 3\nentity = \"gate-event\"", "priority = 3", "priorities[0]", "must name their entity"),
    ("yard:gate-event:*", "yard:gate-event", "roles.technician", "no domain:entity:action"),
    ("yard:gate-event:*", "port:gate-event:*", "roles.technician", "no scope of yard"),
    ("yard:gate-event:*", "yard:gate-event:write", "roles.technician", "no scope of yard"),
    ("yard:gate-event:*", "yard:gate:read", "roles.technician", "names no entity of yard"),
    ("at all.\"\nentity = \"gate-event\"", "at all.\"\nentity = \"gate\"", "onlineOnly.Open the gate", "there is no entity \"gate\""),
    ("name = \"standing\"", "name = \"inside\"", "home.inside", "declared twice"),
    ("name = \"inside\"\ntitle = \"Inside\"\nentity = \"gate-event\"", "name = \"inside\"\ntitle = \"Inside\"\nentity = \"gate\"", "home.inside", "there is no entity \"gate\""),
    ("entity = \"gate-event\"\nroles = [\"technician\"]", "entity = \"gate-event\"\nroles = [\"porter\"]", "home.inside", "no pack declares the role \"porter\""),
    ("value = \"in\" } }\ndueBy", "value = \"inn\" } }\ndueBy", "home.inside", "compares state with \"inn\""),
    ("dueBy = \"at\"", "dueBy = \"plate\"", "home.inside", "is due by \"plate\", which is no datetime"),
    ("sort = \"at\"", "sort = \"time\"", "home.inside", "has no field \"time\""),
    ("most = 5", "most = 0", "home.inside", "shows 1 to 50 rows"),
    ("most = 5", "most = 51", "home.inside", "shows 1 to 50 rows"),
    ("most = 5", "most = 256", "TOML", "invalid value"),
    ("most = 5", "mots = 5", "TOML", "unknown field `mots`"),
    ("counts = { field = \"state\", values", "counts = { field = \"plate\", values", "home.standing", "counts by \"plate\", which is no enum"),
    ("values = [\"in\", \"out\"] }", "values = [\"in\", \"gone\"] }", "home.standing", "counts \"gone\", which is no choice"),
    ("values = [\"in\", \"out\"] }", "values = [] }", "home.standing", "counts 1 to 4 values"),
    ("values = [\"in\", \"out\"] }", "values = [\"in\", \"out\"] }\nrunning = true", "home.standing", "either counts or shows the running timer"),
    ("title = \"You are at\"\nentity = \"gate-event\"", "title = \"You are at\"\nentity = \"lorry\"", "home.visiting", "lorry has no timer"),
    ("timer = { list = \"visits\"", "timer = { list = \"seal\"", "entities.gate-event.timer", "\"seal\" is no list"),
    ("person = \"who\"", "person = \"what\"", "entities.gate-event.timer", "\"what\" of visits is not a reference to a person"),
    ("start = \"from\"", "start = \"hours\"", "entities.gate-event.timer", "\"hours\" of visits is not a datetime"),
    ("end = \"until\"", "end = \"nothing\"", "entities.gate-event.timer", "\"nothing\" of visits is not a datetime"),
    ("hours = \"hours\"", "hours = \"what\"", "entities.gate-event.timer", "\"what\" of visits is not a number"),
    ("note = \"what\"", "note = \"who\"", "entities.gate-event.timer", "\"who\" of visits is not a text"),
    ("kind = \"gate_check\"", "kind = \"gate_chek\"", "flows.gate_chek", "there is no kind of this name"),
    ("label = \"Check\"\n", "label = \"Check\"\nask = [\"plate\"]\n", "flows.gate_check", "its steps ask"),
    ("steps = [\n  { title = \"Look\", text = \"Walk around it.\", fields = [\"plate\"], needs = [\"plate\"] },", "steps = [\n  { title = \"Seals\" },", "flows.gate_check", "two steps are named \"Seals\""),
    ("fields = [\"seals\"], when", "fields = [\"plate\"], when", "flows.gate_check", "asks for \"plate\" twice"),
    ("fields = [\"seals\"], when", "fields = [\"seal\"], when", "flows.gate_check.Seals", "has no field \"seal\""),
    ("fields = [\"seals\"], when", "fields = [\"sealWeight\"], when", "flows.gate_check.Seals", "asks for \"sealWeight\", which nobody can fill in"),
    ("fields = [\"seals\"], when", "fields = [\"state\"], when", "flows.gate_check.Seals", "asks for \"state\", which the kind sets"),
    ("needs = [\"plate\"]", "needs = [\"at\"]", "flows.gate_check.Look", "needs \"at\", and does not ask for it"),
    (", notReady = \"Let it in first.\"", "", "flows.gate_check.Seals", "\"ready\" and \"notReady\" go together"),
    ("field = \"plate\", value = \"X\"", "field = \"plates\", value = \"X\"", "flows.gate_check.Seals", "no field \"plates\" to test"),
    ("value = \"in\" } }, notReady", "value = \"on\" } }, notReady", "flows.gate_check.Seals", "compares state with \"on\""),
    ("is = { field = \"plate\", value = \"X\" }", "has = { field = \"seals\", value = \"X\" }", "flows.gate_check.Seals", "looks into \"seals\", which is no set"),
    ("is = { field = \"plate\", value = \"X\" }", "within = { field = \"plate\", days = 1 }", "flows.gate_check.Seals", "looks how long ago \"plate\" is, which is no datetime"),
];

#[test]
fn a_broken_pack_says_what_is_wrong_and_where() {
    for (good, bad, place, message) in TABLE {
        assert!(GOOD.contains(good), "the table breaks nothing by {good}");
        let error = load(&GOOD.replacen(good, bad, 1)).expect_err(&format!("accepted: {bad}"));
        assert!(error.starts_with(&format!("pack yard: {place}: ")), "{bad}\n  wanted {place}\n  said {error}");
        assert!(error.contains(message), "{bad}\n  wanted {message}\n  said {error}");
    }
}

#[test]
fn a_form_is_one_name_or_a_list_and_the_same_for_a_device() {
    let table = [
        ("\"trim\"", Form { trim: true, ..Form::default() }),
        ("\"nfc\"", Form { canonical: true, ..Form::default() }),
        ("\"casefold\"", Form { casefold: true, ..Form::default() }),
        ("[\"casefold\", \"trim\", \"trim\"]", Form { trim: true, casefold: true, ..Form::default() }),
        ("[]", Form::default()),
    ];
    for (written, form) in table {
        let plate = "label = \"Plate\", type = \"text\", required";
        let text = GOOD.replacen(plate, &format!("label = \"Plate\", type = \"text\", normalize = {written}, required"), 1);
        let pack = Pack::from_toml("yard", &text).unwrap();
        assert_eq!(pack.entities[0].field("plate").unwrap().kind.form(), form, "{written}");
        let sent = serde_json::to_vec(&pack).unwrap();
        assert_eq!(json::from_slice::<Pack>(&sent).unwrap(), pack, "{written}");
    }
    let sent = serde_json::to_string(&Pack::from_toml("yard", GOOD).unwrap()).unwrap();
    assert!(!sent.contains("normalize"), "what is not set costs nothing");
    let unknown = sent.replacen("\"type\":\"text\"", "\"type\":\"text\",\"normalize\":[\"upper\"]", 1);
    assert!(json::from_slice::<Pack>(unknown.as_bytes()).is_err());
}

#[test]
fn a_kind_declared_twice_is_refused() {
    let start = GOOD.find("[[kinds]]").unwrap();
    let end = GOOD.find("[[priorities]]").unwrap();
    let twice = GOOD.replacen("[[priorities]]", &format!("{}\n[[priorities]]", &GOOD[start..end]), 1);
    assert_eq!(load(&twice).unwrap_err(), "pack yard: kinds.gate_out: declared twice");
}

#[test]
fn an_unreadable_pack_tells_the_line() {
    let error = load("name = \"yard\"\nversion = ").unwrap_err();
    assert!(error.contains("line 2"), "{error}");
}
