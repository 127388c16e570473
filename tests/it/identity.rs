//! Accounts and sessions, from the letter to the sign-out.

use chrono::Duration;
use db::Tx;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::{Actor, Answer, PASSWORD, TestApp, both};

const ADDRESS: &str = "uusi.asiakas@example.org";
const STRANGER: &str = "joku.muu@example.org";
const OTHER_PASSWORD: &str = "neljä sinistä pöytää";

async fn register(app: &TestApp, email: &str) -> Answer {
    let account = json!({
        "email": email, "password": PASSWORD, "givenName": "Uusi", "familyName": "Asiakas", "lang": "EN",
    });
    app.anyone().run("anyone/register", json!({ "input": account })).await
}

async fn sign_in(actor: Actor<'_>, email: &str, password: &str) -> Answer {
    actor
        .run(
            "anyone/signIn",
            json!({ "input": { "email": email, "password": password } }),
        )
        .await
}

async fn refresh(actor: Actor<'_>, token: &Value) -> Answer {
    actor
        .run("anyone/refreshSession", json!({ "input": { "refreshToken": token } }))
        .await
}

async fn verify(app: &TestApp, token: &str) -> Answer {
    app.anyone()
        .run("anyone/verifyEmail", json!({ "input": { "token": token } }))
        .await
}

/// Asks for a letter.
async fn ask(app: &TestApp, document: &str, email: &str) -> Answer {
    app.anyone().run(document, json!({ "input": { "email": email } })).await
}

/// The caller with the access token of a session.
fn client<'a>(app: &'a TestApp, session: &Value) -> Actor<'a> {
    app.bearer(session["accessToken"].as_str().expect("a token"))
}

/// Why the caller cannot see herself, if she cannot.
async fn me_refused(app: &TestApp, session: &Value) -> Option<String> {
    let me = client(app, session).run("resident/me", json!({})).await;
    assert_eq!(me.error_code().is_some(), me.data("/me").is_null());
    me.error_code().map(str::to_owned)
}

/// The token of the link in the newest letter to an address.
async fn link_to(app: &TestApp, address: &str) -> String {
    app.run_jobs().await;
    let mails = app.mails();
    let letter = mails
        .iter()
        .rev()
        .find(|mail| mail.to == address)
        .expect("a letter came");
    let (_, rest) = letter.text.split_once("?token=").expect("the letter has a link");
    rest.chars().take_while(char::is_ascii_hexdigit).collect()
}

/// Registers, follows the link and signs in; answers the session.
async fn newcomer(app: &TestApp) -> Value {
    register(app, ADDRESS).await.ok();
    verify(app, &link_to(app, ADDRESS).await).await.ok();
    sign_in(app.anyone(), ADDRESS, PASSWORD)
        .await
        .ok()
        .data("/signIn/session")
        .clone()
}

