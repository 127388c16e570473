//! What a request was answered.

use std::fmt::Debug;
use std::str::FromStr;

use axum::http::StatusCode;
use serde_json::Value;

/// The answer to one document.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub status: StatusCode,
    /// The whole body.
    pub body: Value,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body }
    }

    /// What stands at a JSON pointer below `data`, such as `/cities/0/code`; null where nothing is.
    pub fn data(&self, pointer: &str) -> &Value {
        self.body.pointer(&format!("/data{pointer}")).unwrap_or(&Value::Null)
    }

    /// The text at a pointer below `data`.
    ///
    /// # Panics
    /// When there is none.
    pub fn text(&self, pointer: &str) -> String {
        let text = self.data(pointer).as_str();
        text.unwrap_or_else(|| panic!("no text at {pointer}: {self:?}"))
            .to_owned()
    }

    /// The id at a pointer below `data`.
    ///
    /// # Panics
    /// When there is none of this type.
    pub fn id<T: FromStr<Err: Debug>>(&self, pointer: &str) -> T {
        self.text(pointer).parse().expect("an id of this type")
    }

    /// The codes of the user errors of the mutation.
    pub fn user_errors(&self) -> Vec<&str> {
        let payloads = self.body["data"]
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::values);
        payloads
            .filter_map(|payload| payload["userErrors"].as_array())
            .flatten()
            .filter_map(|error| error["code"].as_str())
            .collect()
    }

    /// The code of the first error of the whole request, if there is any.
    pub fn error_code(&self) -> Option<&str> {
        self.body.pointer("/errors/0/extensions/code").and_then(Value::as_str)
    }

    /// The answer, when nothing was refused.
    ///
    /// # Panics
    /// When there is an error of any kind.
    pub fn ok(self) -> Self {
        let refused = self.body.get("errors").is_some() || !self.user_errors().is_empty();
        assert!(!refused && self.status == StatusCode::OK, "{:#}", self.body);
        self
    }
}
