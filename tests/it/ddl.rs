//! Definitions that a migration changes later.

use db::Tx;
use sea_orm::{ConnectionTrait, DbErr};
use support::both;

/// Runs statements in one transaction.
async fn run(db: &db::Db, statements: &[&str]) -> Result<(), db::Error> {
    db.write(async |tx: &Tx| {
        for statement in statements {
            tx.conn().execute_unprepared(statement).await?;
        }
        Ok(())
    })
    .await
}

async fn allow(db: &db::Db, present: &[&str], added: &[&str]) -> Result<(), db::Error> {
    db.write(async |tx: &Tx| Ok::<_, db::Error>(db::ddl::allow(tx.conn(), "lamp", "state", present, added).await?))
        .await
}

#[tokio::test]
async fn a_check_takes_more_values_and_keeps_the_others_out() {
    both(async |app| {
        let table =
            "CREATE TABLE lamp (id integer PRIMARY KEY, \"state\" text NOT NULL CHECK (\"state\" IN ('ON', 'OFF')))";
        run(app.db(), &[table, "INSERT INTO lamp VALUES (1, 'ON')"])
            .await
            .unwrap();
        let dim = ["INSERT INTO lamp VALUES (2, 'DIM')"];
        assert!(run(app.db(), &dim).await.is_err(), "not yet");

        for other in [&["ON"][..], &["OFF", "ON"], &["ON", "OFF", "GONE"]] {
            let refused = allow(app.db(), other, &["DIM"]).await;
            assert!(
                matches!(refused, Err(db::Error::Statement(DbErr::Migration(_)))),
                "{other:?}: {refused:?}"
            );
        }
        assert!(run(app.db(), &dim).await.is_err(), "a wrong list changes nothing");

        allow(app.db(), &["ON", "OFF"], &["DIM"]).await.unwrap();
        run(app.db(), &dim).await.unwrap();
        run(app.db(), &["UPDATE lamp SET state = 'OFF' WHERE id = 1"])
            .await
            .unwrap();
        let broken = ["INSERT INTO lamp VALUES (3, 'BROKEN')"];
        assert!(run(app.db(), &broken).await.is_err(), "never");
        allow(app.db(), &["ON", "OFF", "DIM"], &["BROKEN"]).await.unwrap();
        run(app.db(), &broken).await.unwrap();
    })
    .await;
}
