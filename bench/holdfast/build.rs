//! Leaves the answer of `/api/v1/domains` with the maintenance pack alone in `OUT_DIR/domains.json`.

use std::{env, error::Error, fs, path::Path};

use holdfast_core::pack::Pack;

const PACK: &str = "../../domains/maintenance.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PACK}");
    let pack = Pack::from_toml("maintenance", &fs::read_to_string(PACK)?)?;
    let domains = serde_json::json!({ "packs": [pack] });
    let written = Path::new(&env::var("OUT_DIR")?).join("domains.json");
    Ok(fs::write(written, domains.to_string())?)
}
