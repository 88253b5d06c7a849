use holdfast_core::{
    Fields,
    pack::{Entity, validate},
    record::Operation,
};
use serde_json::{Map, Value};

use super::{packs, read};

fn mapping() -> Map<String, Value> {
    toml::from_str(&read("maintenance.nist.toml")).unwrap()
}

/// Every value that a mapped field may get from the mapping itself.
fn possible(source: &Value) -> Vec<Value> {
    let map = source
        .get("map")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::values);
    map.chain(source.get("value"))
        .chain(source.get("otherwise"))
        .cloned()
        .collect()
}

fn assert_fits(entity: &Entity, name: &str, value: &Value) {
    let one = Fields::from_iter([(name.to_owned(), value.clone())]);
    let errors = validate(entity, Operation::Update, &one, &Fields::new());
    assert!(
        errors.iter().all(|error| error.message == "cannot be changed"),
        "{name}: {errors:?}"
    );
}

#[test]
fn the_mapping_names_fields_and_values_of_the_pack() {
    let (packs, mapping) = (packs(), mapping());
    let order = packs.entity(mapping["entity"].as_str().unwrap()).unwrap();
    let columns: Vec<&str> = mapping["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    let rules = mapping["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["fields"]);
    for set in rules.chain([&mapping["fields"]]) {
        for (name, source) in set.as_object().unwrap() {
            assert!(order.field(name).is_some(), "no field {name}");
            possible(source)
                .iter()
                .for_each(|value| assert_fits(order, name, value));
            let column = source.get("column").and_then(Value::as_str);
            assert!(
                column.is_none_or(|column| columns.contains(&column)),
                "{name}: no column {column:?}"
            );
        }
    }
    let key = mapping["key"]["field"].as_str().unwrap();
    assert!(
        order.unique.iter().any(|set| set == &[key]),
        "rows are told apart by a unique field"
    );
}

#[test]
fn the_records_it_makes_are_the_ones_its_rows_name() {
    let (packs, mapping) = (packs(), mapping());
    let records = mapping["records"].as_array().unwrap();
    for record in records {
        let entity = packs.entity(record["entity"].as_str().unwrap()).unwrap();
        record["fields"]
            .as_object()
            .unwrap()
            .iter()
            .for_each(|(name, value)| assert_fits(entity, name, value));
    }
    let assets = mapping["fields"]["assetId"]["map"].as_object().unwrap();
    assert_eq!(assets.len(), 5);
    assert!(
        assets
            .values()
            .all(|id| records.iter().any(|record| &record["id"] == id))
    );
}
