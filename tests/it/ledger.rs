//! The ledger and the seals on both databases: what the database itself refuses, and what survives a storm.

use kernel::{Actor, Cents, CityId, StaffRole, TypedId};
use ledger::{Kind, Posting};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sea_orm::ConnectionTrait;
use sea_orm::prelude::Uuid;
use serde_json::json;
use support::market::{Market, Terms, VISIT, key_of};
use support::{Person, TestApp, both};

const SOURCE: Kind = Kind {
    name: "test.source",
    floor: None,
};
const PURSE: Kind = Kind {
    name: "test.purse",
    floor: Some(0),
};

/// Posts amounts between a bottomless source and four purses; answers how many went through.
async fn post_all(app: &TestApp, moves: &[(usize, usize, i64)]) -> usize {
    let city = app.city("837").await.id;
    let mut posted = 0;
    for (from, to, cents) in moves {
        let outcome = app
            .db()
            .write(async |tx: &db::Tx| {
                let [source] = ledger::open(tx, city, Uuid::from_u128(1), [SOURCE]).await?;
                let mut accounts = vec![source];
                for owner in 2..6 {
                    let [purse] = ledger::open(tx, city, Uuid::from_u128(owner), [PURSE]).await?;
                    accounts.push(purse);
                }
                let reference = CityId::from_uuid(Uuid::from_u128(9));
                let posting = Posting::new(&accounts[*from], &accounts[*to], Cents(*cents), "test.move", reference);
                ledger::post(tx, &Actor::system("test"), &[posting]).await
            })
            .await;
        match outcome {
            Ok(()) => posted += 1,
            Err(ledger::Error::Insufficient { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    posted
}

#[tokio::test]
async fn any_order_of_postings_keeps_every_sum() {
    let steps = prop::collection::vec((0usize..5, 0usize..5, 1i64..500), 40)
        .prop_map(|moves| moves.into_iter().filter(|(from, to, _)| from != to).collect::<Vec<_>>());
    let moves = steps
        .new_tree(&mut TestRunner::deterministic())
        .expect("a strategy")
        .current();
    both(async |app| {
        let posted = post_all(app, &moves).await;
        assert!((5..moves.len()).contains(&posted), "{posted} of {}", moves.len());
        let city = app.city("837").await.id;
        let owners: Vec<_> = (1..6).map(Uuid::from_u128).collect();
        let accounts = ledger::accounts_of(app.db().read(), &[city], &owners)
            .await
            .expect("accounts");
        assert_eq!(accounts.iter().map(ledger::Account::balance).sum::<i64>(), 0);
        assert!(
            accounts
                .iter()
                .filter(|account| account.kind == PURSE.name)
                .all(|account| account.balance() >= 0)
        );
    })
    .await;
}

#[tokio::test]
async fn the_database_refuses_to_bend_the_books() {
    both(async |app| {
        assert_eq!(post_all(app, &[(0, 1, 500), (1, 2, 200)]).await, 2);
        app.run_jobs().await;
        app.clock.advance(chrono::Duration::minutes(20));
        app.run_jobs().await;
        let refused = async |statement: &str| {
            let outcome = app.db().read().execute_unprepared(statement).await;
            assert!(outcome.is_err(), "{statement} was carried out");
        };
        for table in ["transfer", "audit", "seal"] {
            refused(&format!("UPDATE {table} SET id = id")).await;
            refused(&format!("DELETE FROM {table}")).await;
        }
        if app.kind() == support::Kind::Postgres {
            refused("TRUNCATE transfer").await;
        }
        refused("UPDATE account SET debits = 1000 WHERE kind = 'test.purse'").await;
        refused("INSERT INTO transfer SELECT * FROM transfer").await;
    })
    .await;
}

#[tokio::test]
async fn seals_find_what_was_changed_behind_the_triggers() {
    both(async |app| {
        assert_eq!(post_all(app, &[(0, 1, 500), (1, 2, 200)]).await, 2);
        app.run_jobs().await;
        app.clock.advance(chrono::Duration::minutes(20));
        app.run_jobs().await;
        let broken = async || {
            server::commands::check::broken_seals(app.db())
                .await
                .expect("the seals can be read")
        };
        assert_eq!(broken().await, Vec::<String>::new());
        let seals = app.db().read().query_one_raw(sea_orm::Statement::from_string(
            app.db().read().get_database_backend(),
            "SELECT COUNT(*) AS seals FROM seal WHERE chain LIKE 'transfer/city_%'",
        ));
        let seals: i64 = seals
            .await
            .expect("a row")
            .expect("a row")
            .try_get("", "seals")
            .expect("a number");
        assert!(seals > 0, "nothing was sealed");

        let disable = match app.kind() {
            support::Kind::Sqlite => "DROP TRIGGER transfer_no_UPDATE",
            support::Kind::Postgres => "ALTER TABLE transfer DISABLE TRIGGER USER",
        };
        let change = async |statement: &str| {
            app.db()
                .read()
                .execute_unprepared(statement)
                .await
                .expect("nobody stops it now");
        };
        change(disable).await;
        change("UPDATE transfer SET kind = 'test.other' WHERE amount = 200").await;
        assert_eq!(broken().await.len(), 1);
        change("UPDATE transfer SET kind = 'test.move' WHERE amount = 200").await;
        assert_eq!(broken().await, Vec::<String>::new());
    })
    .await;
}

/// What somebody may try in the storm; the number picks a booking or a resident.
#[derive(Clone, Copy, Debug)]
enum Step {
    Book(usize),
    Confirm(usize),
    Decline(usize),
    Cancel(usize),
    CancelAsProvider(usize),
    Deliver(usize),
    Revoke(usize),
}

fn step() -> impl Strategy<Value = Step> {
    (0usize..7, 0usize..12).prop_map(|(what, which)| match what {
        0 | 1 => Step::Book(which),
        2 => Step::Confirm(which),
        3 => Step::Decline(which),
        4 => Step::Cancel(which),
        5 => Step::CancelAsProvider(which),
        _ if which == 11 => Step::Revoke(which),
        _ => Step::Deliver(which),
    })
}

#[tokio::test]
async fn a_storm_of_operations_ends_with_a_clean_check() {
    let steps = prop::collection::vec(step(), 90);
    let steps = steps
        .new_tree(&mut TestRunner::deterministic())
        .expect("a strategy")
        .current();
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                price: 3_500,
                ..Terms::default()
            },
        )
        .await;
        let mut residents = Vec::new();
        for number in 0..3 {
            let resident = app.person(&format!("resident{number}")).await;
            let voucher = market.voucher(&resident).await;
            residents.push((resident, voucher));
        }
        let visit: chrono::DateTime<chrono::Utc> = VISIT.parse().expect("an instant");
        let mut bookings: Vec<(usize, String, String)> = Vec::new();
        for (number, step) in steps.iter().copied().enumerate() {
            // First cancelling is free, then it is late, then the visit has begun and can be delivered.
            if let Some(minutes) = [(40, -1), (60, 1)]
                .into_iter()
                .find_map(|(at, by)| (at == number).then_some(by))
            {
                app.run_jobs().await;
                app.clock.set(visit + chrono::Duration::minutes(minutes));
            }
            storm_step(app, &market, &residents, &mut bookings, number, step).await;
            app.check().await;
        }
        assert!(bookings.len() > 5, "{bookings:?}");
        app.run_jobs().await;
    })
    .await;
}

