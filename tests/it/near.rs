//! Four eyes for those near: whoever may act for somebody, or for whom that one may, does not decide on what is hers.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, Person, TestApp, both};

use crate::mass_grants::{confirm, list, path};
use crate::open_data::asked::approvals_of;

async fn input(actor: &Actor<'_>, document: &str, input: Value) -> Answer {
    actor.run(document, json!({ "input": input })).await
}

/// Gives `holder` a mandate of `giver` and answers its id.
async fn mandate(app: &TestApp, giver: &Actor<'_>, holder: &Person<'_>) -> String {
    let until = app.now() + chrono::Duration::days(90);
    let given = json!({ "holderId": holder.id, "theme": "APPLICATIONS", "validUntil": until });
    let given = input(giver, "resident/giveMandate", given).await.ok();
    given.text("/giveMandate/relation/id")
}

async fn revoke(giver: &Actor<'_>, relation: &str) {
    input(giver, "resident/revokeMandate", json!({ "relationId": relation }))
        .await
        .ok();
}

#[tokio::test]
async fn an_officer_grants_nothing_to_those_near() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        // Either direction counts, for as long as it lasts.
        let held = mandate(app, &resident, &market.officer).await;
        assert_eq!(market.grant(&resident, "held").await.user_errors(), ["FOUR_EYES"]);
        revoke(&resident, &held).await;
        let given = mandate(app, &market.officer, &resident).await;
        assert_eq!(market.grant(&resident, "given").await.user_errors(), ["FOUR_EYES"]);
        revoke(&market.officer, &given).await;
        market.grant(&resident, "given").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_officer_records_nothing_of_those_near() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, other) = (app.person("resident").await, app.person("other").await);
        let guardianship = json!({
            "cityId": market.city.id, "guardianEmail": other.email, "givenName": "Lapsi", "familyName": "Esimerkki",
            "personalCode": "010516B903X", "lang": "FI", "grounds": "Väestötietojärjestelmän ote.",
        });
        let recorded = input(&market.officer, "officer/recordGuardianship", guardianship.clone())
            .await
            .ok();
        let relation = recorded.text("/recordGuardianship/relation/id");
        // From now on she may act for the guardian and for another adult.
        mandate(app, &other, &market.officer).await;
        mandate(app, &resident, &market.officer).await;
        let mut for_resident = guardianship;
        for_resident["guardianEmail"] = json!(resident.email);
        let code = json!({
            "cityId": market.city.id, "email": resident.email, "personalCode": "131052-9107", "nonDisclosure": false,
            "grounds": "Henkilöllisyystodistus.",
        });
        for (document, refused) in [
            (
                "officer/endRelation",
                json!({ "relationId": relation, "reason": "Päätös." }),
            ),
            ("officer/recordGuardianship", for_resident),
            ("officer/recordPersonalCode", code),
        ] {
            let answer = input(&market.officer, document, refused).await;
            assert_eq!(answer.user_errors(), ["FOUR_EYES"], "{document}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_approver_decides_on_no_company_that_those_near_lead() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let approver = app.sign_in("approver@example.org").await;
        let (approval, _) = approvals_of(app, &market).await;
        let suspend = json!({ "approvalId": approval, "expectedVersion": 1, "reason": "Vakuutus päättyi." });
        let held = mandate(app, &market.provider, &approver).await;
        let refused = input(&approver, "approver/suspendApproval", suspend.clone()).await;
        assert_eq!(refused.user_errors(), ["FOUR_EYES"]);
        revoke(&market.provider, &held).await;
        input(&approver, "approver/suspendApproval", suspend).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_officer_decides_on_no_voucher_of_those_near() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        mandate(app, &resident, &market.officer).await;
        let change = |version: i32| json!({ "voucherId": voucher, "expectedVersion": version, "reason": "Syy." });
        let keyed = |version: i32, key: &str| {
            let mut keyed = change(version);
            keyed["idempotencyKey"] = json!(key_of(key));
            keyed
        };
        let moved = |key: &str| {
            json!({ "voucherId": voucher, "movedOn": "2027-04-30", "reason": "DVV.", "idempotencyKey": key_of(key) })
        };
        let refused = async |document: &str, change: Value| {
            let answer = input(&market.officer, document, change).await;
            assert_eq!(answer.user_errors(), ["FOUR_EYES"], "{document}");
        };
        refused("officer/suspendVoucher", change(1)).await;
        refused("officer/revokeVoucher", keyed(1, "revoke")).await;
        refused("officer/recordMove", moved("moved")).await;
        input(&deputy, "officer/suspendVoucher", change(1)).await.ok();
        refused("officer/reinstateVoucher", change(2)).await;
        input(&deputy, "officer/reinstateVoucher", change(2)).await.ok();
        input(&deputy, "officer/recordMove", moved("moved")).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_grants_nothing_to_those_near_to_its_officers() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let [one, two, three] = [
            app.person("one").await,
            app.person("two").await,
            app.person("three").await,
        ];
        let rows = [
            ("a", one.email.as_str()),
            ("b", two.email.as_str()),
            ("c", three.email.as_str()),
        ];
        let drafted = deputy
            .upload(&path(&market.programme), &key_of("list"), list(&rows))
            .await;
        let id = drafted.body["id"].as_str().unwrap().to_owned();
        // Also what was given after the list was sent in, and to either of the two officers.
        mandate(app, &one, &deputy).await;
        mandate(app, &market.officer, &two).await;
        confirm(&market.officer, &id, "confirm").await.ok();
        app.run_jobs().await;
        let variables = json!({ "massGrantId": id, "first": 10, "afterLine": 0 });
        let seen = market.officer.run("officer/massGrant", variables).await.ok();
        let codes: Vec<_> = seen
            .data("/massGrant/rows")
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["code"].clone())
            .collect();
        assert_eq!(codes, [json!("FOUR_EYES"), json!("FOUR_EYES"), Value::Null]);
    })
    .await;
}

