//! Scalars and small values: ids, cents, money, texts, languages.

use async_graphql::{
    Enum, ID, InputObject, InputValueError, InputValueResult, Number, Object, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::{NaiveDate, Utc};
use kernel::{Cents as Amount, ErrorCode, FieldError, Lang as KernelLang, LocalizedText as KernelText, TypedId};

/// Reads an id of the wanted kind.
///
/// # Errors
/// `InvalidId` for another spelling or another kind of thing.
pub(crate) fn id<T: TypedId>(field: &'static str, id: &ID) -> Result<T, FieldError> {
    T::from_str(id.as_str()).map_err(|_invalid| FieldError::new(field, ErrorCode::InvalidId))
}

/// Reads an id that may be left out.
pub(crate) fn optional_id<T: TypedId>(field: &'static str, value: Option<&ID>) -> Result<Option<T>, FieldError> {
    value.map(|value| id(field, value)).transpose()
}

/// Shows an id.
pub(crate) fn show(id: impl TypedId) -> ID {
    ID(id.to_string())
}

/// The largest integer that every client can hold exactly.
const SAFE_INTEGER: i64 = 1 << 53;

/// An amount in cents: an integer between -2^53 and 2^53, wider than `Int`.
pub struct Cents(pub Amount);

#[Scalar(name = "Cents")]
impl ScalarType for Cents {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        match number.as_i64() {
            Some(cents) if (-SAFE_INTEGER..=SAFE_INTEGER).contains(&cents) => Ok(Self(Amount(cents))),
            _ => Err(InputValueError::custom(
                "an amount in cents is a whole number up to 2^53",
            )),
        }
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0.0))
    }
}

/// A civil day in the city's zone as ISO 8601 writes it: `2027-04-01`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

#[Scalar(
    name = "Date",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        Ok(Self(text.parse()?))
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An instant as RFC 3339 writes it, in any zone: `2027-04-01T09:00:00+03:00`. Answers are in UTC.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<Utc>);

#[Scalar(
    name = "DateTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        Ok(Self(text.parse()?))
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339())
    }
}

/// The currency of an amount.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum Currency {
    /// Euro.
    Eur,
}

/// An amount of money.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Money(pub Amount);

#[Object]
impl Money {
    /// The amount in cents.
    async fn cents(&self) -> Cents {
        Cents(self.0)
    }

    /// Always the euro.
    async fn currency(&self) -> Currency {
        Currency::Eur
    }
}

/// A language of the service.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "kernel::Lang")]
pub enum Lang {
    /// Finnish.
    Fi,
    /// Swedish.
    Sv,
    /// English.
    En,
}

/// A text in up to three languages.
#[derive(SimpleObject)]
pub struct LocalizedText {
    /// Finnish.
    pub fi: String,
    /// Swedish.
    pub sv: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl From<KernelText> for LocalizedText {
    fn from(text: KernelText) -> Self {
        Self {
            fi: text.fi,
            sv: text.sv,
            en: text.en,
        }
    }
}

/// A text in up to three languages; Swedish is mandatory where the city is bilingual.
#[derive(InputObject)]
pub struct LocalizedTextInput {
    /// Finnish.
    pub fi: String,
    /// Swedish.
    pub sv: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl From<LocalizedTextInput> for KernelText {
    fn from(text: LocalizedTextInput) -> Self {
        Self {
            fi: text.fi,
            sv: text.sv,
            en: text.en,
        }
    }
}

/// The language to show a text in: the one asked for in the field, else the one of the request.
pub(crate) fn lang(asked: Option<Lang>, request: KernelLang) -> KernelLang {
    asked.map_or(request, KernelLang::from)
}
