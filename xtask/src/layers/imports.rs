//! What a source file uses of its own package.

use std::{collections::BTreeSet, path::Path};

use syn::{
    Attribute, Item, ItemMod, Macro, UseTree,
    visit::{self, Visit},
};

/// Names at the package's root that a file uses; what only its tests use is left out. `file`: its path from the root of
/// the source.
///
/// # Errors
/// If the text is no Rust.
pub fn of(file: &Path, text: &str) -> syn::Result<BTreeSet<String>> {
    let mut imports = Imports {
        module: module_of(file),
        names: BTreeSet::new(),
    };
    imports.visit_file(&syn::parse_file(text)?);
    Ok(imports.names)
}

/// The module that a file holds.
fn module_of(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let names = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.pop_if(|last| last == "mod" || last == "lib" || last == "main");
    names
}

struct Imports {
    /// The module that is being looked at.
    module: Vec<String>,
    names: BTreeSet<String>,
}

impl Imports {
    /// Takes a path as it is written, from its first segment on.
    fn take(&mut self, path: &[String]) {
        let above = path.iter().take_while(|name| *name == "super").count();
        let from_root = match path.first().map(String::as_str) {
            Some("crate") => path.get(1),
            Some("super") if above == self.module.len() => path.get(above),
            _ => None,
        };
        self.names.extend(from_root.cloned());
    }

    fn take_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.take_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.take(&with(&name.ident)),
            UseTree::Rename(rename) => self.take(&with(&rename.ident)),
            UseTree::Glob(_) => self.take(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.take_tree(before, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.take_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.take(&names);
        visit::visit_path(self, path);
    }

    /// What a macro is given is no Rust until it is expanded: its words are looked through.
    fn visit_macro(&mut self, mac: &'ast Macro) {
        let text = mac.tokens.to_string();
        let words: Vec<&str> = text.split_whitespace().collect();
        for window in words.windows(3) {
            if let ["crate", "::", name] = window {
                self.names.insert((*name).to_owned());
            }
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

    fn names(file: &str, text: &str) -> Vec<String> {
        of(Path::new(file), text).unwrap().into_iter().collect()
    }

    #[test]
    fn imports_are_found_wherever_they_stand() {
        for (file, text, expected) in [
            (
                "plan/edit.rs",
                "use crate::{json, pack::{Entity, Field}};",
                vec!["json", "pack"],
            ),
            (
                "plan/edit.rs",
                "fn f() -> crate::Fields { crate::merge::go() }",
                vec!["Fields", "merge"],
            ),
            (
                "plan/edit.rs",
                "use super::answers; use super::super::store::Row;",
                vec!["store"],
            ),
            (
                "plan/mod.rs",
                "use super::store; mod inner { use super::super::queue; use super::edit; }",
                vec!["queue", "store"],
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
                "fn f() { view! { <p>{crate::format::time()}</p> } }",
                vec!["format"],
            ),
            (
                "plan/edit.rs",
                "// crate::engine\n/// [`crate::engine`]\nstruct S;",
                vec![],
            ),
            ("plan/edit.rs", "use std::fmt; use serde::Serialize;", vec![]),
        ] {
            assert_eq!(names(file, text), expected, "{text}");
        }
    }
}
