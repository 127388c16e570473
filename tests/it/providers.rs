//! Companies, applications and approvals through the API.

use cities::City;
use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::key_of;
use support::{Actor, Answer, Person, TestApp, both, business_id};

use crate::sanctions::{close_hearing, heard, impose};

/// A city with a published programme for 2027.
struct Town<'a> {
    app: &'a TestApp,
    city: City,
    programme: String,
    approver: Person<'a>,
}

impl<'a> Town<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let city = app.city("853").await;
        let officer = app.staff(&city, StaffRole::ProgrammeOfficer, "officer").await;
        let publisher = app.staff(&city, StaffRole::ProgrammeOfficer, "publisher").await;
        let approver = app.staff(&city, StaffRole::Approver, "approver").await;
        let text = json!({ "fi": "Seniorien siivous", "sv": "Städning för seniorer" });
        let content = json!({
            "name": text, "description": text, "serviceClass": "P25",
            "validFrom": "2027-01-01", "validUntil": "2027-12-31", "budget": 1_000_000,
            "terms": {
                "valueRule": { "flat": { "value": 5_000 } }, "priceCeiling": 6_000, "freeCancellationHours": 24,
                "lateFeeBasisPoints": 5_000,
            },
        });
        let input = json!({ "cityId": city.id, "content": content });
        let draft = officer
            .run("officer/createProgramme", json!({ "input": input }))
            .await
            .ok();
        let programme = draft.text("/createProgramme/programme/id");
        let input = json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) });
        publisher
            .run("officer/publishProgramme", json!({ "input": input }))
            .await
            .ok();
        Self {
            app,
            city,
            programme,
            approver,
        }
    }

    async fn apply(&self, signatory: &Actor<'_>, company: &str) -> Answer {
        let input = json!({ "programmeId": self.programme, "companyId": company, "statement": "Siivoamme koteja." });
        signatory
            .run("provider/applyToProgramme", json!({ "input": input }))
            .await
    }

    async fn approve(&self, application: &str, version: i32) -> Answer {
        let input = json!({
            "applicationId": application, "expectedVersion": version, "validFrom": "2027-01-11",
            "validUntil": "2027-12-31", "grounds": "Edellytykset täyttyvät.",
        });
        self.approver
            .run("approver/approveApplication", json!({ "input": input }))
            .await
    }

    /// The register as anybody sees it.
    async fn register(&self, day: Option<&str>) -> Answer {
        let variables = json!({ "cityId": self.city.id, "programmeId": self.programme, "day": day, "first": 100 });
        self.app.anyone().run("anyone/approvedProviders", variables).await.ok()
    }

    /// A company with an approval; answers its id, its signatory and the approval.
    async fn provider(&self, number: u32) -> (String, Person<'a>, String) {
        let (company, signatory) = self.app.company(&self.city, number).await;
        let company = company.to_string();
        let applied = self.apply(&signatory, &company).await.ok();
        let approved = self
            .approve(&applied.text("/applyToProgramme/application/id"), 1)
            .await
            .ok();
        (company, signatory, approved.text("/approveApplication/approval/id"))
    }
}

async fn decide(actor: &Actor<'_>, operation: &str, approval: &str, version: i32) -> Answer {
    let input = json!({ "approvalId": approval, "expectedVersion": version, "reason": "Vakuutus päättyi." });
    actor
        .run(&format!("approver/{operation}"), json!({ "input": input }))
        .await
}

async fn register_company(actor: &Actor<'_>, city: &City, number: u32, iban: &str) -> Answer {
    let input = json!({
        "cityId": city.id, "businessId": business_id(number), "name": "Siivous Oy", "kind": "COMPANY",
        "email": "siivous@example.org", "iban": iban, "lang": "SV",
    });
    actor.run("provider/registerCompany", json!({ "input": input })).await
}

fn member(id: &str) -> Value {
    json!({ "input": { "memberId": id } })
}

