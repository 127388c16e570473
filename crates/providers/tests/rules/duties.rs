//! What the public register says, and what the nightly check does with it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use kernel::{Actor, CompanyId};
use providers::{
    Application, Approval, ApprovalState, Error, Evidence, Proof, RegisterFolder, Requirement, Review, SetRequirement,
    Verdict,
};
use tempfile::TempDir;

use crate::town::{BUSINESS_ID, Town, day};

/// Writes what the register says about the company; its prepayment registration has ended where `ended` names a day.
fn publish(folder: &Path, situation: &str, ended: Option<&str>) {
    let end = ended.map(|day| format!(",\"endDate\":\"{day}\"")).unwrap_or_default();
    let text = format!(
        "{{\"companies\":[{{\"businessId\":{{\"value\":\"{BUSINESS_ID}\"}},\
         \"names\":[{{\"name\":\"Rekisterin Siivous ry\",\"type\":\"1\",\"version\":1}}],\"companyForms\":[{{\"type\":\"AYH\"}}],\
         \"companySituations\":[{situation}],\
         \"registeredEntries\":[{{\"type\":\"1\",\"register\":\"5\"{end}}}]}}]}}"
    );
    fs::write(folder.join(format!("{BUSINESS_ID}.json")), text).unwrap();
}

async fn town() -> (Town, TempDir) {
    let (mut town, folder) = (Town::build().await, TempDir::new().unwrap());
    let register = RegisterFolder(folder.path().to_owned());
    town.providers = town.providers.with_register(Arc::new(register));
    (town, folder)
}

async fn ask(town: &Town, requirement: Requirement, proof: Proof) {
    let set = SetRequirement {
        programme: town.programme,
        requirement,
        proof,
        demanded: true,
        expected_version: None,
    };
    let approver = town.approver(town.here).await;
    town.providers.set_requirement(&approver, set).await.unwrap();
}

async fn stands(town: &Town, approver: &Actor, approval: &Approval) -> ApprovalState {
    let seen = town.providers.approvals_by_ids(approver, &[approval.id]).await.unwrap();
    seen[0].state
}

