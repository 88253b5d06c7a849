//! Replacing the data key step by step, as the client does it.

use holdfast_browser::{clock::PlatformClock, store::IndexedDbStore, vault::Vault};
use holdfast_core::ports::Clock;

use super::device::{Device, PASSCODE};

/// After which step the work is dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    VaultWritten,
    Fenced,
    BatchRead(usize),
    BatchSealed(usize),
    BatchWritten(usize),
    AllWritten,
    FormerDropped,
}

/// What the product does, up to a step.
pub async fn replace_until(device: &Device, database: &str, last: Step) {
    let vault = Vault::named(&device.vault);
    let now = PlatformClock.now();
    let unlocked = vault
        .begin_replacing(&device.user_id, PASSCODE, now)
        .await
        .unwrap();
    let keys = unlocked.keys;
    if last == Step::VaultWritten {
        return;
    }
    let store = IndexedDbStore::new(database, keys.clone());
    store.fence().await.unwrap();
    if last == Step::Fenced {
        return;
    }
    for (number, places) in store.sealed_places().await.unwrap().iter().enumerate() {
        let batch = store.read_batch(places).await.unwrap();
        if last == Step::BatchRead(number) {
            return;
        }
        let sealed = batch.seal(&keys).await.unwrap();
        if last == Step::BatchSealed(number) {
            return;
        }
        store.write_batch(sealed).await.unwrap();
        if last == Step::BatchWritten(number) {
            return;
        }
    }
    for places in &vault.private_places(&device.user_id).await.unwrap() {
        let batch = vault.read_private_batch(places).await.unwrap();
        let sealed = batch.seal(&keys).await.unwrap();
        vault.write_private_batch(sealed).await.unwrap();
    }
    if last == Step::AllWritten {
        return;
    }
    let ended = vault.end_replacing(&device.user_id, keys.generation(), now);
    ended.await.unwrap();
    assert_eq!(last, Step::FormerDropped, "there are fewer batches");
}
