//! The keys of personal identity codes: one to look codes up, several to seal them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, Mac};
use kernel::{FieldError, Ids, PersonId};
use sha2::Sha256;

use crate::Error;
use crate::model::personal_code::PersonalCode;

/// The name of the key that finds codes again; the others seal them.
const LOOKUP: &str = "lookup";

/// The bytes of a key and of a nonce of ChaCha20-Poly1305 (RFC 8439).
const KEY: usize = 32;
const NONCE: usize = 12;

/// The file is not one with keys of personal identity codes.
#[derive(Debug, thiserror::Error)]
#[error(
    "needs lines of a name and 64 hexadecimal digits: one named `lookup` and one or more for sealing, all different"
)]
pub struct InvalidCodeKeys;

/// The keys of personal identity codes. They never show in logs.
#[derive(Clone)]
pub struct CodeKeys {
    lookup: [u8; KEY],
    /// The newest first: it seals, all open.
    sealing: Vec<(String, [u8; KEY])>,
    /// True where codes 900 to 999, which belong to nobody, are taken: tests and the demo.
    artificial: bool,
}

/// A sealed code.
pub(crate) struct Sealed {
    pub(crate) key_id: String,
    pub(crate) text: String,
}

impl std::fmt::Debug for CodeKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeKeys(..)")
    }
}

impl CodeKeys {
    /// Reads lines of a name and 64 hexadecimal digits. The line `lookup` never changes; of the others the first one
    /// seals, and a job seals anew what another sealed, after which the other may go.
    ///
    /// # Errors
    /// When a key is missing, short, given twice or not hexadecimal.
    pub fn parse(text: &str, artificial: bool) -> Result<Self, InvalidCodeKeys> {
        let mut found: Vec<(String, [u8; KEY])> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, digits) = line.split_once(' ').ok_or(InvalidCodeKeys)?;
            let mut key = [0; KEY];
            hex::decode_to_slice(digits.trim(), &mut key).map_err(|_not_hexadecimal| InvalidCodeKeys)?;
            if found.iter().any(|(known, other)| known == name || *other == key) {
                return Err(InvalidCodeKeys);
            }
            found.push((name.to_owned(), key));
        }
        let lookup = found
            .iter()
            .position(|(name, _)| name == LOOKUP)
            .ok_or(InvalidCodeKeys)?;
        let (_, lookup) = found.remove(lookup);
        if found.is_empty() {
            return Err(InvalidCodeKeys);
        }
        Ok(Self {
            lookup,
            sealing: found,
            artificial,
        })
    }

    /// The text of a new file.
    pub fn generate(ids: &Ids) -> String {
        let key = || hex::encode(ids.bytes::<KEY>());
        format!("{LOOKUP} {}\n1 {}\n", key(), key())
    }

    /// Takes a code that somebody typed.
    pub(crate) fn code(&self, text: &str) -> Result<PersonalCode, FieldError> {
        PersonalCode::parse(text, self.artificial)
    }

    /// By what a code is found again.
    pub(crate) fn lookup(&self, code: &PersonalCode) -> Result<String, Error> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.lookup).map_err(crypto)?;
        mac.update(code.reveal().as_bytes());
        Ok(hex::encode(mac.finalize().into_bytes()))
    }

    /// Seals the code of a person with the newest key.
    pub(crate) fn seal(&self, nonce: [u8; NONCE], person: PersonId, code: &PersonalCode) -> Result<Sealed, Error> {
        let (name, key) = self.newest()?;
        let (msg, about) = (code.reveal().as_bytes(), person.to_string());
        let payload = Payload {
            msg,
            aad: about.as_bytes(),
        };
        let secret = cipher(key)?.encrypt(&Nonce::from(nonce), payload).map_err(crypto)?;
        Ok(Sealed {
            key_id: name.clone(),
            text: STANDARD.encode([nonce.as_slice(), &secret].concat()),
        })
    }

    /// Opens the code of a person.
    pub(crate) fn open(&self, person: PersonId, sealed: &Sealed) -> Result<PersonalCode, Error> {
        let named = self.sealing.iter().find(|(name, _)| *name == sealed.key_id);
        let (_, key) = named.ok_or_else(|| Error::Crypto("the key of a personal code is gone".to_owned()))?;
        let bytes = STANDARD.decode(&sealed.text).map_err(crypto)?;
        let (nonce, secret) = bytes
            .split_first_chunk::<NONCE>()
            .ok_or_else(|| crypto("a sealed code is too short"))?;
        let about = person.to_string();
        let payload = Payload {
            msg: secret,
            aad: about.as_bytes(),
        };
        let text = cipher(key)?.decrypt(&Nonce::from(*nonce), payload).map_err(crypto)?;
        let text = String::from_utf8(text).map_err(|_not_text| crypto("a sealed code is no text"))?;
        Ok(PersonalCode::parse(&text, true)?)
    }

    /// The name of the key that seals.
    pub(crate) fn newest(&self) -> Result<&(String, [u8; KEY]), Error> {
        self.sealing.first().ok_or_else(|| crypto("no key seals"))
    }
}

fn cipher(key: &[u8; KEY]) -> Result<ChaCha20Poly1305, Error> {
    ChaCha20Poly1305::new_from_slice(key).map_err(crypto)
}

/// The causes name no secret.
fn crypto(cause: impl std::fmt::Display) -> Error {
    Error::Crypto(cause.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel::SystemClock;

    use super::*;

    fn person() -> PersonId {
        "person_01h455vb4pex5vsknk084sn02q".parse().unwrap()
    }

    #[test]
    fn the_newest_key_seals_and_all_open_for_the_same_person() {
        let ids = Ids::from_os(Arc::new(SystemClock));
        let (lookup, old, new) = ("aa".repeat(32), "bb".repeat(32), "cc".repeat(32));
        let before = CodeKeys::parse(&format!("lookup {lookup}\nold {old}"), false).unwrap();
        let after = CodeKeys::parse(&format!("lookup {lookup}\nnew {new}\nold {old}\n"), false).unwrap();
        let code = before.code("131052-308T").unwrap();
        let sealed = before.seal([1; NONCE], person(), &code).unwrap();
        assert_eq!(after.open(person(), &sealed).unwrap(), code);
        assert_eq!(after.seal([2; NONCE], person(), &code).unwrap().key_id, "new");
        assert_eq!(before.lookup(&code).unwrap(), after.lookup(&code).unwrap());
        assert!(after.open(ids.next(), &sealed).is_err(), "bound to the person");
        let twin = before.code("131052Y308T").unwrap();
        assert_ne!(before.lookup(&code).unwrap(), before.lookup(&twin).unwrap());
        assert!(!sealed.text.contains("131052"));
    }

    #[test]
    fn refuses_short_missing_and_repeated_keys() {
        let key = "ab".repeat(32);
        for text in [
            String::new(),
            format!("lookup {key}"),
            format!("1 {key}"),
            format!("lookup {key}\n1 {key}"),
            format!("lookup {key}\n1 abcd"),
            format!("lookup {key}\n1 {}", "zz".repeat(32)),
        ] {
            assert!(CodeKeys::parse(&text, false).is_err(), "{text}");
        }
        let ids = Ids::from_os(Arc::new(SystemClock));
        assert!(CodeKeys::parse(&CodeKeys::generate(&ids), true).is_ok());
    }
}
