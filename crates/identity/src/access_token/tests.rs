//! Every forgery of an access token that is known to have worked somewhere.

use std::sync::Arc;

use chrono::{Duration, TimeZone};
use kernel::{SystemClock, TypedId};
use url::Url;

use super::*;
use crate::settings::{Argon2Cost, Limits};

struct Forge {
    keys: SigningKeys,
    pem: String,
    settings: Settings,
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap()
}

fn ids() -> (PersonId, SessionId) {
    let uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    (PersonId::from_uuid(uuid), SessionId::from_uuid(uuid))
}

fn new_pem(seed: u64) -> String {
    SigningKeys::generate(&Ids::seeded(Arc::new(SystemClock), seed)).unwrap()
}

impl Forge {
    fn new() -> Self {
        let pem = new_pem(1);
        Self {
            keys: SigningKeys::from_pems(&pem, &[]).unwrap(),
            pem,
            settings: Settings {
                issuer: "https://palvelutori.example".into(),
                audience: "palvelutori".into(),
                access_token: Duration::minutes(10),
                refresh_token_days: 30,
                argon2: Argon2Cost::default(),
                public_url: Url::parse("https://palvelutori.example").unwrap(),
                limits: Limits::default(),
            },
        }
    }

    fn good(&self) -> String {
        let (person, session) = ids();
        let expires_at = now() + self.settings.access_token;
        self.keys
            .sign(person, session, expires_at, now(), &self.settings)
            .unwrap()
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.settings.issuer, "aud": self.settings.audience, "sub": ids().0, "sid": ids().1,
            "typ": "access", "iat": now().timestamp(), "exp": now().timestamp() + 600,
        })
    }

    /// Signs anything with the right key.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let key = EncodingKey::from_ed_pem(self.pem.as_bytes()).unwrap();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    fn header(&self) -> Value {
        json!({ "typ": "JWT", "alg": "EdDSA", "kid": self.keys.kid })
    }

    fn accepts_at(&self, token: &str, at: DateTime<Utc>) -> bool {
        self.keys.check(token, at, &self.settings).is_some()
    }

    fn accepts(&self, token: &str) -> bool {
        self.accepts_at(token, now())
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn with(mut value: Value, name: &str, content: Value) -> Value {
    value[name] = content;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

#[test]
fn the_forge_makes_good_tokens_too() {
    let forge = Forge::new();
    assert_eq!(forge.keys.check(&forge.good(), now(), &forge.settings), Some(ids()));
    assert!(forge.accepts(&forge.signed(&forge.header(), &forge.claims())));
}

#[test]
fn good_until_the_second_it_expires() {
    let forge = Forge::new();
    let token = forge.good();
    assert!(forge.accepts_at(&token, now() + Duration::seconds(599)));
    assert!(!forge.accepts_at(&token, now() + Duration::seconds(600)));
}

#[test]
fn unsigned_tokens() {
    let forge = Forge::new();
    let good = forge.good();
    let (message, signature) = good.rsplit_once('.').unwrap();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = part(&with(forge.header(), "alg", json!(alg)));
        for signature in ["", signature] {
            assert!(
                !forge.accepts(&format!("{header}.{}.{signature}", part(&forge.claims()))),
                "{alg}"
            );
        }
    }
    assert!(!forge.accepts(message));
    assert!(!forge.accepts(&format!("{message}.")));
    assert!(!forge.accepts(&format!("{message}.{}", "A".repeat(86))));
}

#[test]
fn every_flipped_bit_of_the_signature_and_changed_claims() {
    let forge = Forge::new();
    let good = forge.good();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!forge.accepts(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(flipped))));
    }
    // The last digit carries four unused bits; another spelling of the same bytes is refused as well.
    let other_spelling = |digit| format!("{message}.{}{digit}", &signature[..signature.len() - 1]);
    let accepted = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        .chars()
        .filter(|digit| forge.accepts(&other_spelling(*digit)))
        .count();
    assert_eq!(accepted, 1);

    let richer = part(&with(forge.claims(), "exp", json!(now().timestamp() + 86_400)));
    let header = good.split('.').next().unwrap();
    assert!(!forge.accepts(&format!("{header}.{richer}.{signature}")));
}

#[test]
fn a_shared_secret_made_of_the_public_key() {
    let forge = Forge::new();
    let public = forge.keys.accepted[&forge.keys.kid];
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD
            .encode([b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", &public[..]].concat())
    );
    for secret in [&public[..], pem.as_bytes(), pem.trim().as_bytes(), b""] {
        for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut forged = Header::new(alg);
            forged.kid = Some(forge.keys.kid.clone());
            let token = jsonwebtoken::encode(&forged, &forge.claims(), &EncodingKey::from_secret(secret)).unwrap();
            assert!(!forge.accepts(&token));
        }
    }
}

