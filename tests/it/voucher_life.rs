//! The life of vouchers after their grant: numbers, refusal, suspension, moving away.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, Terms, VISIT, key_of};
use support::{Answer, Person, TestApp, both};

use crate::town::{Town, done};

impl<'a> Town<'a> {
    /// A voucher for each thing that can become of one, and a task.
    pub(crate) async fn voucher_life(&mut self, market: &Market<'a>) {
        let third = self.id("third programme").to_owned();
        let elsewhere = async |person: &Person<'_>| {
            let input = json!({
                "cityId": market.city.id, "programmeId": third, "residentEmail": person.email, "grounds": "Ikä.",
                "idempotencyKey": key_of(&format!("third-{}", person.id)),
            });
            done(&market.officer, "officer/grantVoucher", input)
                .await
                .text("/grantVoucher/voucher/id")
        };
        let seen = self
            .person("resident")
            .run("resident/myVouchers", json!({ "first": 1 }));
        let number = seen.await.ok().text("/myVouchers/nodes/0/number");
        self.put("voucher number", number);
        let whole = elsewhere(self.person("resident")).await;
        self.put("whole voucher", whole);

        let mover = self.app.person("mover").await;
        let moving = market.voucher(&mover).await;
        self.put("moving voucher", moving);

        let paused = self.app.person("paused").await;
        let suspended = elsewhere(&paused).await;
        let input = json!({ "voucherId": suspended, "expectedVersion": 1, "reason": "Selvitys on kesken." });
        done(&market.officer, "officer/suspendVoucher", input).await;
        self.put("suspended voucher", suspended);
        let running = market.voucher(&paused).await;
        self.put("running voucher", running);

        let unwilling = self.app.person("unwilling").await;
        let refused = market.voucher(&unwilling).await;
        decline(&unwilling, &refused, "decline-unwilling").await.ok();
        self.put("refused voucher", refused);
        let tasks = tasks(&market.officer, market).await;
        self.put("task", tasks[0]["id"].as_str().unwrap().to_owned());
    }

    pub(crate) fn of_voucher_life(&self, name: &str, maker: usize) -> Option<Value> {
        let key = key_of(&format!("{name}-{maker}"));
        Some(match name {
            "declineVoucher" => json!({ "input": {
                "voucherId": self.id("whole voucher"), "expectedVersion": 1, "idempotencyKey": key,
            }}),
            "suspendVoucher" => json!({ "input": {
                "voucherId": self.id("running voucher"), "expectedVersion": 1, "reason": "Selvitys on kesken.",
            }}),
            "reinstateVoucher" => json!({ "input": {
                "voucherId": self.id("suspended voucher"), "expectedVersion": 2, "reason": "Selvitys on valmis.",
            }}),
            "recordMove" => json!({ "input": {
                "voucherId": self.id("moving voucher"), "movedOn": "2027-05-31", "reason": "Muuttoilmoitus.",
                "idempotencyKey": key,
            }}),
            "officerTasks" => json!({ "cityId": self.id("city"), "first": 10 }),
            "closeOfficerTask" => json!({ "input": {
                "taskId": self.id("task"), "expectedVersion": 1, "outcome": "Palvelu järjestettiin omana tuotantona.",
            }}),
            "voucherByNumber" => json!({ "companyId": self.id("company"), "number": self.id("voucher number") }),
            _ => return None,
        })
    }
}

async fn decline(resident: &Person<'_>, voucher: &str, key: &str) -> Answer {
    let input = json!({ "voucherId": voucher, "expectedVersion": 1, "idempotencyKey": key_of(key) });
    resident.run("resident/declineVoucher", json!({ "input": input })).await
}

async fn tasks(officer: &Person<'_>, market: &Market<'_>) -> Vec<Value> {
    let variables = json!({ "cityId": market.city.id, "state": "OPEN", "first": 10 });
    let seen = officer.run("officer/officerTasks", variables).await.ok();
    seen.data("/officerTasks/nodes").as_array().unwrap().clone()
}

async fn suspend(market: &Market<'_>, voucher: &str, version: i32) -> Answer {
    let input = json!({ "voucherId": voucher, "expectedVersion": version, "reason": "Selvitys on kesken." });
    market
        .officer
        .run("officer/suspendVoucher", json!({ "input": input }))
        .await
}

