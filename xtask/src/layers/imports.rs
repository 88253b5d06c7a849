//! What a source file uses of its own package.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::macro_paths::paths_in;
use syn::{
    Attribute, Item, ItemMod, Macro, UseTree, Visibility,
    visit::{self, Visit},
};

/// A module, or an item in one, by its names from the package's root on.
pub type Place = Vec<String>;

/// What a file uses of its package, and what it makes of it; what only tests use is left out.
#[derive(Debug, Default)]
pub struct Imports {
    /// Places that the file names by `crate`, `super` or `self`. A re-export (`pub use`) alone names nothing.
    pub named: BTreeSet<Place>,
    /// Paths that begin with another name, as places in the file's own module: they may begin with a child module, with
    /// an item of the file or with something imported; most are of other packages or local.
    pub bare: BTreeSet<Place>,
    /// What each name stands for that the file imports or re-exports.
    pub aliases: BTreeMap<String, Place>,
    /// Modules all of whose items the file imports or re-exports.
    pub globs: BTreeSet<Place>,
    /// Names of the file's own items.
    pub items: BTreeSet<String>,
    /// Child modules that only tests compile.
    pub test_modules: BTreeSet<String>,
}

impl Imports {
    /// All places that the file names, imports or re-exports.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.named.iter().chain(self.aliases.values()).chain(&self.globs)
    }
}

/// Looks through a file. `file`: its path from the root of the source.
///
/// # Errors
/// If the text is no Rust.
pub fn of(file: &Path, text: &str) -> syn::Result<Imports> {
    let module = module_of(file);
    let mut reader = Reader {
        depth: module.len(),
        module,
        imports: Imports::default(),
    };
    reader.visit_file(&syn::parse_file(text)?);
    Ok(reader.imports)
}

/// The module that a file holds.
pub fn module_of(file: &Path) -> Place {
    let path = file.with_extension("");
    let names = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let mut names: Place = names.collect();
    names.pop_if(|last| last == "mod" || last == "lib" || last == "main");
    names
}

struct Reader {
    /// The module that is being looked at.
    module: Place,
    /// How many names the file's own module has.
    depth: usize,
    imports: Imports,
}

impl Reader {
    fn is_at_top(&self) -> bool {
        self.module.len() == self.depth
    }

    /// The place of a path as it is written, and whether it begins at a known module.
    fn place(&self, path: &[String]) -> (Place, bool) {
        let above = path.iter().take_while(|name| *name == "super").count();
        match path.first().map(String::as_str) {
            Some("crate") => (path[1..].to_vec(), true),
            Some("self") => ([&self.module, &path[1..]].concat(), true),
            Some("super") => {
                let from = self.module.len().saturating_sub(above);
                ([&self.module[..from], &path[above..]].concat(), true)
            }
            _ => ([&self.module, path].concat(), false),
        }
    }

    fn take(&mut self, path: &[String]) {
        if path.is_empty() {
            return;
        }
        let (place, is_known) = self.place(path);
        match is_known {
            true => self.imports.named.insert(place),
            false => self.imports.bare.insert(place),
        };
    }

