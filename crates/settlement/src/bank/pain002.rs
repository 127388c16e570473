//! The table of `pain.002.001.10`, the bank's status report.
//!
//! A status may stand at three levels: file (`GrpSts`), instruction (`PmtInfSts`) and payment (`TxSts`). The lowest
//! one counts; a payment without its own status has that of the level above. Our files have one instruction, so a
//! status of an instruction that lists no payments is a status of the whole file. `PART` at an upper level says only
//! that the payments differ.

use super::answer::{self, AnswerEntry, AnswerError, AnswerKind, BankAnswer, Outcome, Reason};
use super::xml::Elements;

pub(super) const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10";

/// A status as one level of the report gives it.
#[derive(Debug, Default)]
struct Status {
    code: Option<String>,
    reason: Reason,
}

/// One `TxInfAndSts`.
#[derive(Debug, Default)]
struct Transaction {
    end_to_end_id: Option<String>,
    status: Status,
    amount_cents: Option<i64>,
}

#[derive(Debug, Default)]
struct Report {
    message_id: Option<String>,
    original_message_id: Option<String>,
    group: Status,
    instruction: Status,
    transaction: Transaction,
    transactions: Vec<Transaction>,
    whole_message: Option<(Outcome, Reason)>,
    entries: Vec<AnswerEntry>,
}

pub(super) fn read(mut elements: Elements<'_>) -> Result<BankAnswer, AnswerError> {
    let mut report = Report::default();
    while let Some(closed) = elements.next_closed()? {
        let Some(path) = closed.path.strip_prefix("CstmrPmtStsRpt/") else {
            continue;
        };
        match path {
            "GrpHdr/MsgId" => report.message_id = answer::id(&closed, "GrpHdr/MsgId")?,
            "OrgnlGrpInfAndSts/OrgnlMsgId" => report.original_message_id = answer::id(&closed, "OrgnlMsgId")?,
            "OrgnlGrpInfAndSts/GrpSts" => report.group.code = answer::code(&closed),
            "OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd" | "OrgnlGrpInfAndSts/StsRsnInf/Rsn/Prtry" => {
                report.group.reason.add_code(&closed.text);
            }
            "OrgnlGrpInfAndSts/StsRsnInf/AddtlInf" => report.group.reason.add_words(&closed.text),
            "OrgnlGrpInfAndSts" => report.end_group()?,
            "OrgnlPmtInfAndSts/PmtInfSts" => report.instruction.code = answer::code(&closed),
            "OrgnlPmtInfAndSts/StsRsnInf/Rsn/Cd" | "OrgnlPmtInfAndSts/StsRsnInf/Rsn/Prtry" => {
                report.instruction.reason.add_code(&closed.text);
            }
            "OrgnlPmtInfAndSts/StsRsnInf/AddtlInf" => report.instruction.reason.add_words(&closed.text),
            "OrgnlPmtInfAndSts" => report.end_instruction()?,
            _ => {
                let Some(path) = path.strip_prefix("OrgnlPmtInfAndSts/TxInfAndSts") else {
                    continue;
                };
                let transaction = &mut report.transaction;
                match path {
                    "/OrgnlEndToEndId" => transaction.end_to_end_id = answer::id(&closed, "OrgnlEndToEndId")?,
                    "/TxSts" => transaction.status.code = answer::code(&closed),
                    "/StsRsnInf/Rsn/Cd" | "/StsRsnInf/Rsn/Prtry" => transaction.status.reason.add_code(&closed.text),
                    "/StsRsnInf/AddtlInf" => transaction.status.reason.add_words(&closed.text),
                    "/OrgnlTxRef/Amt/InstdAmt" => transaction.amount_cents = answer::amount(&closed)?,
                    "" => report.transactions.push(std::mem::take(transaction)),
                    _ => {}
                }
            }
        }
    }
    report.finish()
}

impl Report {
    fn end_group(&mut self) -> Result<(), AnswerError> {
        match self.group.code.as_deref().and_then(outcome_of_many) {
            Some(outcome) => self.set_whole_message(outcome, self.group.reason.clone()),
            None => Ok(()),
        }
    }

    fn end_instruction(&mut self) -> Result<(), AnswerError> {
        let instruction = std::mem::take(&mut self.instruction);
        let transactions = std::mem::take(&mut self.transactions);
        if transactions.is_empty() {
            let outcome = instruction.code.as_deref().and_then(outcome_of_many);
            return outcome.map_or(Ok(()), |outcome| self.set_whole_message(outcome, instruction.reason));
        }
        for Transaction {
            end_to_end_id,
            status,
            amount_cents,
        } in transactions
        {
            let levels = [&status, &instruction, &self.group];
            let (code, reason) = levels
                .into_iter()
                .find_map(|level| Some((level.code.as_deref()?, &level.reason)))
                .ok_or(AnswerError::Missing("TxSts"))?;
            self.entries.push(AnswerEntry {
                end_to_end_id: end_to_end_id.ok_or(AnswerError::Missing("OrgnlEndToEndId"))?,
                outcome: outcome(code),
                reason: reason.clone().into_option(),
                amount_cents,
            });
        }
        Ok(())
    }

    /// An instruction may turn the file's "pending" into a final status; two different final ones cannot both hold.
    fn set_whole_message(&mut self, outcome: Outcome, reason: Reason) -> Result<(), AnswerError> {
        match &self.whole_message {
            Some((known, _)) if *known == outcome => Ok(()),
            None | Some((Outcome::Pending, _)) => {
                self.whole_message = Some((outcome, reason));
                Ok(())
            }
            Some(_) => Err(AnswerError::Contradiction),
        }
    }

    fn finish(self) -> Result<BankAnswer, AnswerError> {
        let original = self
            .original_message_id
            .ok_or(AnswerError::Missing("OrgnlGrpInfAndSts/OrgnlMsgId"))?;
        let (whole_message, reason) = self.whole_message.unzip();
        Ok(BankAnswer {
            message_id: self.message_id.ok_or(AnswerError::Missing("GrpHdr/MsgId"))?,
            kind: AnswerKind::StatusReport,
            original_message_id: Some(original),
            whole_message,
            reason: reason.and_then(Reason::into_option),
            entries: self.entries,
            unmatched: Vec::new(),
        })
    }
}

/// The outcome of a file or instruction; `None` when its payments differ.
fn outcome_of_many(code: &str) -> Option<Outcome> {
    if code == "PART" { None } else { Some(outcome(code)) }
}

fn outcome(code: &str) -> Outcome {
    match code {
        "RJCT" => Outcome::Rejected,
        "ACTC" | "ACCP" | "ACSP" | "PDNG" | "RCVD" => Outcome::Pending,
        "ACSC" => Outcome::Paid,
        _ => Outcome::Unknown(code.to_owned()),
    }
}
