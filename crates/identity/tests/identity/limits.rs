//! Limits on guesses and letters.

use chrono::Duration;
use identity::Limit;

use super::*;

impl Stage {
    /// The code of a sign-in with the right password from `ip`.
    async fn try_from(&self, ip: &str) -> Option<ErrorCode> {
        let outcome = self.identity.sign_in(ADDRESS, PASSWORD, &from(ip)).await;
        outcome.err().map(|error| error.code())
    }

    async fn guess_from(&self, ip: &str) -> ErrorCode {
        code(self.identity.sign_in(ADDRESS, "arvaus", &from(ip)).await)
    }
}

fn limit(tries: i32) -> Limit {
    Limit {
        tries,
        window: Duration::minutes(15),
    }
}

#[tokio::test]
async fn ten_guesses_of_an_account_from_one_network() {
    let stage = stage().await;
    stage.member().await;
    for _ in 0..10 {
        assert_eq!(stage.guess_from("192.0.2.1").await, ErrorCode::WrongCredentials);
    }
    let refused = stage.identity.sign_in(ADDRESS, PASSWORD, &home()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::RateLimited);
    assert_eq!(refused.params(), [("retryAfterSeconds", "900".to_owned())]);
    assert_eq!(stage.guess_from("192.0.2.1").await, ErrorCode::RateLimited);
    assert_eq!(stage.try_from("192.0.2.2").await, None, "another network");

    stage.later(Duration::minutes(15));
    assert_eq!(stage.try_from("192.0.2.1").await, None);
    let acts = stage.acts().await;
    let recorded = acts.iter().filter(|act| *act == "signIn RATE_LIMITED").count();
    assert_eq!(recorded, 1, "a flood does not flood the record");
}

#[tokio::test]
async fn the_limit_does_not_tell_whether_an_account_exists() {
    let stage = stage().await;
    for _ in 0..10 {
        assert_eq!(stage.guess_from("192.0.2.1").await, ErrorCode::WrongCredentials);
    }
    assert_eq!(stage.guess_from("192.0.2.1").await, ErrorCode::RateLimited);
}

#[tokio::test]
async fn thirty_guesses_of_any_accounts_from_one_network() {
    let stage = stage().await;
    for n in 0..30 {
        let address = format!("asiakas{n}@esimerkki.fi");
        let ip = format!("2001:db8::{n}");
        assert_eq!(
            code(stage.identity.sign_in(&address, PASSWORD, &from(&ip)).await),
            ErrorCode::WrongCredentials
        );
    }
    assert_eq!(stage.guess_from("2001:db8::1:1").await, ErrorCode::RateLimited);
    stage.later(Duration::minutes(1));
    assert_eq!(stage.guess_from("2001:db8::1:1").await, ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn strangers_cannot_lock_the_owner_out() {
    let stage = stage_with(Limits {
        guesses_of_account: limit(5),
        ..Limits::default()
    })
    .await;
    stage.member().await;
    assert_eq!(stage.try_from("192.0.2.1").await, None);
    for n in 0..4 {
        assert_eq!(
            stage.guess_from(&format!("198.51.100.{n}")).await,
            ErrorCode::WrongCredentials
        );
    }
    assert_eq!(stage.guess_from("198.51.100.200").await, ErrorCode::RateLimited);
    assert_eq!(
        stage.try_from("192.0.2.1").await,
        None,
        "from where she signed in before"
    );
    assert_eq!(stage.try_from("203.0.113.1").await, Some(ErrorCode::RateLimited));

    let id = &stage.identity;
    id.request_reset(ADDRESS, Lang::Fi, &home()).await.unwrap();
    id.reset(&stage.token().await, PASSWORD, &home()).await.unwrap();
    assert_eq!(stage.try_from("203.0.113.1").await, None, "after a reset");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_guess_goes_uncounted_at_once() {
    let stage = stage_with(Limits {
        guesses_of_account_and_network: limit(3),
        ..Limits::default()
    })
    .await;
    stage.member().await;
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let identity = stage.identity.clone();
            tokio::spawn(async move { code(identity.sign_in(ADDRESS, "arvaus", &home()).await) })
        })
        .collect();
    let mut guessed = 0;
    for task in tasks {
        guessed += usize::from(task.await.unwrap() == ErrorCode::WrongCredentials);
    }
    assert_eq!(guessed, 3);
}

#[tokio::test]
async fn letters_to_one_address_and_from_one_network() {
    let stage = stage().await;
    let id = &stage.identity;
    for _ in 0..5 {
        id.request_reset(ADDRESS, Lang::Fi, &home()).await.unwrap();
    }
    let refused = id.request_reset(ADDRESS, Lang::Fi, &home()).await.unwrap_err();
    assert_eq!(refused.params(), [("retryAfterSeconds", "3600".to_owned())]);
    let again = id.register(account(ADDRESS, PASSWORD), &from("192.0.2.9")).await;
    assert_eq!(code(again), ErrorCode::RateLimited, "whatever the letter is about");
    assert_eq!(stage.subjects(ADDRESS).await.len(), 5);

    for n in 0..14 {
        let address = format!("asiakas{n}@esimerkki.fi");
        id.resend_verification(&address, Lang::Fi, &home()).await.unwrap();
    }
    let from_home = id.resend_verification("x@esimerkki.fi", Lang::Fi, &home()).await;
    assert_eq!(code(from_home), ErrorCode::RateLimited);
    let from_elsewhere = id
        .resend_verification("x@esimerkki.fi", Lang::Fi, &from("192.0.2.9"))
        .await;
    from_elsewhere.unwrap();
}
