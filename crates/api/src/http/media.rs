//! Media types: which one the client accepts, which one it sent.

use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};

use super::refusal::{Refusal, RefusalCode};

/// The two media types of an answer in the GraphQL-over-HTTP specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status tells whether the request was executed.
    GraphqlResponse,
    /// `application/json`: the older form, 200 for every well-formed request.
    Json,
}

impl Media {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The status of a well-formed request whose document cannot be executed.
    pub(super) fn request_error_status(self) -> StatusCode {
        match self {
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
            Self::Json => StatusCode::OK,
        }
    }
}

/// How exactly a media range of `Accept` names a media type; a more exact one decides.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    #[default]
    None,
    Any,
    Application,
    Named,
}

/// The quality the client gives one media type, in thousandths, and how exactly it named it.
#[derive(Clone, Copy, Default)]
struct Wish {
    exactness: Exactness,
    quality: u16,
}

impl Wish {
    fn hear(&mut self, exactness: Exactness, quality: u16) {
        if exactness > self.exactness {
            *self = Self { exactness, quality };
        } else if exactness == self.exactness {
            self.quality = self.quality.max(quality);
        }
    }
}

/// Chooses the media type of the answer. Without `Accept`, and where a wildcard covers both, it is `application/json`, which
/// every client understands; a client that names `application/graphql-response+json` gets it unless it prefers the other.
pub(super) fn negotiate(headers: &HeaderMap) -> Result<Media, Refusal> {
    if !headers.contains_key(ACCEPT) {
        return Ok(Media::Json);
    }
    let (mut graphql, mut json) = (Wish::default(), Wish::default());
    for range in headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
    {
        let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
        let quality = quality(parameters);
        match name.trim().to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => graphql.hear(Exactness::Named, quality),
            "application/json" => json.hear(Exactness::Named, quality),
            "application/*" => {
                graphql.hear(Exactness::Application, quality);
                json.hear(Exactness::Application, quality);
            }
            "*/*" => {
                graphql.hear(Exactness::Any, quality);
                json.hear(Exactness::Any, quality);
            }
            _ => {}
        }
    }
    if graphql.quality == 0 && json.quality == 0 {
        let message = "Accept application/graphql-response+json or application/json.";
        return Err(Refusal::new(RefusalCode::NotAcceptable, message));
    }
    let prefers_graphql =
        graphql.quality > json.quality || (graphql.quality == json.quality && graphql.exactness == Exactness::Named);
    Ok(if prefers_graphql {
        Media::GraphqlResponse
    } else {
        Media::Json
    })
}

/// The `q` among the parameters of a media range, in thousandths; 1000 when there is none.
fn quality(parameters: &str) -> u16 {
    let Some(text) = parameter(parameters, "q") else {
        return 1000;
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole != "0" {
        return 1000;
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    thousandths.parse().unwrap_or(0)
}

fn parameter<'a>(parameters: &'a str, wanted: &str) -> Option<&'a str> {
    parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim().trim_matches('"'))
}

/// Checks that a body is `application/json` in UTF-8 and not compressed. Browsers send any other type across sites without
/// asking first, so nothing else may run.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let refusal = || {
        Refusal::new(
            RefusalCode::UnsupportedMediaType,
            "Send the body as application/json in UTF-8.",
        )
    };
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(refusal)?;
    let (name, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let is_json = name.trim().eq_ignore_ascii_case("application/json");
    let is_utf8 = parameter(parameters, "charset").is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"));
    let is_plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|encoding| encoding == "identity");
    if is_json && is_utf8 && is_plain {
        Ok(())
    } else {
        Err(refusal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> Result<Media, RefusalCode> {
        let headers = HeaderMap::from_iter([(ACCEPT, value.parse().unwrap())]);
        negotiate(&headers).map_err(|refusal| refusal.code)
    }

    #[test]
    fn the_accept_header_decides_the_media_type() {
        assert_eq!(negotiate(&HeaderMap::new()), Ok(Media::Json));
        for (accept, media) in [
            ("*/*", Media::Json),
            ("application/*", Media::Json),
            ("application/json", Media::Json),
            (
                "Application/GraphQL-Response+JSON; charset=utf-8",
                Media::GraphqlResponse,
            ),
            (
                "application/graphql-response+json, application/json",
                Media::GraphqlResponse,
            ),
            ("application/json, application/graphql-response+json;q=0.9", Media::Json),
            ("application/graphql-response+json;q=0, */*", Media::Json),
            ("text/html, application/json;q=0.001", Media::Json),
        ] {
            assert_eq!(accepting(accept), Ok(media), "{accept}");
        }
        for accept in [
            "text/html",
            "application/json;q=0",
            "application/json;q=0.000, text/*",
            "",
        ] {
            assert_eq!(accepting(accept), Err(RefusalCode::NotAcceptable), "{accept}");
        }
    }

    #[test]
    fn only_plain_json_in_utf8_is_read() {
        let check = |value: &str| check_content_type(&HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]));
        for good in [
            "application/json",
            "application/JSON; charset=UTF-8",
            "application/json; charset=\"utf-8\"",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "text/plain",
            "application/json; charset=latin1",
            "multipart/form-data; boundary=x",
            "application/graphql",
        ] {
            assert_eq!(check(bad).unwrap_err().code, RefusalCode::UnsupportedMediaType, "{bad}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_err());
    }
}
