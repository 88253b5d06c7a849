//! The `--database` flag, which all subcommands share.

use std::path::PathBuf;
use std::str::FromStr;

/// Where the data lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DatabaseUrl {
    Sqlite(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a database address. Write sqlite: and a file, such as sqlite:holdfast.db")]
pub(super) struct NotADatabase(String);

impl FromStr for DatabaseUrl {
    type Err = NotADatabase;

    fn from_str(text: &str) -> Result<Self, NotADatabase> {
        match text
            .strip_prefix("sqlite:")
            .map(|path| path.strip_prefix("//").unwrap_or(path))
        {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err(NotADatabase(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let sqlite = |path: &str| Ok(DatabaseUrl::Sqlite(path.into()));
        assert_eq!("sqlite:holdfast.db".parse(), sqlite("holdfast.db"));
        assert_eq!(
            "sqlite:/var/lib/holdfast.db".parse(),
            sqlite("/var/lib/holdfast.db")
        );
        assert_eq!(
            "sqlite:///var/lib/holdfast.db".parse(),
            sqlite("/var/lib/holdfast.db")
        );
        for wrong in ["holdfast.db", "sqlite:", "postgres://localhost/holdfast", ""] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }
}
