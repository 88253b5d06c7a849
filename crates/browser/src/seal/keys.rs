//! One person's keys, while unlocked.

use js_sys::{Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::CryptoKey;

use super::{
    Asked, Generation, Name, Purpose, SealError, answered, subtle,
    value::{DataKey, LAYOUT, LAYOUT_OF_GENERATION, Nonce, Opening, Sealing, generation_of, layout_of},
};
use crate::scope::{object, property};

/// The newest data key, with which everything is sealed; the one before it, for as long as values sealed with it are
/// left; and the index key. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Keys {
    newest: DataKey,
    former: Option<DataKey>,
    index: CryptoKey,
}

impl Keys {
    pub(crate) fn new(newest: DataKey, former: Option<DataKey>, index: CryptoKey) -> Self {
        Self {
            newest,
            former,
            index,
        }
    }

    /// As one value that can be stored, or sent to another context. Its keys are still ones that nobody can export.
    pub(crate) fn as_value(&self) -> JsValue {
        let value = object(&[
            ("data", self.newest.key.clone().into()),
            ("generation", self.newest.generation.into()),
            ("index", self.index.clone().into()),
        ]);
        if let Some(former) = &self.former {
            let former = [
                ("former", former.key.clone().into()),
                ("formerGeneration", former.generation.into()),
            ];
            Object::assign(&value, &object(&former));
        }
        value.into()
    }

    /// What [`Self::as_value`] made; `None` of anything else.
    pub(crate) fn of_value(value: &JsValue) -> Option<Self> {
        let key = |name| property(value, name).dyn_into::<CryptoKey>().ok();
        let generation = |name| property(value, name).as_f64().unwrap_or_default() as Generation;
        let newest = DataKey {
            generation: generation("generation"),
            key: key("data")?,
        };
        let former = key("former").map(|key| DataKey {
            generation: generation("formerGeneration"),
            key,
        });
        Some(Self::new(newest, former, key("index")?))
    }

    /// Which data key seals.
    pub fn generation(&self) -> Generation {
        self.newest.generation
    }

    /// Whether the data key of a generation is here.
    pub(crate) fn opens(&self, generation: Generation) -> bool {
        self.key(generation).is_some()
    }

    /// Whether values may be left that an earlier data key sealed.
    pub fn is_replacing(&self) -> bool {
        self.former.is_some()
    }

    /// The same keys without the one that has been replaced.
    pub(crate) fn without_former(self) -> Self {
        Self { former: None, ..self }
    }

    /// The name at rest of what has this key.
    pub async fn name(&self, text: &str) -> Result<Name, SealError> {
        self.begin_name(text).name().await
    }

    pub(crate) fn begin_name(&self, text: &str) -> Naming {
        let signing = subtle().sign_with_str_and_u8_array("HMAC", &self.index, text.as_bytes());
        Naming(signing.map(JsFuture::from))
    }

    pub async fn seal(&self, purpose: Purpose, name: &[u8], plain: &[u8]) -> Result<Uint8Array, SealError> {
        self.begin_seal(purpose, name, plain).sealed().await
    }

    pub(crate) fn begin_seal(&self, purpose: Purpose, name: &[u8], plain: &[u8]) -> Sealing {
        Sealing::begin(&self.newest, purpose, name, plain)
    }

    /// Seals with the newest key what was sealed under this nonce before.
    pub(crate) fn begin_anew(&self, purpose: Purpose, name: &[u8], plain: &[u8], nonce: Nonce) -> Sealing {
        Sealing::begin_anew(&self.newest, purpose, name, plain, nonce)
    }

    pub async fn open(
        &self,
        purpose: Purpose,
        name: &[u8],
        sealed: &Uint8Array,
    ) -> Result<Vec<u8>, SealError> {
        self.begin_open(purpose, name, sealed)?.plain().await
    }

    pub(crate) fn begin_open(
        &self,
        purpose: Purpose,
        name: &[u8],
        sealed: &Uint8Array,
    ) -> Result<Opening, SealError> {
        let Some(generation) = generation_of(sealed) else {
            return Err(match layout_of(sealed) {
                None | Some(LAYOUT | LAYOUT_OF_GENERATION) => SealError::DoesNotOpen,
                Some(unknown) => SealError::UnknownLayout(unknown),
            });
        };
        let key = self.key(generation).ok_or(SealError::DoesNotOpen)?;
        Opening::begin(key, purpose, name, sealed)
    }

    /// The data key of a generation, if it is here.
    fn key(&self, generation: Generation) -> Option<&DataKey> {
        let here = [Some(&self.newest), self.former.as_ref()];
        here.into_iter()
            .flatten()
            .find(|key| key.generation == generation)
    }
}

/// A name being made.
pub(crate) struct Naming(Asked);

impl Naming {
    pub(crate) async fn name(self) -> Result<Name, SealError> {
        let bytes = Uint8Array::new(&answered(self.0).await?);
        let mut name = [0; 32];
        bytes.copy_to(&mut name);
        Ok(name)
    }
}
