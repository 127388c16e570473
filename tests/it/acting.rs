//! Acting for another: guardians, mandates, trustees, assisted sessions; personal identity codes and hidden contacts.

use chrono::Duration;
use identity::CodeKeys;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, Person, TestApp, both};

/// Codes of nobody: numbers from 900 on are artificial.
pub(crate) const CHILD: &str = "010516B903X";
const ADULT: &str = "131052-9107";
/// The same digits and check character with another sign of the century.
const TWIN: &str = "131052Y9107";

pub(crate) async fn input(actor: &Actor<'_>, document: &str, input: Value) -> Answer {
    actor.run(document, json!({ "input": input })).await
}

pub(crate) async fn guardianship(market: &Market<'_>, guardian: &Person<'_>, code: &str) -> Answer {
    let record = json!({
        "cityId": market.city.id, "guardianEmail": guardian.email, "givenName": "Lapsi", "familyName": "Esimerkki",
        "personalCode": code, "lang": "FI", "grounds": "Väestötietojärjestelmän ote.",
    });
    input(&market.officer, "officer/recordGuardianship", record).await
}

/// The child of a guardian and its voucher.
async fn child(market: &Market<'_>, guardian: &Person<'_>) -> (String, String) {
    let recorded = guardianship(market, guardian, CHILD).await.ok();
    let child = recorded.text("/recordGuardianship/relation/principal/id");
    let granted = market
        .grant_with(guardian, "child", &json!({ "residentEmail": child }))
        .await
        .ok();
    (child, granted.text("/grantVoucher/voucher/id"))
}

pub(crate) async fn book(actor: &Actor<'_>, market: &Market<'_>, voucher: &str, key: &str) -> Answer {
    let booking = json!({ "occurrenceId": market.occurrence, "voucherId": voucher, "idempotencyKey": key_of(key) });
    input(actor, "resident/bookOffer", booking).await
}

pub(crate) async fn bookings(actor: &Actor<'_>) -> usize {
    let seen = actor.run("resident/myBookings", json!({ "first": 10 })).await.ok();
    seen.data("/myBookings/nodes").as_array().map_or(0, Vec::len)
}

async fn mandate(app: &TestApp, giver: &Actor<'_>, holder: &Person<'_>, theme: &str) -> Answer {
    let given = json!({ "holderId": holder.id, "theme": theme, "validUntil": app.now() + Duration::days(30) });
    input(giver, "resident/giveMandate", given).await
}

/// One column of text of the rows that a query finds.
pub(crate) async fn column(app: &TestApp, sql: &str) -> Vec<String> {
    let conn = app.db().read();
    let rows = conn
        .query_all_raw(Statement::from_string(conn.get_database_backend(), sql))
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get::<String>("", "text").unwrap())
        .collect()
}