async fn reinstate(officer: &Person<'_>, voucher: &str, version: i32) -> Answer {
    let input = json!({ "voucherId": voucher, "expectedVersion": version, "reason": "Selvitys on valmis." });
    officer.run("officer/reinstateVoucher", json!({ "input": input })).await
}

async fn moved(market: &Market<'_>, voucher: &str, day: &str, key: &str) -> Answer {
    let input = json!({
        "voucherId": voucher, "movedOn": day, "reason": "Muuttoilmoitus.", "idempotencyKey": key_of(key),
    });
    market
        .officer
        .run("officer/recordMove", json!({ "input": input }))
        .await
}

async fn look_up(who: &Person<'_>, company: kernel::CompanyId, number: &str) -> Answer {
    let variables = json!({ "companyId": company, "number": number });
    who.run("provider/voucherByNumber", variables).await
}

/// What is left of the programme's budget, in cents.
async fn budget(market: &Market<'_>) -> i64 {
    let variables = json!({ "programmeId": market.programme });
    let seen = market.officer.run("officer/programmeBudgets", variables).await.ok();
    seen.data("/node/budgets/0/available/cents").as_i64().unwrap()
}

async fn number_of(resident: &Person<'_>) -> Value {
    let seen = resident.run("resident/myVouchers", json!({ "first": 1 })).await.ok();
    seen.data("/myVouchers/nodes/0/number").clone()
}

async fn sql(app: &TestApp, text: &str) {
    let conn = app.db().read();
    let statement = Statement::from_string(conn.get_database_backend(), text);
    conn.execute_raw(statement).await.unwrap();
}

