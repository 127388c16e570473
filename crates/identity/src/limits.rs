use audit::Act;
use db::Tx;
use kernel::{Actor, ErrorCode};

use crate::model::rate_limit::Refusal;
use crate::settings::{Limit, Limits};
use crate::{Error, Identity, RequestOrigin, secret, store};

impl Identity {
    /// Counts a guess of the password of the account at `address`, whether or not there is one.
    pub(crate) async fn count_guess(&self, address: &str, origin: &RequestOrigin) -> Result<(), Error> {
        let network = origin.network();
        let outcome: Result<_, db::Error> = self
            .db
            .write(async |tx: &Tx| {
                let refusal = judge_guess(tx, &self.settings.limits, address, &network).await?;
                record(tx, "signIn", refusal, &origin.nobody()).await
            })
            .await;
        let_through(outcome?)
    }

    /// Counts a letter to `address`, whether or not there is an account.
    pub(crate) async fn count_letter(&self, address: &str, origin: &RequestOrigin) -> Result<(), Error> {
        let network = origin.network();
        let outcome: Result<_, db::Error> = self
            .db
            .write(async |tx: &Tx| {
                let refusal = judge_letter(tx, &self.settings.limits, address, &network).await?;
                record(tx, "askForLetter", refusal, &origin.nobody()).await
            })
            .await;
        let_through(outcome?)
    }
}

impl Identity {
    /// Counts a try of `actor` at `action`, which tells something to whoever knows a number; every try counts, because a
    /// guess that is right is not told from one that knows.
    ///
    /// # Errors
    /// `RateLimited` beyond `limit`.
    pub async fn count_look_up(&self, actor: &Actor, action: &'static str, limit: Limit) -> Result<(), Error> {
        let person = actor.signed_in().map_err(|_nobody| Error::Unauthenticated)?;
        let tries = [(bucket(action, &[&person.to_string()]), limit)];
        let outcome: Result<_, db::Error> = self
            .db
            .write(async |tx: &Tx| {
                let refusal = judge(tx, tries.clone()).await?;
                record(tx, action, refusal, actor).await
            })
            .await;
        let_through(outcome?)
    }
}

/// The counter of guesses of one account from unknown networks.
pub(crate) fn account_bucket(address: &str) -> String {
    bucket("guess-account", &[address])
}

/// From the narrowest suspicion on; a try that one counter refuses is not held against the next, or a single
/// attacker could use up what an account has left.
async fn judge_guess(tx: &Tx, limits: &Limits, address: &str, network: &str) -> Result<Option<Refusal>, db::Error> {
    let tries = [
        (bucket("guess-network", &[network]), limits.guesses_of_network),
        (
            bucket("guess-account-network", &[address, network]),
            limits.guesses_of_account_and_network,
        ),
    ];
    if let Some(refusal) = judge(tx, tries).await? {
        return Ok(Some(refusal));
    }
    if store::is_known_network(tx, address, network).await? {
        return Ok(None);
    }
    judge(tx, [(account_bucket(address), limits.guesses_of_account)]).await
}

async fn judge_letter(tx: &Tx, limits: &Limits, address: &str, network: &str) -> Result<Option<Refusal>, db::Error> {
    let tries = [
        (bucket("letter-network", &[network]), limits.letters_from_network),
        (bucket("letter-address", &[address]), limits.letters_to_address),
    ];
    judge(tx, tries).await
}

async fn judge(tx: &Tx, tries: impl IntoIterator<Item = (String, Limit)>) -> Result<Option<Refusal>, db::Error> {
    for (bucket, limit) in tries {
        let counted = store::count_try(tx, &bucket, limit.window).await?;
        if let Some(refusal) = counted.judge(limit, tx.now()) {
            return Ok(Some(refusal));
        }
    }
    Ok(None)
}

/// Records the first refusal of a window; answers the seconds to wait.
async fn record(
    tx: &Tx,
    action: &'static str,
    refusal: Option<Refusal>,
    actor: &Actor,
) -> Result<Option<i64>, db::Error> {
    if let Some(first) = refusal.as_ref().filter(|refusal| refusal.first) {
        let act = Act::new(action, &first.bucket).refused(ErrorCode::RateLimited);
        audit::record(tx, actor, act).await?;
    }
    Ok(refusal.map(|refusal| refusal.retry_after_seconds))
}

fn let_through(wait: Option<i64>) -> Result<(), Error> {
    match wait {
        None => Ok(()),
        Some(retry_after_seconds) => Err(Error::RateLimited { retry_after_seconds }),
    }
}

/// A counter's name. The digest keeps it short and keeps addresses out of the table and the audit record.
fn bucket(kind: &str, whose: &[&str]) -> String {
    let mut digest = secret::digest(&whose.join("\n"));
    digest.truncate(32);
    format!("{kind}:{digest}")
}