/// An approved company with insurance until a day.
async fn insured(town: &Town, until: &str) -> (CompanyId, Application, Approval) {
    ask(town, Requirement::LiabilityInsurance, Proof::Evidenced).await;
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let approver = town.approver(town.here).await;
    let given = Evidence {
        application: application.id,
        requirement: Requirement::LiabilityInsurance,
        expected_version: 1,
        evidence: Some("Vakuutus 1".to_owned()),
        valid_until: Some(day(until)),
    };
    town.providers.provide_evidence(&signatory, given).await.unwrap();
    let review = Review {
        application: application.id,
        requirement: Requirement::LiabilityInsurance,
        expected_version: 2,
        accepted: true,
        note: None,
    };
    town.providers.review_requirement(&approver, review).await.unwrap();
    let approval = town.approve(&approver, &application).await.unwrap();
    (company, application, approval)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn name_and_form_come_from_the_register() {
    let (town, folder) = town().await;
    publish(folder.path(), "{\"type\":\"KONK\"}", None);
    let person = town.person().await;
    let refused = town.register(&person, "Oma nimi").await;
    assert!(matches!(refused, Err(Error::State)), "{refused:?}");
    assert_eq!(town.companies().await, 0);
    publish(folder.path(), "", None);
    let (company, signatory) = town.company().await;
    let seen = town.providers.companies_by_ids(&signatory, &[company]).await.unwrap();
    assert_eq!(seen[0].name, "Rekisterin Siivous ry");
    assert_eq!(seen[0].kind, providers::CompanyKind::Association);
}

#[tokio::test]
async fn the_register_judges_what_it_proves() {
    let (town, folder) = town().await;
    ask(&town, Requirement::PrepaymentRegister, Proof::Computed).await;
    publish(folder.path(), "", Some("2026-12-31"));
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let checklist = town.providers.checklists(&signatory, &[application.id]).await.unwrap();
    assert_eq!(
        (checklist[0].proof, checklist[0].verdict),
        (Proof::Computed, Verdict::Refused)
    );
    let approver = town.approver(town.here).await;
    let refused = town.approve(&approver, &application).await;
    assert!(
        matches!(&refused, Err(Error::RequirementsOpen(names)) if names == "PREPAYMENT_REGISTER"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_the_register_takes_back_warns_and_then_suspends() {
    let (town, folder) = town().await;
    ask(&town, Requirement::PrepaymentRegister, Proof::Computed).await;
    publish(folder.path(), "", None);
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let approver = town.approver(town.here).await;
    let approval = town.approve(&approver, &application).await.unwrap();
    town.providers.run_recheck().await.unwrap();
    assert_eq!(stands(&town, &approver, &approval).await, ApprovalState::Active);

    publish(folder.path(), "", Some("2027-03-01"));
    // Twice, and at once.
    let (one, other) = tokio::join!(town.providers.run_recheck(), town.providers.run_recheck());
    one.and(other).unwrap();
    assert_eq!(stands(&town, &approver, &approval).await, ApprovalState::Warned);
    assert!(town.in_force(company, day("2027-03-02")).await.is_some());
    let warned = "Hyväksyntänne edellytys ei täyty";
    let told = town.letters().await;
    assert_eq!(told.iter().filter(|subject| *subject == warned).count(), 1, "{told:?}");

    // Cured and failing again: the thirty days begin anew.
    publish(folder.path(), "", None);
    town.providers.run_recheck().await.unwrap();
    assert_eq!(stands(&town, &approver, &approval).await, ApprovalState::Active);
    town.clock.set(at("2027-03-20T01:00:00Z"));
    publish(folder.path(), "", Some("2027-03-19"));
    town.providers.run_recheck().await.unwrap();
    town.clock.set(at("2027-04-18T01:00:00Z"));
    town.providers.run_recheck().await.unwrap();
    assert_eq!(stands(&town, &approver, &approval).await, ApprovalState::Warned);
    town.clock.set(at("2027-04-19T01:00:00Z"));
    town.providers.run_recheck().await.unwrap();
    town.providers.run_recheck().await.unwrap();
    assert_eq!(stands(&town, &approver, &approval).await, ApprovalState::Suspended);
    assert!(town.in_force(company, day("2027-04-19")).await.is_none());
    let told = town.letters().await;
    let suspended = "Hyväksyntänne on keskeytetty";
    assert_eq!(
        told.iter().filter(|subject| *subject == suspended).count(),
        1,
        "{told:?}"
    );
    assert_eq!(town.audited("suspendApproval").await, 1);
}

#[tokio::test]
async fn a_document_that_ends_is_reminded_of_three_times() {
    let (town, _folder) = town().await;
    let (company, _, approval) = insured(&town, "2027-05-31").await;
    let approver = town.approver(town.here).await;
    let mut reminded = Vec::new();
    for now in [
        "2027-03-31T01:00:00Z",
        "2027-04-01T01:00:00Z",
        "2027-04-02T01:00:00Z",
        "2027-05-01T01:00:00Z",
        "2027-05-23T01:00:00Z",
        "2027-05-24T01:00:00Z",
        "2027-05-31T01:00:00Z",
    ] {
        town.clock.set(at(now));
        town.providers.run_recheck().await.unwrap();
        let told = town.letters().await;
        let ends = "Hyväksyntänne edellytys on päättymässä";
        reminded.push(told.iter().filter(|subject| *subject == ends).count());
    }
    assert_eq!(reminded, [0, 1, 1, 2, 2, 3, 3]);
    assert_eq!(stands(&town, &approver, &approval).await, ApprovalState::Active);
    town.clock.set(at("2027-06-01T01:00:00Z"));
    town.providers.run_recheck().await.unwrap();
    assert_eq!(stands(&town, &approver, &approval).await, ApprovalState::Warned);
    assert!(town.in_force(company, day("2027-06-01")).await.is_some());
}
