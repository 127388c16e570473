//! Vouchers that are filled anew each month are raised on a request for rectification.

use serde_json::{Value, json};
use support::both;
use support::market::{Market, key_of};

use crate::recurring::{at, monthly, replenishments};
use crate::town::done;

fn ruling(about: &Value) -> Value {
    let mut ruling = about.clone();
    ruling["grounds"] = json!("Edellytykset on tutkittu.");
    ruling["rulesApplied"] = json!("569/2009, 7 §");
    ruling["contact"] = json!("Neuvonta, puh. 03 000 000");
    ruling
}

#[tokio::test]
async fn the_present_month_and_those_to_come_bring_more() {
    both(async |app| {
        let market = monthly(app, "MONTHLY", 35_000).await;
        let resident = app.person("resident").await;
        let input = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
        let sent = done(&resident, "resident/applyForVoucher", input).await;
        let input = ruling(&json!({
            "applicationId": sent.data("/applyForVoucher/application/id"), "expectedVersion": 1,
            "idempotencyKey": key_of("grant"),
        }));
        let granted = done(&market.officer, "officer/grantVoucherApplication", input).await;
        let decision = granted.text("/grantVoucherApplication/decision/id");
        let (market, resident) = at(app, market, &resident, "2027-02-01T10:00:00Z").await;
        assert_eq!(market.balance(&resident).await, (10_000, 0));

        let input = json!({ "decisionId": decision, "demand": "Pyydän lisää.", "grounds": "Tarve on suurempi." });
        let asked = done(&resident, "resident/requestRectification", input).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let decide = async |raise: i64, key: &str| {
            let mut input = ruling(&json!({
                "requestId": asked.data("/requestRectification/request/id"), "expectedVersion": 1,
                "verdict": "ACCEPT", "idempotencyKey": key_of(key),
            }));
            input["raise"] = json!({ "cents": raise, "reason": "Toimeentulo vaarantuu." });
            deputy
                .run("officer/decideRectification", json!({ "input": input }))
                .await
        };
        // 25 000 of the budget are left: what January left has returned to it.
        assert_eq!(decide(30_000, "too-much").await.user_errors(), ["BUDGET_EXCEEDED"]);
        assert_eq!(
            market.balance(&resident).await,
            (10_000, 0),
            "a refusal changes nothing"
        );
        let raised = decide(2_000, "raise").await.ok();
        let repeated = decide(2_000, "raise").await.ok();
        assert_eq!(raised.body, repeated.body);
        assert_eq!(raised.data("/decideRectification/decision/outcome"), "AMENDED");
        assert_eq!(market.balance(&resident).await, (12_000, 0));
        let (market, resident): (Market<'_>, _) = at(app, market, &resident, "2027-03-01T10:00:00Z").await;
        assert_eq!(market.balance(&resident).await, (12_000, 0));
        let came: Vec<_> = replenishments(&resident)
            .await
            .iter()
            .map(|row| row["came"]["cents"].clone())
            .collect();
        assert_eq!(came, [10_000, 12_000]);
    })
    .await;
}
