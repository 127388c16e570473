use std::fmt::{self, Write as _};

/// Every code that a client can meet, one closed list. Codes are stable: clients branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sea_orm::EnumIter)]
pub enum ErrorCode {
    /// Nobody has signed in, or the token is not good any more.
    Unauthenticated,
    /// The actor may see it but not do this.
    Forbidden,
    /// Too many tries; the answer says when to come back.
    RateLimited,
    /// The service cannot answer just now; the same request may be sent again.
    Unavailable,
    /// A fault of ours; only its id is shown.
    Internal,
    /// There is no such thing, or the actor may not see it.
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
    /// A guardian of the child has not consented, and the programme asks for all of them.
    ConsentMissing,
    /// The voucher holds reservations or has paid for something.
    VoucherInUse,
    /// The budget of the programme does not cover it.
    BudgetExceeded,
    /// The balance does not cover it.
    InsufficientBalance,
    /// The voucher has fewer visits left.
    TooFewVisits,
    /// The voucher has fewer hours left.
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
    /// A parameter of a value rule does not fit the others.
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
    /// A requirement of the programme is open, refused or out of date.
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
    /// Nothing is recorded by which a rule of eligibility could be decided.
    EligibilityUnknown,
    /// A minor may not do this alone: a guardian has to.
    NeedsGuardian,
}

/// The code as clients spell it, such as `SOLD_OUT`.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in format!("{self:?}").char_indices() {
            if place > 0 && letter.is_ascii_uppercase() {
                f.write_char('_')?;
            }
            f.write_char(letter.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

/// What every error of a context tells the API: its code, the field it is about and the values its sentence needs.
pub trait Coded: std::error::Error + Send + Sync + 'static {
    /// The stable code.
    fn code(&self) -> ErrorCode;
    /// The input field at fault, as clients spell it.
    fn field(&self) -> Option<&'static str> {
        None
    }
    /// Where inside that field, as clients spell it, for fields whose shape varies: `households.2.limit`.
    fn inside(&self) -> Option<String> {
        None
    }
    /// The values that the translated sentence names.
    fn params(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The parameter by which a use case says which item of a list a field stands in, counted from zero.
pub const ITEM: &str = "item";

/// One input field is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {code:?}")]
pub struct FieldError {
    /// The field, as clients spell it; a dot leads into an object, as in `place.name`.
    pub field: &'static str,
    /// What is wrong with it.
    pub code: ErrorCode,
    /// The values that the translated sentence names.
    pub params: Vec<(&'static str, String)>,
}

impl FieldError {
    /// Says that `field` fails with `code`.
    pub fn new(field: &'static str, code: ErrorCode) -> Self {
        Self {
            field,
            code,
            params: Vec::new(),
        }
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.params.push((name, value.to_string()));
        self
    }
}

impl Coded for FieldError {
    fn code(&self) -> ErrorCode {
        self.code
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn params(&self) -> Vec<(&'static str, String)> {
        self.params.clone()
    }
}
