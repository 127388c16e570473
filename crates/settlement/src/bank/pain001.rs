//! Writes payment orders: ISO 20022 `pain.001.001.09`, SEPA credit transfers in euros.
//!
//! One file is one message with one payment instruction; the instruction carries the id of the message, so that a
//! bank's answer about either is about the same. The same [`PaymentFile`] always gives the same bytes.

use std::collections::HashSet;
use std::io::{self, Write};

use chrono::{DateTime, NaiveDate, Utc};
use iban::{Iban, IbanLike};
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use super::amount::{format_cents, parse_cents};
use super::charset::{self, NAME_MAX, TEXT_MAX};
use super::reference::CreditorReference;

/// The namespace of the message.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// The largest amount of one payment in cents: SEPA ends at 999 999 999.99 euros.
pub const AMOUNT_MAX: i64 = 99_999_999_999;

/// `CtrlSum` has at most 18 digits, two of them decimals.
const TOTAL_MAX: i64 = 999_999_999_999_999_999;

/// A file of payment orders to the city's bank (maksuaineisto).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFile {
    /// Names the file towards the bank; never used twice. An id in the sense of [`charset::is_id`].
    pub message_id: String,
    /// When the file was made.
    pub created_at: DateTime<Utc>,
    /// The bank day on which the bank shall pay.
    pub execution_date: NaiveDate,
    /// Who sends the file, usually the city.
    pub initiator: String,
    /// Whose account is charged.
    pub debtor: Debtor,
    /// At least one.
    pub payments: Vec<Payment>,
}

/// The account that pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debtor {
    /// The holder's name.
    pub name: String,
    /// The account number (tilinumero), with or without spaces.
    pub iban: String,
    /// The bank's BIC, where the bank asks for one.
    pub bic: Option<String>,
}

/// One payment order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Names the payment in every answer of a bank; never used twice. An id in the sense of [`charset::is_id`].
    pub end_to_end_id: String,
    /// 1 to [`AMOUNT_MAX`] cents.
    pub amount_cents: i64,
    /// Who is paid.
    pub creditor_name: String,
    /// The account that is paid, with or without spaces.
    pub creditor_iban: String,
    /// How the payee recognises the payment.
    pub remittance: Remittance,
}

/// What a payment is for, in the payee's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remittance {
    /// The reference of the payee's bill.
    Reference(CreditorReference),
    /// Free text; what SEPA cannot carry is rewritten as [`charset`] says and cut at 140 characters.
    Text(String),
}

/// Why a payment file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PaymentFileError {
    /// No payments were given.
    #[error("A payment file needs at least one payment.")]
    NoPayments,
    /// The id of the message or of a payment cannot be used.
    #[error("The id {0:?} is not 1 to 35 characters of the SEPA set.")]
    Id(String),
    /// Two payments share their end-to-end id.
    #[error("The end-to-end id {0:?} is used twice.")]
    DuplicateId(String),
    /// An amount is not between one cent and [`AMOUNT_MAX`].
    #[error("Payment {end_to_end_id:?} has an amount of {cents} cents, which SEPA does not carry.")]
    Amount {
        /// The payment.
        end_to_end_id: String,
        /// Its amount.
        cents: i64,
    },
    /// The sum of all payments has more digits than the message can carry.
    #[error("The total of the payment file is too large.")]
    Total,
    /// The name of a party is empty.
    #[error("The account {0:?} has no holder's name.")]
    Name(String),
    /// An account number is malformed or its check digits are wrong.
    #[error("{0:?} is not a valid IBAN.")]
    Iban(String),
    /// The BIC has not the form of one.
    #[error("{0:?} is not a valid BIC.")]
    Bic(String),
    /// The bytes could not be written.
    #[error("The payment file could not be written.")]
    Io(#[from] io::Error),
}

