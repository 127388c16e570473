//! Definitions that sea-query cannot say or that the two databases spell differently. For migrations only.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

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

/// Refuses an approval that shares a day with another one of its company in its programme, unless one of the two is in
/// one of the states `ended`. On PostgreSQL rivals wait for each other at the row of the company; SQLite has one writer.
pub async fn keep_approvals_apart<C: ConnectionTrait>(conn: &C, ended: &[&str]) -> Result<(), DbErr> {
    let quoted: Vec<_> = ended.iter().map(|state| format!("'{state}'")).collect();
    let ended = quoted.join(", ");
    let another = format!(
        "SELECT 1 FROM approval other WHERE other.company_id = NEW.company_id \
         AND other.programme_id = NEW.programme_id AND other.id <> NEW.id AND other.state NOT IN ({ended}) \
         AND other.valid_from <= NEW.valid_until AND other.valid_until >= NEW.valid_from"
    );
    let statements = match conn.get_database_backend() {
        DbBackend::Sqlite => ["INSERT", "UPDATE"]
            .map(|event| {
                format!(
                    "CREATE TRIGGER approval_apart_{event} BEFORE {event} ON approval \
                     WHEN NEW.state NOT IN ({ended}) AND EXISTS ({another}) \
                     BEGIN SELECT RAISE(ABORT, 'approvals share a day'); END"
                )
            })
            .to_vec(),
        _ => vec![
            format!(
                "CREATE FUNCTION approval_stands_apart() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF NEW.state IN ({ended}) THEN RETURN NEW; END IF; \
                 IF TG_OP = 'UPDATE' THEN IF OLD.state NOT IN ({ended}) AND NEW.valid_from >= OLD.valid_from \
                 AND NEW.valid_until <= OLD.valid_until THEN RETURN NEW; END IF; END IF; \
                 PERFORM 1 FROM company WHERE id = NEW.company_id FOR NO KEY UPDATE; \
                 IF EXISTS ({another}) THEN RAISE EXCEPTION 'approvals share a day' USING ERRCODE = '23P01'; END IF; \
                 RETURN NEW; END $$"
            ),
            "CREATE TRIGGER approval_apart BEFORE INSERT OR UPDATE ON approval \
             FOR EACH ROW EXECUTE FUNCTION approval_stands_apart()"
                .to_owned(),
        ],
    };
    for statement in statements {
        conn.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Lets the text `column` of `table` hold `added` beside `present`, the values that its CHECK lists now, in that order.
///
/// SQLite cannot change a CHECK; its manual allows to edit the stored text of one that only becomes looser.
///
/// # Errors
/// `DbErr::Migration` when the CHECK lists other values.
pub async fn allow<C: ConnectionTrait>(
    conn: &C,
    table: &str,
    column: &str,
    present: &[&str],
    added: &[&str],
) -> Result<(), DbErr> {
    let list = |values: &[&str]| {
        let quoted: Vec<_> = values.iter().map(|value| format!("'{value}'")).collect();
        format!("\"{column}\" IN ({})", quoted.join(", "))
    };
    let widened = [present, added].concat();
    let edited = if conn.get_database_backend() == DbBackend::Sqlite {
        edit_stored_table(conn, table, &list(present), &list(&widened)).await?
    } else {
        let name = format!("{table}_{column}_check");
        let same = allows_exactly(conn, &name, present).await?;
        if same {
            let sql = format!(
                "ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({})",
                list(&widened)
            );
            conn.execute_unprepared(&sql).await?;
        }
        same
    };
    if edited {
        Ok(())
    } else {
        Err(DbErr::Migration(format!(
            "the CHECK of {table}.{column} is another one"
        )))
    }
}

/// Lets the UUID `column` of `table` be null.
///
/// SQLite cannot do so; its manual allows to edit the stored text of a table that loses a NOT NULL.
///
/// # Errors
/// `DbErr::Migration` when the column is another one.
pub async fn allow_null<C: ConnectionTrait>(conn: &C, table: &str, column: &str) -> Result<(), DbErr> {
    if conn.get_database_backend() != DbBackend::Sqlite {
        let sql = format!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL");
        return conn.execute_unprepared(&sql).await.map(drop);
    }
    let nullable = format!("\"{column}\" uuid_text");
    if edit_stored_table(conn, table, &format!("{nullable} NOT NULL"), &nullable).await? {
        Ok(())
    } else {
        Err(DbErr::Migration(format!("{table}.{column} is another column")))
    }
}

/// Replaces the CHECK `present` of `table` by one that is only looser; `mark` is a part of it that PostgreSQL prints as it
/// was written and that no other CHECK of the table has.
///
/// SQLite cannot change a CHECK; its manual allows to edit the stored text of one that only becomes looser.
///
/// # Errors
/// `DbErr::Migration` when there is no such CHECK, or more than one.
pub async fn loosen_check<C: ConnectionTrait>(
    conn: &C,
    table: &str,
    mark: &str,
    present: &str,
    looser: &str,
) -> Result<(), DbErr> {
    let missing = || DbErr::Migration(format!("{table} has not one CHECK ({present})"));
    if conn.get_database_backend() == DbBackend::Sqlite {
        let edited = edit_stored_table(conn, table, present, looser).await?;
        return if edited { Ok(()) } else { Err(missing()) };
    }
    let sql = format!(
        "SELECT conname::text AS name FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'c' \
         AND position('{mark}' IN pg_get_constraintdef(oid)) > 0"
    );
    let rows = conn
        .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?;
    let [row] = rows.as_slice() else {
        return Err(missing());
    };
    let name: String = row.try_get("", "name")?;
    let sql = format!("ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({looser})");
    conn.execute_unprepared(&sql).await.map(drop)
}

/// Whether the texts that a CHECK of PostgreSQL names are these, in this order.
async fn allows_exactly<C: ConnectionTrait>(conn: &C, constraint: &str, values: &[&str]) -> Result<bool, DbErr> {
    let sql = format!("SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = '{constraint}'");
    let Some(row) = conn
        .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?
    else {
        return Ok(false);
    };
    let text: String = row.try_get("", "text")?;
    Ok(text.split('\'').skip(1).step_by(2).eq(values.iter().copied()))
}

/// Replaces a part of the stored text of a table; false when it is not there.
async fn edit_stored_table<C: ConnectionTrait>(conn: &C, table: &str, old: &str, new: &str) -> Result<bool, DbErr> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let edit = format!(
        "UPDATE sqlite_schema SET sql = replace(sql, {old}, {new}) \
         WHERE type = 'table' AND name = '{table}' AND instr(sql, {old}) > 0",
        old = quoted(old),
        new = quoted(new),
    );
    conn.execute_unprepared("PRAGMA writable_schema = ON").await?;
    let edited = conn.execute_unprepared(&edit).await;
    conn.execute_unprepared("PRAGMA writable_schema = OFF").await?;
    // Makes every connection read the schema anew.
    let version = Statement::from_string(DbBackend::Sqlite, "PRAGMA schema_version");
    let version: i32 = match conn.query_one_raw(version).await? {
        Some(row) => row.try_get("", "schema_version")?,
        None => 0,
    };
    conn.execute_unprepared(&format!("PRAGMA schema_version = {}", version.wrapping_add(1)))
        .await?;
    Ok(edited?.rows_affected() == 1)
}
