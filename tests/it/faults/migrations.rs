//! Bringing the database to the newest schema, twice at once and killed half-way.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use support::Kind;
use support::process::{Instance, Site, eventually};

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
