//! `cargo xtask mutate`: breaks the engine's rules one at a time and looks which of the simulator's promises notices.
//!
//! The rules stand in `crates/simulator/mutations.toml`. They are broken in a copy of the sources, never in the checkout.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Args;
use serde::Deserialize;

use crate::{
    error::{Failure, FileContext, Outcome},
    step, workspace,
};

const MUTATIONS: &str = "crates/simulator/mutations.toml";
/// How the line begins and ends that the simulator prints before the promises that a seed broke.
const BROKE: (&str, &str) = ("seed ", " events):");

/// How long to look.
#[derive(Debug, Args)]
pub struct Options {
    /// Seeds to play on each broken rule, at most
    #[arg(long, default_value_t = 3_000)]
    seeds: u64,

    /// Only rules whose names contain this, and not the unbroken ones
    #[arg(long)]
    only: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Mutations {
    mutation: Vec<Mutation>,
}

#[derive(Debug, Deserialize)]
struct Mutation {
    name: String,
    #[serde(flatten)]
    edit: Edit,
    /// Other places that hold the same rule.
    #[serde(default)]
    also: Vec<Edit>,
}

#[derive(Debug, Deserialize)]
struct Edit {
    /// From the root of the checkout.
    file: String,
    find: String,
    replace: String,
}

/// What came of a broken rule.
enum Fate {
    /// The seed, and the promise that noticed.
    Caught(String),
    Survived,
}

/// Fails if a broken rule is noticed by no promise: an invariant is missing then.
pub fn execute(options: &Options) -> Outcome {
    let mutations = read()?;
    copy_sources()?;
    // Whoever asks for some has seen the others, and these.
    if options.only.is_none() {
        play_unbroken(options.seeds)?;
    }
    let wanted = |mutation: &&Mutation| {
        options
            .only
            .as_ref()
            .is_none_or(|part| mutation.name.contains(part))
    };
    let mut survivors = Vec::new();
    for mutation in mutations.iter().filter(wanted) {
        let name = mutation.name.as_str();
        match step::timed(name, "1 min", || try_out(mutation, options.seeds))? {
            Fate::Caught(promise) => println!("  caught: {promise}"),
            Fate::Survived => {
                println!("  SURVIVED");
                survivors.push(name);
            }
        }
    }
    if survivors.is_empty() {
        Ok(())
    } else {
        Err(Failure::Mutation(format!(
            "no promise noticed: {}",
            survivors.join("; ")
        )))
    }
}

fn play_unbroken(seeds: u64) -> Outcome {
    match step::timed("Playing the unbroken rules", "10 min", || play(seeds))? {
        Fate::Survived => Ok(()),
        Fate::Caught(story) => Err(Failure::Mutation(format!(
            "the rules as they are break a promise: {story}"
        ))),
    }
}

fn read() -> Outcome<Vec<Mutation>> {
    let path = workspace::root().join(MUTATIONS);
    let text = fs::read_to_string(&path).at("read", &path)?;
    let parsed: Mutations =
        toml::from_str(&text).map_err(|error| Failure::Mutation(format!("{MUTATIONS}: {error}")))?;
    Ok(parsed.mutation)
}

fn tree() -> PathBuf {
    workspace::target().join("mutants").join("tree")
}

/// Copies what git knows, and drops from the copy what it knows no more; files that are the same keep their time, so
/// that cargo builds only what changed.
fn copy_sources() -> Outcome {
    let listed = step::output(workspace::command("git").args(["ls-files", "-z"]));
    let listed = listed
        .filter(|output| output.status.success())
        .ok_or_else(|| Failure::Missing {
            what: "the list of sources".to_owned(),
            remedy: "Run this in a git checkout.".to_owned(),
        })?;
    let listed = String::from_utf8_lossy(&listed.stdout);
    let names: BTreeSet<&str> = listed.split_terminator('\0').collect();
    drop_others(&tree(), &names)?;
    for name in names {
        let (from, to) = (workspace::root().join(name), tree().join(name));
        // Listed, but deleted and not committed yet.
        if !from.is_file() {
            continue;
        }
        let content = fs::read(&from).at("read", &from)?;
        if fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).at("create", folder)?;
        }
        fs::write(&to, content).at("write", &to)?;
    }
    Ok(())
}

