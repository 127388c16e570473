use std::collections::HashMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use kernel::{BookingId, Clock, Ids, MockClock, PersonId, TypedId};
use sea_orm::prelude::Uuid;
use sea_orm::sqlx::{self, Connection, PgConnection, Postgres, Transaction};
use serde_json::json;
use support::TestApp;

use crate::load::Worker;
use crate::market::Plan;

/// Books by the statements that a booking through GraphQL sends, in the same order, prepared, over a connection of its own.
pub(crate) struct ByHand {
    connection: PgConnection,
    clock: MockClock,
    ids: Ids,
    plan: Plan,
    /// The session of each person.
    sessions: HashMap<Uuid, Uuid>,
}

/// What is needed of the terms: city, company, programme, offer; begin and end; price, hours and fee; approval.
type Terms = (
    Uuid,
    Uuid,
    Uuid,
    Uuid,
    DateTime<Utc>,
    DateTime<Utc>,
    i64,
    i64,
    i32,
    i32,
    String,
    String,
    NaiveDate,
    NaiveDate,
);

/// An account of a voucher: programme, validity and state of the voucher; id, kind and sums of the account.
type Purse = (Uuid, NaiveDate, NaiveDate, String, Uuid, String, i64, i64);

/// A booking on its way.
struct Draft {
    id: Uuid,
    resident: PersonId,
    voucher: Uuid,
    occurrence: Uuid,
    key: String,
    at: DateTime<Utc>,
}

impl ByHand {
    /// Books as planned, on the database of `app`.
    pub(crate) async fn connect(app: &TestApp, plan: Plan) -> Result<Self, sqlx::Error> {
        let options = app.db().read().get_postgres_connection_pool().connect_options();
        let mut connection = PgConnection::connect_with(&options).await?;
        let sessions: Vec<(Uuid, Uuid)> = sqlx::query_as("SELECT person_id, id FROM session")
            .fetch_all(&mut connection)
            .await?;
        Ok(Self {
            connection,
            clock: app.clock.clone(),
            ids: app.db().ids().clone(),
            plan,
            sessions: sessions.into_iter().collect(),
        })
    }

    fn id(&self) -> Uuid {
        self.ids.next::<BookingId>().uuid()
    }

    async fn book(&mut self) -> Result<(), sqlx::Error> {
        let wish = self.plan.next();
        let (resident, session) = (wish.buyer.person, self.sessions[&wish.buyer.person.uuid()]);
        let (voucher, occurrence, key) = (wish.buyer.voucher.uuid(), wish.occurrence.uuid(), wish.key);
        let ids = [self.id(), self.id(), self.id(), self.id(), self.id()];
        let [id, visit, transfer, job, audit] = ids;
        let draft = Draft {
            id,
            resident,
            voucher,
            occurrence,
            key,
            at: self.clock.now(),
        };
        sqlx::query(SESSION)
            .bind(session)
            .bind(resident.uuid())
            .fetch_one(&mut self.connection)
            .await?;
        let mut tx = self.connection.begin().await?;
        let terms: Terms = sqlx::query_as(TERMS).bind(occurrence).fetch_one(&mut *tx).await?;
        let taken = sqlx::query(TAKE).bind(occurrence).execute(&mut *tx).await?;
        assert_eq!(taken.rows_affected(), 1, "sold out");
        let purse: Vec<Purse> = sqlx::query_as(PURSE)
            .bind(voucher)
            .bind(resident.uuid())
            .fetch_all(&mut *tx)
            .await?;
        insert_booking(&mut tx, &draft, &terms).await?;
        insert_visit(&mut tx, visit, &draft, &terms).await?;
        insert_transfer(&mut tx, transfer, &draft, &terms, &purse).await?;
        insert_job(&mut tx, job, &draft).await?;
        insert_audit(&mut tx, audit, &draft, &terms).await?;
        insert_key(&mut tx, &draft, &terms).await?;
        tx.commit().await
    }
}

impl Worker for ByHand {
    async fn work(&mut self) {
        self.clock.advance(Duration::microseconds(100));
        self.book().await.expect("the booking is made");
    }
}

const SESSION: &str = "SELECT id, person_id, created_at, expires_at, revoked_at, network, user_agent \
    FROM session WHERE id = $1 AND person_id = $2";

const TERMS: &str = "SELECT offer.city_id, offer.company_id, offer.programme_id, offer.id, occurrence.starts_at, \
    occurrence.ends_at, offer.price_cents, terms.price_ceiling_cents, terms.free_cancellation_hours, \
    terms.late_fee_bp, offer.vat_class, city.zone, approval.valid_from, approval.valid_until \
    FROM occurrence JOIN offer ON offer.id = occurrence.offer_id \
    JOIN programme ON programme.id = offer.programme_id \
    JOIN programme_terms terms ON terms.programme_id = offer.programme_id AND terms.state = 'PUBLISHED' JOIN city ON city.id = offer.city_id \
    JOIN approval ON approval.company_id = offer.company_id AND approval.programme_id = offer.programme_id \
    WHERE occurrence.id = $1 AND offer.state = 'PUBLISHED' AND programme.state <> 'DRAFT' AND occurrence.state = 'OPEN' \
    AND approval.state = 'ACTIVE' FOR SHARE OF approval";