#[tokio::test]
async fn a_claim_becomes_a_company_once_an_approver_has_confirmed_it() {
    both(async |app| {
        let town = Town::open(app).await;
        let person = app.person("claimant").await;
        let refused = register_company(&person, &town.city, 7, "FI2112345600000786").await;
        assert_eq!(refused.user_errors(), ["INVALID_IBAN"]);
        assert_eq!(
            refused.data("/registerCompany/userErrors/0/field"),
            &json!(["input", "iban"])
        );

        let iban = "FI21 1234 5600 0007 85";
        let claimed = register_company(&person, &town.city, 7, iban).await.ok();
        assert_eq!(claimed.data("/registerCompany/member/state"), "CLAIMED");
        assert_eq!(claimed.data("/registerCompany/member/company"), &Value::Null);
        assert_eq!(
            register_company(&person, &town.city, 7, iban).await.user_errors(),
            ["ALREADY_EXISTS"]
        );
        let mine = person.run("provider/myCompanies", json!({})).await.ok();
        assert_eq!(mine.data("/myCompanies/0/claimed/name"), "Siivous Oy");

        let page = json!({ "cityId": town.city.id, "first": 10 });
        let claims = town.approver.run("approver/signatoryClaims", page.clone()).await.ok();
        assert_eq!(claims.data("/signatoryClaims/totalCount"), 1);
        let claim = claims.text("/signatoryClaims/edges/0/node/id");
        let company = claims.text("/signatoryClaims/edges/0/node/company/id");
        assert_eq!(town.apply(&person, &company).await.error_code(), Some("FORBIDDEN"));
        assert_eq!(
            person
                .run("approver/confirmSignatory", member(&claim))
                .await
                .user_errors(),
            ["NOT_FOUND"]
        );
        town.approver
            .run("approver/confirmSignatory", member(&claim))
            .await
            .ok();

        let own = person.run("provider/ownCompany", json!({ "id": company })).await.ok();
        assert_eq!(own.data("/company/iban"), "FI2112345600000785");
        let public = app.anyone().run("anyone/company", json!({ "id": company })).await.ok();
        assert_eq!(public.data("/company"), &Value::Null);

        let thief = app.person("thief").await;
        register_company(&thief, &town.city, 7, "FI4250001510000023").await.ok();
        let claims = town.approver.run("approver/signatoryClaims", page).await.ok();
        let claim = claims.text("/signatoryClaims/edges/0/node/id");
        let rejected = town.approver.run("approver/rejectSignatory", member(&claim)).await.ok();
        assert_eq!(rejected.data("/rejectSignatory/member/state"), "REMOVED");
        let own = person.run("provider/ownCompany", json!({ "id": company })).await.ok();
        assert_eq!(own.data("/company/iban"), "FI2112345600000785");
    })
    .await;
}

