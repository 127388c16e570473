//! The one way from an error of a context to GraphQL.

use std::sync::Arc;

use async_graphql::{Context, Enum, ErrorExtensions, SimpleObject};
use audit::Act;
use kernel::{Coded, ErrorCode as Code, ITEM, Lang};

use crate::concern::{self, Concern};
use crate::context::{ContextExt, Session};
use crate::texts;

/// Every code of this API's own: in `userErrors`, and in `errors[].extensions.code` of a request that was executed. A
/// request that is refused before that has a code of HTTP or of GraphQL itself, such as `BAD_REQUEST`,
/// `PAYLOAD_TOO_LARGE`, `DOCUMENT_TOO_COMPLEX`, `GRAPHQL_PARSE_FAILED` or `GRAPHQL_VALIDATION_FAILED`.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "kernel::ErrorCode")]
pub enum ErrorCode {
    /// Nobody has signed in, or the token is not good any more.
    Unauthenticated,
    /// The caller may see it but not do this.
    Forbidden,
    /// Too many tries; `retryAfterSeconds` says when to come back.
    RateLimited,
    /// The service cannot answer just now; the same request may be sent again.
    Unavailable,
    /// A fault of the server; only its id is shown.
    Internal,
    /// There is no such thing, or the caller may not see it.
    NotFound,
    /// A required field is empty.
    Required,
    /// A text is longer than allowed.
    TooLong,
    /// A text has control characters.
    ControlCharacters,
    /// A number or an amount lies outside its range.
    OutOfRange,
    /// A value is not of the form that the field asks for.
    InvalidFormat,
    /// An id is malformed or names another kind of thing.
    InvalidId,
    /// The Swedish text is missing in a bilingual city.
    SwedishMissing,
    /// A list has more items than allowed.
    TooManyItems,
    /// The same thing exists already.
    AlreadyExists,
    /// Somebody changed the record since it was read.
    Conflict,
    /// The state of the record does not allow this.
    NotAllowedInState,
    /// The idempotency key was used for another request.
    KeyReused,
    /// The same person may not do both steps.
    FourEyes,
    /// The password is too common or too short.
    WeakPassword,
    /// Address or password is wrong.
    WrongCredentials,
    /// A link or a token is used, expired or unknown.
    InvalidToken,
    /// The e-mail address has not been verified yet.
    NotVerified,
    /// The check digit of a business id is wrong.
    InvalidBusinessId,
    /// The check digits of an account number are wrong.
    InvalidIban,
    /// The account lies in a country that SEPA payments do not reach.
    AccountNotInSepa,
    /// The company is paid to this account already.
    SameAccount,
    /// The number of a voucher is mistyped: its length, a character or the check character is wrong.
    InvalidVoucherNumber,
    /// Lines of a list of grants cannot be taken in; the answer names them.
    InvalidGrantFile,
    /// The file is no whole PDF, PNG or JPEG, whatever its name says.
    InvalidAttachment,
    /// The voucher holds reservations or has paid for something.
    VoucherInUse,
    /// The budget of the programme does not cover it.
    BudgetExceeded,
    /// The balance does not cover it.
    InsufficientBalance,
    /// The voucher has fewer visits left; `left` and `needed` say how many.
    TooFewVisits,
    /// The voucher has fewer hours left; `left` and `needed` say how many.
    TooFewHours,
    /// No places are left.
    SoldOut,
    /// The price is above the ceiling of the programme.
    PriceAboveCeiling,
    /// The price is above the value of a voucher that leaves nothing to pay.
    PriceAboveValue,
    /// The programme has no terms in force on the day.
    NoTermsInForce,
    /// The period shares days with another one.
    PeriodsOverlap,
    /// A parameter of a value rule does not fit the others; `reason` says how.
    InvalidRule,
    /// The company has no approval in force for the programme.
    NotApproved,
    /// The two programmes are of different service classes.
    OtherServiceClass,
    /// The voucher does not cover this service.
    NotEligible,
    /// It is too late.
    TooLate,
    /// It is too early.
    TooEarly,
    /// The resident's one-time code is wrong.
    WrongCode,
    /// Too many wrong codes; the resident has to renew it.
    CodeLocked,
    /// A requirement of the programme is open, refused or out of date; `requirements` names them.
    RequirementsOpen,
    /// The company has to be heard before this decision.
    NotHeard,
    /// This may be shown but never stored.
    NotToBeStored,
    /// Nothing is there to settle.
    NothingToSettle,
    /// The bank's file cannot be read.
    InvalidBankFile,
    /// The file was taken in before.
    DuplicateFile,
    /// The person is too young or too old for this right.
    WrongAge,
    /// The person has booked as many visits as the programme allows in the period.
    VisitLimitReached,
    /// The person has booked something else for the same time.
    BookingsOverlap,
    /// More of the budget is promised or booked than would be left of it.
    BudgetCommitted,
    /// Nothing is recorded by which the rule of eligibility in `rule` could be decided.
    EligibilityUnknown,
    /// So many guardians of the child as `missing` says have not consented, and the programme asks for all of them.
    ConsentMissing,
    /// A minor may not do this alone: a guardian has to.
    NeedsGuardian,
}

