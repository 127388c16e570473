//! Assisted sessions: an advisor of a city acts for a resident who has asked for it, for an hour at most.

use chrono::Duration;
use kernel::StaffRole;
use serde_json::{Value, json};
use support::both;
use support::market::{Market, Terms};

use crate::acting::{book, bookings, column, input};

#[tokio::test]
async fn an_assisted_session_is_short_told_and_ended_on_request() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let advisor = app.staff(&market.city, StaffRole::Advisor, "advisor").await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let open = |minutes: i32| {
            json!({
                "cityId": market.city.id, "residentEmail": resident.email, "consent": "Suullisesti palvelupisteessä.",
                "minutes": minutes,
            })
        };
        let document = "advisor/openAssistedSession";
        assert_eq!(
            input(&advisor, document, open(61)).await.user_errors(),
            ["OUT_OF_RANGE"]
        );
        assert_eq!(
            input(&market.officer, document, open(9)).await.error_code(),
            Some("FORBIDDEN")
        );
        let opened = input(&advisor, document, open(9)).await.ok();
        assert_eq!(
            input(&advisor, document, open(9)).await.user_errors(),
            ["ALREADY_EXISTS"]
        );
        let acting = advisor.acting_for(&resident.id.to_string());
        book(&acting, &market, &voucher, "helped").await.ok();
        assert_eq!(bookings(&resident).await, 1);
        app.run_jobs().await;
        assert!(
            app.mails()
                .iter()
                .any(|mail| mail.to == resident.email && mail.text.contains("neuvoja"))
        );
        let acts = column(app, "SELECT action AS text FROM audit WHERE purpose = 'assisted'").await;
        assert!(acts.contains(&"bookOffer".to_owned()), "{acts:?}");

        let relation = json!({ "relationId": opened.text("/openAssistedSession/relation/id") });
        input(&resident, "resident/revokeMandate", relation).await.ok();
        let vouchers = async || acting.run("resident/myVouchers", json!({ "first": 10 })).await;
        assert_eq!(vouchers().await.error_code(), Some("FORBIDDEN"));

        input(&advisor, document, open(1)).await.ok();
        vouchers().await.ok();
        app.clock.advance(Duration::minutes(1));
        assert_eq!(vouchers().await.error_code(), Some("FORBIDDEN"), "its time is over");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn help_ends_at_the_border_of_the_city() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let abroad = app.city("853").await;
        let advisor = app.staff(&abroad, StaffRole::Advisor, "advisor").await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        market.book(&resident, &voucher, "own").await.ok();
        let open = json!({
            "cityId": abroad.id, "residentEmail": resident.email, "consent": "Suullisesti palvelupisteessä.", "minutes": 9,
        });
        input(&advisor, "advisor/openAssistedSession", open).await.ok();
        let acting = advisor.acting_for(&resident.id.to_string());
        let page = json!({ "first": 10 });
        let vouchers = acting.run("resident/myVouchers", page.clone()).await.ok();
        assert_eq!(vouchers.data("/myVouchers/nodes"), &Value::Array(Vec::new()));
        assert_eq!(bookings(&acting).await, 0);
        assert_eq!(book(&acting, &market, &voucher, "abroad").await.user_errors(), ["NOT_FOUND"]);
        let applied = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
        let applied = input(&acting, "resident/applyForVoucher", applied).await;
        assert_eq!(applied.user_errors(), ["NOT_FOUND"]);
        app.run_jobs().await;
    })
    .await;
}
