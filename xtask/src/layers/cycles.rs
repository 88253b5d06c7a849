//! Cycles among the files of a folder: a file must not use another one that uses it in turn, directly or through others.
//!
//! Each folder is checked by itself. Its nodes are its modules, each with everything below it, and the folder's own file
//! (`mod.rs`). A re-exported name belongs to the module that defines it: `use super::Page` uses `page`, not the folder's
//! own file. Declaring or re-exporting a module is no use of it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::PathBuf,
};

use super::imports::{Imports, Place, module_of};

/// Stands for the folder's own file among its modules.
const OWN_FILE: &str = "its own file";

/// Re-exports of re-exports that are followed.
const DEPTH: usize = 8;

/// Which module of a folder uses which others, and a file that shows it.
type Uses<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a PathBuf>>;

/// The cycles of a package, in words.
pub fn faults(package: &str, files: &BTreeMap<PathBuf, Imports>) -> Vec<String> {
    let modules = Modules::new(files);
    let mut folders: BTreeMap<&[String], Uses<'_>> = BTreeMap::new();
    for (module, (file, imports)) in &modules.0 {
        for used in modules.used_by(module, imports) {
            let shared = module.iter().zip(used).take_while(|(a, b)| a == b).count();
            let (user, used) = (name_at(module, shared), name_at(used, shared));
            let uses = folders.entry(&module[..shared]).or_default();
            uses.entry(user).or_default().entry(used).or_insert(file);
        }
    }
    let mut faults = Vec::new();
    for (folder, uses) in folders {
        for cycle in cycles(&uses) {
            let folder = [&[package.to_owned()], folder].concat().join("::");
            faults.push(format!("{folder}: {}", in_words(&cycle, &uses)));
        }
    }
    faults
}

fn name_at(place: &Place, index: usize) -> &str {
    place.get(index).map_or(OWN_FILE, String::as_str)
}

/// The modules that are files and are not for tests only.
struct Modules<'a>(BTreeMap<Place, (&'a PathBuf, &'a Imports)>);

impl<'a> Modules<'a> {
    fn new(files: &'a BTreeMap<PathBuf, Imports>) -> Self {
        let for_tests: BTreeSet<Place> = files
            .iter()
            .flat_map(|(file, imports)| {
                let module = module_of(file);
                let names = imports.test_modules.iter();
                names.map(move |name| [&module[..], std::slice::from_ref(name)].concat())
            })
            .collect();
        let is_for_tests = |module: &Place| (1..=module.len()).any(|end| for_tests.contains(&module[..end]));
        let modules = files
            .iter()
            .map(|(file, imports)| (module_of(file), (file, imports)));
        Self(modules.filter(|(module, _)| !is_for_tests(module)).collect())
    }

    /// The other modules whose items a module names.
    fn used_by(&self, module: &Place, imports: &Imports) -> BTreeSet<&Place> {
        let named = imports
            .named
            .iter()
            .filter_map(|place| self.defined_in(place, true, DEPTH));
        let bare = imports
            .bare
            .iter()
            .filter_map(|place| self.defined_in(place, false, DEPTH));
        named.chain(bare).filter(|used| *used != module).collect()
    }

    /// The module that defines the item at a place. `is_known`: the path began with `crate`, `super` or `self`. Any other
    /// single name that equals a module's is a variable or a field, not a use of the module.
    fn defined_in(&self, place: &[String], is_known: bool, depth: usize) -> Option<&Place> {
        let (end, module, imports) = (0..=place.len()).rev().find_map(|end| {
            let (module, (_, imports)) = self.0.get_key_value(&place[..end])?;
            Some((end, module, *imports))
        })?;
        let Some(name) = place.get(end) else {
            return is_known.then_some(module);
        };
        if depth > 0
            && let Some(alias) = imports.aliases.get(name)
        {
            let behind = [alias, &place[end + 1..]].concat();
            return self.defined_in(&behind, is_known || end + 1 < place.len(), depth - 1);
        }
        if imports.items.contains(name) {
            return Some(module);
        }
        let mut globs = imports.globs.iter().filter(|_| depth > 0);
        let through = globs.find_map(|glob| {
            let behind = [glob, &place[end..]].concat();
            self.defined_in(&behind, false, depth - 1)
        });
        through.or(is_known.then_some(module))
    }
}

