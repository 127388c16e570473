//! Suspensions that the nightly check decides: the company may ask for their rectification (A5, A6).

use serde_json::json;
use support::both;
use support::market::{Market, Terms};

use crate::town::done;

#[tokio::test]
async fn an_automatic_suspension_is_appealed_like_an_officers() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let input = json!({
            "programmeId": market.programme, "expectedVersion": null, "requirement": "TAX_DEBT", "proof": "EVIDENCED",
            "demanded": true,
        });
        done(&market.officer, "officer/setProgrammeRequirement", input).await;
        let approver = app.sign_in("approver@example.org").await;
        let (company, signatory) = app.company(&market.city, 5).await;
        let input = json!({ "programmeId": market.programme, "companyId": company, "statement": "Osaamme." });
        let applied = done(&signatory, "provider/applyToProgramme", input).await;
        let application = applied.text("/applyToProgramme/application/id");
        let input = json!({
            "applicationId": application, "requirement": "TAX_DEBT", "expectedVersion": 1, "evidence": "Todistus 12",
            "validUntil": "2027-02-15",
        });
        done(&signatory, "provider/provideEvidence", input).await;
        let input = json!({
            "applicationId": application, "requirement": "TAX_DEBT", "expectedVersion": 2, "accepted": true,
        });
        done(&approver, "approver/reviewRequirement", input).await;
        let input = json!({
            "applicationId": application, "expectedVersion": 1, "validFrom": "2027-01-01", "validUntil": "2027-12-31",
            "grounds": "Ehdot täyttyvät.",
        });
        let approved = done(&approver, "approver/approveApplication", input).await;
        let approval = approved.text("/approveApplication/approval/id");

        let providers = &app.contexts.providers;
        for night in ["2027-02-16T01:00:00Z", "2027-03-18T01:00:00Z"] {
            app.clock.set(night.parse().unwrap());
            let (one, other) = tokio::join!(providers.run_recheck(), providers.run_recheck());
            one.and(other).unwrap();
        }
        app.run_jobs().await;
        let approver = app.sign_in(&approver.email).await;
        let seen = approver.run("approver/approval", json!({ "id": approval })).await.ok();
        assert_eq!(seen.data("/node/state"), "SUSPENDED");
        let page = json!({ "cityId": market.city.id, "first": 10 });
        let listed = approver.run("approver/sanctions", page).await.ok();
        assert_eq!(listed.data("/sanctions/totalCount"), 1, "decided once");
        let decision = listed.data("/sanctions/edges/0/node");
        assert_eq!(
            (&decision["step"], &decision["automatic"]),
            (&json!("SUSPENSION"), &json!(true))
        );
        assert_eq!(decision["decidedBy"], json!(null));
        let told = app.mails().into_iter().filter(|mail| mail.to == signatory.email);
        let told = told.filter(|mail| mail.subject == "Kaupunki on tehnyt päätöksen hyväksynnästänne");
        assert_eq!(told.count(), 1);

        let signatory = app.sign_in(&signatory.email).await;
        let appeal = json!({ "sanctionId": decision["id"], "text": "Todistus oli voimassa." });
        done(&signatory, "provider/appealSanction", appeal.clone()).await;
        let again = signatory
            .run("provider/appealSanction", json!({ "input": appeal }))
            .await;
        assert_eq!(again.user_errors(), ["ALREADY_EXISTS"]);
        let input = json!({
            "sanctionId": decision["id"], "expectedVersion": 1, "ruling": "LIFTED", "grounds": "Todistus oli voimassa.",
        });
        done(&approver, "approver/ruleOnAppeal", input).await;
        let seen = approver.run("approver/approval", json!({ "id": approval })).await.ok();
        assert_eq!(seen.data("/node/state"), "ACTIVE");
        app.run_jobs().await;
    })
    .await;
}
