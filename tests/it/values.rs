//! What vouchers are worth: every kind of rule, decided at the grant, explained, and spent by bookings.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, Terms, VISIT, terms_content};
use support::{TestApp, both};

use crate::terms::{by_hour, end, terms_of};

/// A rule, what an officer adds to the grant, and what it pays of a visit of an hour on a Monday at noon for 130 euros.
struct Kind {
    rule: Value,
    grant: Value,
    share: i64,
}

/// Formula (a) for one and two persons.
pub(crate) fn home_care() -> Value {
    json!({ "incomeTested": {
        "vmax": 2_700, "floor": 700,
        "households": [
            { "household": 1, "limit": 56_300, "rate": 3_500 }, { "household": 2, "limit": 103_900, "rate": 2_200 },
        ],
        "extraPerson": { "limit": 34_200, "rate": 100 },
    }})
}

fn kinds() -> [Kind; 5] {
    let slot = |days: &str, from: i32, to: i32, rate: i64| json!({ "days": days, "fromMinute": from, "toMinute": to, "rate": rate });
    let bases = [
        slot("WEEKDAY", 0, 420, 3_860),
        slot("WEEKDAY", 420, 1_080, 3_350),
        slot("WEEKDAY", 1_080, 1_440, 3_860),
        slot("SATURDAY", 0, 1_440, 4_060),
        slot("SUNDAY_OR_HOLIDAY", 0, 1_440, 5_580),
    ];
    let coefficients = [
        slot("WEEKDAY", 0, 1_440, 10_000),
        slot("SATURDAY", 0, 1_440, 12_000),
        slot("SUNDAY_OR_HOLIDAY", 0, 1_440, 20_000),
    ];
    [
        Kind {
            rule: json!({ "flat": { "value": 3_600, "per": "HOUR", "coefficients": coefficients } }),
            grant: json!({ "amount": 50_000 }),
            share: 3_600,
        },
        Kind {
            rule: json!({ "percentage": { "rate": 5_000, "floor": 500, "ceiling": 5_000 } }),
            grant: json!({ "amount": 50_000 }),
            share: 5_000,
        },
        Kind {
            rule: home_care(),
            grant: json!({ "amount": 50_000, "assessment": { "monthlyIncome": 140_000 } }),
            share: 2_212,
        },
        Kind {
            rule: json!({ "hoursBand": {
                "floor": 0, "bases": bases, "bandEnds": [5, 11, 20, 29],
                "households": [{ "household": 1, "limit": 58_800, "rates": [1_500, 2_000, 2_500, 3_000, 3_500] }],
                "extraPerson": { "limit": 34_200, "rate": 100 },
            }}),
            grant: json!({ "amount": 50_000, "assessment": { "monthlyIncome": 150_000, "hoursPerMonth": 15 } }),
            share: 1_830,
        },
        Kind {
            rule: json!({ "earlyEducation": {
                "multiplier": 1_070, "extraPerson": 26_200, "secondChild": 6_000, "laterChildren": 8_000,
                "families": [{ "household": 2, "min": 387_400, "max": 662_640 }], "maxFee": 29_500, "minFee": 2_800,
                "options": [{ "key": "full", "feeCoefficient": 10_000, "value": 40_000, "valueUnderThree": 140_600 }],
            }}),
            // The fee without an income is 295 euros, so 105 euros are left of the option's 400.
            grant: json!({ "amount": 50_000, "assessment": {
                "householdSize": 2, "acceptsWithoutIncome": true, "child": { "born": "2021-05-17", "option": "full" },
            }}),
            share: 10_500,
        },
    ]
}

