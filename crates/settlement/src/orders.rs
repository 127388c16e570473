//! Payments, the file that orders them, and the money that moves with them.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use cities::City;
use db::Tx;
use kernel::{Actor, PaymentId, TypedId};
use ledger::Posting;
use sha2::{Digest, Sha256};

use crate::bank::pain001::{Debtor, Payment as Order, PaymentFile, Remittance};
use crate::bank::reference::CreditorReference;
use crate::model::file::Model as StoredFile;
use crate::model::payment::{Model as Payment, State};
use crate::model::run::Model as Run;
use crate::model::statement::Model as Statement;
use crate::{Error, store};

/// The payment of a statement, with an id that the bank has never seen.
pub(crate) fn payment(tx: &Tx, statement: &Statement) -> Payment {
    let id: PaymentId = tx.new_id();
    Payment {
        id,
        run_id: statement.run_id,
        statement_id: statement.id,
        city_id: statement.city_id,
        company_id: statement.company_id,
        end_to_end_id: bank_id(id),
        amount_cents: statement.total_cents,
        iban: statement.iban.clone(),
        name: statement.company_name.clone(),
        reference: statement.reference.clone(),
        state: State::Pending,
        reason: None,
        carried_to: None,
    }
}

/// An id as banks take it: the 32 hexadecimal digits of a UUID, which no other record ever has.
pub(crate) fn bank_id(id: impl TypedId) -> String {
    id.uuid().simple().to_string()
}

/// Writes the payment orders of a run.
pub(crate) fn payment_file(
    city: &City,
    run: &Run,
    payments: &[Payment],
    now: DateTime<Utc>,
) -> Result<StoredFile, Error> {
    let orders = payments.iter().map(|payment| {
        Ok(Order {
            end_to_end_id: payment.end_to_end_id.clone(),
            amount_cents: payment.amount_cents.0,
            creditor_name: payment.name.clone(),
            creditor_iban: payment.iban.clone(),
            remittance: Remittance::Reference(CreditorReference::parse(&payment.reference)?),
        })
    });
    let file = PaymentFile {
        message_id: bank_id(run.id),
        created_at: now,
        execution_date: bank_day(city.day_of(now)),
        initiator: city.name.fi.clone(),
        debtor: Debtor {
            name: city.name.fi.clone(),
            iban: city.iban.clone(),
            bic: None,
        },
        payments: orders.collect::<Result<_, Error>>()?,
    };
    let mut bytes = Vec::new();
    file.write(&mut bytes)?;
    Ok(StoredFile {
        run_id: run.id,
        city_id: run.city_id,
        name: format!("maksut-{}-{}.xml", city.code, run.period_from.format("%Y-%m")),
        sha256: hex::encode(Sha256::digest(&bytes)),
        content: String::from_utf8_lossy(&bytes).into_owned(),
        created_at: now,
    })
}

/// The day itself or the Monday after a weekend. From a bank holiday the bank moves on by itself.
fn bank_day(day: NaiveDate) -> NaiveDate {
    match day.weekday() {
        Weekday::Sat => day + Days::new(2),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}

/// Brings a payment, locked, into another state, and its money with it.
pub(crate) async fn move_payment(
    tx: &Tx,
    actor: &Actor,
    payment: &Payment,
    next: State,
    reason: Option<String>,
) -> Result<(), Error> {
    let accounts = [payment.state, next].map(|state| payment.account(state.held_in()));
    let [from, to] = ledger::lock(tx, payment.city_id, accounts).await?;
    let posting = Posting::new(&from, &to, payment.amount_cents, next.posting(), payment.id);
    ledger::post(tx, actor, &[posting]).await?;
    store::payment::set_state(tx, payment.id, next, reason).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pays_on_weekdays() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (asked, paid) in [
            ("2027-01-08", "2027-01-08"),
            ("2027-01-09", "2027-01-11"),
            ("2027-01-10", "2027-01-11"),
        ] {
            assert_eq!(bank_day(day(asked)), day(paid));
        }
    }
}