/// A shortest cycle through each module that is in one; each set of modules is listed once.
fn cycles<'a>(uses: &Uses<'a>) -> Vec<Vec<&'a str>> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for start in uses.keys() {
        let Some(cycle) = shortest(uses, start) else {
            continue;
        };
        let mut members = cycle.clone();
        members.sort_unstable();
        if known.insert(members) {
            found.push(cycle);
        }
    }
    found
}

/// The shortest way from a module back to it.
fn shortest<'a>(uses: &Uses<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in uses.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
            if *next == start {
                return Some(way);
            }
            if seen.insert(*next) {
                ways.push_back([&way[..], &[*next]].concat());
            }
        }
    }
    None
}

/// `pull uses page (pull.rs), which uses pull (page.rs)`.
fn in_words(cycle: &[&str], uses: &Uses<'_>) -> String {
    let ends = cycle.iter().skip(1).chain(cycle.first());
    let steps = cycle.iter().zip(ends).map(|(user, used)| {
        let file = uses.get(user).and_then(|used_by| used_by.get(used));
        let file = file.map(|file| format!(" ({})", file.display()));
        format!("uses {used}{}", file.unwrap_or_default())
    });
    let steps: Vec<String> = steps.collect();
    format!(
        "{} {}",
        cycle.first().unwrap_or(&OWN_FILE),
        steps.join(", which ")
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::layers::imports;

    fn faults_of(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(path, text)| {
            let imports = imports::of(Path::new(path), text).unwrap();
            (PathBuf::from(path), imports)
        });
        faults("package", &files.collect())
    }

    #[test]
    fn files_that_use_each_other_are_named_with_the_files_that_show_it() {
        let found = faults_of(&[
            ("sync/mod.rs", "mod pull; mod page; mod walk;"),
            (
                "sync/pull.rs",
                "use super::{page::Page, walk}; pub fn pull() { walk::go() }",
            ),
            ("sync/page.rs", "pub struct Page(super::pull::Delta);"),
            ("sync/walk.rs", "pub fn go() {}"),
        ]);
        assert_eq!(
            found,
            ["package::sync: page uses pull (sync/page.rs), which uses page (sync/pull.rs)"]
        );
    }

    #[test]
    fn a_cycle_through_several_files_is_listed_once() {
        let found = faults_of(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::deep::D; pub struct B;"),
            ("c/mod.rs", "mod deep;"),
            ("c/deep.rs", "use crate::a; pub struct D;"),
            ("lib.rs", "mod a; mod b; mod c;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn what_is_re_exported_belongs_to_the_file_that_defines_it() {
        let facade = "mod error; mod rows; pub use error::Failure; pub use rows::read;";
        let rows = (
            "import/rows.rs",
            "use super::Failure; pub fn read() -> Failure {}",
        );
        let error = ("import/error.rs", "pub struct Failure;");
        assert!(faults_of(&[("import/mod.rs", facade), rows, error]).is_empty());
        let error = ("import/error.rs", "use super::read; pub struct Failure;");
        assert_eq!(faults_of(&[("import/mod.rs", facade), rows, error]).len(), 1);
    }

    #[test]
    fn a_folder_s_own_file_takes_part_in_a_cycle_only_if_it_uses_the_other() {
        let child = ("store/read.rs", "use super::Store; pub fn read(_: &Store) {}");
        let declares = ("store/mod.rs", "mod read; pub use read::read; pub struct Store;");
        assert!(faults_of(&[declares, child]).is_empty());
        let uses = (
            "store/mod.rs",
            "mod read; pub struct Store; fn f() { read::read(&Store) }",
        );
        assert_eq!(faults_of(&[uses, child]).len(), 1);
    }

    #[test]
    fn tests_variables_and_other_packages_do_not_use_a_file() {
        for (user, why) in [
            (
                "#[cfg(test)] mod tests { use super::super::page::Page; }",
                "tests",
            ),
            ("use page::Page;", "another package of the name"),
            ("fn f(page: u8) -> u8 { page }", "a variable"),
            ("pub(in crate::page) fn f() {}", "a visibility"),
        ] {
            let page = ("page.rs", "use crate::pull::Delta; pub struct Page;");
            let pull = format!("pub struct Delta; {user}");
            assert!(faults_of(&[page, ("pull.rs", &pull)]).is_empty(), "{why}");
        }
    }
}