/// The keys of an explanation.
fn keys(lines: &Value) -> Vec<&str> {
    let lines = lines.as_array().expect("lines");
    lines.iter().map(|line| line["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_kind_of_rule_pays_a_visit() {
    for kind in kinds() {
        both(async |app| {
            let market = Market::with_terms(app, Terms::default(), &terms_content(&kind.rule)).await;
            let resident = app.person("resident").await;
            let granted = market.grant_with(&resident, "grant", &kind.grant).await.ok();
            let lines = granted.data("/grantVoucher/voucher/valueExplanation");
            assert_eq!(keys(lines).last(), Some(&"VALUE"), "{lines}");
            assert_eq!(granted.data("/grantVoucher/voucher/value/cents"), 50_000);

            let voucher = granted.text("/grantVoucher/voucher/id");
            let variables = json!({ "occurrenceId": market.occurrence, "voucherId": voucher });
            let preview = resident.run("resident/bookingPreview", variables).await.ok();
            let lines = preview.data("/bookingPreview/valueExplanation");
            let last = lines.as_array().and_then(|lines| lines.last()).expect("a line");
            assert_eq!(
                (&last["key"], &last["cents"]),
                (&json!("VALUE"), &json!(kind.share)),
                "{lines}"
            );
            assert_eq!(preview.data("/bookingPreview/voucherShare/cents"), kind.share);
            let booked = market.book(&resident, &voucher, "book").await.ok();
            assert_eq!(booked.data("/bookOffer/booking/voucherShare/cents"), kind.share);
            assert_eq!(booked.data("/bookOffer/booking/ownShare/cents"), 13_000 - kind.share);
            assert_eq!(market.balance(&resident).await, (50_000 - kind.share, kind.share));

            // In a list there is no visit yet, so there is no quote either.
            let variables = json!({ "filter": { "cityId": market.city.id }, "voucherId": voucher, "first": 1 });
            let list = resident.run("resident/offersWithMyVoucher", variables).await.ok();
            assert_eq!(list.data("/offers/nodes/0/quote"), &Value::Null);
            app.run_jobs().await;
        })
        .await;
    }
}

#[tokio::test]
async fn nothing_is_granted_that_the_rule_cannot_decide() {
    both(async |app| {
        let market = Market::with_terms(app, Terms::default(), &terms_content(&home_care())).await;
        let resident = app.person("resident").await;
        for (grant, code, field) in [
            (json!({ "amount": 1_000 }), "REQUIRED", "assessment"),
            (
                json!({ "amount": 1_000, "assessment": {} }),
                "REQUIRED",
                "assessment.acceptsWithoutIncome",
            ),
            (
                json!({ "amount": 1_000, "assessment": { "householdSize": 0, "monthlyIncome": 1 } }),
                "OUT_OF_RANGE",
                "assessment.householdSize",
            ),
            (json!({ "assessment": { "monthlyIncome": 1 } }), "REQUIRED", "amount"),
            (
                json!({ "amount": 1_000, "assessment": { "monthlyIncome": 1 }, "raise": { "cents": 0, "reason": "Syy." } }),
                "OUT_OF_RANGE",
                "raise.cents",
            ),
            (
                json!({ "amount": 1_000, "assessment": { "monthlyIncome": 1 }, "raise": { "cents": 1, "reason": " " } }),
                "REQUIRED",
                "raise.reason",
            ),
        ] {
            let refused = market.grant_with(&resident, "refused", &grant).await;
            let error = &refused.body["data"]["grantVoucher"]["userErrors"][0];
            let path: Vec<_> = ["input"].into_iter().chain(field.split('.')).collect();
            assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(path)), "{grant}");
        }
        let lowest = json!({ "amount": 50_000, "assessment": { "acceptsWithoutIncome": true } });
        let granted = market.grant_with(&resident, "lowest", &lowest).await.ok();
        let lines = granted.data("/grantVoucher/voucher/valueExplanation");
        assert_eq!(keys(lines).first(), Some(&"LOWEST_WITHOUT_INCOME"));
        let booked = market.book(&resident, &granted.text("/grantVoucher/voucher/id"), "book").await;
        assert_eq!(booked.ok().data("/bookOffer/booking/voucherShare/cents"), 700);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_hardship_raise_is_granted_and_told() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let reason = "Toimeentulo vaarantuisi.";
        let grant = json!({ "raise": { "cents": 2_500, "reason": reason } });
        let granted = market.grant_with(&resident, "grant", &grant).await.ok();
        assert_eq!(granted.data("/grantVoucher/voucher/raiseReason"), reason);
        assert_eq!(granted.data("/grantVoucher/voucher/balance/available/cents"), 12_500);
        let lines = granted.data("/grantVoucher/voucher/valueExplanation");
        assert_eq!(keys(lines), ["FLAT_VALUE", "HARDSHIP_RAISE", "VALUE"]);
        let booked = market
            .book(&resident, &granted.text("/grantVoucher/voucher/id"), "book")
            .await;
        assert_eq!(booked.ok().data("/bookOffer/booking/voucherShare/cents"), 12_500);
        let sql = "SELECT purpose FROM audit WHERE action = 'grantVoucher'";
        let row = app
            .db()
            .read()
            .query_one_raw(statement(app, sql))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            row.try_get::<Option<String>>("", "purpose").unwrap().as_deref(),
            Some(reason)
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_free_service_leaves_nothing_to_pay() {
    both(async |app| {
        let mut terms = by_hour(12_999);
        terms["priceMode"] = json!("ZERO_COPAY");
        let market = Market::with_terms(app, Terms::default(), &terms).await;
        let resident = app.person("resident").await;
        let granted = market
            .grant_with(&resident, "grant", &json!({ "amount": 50_000 }))
            .await;
        let voucher = granted.ok().text("/grantVoucher/voucher/id");
        let refused = market.book(&resident, &voucher, "book").await;
        assert_eq!(refused.user_errors(), ["PRICE_ABOVE_VALUE"]);
        assert_eq!(market.balance(&resident).await, (50_000, 0));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_price_above_the_ceiling_is_paid_up_to_it() {
    both(async |app| {
        let mut terms = terms_content(&json!({ "flat": { "value": 10_000 } }));
        terms["priceMode"] = json!("NOT_TO_EXCEED");
        let terms_of_market = Terms {
            price: 30_000,
            ..Terms::default()
        };
        terms["priceCeiling"] = json!(10_000);
        let market = Market::with_terms(app, terms_of_market, &terms).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let booked = market.book(&resident, &voucher, "book").await.ok();
        assert_eq!(booked.data("/bookOffer/booking/voucherShare/cents"), 10_000);
        assert_eq!(booked.data("/bookOffer/booking/ownShare/cents"), 20_000);
        app.run_jobs().await;
    })
    .await;
}

fn statement(app: &TestApp, sql: &str) -> Statement {
    Statement::from_string(app.db().read().get_database_backend(), sql)
}

async fn audited(app: &TestApp) -> i64 {
    let sql = statement(app, "SELECT count(*) AS n FROM audit");
    let row = app.db().read().query_one_raw(sql).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[tokio::test]
async fn everybody_may_ask_what_she_would_pay() {
    both(async |app| {
        let market = Market::with_terms(app, Terms::default(), &terms_content(&home_care())).await;
        let nobody = app.anyone();
        let before = audited(app).await;
        let ask = async |more: &Value| {
            let mut input = json!({ "programmeId": market.programme, "price": 4_000 });
            for (name, value) in more.as_object().unwrap() {
                input[name] = value.clone();
            }
            nobody.run("anyone/whatWouldIPay", json!({ "input": input })).await
        };
        let told = json!({ "assessment": { "monthlyIncome": 140_000 } });
        let answer = ask(&told).await.ok();
        assert_eq!(answer.data("/whatWouldIPay/value/cents"), 2_212);
        assert_eq!(answer.data("/whatWouldIPay/ownShare/cents"), 1_788);
        let lines = answer.data("/whatWouldIPay/valueExplanation");
        assert_eq!(keys(lines), ["HIGHEST_VALUE", "INCOME_REDUCTION", "HOURS", "VALUE"]);
        let silent = ask(&json!({})).await.ok();
        assert_eq!(silent.data("/whatWouldIPay/value/cents"), 700);
        for (more, code) in [
            (json!({ "price": 20_001 }), "PRICE_ABOVE_CEILING"),
            (json!({ "assessment": { "householdSize": 51 } }), "OUT_OF_RANGE"),
            (json!({ "startsAt": "2026-12-31T21:59:00Z" }), "NO_TERMS_IN_FORCE"),
            (json!({ "programmeId": market.city.id }), "INVALID_ID"),
        ] {
            assert_eq!(ask(&more).await.error_code(), Some(code), "{more}");
        }
        assert_eq!(audited(app).await, before, "nothing is written");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_calculator_uses_the_terms_of_the_day_as_a_grant_does() {
    both(async |app| {
        let market = Market::with_terms(app, Terms::default(), &by_hour(3_000)).await;
        let first = terms_of(&market.officer, &market.programme).await.remove(0);
        end(&market.officer, &first, "2027-01-17").await.ok();
        // A Saturday: the next ordinary weekday lies behind the last day of the terms.
        app.clock.set("2027-01-16T10:00:00Z".parse().unwrap());
        let input = json!({ "programmeId": market.programme, "price": 4_000 });
        let answer = app
            .anyone()
            .run("anyone/whatWouldIPay", json!({ "input": input }))
            .await;
        assert_eq!(answer.ok().data("/whatWouldIPay/voucherShare/cents"), 3_000);
        let resident = app.person("resident").await;
        let market = Market {
            officer: app.sign_in(&market.officer.email).await,
            ..market
        };
        let granted = market
            .grant_with(&resident, "grant", &json!({ "amount": 50_000 }))
            .await;
        granted.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_calculator_refuses_what_a_booking_refuses() {
    both(async |app| {
        // By hours and income, with no lowest value: enough income leaves nothing.
        let [.., by_hours, _] = kinds();
        let market = Market::with_terms(app, Terms::default(), &terms_content(&by_hours.rule)).await;
        let assessment = json!({ "monthlyIncome": 10_000_000, "hoursPerMonth": 15 });
        let mut input = json!({
            "programmeId": market.programme, "price": 13_000, "startsAt": VISIT, "assessment": assessment,
        });
        let ask = async |input: &Value| {
            app.anyone()
                .run("anyone/whatWouldIPay", json!({ "input": input }))
                .await
        };
        assert_eq!(ask(&input).await.error_code(), Some("NOT_ELIGIBLE"));
        let resident = app.person("resident").await;
        let grant = json!({ "amount": 50_000, "assessment": assessment });
        let granted = market.grant_with(&resident, "grant", &grant).await.ok();
        let voucher = granted.text("/grantVoucher/voucher/id");
        let booked = market.book(&resident, &voucher, "book").await;
        assert_eq!(booked.user_errors(), ["NOT_ELIGIBLE"]);
        input["price"] = json!(0);
        assert_eq!(ask(&input).await.ok().data("/whatWouldIPay/value/cents"), 0);
        app.run_jobs().await;
    })
    .await;
}
