//! One form for what looks the same: user names and passwords are typed by different keyboards.
//!
//! "é" is one character or two, as the keyboard has it. Both are brought into Unicode's NFC before they are compared
//! or hashed.

use unicode_normalization::UnicodeNormalization;

use super::IdentityError;
use crate::storage::identity::User;
use crate::storage::port::IdentityReader;

/// A user name as it is stored and compared: trimmed, lower case, NFC.
pub fn username(typed: &str) -> String {
    typed
        .trim()
        .nfc()
        .collect::<String>()
        .to_lowercase()
        .nfc()
        .collect()
}

/// The account with this user name, in whatever form an earlier version stored it.
pub fn find_account(store: &dyn IdentityReader, typed: &str) -> Result<Option<User>, IdentityError> {
    let lower = typed.trim().to_lowercase();
    for form in forms(&lower) {
        if let Some(user) = store.user_by_name(&form)? {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// The text in NFC; and, where they differ, as it was typed and in NFD, for what was stored before everything was
/// brought into NFC.
pub(super) fn forms(typed: &str) -> Vec<String> {
    let mut forms = vec![typed.nfc().collect()];
    for other in [typed.to_owned(), typed.nfd().collect()] {
        if !forms.contains(&other) {
            forms.push(other);
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::fixtures::user;
    use crate::storage::memory::MemoryStorage;
    use crate::storage::port::{Organisation, Storage};

    #[test]
    fn names_that_look_the_same_are_the_same() {
        for typed in ["josé", "jose\u{301}", " JOSÉ ", "JOSE\u{301}\t"] {
            assert_eq!(username(typed), "jos\u{e9}", "{typed:?}");
        }
        assert_ne!(username("jose"), username("josé"));
    }

    #[test]
    fn an_account_is_found_in_whatever_form_it_was_stored() {
        for stored in ["jos\u{e9}", "jose\u{301}"] {
            let found: Result<(), IdentityError> = MemoryStorage::default().write(Organisation::ONLY, |tx| {
                let store = tx.identity_mut()?;
                store.save_user(&user(stored))?;
                for typed in ["jos\u{e9}", "jose\u{301}", " JOSÉ"] {
                    let found = find_account(store, typed)?;
                    assert_eq!(found.map(|user| user.id).as_deref(), Some(stored), "{typed:?}");
                }
                assert!(find_account(store, "jose")?.is_none());
                Ok(())
            });
            found.unwrap();
        }
    }
}
