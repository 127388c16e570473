//! What the check finds when a record is not what the others say.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;

use crate::answers::report;
use crate::stage::{IBANS, Stage, stage};

/// What disagrees, without ids, and by how many cents.
async fn found(stage: &Stage) -> BTreeSet<(String, i64)> {
    let differences = settlement::check(stage.db.read()).await.unwrap();
    let named = differences.into_iter().map(|difference| {
        let words: Vec<_> = difference
            .what
            .split(' ')
            .filter(|word| !word.contains(['_', '-']))
            .collect();
        (words.join(" "), difference.stored - difference.derived)
    });
    named.collect()
}

fn expected(differences: &[(&str, i64)]) -> BTreeSet<(String, i64)> {
    differences.iter().map(|(what, by)| ((*what).to_owned(), *by)).collect()
}

impl Stage {
    async fn tamper(&self, statement: &str) {
        self.db.read().execute_unprepared(statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_delivery_that_is_not_what_was_settled() {
    let stage = stage().await;
    let company = stage.company(IBANS[0]).await;
    stage.deliver(company, "2027-01-31", 1_000).await;
    stage.sent().await;
    assert_eq!(found(&stage).await, expected(&[]));
    stage.tamper("UPDATE delivery SET voucher_share_cents = 1001").await;
    let differences = [("share of", -1), ("balance of provider.payable", -1)];
    assert_eq!(found(&stage).await, expected(&differences));
}

#[tokio::test]
async fn a_debt_for_which_no_account_was_opened() {
    let stage = stage().await;
    let company = stage.company(IBANS[0]).await;
    stage.deliver(company, "2027-01-31", 1_000).await;
    stage.tamper("UPDATE delivery SET company_id = city_id").await;
    let differences = [
        ("balance of provider.payable", 1_000),
        ("missing account provider.payable of in", -1_000),
    ];
    assert_eq!(found(&stage).await, expected(&differences));
}

#[tokio::test]
async fn a_failed_payment_that_is_paid_again_and_not_named() {
    let stage = stage().await;
    let company = stage.company(IBANS[0]).await;
    stage.deliver(company, "2027-01-31", 1_000).await;
    let (run, payments) = stage.sent().await;
    let message = run.message_id.as_deref().unwrap();
    let file = report("A1", message, None, &[(&payments[0].end_to_end_id, "RJCT")]);
    let taken = stage
        .settlement
        .take_bank_answer(&stage.clerk, "upload-of-the-answer", stage.city, file.as_bytes());
    taken.await.unwrap();
    stage.clock.set("2027-03-01T10:00:00Z".parse().unwrap());
    stage.create("february", 2).await.unwrap();
    assert_eq!(found(&stage).await, expected(&[]));
    stage.tamper("UPDATE payment SET carried_to = NULL").await;
    assert_eq!(found(&stage).await, expected(&[("brought forward on", 1_000)]));
}

#[tokio::test]
async fn a_payment_file_that_orders_another_sum() {
    let stage = stage().await;
    let company = stage.company(IBANS[0]).await;
    stage.deliver(company, "2027-01-31", 1_000).await;
    stage.sent().await;
    stage
        .tamper("UPDATE payment_file SET content = replace(content, '>10.00<', '>10.01<')")
        .await;
    let differences = [("sum of the payment file of", 1), ("digest of the payment file of", 1)];
    assert_eq!(found(&stage).await, expected(&differences));
    stage.tamper("DELETE FROM payment_file").await;
    assert_eq!(found(&stage).await, expected(&[("missing payment file of", -1_000)]));
}
