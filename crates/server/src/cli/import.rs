//! `holdfast-server import`.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;

use super::prepare::{self, PrepareError};
use super::target::Target;
use crate::import::encoding::{Named, Origin};
use crate::import::mapping::Mapping;
use crate::import::{self, ImportError as Failure, Options, Summary};
use crate::packs::{self, PacksError};
use crate::storage::database::DatabaseUrl;
use crate::storage::port::{Organisation, StorageError};

/// Read a CSV file into records
#[derive(Debug, Args)]
#[command(
    after_help = "Rows that cannot be read are told with line and reason, and the others are imported; the exit \
    code is then 1. A row that an earlier import brought is known by its content and adds nothing, whether its record was \
    changed since or deleted."
)]
pub(super) struct ImportArguments {
    /// The CSV file, with a header
    file: PathBuf,

    /// The pack whose records the rows become
    #[arg(long, env = "HOLDFAST_PACK")]
    pack: String,

    /// How a row becomes a record
    #[arg(long, env = "HOLDFAST_MAPPING")]
    mapping: PathBuf,

    /// The file's encoding, by its WHATWG label (`windows-1252`, `utf-16le`); found out, if left out
    #[arg(long, value_name = "NAME")]
    encoding: Option<Named>,

    /// What separates cells: a character, or `tab`; a comma, if neither this nor the mapping says so
    #[arg(long, value_name = "CHARACTER", value_parser = import::delimiter)]
    delimiter: Option<char>,

    /// Take cells of several lines also where a line of them could be a row by itself
    #[arg(long)]
    multiline: bool,

    /// Bring records back that were deleted since an earlier import: with the file's values if only imports ever changed
    /// them, otherwise with their last values
    #[arg(long)]
    revive: bool,

    /// Who imports, as the audit names them; the system's user, if left out
    #[arg(long, env = "HOLDFAST_OPERATOR", value_name = "NAME")]
    by: Option<String>,

    /// Where the data lies; the file is created if it is missing
    #[arg(long, env = "HOLDFAST_DATABASE", default_value = "sqlite:holdfast.db")]
    database: DatabaseUrl,

    /// Folder of domain packs, in place of those built in
    #[arg(long, env = "HOLDFAST_DOMAINS")]
    domains: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ImportError {
    #[error("cannot read {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the mapping {path} cannot be read: {message}")]
    Mapping { path: PathBuf, message: String },
    #[error("the mapping is for the pack \"{mapping}\", and --pack says \"{asked}\"")]
    AnotherPack { mapping: String, asked: String },
    #[error(
        "{0} left out; the others are imported. Correct the file and import it again: what is there stays as it is"
    )]
    Broken(String),
    #[error("{0}. Nothing was imported")]
    OtherPacks(StorageError),
    #[error(transparent)]
    Import(#[from] Failure),
    #[error(transparent)]
    Packs(#[from] PacksError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

pub(super) fn run(arguments: &ImportArguments, organisation: Organisation) -> Result<(), ImportError> {
    let unreadable = |path: &PathBuf| {
        let path = path.clone();
        move |source| ImportError::File { path, source }
    };
    let text = std::fs::read_to_string(&arguments.mapping).map_err(unreadable(&arguments.mapping))?;
    let mapping = Mapping::from_toml(&text).map_err(|message| ImportError::Mapping {
        path: arguments.mapping.clone(),
        message,
    })?;
    if mapping.pack != arguments.pack {
        return Err(ImportError::AnotherPack {
            mapping: mapping.pack,
            asked: arguments.pack.clone(),
        });
    }
    let options = Options {
        encoding: arguments.encoding,
        delimiter: arguments.delimiter,
        multiline: arguments.multiline,
        revive: arguments.revive,
    };
    let file = File::open(&arguments.file).map_err(unreadable(&arguments.file))?;
    let packs = packs::load(arguments.domains.as_deref())?;
    let database = arguments.database.open()?;
    let target = Target {
        database: &database,
        organisation,
    };
    prepare::keys_for_import(target, &packs, &mapping.entities()).map_err(refused)?;
    prepare::people(target, &packs)?;
    let progress = |done: usize, all: usize| eprintln!("{done} of {all} rows");
    let system_user = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let by = arguments.by.clone().or_else(|| system_user().ok());
    let by = by.unwrap_or_else(|| "import".to_owned());
    let when = (&prepare::now as &dyn Fn() -> _, by.as_str());
    let summary = import::import(
        (&database, organisation),
        &packs,
        (&mapping, options),
        file,
        when,
        progress,
    )?;
    tell(&summary)
}

/// Says of a refusal before the first row that it changed nothing.
fn refused(error: PrepareError) -> ImportError {
    match error {
        PrepareError::Storage(other @ StorageError::OtherPacks { .. }) => ImportError::OtherPacks(other),
        other => other.into(),
    }
}

fn tell(summary: &Summary) -> Result<(), ImportError> {
    let Summary {
        rows,
        imported,
        known,
        broken,
        missing,
        ..
    } = summary;
    let left_out = if broken.len() == 1 { "row" } else { "rows" };
    println!(
        "{imported} records imported, {known} were there already, {} {left_out} left out{}: {rows} rows in the file",
        broken.len(),
        match summary.revived {
            0 => String::new(),
            revived => format!(", {revived} brought back"),
        }
    );
    if let Some(note) = encoding_note(summary) {
        println!("{note}");
    }
    if summary.deleted > 0 {
        println!(
            "note: {} of those that were there already were deleted since, and stay so; --revive brings them back",
            summary.deleted
        );
    }
    for row in broken {
        println!("line {}: {}", row.line, row.reason);
    }
    for missing in missing {
        println!("note: records refer to {missing}, which is not there");
    }
    match broken.len() {
        0 => Ok(()),
        1 => Err(ImportError::Broken("1 row was".to_owned())),
        count => Err(ImportError::Broken(format!("{count} rows were"))),
    }
}

/// In which encoding the file was read, where nobody said so and it is not UTF-8.
fn encoding_note(summary: &Summary) -> Option<String> {
    let name = summary.read_as.name;
    let sample = summary.sample.as_deref().unwrap_or_default();
    match summary.read_as.origin {
        Origin::Guessed => Some(format!(
            "note: the file is not UTF-8 and was read as {name}, which fits best: \"{sample}\". If letters are wrong, delete those \
             records and import again with --revive --encoding NAME"
        )),
        Origin::Marked if name != "UTF-8" => Some(format!(
            "note: the file was read as {name}, by its byte order mark"
        )),
        Origin::Asked | Origin::Marked | Origin::Valid => None,
    }
}
