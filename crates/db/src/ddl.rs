//! Definitions that sea-query cannot say or that the two databases spell differently. For migrations only.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

/// Refuses UPDATE and DELETE (and TRUNCATE, where there is one) on `table`.
pub async fn make_append_only<C: ConnectionTrait>(conn: &C, table: &str) -> Result<(), DbErr> {
    let statements = match conn.get_database_backend() {
        DbBackend::Sqlite => ["UPDATE", "DELETE"]
            .map(|event| {
                format!(
                    "CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} \
                     BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            })
            .to_vec(),
        _ => vec![
            format!(
                "CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = '23001'; END $$"
            ),
            format!(
                "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
            ),
        ],
    };
    for statement in statements {
        conn.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Makes each row of `transfer` move its amount between the two accounts in the same statement, so that no balance
/// can differ from the sum of its transfers and a posting costs one round trip.
pub async fn make_transfers_move_balances<C: ConnectionTrait>(conn: &C) -> Result<(), DbErr> {
    let body = "UPDATE account SET debits = debits + NEW.amount WHERE id = NEW.debit_account; \
                UPDATE account SET credits = credits + NEW.amount WHERE id = NEW.credit_account;";
    let statements = match conn.get_database_backend() {
        DbBackend::Sqlite => {
            vec![format!(
                "CREATE TRIGGER transfer_moves_balances AFTER INSERT ON transfer BEGIN {body} END"
            )]
        }
        _ => vec![
            format!(
                "CREATE FUNCTION transfer_moves_balances() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN {body} RETURN NULL; END $$"
            ),
            "CREATE TRIGGER transfer_moves_balances AFTER INSERT ON transfer \
             FOR EACH ROW EXECUTE FUNCTION transfer_moves_balances()"
                .to_owned(),
        ],
    };
    for statement in statements {
        conn.execute_unprepared(&statement).await?;
    }
    Ok(())
}
