//! The parameters of a GraphQL request, read strictly from a JSON body or from a query string.

use std::cell::Cell;
use std::fmt;

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Number, Value, Variables};
use axum::extract::Query;
use axum::http::Uri;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::brackets;
use super::refusal::{Refusal, RefusalCode};

/// Most values in a body. Every use of a variable copies its value, so a body of one list of a hundred thousand numbers would
/// cost the server gigabytes.
const MAX_VALUES: u32 = 10_000;

/// How a request says what to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// The text itself.
    Text(String),
    /// The path or digest of a stored operation.
    Id(String),
}

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Params {
    pub(super) document: Document,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
}

impl Params {
    /// Reads a JSON body: one object, no key twice, no NUL.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        let Value::Object(map) = strict_json(body)? else {
            return Err(bad("The body must be one JSON object."));
        };
        Self::from_map(map)
    }

    /// Reads the query string of a GET: `variables` and `extensions` are JSON texts in it.
    pub(super) fn from_uri(uri: &Uri) -> Result<Self, Refusal> {
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
            return Err(bad("The query string cannot be read."));
        };
        let mut map = IndexMap::new();
        for (name, text) in pairs {
            let value = match name.as_str() {
                "variables" | "extensions" if text.is_empty() => Value::Null,
                "variables" | "extensions" => strict_json(text.as_bytes())?,
                _ => Value::String(text),
            };
            if map.insert(Name::new(name), value).is_some() {
                return Err(bad("A parameter of the query string appears twice."));
            }
        }
        Self::from_map(map)
    }

    fn from_map(mut map: IndexMap<Name, Value>) -> Result<Self, Refusal> {
        let query = text(&mut map, "query")?;
        let id = text(&mut map, "documentId")?;
        let document = match (query, id) {
            (Some(query), None) => Document::Text(query),
            (None, Some(id)) => Document::Id(id),
            (Some(_), Some(_)) => return Err(bad("Send either query or documentId.")),
            (None, None) => return Err(bad("The parameter query is missing.")),
        };
        let operation_name = text(&mut map, "operationName")?.filter(|name| !name.is_empty());
        let variables = object(&mut map, "variables")?;
        object(&mut map, "extensions")?;
        Ok(Self {
            document,
            operation_name,
            variables: Variables::from_value(variables),
        })
    }
}

fn bad(message: &str) -> Refusal {
    Refusal::new(RefusalCode::BadRequest, message)
}

fn text(map: &mut IndexMap<Name, Value>, key: &str) -> Result<Option<String>, Refusal> {
    match map.swap_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(&format!("The parameter {key} must be a string."))),
    }
}

fn object(map: &mut IndexMap<Name, Value>, key: &str) -> Result<Value, Refusal> {
    match map.swap_remove(key) {
        None | Some(Value::Null) => Ok(Value::Object(IndexMap::new())),
        Some(value @ Value::Object(_)) => Ok(value),
        Some(_) => Err(bad(&format!("The parameter {key} must be an object."))),
    }
}

/// Reads one JSON value, without the liberties of the usual reader: it takes the last of two equal keys, we take none.
fn strict_json(text: &[u8]) -> Result<Value, Refusal> {
    brackets::check_json(text)?;
    let budget = Cell::new(MAX_VALUES);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict { budget: &budget }.deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let fault = if error.is_data() {
            error.to_string()
        } else {
            format!("it is malformed at line {}", error.line())
        };
        bad(&format!("The JSON cannot be read: {fault}."))
    })
}

/// Reads a value that counts against a budget.
#[derive(Clone, Copy)]
struct Strict<'b> {
    budget: &'b Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self
            .budget
            .get()
            .checked_sub(1)
            .ok_or_else(|| Error::custom("it has too many values"))?;
        self.budget.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is too large"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        if value.contains('\0') {
            return Err(E::custom("a string holds a NUL character"));
        }
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = IndexMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            if key.contains('\0') {
                return Err(A::Error::custom("a key holds a NUL character"));
            }
            if map.insert(Name::new(key), entries.next_value_seed(self)?).is_some() {
                return Err(A::Error::custom("a key appears twice in one object"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> bool {
        matches!(
            Params::from_json(body),
            Err(Refusal {
                code: RefusalCode::BadRequest,
                ..
            })
        )
    }

    #[test]
    fn a_well_formed_body_is_read() {
        let body = br#"{"query":"{a}","operationName":"","variables":{"n":[1,-2,1.5,null,true,"\u00e4"]},"extensions":null,"more":1}"#;
        let params = Params::from_json(body).unwrap();
        assert_eq!(params.document, Document::Text("{a}".to_owned()));
        assert_eq!(params.operation_name, None);
        let variables = serde_json::to_string(&params.variables).unwrap();
        assert_eq!(variables, r#"{"n":[1,-2,1.5,null,true,"ä"]}"#);
        let by_id = Params::from_json(br#"{"documentId":"resident/me"}"#).unwrap();
        assert_eq!(by_id.document, Document::Id("resident/me".to_owned()));
    }

    #[test]
    fn malformed_bodies_are_refused() {
        let many = format!(r#"{{"query":"{{a}}","variables":{{"n":[{}0]}}}}"#, "0,".repeat(20_000));
        let deep = format!(
            r#"{{"query":"{{a}}","variables":{{"n":{}{}}}}}"#,
            "[".repeat(3_000),
            "]".repeat(3_000)
        );
        let bodies: [&[u8]; 21] = [
            b"",
            b"null",
            b"[]",
            b"[{\"query\":\"{a}\"}]",
            b"{",
            b"{\"query\":\"{a}\"} x",
            b"{\"query\":\"\xff\"}",
            b"\xef\xbb\xbf{\"query\":\"{a}\"}",
            b"{}",
            br#"{"query":1}"#,
            br#"{"query":null}"#,
            br#"{"query":"{a}","query":"{b}"}"#,
            br#"{"query":"{a}","variables":{"x":{"y":1,"y":2}}}"#,
            br#"{"query":"{a}","variables":[1]}"#,
            br#"{"query":"{a}","variables":"{}"}"#,
            br#"{"query":"{a}","extensions":7}"#,
            br#"{"query":"{a}","operationName":{}}"#,
            br#"{"query":"{a}","variables":{"x":"a\u0000b"}}"#,
            br#"{"query":"{a}","variables":{"x":"\ud800"}}"#,
            many.as_bytes(),
            deep.as_bytes(),
        ];
        for body in bodies {
            assert!(
                refused(body),
                "{}",
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
        }
        assert!(refused(br#"{"query":"{a}","documentId":"x"}"#));
        assert!(refused(br#"{"query":"{a}","variables":{"x":1e999}}"#));
    }

    #[test]
    fn a_query_string_is_read_the_same_way() {
        let uri = "/graphql?query=%7Ba%7D&variables=%7B%22n%22%3A1%7D&operationName=A"
            .parse()
            .unwrap();
        let params = Params::from_uri(&uri).unwrap();
        assert_eq!(params.document, Document::Text("{a}".to_owned()));
        assert_eq!(params.operation_name.as_deref(), Some("A"));
        assert_eq!(serde_json::to_string(&params.variables).unwrap(), r#"{"n":1}"#);
        for query in [
            "",
            "query=a&query=b",
            "query=a&variables=1",
            "query=a&variables=%7B",
            "query=a&extensions=%5B%5D",
        ] {
            assert!(
                Params::from_uri(&format!("/graphql?{query}").parse().unwrap()).is_err(),
                "{query}"
            );
        }
    }
}
