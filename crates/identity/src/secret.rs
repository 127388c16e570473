use kernel::Ids;
use sha2::{Digest, Sha256};

/// A secret that leaves this service once; only its digest is stored.
pub(crate) struct Secret {
    /// For the client or the letter: 192 bits in 48 hexadecimal digits.
    pub plain: String,
    /// For the database.
    pub digest: String,
}

impl Secret {
    pub(crate) fn new(ids: &Ids) -> Self {
        let plain = ids.token();
        let digest = digest(&plain);
        Self { plain, digest }
    }
}

/// SHA-256 in hexadecimal; secrets of 192 bits need no slower one.
pub(crate) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
