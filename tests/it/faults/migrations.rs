//! Bringing the database to the newest schema, twice at once and killed half-way.

use std::time::Duration;

use migrations::Migrator;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::MigratorTrait;
use serde_json::json;
use support::Kind;
use support::process::{Caller, Door, Instance, Site, eventually};

use super::{PROGRAM, kinds};

/// How many tables there are; none while the database is locked.
async fn tables(site: &Site, db: &db::Db) -> i64 {
    let (backend, sql) = match site.kind() {
        Kind::Sqlite => (
            DbBackend::Sqlite,
            "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'",
        ),
        Kind::Postgres => (
            DbBackend::Postgres,
            "SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'",
        ),
    };
    let row = db.read().query_one_raw(Statement::from_string(backend, sql)).await;
    row.ok()
        .flatten()
        .map_or(0, |row| row.try_get("", "n").expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_at_once_end_with_one_schema() {
    for kind in kinds() {
        let site = Site::new(PROGRAM, kind).await;
        let migrate = || site.run(&["migrate"]);
        let (first, second, third) = tokio::join!(migrate(), migrate(), migrate());
        for migrated in [first, second, third, migrate().await] {
            assert!(migrated.status.success(), "{migrated:?}");
        }
        let instance = site.serve().await;
        assert!(instance.stop().await.success());
        site.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_half_way_is_made_good_by_the_next_start() {
    for kind in kinds() {
        for begun in [1, 12, 30] {
            let site = Site::new(PROGRAM, kind).await;
            let db = site.db().await;
            let migrating = Instance::working(site.command(&["migrate"]));
            eventually(Duration::from_secs(30), "tables are made", async || {
                tables(&site, &db).await >= begun
            })
            .await;
            migrating.kill().await;
            db.close().await.expect("nobody else uses the pool");
            let again = site.run(&["migrate"]).await;
            assert!(again.status.success(), "killed after {begun} tables: {again:?}");
            let instance = site.serve().await;
            assert!(instance.stop().await.success());
            site.finish().await;
        }
    }
}

/// A city with a published programme, as the schema before the terms of programmes knew them.
fn old_programme(kind: Kind) -> [String; 2] {
    let id = |last: u8| match kind {
        Kind::Sqlite => format!("x'019a0000000070008000000000000{last:03x}'"),
        Kind::Postgres => format!("'019a0000-0000-7000-8000-000000000{last:03x}'"),
    };
    let (city, programme, officer, second) = (id(1), id(2), id(3), id(4));
    let name = r#"'{"fi":"Liikunta","sv":"Motion","en":"Sports"}'"#;
    [
        format!(
            "INSERT INTO city (id, code, name, business_id, zone, bilingual, iban) VALUES ({city}, '837', {name}, \
             '0211675-2', 'Europe/Helsinki', FALSE, 'FI2112345600000785')"
        ),
        format!(
            "INSERT INTO programme (id, city_id, name, description, service_class, value_cents, price_ceiling_cents, \
             valid_from, valid_until, free_cancellation_hours, late_fee_bp, state, drafted_by, published_by, version, \
             created_at) VALUES ({programme}, {city}, {name}, {name}, 'P25', 10000, 15000, '2026-01-01', '2026-12-31', 24, \
             5000, 'PUBLISHED', {officer}, {second}, 2, '2026-01-01 00:00:00+00:00')"
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_programme_of_before_keeps_its_terms() {
    for kind in kinds() {
        let site = Site::new(PROGRAM, kind).await;
        let db = site.db().await;
        let all = Migrator::migrations();
        let before = all
            .iter()
            .take_while(|migration| migration.name() != "m0014_programme_terms");
        let before = u32::try_from(before.count()).expect("a few");
        Migrator::up(db.read(), Some(before)).await.expect("the old schema");
        for statement in old_programme(kind) {
            db.read().execute_unprepared(&statement).await.expect("a row of before");
        }
        db.close().await.expect("nobody else uses the pool");
        let migrated = site.run(&["migrate"]).await;
        assert!(migrated.status.success(), "{migrated:?}");

        let instance = site.serve().await;
        let door = Door::to(&instance);
        let city = Caller::anyone(&door).run("anyone/city", json!({ "code": "837" })).await;
        let city = city.expect("an answer").ok().text("/city/id");
        let listed = json!({ "cityId": city, "first": 5 });
        let listed = Caller::anyone(&door).run("anyone/programmes", listed).await;
        let listed = listed.expect("an answer").ok();
        let terms = listed.data("/programmes/edges/0/node/terms/0");
        assert_eq!(
            terms["valueRule"],
            json!({ "__typename": "FlatRule", "value": 10_000, "per": "VOUCHER" })
        );
        assert_eq!(
            [
                &terms["priceCeiling"]["cents"],
                &terms["freeCancellationHours"],
                &terms["lateFeeBasisPoints"]
            ],
            [15_000, 24, 5_000]
        );
        assert_eq!(
            (&terms["state"], &terms["validFrom"]),
            (&json!("PUBLISHED"), &json!("2026-01-01"))
        );
        assert!(instance.stop().await.success());
        site.finish().await;
    }
}