#[tokio::test]
async fn an_account_opens_by_its_letter_and_a_session_ends_with_the_sign_out() {
    both(async |app| {
        let registered = register(app, ADDRESS).await;
        assert_eq!(registered.data("/register"), &json!({ "ok": true, "userErrors": [] }));
        let early = sign_in(app.anyone(), ADDRESS, PASSWORD).await;
        assert_eq!(early.user_errors(), ["NOT_VERIFIED"]);

        let link = link_to(app, ADDRESS).await;
        assert_eq!(
            verify(app, &link).await.ok().data("/verifyEmail/person/givenName"),
            "Uusi"
        );
        assert_eq!(verify(app, &link).await.user_errors(), ["INVALID_TOKEN"]);

        let session = sign_in(app.anyone(), ADDRESS, PASSWORD)
            .await
            .ok()
            .data("/signIn/session")
            .clone();
        let me = client(app, &session).run("resident/me", json!({})).await.ok();
        let expected = json!({
            "person": session["person"], "staffRoles": [], "companies": [], "actingFor": [], "actedForBy": [], "homes": [],
        });
        assert_eq!(me.data("/me"), &expected);

        let signed_out = client(app, &session).run("resident/signOut", json!({})).await.ok();
        assert_eq!(signed_out.data("/signOut/ok"), true);
        assert_eq!(me_refused(app, &session).await.as_deref(), Some("UNAUTHENTICATED"));
        let refreshed = refresh(app.anyone(), &session["refreshToken"]).await;
        assert_eq!(refreshed.user_errors(), ["INVALID_TOKEN"]);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_comes_back_ends_the_session() {
    both(async |app| {
        let next = async |session: &Value| {
            let answer = refresh(app.anyone(), &session["refreshToken"]).await.ok();
            answer.data("/refreshSession/session").clone()
        };
        let first = newcomer(app).await;
        let second = next(&first).await;
        let third = next(&second).await;
        assert_eq!(third["person"], first["person"]);
        assert_eq!(me_refused(app, &third).await, None);

        for token in [&first["refreshToken"], &third["refreshToken"]] {
            assert_eq!(refresh(app.anyone(), token).await.user_errors(), ["INVALID_TOKEN"]);
        }
        assert_eq!(me_refused(app, &third).await.as_deref(), Some("UNAUTHENTICATED"));
    })
    .await;
}

#[tokio::test]
async fn an_access_token_ends_and_is_refreshed() {
    both(async |app| {
        let session = newcomer(app).await;
        app.clock.advance(Duration::minutes(11));
        assert_eq!(me_refused(app, &session).await.as_deref(), Some("UNAUTHENTICATED"));

        let refreshed = refresh(client(app, &session), &session["refreshToken"]).await.ok();
        let refreshed = refreshed.data("/refreshSession/session");
        assert_eq!(
            refreshed["refreshExpiresAt"], session["refreshExpiresAt"],
            "a session is not prolonged"
        );
        assert_eq!(me_refused(app, refreshed).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_has_ended_does_not_stand_in_the_way_of_signing_in() {
    both(async |app| {
        let session = newcomer(app).await;
        client(app, &session)
            .run("resident/signOutEverywhere", json!({}))
            .await
            .ok();
        for token in [session["accessToken"].as_str().expect("a token"), "nonsense"] {
            let signed_in = sign_in(app.bearer(token), ADDRESS, PASSWORD).await.ok();
            assert_eq!(signed_in.data("/signIn/session/person/email"), ADDRESS);
            let refused = sign_in(app.bearer(token), ADDRESS, OTHER_PASSWORD).await;
            assert_eq!(
                (refused.user_errors(), refused.error_code()),
                (vec!["WRONG_CREDENTIALS"], None)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn answers_do_not_say_whether_an_address_has_an_account() {
    both(async |app| {
        newcomer(app).await;
        let (known, unknown) = (
            register(app, ADDRESS).await,
            register(app, "toinen.uusi@example.org").await,
        );
        assert_eq!(known.body, unknown.body);
        for document in ["anyone/resendVerification", "anyone/requestPasswordReset"] {
            let (known, unknown) = (ask(app, document, ADDRESS).await, ask(app, document, STRANGER).await);
            assert_eq!(known.ok().body, unknown.ok().body, "{document}");
        }
        let known = sign_in(app.anyone(), ADDRESS, OTHER_PASSWORD).await;
        let unknown = sign_in(app.anyone(), STRANGER, OTHER_PASSWORD).await;
        assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
        assert_eq!(known.user_errors(), ["WRONG_CREDENTIALS"]);

        app.run_jobs().await;
        let letters = |address: &str| app.mails().iter().filter(|mail| mail.to == address).count();
        assert_eq!(
            (letters(ADDRESS), letters(STRANGER)),
            (4, 2),
            "the letters say what the answers do not"
        );
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_letter_and_every_session_ends() {
    both(async |app| {
        let session = newcomer(app).await;
        ask(app, "anyone/requestPasswordReset", ADDRESS).await.ok();
        let link = link_to(app, ADDRESS).await;
        let reset = async |password: &str| {
            let input = json!({ "token": link, "newPassword": password });
            app.anyone()
                .run("anyone/resetPassword", json!({ "input": input }))
                .await
        };
        let weak = reset("salasana").await;
        assert_eq!(weak.user_errors(), ["WEAK_PASSWORD"]);
        assert_eq!(
            weak.data("/resetPassword/userErrors/0/field"),
            &json!(["input", "newPassword"])
        );
        assert_eq!(reset(OTHER_PASSWORD).await.ok().data("/resetPassword/ok"), true);
        assert_eq!(reset(OTHER_PASSWORD).await.user_errors(), ["INVALID_TOKEN"]);

        assert_eq!(me_refused(app, &session).await.as_deref(), Some("UNAUTHENTICATED"));
        let old = sign_in(app.anyone(), ADDRESS, PASSWORD).await;
        assert_eq!(old.user_errors(), ["WRONG_CREDENTIALS"]);
        sign_in(app.anyone(), ADDRESS, OTHER_PASSWORD).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_known_password_is_changed_and_every_session_ends() {
    both(async |app| {
        let session = newcomer(app).await;
        let change = async |current: &str, new: &str| {
            let input = json!({ "currentPassword": current, "newPassword": new });
            client(app, &session)
                .run("resident/changePassword", json!({ "input": input }))
                .await
        };
        let wrong = change(OTHER_PASSWORD, "viisi vihreää lamppua").await;
        assert_eq!(wrong.user_errors(), ["WRONG_CREDENTIALS"]);
        assert_eq!(wrong.data("/changePassword/ok"), false);
        assert_eq!(
            change(PASSWORD, OTHER_PASSWORD).await.ok().data("/changePassword/ok"),
            true
        );
        assert_eq!(
            change(OTHER_PASSWORD, PASSWORD).await.error_code(),
            Some("UNAUTHENTICATED")
        );
        sign_in(app.anyone(), ADDRESS, OTHER_PASSWORD).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_for_an_hour_and_only_the_newest_one() {
    both(async |app| {
        register(app, ADDRESS).await.ok();
        let first = link_to(app, ADDRESS).await;
        ask(app, "anyone/resendVerification", ADDRESS).await.ok();
        let second = link_to(app, ADDRESS).await;
        assert_eq!(verify(app, &first).await.user_errors(), ["INVALID_TOKEN"]);
        app.clock.advance(Duration::minutes(61));
        assert_eq!(verify(app, &second).await.user_errors(), ["INVALID_TOKEN"]);
    })
    .await;
}

#[tokio::test]
async fn fields_at_fault_are_named() {
    both(async |app| {
        for (email, password, given_name, field, code) in [
            ("ei osoite", PASSWORD, "Uusi", "email", "INVALID_FORMAT"),
            (ADDRESS, "salasana", "Uusi", "password", "WEAK_PASSWORD"),
            (ADDRESS, PASSWORD, " ", "givenName", "REQUIRED"),
        ] {
            let account = json!({
                "email": email, "password": password, "givenName": given_name, "familyName": "Asiakas", "lang": "FI",
            });
            let refused = app.anyone().run("anyone/register", json!({ "input": account })).await;
            assert_eq!(refused.user_errors(), [code]);
            assert_eq!(refused.data("/register/userErrors/0/field"), &json!(["input", field]));
        }
        app.run_jobs().await;
        assert_eq!(app.mails().len(), 0);
    })
    .await;
}

#[tokio::test]
async fn guesses_are_limited_until_the_window_ends() {
    both(async |app| {
        newcomer(app).await;
        sign_in(app.anyone(), ADDRESS, OTHER_PASSWORD).await;
        // As if all tries of the window had been used.
        let used_up = "UPDATE rate_limit SET hits = 10000";
        let done: Result<_, db::Error> = app
            .db()
            .write(async |tx: &Tx| Ok(tx.conn().execute_unprepared(used_up).await?))
            .await;
        done.expect("the counters can be set");

        for (email, password) in [(ADDRESS, PASSWORD), (STRANGER, PASSWORD)] {
            let refused = sign_in(app.anyone(), email, password).await;
            assert_eq!(refused.error_code(), Some("RATE_LIMITED"));
            let wait = refused
                .body
                .pointer("/errors/0/extensions/retryAfterSeconds")
                .and_then(Value::as_i64);
            assert!(wait.is_some_and(|seconds| (1..=3_600).contains(&seconds)), "{wait:?}");
        }
        assert_eq!(
            ask(app, "anyone/requestPasswordReset", ADDRESS).await.error_code(),
            Some("RATE_LIMITED")
        );
        app.clock.advance(Duration::minutes(61));
        sign_in(app.anyone(), ADDRESS, PASSWORD).await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_viewer_sees_her_roles_as_they_are_now() {
    both(async |app| {
        let city = app.city("837").await;
        let (company, signatory) = app.company(&city, 1).await;
        app.run_jobs().await;
        app.contexts
            .cities
            .install_role(city.id, signatory.id, kernel::StaffRole::Advisor)
            .await
            .expect("a role can be given");
        let me = signatory.run("resident/me", json!({})).await.ok();
        let in_city = json!([{ "city": { "id": city.id, "name": "Tampere" }, "role": "ADVISOR" }]);
        assert_eq!(me.data("/me/staffRoles"), &in_city);
        assert_eq!(me.data("/me/companies/0/company/id"), &json!(company));
        assert_eq!(me.data("/me/companies/0/role"), "SIGNATORY");
        assert_eq!(me.data("/me/person/email"), &json!(signatory.email));
    })
    .await;
}
