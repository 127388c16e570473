//! Ten thousand vouchers from one list, beside the same rows written by hand.

use std::time::Instant;

use kernel::{PersonId, TypedId, VoucherId};
use sea_orm::prelude::Uuid;
use sea_orm::sqlx::{self, Connection, PgConnection, Postgres, Transaction};
use serde_json::json;
use support::market::{Market, Terms, key_of};
use support::{Kind, TestApp};

use crate::report::{ratio, row};

/// How many rows the list has, and how many are written by hand.
const ROWS: usize = 10_000;

/// How many rows a transaction by hand writes.
const CHUNK: usize = 500;

/// The budget covers both lists.
const TERMS: Terms = Terms {
    value: 1_000,
    budget: 30_000_000,
    price: 1,
    capacity: 1,
};

/// Grants a list through the service and, on PostgreSQL, the same rows by hand.
///
/// # Panics
/// When a row is not granted or a sum is wrong afterwards.
pub(crate) async fn measure(kind: Kind) {
    let app = TestApp::on(kind).await;
    let market = Market::open(&app, TERMS).await;
    let people = people(&app).await;
    let mut file = "key,email,grounds\n".to_owned();
    for number in 0..ROWS {
        file.extend([format!("{number},listed{number}@example.org,Luokkataso\n")]);
    }
    let before = peak();
    let begun = Instant::now();
    let path = format!("/mass-grants/{}", market.programme);
    let deputy = app.sign_in("deputy@example.org").await;
    let drafted = deputy.upload(&path, &key_of("draft"), file).await;
    let id = drafted.body["id"].as_str().expect("the list is good").to_owned();
    let input = json!({ "massGrantId": id, "expectedVersion": 1, "idempotencyKey": key_of("confirm") });
    let document = "officer/confirmMassGrant";
    market.officer.run(document, json!({ "input": input })).await.ok();
    app.run_jobs().await;
    let through = per_second(begun);
    row(
        &format!("mass grant of {ROWS} rows on {kind:?}, rows per second"),
        &through.to_string(),
        "",
    );
    row(
        "its peak memory above that before, in MiB",
        &(peak().saturating_sub(before) / 1024).to_string(),
        "",
    );
    let variables = json!({ "massGrantId": id, "first": 1, "afterLine": 0 });
    let seen = market.officer.run("officer/massGrant", variables).await.ok();
    assert_eq!(
        seen.data("/massGrant/progress/granted").as_u64(),
        u64::try_from(ROWS).ok()
    );
    if kind == Kind::Postgres {
        let by_hand = by_hand(&app, &people).await.expect("the rows are written");
        row(
            "the same rows by hand, one after another, 500 in a transaction",
            &by_hand.to_string(),
            "",
        );
        row("mass grant, list : by hand", &ratio(through, by_hand), ">= 0.50");
    }
    app.check().await;
}

fn per_second(begun: Instant) -> u64 {
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    u64::try_from(ROWS).unwrap_or_default() * 1_000 / millis.max(1)
}

/// The most memory that this process has held, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or_default()
}

/// As many people as both lists have; answers those of the second.
async fn people(app: &TestApp) -> Vec<PersonId> {
    let mut others = Vec::new();
    for number in 0..ROWS * 2 {
        let email = match number.checked_sub(ROWS) {
            None => format!("listed{number}@example.org"),
            Some(number) => format!("by-hand{number}@example.org"),
        };
        let account = identity::NewAccount {
            email,
            password: support::PASSWORD.to_owned(),
            given_name: "Aino".to_owned(),
            family_name: "Esimerkki".to_owned(),
            lang: kernel::Lang::Fi,
        };
        let person = app.contexts.identity.add_verified("bench", account).await;
        let person = person.expect("a new address");
        if number >= ROWS {
            others.push(person.id);
        }
    }
    others
}

/// What the vouchers of a programme share: city, programme, budget, officer, the account of the budget.
type Shared = (Uuid, Uuid, Uuid, Uuid, Uuid);

/// Writes what a grant writes, row by row with prepared statements; answers the rows per second.
async fn by_hand(app: &TestApp, people: &[PersonId]) -> Result<u64, sqlx::Error> {
    let options = app.db().read().get_postgres_connection_pool().connect_options();
    let mut connection = PgConnection::connect_with(&options).await?;
    let shared: Shared = sqlx::query_as(SHARED).fetch_one(&mut connection).await?;
    let begun = Instant::now();
    for chunk in people.chunks(CHUNK) {
        let mut tx = connection.begin().await?;
        for person in chunk {
            grant(app, &mut tx, &shared, *person).await?;
        }
        tx.commit().await?;
    }
    Ok(per_second(begun))
}

async fn grant(
    app: &TestApp,
    tx: &mut Transaction<'_, Postgres>,
    (city, programme, budget, officer, from): &Shared,
    person: PersonId,
) -> Result<(), sqlx::Error> {
    let id = || app.db().ids().next::<VoucherId>().uuid();
    let (voucher, available, reserved, at) = (id(), id(), id(), app.now());
    sqlx::query(
        "INSERT INTO voucher (id, city_id, programme_id, budget_id, resident_id, value_cents, valid_from, valid_until, state, \
         grounds, granted_by, granted_at, version) \
         VALUES ($1, $2, $3, $4, $5, 1000, '2027-01-01', '2027-12-31', 'ACTIVE', 'Luokkataso', $6, $7, 1)",
    )
    .bind(voucher)
    .bind(city)
    .bind(programme)
    .bind(budget)
    .bind(person.uuid())
    .bind(officer)
    .bind(at)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO account (id, city_id, unit, kind, owner, debits, credits, floor) VALUES \
         ($1, $3, 'EUR_CENT', 'voucher.available', $4, 0, 0, 0), ($2, $3, 'EUR_CENT', 'booking.reserved', $4, 0, 0, 0)",
    )
    .bind(available)
    .bind(reserved)
    .bind(city)
    .bind(voucher)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO transfer (id, city_id, unit, debit_account, credit_account, amount, kind, reference, at, actor) \
         VALUES ($1, $2, 'EUR_CENT', $3, $4, 1000, 'voucher.grant', $5, $6, 'by-hand')",
    )
    .bind(id())
    .bind(city)
    .bind(from)
    .bind(available)
    .bind(voucher)
    .bind(at)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO audit (id, city_id, at, actor, principal, action, subject, about, purpose, outcome, request_id) \
         VALUES ($1, $2, $3, 'by-hand', NULL, 'grantVoucher', $4, $5, NULL, 'OK', 'by-hand')",
    )
    .bind(id())
    .bind(city)
    .bind(at)
    .bind(VoucherId::from_uuid(voucher).to_string())
    .bind(person.uuid())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

const SHARED: &str = "SELECT voucher.city_id, programme_id, budget_id, granted_by, account.id FROM voucher \
    JOIN account ON account.owner = budget_id AND account.kind = 'programme.available' WHERE grant_key = '0'";