#[tokio::test]
async fn guardians_act_for_a_child_and_others_do_not() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (guardian, other, stranger) = (
            app.person("guardian").await,
            app.person("other").await,
            app.person("stranger").await,
        );
        let (child, voucher) = child(&market, &guardian).await;
        let acting = guardian.acting_for(&child);
        let booked = book(&acting, &market, &voucher, "first").await.ok();
        assert_eq!(booked.data("/bookOffer/booking/resident/email"), &Value::Null);
        assert_eq!((bookings(&acting).await, bookings(&guardian).await), (1, 0));

        // Neither knowing the child nor having no right changes the answer, and nobody acts as herself instead.
        for actor in [
            stranger.acting_for(&child),
            guardian.acting_for("person_"),
            guardian.acting_for(""),
        ] {
            assert_eq!(
                book(&actor, &market, &voucher, "refused").await.error_code(),
                Some("FORBIDDEN")
            );
            let me = actor.run("resident/me", json!({})).await;
            assert_eq!(me.error_code(), Some("FORBIDDEN"));
        }
        let unknown = stranger.acting_for("person_01h455vb4pex5vsknk084sn02q");
        assert_eq!(
            book(&unknown, &market, &voucher, "unknown").await.error_code(),
            Some("FORBIDDEN")
        );

        // The second guardian sees what the first one did, and may cancel it.
        guardianship(&market, &other, CHILD).await.ok();
        let cancelling = json!({
            "bookingId": booked.text("/bookOffer/booking/id"), "idempotencyKey": key_of("cancel"),
        });
        input(&other.acting_for(&child), "resident/cancelBooking", cancelling)
            .await
            .ok();

        app.run_jobs().await;
        let to: Vec<_> = app.mails().into_iter().map(|mail| mail.to).collect();
        assert!(to.contains(&guardian.email) && to.contains(&other.email), "{to:?}");
        assert!(!to.iter().any(|address| address.contains("invalid")), "{to:?}");

        let rows = "SELECT actor || ' ' || action || ' ' || purpose AS text FROM audit WHERE purpose = 'guardian' \
                    ORDER BY id";
        let acts = column(app, rows).await;
        let by = |person: &Person<'_>, action: &str| format!("{} {action} guardian", person.id);
        assert!(acts.contains(&by(&guardian, "bookOffer")), "{acts:?}");
        assert!(acts.contains(&by(&guardian, "readBookings")), "{acts:?}");
        assert!(acts.contains(&by(&other, "cancelBooking")), "{acts:?}");
        let refused = "SELECT actor || ' ' || outcome AS text FROM audit WHERE outcome = 'FORBIDDEN'";
        assert!(
            column(app, refused)
                .await
                .contains(&format!("{} FORBIDDEN", stranger.id))
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn guardianship_ends_with_childhood_or_by_an_officer() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let guardian = app.person("guardian").await;
        let recorded = guardianship(&market, &guardian, CHILD).await.ok();
        let relation = recorded.text("/recordGuardianship/relation/id");
        let child = recorded.text("/recordGuardianship/relation/principal/id");
        assert_eq!(
            guardianship(&market, &guardian, CHILD).await.user_errors(),
            ["ALREADY_EXISTS"]
        );
        assert_eq!(
            guardianship(&market, &guardian, ADULT).await.user_errors(),
            ["WRONG_AGE"]
        );
        assert_eq!(
            guardianship(&market, &market.officer, CHILD).await.user_errors(),
            ["FOUR_EYES"]
        );

        // The one she acts for cannot be rid of by herself, but by an officer with a reason, once.
        let own = input(&guardian, "resident/revokeMandate", json!({ "relationId": relation })).await;
        assert_eq!(own.user_errors(), ["NOT_FOUND"]);
        let end = json!({ "relationId": relation, "reason": "Käräjäoikeuden päätös." });
        let (one, two) = tokio::join!(
            input(&market.officer, "officer/endRelation", end.clone()),
            input(&market.officer, "officer/endRelation", end.clone()),
        );
        let codes: Vec<_> = [&one, &two].iter().flat_map(|answer| answer.user_errors()).collect();
        assert_eq!(codes, ["NOT_ALLOWED_IN_STATE"]);
        let seen = guardian.acting_for(&child).run("resident/me", json!({})).await;
        assert_eq!(seen.error_code(), Some("FORBIDDEN"));

        guardianship(&market, &guardian, CHILD).await.ok();
        // 1 May 2034 in Helsinki: the child is of age.
        for (at, code) in [
            ("2034-04-30T20:59:00Z", None),
            ("2034-04-30T21:00:01Z", Some("FORBIDDEN")),
        ] {
            app.clock.set(at.parse().unwrap());
            let guardian = app.sign_in(&guardian.email).await;
            let seen = guardian.acting_for(&child).run("resident/me", json!({})).await;
            assert_eq!(seen.error_code(), code, "{at}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_mandate_covers_its_matter_and_ends_at_once() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, helper) = (app.person("resident").await, app.person("helper").await);
        let voucher = market.voucher(&resident).await;
        let acting = helper.acting_for(&resident.id.to_string());
        assert_eq!(
            book(&acting, &market, &voucher, "none").await.error_code(),
            Some("FORBIDDEN")
        );

        // One matter is not the other.
        mandate(app, &resident, &helper, "APPLICATIONS").await.ok();
        assert_eq!(
            book(&acting, &market, &voucher, "matter").await.error_code(),
            Some("FORBIDDEN")
        );
        let (one, two) = tokio::join!(
            mandate(app, &resident, &helper, "BOOKINGS"),
            mandate(app, &resident, &helper, "BOOKINGS"),
        );
        let codes: Vec<_> = [&one, &two].iter().flat_map(|answer| answer.user_errors()).collect();
        assert_eq!(codes, ["ALREADY_EXISTS"]);
        let given = if one.user_errors().is_empty() { one } else { two };
        book(&acting, &market, &voucher, "booked").await.ok();
        assert_eq!((bookings(&resident).await, bookings(&helper).await), (1, 0));
        // The two mandates for one matter each are in force together.
        acting
            .run("resident/myVoucherApplications", json!({ "first": 10 }))
            .await
            .ok();

        // The key belongs to the principal as well: the same one for herself is another request.
        assert_eq!(
            book(&helper, &market, &voucher, "booked").await.user_errors(),
            ["KEY_REUSED"]
        );

        // She cannot hand the right on, nor become anything by it.
        assert_eq!(
            mandate(app, &acting, &market.officer, "ALL").await.error_code(),
            Some("FORBIDDEN")
        );
        let me = helper.run("resident/me", json!({})).await.ok();
        assert_eq!(me.data("/me/actingFor/0/principal/id"), &json!(resident.id));
        assert_eq!(me.data("/me/actingFor").as_array().map(Vec::len), Some(2));
        let me = resident.run("resident/me", json!({})).await.ok();
        assert_eq!(me.data("/me/actedForBy/1/holder/id"), &json!(helper.id));

        let relation = json!({ "relationId": given.text("/giveMandate/relation/id") });
        let stranger = app.person("stranger").await;
        let foreign = input(&stranger, "resident/revokeMandate", relation.clone()).await;
        assert_eq!(foreign.user_errors(), ["NOT_FOUND"]);
        input(&resident, "resident/revokeMandate", relation.clone()).await.ok();
        assert_eq!(
            book(&acting, &market, &voucher, "late").await.error_code(),
            Some("FORBIDDEN")
        );
        let again = input(&helper, "resident/revokeMandate", relation).await;
        assert_eq!(again.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn who_may_only_book_learns_nothing_of_applications() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, helper) = (app.person("resident").await, app.person("helper").await);
        let applied = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
        let applied = input(&resident, "resident/applyForVoucher", applied).await.ok();
        let application = applied.text("/applyForVoucher/application/id");
        let voucher = market.voucher(&resident).await;
        mandate(app, &resident, &helper, "BOOKINGS").await.ok();
        let acting = helper.acting_for(&resident.id.to_string());
        let page = json!({ "first": 10 });
        for (document, variables) in [
            ("resident/myVoucherApplications", page.clone()),
            ("resident/myVoucherDecisions", page.clone()),
            ("resident/voucherApplication", json!({ "id": application })),
            (
                "resident/voucherDecision",
                json!({ "id": "decision_01h455vb4pex5vsknk084sn02q" }),
            ),
            ("resident/myEligibility", json!({ "programmeId": market.programme })),
        ] {
            assert_eq!(
                acting.run(document, variables).await.error_code(),
                Some("FORBIDDEN"),
                "{document}"
            );
        }
        let refusal = json!({ "voucherId": voucher, "expectedVersion": 1, "idempotencyKey": key_of("refuse") });
        let refused = acting.run("resident/declineVoucher", json!({ "input": refusal })).await;
        assert_eq!(refused.error_code(), Some("FORBIDDEN"));
        acting.run("resident/myVouchers", page).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn mandates_are_for_adults_others_and_a_time() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (minor, adult) = (app.person("minor").await, app.person("adult").await);
        let code = json!({
            "cityId": market.city.id, "email": minor.email, "personalCode": CHILD, "nonDisclosure": false,
            "grounds": "Henkilöllisyystodistus.",
        });
        input(&market.officer, "officer/recordPersonalCode", code).await.ok();
        assert_eq!(mandate(app, &minor, &adult, "ALL").await.user_errors(), ["WRONG_AGE"]);
        assert_eq!(mandate(app, &adult, &minor, "ALL").await.user_errors(), ["WRONG_AGE"]);
        assert_eq!(mandate(app, &adult, &adult, "ALL").await.user_errors(), ["FOUR_EYES"]);
        let staff = market.officer.acting_for(&adult.id.to_string());
        mandate(app, &adult, &market.officer, "ALL").await.ok();
        // Whoever acts for another has no roles in that request.
        let city = json!({ "programmeId": market.programme, "first": 10 });
        let listed = staff.run("officer/programmeVouchers", city).await;
        assert_eq!(listed.error_code(), Some("FORBIDDEN"));
        for until in [app.now() - Duration::days(1), app.now() + Duration::days(3_000)] {
            let given = json!({ "holderId": market.officer.id, "theme": "ALL", "validUntil": until });
            assert_eq!(
                input(&adult, "resident/giveMandate", given).await.user_errors(),
                ["OUT_OF_RANGE"]
            );
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_trustee_acts_for_an_adult_without_an_account() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let trustee = app.person("trustee").await;
        let record = |code: &str| {
            json!({
                "cityId": market.city.id, "trusteeEmail": trustee.email, "givenName": "Päämies",
                "familyName": "Esimerkki", "personalCode": code, "lang": "SV", "until": "2027-06-30",
                "grounds": "DVV:n edunvalvontapäätös.",
            })
        };
        let child = input(&market.officer, "officer/recordTrustee", record(CHILD)).await;
        assert_eq!(child.user_errors(), ["WRONG_AGE"]);
        let recorded = input(&market.officer, "officer/recordTrustee", record(ADULT))
            .await
            .ok();
        assert_eq!(
            recorded.data("/recordTrustee/relation/validUntil"),
            "2027-06-30T21:00:00+00:00"
        );
        let twin = input(&market.officer, "officer/recordTrustee", record(TWIN)).await.ok();
        let id = |answer: &Answer| answer.text("/recordTrustee/relation/principal/id");
        assert_ne!(
            id(&recorded),
            id(&twin),
            "the sign of the century tells two people apart"
        );
        let seen = trustee
            .acting_for(&id(&recorded))
            .run("resident/myVouchers", json!({ "first": 10 }))
            .await;
        seen.ok();
        let nobody = trustee
            .run("officer/recordTrustee", json!({ "input": record(ADULT) }))
            .await;
        assert_eq!(nobody.error_code(), Some("FORBIDDEN"));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn personal_codes_are_sealed_and_shown_to_nobody() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (one, other) = (app.person("one").await, app.person("other").await);
        let record = async |person: &Person<'_>, code: &str| {
            let record = json!({
                "cityId": market.city.id, "email": person.email, "personalCode": code, "nonDisclosure": false,
                "grounds": "Henkilöllisyystodistus.",
            });
            input(&market.officer, "officer/recordPersonalCode", record).await
        };
        let wrong = record(&one, "131052-9108").await;
        assert_eq!(wrong.user_errors(), ["INVALID_FORMAT"]);
        assert!(!wrong.body.to_string().contains("131052"), "{}", wrong.body);
        let recorded = record(&one, ADULT).await.ok();
        assert!(!recorded.body.to_string().contains("131052"), "{}", recorded.body);
        record(&one, ADULT).await.ok();
        assert_eq!(record(&one, CHILD).await.user_errors(), ["ALREADY_EXISTS"]);
        assert_eq!(record(&other, ADULT).await.user_errors(), ["ALREADY_EXISTS"]);
        record(&other, TWIN).await.ok();

        let rows = "SELECT lookup || ' ' || sealed AS text FROM personal_code";
        let before = column(app, rows).await;
        assert_eq!(before.len(), 2);
        let audited = "SELECT subject || coalesce(purpose, '') AS text FROM audit";
        for text in before.iter().chain(&column(app, audited).await) {
            assert!(!text.contains("131052"), "{text}");
        }

        // Newer keys in front: what the older ones sealed is sealed anew, once.
        let (lookup, old, new) = ("aa".repeat(32), "bb".repeat(32), "cc".repeat(32));
        let keys = |text: String| CodeKeys::parse(&text, true).unwrap();
        let identity = app.contexts.identity.clone();
        let unknown = identity.with_code_keys(keys(format!("lookup {lookup}\nother {old}\n")));
        assert!(
            unknown.seal_codes_anew().await.is_err(),
            "the key that sealed them is gone"
        );
        assert_eq!(column(app, rows).await, before, "and nothing was touched");
        assert_eq!(app.contexts.identity.seal_codes_anew().await.unwrap(), 0);
        let newer = format!("new {new}\n{}", support::CODE_KEYS);
        let rotated = app.contexts.identity.clone().with_code_keys(keys(newer));
        assert_eq!(rotated.seal_codes_anew().await.unwrap(), 2);
        assert_eq!(rotated.seal_codes_anew().await.unwrap(), 0);
        assert_ne!(column(app, rows).await, before);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_provider_never_learns_a_hidden_contact() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        market.book(&resident, &voucher, "hidden").await.ok();
        let list = async || {
            let page = json!({ "companyId": market.company, "first": 10 });
            market.provider.run("provider/companyBookings", page).await.ok()
        };
        let seen = list().await;
        assert_eq!(
            seen.data("/companyBookings/nodes/0/resident/email"),
            &json!(resident.email)
        );
        let hide = json!({
            "cityId": market.city.id, "email": resident.email, "personalCode": ADULT, "nonDisclosure": true,
            "grounds": "Turvakielto.",
        });
        input(&market.officer, "officer/recordPersonalCode", hide.clone())
            .await
            .ok();
        let hidden = list().await;
        assert_eq!(hidden.data("/companyBookings/nodes/0/resident/id"), &json!(resident.id));
        assert_eq!(hidden.data("/companyBookings/nodes/0/resident/email"), &Value::Null);
        assert!(!hidden.body.to_string().contains("resident@"), "{}", hidden.body);

        // Who does not know of it does not show her: only who says so.
        let mut again = hide.clone();
        again["nonDisclosure"] = json!(false);
        input(&market.officer, "officer/recordPersonalCode", again.clone())
            .await
            .ok();
        let still = list().await;
        assert_eq!(still.data("/companyBookings/nodes/0/resident/email"), &Value::Null);
        again["liftsNonDisclosure"] = json!(true);
        input(&market.officer, "officer/recordPersonalCode", again).await.ok();
        let seen = list().await;
        assert_eq!(
            seen.data("/companyBookings/nodes/0/resident/email"),
            &json!(resident.email)
        );
        app.run_jobs().await;
    })
    .await;
}