/// Removes files of the copy, below this folder, whose names are not listed.
fn drop_others(folder: &Path, listed: &BTreeSet<&str>) -> Outcome {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).at("read", folder)? {
        let path = entry.at("read", folder)?.path();
        let known = path.strip_prefix(tree()).is_ok_and(|name| {
            listed.contains(&*name.to_string_lossy()) && workspace::root().join(name).is_file()
        });
        if path.is_dir() {
            drop_others(&path, listed)?;
        } else if !known {
            fs::remove_file(&path).at("remove", &path)?;
        }
    }
    Ok(())
}

/// Breaks the rule wherever it is held, plays, and mends it.
fn try_out(mutation: &Mutation, seeds: u64) -> Outcome<Fate> {
    let mut whole = Vec::new();
    for edit in std::iter::once(&mutation.edit).chain(&mutation.also) {
        whole.push(break_rule(&mutation.name, edit)?);
    }
    let fate = play(seeds);
    for (path, text) in whole {
        fs::write(&path, text).at("write", &path)?;
    }
    fate
}

/// The file and what it held before.
fn break_rule(name: &str, edit: &Edit) -> Outcome<(PathBuf, String)> {
    let path = tree().join(&edit.file);
    let whole = fs::read_to_string(&path).at("read", &path)?;
    let count = whole.matches(&edit.find).count();
    if count != 1 {
        let file = &edit.file;
        let message =
            format!("{MUTATIONS}: what \"{name}\" looks for stands {count} times in {file}, not once");
        return Err(Failure::Mutation(message));
    }
    let broken = whole.replacen(&edit.find, &edit.replace, 1);
    fs::write(&path, broken).at("write", &path)?;
    Ok((path, whole))
}

/// Builds the copy and plays seeds until one breaks a promise. A crash is noticed too.
fn play(seeds: u64) -> Outcome<Fate> {
    let cargo = |arguments: &[&str]| -> Command {
        let mut cargo = workspace::cargo(arguments);
        cargo
            .current_dir(tree())
            .env(
                "CARGO_TARGET_DIR",
                workspace::target().join("mutants").join("build"),
            )
            .env("RUSTFLAGS", "--cap-lints warn");
        cargo
    };
    let profile = [
        "--quiet",
        "--locked",
        "--profile",
        "simulation",
        "--package",
        "holdfast-simulator",
    ];
    step::run(&mut cargo(&[&["build"], &profile[..]].concat()))?;
    let seeds = seeds.to_string();
    let mut run = cargo(
        &[
            &["run"],
            &profile[..],
            &["--", "--unshortened", "--seeds", &seeds],
        ]
        .concat(),
    );
    let Some(output) = step::output(&mut run) else {
        return Err(Failure::Mutation("the simulator did not start".to_owned()));
    };
    if output.status.success() {
        return Ok(Fate::Survived);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let announces = |line: &&str| line.starts_with(BROKE.0) && line.ends_with(BROKE.1);
    let broke = text.lines().skip_while(|line| !announces(line));
    let said: Vec<&str> = broke.take(2).map(str::trim).collect();
    let crash = || format!("the simulator ended with {}", output.status);
    Ok(Fate::Caught(if said.is_empty() {
        crash()
    } else {
        said.join(" ")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The run takes half an hour; a rule that moved is found out in a moment.
    #[test]
    fn what_each_mutation_looks_for_stands_once() {
        for mutation in read().expect("the mutations are read") {
            for edit in std::iter::once(&mutation.edit).chain(&mutation.also) {
                let path = workspace::root().join(&edit.file);
                let whole = fs::read_to_string(&path).expect("the file is there");
                assert_eq!(
                    whole.matches(&edit.find).count(),
                    1,
                    "{}: {}",
                    mutation.name,
                    edit.file
                );
                assert_ne!(edit.find, edit.replace, "{}", mutation.name);
            }
        }
    }
}
