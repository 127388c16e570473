//! Vouchers: granted once, by somebody else, from the budget of their year; taken back; raced.

use kernel::StaffRole;
use serde_json::json;
use support::both;
use support::market::{Market, Terms, key_of, programme_content};

#[tokio::test]
async fn next_years_voucher_is_granted_this_year() {
    both(async |app| {
        app.clock.set("2026-12-15T08:00:00Z".parse().expect("an instant"));
        let city = app.city("837").await;
        let officer = app.staff(&city, StaffRole::ProgrammeOfficer, "officer").await;
        let deputy = app.staff(&city, StaffRole::ProgrammeOfficer, "deputy").await;
        let new = json!({ "cityId": city.id, "content": programme_content(Terms::default()) });
        let drafted = officer
            .run("officer/createProgramme", json!({ "input": new }))
            .await
            .ok();
        let programme = drafted.text("/createProgramme/programme/id");
        let publish = json!({ "input": {
            "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) } });
        deputy.run("officer/publishProgramme", publish).await.ok();
        let resident = app.person("resident").await;
        let grant = async |email: &str, key: &str| {
            let input = json!({ "cityId": city.id, "programmeId": programme, "residentEmail": email,
                "grounds": "Ikä.", "idempotencyKey": key_of(key) });
            officer.run("officer/grantVoucher", json!({ "input": input })).await
        };
        grant(&resident.email, "grant").await.ok();
        assert_eq!(grant(&resident.email, "again").await.user_errors(), ["ALREADY_EXISTS"]);
        assert_eq!(grant(&officer.email, "herself").await.user_errors(), ["FOUR_EYES"]);
        assert_eq!(grant("nobody@example.org", "nobody").await.user_errors(), ["NOT_FOUND"]);
    })
    .await;
}

#[tokio::test]
async fn revoking_returns_what_is_not_reserved() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                price: 3_000,
                ..Terms::default()
            },
        )
        .await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let booked = market.book(&resident, &voucher, "book").await.ok();
        let revoke = json!({ "input": { "voucherId": voucher, "expectedVersion": 1, "reason": "Muutto.",
            "idempotencyKey": key_of("revoke") } });
        let revoked = market.officer.run("officer/revokeVoucher", revoke.clone()).await.ok();
        assert_eq!(
            market.officer.run("officer/revokeVoucher", revoke).await.ok().body,
            revoked.body
        );
        assert_eq!(market.balance(&resident).await, (0, 3_000));
        assert_eq!(
            market.book(&resident, &voucher, "more").await.user_errors(),
            ["NOT_ELIGIBLE"]
        );
        app.check().await;
        market
            .cancel(&resident, &booked.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        assert_eq!(market.balance(&resident).await, (0, 0));
        let budgets = market
            .officer
            .run("officer/programmeBudgets", json!({ "programmeId": market.programme }))
            .await
            .ok();
        assert_eq!(budgets.data("/node/budgets/0/available/cents"), 5_000_000);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn revoking_and_booking_at_once_leave_no_cent_behind() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                price: 3_000,
                ..Terms::default()
            },
        )
        .await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let revoke = json!({ "input": { "voucherId": voucher, "expectedVersion": 1, "reason": "Muutto.",
            "idempotencyKey": key_of("revoke") } });
        let (booked, revoked) = tokio::join!(
            market.book(&resident, &voucher, "book"),
            market.officer.run("officer/revokeVoucher", revoke),
        );
        revoked.ok();
        let held = if booked.user_errors().is_empty() { 3_000 } else { 0 };
        assert_eq!(market.balance(&resident).await, (0, held));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_programme_honours_the_vouchers_it_has_granted() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, late) = (app.person("resident").await, app.person("late").await);
        let voucher = market.voucher(&resident).await;
        let close = json!({ "input": { "programmeId": market.programme, "expectedVersion": 2 } });
        market.officer.run("officer/closeProgramme", close).await.ok();
        assert_eq!(
            market.grant(&late, "late").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        market.book(&resident, &voucher, "book").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_euros_of_a_budget_are_granted_once() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                budget: 30_000,
                ..Terms::default()
            },
        )
        .await;
        let mut residents = Vec::new();
        for number in 0..8 {
            residents.push(app.person(&format!("resident{number}")).await);
        }
        let keys: Vec<_> = (0..8).map(|number| format!("grant-{number}")).collect();
        let grants = residents
            .iter()
            .zip(&keys)
            .map(|(resident, key)| market.grant(resident, key));
        let answers = futures_util::future::join_all(grants).await;
        let won = answers.iter().filter(|answer| answer.user_errors().is_empty()).count();
        let refused = answers
            .iter()
            .filter(|answer| answer.user_errors() == ["BUDGET_EXCEEDED"])
            .count();
        assert_eq!((won, refused), (3, 5));
        app.run_jobs().await;
    })
    .await;
}
