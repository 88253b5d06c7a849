//! Who may import whom: the order of packages, and of the top folders of their source, as `xtask/layers.toml` has it.
//!
//! Whatever is listed later may use what is listed before it. So there are no cycles, and a reader who knows a folder's
//! place knows what it cannot depend on. In packages listed as `acyclic` the files within a folder have no cycles either.

mod cycles;
mod imports;
mod macro_paths;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use imports::Imports;

use crate::{
    error::{Failure, FileContext, Outcome},
    step,
    workspace::{self, root},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layers {
    packages: Vec<String>,
    /// Packages of `folders` in which no cycle of files is allowed.
    acyclic: Vec<String>,
    folders: BTreeMap<String, Folders>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folders {
    source: PathBuf,
    order: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// None for a normal dependency.
    kind: Option<String>,
    /// None for a package of a registry.
    path: Option<PathBuf>,
}

/// Fails if an import breaks the order; says which, and in which file.
pub fn check() -> Outcome {
    let path = root().join("xtask/layers.toml");
    let text = fs::read_to_string(&path).at("read", &path)?;
    let layers: Layers = toml::from_str(&text).map_err(|error| Failure::Layers(error.to_string()))?;
    let mut faults = packages(&layers.packages)?;
    for (package, folders) in &layers.folders {
        let files = folders.files()?;
        faults.extend(folders.faults(&files));
        if layers.acyclic.contains(package) {
            faults.extend(cycles::faults(package, &files));
        }
    }
    let unknown = layers
        .acyclic
        .iter()
        .filter(|package| !layers.folders.contains_key(*package));
    faults.extend(unknown.map(|package| {
        format!("{package} is listed as acyclic, and has no [folders.{package}] in xtask/layers.toml")
    }));
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::Layers(faults.join("\n"))),
    }
}

/// What breaks the order of packages.
fn packages(order: &[String]) -> Outcome<Vec<String>> {
    let mut query = workspace::cargo(&["metadata", "--format-version", "1", "--locked", "--no-deps"]);
    let told = step::output(&mut query).filter(|output| output.status.success());
    let told = told.ok_or_else(|| Failure::Layers("`cargo metadata --locked` failed".into()))?;
    let metadata: Metadata = serde_json::from_slice(&told.stdout)?;
    let mut faults = Vec::new();
    for package in metadata.packages {
        let used = package
            .dependencies
            .iter()
            .filter(|used| used.path.is_some() && used.kind.is_none());
        for used in used {
            faults.extend(broken(order, &package.name, &used.name).map(|why| format!("Cargo.toml: {why}")));
        }
    }
    Ok(faults)
}

impl Folders {
    /// The source files, by their path from the source's root.
    fn files(&self) -> Outcome<BTreeMap<PathBuf, Imports>> {
        let mut paths = Vec::new();
        collect(&root().join(&self.source), Path::new(""), &mut paths)?;
        let mut files = BTreeMap::new();
        for file in paths {
            let path = self.source.join(&file);
            let text = fs::read_to_string(root().join(&path)).at("read", &path)?;
            let imports = imports::of(&file, &text)
                .map_err(|error| Failure::Layers(format!("{}: {error}", path.display())))?;
            files.insert(file, imports);
        }
        Ok(files)
    }

    fn faults(&self, files: &BTreeMap<PathBuf, Imports>) -> Vec<String> {
        let mut faults = Vec::new();
        for (file, imports) in files {
            let Some(folder) = top(file) else { continue };
            let path = self.source.join(file);
            let names: BTreeSet<&String> = imports.places().filter_map(|place| place.first()).collect();
            let named = names.into_iter().filter(|name| self.is_folder(name));
            let why = named.filter_map(|name| broken(&self.order, &folder, name));
            faults.extend(why.map(|why| format!("{}: {why}", path.display())));
        }
        faults
    }

    /// Whether the name at a package's root is a file or folder, and not a type or a macro.
    fn is_folder(&self, name: &str) -> bool {
        let source = root().join(&self.source);
        source.join(name).is_dir() || source.join(format!("{name}.rs")).is_file()
    }
}

/// Why one may not use the other, if so.
fn broken(order: &[String], user: &str, used: &str) -> Option<String> {
    let place = |name: &str| order.iter().position(|listed| listed == name);
    match (place(user), place(used)) {
        (None, _) => Some(format!(
            "{user} is not in xtask/layers.toml; give it a place there"
        )),
        (_, None) => Some(format!(
            "{used} is not in xtask/layers.toml; give it a place there"
        )),
        (Some(user_at), Some(used_at)) if used_at > user_at => Some(format!(
            "{user} may not use {used}, which comes after it in xtask/layers.toml"
        )),
        _ => None,
    }
}

/// The source files below a folder, by their path from there; tests are left out.
fn collect(source: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let folder = source.join(below);
    let entries = fs::read_dir(&folder).at("read", &folder)?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
        .collect();
    names.sort();
    for name in names {
        let path = below.join(&name);
        if source.join(&path).is_dir() && name != "tests" {
            collect(source, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs" {
            files.push(path);
        }
    }
    Ok(())
}

/// The file or folder at the package's root that a file belongs to; none for the root itself.
fn top(file: &Path) -> Option<String> {
    let first = Path::new(file.components().next()?.as_os_str());
    let name = first.file_stem()?.to_str()?;
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_use_itself_and_those_before_it() {
        let order = ["json", "pack", "merge"].map(str::to_owned);
        for (user, used, is_fine) in [
            ("pack", "json", true),
            ("pack", "pack", true),
            ("pack", "merge", false),
            ("pack", "unlisted", false),
            ("unlisted", "json", false),
        ] {
            assert_eq!(
                broken(&order, user, used).is_none(),
                is_fine,
                "{user} uses {used}"
            );
        }
    }

    #[test]
    fn a_file_belongs_to_its_top_folder() {
        for (file, folder) in [
            ("pack/check/mod.rs", Some("pack")),
            ("json.rs", Some("json")),
            ("lib.rs", None),
        ] {
            assert_eq!(top(Path::new(file)).as_deref(), folder);
        }
    }

    #[test]
    fn the_code_keeps_the_order() {
        check().unwrap();
    }
}
