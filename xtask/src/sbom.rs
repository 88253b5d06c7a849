//! The bill of materials: which packages are in what is shipped, in CycloneDX 1.6.
//!
//! Made from `cargo metadata` and Cargo.lock alone, without a time or a random number, so that a commit has one bill.
//! Packages that only tests or the tooling use are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::{Failure, FileContext, Outcome},
    step, tools,
    workspace::{self, WASM},
};

/// What is shipped: the app, its worker, the server.
const SHIPPED: [&str; 3] = ["holdfast", "holdfast-worker", "holdfast-server"];

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    /// None for a package of this workspace.
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Debug, Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// Writes the bill to `target/holdfast.cdx.json`. Fails where a package tells no licence, or Cargo.lock has no checksum of
/// one from elsewhere.
pub fn write() -> Outcome<PathBuf> {
    let host = tools::host()?;
    let mut query = workspace::cargo(&["metadata", "--format-version", "1", "--locked"]);
    query.args(["--filter-platform", &host, "--filter-platform", WASM]);
    let told = step::output(&mut query).filter(|output| output.status.success());
    let told = told.ok_or_else(|| {
        missing(
            "The answer of `cargo metadata --locked`",
            "Bring Cargo.lock up to date",
        )
    })?;
    let metadata: Metadata = serde_json::from_slice(&told.stdout)?;
    let lock = workspace::root().join("Cargo.lock");
    let text = fs::read_to_string(&lock).at("read", &lock)?;
    let lock: Lock = toml::from_str(&text)
        .map_err(|_| missing("A readable Cargo.lock", "Run `cargo generate-lockfile`"))?;
    let path = workspace::target().join("holdfast.cdx.json");
    let bill = serde_json::to_string_pretty(&bill(&metadata, &lock)?)?;
    fs::create_dir_all(workspace::target()).at("create", workspace::target())?;
    fs::write(&path, bill).at("write", &path)?;
    Ok(path)
}

fn bill(metadata: &Metadata, lock: &Lock) -> Outcome<Value> {
    let packages: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package))
        .collect();
    let edges: BTreeMap<&str, BTreeSet<&str>> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), shipped_with(node)))
        .collect();
    let mut shipped = BTreeMap::new();
    let roots = metadata
        .packages
        .iter()
        .filter(|package| SHIPPED.contains(&package.name.as_str()));
    let mut open: Vec<&Package> = roots.collect();
    while let Some(package) = open.pop() {
        let needs = edges.get(package.id.as_str()).cloned().unwrap_or_default();
        let needs: Vec<&Package> = needs
            .into_iter()
            .filter_map(|id| packages.get(id).copied())
            .collect();
        if shipped
            .insert(reference(package), (package, needs.clone()))
            .is_none()
        {
            open.extend(needs);
        }
    }
    let components: Vec<Value> = shipped
        .values()
        .map(|(package, _)| component(package, lock))
        .collect::<Outcome<_>>()?;
    let dependencies: Vec<Value> = shipped
        .iter()
        .map(|(name, (_, needs))| {
            let needs: BTreeSet<String> = needs.iter().map(|package| reference(package)).collect();
            json!({ "ref": name, "dependsOn": needs })
        })
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": { "type": "application", "bom-ref": "holdfast", "name": "Holdfast", "version": env!("CARGO_PKG_VERSION") } },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// What is compiled into the package, or runs while it is compiled.
fn shipped_with(node: &Node) -> BTreeSet<&str> {
    let shipped = |edge: &&Edge| {
        edge.dep_kinds
            .iter()
            .any(|kind| kind.kind.as_deref() != Some("dev"))
    };
    node.deps
        .iter()
        .filter(shipped)
        .map(|edge| edge.pkg.as_str())
        .collect()
}

fn component(package: &Package, lock: &Lock) -> Outcome<Value> {
    let Package { name, version, .. } = package;
    let license = package
        .license
        .as_deref()
        .map(|license| license.replace('/', " OR "));
    let license = license.ok_or_else(|| {
        missing(
            &format!("The licence of {name} {version}"),
            "Ask its authors, or use another package",
        )
    })?;
    let mut component = json!({
        "type": "library", "bom-ref": reference(package), "name": name, "version": version, "purl": reference(package),
        "licenses": [{ "expression": license }],
    });
    if package.source.is_some() {
        let locked = lock
            .package
            .iter()
            .find(|locked| locked.name == *name && locked.version == *version);
        let checksum = locked.and_then(|locked| locked.checksum.as_deref());
        let checksum = checksum.ok_or_else(|| {
            missing(
                &format!("The checksum of {name} {version} in Cargo.lock"),
                "Run `cargo generate-lockfile`",
            )
        })?;
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    Ok(component)
}

fn reference(package: &Package) -> String {
    format!(
        "pkg:cargo/{}@{}",
        package.name,
        package.version.replace('+', "%2B")
    )
}

fn missing(what: &str, remedy: &str) -> Failure {
    Failure::Missing {
        what: what.to_owned(),
        remedy: format!("{remedy}, then try again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(license: Value) -> Metadata {
        let package = |name: &str, license: Value, source: Value| json!({ "id": name, "name": name, "version": "1.0.0", "license": license, "repository": null, "source": source });
        let needs = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let told = json!({
            "packages": [
                package("holdfast-server", json!("Apache-2.0"), json!(null)),
                package("shipped", license, json!("registry+https://github.com/rust-lang/crates.io-index")),
                package("tested", json!(null), json!("registry+https://github.com/rust-lang/crates.io-index")),
                package("xtask", json!("Apache-2.0"), json!(null)),
            ],
            "resolve": { "nodes": [
                { "id": "holdfast-server", "deps": [needs("shipped", json!(null)), needs("tested", json!("dev"))] },
                { "id": "shipped", "deps": [] },
                { "id": "xtask", "deps": [needs("tested", json!(null))] },
            ] },
        });
        serde_json::from_value(told).unwrap()
    }

    fn lock(checksum: &str) -> Lock {
        toml::from_str(&format!(
            "[[package]]\nname = \"shipped\"\nversion = \"1.0.0\"\n{checksum}"
        ))
        .unwrap()
    }

    #[test]
    fn the_bill_names_what_is_shipped_with_its_licence_and_checksum() {
        let bill = bill(&metadata(json!("MIT/Apache-2.0")), &lock("checksum = \"ab\"")).unwrap();
        let names: Vec<&Value> = bill["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| &part["name"])
            .collect();
        assert_eq!(names, ["holdfast-server", "shipped"]);
        let shipped = &bill["components"][1];
        assert_eq!(shipped["purl"], "pkg:cargo/shipped@1.0.0");
        assert_eq!(shipped["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(shipped["hashes"][0]["content"], "ab");
        assert_eq!(
            bill["dependencies"][0]["dependsOn"],
            json!(["pkg:cargo/shipped@1.0.0"])
        );
    }

    #[test]
    fn a_package_without_licence_or_checksum_is_a_failure() {
        let failure = bill(&metadata(json!(null)), &lock("checksum = \"ab\"")).unwrap_err();
        assert!(
            failure.to_string().contains("licence of shipped 1.0.0"),
            "{failure}"
        );
        let failure = bill(&metadata(json!("MIT")), &lock("")).unwrap_err();
        assert!(
            failure.to_string().contains("checksum of shipped 1.0.0"),
            "{failure}"
        );
    }
}