#[tokio::test]
async fn signatories_keep_their_company_and_its_members() {
    both(async |app| {
        let town = Town::open(app).await;
        let (company, signatory) = app.company(&town.city, 1).await;
        let person = app.person("worker").await;
        let input = json!({ "businessId": business_id(1), "role": "MANAGER" });
        let joined = person.run("provider/joinCompany", json!({ "input": input })).await.ok();
        let worker = joined.text("/joinCompany/member/id");
        let page = json!({ "companyId": company, "first": 10 });
        assert_eq!(person.run("provider/companyMembers", page.clone()).await.error_code(), Some("FORBIDDEN"));
        assert_eq!(person.run("provider/confirmMember", member(&worker)).await.user_errors(), ["NOT_FOUND"]);
        signatory.run("provider/confirmMember", member(&worker)).await.ok();
        let members = signatory.run("provider/companyMembers", page).await.ok();
        assert_eq!(members.data("/companyMembers/edges/1/node/person/givenName"), "worker");
        let own = members.text("/companyMembers/edges/0/node/id");
        assert_eq!(signatory.run("provider/removeMember", member(&own)).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);

        let seen = person.run("provider/ownCompany", json!({ "id": company })).await.ok();
        let version = seen.data("/company/version").clone();
        let change = json!({
            "companyId": company, "expectedVersion": version, "name": "Uusi Oy", "email": "uusi@example.org", "lang": "FI",
        });
        let changed = person.run("provider/updateCompany", json!({ "input": change })).await.ok();
        assert_eq!(changed.data("/updateCompany/company/name"), "Uusi Oy");
        let stale = person.run("provider/updateCompany", json!({ "input": change })).await;
        assert_eq!(stale.user_errors(), ["CONFLICT"]);
        signatory.run("provider/removeMember", member(&worker)).await.ok();
        let gone = person.run("provider/ownCompany", json!({ "id": company })).await.ok();
        assert_eq!(gone.data("/company"), &Value::Null);

        app.run_jobs().await;
        let told: Vec<_> = app.mails().into_iter().map(|mail| (mail.to, mail.subject)).collect();
        let letter = |to: &str, subject: &str| (to.to_owned(), subject.to_owned());
        assert!(told.contains(&letter("company1@example.org", "Yhteysosoitteenne on vaihdettu")), "{told:?}");
    })
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story is told in one piece")]
async fn an_application_is_asked_about_and_decided() {
    both(async |app| {
        let town = Town::open(app).await;
        let (company, signatory) = app.company(&town.city, 1).await;
        let applied = town.apply(&signatory, &company.to_string()).await.ok();
        assert_eq!(
            applied.data("/applyToProgramme/application/allowedActions"),
            &json!(["WITHDRAW"])
        );
        let application = applied.text("/applyToProgramme/application/id");
        let page = json!({ "cityId": town.city.id, "state": "SUBMITTED", "first": 10 });
        let waiting = town.approver.run("approver/applications", page.clone()).await.ok();
        assert_eq!(
            waiting.data("/applications/edges/0/node/id").as_str(),
            Some(application.as_str())
        );
        assert_eq!(
            signatory.run("approver/applications", page).await.error_code(),
            Some("FORBIDDEN")
        );

        let input = json!({ "applicationId": application, "expectedVersion": 1, "question": "Onko vakuutus?" });
        town.approver
            .run("approver/requestInformation", json!({ "input": input }))
            .await
            .ok();
        let input = json!({ "applicationId": application, "expectedVersion": 2, "answer": "On." });
        signatory
            .run("provider/provideInformation", json!({ "input": input }))
            .await
            .ok();
        let input = json!({ "applicationId": application, "expectedVersion": 3, "grounds": "Ei riitä." });
        let rejected = town
            .approver
            .run("approver/rejectApplication", json!({ "input": input }))
            .await
            .ok();
        let messages = rejected
            .data("/rejectApplication/application/messages")
            .as_array()
            .unwrap()
            .len();
        assert_eq!(
            (messages, rejected.data("/rejectApplication/application/state")),
            (3, &json!("REJECTED"))
        );

        let again = town.apply(&signatory, &company.to_string()).await.ok();
        let second = again.text("/applyToProgramme/application/id");
        assert_eq!(
            town.apply(&signatory, &company.to_string()).await.user_errors(),
            ["ALREADY_EXISTS"]
        );
        let input = json!({ "applicationId": second, "expectedVersion": 1 });
        signatory
            .run("provider/withdrawApplication", json!({ "input": input }))
            .await
            .ok();
        let page = json!({ "companyId": company, "first": 1 });
        let own = signatory.run("provider/companyApplications", page).await.ok();
        assert_eq!(own.data("/companyApplications/totalCount"), 2);
        assert_eq!(own.data("/companyApplications/pageInfo/hasNextPage"), true);

        let stranger = app.person("stranger").await;
        for actor in [&signatory, &stranger] {
            let seen = actor
                .run("provider/application", json!({ "id": application }))
                .await
                .ok();
            assert_eq!(seen.data("/application").is_null(), actor.id == stranger.id);
        }
        let (_, foreign) = (app.city("091").await, app.city("049").await);
        let elsewhere = app.staff(&foreign, StaffRole::Approver, "elsewhere").await;
        let seen = elsewhere
            .run("provider/application", json!({ "id": application }))
            .await
            .ok();
        assert_eq!(seen.data("/application"), &Value::Null);

        app.run_jobs().await;
        let subjects: Vec<_> = app.mails().into_iter().map(|mail| mail.subject).collect();
        assert_eq!(
            subjects,
            ["Hakemukseenne pyydetään lisätietoja", "Hakemuksenne on hylätty"]
        );
    })
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story is told in one piece")]
async fn the_register_follows_every_decision() {
    both(async |app| {
        let town = Town::open(app).await;
        assert_eq!(town.register(None).await.data("/approvedProviders/totalCount"), 0);
        let (company, signatory, approval) = town.provider(1).await;
        let listed = town.register(None).await;
        assert_eq!(listed.data("/approvedProviders/totalCount"), 1);
        assert_eq!(
            listed.data("/approvedProviders/edges/0/node/company/email"),
            "company1@example.org"
        );
        let public = app
            .anyone()
            .run("provider/ownCompany", json!({ "id": company }))
            .await
            .ok();
        assert_eq!(
            (public.data("/company/name"), public.data("/company/iban")),
            (&json!("Palvelu 1 Oy"), &Value::Null)
        );
        let seen = app
            .anyone()
            .run("approver/approval", json!({ "id": approval }))
            .await
            .ok();
        assert_eq!(
            (seen.data("/node/grounds"), seen.data("/node/history")),
            (&Value::Null, &json!([]))
        );

        let forbidden = decide(&signatory, "suspendApproval", &approval, 1).await;
        assert_eq!(forbidden.error_code(), Some("FORBIDDEN"));
        decide(&town.approver, "suspendApproval", &approval, 1).await.ok();
        assert_eq!(town.register(None).await.data("/approvedProviders/totalCount"), 0);
        let hidden = app
            .anyone()
            .run("approver/approval", json!({ "id": approval }))
            .await
            .ok();
        assert_eq!(hidden.data("/node"), &Value::Null);
        assert_eq!(
            decide(&town.approver, "suspendApproval", &approval, 2)
                .await
                .user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        decide(&town.approver, "reinstateApproval", &approval, 2).await.ok();
        app.clock.advance(chrono::Duration::days(1));
        // What the suspension opened is closed first; a revocation takes two approvers.
        let approver = app.sign_in(&town.approver.email).await;
        let second = app.sign_in("approver1@example.org").await;
        let signatory = app.sign_in(&signatory.email).await;
        close_hearing(&approver, &town.city).await;
        let hearing = heard(&second, &signatory, &approval, "REVOCATION").await;
        let stale = impose(&approver, &approval, 2, "REVOCATION", Some((&hearing, 2))).await;
        assert_eq!(stale.user_errors(), ["CONFLICT"]);
        impose(&approver, &approval, 3, "REVOCATION", Some((&hearing, 2)))
            .await
            .ok();
        assert_eq!(town.register(None).await.data("/approvedProviders/totalCount"), 0);
        assert_eq!(
            town.register(Some("2027-01-11"))
                .await
                .data("/approvedProviders/totalCount"),
            1
        );
        assert_eq!(
            town.register(Some("2027-01-10"))
                .await
                .data("/approvedProviders/totalCount"),
            0
        );

        let kept = signatory.run("approver/approval", json!({ "id": approval })).await.ok();
        assert_eq!(kept.data("/node/history").as_array().unwrap().len(), 4);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_register_costs_as_many_statements_for_twelve_companies_as_for_two() {
    both(async |app| {
        let town = Town::open(app).await;
        let mut costs = Vec::new();
        for number in 1..=12 {
            town.provider(number).await;
            if number == 2 || number == 12 {
                let before = app.statements();
                town.register(None).await;
                costs.push(app.statements() - before);
            }
        }
        // City and page, city and count, programmes, companies, cities and services.
        assert!(costs.iter().all(|cost| *cost <= 8), "{costs:?}");
        app.run_jobs().await;
    })
    .await;
}
