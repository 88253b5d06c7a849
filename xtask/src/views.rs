//! `view!` macros, which rustfmt leaves alone: their format, at the width of the rest of the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

use leptosfmt_formatter::{FormatterSettings, format_file_source};

use crate::{
    error::{Failure, FileContext, Outcome},
    workspace::root,
};

/// As `max_width` in rustfmt.toml.
const WIDTH: usize = 110;

/// Formats the views of the app; answers the files that were not formatted.
pub fn format() -> Outcome<Vec<PathBuf>> {
    each(|path, text| fs::write(path, text).at("write", path))
}

/// Fails if a view of the app is not formatted; says in which files.
pub fn check() -> Outcome {
    let changed = each(|_, _| Ok(()))?;
    let paths: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
    match paths.is_empty() {
        true => Ok(()),
        false => Err(Failure::Views(paths.join("\n"))),
    }
}

/// Hands on each file whose views are not formatted, with the text that it should have; answers their paths.
fn each(mut take: impl FnMut(&Path, &str) -> Outcome) -> Outcome<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for path in sources(&root().join("src"))? {
        let text = fs::read_to_string(&path).at("read", &path)?;
        let formatted = formatted(&text).map_err(|message| Failure::View {
            path: path.clone(),
            message,
        })?;
        if formatted != text {
            take(&path, &formatted)?;
            changed.push(path);
        }
    }
    Ok(changed)
}

/// A file's text with its views formatted.
fn formatted(text: &str) -> Result<String, String> {
    let settings = FormatterSettings {
        max_width: WIDTH,
        ..FormatterSettings::default()
    };
    format_file_source(text, &settings).map_err(|error| error.to_string())
}

fn sources(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).at("read", folder)? {
        let path = entry.at("read", folder)?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_wrapped_and_then_left_alone() {
        let long = "a".repeat(WIDTH);
        let text = format!(
            "fn f() -> AnyView {{\n    view! {{ <p class=\"{long}\"><b>{{x}}</b></p> }}.into_any()\n}}\n"
        );
        let once = formatted(&text).unwrap();
        assert!(once.lines().count() > text.lines().count(), "{once}");
        assert_eq!(formatted(&once).unwrap(), once);
        assert!(formatted("fn f( {").is_err());
    }
}