#[test]
fn strange_keys() {
    let forge = Forge::new();
    let stranger = Forge {
        keys: SigningKeys::from_pems(&new_pem(2), &[]).unwrap(),
        pem: new_pem(2),
        ..Forge::new()
    };
    assert!(!forge.accepts(&stranger.good()), "an unknown key");
    assert!(
        !forge.accepts(&stranger.signed(&forge.header(), &forge.claims())),
        "our kid, another key"
    );

    let url = "https://example.org/jwks.json";
    for (name, content) in [
        ("jwk", stranger.keys.jwks()["keys"][0].clone()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("typ", json!("JOSE")),
    ] {
        let header = with(forge.header(), name, content);
        assert!(
            !forge.accepts(&stranger.signed(&header, &forge.claims())),
            "{name}, another key"
        );
        assert!(
            !forge.accepts(&forge.signed(&header, &forge.claims())),
            "{name}, our key"
        );
    }
}

#[test]
fn kid_tricks() {
    let forge = Forge::new();
    for kid in [
        json!("../../../../dev/null"),
        json!("' OR '1'='1"),
        json!(""),
        json!(null),
        json!(0),
        json!([forge.keys.kid]),
        json!(forge.keys.kid.to_uppercase()),
        json!(format!("{} ", forge.keys.kid)),
    ] {
        let token = forge.signed(&with(forge.header(), "kid", kid.clone()), &forge.claims());
        assert!(!forge.accepts(&token), "{kid}");
    }
    assert!(!forge.accepts(&forge.signed(&without(forge.header(), "kid"), &forge.claims())));
}

#[test]
fn claims_of_other_tokens() {
    let forge = Forge::new();
    let past = now().timestamp() - 1;
    for (name, content) in [
        ("iss", json!("https://example.org")),
        ("iss", json!([forge.settings.issuer, "https://example.org"])),
        ("aud", json!("another service")),
        ("aud", json!([forge.settings.audience, "another service"])),
        ("typ", json!("refresh")),
        ("typ", json!("")),
        ("sub", json!(ids().1)),
        ("sub", json!("person_0")),
        ("sid", json!(ids().0)),
        ("exp", json!(past)),
        ("exp", json!("9999999999")),
        ("exp", json!(1.0e20)),
        ("exp", json!(null)),
    ] {
        let token = forge.signed(&forge.header(), &with(forge.claims(), name, content.clone()));
        assert!(!forge.accepts(&token), "{name} {content}");
    }
    for name in ["iss", "aud", "sub", "sid", "typ", "iat", "exp"] {
        let token = forge.signed(&forge.header(), &without(forge.claims(), name));
        assert!(!forge.accepts(&token), "without {name}");
    }
}

#[test]
fn texts_that_are_no_tokens() {
    let forge = Forge::new();
    let good = forge.good();
    let long = forge.signed(&forge.header(), &with(forge.claims(), "more", json!("a".repeat(2048))));
    for text in ["", ".", "..", "...", "a.b.c", "null", &good.replace('.', ""), &long] {
        assert!(!forge.accepts(text), "{text}");
    }
    assert!(!forge.accepts(&format!("{good}.{good}")));
    assert!(!forge.accepts(&format!(" {good}")));
    assert!(!forge.accepts(&format!("{good}=")));
}

#[test]
fn a_rotated_key_still_checks_but_does_not_sign() {
    let before = Forge::new();
    let after = Forge {
        keys: SigningKeys::from_pems(&new_pem(2), std::slice::from_ref(&before.pem)).unwrap(),
        ..Forge::new()
    };
    assert!(after.accepts(&before.good()));
    assert!(!before.accepts(&after.good()));
    let jwks = after.keys.jwks();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    for key in jwks["keys"].as_array().unwrap() {
        let kid = key["kid"].as_str().unwrap();
        let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
        assert_eq!(kid, &hex::encode(Sha256::digest(public))[..16]);
        assert_eq!(key.as_object().unwrap().len(), 6, "nothing private: {key}");
    }
}

#[test]
fn refuses_keys_of_other_kinds() {
    for pem in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert!(SigningKeys::from_pems(pem, &[]).is_err());
    }
    assert!(SigningKeys::from_pems(&new_pem(1), &["no key".into()]).is_err());
}