impl PaymentFile {
    /// The sum of all payments in cents, which the bank compares as `CtrlSum`.
    pub fn total_cents(&self) -> Result<i64, PaymentFileError> {
        self.payments
            .iter()
            .try_fold(0_i64, |total, payment| total.checked_add(payment.amount_cents))
            .filter(|total| *total <= TOTAL_MAX)
            .ok_or(PaymentFileError::Total)
    }

    /// Checks everything and then writes the file; nothing is written when a check fails.
    pub fn write(&self, out: impl Write) -> Result<(), PaymentFileError> {
        self.check()?;
        let total = format_cents(self.total_cents()?);
        let mut xml = Writer::new_with_indent(out, b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let document = xml.create_element("Document").with_attribute(("xmlns", NAMESPACE));
        document.write_inner_content(|xml| {
            nest(xml, &["CstmrCdtTrfInitn"], |xml| {
                nest(xml, &["GrpHdr"], |xml| self.write_header(xml, &total))?;
                nest(xml, &["PmtInf"], |xml| self.write_instruction(xml, &total))
            })
        })?;
        Ok(())
    }

    fn check(&self) -> Result<(), PaymentFileError> {
        if self.payments.is_empty() {
            return Err(PaymentFileError::NoPayments);
        }
        check_id(&self.message_id)?;
        check_name(&self.initiator, &self.debtor.iban)?;
        check_name(&self.debtor.name, &self.debtor.iban)?;
        electronic_iban(&self.debtor.iban)?;
        if let Some(bic) = self.debtor.bic.as_deref().filter(|bic| !is_bic(bic)) {
            return Err(PaymentFileError::Bic(bic.to_owned()));
        }
        let mut ids = HashSet::with_capacity(self.payments.len());
        for payment in &self.payments {
            payment.check()?;
            if !ids.insert(&payment.end_to_end_id) {
                return Err(PaymentFileError::DuplicateId(payment.end_to_end_id.clone()));
            }
        }
        Ok(())
    }

    fn write_header<W: Write>(&self, xml: &mut Writer<W>, total: &str) -> io::Result<()> {
        leaf(xml, "MsgId", &self.message_id)?;
        leaf(
            xml,
            "CreDtTm",
            &self.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        )?;
        leaf(xml, "NbOfTxs", &self.payments.len().to_string())?;
        leaf(xml, "CtrlSum", total)?;
        party(xml, "InitgPty", &self.initiator)
    }

    fn write_instruction<W: Write>(&self, xml: &mut Writer<W>, total: &str) -> io::Result<()> {
        leaf(xml, "PmtInfId", &self.message_id)?;
        leaf(xml, "PmtMtd", "TRF")?;
        // One booking per payment: a camt.054 entry for the whole batch would name no end-to-end ids.
        leaf(xml, "BtchBookg", "false")?;
        leaf(xml, "NbOfTxs", &self.payments.len().to_string())?;
        leaf(xml, "CtrlSum", total)?;
        nest(xml, &["PmtTpInf", "SvcLvl"], |xml| leaf(xml, "Cd", "SEPA"))?;
        nest(xml, &["ReqdExctnDt"], |xml| {
            leaf(xml, "Dt", &self.execution_date.format("%Y-%m-%d").to_string())
        })?;
        party(xml, "Dbtr", &self.debtor.name)?;
        account(xml, "DbtrAcct", &self.debtor.iban)?;
        match &self.debtor.bic {
            Some(bic) => nest(xml, &["DbtrAgt", "FinInstnId"], |xml| leaf(xml, "BICFI", bic))?,
            None => nest(xml, &["DbtrAgt", "FinInstnId", "Othr"], |xml| {
                leaf(xml, "Id", "NOTPROVIDED")
            })?,
        }
        leaf(xml, "ChrgBr", "SLEV")?;
        self.payments
            .iter()
            .try_for_each(|payment| nest(xml, &["CdtTrfTxInf"], |xml| payment.write(xml)))
    }
}

impl Payment {
    fn check(&self) -> Result<(), PaymentFileError> {
        check_id(&self.end_to_end_id)?;
        if !(1..=AMOUNT_MAX).contains(&self.amount_cents) {
            let end_to_end_id = self.end_to_end_id.clone();
            return Err(PaymentFileError::Amount {
                end_to_end_id,
                cents: self.amount_cents,
            });
        }
        check_name(&self.creditor_name, &self.creditor_iban)?;
        electronic_iban(&self.creditor_iban)?;
        Ok(())
    }

