//! Approvals that rely on another city's (T3).

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content};
use support::{Actor, Answer, Person, TestApp, both};

use crate::town::{Town, done};

/// A second company, approved in another city only: that market, with the approval.
async fn elsewhere<'a>(app: &'a TestApp, market: &Market<'a>) -> (Market<'a>, String) {
    let city = app.city("564").await;
    let (company, provider) = app.company(&city, 450).await;
    let seed = Market {
        city: market.city.clone(),
        officer: market.officer.clone(),
        provider,
        company,
        programme: market.programme.clone(),
        offer: market.offer.clone(),
        occurrence: market.occurrence.clone(),
    };
    let there = seed.branch(app, city, Terms::default()).await;
    let page = json!({ "cityId": there.city.id, "first": 10 });
    let listed = app.anyone().run("anyone/approvedProviders", page).await.ok();
    (there, listed.text("/approvedProviders/edges/0/node/id"))
}

fn reliance(approval: &str, version: i32, programme: &str) -> Value {
    json!({
        "relyOn": approval, "expectedVersion": version, "programmeId": programme, "validFrom": "2027-04-01",
        "validUntil": "2027-12-31", "grounds": "Oulu on tutkinut edellytykset.",
    })
}

async fn accept(approver: &Actor<'_>, input: Value) -> Answer {
    approver.run("approver/acceptApproval", json!({ "input": input })).await
}

impl<'a> Town<'a> {
    /// An approval of another city on which the city may rely.
    pub(crate) async fn approvals_elsewhere(&mut self, market: &Market<'a>) {
        let (_, approval) = elsewhere(self.app, market).await;
        self.put("approval elsewhere", approval);
    }

    /// Variables of the documents about approvals of other cities.
    pub(crate) fn of_reciprocals(&self, name: &str) -> Option<Value> {
        let programme = self.id("sixth programme");
        (name == "acceptApproval").then(|| json!({ "input": reliance(self.id("approval elsewhere"), 1, programme) }))
    }
}

/// Two cities; the second one has approved a company that the first one does not know.
struct Stage<'a> {
    here: Market<'a>,
    approver: Person<'a>,
    there: Market<'a>,
    approval: String,
}

impl<'a> Stage<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let here = Market::open(app, Terms::default()).await;
        let (there, approval) = elsewhere(app, &here).await;
        Self {
            approver: app.sign_in("approver@example.org").await,
            here,
            there,
            approval,
        }
    }

    fn reliance(&self) -> Value {
        let mut input = reliance(&self.approval, 1, &self.here.programme);
        input["municipalities"] = json!(["837", "211"]);
        input
    }

    /// The refusal of a reliance that differs in a field.
    async fn refused(&self, field: &str, value: Value) -> String {
        let mut input = self.reliance();
        input[field] = value;
        let refused = accept(&self.approver, input).await;
        refused.user_errors().join(" ")
    }
}