    fn take_tree(&mut self, before: &[String], tree: &UseTree, is_export: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.take_tree(&with(&path.ident), &path.tree, is_export),
            UseTree::Name(name) if name.ident == "self" => {
                let alias = before.last().cloned().unwrap_or_default();
                self.take_import(alias, before, is_export);
            }
            UseTree::Name(name) => self.take_import(name.ident.to_string(), &with(&name.ident), is_export),
            UseTree::Rename(rename) => {
                let mut path = with(&rename.ident);
                path.pop_if(|last| last == "self" && !before.is_empty());
                self.take_import(rename.rename.to_string(), &path, is_export);
            }
            UseTree::Glob(_) => {
                let (place, _) = self.place(before);
                self.imports.globs.insert(place);
                if !is_export {
                    self.take(before);
                }
            }
            UseTree::Group(group) => {
                let trees = group.items.iter();
                trees.for_each(|tree| self.take_tree(before, tree, is_export));
            }
        }
    }

    fn take_import(&mut self, alias: String, path: &[String], is_export: bool) {
        if self.is_at_top() {
            let (place, _) = self.place(path);
            self.imports.aliases.insert(alias, place);
        }
        if !is_export {
            self.take(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = match item {
            Item::Mod(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Use(item) => (&item.attrs, None),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            _ => return visit::visit_item(self, item),
        };
        let is_for_tests = attributes.iter().any(is_for_tests);
        if self.is_at_top() {
            let names = match (item, is_for_tests) {
                (Item::Mod(_), true) => &mut self.imports.test_modules,
                _ => &mut self.imports.items,
            };
            names.extend(name.map(ToString::to_string));
        }
        if !is_for_tests {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_export = !matches!(item.vis, Visibility::Inherited);
        self.take_tree(&[], &item.tree, is_export);
    }

    /// `pub(super)` and `pub(in crate::sync)` use nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string());
        self.take(&names.collect::<Place>());
        visit::visit_path(self, path);
    }

    /// What a macro is given is no Rust until it is expanded: it is looked through for what reads as a path.
    fn visit_macro(&mut self, mac: &'ast Macro) {
        for path in paths_in(&mac.tokens.to_string()) {
            self.take(&path);
        }
        visit::visit_macro(self, mac);
    }
}

/// `#[cfg(test)]`, alone or as one of several.
fn is_for_tests(attribute: &Attribute) -> bool {
    let Ok(list) = attribute.meta.require_list() else {
        return false;
    };
    let text = list.tokens.to_string();
    list.path.is_ident("cfg")
        && text
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(places: &BTreeSet<Place>) -> Vec<String> {
        places.iter().map(|place| place.join("::")).collect()
    }

    #[test]
    fn imports_are_found_wherever_they_stand() {
        for (file, text, expected) in [
            (
                "plan/edit.rs",
                "use crate::{json, pack::{Entity, Field}};",
                vec!["json", "pack::Entity", "pack::Field"],
            ),
            (
                "plan/edit.rs",
                "fn f() -> crate::Fields { crate::merge::go() }",
                vec!["Fields", "merge::go"],
            ),
            (
                "plan/edit.rs",
                "use super::answers; use super::super::store::{self, Row};",
                vec!["plan::answers", "store", "store::Row"],
            ),
            (
                "plan/mod.rs",
                "use super::store; mod inner { use super::super::queue; use super::edit; }",
                vec!["plan::edit", "queue", "store"],
            ),
            (
                "plan/edit.rs",
                "#[cfg(test)] mod tests { use crate::engine; }",
                vec![],
            ),
            (
                "plan/edit.rs",
                "#[cfg(any(test, feature = \"x\"))] use crate::engine;",
                vec![],
            ),
            (
                "pages/list.rs",
                "fn f() { view! { <p>{crate::format::time(super::go)}</p> } }",
                vec!["format::time", "pages::go"],
            ),
            (
                "plan/edit.rs",
                "// crate::engine\n/// [`crate::engine`]\nstruct S;",
                vec![],
            ),
            ("plan/edit.rs", "use std::fmt; use serde::Serialize;", vec![]),
            ("plan/mod.rs", "pub use edit::go; pub use crate::store;", vec![]),
        ] {
            let imports = of(Path::new(file), text).unwrap();
            assert_eq!(places(&imports.named), expected, "{text}");
        }
    }

    #[test]
    fn names_that_an_import_gives_are_known_by_what_they_stand_for() {
        let text =
            "mod edit; pub use edit::{Edit as Change, go}; pub use super::store::*; #[cfg(test)] mod tests;";
        let imports = of(Path::new("plan/mod.rs"), text).unwrap();
        let aliases = imports.aliases.iter();
        let aliases: Vec<String> = aliases
            .map(|(alias, place)| format!("{alias} = {}", place.join("::")))
            .collect();
        assert_eq!(aliases, ["Change = plan::edit::Edit", "go = plan::edit::go"]);
        assert_eq!(places(&imports.globs), ["store"]);
        assert!(imports.items.contains("edit") && imports.test_modules.contains("tests"));
    }
}