#[tokio::test]
async fn a_member_answers_no_booking_of_those_near() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let relation = mandate(app, &resident, &market.provider).await;
        let booked = market.book(&resident, &voucher, "book").await.ok();
        let (booking, code) = (
            booked.text("/bookOffer/booking/id"),
            booked.text("/bookOffer/booking/code"),
        );
        let give_up = |key: &str| json!({ "bookingId": booking, "idempotencyKey": key_of(key), "reason": "Sairaus." });
        let refused = async |document: &str, change: Value| {
            let answer = input(&market.provider, document, change).await;
            assert_eq!(answer.user_errors(), ["FOUR_EYES"], "{document}");
        };
        refused("provider/confirmBooking", json!({ "bookingId": booking })).await;
        refused("provider/declineBooking", give_up("decline")).await;
        revoke(&resident, &relation).await;
        input(
            &market.provider,
            "provider/confirmBooking",
            json!({ "bookingId": booking }),
        )
        .await
        .ok();
        let again = mandate(app, &market.provider, &resident).await;
        refused("provider/cancelBookingAsProvider", give_up("cancel")).await;
        app.clock.set("2027-02-01T12:00:00Z".parse().unwrap());
        let provider = app.sign_in(&market.provider.email).await;
        let delivery = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of("deliver") });
        let near = input(&provider, "provider/recordDelivery", delivery.clone()).await;
        assert_eq!(near.user_errors(), ["FOUR_EYES"]);
        revoke(&provider, &again).await;
        input(&provider, "provider/recordDelivery", delivery).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_up_her_own_booking_as_its_company() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let voucher = market.voucher(&market.provider).await;
        let booked = market.book(&market.provider, &voucher, "own").await.ok();
        let own = json!({
            "bookingId": booked.text("/bookOffer/booking/id"), "idempotencyKey": key_of("decline"), "reason": "Syy.",
        });
        let declined = input(&market.provider, "provider/declineBooking", own.clone()).await;
        assert_eq!(declined.user_errors(), ["FOUR_EYES"]);
        let own = json!({ "bookingId": own["bookingId"], "idempotencyKey": key_of("cancel") });
        input(&market.provider, "resident/cancelBooking", own).await.ok();
        app.run_jobs().await;
    })
    .await;
}