const TAKE: &str = "UPDATE occurrence SET taken = taken + 1 WHERE id = $1 AND state = 'OPEN' AND capacity - taken >= 1";

const PURSE: &str = "SELECT voucher.programme_id, voucher.valid_from, voucher.valid_until, voucher.state, account.id, \
    account.kind, account.debits, account.credits FROM voucher JOIN account ON account.owner = voucher.id \
    WHERE voucher.id = $1 AND voucher.resident_id = $2 ORDER BY account.id FOR UPDATE";

async fn insert_booking(tx: &mut Transaction<'_, Postgres>, draft: &Draft, terms: &Terms) -> Result<(), sqlx::Error> {
    let (city, company, programme, offer, starts_at, ends_at, price, _, hours, fee, vat_class, ..) = terms;
    sqlx::query(
        "INSERT INTO booking (id, city_id, company_id, programme_id, offer_id, resident_id, voucher_id, state, \
         price_cents, voucher_share_cents, own_share_cents, vat_class, vat_bp, free_cancellation_until, late_fee_bp, \
         code, wrong_codes, created_at, changed_at, version, starts_at, ends_at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, \
         'REQUESTED', $8, $8, 0, $9, 1350, $10, $11, '123456', 0, $12, $12, 1, $13, $14, NULL)",
    )
    .bind(draft.id)
    .bind(city)
    .bind(company)
    .bind(programme)
    .bind(offer)
    .bind(draft.resident.uuid())
    .bind(draft.voucher)
    .bind(price)
    .bind(vat_class)
    .bind(*starts_at - Duration::hours(i64::from(*hours)))
    .bind(fee)
    .bind(draft.at)
    .bind(starts_at)
    .bind(ends_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_visit(
    tx: &mut Transaction<'_, Postgres>,
    id: Uuid,
    draft: &Draft,
    terms: &Terms,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO visit (id, city_id, booking_id, occurrence_id, starts_at, ends_at, units, price_cents, \
         voucher_share_cents, own_share_cents) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7, 0)",
    )
    .bind(id)
    .bind(terms.0)
    .bind(draft.id)
    .bind(draft.occurrence)
    .bind(terms.4)
    .bind(terms.5)
    .bind(terms.6)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_transfer(
    tx: &mut Transaction<'_, Postgres>,
    id: Uuid,
    draft: &Draft,
    terms: &Terms,
    purse: &[Purse],
) -> Result<(), sqlx::Error> {
    let account = |kind: &str| purse.iter().find(|row| row.5 == kind).map(|row| row.4);
    sqlx::query(
        "INSERT INTO transfer (id, city_id, unit, debit_account, credit_account, amount, kind, reference, at, actor) \
         VALUES ($1, $2, 'EUR_CENT', $3, $4, $5, 'booking.reserve', $6, $7, $8)",
    )
    .bind(id)
    .bind(terms.0)
    .bind(account("voucher.available"))
    .bind(account("booking.reserved"))
    .bind(terms.6)
    .bind(draft.id)
    .bind(draft.at)
    .bind(draft.resident.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_job(tx: &mut Transaction<'_, Postgres>, id: Uuid, draft: &Draft) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO job (id, kind, payload, key, state, due_at, attempts, claim, last_error, created_at) \
         VALUES ($1, 'booking.changed', $2, NULL, 'WAITING', $3, 0, NULL, NULL, $3) ON CONFLICT (kind, key) DO NOTHING",
    )
    .bind(id)
    .bind(json!({ "booking": BookingId::from_uuid(draft.id), "state": "Requested" }))
    .bind(draft.at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_audit(
    tx: &mut Transaction<'_, Postgres>,
    id: Uuid,
    draft: &Draft,
    terms: &Terms,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO audit (id, city_id, at, actor, principal, action, subject, about, purpose, outcome, request_id) \
         VALUES ($1, $2, $3, $4, $5, 'bookOffer', $6, $5, NULL, 'OK', 'by-hand')",
    )
    .bind(id)
    .bind(terms.0)
    .bind(draft.at)
    .bind(draft.resident.to_string())
    .bind(draft.resident.uuid())
    .bind(BookingId::from_uuid(draft.id).to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_key(tx: &mut Transaction<'_, Postgres>, draft: &Draft, terms: &Terms) -> Result<(), sqlx::Error> {
    let answer = json!({
        "id": draft.id, "city_id": terms.0, "company_id": terms.1, "programme_id": terms.2, "offer_id": terms.3,
        "resident_id": draft.resident, "voucher_id": draft.voucher, "state": "Requested", "price_cents": terms.6,
        "voucher_share_cents": terms.6, "own_share_cents": 0, "vat_class": terms.10, "vat_bp": 1350,
        "free_cancellation_until": terms.4, "late_fee_bp": terms.9, "code": "123456", "wrong_codes": 0,
        "created_at": draft.at, "changed_at": draft.at, "version": 1,
    });
    sqlx::query(
        "INSERT INTO idempotency_key (key, request_hash, answer, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(&draft.key)
    .bind("0".repeat(64))
    .bind(answer.to_string())
    .bind(draft.at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
