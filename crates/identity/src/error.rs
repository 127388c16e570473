use kernel::{Coded, Denied, ErrorCode, FieldError};

/// Why a use case of this crate did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such record in the actor's reach.
    #[error("not found")]
    NotFound,
    /// The same right is there already for some of the time, or a code is another person's.
    #[error("it is there already")]
    AlreadyExists,
    /// The right has ended already.
    #[error("the right has ended")]
    Ended,
    /// Nobody records a right of her own or for herself.
    #[error("another person has to do this")]
    FourEyes,
    /// Minors neither give nor hold mandates; guardians act for minors only.
    #[error("the age does not allow it")]
    WrongAge,
    /// An input field is not as it has to be.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Address or password is wrong; which one is never said.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The password is right, but nobody has followed the link to the address yet.
    #[error("the address has not been verified")]
    NotVerified,
    /// A link or a refresh token is used, expired, replaced or unknown.
    #[error("the token is not good")]
    InvalidToken,
    /// The access token is forged or expired, or its session has ended.
    #[error("nobody is signed in")]
    Unauthenticated,
    /// Too many tries from this address or network.
    #[error("too many tries")]
    RateLimited {
        /// When the window of the limit ends, in seconds from now.
        retry_after_seconds: i64,
    },
    /// More passwords are waiting to be hashed than the machine can take on.
    #[error("too many passwords to hash")]
    Busy,
    /// The operator has named no keys of personal identity codes.
    #[error("there are no keys of personal identity codes")]
    NoCodeKeys,
    /// The population register cannot be read.
    #[error("the population register cannot be read: {0}")]
    Register(#[from] std::io::Error),
    /// Hashing or signing failed: a fault of ours.
    #[error("cryptography failed: {0}")]
    Crypto(String),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
}

/// When a client that met a full hashing queue may come back, in seconds.
const BUSY_SECONDS: i64 = 5;

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Db(error.into())
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(error) => error.code(),
            Self::NotFound => ErrorCode::NotFound,
            Self::AlreadyExists => ErrorCode::AlreadyExists,
            Self::Ended => ErrorCode::NotAllowedInState,
            Self::FourEyes => ErrorCode::FourEyes,
            Self::WrongAge => ErrorCode::WrongAge,
            Self::Field(error) => error.code(),
            Self::WrongCredentials => ErrorCode::WrongCredentials,
            Self::NotVerified => ErrorCode::NotVerified,
            Self::InvalidToken => ErrorCode::InvalidToken,
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::RateLimited { .. } | Self::Busy => ErrorCode::RateLimited,
            Self::NoCodeKeys | Self::Register(_) => ErrorCode::Unavailable,
            Self::Crypto(_) => ErrorCode::Internal,
            Self::Db(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field(error) => error.field(),
            _ => None,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Field(error) => error.params(),
            Self::RateLimited { retry_after_seconds } => {
                vec![("retryAfterSeconds", retry_after_seconds.to_string())]
            }
            Self::Busy => vec![("retryAfterSeconds", BUSY_SECONDS.to_string())],
            _ => Vec::new(),
        }
    }
}

impl db::Retryable for Error {
    fn retryable(&self) -> bool {
        matches!(self, Self::Db(error) if error.retryable())
    }
}