async fn storm_step(
    app: &TestApp,
    market: &Market<'_>,
    residents: &[(Person<'_>, String)],
    bookings: &mut Vec<(usize, String, String)>,
    number: usize,
    step: Step,
) {
    let key = key_of(&format!("storm-{number}"));
    let resident = async |which: usize| app.sign_in(&residents[which].0.email).await;
    let chosen = |which: usize| bookings.get(which % bookings.len().max(1)).cloned();
    if let Step::Book(which) = step {
        let which = which % residents.len();
        let booked = market.book(&resident(which).await, &residents[which].1, &key).await;
        if booked.user_errors().is_empty() {
            let (id, code) = (
                booked.text("/bookOffer/booking/id"),
                booked.text("/bookOffer/booking/code"),
            );
            bookings.push((which, id, code));
        }
        return;
    }
    if matches!(step, Step::Revoke(_)) {
        let officer = app.sign_in(&market.officer.email).await;
        let input =
            json!({ "voucherId": residents[0].1, "expectedVersion": 1, "reason": "Muutto.", "idempotencyKey": key });
        officer.run("officer/revokeVoucher", json!({ "input": input })).await;
        return;
    }
    let (Step::Confirm(which)
    | Step::Decline(which)
    | Step::Cancel(which)
    | Step::CancelAsProvider(which)
    | Step::Deliver(which)
    | Step::Revoke(which)
    | Step::Book(which)) = step;
    let Some((owner, id, code)) = chosen(which) else { return };
    let provider = app.sign_in(&market.provider.email).await;
    let answer = match step {
        Step::Confirm(_) => {
            provider
                .run("provider/confirmBooking", json!({ "input": { "bookingId": id } }))
                .await
        }
        Step::Cancel(_) => market.cancel(&resident(owner).await, &id, &key).await,
        Step::Deliver(_) => {
            let input = json!({ "bookingId": id, "code": code, "idempotencyKey": key });
            provider.run("provider/recordDelivery", json!({ "input": input })).await
        }
        Step::Decline(_) | Step::CancelAsProvider(_) | Step::Revoke(_) | Step::Book(_) => {
            let input = json!({ "bookingId": id, "reason": "Este.", "idempotencyKey": key });
            let document = if matches!(step, Step::Decline(_)) {
                "declineBooking"
            } else {
                "cancelBookingAsProvider"
            };
            provider
                .run(&format!("provider/{document}"), json!({ "input": input }))
                .await
        }
    };
    let allowed = [[].as_slice(), &["NOT_ALLOWED_IN_STATE"], &["TOO_EARLY"], &["TOO_LATE"]];
    assert!(
        allowed.contains(&answer.user_errors().as_slice()),
        "{step:?}: {:#}",
        answer.body
    );
    assert_eq!(answer.error_code(), None);
}

#[tokio::test]
async fn only_auditors_of_the_city_read_its_books() {
    both(async |app| {
        let (tampere, turku) = (app.city("837").await, app.city("853").await);
        let auditor = app.staff(&tampere, StaffRole::Auditor, "auditor").await;
        let mine = json!({ "cityId": tampere.id, "first": 10 });
        auditor.run("auditor/ledgerAccounts", mine.clone()).await.ok();
        let foreign = auditor
            .run("auditor/ledgerAccounts", json!({ "cityId": turku.id, "first": 10 }))
            .await;
        assert_eq!(foreign.error_code(), Some("FORBIDDEN"));
        let officer = app.staff(&tampere, StaffRole::ProgrammeOfficer, "officer").await;
        assert_eq!(
            officer.run("auditor/ledgerTransfers", mine).await.error_code(),
            Some("FORBIDDEN")
        );
    })
    .await;
}
