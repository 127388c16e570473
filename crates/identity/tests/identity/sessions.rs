//! Sessions and refresh tokens.

use chrono::Duration;
use identity::TokenPair;

use super::*;

impl Stage {
    async fn signed_in(&self) -> TokenPair {
        self.identity.sign_in(ADDRESS, PASSWORD, &home()).await.unwrap()
    }

    async fn refresh(&self, pair: &TokenPair) -> Result<TokenPair, Error> {
        self.identity.refresh(&pair.refresh_token, &home()).await
    }

    async fn is_live(&self, pair: &TokenPair) -> bool {
        self.identity.authenticate(&pair.access_token).await.is_ok()
    }
}

#[tokio::test]
async fn a_used_token_that_comes_back_ends_the_session() {
    let stage = stage().await;
    stage.member().await;
    let other = stage.signed_in().await;
    let first = stage.signed_in().await;
    let second = stage.refresh(&first).await.unwrap();
    let third = stage.refresh(&second).await.unwrap();
    assert!(stage.is_live(&third).await);
    assert_eq!(third.session, first.session);

    assert_eq!(code(stage.refresh(&first).await), ErrorCode::InvalidToken);
    assert!(!stage.is_live(&third).await);
    assert_eq!(code(stage.refresh(&third).await), ErrorCode::InvalidToken);
    assert!(
        stage.is_live(&other).await,
        "another session of the same person goes on"
    );
    assert!(stage.acts().await.contains(&"refreshReused INVALID_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_client_that_lost_the_answer_may_ask_again() {
    let stage = stage().await;
    stage.member().await;
    let first = stage.signed_in().await;
    let lost = stage.refresh(&first).await.unwrap();
    let again = stage.refresh(&first).await.unwrap();
    assert_eq!(code(stage.refresh(&lost).await), ErrorCode::InvalidToken);
    let next = stage.refresh(&again).await.unwrap();
    assert!(stage.is_live(&next).await);
}

#[tokio::test]
async fn a_replaced_token_that_turns_up_late_ends_the_session() {
    let stage = stage().await;
    stage.member().await;
    let stolen = stage.signed_in().await;
    let of_the_owner = stage.refresh(&stolen).await.unwrap();
    let of_the_thief = stage.refresh(&stolen).await.unwrap();
    stage.later(Duration::minutes(9));
    assert!(stage.is_live(&of_the_thief).await);
    assert_eq!(code(stage.refresh(&of_the_owner).await), ErrorCode::InvalidToken);
    assert!(!stage.is_live(&of_the_thief).await);
    assert_eq!(code(stage.refresh(&of_the_thief).await), ErrorCode::InvalidToken);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_refreshes_at_once_leave_one_live_token() {
    let stage = stage().await;
    stage.member().await;
    let pair = stage.signed_in().await;
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (identity, token) = (stage.identity.clone(), pair.refresh_token.clone());
            tokio::spawn(async move { identity.refresh(&token, &home()).await.unwrap() })
        })
        .collect();
    let mut live = 0;
    for task in tasks {
        let refreshed = task.await.unwrap();
        live += usize::from(stage.refresh(&refreshed).await.is_ok());
    }
    assert_eq!(live, 1);
}

#[tokio::test]
async fn signing_out_ends_this_session_or_all() {
    let stage = stage().await;
    let person = stage.member().await;
    let (here, there) = (stage.signed_in().await, stage.signed_in().await);
    let signed_in = stage.identity.authenticate(&here.access_token).await.unwrap();
    stage.identity.sign_out(signed_in, &home()).await.unwrap();
    assert!(!stage.is_live(&here).await);
    assert_eq!(code(stage.refresh(&here).await), ErrorCode::InvalidToken);
    assert!(stage.is_live(&there).await);

    let third = stage.signed_in().await;
    let signed_in = stage.identity.authenticate(&third.access_token).await.unwrap();
    assert_eq!(signed_in.person, person.id);
    stage.identity.sign_out_everywhere(signed_in, &home()).await.unwrap();
    assert!(!stage.is_live(&there).await);
    assert!(!stage.is_live(&third).await);
}

#[tokio::test]
async fn a_session_ends_however_often_it_is_refreshed() {
    let stage = stage().await;
    stage.member().await;
    let mut pair = stage.signed_in().await;
    stage.later(Duration::minutes(10));
    assert!(!stage.is_live(&pair).await, "the access token has expired");
    for _ in 0..29 {
        stage.later(Duration::days(1));
        pair = stage.refresh(&pair).await.unwrap();
    }
    stage.later(Duration::hours(23) + Duration::minutes(45));
    let last = stage.refresh(&pair).await.unwrap();
    assert_eq!(last.access_expires_at, last.refresh_expires_at);
    stage.later(Duration::minutes(5));
    assert!(!stage.is_live(&last).await);
    assert_eq!(code(stage.refresh(&last).await), ErrorCode::InvalidToken);

    let before = stage.db.statements();
    let forgotten = stage.identity.forget_expired().await.unwrap();
    assert!(stage.db.statements() > before);
    assert_eq!(forgotten, 3, "the counters of the sign-in");
    stage.later(Duration::days(31));
    assert_eq!(
        stage.identity.forget_expired().await.unwrap(),
        32,
        "31 tokens and their session"
    );
}

#[tokio::test]
async fn a_token_is_good_only_for_its_purpose() {
    let stage = stage().await;
    stage.member().await;
    let pair = stage.signed_in().await;
    assert_eq!(
        code(stage.identity.authenticate(&pair.refresh_token).await),
        ErrorCode::Unauthenticated
    );
    assert_eq!(
        code(stage.identity.refresh(&pair.access_token, &home()).await),
        ErrorCode::InvalidToken
    );
    let before = stage.db.statements();
    assert!(stage.is_live(&pair).await);
    assert_eq!(stage.db.statements() - before, 1);
    let shown = format!("{pair:?}");
    assert!(!shown.contains(&pair.refresh_token) && !shown.contains(&pair.access_token));
}
