//! Registration, links, passwords.

use chrono::Duration;
use identity::Limit;

use super::*;

#[tokio::test]
async fn the_owner_of_an_address_opens_the_account() {
    let stage = stage().await;
    let sign_in = async |password| stage.identity.sign_in(ADDRESS, password, &home()).await;
    stage
        .identity
        .register(account(" Asiakas@Esimerkki.FI ", PASSWORD), &home())
        .await
        .unwrap();
    assert_eq!(code(sign_in(NEW_PASSWORD).await), ErrorCode::WrongCredentials);
    assert_eq!(code(sign_in(PASSWORD).await), ErrorCode::NotVerified);

    let letters = stage.letters("Asiakas@Esimerkki.FI").await;
    let text = letters[0].text.as_ref().unwrap();
    let (start, token) = text.split_once("?token=").unwrap();
    assert!(start.ends_with("\nhttps://palvelutori.example/verify"), "{start}");
    let person = stage.identity.verify(token.trim(), &home()).await.unwrap();
    let names = (person.given_name.as_str(), person.family_name.as_str());
    assert_eq!((names, person.version), (("Aino", "Esimerkki"), 2));
    assert_eq!(
        code(stage.identity.verify(token.trim(), &home()).await),
        ErrorCode::InvalidToken
    );

    let pair = sign_in(PASSWORD).await.unwrap();
    let signed_in = stage.identity.authenticate(&pair.access_token).await.unwrap();
    assert_eq!((signed_in.person, signed_in.session), (person.id, pair.session));
    let stored = stage.identity.persons_by_ids(&[person.id]).await.unwrap();
    assert_eq!(stored[&person.id], person);
    assert_eq!(
        stage.acts().await,
        [
            "register OK",
            "signIn WRONG_CREDENTIALS",
            "signIn NOT_VERIFIED",
            "verifyAddress OK",
            "signIn OK"
        ]
    );
}

#[tokio::test]
async fn nobody_learns_from_answers_or_statements_whether_an_account_exists() {
    let stage = stage().await;
    stage.member().await;
    let stranger = "muu@esimerkki.fi";
    let mut costs = Vec::new();
    for address in [stranger, ADDRESS] {
        let before = stage.db.statements();
        stage.identity.request_reset(address, Lang::Fi, &home()).await.unwrap();
        let reset = stage.db.statements();
        stage
            .identity
            .resend_verification(address, Lang::Fi, &home())
            .await
            .unwrap();
        let resend = stage.db.statements();
        let refused = stage.identity.sign_in(address, NEW_PASSWORD, &home()).await;
        assert_eq!(code(refused), ErrorCode::WrongCredentials);
        let sign_in = stage.db.statements();
        stage
            .identity
            .register(account(address, PASSWORD), &home())
            .await
            .unwrap();
        let register = stage.db.statements();
        costs.push([reset - before, resend - reset, sign_in - resend, register - sign_in]);
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(
        stage.subjects(stranger).await,
        [
            "Tällä osoitteella ei ole tiliä",
            "Tällä osoitteella ei ole tiliä",
            "Vahvista sähköpostiosoitteesi"
        ]
    );
    assert_eq!(
        stage.subjects(ADDRESS).await,
        ["Uusi salasana", "Sinulla on jo tili", "Sinulla on jo tili"]
    );
    let sent = stage.letters(stranger).await;
    assert!(!sent[0].text.as_ref().unwrap().contains("token="));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_registrations_at_once_make_one_account() {
    let many = Limit {
        tries: 100,
        window: Duration::hours(1),
    };
    let stage = stage_with(Limits {
        letters_to_address: many,
        letters_from_network: many,
        ..Limits::default()
    })
    .await;
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let identity = stage.identity.clone();
            let spelling = if n % 2 == 0 { ADDRESS } else { "ASIAKAS@esimerkki.fi" };
            tokio::spawn(async move { identity.register(account(spelling, PASSWORD), &home()).await })
        })
        .collect();
    let mut registered = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => registered += 1,
            Err(error) => assert_eq!(error.code(), ErrorCode::RateLimited, "{error}"),
        }
    }
    assert!(registered > 1, "{registered}");
    let accounts = identity::person::Entity::find().all(stage.db.read()).await.unwrap();
    assert_eq!(accounts.len(), 1);
    let letters = mail::Entity::find().all(stage.db.read()).await.unwrap();
    assert_eq!(letters.len(), registered);
}

