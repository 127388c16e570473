use chrono::Duration;
use url::Url;

/// What an operator decides about accounts and sessions.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `iss` of access tokens: who made them.
    pub issuer: String,
    /// The `aud` of access tokens: for whom they are.
    pub audience: String,
    /// How long an access token is good.
    pub access_token: Duration,
    /// How long a session lasts from the sign-in on, in days; refreshing does not prolong it.
    pub refresh_token_days: u16,
    /// The cost of a password hash.
    pub argon2: Argon2Cost,
    /// Where the web client answers; links in letters start with it.
    pub public_url: Url,
    /// How many tries are let through.
    pub limits: Limits,
}

/// The cost of an argon2id hash.
#[derive(Clone, Copy, Debug)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Default for Argon2Cost {
    /// 19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
        }
    }
}

/// How many tries fit into a window of time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The most tries in one window.
    pub tries: i32,
    /// How long the window lasts from its first try on, at most a day.
    pub window: Duration,
}

/// The limits on guessing passwords and on sending mail.
///
/// An IPv6 address counts as its /64 network, because that is what one subscriber gets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Guesses from one network, whatever the account.
    pub guesses_of_network: Limit,
    /// Guesses of one account from one network.
    pub guesses_of_account_and_network: Limit,
    /// Guesses of one account from all networks it has never signed in from.
    pub guesses_of_account: Limit,
    /// Letters to one address.
    pub letters_to_address: Limit,
    /// Letters asked for from one network.
    pub letters_from_network: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let limit = |tries, window| Limit { tries, window };
        Self {
            guesses_of_network: limit(30, Duration::minutes(1)),
            guesses_of_account_and_network: limit(10, Duration::minutes(15)),
            guesses_of_account: limit(100, Duration::minutes(15)),
            letters_to_address: limit(5, Duration::hours(1)),
            letters_from_network: limit(20, Duration::hours(1)),
        }
    }
}
