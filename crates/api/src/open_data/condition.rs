//! Answers that clients and caches may keep, and how they ask whether what they have is still right (RFC 9110, 9111).

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, LINK, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// Kept by anybody for five minutes, then asked for again.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// What the same path answers differently by.
const BY: HeaderValue = HeaderValue::from_static("accept, accept-language");

const LICENSED: HeaderValue =
    HeaderValue::from_static("<https://creativecommons.org/licenses/by/4.0/>; rel=\"license\"");

/// The form of the answers: another one makes what was kept useless.
const EDITION: &str = "1";

/// Names one state of one form of what is answered.
pub(super) struct Tag(HeaderValue);

impl Tag {
    /// A strong tag from everything that the answer follows from.
    pub(super) fn of(causes: &[&str]) -> Self {
        let mut digest = Sha256::new_with_prefix(EDITION);
        for cause in causes {
            digest.update([0]);
            digest.update(cause);
        }
        let half = digest
            .finalize()
            .iter()
            .take(16)
            .fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
        let text = format!("\"{half:032x}\"");
        Self(HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\"")))
    }

    /// True when the client has this state already. The comparison is the weak one, as `If-None-Match` asks.
    pub(super) fn is_known(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.0)
    }

    /// The answer without a body, when the client has it.
    pub(super) fn not_modified(self) -> Response {
        self.on((StatusCode::NOT_MODIFIED, Body::empty()))
    }

    /// An answer of this state.
    pub(super) fn on(self, answer: impl IntoResponse) -> Response {
        let kept = [(CACHE_CONTROL, KEEP), (VARY, BY), (LINK, LICENSED), (ETAG, self.0)];
        (kept, answer).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_by_any_of_its_spellings() {
        let tag = Tag::of(&["a", "bc"]);
        let text = tag.0.to_str().unwrap().to_owned();
        let known = |value: &str| tag.is_known(&HeaderMap::from_iter([(IF_NONE_MATCH, value.parse().unwrap())]));
        assert!(known(&text) && known(&format!("W/{text}")) && known(&format!("\"x\", {text}")) && known("*"));
        assert!(!known("\"x\"") && !known("") && !known(text.trim_matches('"')));
        assert!(!tag.is_known(&HeaderMap::new()));
        assert_ne!(tag.0, Tag::of(&["ab", "c"]).0);
    }
}
