//! The table of `camt.054.001.08`, the bank's notification of bookings.
//!
//! Only movements of payment orders count: debits, and credits that return or reverse one. A credit is a return when
//! the bank gives a return reason (`RtrInf`), marks the entry as a reversal (`RvslInd`) or classes it as a return of
//! a payment (bank transaction code `RRTN`). Any other credit is somebody's payment to the city and is skipped,
//! unless it names an id as ours are: a person has to look at that one. A movement that names no payment (a bank's fee, many payments booked as one, `NOTPROVIDED`) is listed apart for a
//! person to look at, because all payments of ours have an id.

use super::answer::{self, AnswerEntry, AnswerError, AnswerKind, BankAnswer, Outcome, Reason, Unmatched};
use super::charset::NO_ID;
use super::xml::{Closed, Elements, excerpt};

pub(super) const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Debit,
    Credit,
}

/// One `Ntry`: a booking, with one or more payments in it.
#[derive(Debug, Default)]
struct Entry {
    direction: Option<Direction>,
    reversal: bool,
    return_code: bool,
    status: Option<String>,
    amount_cents: Option<i64>,
    words: Reason,
    transaction: Transaction,
    transactions: Vec<Transaction>,
}

/// One `TxDtls`: a payment in a booking.
#[derive(Debug, Default)]
struct Transaction {
    end_to_end_id: Option<String>,
    direction: Option<Direction>,
    returned: bool,
    reason: Reason,
    amount_cents: Option<i64>,
}

pub(super) fn read(mut elements: Elements<'_>) -> Result<BankAnswer, AnswerError> {
    let mut message_id = None;
    let mut entry = Entry::default();
    let (mut entries, mut unmatched) = (Vec::new(), Vec::new());
    while let Some(closed) = elements.next_closed()? {
        let Some(path) = closed.path.strip_prefix("BkToCstmrDbtCdtNtfctn/") else {
            continue;
        };
        match path {
            "GrpHdr/MsgId" => message_id = answer::id(&closed, "GrpHdr/MsgId")?,
            "Ntfctn/Ntry/Amt" => entry.amount_cents = answer::amount(&closed)?,
            "Ntfctn/Ntry/CdtDbtInd" => entry.direction = direction(&closed)?,
            "Ntfctn/Ntry/RvslInd" => entry.reversal = truth(&closed)?,
            "Ntfctn/Ntry/Sts/Cd" | "Ntfctn/Ntry/Sts/Prtry" => entry.status = answer::code(&closed),
            "Ntfctn/Ntry/BkTxCd/Domn/Fmly/SubFmlyCd" => entry.return_code = is_return(&closed),
            "Ntfctn/Ntry/AddtlNtryInf" => entry.words.add_words(&closed.text),
            "Ntfctn/Ntry" => std::mem::take(&mut entry).finish(&mut entries, &mut unmatched)?,
            _ => {
                let Some(path) = path.strip_prefix("Ntfctn/Ntry/NtryDtls/TxDtls") else {
                    continue;
                };
                entry.read_transaction(path, &closed)?;
            }
        }
    }
    Ok(BankAnswer {
        message_id: message_id.ok_or(AnswerError::Missing("GrpHdr/MsgId"))?,
        kind: AnswerKind::Notification,
        original_message_id: None,
        whole_message: None,
        reason: None,
        entries,
        unmatched,
    })
}

impl Entry {
    fn read_transaction(&mut self, path: &str, closed: &Closed) -> Result<(), AnswerError> {
        let transaction = &mut self.transaction;
        match path {
            "/Refs/EndToEndId" => transaction.end_to_end_id = answer::id(closed, "EndToEndId")?,
            "/Amt" => transaction.amount_cents = answer::amount(closed)?,
            "/CdtDbtInd" => transaction.direction = direction(closed)?,
            "/BkTxCd/Domn/Fmly/SubFmlyCd" => transaction.returned |= is_return(closed),
            "/RtrInf" => transaction.returned = true,
            "/RtrInf/Rsn/Cd" | "/RtrInf/Rsn/Prtry" => transaction.reason.add_code(&closed.text),
            "/RtrInf/AddtlInf" => transaction.reason.add_words(&closed.text),
            "" => self.transactions.push(std::mem::take(transaction)),
            _ => {}
        }
        Ok(())
    }

    /// Judges the payments of the entry once all of it is known.
    fn finish(mut self, entries: &mut Vec<AnswerEntry>, unmatched: &mut Vec<Unmatched>) -> Result<(), AnswerError> {
        let mut transactions = std::mem::take(&mut self.transactions);
        if transactions.is_empty() {
            transactions.push(Transaction::default());
        }
        let single = transactions.len() == 1;
        for transaction in transactions {
            let Some(outcome) = self.outcome(&transaction)? else {
                continue;
            };
            let amount_cents = transaction.amount_cents.or(self.amount_cents.filter(|_| single));
            let reason = transaction.reason.into_option();
            match transaction.end_to_end_id.filter(|id| id != NO_ID) {
                Some(end_to_end_id) => entries.push(AnswerEntry {
                    end_to_end_id,
                    outcome,
                    reason,
                    amount_cents,
                }),
                None if outcome == Outcome::Pending => {}
                None => unmatched.push(Unmatched {
                    amount_cents,
                    reason: reason.or_else(|| self.words.clone().into_option()),
                }),
            }
        }
        Ok(())
    }

    /// `None` for money that came from elsewhere.
    fn outcome(&self, transaction: &Transaction) -> Result<Option<Outcome>, AnswerError> {
        let direction = transaction
            .direction
            .or(self.direction)
            .ok_or(AnswerError::Missing("CdtDbtInd"))?;
        let returned = transaction.returned || self.return_code || self.reversal;
        let status = self.status.as_deref().ok_or(AnswerError::Missing("Sts"))?;
        Ok(match (direction, status) {
            (Direction::Credit, _) if !returned => names_ours(transaction).then(|| Outcome::Unknown("CRDT".to_owned())),
            (Direction::Credit, "BOOK") => Some(Outcome::Returned),
            // A debit marked as reversal takes back a credit: it pays no order of ours.
            (Direction::Debit, "BOOK") if self.reversal => Some(Outcome::Unknown("RvslInd".to_owned())),
            (Direction::Debit, "BOOK") => Some(Outcome::Paid),
            (_, "PDNG" | "FUTR") => Some(Outcome::Pending),
            (_, other) => Some(Outcome::Unknown(other.to_owned())),
        })
    }
}

/// True when it names an end-to-end id of the form of ours, the hexadecimal digits of a UUID.
fn names_ours(transaction: &Transaction) -> bool {
    let id = transaction.end_to_end_id.as_deref().unwrap_or_default();
    id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn direction(closed: &Closed) -> Result<Option<Direction>, AnswerError> {
    match closed.text.as_str() {
        "DBIT" => Ok(Some(Direction::Debit)),
        "CRDT" => Ok(Some(Direction::Credit)),
        other => Err(AnswerError::Value {
            element: "CdtDbtInd",
            value: excerpt(other),
        }),
    }
}

fn truth(closed: &Closed) -> Result<bool, AnswerError> {
    match closed.text.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(AnswerError::Value {
            element: "RvslInd",
            value: excerpt(other),
        }),
    }
}

/// Payment returns have the sub-family `RRTN` in the ISO 20022 bank transaction codes.
fn is_return(closed: &Closed) -> bool {
    closed.text == "RRTN"
}
