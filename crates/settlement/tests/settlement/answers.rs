use std::sync::atomic::{AtomicU32, Ordering};

use kernel::{Cents, Coded, ErrorCode, StaffRole};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sea_orm::ConnectionTrait;
use settlement::{AnswerState, BankAnswer, EntryEffect, Payment, PaymentState, RunState};

use crate::stage::{IBANS, Stage, key, stage};

/// A status report with a status for the whole file, if any, and for single payments.
pub(crate) fn report(id: &str, message: &str, whole: Option<&str>, payments: &[(&str, &str)]) -> String {
    let whole = whole
        .map(|status| format!("<GrpSts>{status}</GrpSts>"))
        .unwrap_or_default();
    let payments: Vec<_> = payments
        .iter()
        .map(|(id, status)| {
            format!(
                "<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{status}</TxSts>\
                 <StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts>"
            )
        })
        .collect();
    let payments = payments.concat();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>{id}</MsgId></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>{whole}</OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts>{payments}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

/// A notification of booked movements: amount in euros, direction, and the payment it names.
fn booked(id: &str, movements: &[(&str, &str, Option<&str>)]) -> String {
    let movements: Vec<_> =
        movements
            .iter()
            .map(|(amount, direction, payment)| {
                let details = payment.map_or(String::new(), |payment| {
                let returned = if *direction == "CRDT" { "<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>" } else { "" };
                format!(
                    "<NtryDtls><TxDtls><Refs><EndToEndId>{payment}</EndToEndId></Refs>{returned}</TxDtls></NtryDtls>"
                )
            });
                format!(
                    "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>\
                 <Sts><Cd>BOOK</Cd></Sts>{details}</Ntry>"
                )
            })
            .collect();
    let movements = movements.concat();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>{id}</MsgId></GrpHdr><Ntfctn>{movements}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
}

/// A key that no other upload has.
fn new_key() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("upload-{:010}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn take(stage: &Stage, file: &str) -> Result<BankAnswer, settlement::Error> {
    stage
        .settlement
        .take_bank_answer(&stage.clerk, &new_key(), stage.city, file.as_bytes())
        .await
}

async fn effects(stage: &Stage, answer: &BankAnswer) -> Vec<EntryEffect> {
    let entries = stage.settlement.entries(&stage.clerk, answer.id, 0, 100).await.unwrap();
    entries.into_iter().map(|entry| entry.effect.unwrap()).collect()
}

/// A sent run with payments of 10.00, 20.00 and 30.00 euros.
async fn three_payments(stage: &Stage) -> (settlement::Run, Vec<Payment>) {
    for (iban, cents) in IBANS.iter().zip([1_000, 2_000, 3_000]) {
        let company = stage.company(iban).await;
        stage.deliver(company, "2027-01-31", cents).await;
    }
    let (run, mut payments) = stage.sent().await;
    payments.sort_by_key(|payment| payment.amount_cents);
    (run, payments)
}

async fn run_state(stage: &Stage, run: &settlement::Run) -> RunState {
    stage.settlement.run(&stage.clerk, run.id).await.unwrap().unwrap().state
}

#[tokio::test]
async fn the_bank_pays_a_run_step_by_step() {
    let stage = stage().await;
    let (run, payments) = three_payments(&stage).await;
    let message = run.message_id.as_deref().unwrap();
    let ids: Vec<_> = payments.iter().map(|payment| payment.end_to_end_id.as_str()).collect();
    let answer = take(&stage, &report("A1", message, Some("ACTC"), &[])).await.unwrap();
    assert_eq!(
        (answer.state, effects(&stage, &answer).await),
        (AnswerState::Applied, vec![EntryEffect::Waits; 3])
    );
    let first = booked(
        "A2",
        &[
            ("10.00", "DBIT", Some(ids[0])),
            ("2.50", "DBIT", None),
            ("99.00", "CRDT", None),
        ],
    );
    let answer = take(&stage, &first).await.unwrap();
    assert_eq!(
        effects(&stage, &answer).await,
        [EntryEffect::Applied, EntryEffect::NoPaymentNamed]
    );
    assert_eq!(
        (run_state(&stage, &run).await, stage.money().await),
        (RunState::Sent, [0, 5_000, 1_000])
    );
    stage.check().await;
    let answer = take(&stage, &report("A3", message, Some("ACSC"), &[])).await.unwrap();
    assert_eq!(
        effects(&stage, &answer)
            .await
            .iter()
            .filter(|effect| **effect == EntryEffect::Duplicate)
            .count(),
        1,
        "the first was known to be paid"
    );
    assert_eq!(
        (run_state(&stage, &run).await, stage.money().await),
        (RunState::Paid, [0, 0, 6_000])
    );
    stage.check().await;
}

#[tokio::test]
async fn what_the_bank_does_not_pay_comes_with_the_next_run() {
    let stage = stage().await;
    let (run, payments) = three_payments(&stage).await;
    let message = run.message_id.as_deref().unwrap();
    let ids: Vec<_> = payments.iter().map(|payment| payment.end_to_end_id.as_str()).collect();
    take(&stage, &report("A1", message, Some("ACSC"), &[(ids[0], "RJCT")]))
        .await
        .unwrap();
    assert_eq!(
        (run_state(&stage, &run).await, stage.money().await),
        (RunState::PartlyFailed, [1_000, 0, 5_000])
    );
    take(&stage, &booked("A2", &[("20.00", "CRDT", Some(ids[1]))]))
        .await
        .unwrap();
    assert_eq!(stage.money().await, [3_000, 0, 3_000]);
    let now = stage.payments(run.id).await;
    let failed = now.iter().find(|payment| payment.id == payments[0].id).unwrap();
    assert_eq!(
        (failed.state, failed.reason.as_deref()),
        (PaymentState::Rejected, Some("AC04"))
    );
    stage.check().await;

    stage.clock.set("2027-03-01T10:00:00Z".parse().unwrap());
    stage.deliver(payments[0].company_id, "2027-02-01", 50).await;
    let draft = stage.create("february", 2).await.unwrap();
    stage
        .settlement
        .cancel_run(&stage.clerk, &key("cancel", &draft), draft.id, draft.version)
        .await
        .unwrap();
    let next = stage.create("again", 2).await.unwrap();
    let mut statements = stage.statements(&stage.clerk, next.id).await;
    statements.sort_by_key(|statement| statement.total_cents);
    let sums: Vec<_> = statements
        .iter()
        .map(|s| (s.lines_cents.0, s.brought_forward_cents.0, s.total_cents.0))
        .collect();
    assert_eq!(sums, [(50, 1_000, 1_050), (0, 2_000, 2_000)]);
    let (next, _) = stage.confirm_and_send(next).await;
    assert_eq!(stage.money().await, [0, 3_050, 3_000]);
    stage.check().await;
    let message = next.message_id.as_deref().unwrap();
    take(&stage, &report("A3", message, Some("ACSC"), &[])).await.unwrap();
    assert_eq!(
        (run_state(&stage, &next).await, stage.money().await),
        (RunState::Paid, [0, 0, 6_050])
    );
    stage.clock.set("2027-04-01T10:00:00Z".parse().unwrap());
    assert_eq!(
        stage.create("march", 3).await.unwrap_err().code(),
        ErrorCode::NothingToSettle
    );
    stage.check().await;
}

#[tokio::test]
async fn a_rejected_file_is_owed_again_as_a_whole() {
    let stage = stage().await;
    let (run, _) = three_payments(&stage).await;
    let message = run.message_id.as_deref().unwrap();
    take(&stage, &report("A1", message, Some("RJCT"), &[])).await.unwrap();
    assert_eq!(
        (run_state(&stage, &run).await, stage.money().await),
        (RunState::PartlyFailed, [6_000, 0, 0])
    );
    stage.check().await;
}

#[tokio::test]
async fn what_does_not_fit_moves_nothing_and_is_named() {
    let stage = stage().await;
    let (run, payments) = three_payments(&stage).await;
    let ids: Vec<_> = payments.iter().map(|payment| payment.end_to_end_id.as_str()).collect();
    let before = stage.money().await;
    let file = booked(
        "A1",
        &[("10.01", "DBIT", Some(ids[0])), ("20.00", "DBIT", Some("nobody"))],
    );
    let answer = take(&stage, &file).await.unwrap();
    assert_eq!(
        effects(&stage, &answer).await,
        [EntryEffect::WrongAmount, EntryEffect::UnknownPayment]
    );
    let message = run.message_id.as_deref().unwrap();
    let answer = take(&stage, &report("A2", message, None, &[(ids[0], "ZZZZ")]))
        .await
        .unwrap();
    let entries = stage.settlement.entries(&stage.clerk, answer.id, 0, 100).await.unwrap();
    assert_eq!(entries[0].effect, Some(EntryEffect::NotUnderstood));
    assert_eq!(entries[0].reason.as_deref(), Some("ZZZZ: AC04"));
    let answer = take(&stage, &report("A3", "another-file", Some("RJCT"), &[]))
        .await
        .unwrap();
    assert_eq!(effects(&stage, &answer).await, [EntryEffect::UnknownPayment]);
    assert_eq!(stage.money().await, before);

    assert_eq!(take(&stage, &file).await.unwrap_err().code(), ErrorCode::DuplicateFile);
    let broken = take(&stage, "<Document").await.unwrap_err();
    assert_eq!(
        (broken.code(), broken.field()),
        (ErrorCode::InvalidBankFile, Some("content"))
    );
    let foreign = stage.staff(stage.other_city().await, StaffRole::SettlementClerk);
    let city = foreign.staff[0].0;
    let answer = stage
        .settlement
        .take_bank_answer(&foreign, &new_key(), city, file.as_bytes())
        .await
        .unwrap();
    let entries = stage.settlement.entries(&foreign, answer.id, 0, 100).await.unwrap();
    assert!(
        entries
            .iter()
            .all(|entry| entry.effect == Some(EntryEffect::UnknownPayment))
    );
    let hidden = stage.settlement.entries(&stage.clerk, answer.id, 0, 100).await.unwrap();
    assert_eq!(
        (entries.len(), hidden.len()),
        (2, 0),
        "a clerk of another city sees none"
    );
    assert_eq!(stage.money().await, before);
    stage.check().await;
}

#[tokio::test]
async fn an_interrupted_answer_is_finished_once() {
    let stage = stage().await;
    let (run, payments) = three_payments(&stage).await;
    let file = booked(
        "A1",
        &[
            ("10.00", "DBIT", Some(&payments[0].end_to_end_id)),
            ("20.00", "DBIT", Some(&payments[1].end_to_end_id)),
        ],
    );
    // As if the process had died after the first entry: the answer is stored, the second has had no effect.
    let answer = take(&stage, &file.replace("20.00", "21.00")).await.unwrap();
    assert_eq!(
        effects(&stage, &answer).await,
        [EntryEffect::Applied, EntryEffect::WrongAmount]
    );
    for statement in [
        "UPDATE bank_answer SET state = 'RECEIVED'",
        "UPDATE bank_answer_entry SET effect = NULL, amount_cents = 2000 WHERE line = 2",
    ] {
        stage.db.read().execute_unprepared(statement).await.unwrap();
    }
    let again = take(&stage, &file.replace("20.00", "21.00")).await.unwrap();
    assert_eq!((again.id, again.state), (answer.id, AnswerState::Applied));
    assert_eq!(
        effects(&stage, &again).await,
        [EntryEffect::Applied, EntryEffect::Applied]
    );
    assert_eq!(
        (run_state(&stage, &run).await, stage.money().await),
        (RunState::Sent, [0, 3_000, 3_000])
    );
    stage.check().await;
}

#[tokio::test]
async fn an_entry_that_fails_does_not_stop_the_others() {
    let stage = stage().await;
    let (run, payments) = three_payments(&stage).await;
    let ids: Vec<_> = payments.iter().map(|payment| payment.end_to_end_id.as_str()).collect();
    let message = run.message_id.as_deref().unwrap();
    let file = report(
        "A1",
        message,
        None,
        &[(ids[0], "ACSC"), (ids[1], "ACSC"), (ids[2], "ACSC")],
    );
    let amount = async |cents: i64| {
        let change = format!(
            "UPDATE payment SET amount_cents = {cents} WHERE end_to_end_id = '{}'",
            ids[0]
        );
        stage.db.read().execute_unprepared(&change).await.unwrap();
    };
    // More than clearing holds, so the ledger refuses the first entry.
    amount(1_000_000).await;
    let failed = take(&stage, &file).await.unwrap_err();
    assert!(matches!(failed, settlement::Error::Ledger(_)), "{failed:?}");
    assert_eq!(
        (run_state(&stage, &run).await, stage.money().await),
        (RunState::Sent, [0, 1_000, 5_000])
    );
    amount(1_000).await;
    let answer = take(&stage, &file).await.unwrap();
    assert_eq!(
        (answer.state, effects(&stage, &answer).await),
        (AnswerState::Applied, vec![EntryEffect::Applied; 3])
    );
    assert_eq!(
        (run_state(&stage, &run).await, stage.money().await),
        (RunState::Paid, [0, 0, 6_000])
    );
    stage.check().await;
}

/// Any answers in any order: money is neither made nor lost, and every check stays empty.
#[tokio::test]
async fn no_sequence_of_answers_makes_or_loses_money() {
    let stage = stage().await;
    let (run, payments) = three_payments(&stage).await;
    let message = run.message_id.as_deref().unwrap();
    let words = prop::collection::vec((0usize..3, 0usize..5), 1..4);
    let mut runner = TestRunner::deterministic();
    for round in 0..40 {
        let said = words.new_tree(&mut runner).unwrap().current();
        let id = format!("R{round}");
        for (payment, word) in said {
            let payment = &payments[payment];
            let name = payment.end_to_end_id.as_str();
            let amount = payment.amount_cents.to_string();
            let file = match word {
                0 => report(&id, message, None, &[(name, "ACSP")]),
                1 => report(&id, message, None, &[(name, "ACSC")]),
                2 if round > 20 => report(&id, message, None, &[(name, "RJCT")]),
                3 if round > 10 => booked(&id, &[(&amount, "CRDT", Some(name))]),
                _ => booked(&id, &[(&amount, "DBIT", Some(name))]),
            };
            match take(&stage, &file).await {
                Ok(_) => {}
                Err(error) => assert_eq!(error.code(), ErrorCode::DuplicateFile),
            }
        }
        assert_eq!(stage.money().await.iter().sum::<i64>(), Cents(6_000).0);
        stage.check().await;
    }
}
