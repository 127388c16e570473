//! Cities and their staff: two administrators give a role, one takes it away, nobody else does.

use cities::City;
use kernel::{Coded, ErrorCode, StaffRole};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::{Actor, Answer, both};

async fn propose(actor: &Actor<'_>, city: &Value, email: &str) -> Answer {
    let input = json!({ "cityId": city, "email": email, "role": "ADVISOR" });
    actor
        .run("administrator/proposeStaffRole", json!({ "input": input }))
        .await
}

/// Confirms or revokes.
async fn change(actor: &Actor<'_>, document: &str, member: &Value) -> Answer {
    actor
        .run(document, json!({ "input": { "staffMemberId": member } }))
        .await
}

async fn confirm(actor: &Actor<'_>, member: &Value) -> Answer {
    change(actor, "administrator/confirmStaffRole", member).await
}

async fn revoke(actor: &Actor<'_>, member: &Value) -> Answer {
    change(actor, "administrator/revokeStaffRole", member).await
}

async fn staff(actor: &Actor<'_>, city: &Value) -> Answer {
    actor
        .run("administrator/staff", json!({ "cityId": city, "first": 10 }))
        .await
}

#[tokio::test]
async fn no_day_is_computed_in_a_zone_that_nobody_knows() {
    both(async |app| {
        app.city("853").await;
        let set_zone = async |zone: &str| {
            let statement = format!("UPDATE city SET zone = '{zone}'");
            app.db().read().execute_unprepared(&statement).await.unwrap();
        };
        set_zone("Europe/Ankdamm").await;
        let error = app.contexts.cities.list().await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Internal);
        set_zone("Europe/Helsinki").await;
        app.contexts.cities.list().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn everybody_sees_the_cities() {
    both(async |app| {
        app.city("837").await;
        let turku = app.city("853").await;
        let cities = app.anyone().run("anyone/cities", json!({})).await.ok();
        let codes: Vec<_> = cities
            .data("/cities")
            .as_array()
            .unwrap()
            .iter()
            .map(|city| &city["code"])
            .collect();
        assert_eq!(codes, ["837", "853"]);
        assert_eq!(cities.data("/cities/1/names/sv"), "Åbo");

        let city = app.anyone().run("anyone/city", json!({ "code": "853" })).await.ok();
        assert_eq!(city.data("/city"), cities.data("/cities/1"));
        assert_eq!(city.data("/city/id"), &json!(turku.id));
        let none = app.anyone().run("anyone/city", json!({ "code": "999" })).await.ok();
        assert_eq!(none.data("/city"), &Value::Null);
        let node = app.anyone().run("anyone/node", json!({ "id": turku.id })).await.ok();
        assert_eq!(node.data("/node/code"), "853");
    })
    .await;
}

#[tokio::test]
async fn a_role_takes_two_administrators() {
    both(async |app| {
        let tampere = app.city("837").await;
        let first = app.staff(&tampere, StaffRole::Administrator, "first").await;
        let second = app.staff(&tampere, StaffRole::Administrator, "second").await;
        let advisor = app.person("advisor").await;
        let city = json!(tampere.id);
        let roles = async || {
            advisor
                .run("resident/me", json!({}))
                .await
                .ok()
                .data("/me/staffRoles")
                .clone()
        };

        let proposed = propose(&first, &city, &advisor.email).await.ok();
        let member = proposed.data("/proposeStaffRole/staffMember/id").clone();
        assert_eq!(proposed.data("/proposeStaffRole/staffMember/state"), "PROPOSED");
        assert_eq!(
            propose(&second, &city, &advisor.email).await.user_errors(),
            ["ALREADY_EXISTS"]
        );
        assert_eq!(confirm(&first, &member).await.user_errors(), ["FOUR_EYES"]);
        assert_eq!(roles().await, json!([]), "a proposed role does not count");

        let confirmed = confirm(&second, &member).await.ok();
        assert_eq!(confirmed.data("/confirmStaffRole/staffMember/state"), "ACTIVE");
        assert_eq!(confirm(&second, &member).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(
            roles().await,
            json!([{ "city": { "id": city, "name": "Tampere" }, "role": "ADVISOR" }])
        );
        let listed = staff(&second, &city).await.ok();
        assert_eq!(listed.data("/staff/totalCount"), 3);
        assert_eq!(listed.data("/staff/edges/2/node/person/email"), &json!(advisor.email));

        let revoked = revoke(&first, &member).await.ok();
        assert_eq!(revoked.data("/revokeStaffRole/staffMember/state"), "REVOKED");
        assert_eq!(revoke(&first, &member).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(roles().await, json!([]));
        assert_eq!(staff(&second, &city).await.ok().data("/staff/totalCount"), 2);
    })
    .await;
}

#[tokio::test]
async fn the_first_administrators_are_made_by_the_operator() {
    both(async |app| {
        let tampere = app.city("837").await;
        let city = json!(tampere.id);
        let (first, second) = (app.person("first").await, app.person("second").await);
        let advisor = app.person("advisor").await;
        let make = async |email: &str| app.contexts.cities.make_administrator(tampere.id, email).await;
        make(&first.email).await.unwrap();
        assert_eq!(
            make("FIRST@example.org").await.unwrap_err().code(),
            ErrorCode::AlreadyExists
        );
        assert_eq!(
            make("nobody@example.org").await.unwrap_err().code(),
            ErrorCode::NotFound
        );
        make(&second.email).await.unwrap();

        let proposed = propose(&first, &city, &advisor.email).await.ok();
        confirm(&second, proposed.data("/proposeStaffRole/staffMember/id"))
            .await
            .ok();
        let auditor = app.staff(&tampere, StaffRole::Auditor, "auditor").await;
        let records = auditor
            .run("auditor/auditRecords", json!({ "cityId": city, "first": 100 }))
            .await
            .ok();
        let by_operator = |edge: &&Value| edge["node"]["actor"] == "operator";
        let rows = records.data("/auditRecords/edges").as_array().unwrap().iter();
        let about: Vec<_> = rows
            .filter(by_operator)
            .map(|edge| edge["node"]["about"].clone())
            .collect();
        assert_eq!(about.len(), 2);
        assert!(
            [&first, &second].iter().all(|person| about.contains(&json!(person.id))),
            "{about:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_operator_makes_two_administrators_of_a_city() {
    both(async |app| {
        let (tampere, turku) = (app.city("837").await, app.city("853").await);
        let first = app.person("first").await;
        for name in ["second", "third"] {
            app.person(name).await;
        }
        let make = async |city: &City, name: &str| {
            let email = format!("{name}@example.org");
            let made = app.contexts.cities.make_administrator(city.id, &email).await;
            made.map(|member| json!(member.id)).map_err(|error| error.code())
        };
        make(&tampere, "first").await.unwrap();
        // Two commands at once do not both find one administrator.
        let (second, third) = tokio::join!(make(&tampere, "second"), make(&tampere, "third"));
        let (made, refused, name) = match (second, third) {
            (Ok(second), Err(code)) => (second, code, "third"),
            (Err(code), Ok(third)) => (third, code, "second"),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused, ErrorCode::NotAllowedInState);
        assert_eq!(make(&tampere, name).await, Err(ErrorCode::NotAllowedInState));
        make(&turku, name).await.unwrap();

        revoke(&first, &made).await.ok();
        make(&tampere, name).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_administrator_does_not_confirm_her_own_role() {
    both(async |app| {
        let tampere = app.city("837").await;
        let first = app.staff(&tampere, StaffRole::Administrator, "first").await;
        let second = app.staff(&tampere, StaffRole::Administrator, "second").await;
        let proposed = propose(&first, &json!(tampere.id), &second.email).await.ok();
        let member = proposed.data("/proposeStaffRole/staffMember/id");
        assert_eq!(confirm(&second, member).await.user_errors(), ["FOUR_EYES"]);
    })
    .await;
}

#[tokio::test]
async fn a_role_is_given_to_verified_addresses_only() {
    both(async |app| {
        let tampere = app.city("837").await;
        let administrator = app.staff(&tampere, StaffRole::Administrator, "administrator").await;
        let account = json!({
            "email": "waiting@example.org", "password": support::PASSWORD, "givenName": "Odottava",
            "familyName": "Esimerkki", "lang": "FI",
        });
        app.anyone()
            .run("anyone/register", json!({ "input": account }))
            .await
            .ok();
        app.run_jobs().await;
        for email in ["waiting@example.org", "nobody@example.org"] {
            let refused = propose(&administrator, &json!(tampere.id), email).await;
            assert_eq!(refused.user_errors(), ["NOT_FOUND"], "{email}");
        }
    })
    .await;
}

#[tokio::test]
async fn strangers_neither_see_nor_change_staff() {
    both(async |app| {
        let (tampere, turku) = (app.city("837").await, app.city("853").await);
        let city = json!(tampere.id);
        let insider = app.staff(&tampere, StaffRole::Administrator, "insider").await;
        let outsider = app.staff(&turku, StaffRole::Administrator, "outsider").await;
        let officer = app.staff(&tampere, StaffRole::ProgrammeOfficer, "officer").await;
        let proposed = propose(&insider, &city, &outsider.email).await.ok();
        let member = proposed.data("/proposeStaffRole/staffMember/id");

        for stranger in [&outsider, &officer] {
            assert_eq!(staff(stranger, &city).await.error_code(), Some("FORBIDDEN"));
            assert_eq!(
                propose(stranger, &city, &insider.email).await.error_code(),
                Some("FORBIDDEN")
            );
            assert_eq!(confirm(stranger, member).await.user_errors(), ["NOT_FOUND"]);
            assert_eq!(revoke(stranger, member).await.user_errors(), ["NOT_FOUND"]);
        }
        let nobody = app.anyone();
        for answer in [
            staff(&nobody, &city).await,
            propose(&nobody, &city, &insider.email).await,
            confirm(&nobody, member).await,
            revoke(&nobody, member).await,
        ] {
            assert_eq!(answer.error_code(), Some("UNAUTHENTICATED"));
        }
        let person = insider.run("anyone/node", json!({ "id": outsider.id })).await.ok();
        assert_eq!(person.data("/node"), &Value::Null, "nobody is found by her id alone");
    })
    .await;
}

#[tokio::test]
async fn ids_of_another_kind_are_refused() {
    both(async |app| {
        let tampere = app.city("837").await;
        let administrator = app.staff(&tampere, StaffRole::Administrator, "administrator").await;
        let refused = confirm(&administrator, &json!(tampere.id)).await;
        assert_eq!(refused.user_errors(), ["INVALID_ID"]);
        let field = refused.data("/confirmStaffRole/userErrors/0/field");
        assert_eq!(field, &json!(["input", "staffMemberId"]));
        assert_eq!(
            staff(&administrator, &json!(administrator.id)).await.error_code(),
            Some("INVALID_ID")
        );
    })
    .await;
}