#[tokio::test]
async fn a_city_accepts_what_another_has_examined_by_its_own_decision() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let (one, other) = tokio::join!(
            accept(&stage.approver, stage.reliance()),
            accept(&stage.approver, stage.reliance())
        );
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["ALREADY_EXISTS"]);
        let accepted = if one.user_errors().is_empty() { one } else { other };
        let own = accepted.data("/acceptApproval/approval");
        assert_eq!(
            (&own["state"], &own["grounds"]),
            (&json!("ACTIVE"), &json!("Oulu on tutkinut edellytykset."))
        );
        assert_eq!(own["reliesOn"]["id"], stage.approval.as_str());
        assert_eq!(own["municipalities"], json!(["211", "837"]));
        let page = json!({ "cityId": stage.here.city.id, "day": "2027-04-01", "first": 10 });
        let listed = app.anyone().run("anyone/approvedProviders", page).await.ok();
        assert_eq!(listed.data("/approvedProviders/totalCount"), 2);
        assert_eq!(listed.data("/approvedProviders/edges/1/node/id"), &own["id"]);
        app.run_jobs().await;
        let told = app
            .mails()
            .into_iter()
            .filter(|mail| mail.to == "company450@example.org");
        let accepted =
            told.filter(|mail| mail.subject == "Teidät on hyväksytty toisen kaupungin hyväksynnän perusteella");
        assert_eq!(accepted.count(), 1);

        // The nightly check finds nothing of its own to check, and the city's own ladder stands.
        app.contexts.providers.run_recheck().await.unwrap();
        let input = json!({ "approvalId": own["id"], "expectedVersion": 1, "reason": "Asiakkaat ovat vaarassa." });
        done(&stage.approver, "approver/suspendApproval", input).await;
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_city_relies_on_nothing_that_does_not_stand() {
    both(async |app| {
        let stage = Stage::open(app).await;
        assert_eq!(stage.refused("validUntil", json!("2028-01-01")).await, "OUT_OF_RANGE");
        assert_eq!(stage.refused("validFrom", json!("2026-12-31")).await, "OUT_OF_RANGE");
        assert_eq!(stage.refused("expectedVersion", json!(2)).await, "CONFLICT");
        assert_eq!(
            stage.refused("municipalities", json!(["Tampere"])).await,
            "INVALID_FORMAT"
        );
        assert_eq!(stage.refused("relyOn", json!(stage.here.programme)).await, "INVALID_ID");
        let mut content = programme_content(Terms::default());
        content["serviceClass"] = json!("P24");
        let input = json!({ "cityId": stage.here.city.id, "content": content });
        let other = done(&stage.here.officer, "officer/createProgramme", input).await;
        let other = other.text("/createProgramme/programme/id");
        let input = json!({ "programmeId": other, "expectedVersion": 1, "idempotencyKey": key_of("other") });
        let deputy = app.sign_in("deputy@example.org").await;
        done(&deputy, "officer/publishProgramme", input).await;
        assert_eq!(stage.refused("programmeId", json!(other)).await, "OTHER_SERVICE_CLASS");
        let page = json!({ "cityId": stage.here.city.id, "first": 10 });
        let own = app.anyone().run("anyone/approvedProviders", page).await.ok();
        let own = own.data("/approvedProviders/edges/0/node/id").clone();
        assert_eq!(stage.refused("relyOn", own).await, "FOUR_EYES", "she decided it");

        // Whoever decided there decides not here as well, nor does an approver of that city only.
        let decider = app.sign_in("approver564@example.org").await;
        let foreign = accept(&decider, stage.reliance()).await;
        assert_eq!(foreign.error_code(), Some("FORBIDDEN"));
        let cities = &app.contexts.cities;
        cities
            .install_role(stage.here.city.id, decider.id, StaffRole::Approver)
            .await
            .unwrap();
        assert_eq!(accept(&decider, stage.reliance()).await.user_errors(), ["FOUR_EYES"]);

        let warned = crate::sanctions::impose_heard(&decider, &stage.there.provider, &stage.approval, 1, "WARNING");
        warned.await.ok();
        assert_eq!(stage.refused("expectedVersion", json!(2)).await, "NOT_APPROVED");
        let input = json!({ "approvalId": stage.approval, "expectedVersion": 2, "reason": "Vaara." });
        done(&decider, "approver/suspendApproval", input).await;
        assert_eq!(stage.refused("expectedVersion", json!(3)).await, "NOT_FOUND");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_approvers_hear_once_when_the_other_approval_falls() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let accepted = accept(&stage.approver, stage.reliance()).await.ok();
        let own = accepted.text("/acceptApproval/approval/id");
        let decider = app.sign_in("approver564@example.org").await;
        let input = json!({ "approvalId": stage.approval, "expectedVersion": 1, "reason": "Asiakkaat ovat vaarassa." });
        let (one, other) = tokio::join!(
            decider.run("approver/suspendApproval", json!({ "input": input })),
            decider.run("approver/suspendApproval", json!({ "input": input }))
        );
        assert_eq!(one.user_errors().len() + other.user_errors().len(), 1);
        app.run_jobs().await;
        let fell = providers::ApprovalFell {
            approval: stage.approval.parse().unwrap(),
            version: 2,
        };
        // The event is told again after a worker was killed.
        app.contexts
            .providers
            .tell_of_fall(&app.contexts.identity, fell)
            .await
            .unwrap();
        app.run_jobs().await;
        let told = app.mails().into_iter();
        let told =
            told.filter(|mail| mail.subject == "Toisen kaupungin hyväksyntä, johon päätös nojaa, ei ole voimassa");
        let mut readers: Vec<_> = told.map(|mail| mail.to).collect();
        readers.sort_unstable();
        assert_eq!(readers, ["approver100@example.org", "approver@example.org"]);
        let seen = stage.approver.run("approver/approval", json!({ "id": own })).await.ok();
        assert_eq!(
            seen.data("/node/state"),
            "ACTIVE",
            "what becomes of it is the city's own decision"
        );
    })
    .await;
}