    fn write<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        nest(xml, &["PmtId"], |xml| leaf(xml, "EndToEndId", &self.end_to_end_id))?;
        nest(xml, &["Amt"], |xml| {
            let amount = xml.create_element("InstdAmt").with_attribute(("Ccy", "EUR"));
            amount.write_text_content(BytesText::new(&format_cents(self.amount_cents)))?;
            Ok(())
        })?;
        party(xml, "Cdtr", &self.creditor_name)?;
        account(xml, "CdtrAcct", &self.creditor_iban)?;
        match &self.remittance {
            Remittance::Text(text) => nest(xml, &["RmtInf"], |xml| {
                leaf(xml, "Ustrd", &charset::transliterate(text, TEXT_MAX))
            }),
            Remittance::Reference(reference) => nest(xml, &["RmtInf", "Strd", "CdtrRefInf"], |xml| {
                nest(xml, &["Tp"], |xml| {
                    nest(xml, &["CdOrPrtry"], |xml| leaf(xml, "Cd", "SCOR"))?;
                    leaf(xml, "Issr", "ISO")
                })?;
                leaf(xml, "Ref", reference.as_str())
            }),
        }
    }
}

fn check_id(id: &str) -> Result<(), PaymentFileError> {
    if charset::is_id(id) {
        Ok(())
    } else {
        Err(PaymentFileError::Id(id.to_owned()))
    }
}

fn check_name(name: &str, iban: &str) -> Result<(), PaymentFileError> {
    if name.trim().is_empty() {
        Err(PaymentFileError::Name(iban.to_owned()))
    } else {
        Ok(())
    }
}

/// The account number without spaces, once its country, length and check digits are right.
fn electronic_iban(text: &str) -> Result<String, PaymentFileError> {
    let iban: Result<Iban, _> = text.parse();
    iban.map(|iban| iban.electronic_str().to_owned())
        .ok()
        .ok_or_else(|| PaymentFileError::Iban(text.to_owned()))
}

/// Four letters or digits of the bank, two letters of the country, two of the place, optionally three of the branch.
fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.bytes().skip(4).take(2).all(|byte| byte.is_ascii_uppercase())
}

/// Opens the elements one in another, writes the content and closes them.
fn nest<W: Write>(
    xml: &mut Writer<W>,
    names: &[&str],
    content: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    let [name, inner @ ..] = names else { return content(xml) };
    xml.create_element(*name)
        .write_inner_content(|xml| nest(xml, inner, content))?;
    Ok(())
}

fn leaf<W: Write>(xml: &mut Writer<W>, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text))?;
    Ok(())
}

fn party<W: Write>(xml: &mut Writer<W>, role: &str, name: &str) -> io::Result<()> {
    nest(xml, &[role], |xml| {
        leaf(xml, "Nm", &charset::transliterate(name, NAME_MAX))
    })
}

fn account<W: Write>(xml: &mut Writer<W>, role: &str, iban: &str) -> io::Result<()> {
    let iban = electronic_iban(iban).map_err(io::Error::other)?;
    nest(xml, &[role, "Id"], |xml| leaf(xml, "IBAN", &iban))
}

/// What the head of a payment file says its payments add up to, in cents; `None` where it says nothing.
pub fn control_sum(file: &str) -> Option<i64> {
    let (_, rest) = file.split_once("<CtrlSum>")?;
    let (euros, _) = rest.split_once("</CtrlSum>")?;
    parse_cents(euros)
}

#[cfg(test)]
mod tests;