impl ErrorCode {
    /// As clients spell it.
    pub(crate) fn name(code: Code) -> &'static str {
        <Self as async_graphql::EnumType>::items()
            .iter()
            .find(|item| item.value == Self::from(code))
            .map_or("INTERNAL", |item| item.name)
    }
}

/// A value that the sentence of an error names.
#[derive(Clone, SimpleObject)]
pub struct ErrorParam {
    /// What it is, such as `max`.
    pub name: String,
    /// The value as text.
    pub value: String,
}

/// An expected refusal: the request was understood and changed nothing.
#[derive(Clone, SimpleObject)]
pub struct UserError {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// The input field at fault as a path, such as `["input", "price"]`.
    pub field: Option<Vec<String>>,
    /// What went wrong and what to do about it, in the language asked for.
    pub message: String,
    /// The values that the sentence names.
    pub params: Vec<ErrorParam>,
}

/// An error of a context on its way out. It has no `Display`, so its cause cannot slip into an answer.
#[derive(Clone)]
pub struct Failure {
    pub(crate) code: Code,
    field: Option<&'static str>,
    /// Where inside the field.
    inner: Option<String>,
    /// The way from the input to the object that the field stands in.
    object: Vec<String>,
    params: Vec<(&'static str, String)>,
    cause: Arc<dyn Coded>,
}

impl<E: Coded> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            code: error.code(),
            field: error.field(),
            inner: error.inside(),
            object: Vec::new(),
            params: error.params(),
            cause: Arc::new(error),
        }
    }
}

impl Failure {
    /// Says that the fields of the use case stand in `object` of the input, except those named in `beside` it.
    pub(crate) fn inside(mut self, object: &'static str, beside: &[&str]) -> Self {
        let moved = self.field.filter(|field| !beside.contains(field));
        self.object = moved.map(|_| object.to_owned()).into_iter().collect();
        self
    }

    /// Says that the field `from` of the use case is called `to` in the input.
    pub(crate) fn renamed(mut self, from: &str, to: &'static str) -> Self {
        if self.field == Some(from) {
            self.field = Some(to);
        }
        self
    }

    /// Says that the use case counted the items of `list` in the input, and which one the field stands in.
    pub(crate) fn inside_item_of(mut self, list: &'static str) -> Self {
        if let Some(place) = self.params.iter().position(|(name, _)| *name == ITEM) {
            let (_, item) = self.params.swap_remove(place);
            self.object = vec![list.to_owned(), item];
        }
        self
    }

    /// What went wrong and what to do about it, in a language.
    pub(crate) fn sentence(&self, lang: Lang) -> String {
        texts::sentence(self.code, &self.params, lang)
    }

