//! The domain packs in force: those compiled in, or those of a folder.

pub mod demo;

use std::path::{Path, PathBuf};

use holdfast_core::pack::{Pack, PackError, Packs};

/// Name and text of each pack compiled in.
const EMBEDDED: [(&str, &str); 2] = [
    (
        "maintenance",
        include_str!("../../../../domains/maintenance.toml"),
    ),
    (
        "service-desk",
        include_str!("../../../../domains/service-desk.toml"),
    ),
];

#[derive(Debug, thiserror::Error)]
pub enum PacksError {
    #[error("cannot read {path}: {source}. Name a folder of .toml packs with --domains, or leave it out")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("there is no pack in {0}. Put .toml packs there, or leave out --domains")]
    Empty(PathBuf),
    #[error("{0}. Correct the pack, then start again")]
    Pack(#[from] PackError),
}

/// The packs of the folder; those compiled in, if there is none.
pub fn load(folder: Option<&Path>) -> Result<Packs, PacksError> {
    let packs = match folder {
        None => {
            let parsed = EMBEDDED.iter().map(|(name, text)| Pack::from_toml(name, text));
            parsed.collect::<Result<Vec<_>, _>>()?
        }
        Some(folder) => read_folder(folder)?,
    };
    Ok(Packs::new(packs)?)
}

fn read_folder(folder: &Path) -> Result<Vec<Pack>, PacksError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| PacksError::Read { path, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        // `maintenance.nist.toml` is an import mapping, not a pack.
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.strip_suffix(".toml").is_some_and(|stem| !stem.contains('.')) {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        Ok(Pack::from_toml(name, &text)?)
    };
    let packs: Vec<Pack> = files.iter().map(read).collect::<Result<_, PacksError>>()?;
    if packs.is_empty() {
        Err(PacksError::Empty(folder.to_owned()))
    } else {
        Ok(packs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_packs_are_sound() {
        let packs = load(None).unwrap();
        for name in ["work-order", "asset", "ticket", "alert", "conflict"] {
            assert!(packs.entity(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_folder_takes_their_place() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(Some(folder.path())), Err(PacksError::Empty(_))));
        std::fs::write(folder.path().join("maintenance.toml"), EMBEDDED[0].1).unwrap();
        std::fs::write(
            folder.path().join("maintenance.nist.toml"),
            "pack = 'maintenance'",
        )
        .unwrap();
        let packs = load(Some(folder.path())).unwrap();
        assert!(packs.entity("work-order").is_some() && packs.entity("ticket").is_none());
        std::fs::write(folder.path().join("broken.toml"), "name = 7").unwrap();
        assert!(
            load(Some(folder.path()))
                .unwrap_err()
                .to_string()
                .contains("broken")
        );
        assert!(matches!(
            load(Some(&folder.path().join("nowhere"))),
            Err(PacksError::Read { .. })
        ));
    }
}
