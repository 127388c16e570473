use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{Ids, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::settings::Settings;

/// Longer texts are no tokens of ours.
const MAX_BYTES: usize = 2048;

/// The kind of token that requests carry; others signed with the same key would not do.
const TYP: &str = "access";

/// A signing key cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("not an Ed25519 key in PKCS#8 PEM: {0}")]
pub struct InvalidKey(String);

/// The keys of access tokens: one that signs, and earlier ones whose tokens are still good.
///
/// To rotate: make the present key a previous one and a new key the present one; drop the previous one when its
/// last tokens have expired.
pub struct SigningKeys {
    kid: String,
    signing: EncodingKey,
    /// Public keys by their ids.
    accepted: BTreeMap<String, [u8; 32]>,
}

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: PersonId,
    sid: SessionId,
    typ: String,
    iat: i64,
    exp: i64,
}

impl SigningKeys {
    /// Reads the present key and the previous ones, each PKCS#8 in PEM.
    pub fn from_pems(current: &str, previous: &[String]) -> Result<Self, InvalidKey> {
        let current = parse(current)?;
        let mut accepted = BTreeMap::from([named(&current)]);
        for pem in previous {
            accepted.extend([named(&parse(pem)?)]);
        }
        let der = current.to_pkcs8_der().map_err(|error| InvalidKey(error.to_string()))?;
        Ok(Self {
            kid: named(&current).0,
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            accepted,
        })
    }

    /// Makes a new key, as PKCS#8 in PEM.
    pub fn generate(ids: &Ids) -> Result<String, InvalidKey> {
        let pem = SigningKey::from_bytes(&ids.bytes())
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| InvalidKey(error.to_string()))?;
        Ok(pem.as_str().to_owned())
    }

    /// A JSON Web Key Set (RFC 7517, RFC 8037).
    pub(crate) fn jwks(&self) -> Value {
        let keys = self.accepted.iter().map(|(kid, public)| {
            let x = URL_SAFE_NO_PAD.encode(public);
            json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x })
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }

    pub(crate) fn sign(
        &self,
        person: PersonId,
        session: SessionId,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
        settings: &Settings,
    ) -> Result<String, Error> {
        let claims = Claims {
            iss: settings.issuer.clone(),
            aud: settings.audience.clone(),
            sub: person,
            sid: session,
            typ: TYP.to_owned(),
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
        };
        jsonwebtoken::encode(&header(&self.kid), &claims, &self.signing)
            .map_err(|error| Error::Crypto(error.to_string()))
    }

    /// Who the token speaks for; `None` when it is not ours, not for us or not good any more.
    pub(crate) fn check(&self, token: &str, now: DateTime<Utc>, settings: &Settings) -> Option<(PersonId, SessionId)> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let presented = jsonwebtoken::decode_header(token).ok()?;
        let kid = presented.kid.as_ref()?;
        let public = self.accepted.get(kid)?;
        // We write exactly this header. Whatever else stands in one (another algorithm, a key, an address of a key,
        // critical extensions) is forged, even before its signature is looked at.
        if presented != header(kid) {
            return None;
        }
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        rules.set_audience(&[&settings.audience]);
        rules.set_issuer(&[&settings.issuer]);
        // The library asks the machine for the time; ours comes from the injected clock, without leeway.
        rules.validate_exp = false;
        let key = DecodingKey::from_ed_der(public);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules).ok()?.claims;
        (claims.typ == TYP && now.timestamp() < claims.exp).then_some((claims.sub, claims.sid))
    }
}

fn header(kid: &str) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(kid.to_owned());
    header
}

fn parse(pem: &str) -> Result<SigningKey, InvalidKey> {
    SigningKey::from_pkcs8_pem(pem.trim()).map_err(|error| InvalidKey(error.to_string()))
}

/// A public key under its id: the first 16 hexadecimal digits of its SHA-256.
fn named(key: &SigningKey) -> (String, [u8; 32]) {
    let public = key.verifying_key().to_bytes();
    let mut kid = hex::encode(Sha256::digest(public));
    kid.truncate(16);
    (kid, public)
}

#[cfg(test)]
mod tests;