#[tokio::test]
async fn a_company_sees_the_voucher_whose_number_it_is_told() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (other, stranger) = app.company(&market.city, 300).await;
        let resident = app.person("Aino").await;
        let voucher = market.voucher(&resident).await;
        let number = number_of(&resident).await.as_str().unwrap().to_owned();
        let typed = number.replace('-', " ").to_lowercase();

        let seen = look_up(&market.provider, market.company, &typed).await.ok();
        assert_eq!(seen.data("/voucherByNumber/residentGivenName"), "Aino");
        assert_eq!(seen.data("/voucherByNumber/available/cents"), 10_000);
        assert_eq!(seen.data("/voucherByNumber/state"), "ACTIVE");
        assert!(!seen.body.to_string().contains(&voucher));

        // A company without an approval in the programme learns as little as of a number that nobody has.
        assert!(
            look_up(&stranger, other, &number)
                .await
                .ok()
                .data("/voucherByNumber")
                .is_null()
        );
        let forbidden = look_up(&stranger, market.company, &number).await;
        assert_eq!(forbidden.error_code(), Some("FORBIDDEN"));
        let nobodys = "2222-2222-2222-2222";
        assert_eq!(
            look_up(&market.provider, market.company, nobodys).await.error_code(),
            None
        );
        let wrong = number.chars().rev().collect::<String>();
        let mistyped = look_up(&market.provider, market.company, &wrong).await;
        assert_eq!(mistyped.error_code(), Some("INVALID_VOUCHER_NUMBER"));

        let drawn = resident.run("anyone/node", json!({ "id": voucher })).await.ok();
        assert!(drawn.text("/node/numberQr").contains("<svg"));
        assert!(
            resident
                .run("anyone/node", json!({ "id": market.offer }))
                .await
                .ok()
                .data("/node/numberQr")
                .is_null()
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn looking_numbers_up_is_limited() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let number = "2222-2222-2222-2222";
        for _ in 0..120 {
            look_up(&market.provider, market.company, number).await.ok();
        }
        let limited = look_up(&market.provider, market.company, number).await;
        assert_eq!(limited.error_code(), Some("RATE_LIMITED"));
        app.clock.advance(chrono::Duration::minutes(61));
        let later = app.sign_in(&market.provider.email).await;
        look_up(&later, market.company, number).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn vouchers_from_before_get_a_number_once() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        market.voucher(&resident).await;
        sql(app, "UPDATE voucher SET number = NULL").await;
        assert!(number_of(&resident).await.is_null());
        let vouchers = &app.contexts.vouchers;
        let (one, other) = tokio::join!(vouchers.run_number(), vouchers.run_number());
        one.unwrap();
        other.unwrap();
        let number = number_of(&resident).await;
        assert!(number.is_string());
        vouchers.run_number().await.unwrap();
        assert_eq!(number_of(&resident).await, number);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_voucher_gives_its_budget_back_and_leaves_a_task() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let before = budget(&market).await;
        let voucher = market.voucher(&resident).await;
        assert_eq!(budget(&market).await, before - 10_000);

        let other = app.person("other").await;
        assert_eq!(decline(&other, &voucher, "other").await.user_errors(), ["NOT_FOUND"]);
        let (one, again) = tokio::join!(decline(&resident, &voucher, "no"), decline(&resident, &voucher, "no"));
        assert_eq!(one.ok().data("/declineVoucher/voucher/state"), "DECLINED");
        again.ok();
        assert_eq!(budget(&market).await, before);
        assert_eq!(
            decline(&resident, &voucher, "more").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(
            market.book(&resident, &voucher, "book").await.user_errors(),
            ["NOT_ELIGIBLE"]
        );
        app.check().await;

        let open = tasks(&market.officer, &market).await;
        assert_eq!(open.len(), 1);
        assert_eq!(
            (&open[0]["kind"], &open[0]["voucher"]["id"]),
            (&json!("ARRANGE_OTHERWISE"), &json!(voucher))
        );
        let close = async |version: i32| {
            let input = json!({ "taskId": open[0]["id"], "expectedVersion": version, "outcome": "Oma tuotanto." });
            market
                .officer
                .run("officer/closeOfficerTask", json!({ "input": input }))
                .await
        };
        assert_eq!(close(2).await.user_errors(), ["CONFLICT"]);
        close(1).await.ok();
        assert_eq!(close(2).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(tasks(&market.officer, &market).await, Vec::<Value>::new());

        // She may think again.
        market.grant(&resident, "again").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_voucher_in_use_is_not_refused_and_refusing_races_with_booking() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booked, declined) = tokio::join!(
            market.book(&resident, &voucher, "book"),
            decline(&resident, &voucher, "no"),
        );
        let outcome = (booked.user_errors(), declined.user_errors());
        let sequential = [(vec![], vec!["VOUCHER_IN_USE"]), (vec!["NOT_ELIGIBLE"], vec![])];
        assert!(sequential.contains(&outcome), "{outcome:?}");
        app.check().await;

        let second = app.person("second").await;
        let voucher = market.voucher(&second).await;
        let booked = market.book(&second, &voucher, "second").await.ok();
        assert_eq!(
            decline(&second, &voucher, "early").await.user_errors(),
            ["VOUCHER_IN_USE"]
        );
        market
            .cancel(&second, &booked.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        decline(&second, &voucher, "early").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_suspended_voucher_keeps_its_bookings_and_takes_no_new_ones() {
    both(async |app| {
        let terms = Terms {
            price: 3_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (kept, code) = market.confirmed(&resident, &voucher, "kept").await;
        let freed = market.book(&resident, &voucher, "freed").await.ok();
        assert_eq!(suspend(&market, &voucher, 2).await.user_errors(), ["CONFLICT"]);
        suspend(&market, &voucher, 1).await.ok();
        assert_eq!(
            suspend(&market, &voucher, 2).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(
            market.book(&resident, &voucher, "new").await.user_errors(),
            ["NOT_ELIGIBLE"]
        );
        app.check().await;

        // What a booking gives back is hers again when the suspension ends.
        market
            .cancel(&resident, &freed.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        assert_eq!(market.balance(&resident).await, (7_000, 3_000));
        app.clock.set("2027-02-01T11:30:00Z".parse().unwrap());
        let provider = app.sign_in(&market.provider.email).await;
        let input = json!({ "bookingId": kept, "code": code, "idempotencyKey": key_of("deliver") });
        provider
            .run("provider/recordDelivery", json!({ "input": input }))
            .await
            .ok();
        let officer = app.sign_in(&market.officer.email).await;
        let (one, other) = tokio::join!(reinstate(&officer, &voucher, 2), reinstate(&officer, &voucher, 2));
        let mut codes = [one.user_errors(), other.user_errors()];
        codes.sort();
        assert_eq!(codes, [vec![], vec!["NOT_ALLOWED_IN_STATE"]]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_reinstates_her_own_voucher() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let voucher = market.voucher(&deputy).await;
        suspend(&market, &voucher, 1).await.ok();
        assert_eq!(reinstate(&deputy, &voucher, 2).await.user_errors(), ["FOUR_EYES"]);
        reinstate(&market.officer, &voucher, 2).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_suspended_voucher_expires_as_well() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let before = budget(&market).await;
        let voucher = market.voucher(&resident).await;
        suspend(&market, &voucher, 1).await.ok();
        app.clock.set("2028-01-01T08:00:00Z".parse().unwrap());
        app.run_jobs().await;
        let officer = app.sign_in(&market.officer.email).await;
        let variables = json!({ "programmeId": market.programme });
        let seen = officer.run("officer/programmeBudgets", variables).await.ok();
        assert_eq!(seen.data("/node/budgets/0/available/cents"), before);
    })
    .await;
}

/// The state of each booking of a resident, oldest first.
async fn states(resident: &Person<'_>) -> Value {
    let seen = resident.run("resident/myBookings", json!({ "first": 10 })).await.ok();
    let rows = seen.data("/myBookings/nodes").as_array().unwrap();
    rows.iter().map(|row| row["state"].clone()).collect()
}

#[tokio::test]
async fn moving_away_ends_vouchers_on_that_day_in_helsinki() {
    both(async |app| {
        let terms = Terms {
            price: 2_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let mut times = Vec::new();
        // The last minute of the tenth of February in Helsinki and the first of the eleventh.
        for at in ["2027-02-10T21:59:00Z", "2027-02-10T22:00:00Z"] {
            let time = json!({ "startsAt": at, "endsAt": "2027-02-11T02:00:00Z", "capacity": 5 });
            let input = json!({ "offerId": market.offer, "occurrences": [time] });
            let added = done(&market.provider, "provider/addOccurrences", input).await;
            times.push(added.text("/addOccurrences/occurrences/0/id"));
        }
        for (number, time) in times.iter().enumerate() {
            market
                .book_at(&resident, time, &voucher, &format!("book-{number}"))
                .await
                .ok();
        }
        let far = moved(&market, &voucher, "2029-02-10", "far").await;
        assert_eq!(far.user_errors(), ["OUT_OF_RANGE"]);
        let told = moved(&market, &voucher, "2027-02-10", "move").await.ok();
        assert_eq!(told.data("/recordMove/voucher/validUntil"), "2027-02-10");
        let again = moved(&market, &voucher, "2027-02-10", "move").await.ok();
        assert_eq!(again.body, told.body);
        // A later day does not give back what has ended.
        moved(&market, &voucher, "2027-03-10", "later").await.ok();
        let refused = market.book_at(&resident, &times[1], &voucher, "late").await;
        assert_eq!(refused.user_errors(), ["NOT_ELIGIBLE"]);
        app.check().await;
        app.run_jobs().await;
        assert_eq!(states(&resident).await, json!(["REQUESTED", "CANCELLED_BY_CLIENT"]));
        assert_eq!(market.balance(&resident).await, (8_000, 2_000));

        // The job may run twice.
        let shortened = vouchers::VoucherShortened {
            voucher: voucher.parse().unwrap(),
            city: market.city.id,
            last_day: "2027-02-10".parse().unwrap(),
        };
        app.contexts.bookings.release_after(shortened).await.unwrap();
        assert_eq!(market.balance(&resident).await, (8_000, 2_000));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_move_of_long_ago_ends_today_and_what_was_delivered_stays() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        app.run_jobs().await;
        let after: chrono::DateTime<chrono::Utc> = VISIT.parse().unwrap();
        app.clock.set(after + chrono::Duration::hours(2));
        let provider = app.sign_in(&market.provider.email).await;
        let input = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of("deliver") });
        provider.run("provider/recordDelivery", json!({ "input": input })).await.ok();
        let officer = app.sign_in(&market.officer.email).await;
        let input = json!({
            "voucherId": voucher, "movedOn": "2027-01-15", "reason": "Muuttoilmoitus.", "idempotencyKey": key_of("move"),
        });
        let told = officer.run("officer/recordMove", json!({ "input": input })).await.ok();
        assert_eq!(told.data("/recordMove/voucher/validUntil"), "2027-02-01");
        app.run_jobs().await;
        app.clock.set("2027-02-02T08:00:00Z".parse().unwrap());
        app.run_jobs().await;
        let resident = app.sign_in(&resident.email).await;
        assert_eq!(states(&resident).await, json!(["DELIVERED"]));
        let seen = resident.run("resident/myVouchers", json!({ "first": 1 })).await.ok();
        assert_eq!(seen.data("/myVouchers/nodes/0/state"), "EXPIRED");
    })
    .await;
}