    /// The error and what it comes from, for the log.
    pub(crate) fn chain(&self) -> String {
        let chain = std::iter::successors(Some::<&dyn std::error::Error>(&self.cause), |error| error.source());
        chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    /// Errors that end the request rather than stand in a payload.
    fn is_top_level(&self) -> bool {
        matches!(
            self.code,
            Code::Unauthenticated | Code::Forbidden | Code::RateLimited | Code::Unavailable | Code::Internal
        )
    }
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        if failure.code == Code::Internal {
            // Without a code the HTTP layer answers an error id only and logs this text under it.
            return Self::new(failure.chain());
        }
        if failure.code == Code::Unavailable {
            tracing::warn!(error = ?failure.cause, "unavailable");
        }
        Self::new("").extend_with(|_, extensions| {
            extensions.set("code", ErrorCode::name(failure.code));
            for (name, value) in failure.params {
                // The code of a municipality keeps its leading nought.
                match value.parse::<i64>().ok().filter(|number| number.to_string() == value) {
                    Some(number) => extensions.set(name, number),
                    None => extensions.set(name, value),
                }
            }
        })
    }
}

/// Sorts the outcome of a use case into the object of a payload and its user errors; records refusals in the audit.
pub(crate) async fn outcome<T>(
    ctx: &Context<'_>,
    operation: &'static str,
    result: Result<T, Failure>,
) -> async_graphql::Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(failure) => {
            record_refusal(ctx.session(), operation, failure.code, concern::of_input(ctx)).await;
            if failure.is_top_level() {
                return Err(failure.into());
            }
            let lang = ctx.session().lang;
            let error = UserError {
                code: failure.code.into(),
                field: failure.field.map(|field| {
                    let object = failure.object.iter().map(String::as_str);
                    let inner = failure.inner.as_deref().unwrap_or_default().split('.');
                    let path = ["input"].into_iter().chain(object).chain(field.split('.'));
                    path.chain(inner.filter(|part| !part.is_empty()))
                        .map(str::to_owned)
                        .collect()
                }),
                message: failure.sentence(lang),
                params: failure
                    .params
                    .into_iter()
                    .map(|(name, value)| ErrorParam {
                        name: name.to_owned(),
                        value,
                    })
                    .collect(),
            };
            Ok((None, vec![error]))
        }
    }
}

/// A refusal of somebody who signed in goes into the audit record in a transaction of its own, with what it concerns.
/// If that fails the refusal stands all the same. Wrong credentials are recorded where they are found out, signed in or
/// not.
pub(crate) async fn record_refusal(
    session: &Session,
    operation: &'static str,
    code: Code,
    concern: impl Future<Output = Option<Concern>>,
) {
    if matches!(
        code,
        Code::Unauthenticated
            | Code::Unavailable
            | Code::Internal
            | Code::RateLimited
            | Code::WrongCredentials
            | Code::NotVerified
    ) {
        return;
    }
    let actor = match (session.person().await, session.authenticated().await) {
        (Ok(actor), _) => actor,
        // She wanted to act for somebody and may not: the refusal is hers.
        (Err(_), Ok(Some(signed_in))) => kernel::Actor::person(signed_in.person, session.request_id()),
        (Err(_), _) => return,
    };
    let concern = concern.await;
    let act = || {
        let act = Act::new(
            operation,
            concern.as_ref().map_or("-", |concern| concern.subject.as_str()),
        )
        .refused(code);
        match &concern {
            Some(concern) => act.in_city(concern.city),
            None => act,
        }
    };
    let written = session
        .app
        .db
        .write(async |tx: &db::Tx| audit::record(tx, &actor, act()).await)
        .await;
    if let Err(error) = written {
        tracing::warn!(operation, %error, "the refusal could not be recorded");
    }
}

/// Declares the payload of a mutation: the changed object and the user errors.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident { $field:ident: $object:ty }) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            /// The object as it is now; none when there are user errors.
            pub $field: Option<$object>,
            /// Why nothing was changed.
            pub user_errors: Vec<$crate::error::UserError>,
        }

        impl $name {
            /// Wraps the outcome of the use case behind `operation`.
            pub(crate) async fn of<T: Into<$object>>(
                ctx: &async_graphql::Context<'_>,
                operation: &'static str,
                result: Result<T, $crate::error::Failure>,
            ) -> async_graphql::Result<Self> {
                let (object, user_errors) = $crate::error::outcome(ctx, operation, result).await?;
                Ok(Self { $field: object.map(Into::into), user_errors })
            }
        }
    };
}
pub(crate) use payload;
