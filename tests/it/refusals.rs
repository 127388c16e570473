//! What was refused stands in the audit record, for the auditors of the city it concerns.

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content};
use support::{Actor, both};

/// The refusals that an auditor sees of a city, as operation, record and code.
async fn refusals(auditor: &Actor<'_>, city: &Value) -> Vec<[String; 3]> {
    let list = auditor
        .run("auditor/auditRecords", json!({ "cityId": city, "first": 100 }))
        .await
        .ok();
    let rows = list.data("/auditRecords/edges").as_array().unwrap().iter();
    rows.map(|edge| ["action", "subject", "outcome"].map(|field| edge["node"][field].as_str().unwrap().to_owned()))
        .filter(|[_, _, outcome]| outcome != "OK")
        .collect()
}

#[tokio::test]
async fn auditors_see_the_refusals_of_their_city() {
    both(async |app| {
        let (tampere, turku) = (app.city("837").await, app.city("853").await);
        let here = app.staff(&tampere, StaffRole::Auditor, "here").await;
        let elsewhere = app.staff(&turku, StaffRole::Auditor, "elsewhere").await;
        let officer = app.staff(&tampere, StaffRole::ProgrammeOfficer, "officer").await;
        let administrator = app.staff(&tampere, StaffRole::Administrator, "administrator").await;
        let resident = app.person("resident").await;

        // The input names the city.
        let new = json!({ "input": { "cityId": tampere.id, "content": programme_content(Terms::default()) } });
        let refused = resident.run("officer/createProgramme", new.clone()).await;
        assert_eq!(refused.error_code(), Some("FORBIDDEN"));
        let upload = resident
            .upload(&format!("/bank-answers/{}", tampere.id), &key_of("upload"), "x")
            .await;
        assert_eq!(upload.status.as_u16(), 403);
        // The record does, to somebody who sees it.
        let draft = officer.run("officer/createProgramme", new).await.ok();
        let draft = draft.text("/createProgramme/programme/id");
        let publish = json!({ "input": {
            "programmeId": draft, "expectedVersion": 1, "idempotencyKey": key_of("publish"),
        }});
        let own = officer.run("officer/publishProgramme", publish.clone()).await;
        assert_eq!(own.user_errors(), ["FOUR_EYES"]);
        let role = json!({ "input": { "cityId": tampere.id, "email": resident.email, "role": "ADVISOR" } });
        let role = administrator.run("administrator/proposeStaffRole", role).await.ok();
        let role = role.text("/proposeStaffRole/staffMember/id");
        let confirm = json!({ "input": { "staffMemberId": role } });
        let own = administrator.run("administrator/confirmStaffRole", confirm).await;
        assert_eq!(own.user_errors(), ["FOUR_EYES"]);
        // Nobody who does not see a record writes into the books of its city.
        let hidden = resident.run("officer/publishProgramme", publish).await;
        assert_eq!(hidden.user_errors(), ["NOT_FOUND"]);

        let city = tampere.id.to_string();
        let expected = [
            ["createProgramme", &city, "FORBIDDEN"],
            ["uploadBankAnswer", &city, "FORBIDDEN"],
            ["publishProgramme", &draft, "FOUR_EYES"],
            ["confirmStaffRole", &role, "FOUR_EYES"],
        ];
        let seen = refusals(&here, &json!(tampere.id)).await;
        assert_eq!(seen, expected.map(|row| row.map(str::to_owned)));
        assert_eq!(refusals(&elsewhere, &json!(turku.id)).await, Vec::<[String; 3]>::new());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_about_a_booking_concerns_the_city_that_pays() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let auditor = app.staff(&market.city, StaffRole::Auditor, "auditor").await;
        let booking = market.book(&resident, &voucher, "book").await.ok();
        let booking = booking.text("/bookOffer/booking/id");
        market.cancel(&resident, &booking, "cancel").await.ok();
        let again = market.cancel(&resident, &booking, "cancel-again").await;
        assert_eq!(again.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        let seen = refusals(&auditor, &json!(market.city.id)).await;
        assert_eq!(
            seen,
            [["cancelBooking", &booking, "NOT_ALLOWED_IN_STATE"].map(str::to_owned)]
        );
        app.run_jobs().await;
    })
    .await;
}