#[tokio::test]
async fn what_a_stranger_registered_before_the_owner_is_forgotten() {
    let strangers_address = "ASIAKAS@esimerkki.fi";
    let stage = stage().await;
    let id = &stage.identity;
    let stranger = NewAccount {
        given_name: "Joku".into(),
        family_name: "Muu".into(),
        lang: Lang::Sv,
        ..account(strangers_address, NEW_PASSWORD)
    };
    id.register(stranger, &from("192.0.2.66")).await.unwrap();
    let strangers = stage.letters(strangers_address).await;
    let text = strangers[0].text.as_ref().unwrap();
    let strangers_link = text.split_once("?token=").unwrap().1.trim();
    stage.later(Duration::minutes(1));
    id.register(account(ADDRESS, PASSWORD), &home()).await.unwrap();
    let own_link = stage.token().await;
    let dead = id.verify(strangers_link, &home()).await;
    assert_eq!(code(dead), ErrorCode::InvalidToken);

    let person = id.verify(&own_link, &home()).await.unwrap();
    let names = (person.given_name.as_str(), person.family_name.as_str());
    assert_eq!(names, ("Aino", "Esimerkki"));
    assert_eq!((person.email.as_str(), person.lang), (ADDRESS, Lang::Fi));
    assert_eq!(id.person(person.id).await.unwrap(), Some(person));
    id.sign_in(ADDRESS, PASSWORD, &home()).await.unwrap();
    let refused = id.sign_in(ADDRESS, NEW_PASSWORD, &home()).await;
    assert_eq!(code(refused), ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn a_link_sent_again_brings_the_latest_registration_even_days_later() {
    let stage = stage().await;
    let id = &stage.identity;
    id.register(account(ADDRESS, NEW_PASSWORD), &home()).await.unwrap();
    stage.later(Duration::minutes(1));
    id.register(account(ADDRESS, PASSWORD), &home()).await.unwrap();
    stage.later(Duration::days(3));
    id.forget_expired().await.unwrap();
    id.resend_verification(ADDRESS, Lang::Fi, &home()).await.unwrap();
    id.verify(&stage.token().await, &home()).await.unwrap();
    id.sign_in(ADDRESS, PASSWORD, &home()).await.unwrap();
    let refused = id.sign_in(ADDRESS, NEW_PASSWORD, &home()).await;
    assert_eq!(code(refused), ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn registering_an_open_account_changes_nothing_of_it() {
    let stage = stage().await;
    let id = &stage.identity;
    let member = stage.member().await;
    id.register(account(ADDRESS, NEW_PASSWORD), &home()).await.unwrap();
    assert_eq!(id.person(member.id).await.unwrap(), Some(member));
    id.sign_in(ADDRESS, PASSWORD, &home()).await.unwrap();
    stage.later(Duration::hours(2));
    id.forget_expired().await.unwrap();
    let conn = stage.db.read();
    let links = sea_orm::Statement::from_string(conn.get_database_backend(), "SELECT digest FROM mail_link");
    assert_eq!(conn.query_all_raw(links).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_reset_ends_what_the_old_password_opened() {
    let stage = stage().await;
    let id = &stage.identity;
    stage.member().await;
    let old = id.sign_in(ADDRESS, PASSWORD, &home()).await.unwrap();
    id.request_reset(ADDRESS, Lang::Fi, &home()).await.unwrap();
    let token = stage.token().await;

    assert_eq!(
        code(id.verify(&token, &home()).await),
        ErrorCode::InvalidToken,
        "its kind"
    );
    assert_eq!(
        code(id.reset(&token, "salasana123", &home()).await),
        ErrorCode::WeakPassword
    );
    assert_eq!(code(id.reset(&token, ADDRESS, &home()).await), ErrorCode::WeakPassword);
    id.reset(&token, NEW_PASSWORD, &home()).await.unwrap();
    assert_eq!(code(id.reset(&token, PASSWORD, &home()).await), ErrorCode::InvalidToken);

    assert_eq!(
        code(id.authenticate(&old.access_token).await),
        ErrorCode::Unauthenticated
    );
    assert_eq!(
        code(id.refresh(&old.refresh_token, &home()).await),
        ErrorCode::InvalidToken
    );
    assert_eq!(
        code(id.sign_in(ADDRESS, PASSWORD, &home()).await),
        ErrorCode::WrongCredentials
    );
    id.sign_in(ADDRESS, NEW_PASSWORD, &home()).await.unwrap();
    assert_eq!(
        stage.subjects(ADDRESS).await,
        ["Uusi salasana", "Salasanasi on vaihdettu"]
    );
}

#[tokio::test]
async fn links_die_with_a_newer_one_with_time_and_with_a_new_password() {
    let stage = stage().await;
    let id = &stage.identity;
    let request = async || {
        stage.later(Duration::seconds(1));
        id.request_reset(ADDRESS, Lang::Fi, &home()).await.unwrap();
        stage.token().await
    };
    let reset = async |token: &str| id.reset(token, NEW_PASSWORD, &home()).await;
    id.register(account(ADDRESS, PASSWORD), &home()).await.unwrap();
    let verification = stage.token().await;
    let (first, second) = (request().await, request().await);
    assert_eq!(code(reset(&first).await), ErrorCode::InvalidToken);
    stage.later(Duration::minutes(60));
    assert_eq!(code(reset(&second).await), ErrorCode::InvalidToken);

    stage.later(Duration::hours(1));
    id.resend_verification(ADDRESS, Lang::Fi, &home()).await.unwrap();
    let verification_again = stage.token().await;
    assert_ne!(verification, verification_again);
    reset(&request().await).await.unwrap();
    assert_eq!(
        code(id.verify(&verification_again, &home()).await),
        ErrorCode::InvalidToken
    );
    // Who follows a reset link reads the address's mail: that verifies it.
    id.sign_in(ADDRESS, NEW_PASSWORD, &home()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_even_at_once() {
    let stage = stage().await;
    stage.member().await;
    stage.identity.request_reset(ADDRESS, Lang::Fi, &home()).await.unwrap();
    let token = stage.token().await;
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let (identity, token) = (stage.identity.clone(), token.clone());
            tokio::spawn(async move { identity.reset(&token, &format!("salalause {n} {n}"), &home()).await })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => done += 1,
            Err(error) => assert_eq!(error.code(), ErrorCode::InvalidToken, "{error}"),
        }
    }
    assert_eq!(done, 1);
}

#[tokio::test]
async fn changing_the_password_asks_for_the_present_one_and_ends_all_sessions() {
    let stage = stage().await;
    let id = &stage.identity;
    stage.member().await;
    let pair = id.sign_in(ADDRESS, PASSWORD, &home()).await.unwrap();
    let signed_in = id.authenticate(&pair.access_token).await.unwrap();
    let change = async |current: &str, new| id.change_password(signed_in, current, new, &home()).await;

    assert_eq!(code(change("wrong", NEW_PASSWORD).await), ErrorCode::WrongCredentials);
    assert_eq!(
        code(change(&"x".repeat(2000), NEW_PASSWORD).await),
        ErrorCode::WrongCredentials
    );
    let weak = change(PASSWORD, "helsinki1").await.unwrap_err();
    assert_eq!(
        (weak.code(), weak.field()),
        (ErrorCode::WeakPassword, Some("newPassword"))
    );
    change(PASSWORD, NEW_PASSWORD).await.unwrap();

    assert_eq!(
        code(id.authenticate(&pair.access_token).await),
        ErrorCode::Unauthenticated
    );
    assert_eq!(
        code(id.sign_in(ADDRESS, PASSWORD, &home()).await),
        ErrorCode::WrongCredentials
    );
    id.sign_in(ADDRESS, NEW_PASSWORD, &home()).await.unwrap();
    assert_eq!(stage.subjects(ADDRESS).await, ["Salasanasi on vaihdettu"]);
}

#[tokio::test]
async fn hostile_input_is_refused_like_any_other() {
    let stage = stage().await;
    let id = &stage.identity;
    stage.member().await;
    for address in [
        "\0",
        "a\0@esimerkki.fi",
        "",
        "'; DROP TABLE person; --",
        &"ä".repeat(100_000),
    ] {
        assert_eq!(
            code(id.sign_in(address, PASSWORD, &home()).await),
            ErrorCode::WrongCredentials
        );
        assert!(id.request_reset(address, Lang::Fi, &home()).await.unwrap_err().field() == Some("email"));
    }
    let long = PASSWORD.repeat(100);
    assert_eq!(
        code(id.sign_in(ADDRESS, &long, &home()).await),
        ErrorCode::WrongCredentials
    );
    assert_eq!(
        code(id.register(account("b@esimerkki.fi", &long), &home()).await),
        ErrorCode::TooLong
    );
    for token in ["", "\0", "%", &"f".repeat(100_000)] {
        assert_eq!(code(id.verify(token, &home()).await), ErrorCode::InvalidToken);
        assert_eq!(code(id.reset(token, PASSWORD, &home()).await), ErrorCode::InvalidToken);
        assert_eq!(code(id.refresh(token, &home()).await), ErrorCode::InvalidToken);
        assert_eq!(code(id.authenticate(token).await), ErrorCode::Unauthenticated);
    }
    let twice = id.add_verified("test", account("ASIAKAS@esimerkki.fi", PASSWORD)).await;
    assert_eq!(code(twice), ErrorCode::AlreadyExists);
}
