//! What providers owe a city: drafts that a signatory submits, checklists of requirements, roles in companies.

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content};
use support::{Actor, Answer, Person, TestApp, both, business_id};

use crate::authorization::requires;
use crate::sanctions::impose_heard;
use crate::town::{Town, done};
use crate::types::Types;

/// Requirements that stand in nobody's way, one for each role.
const REQUIREMENTS: [&str; 8] = [
    "PREPAYMENT_REGISTER",
    "VAT_REGISTER",
    "TAX_DEBT",
    "LIABILITY_INSURANCE",
    "PATIENT_INSURANCE",
    "SERVICE_LICENCE",
    "SECTOR_PERMIT",
    "CRIMINAL_RECORD",
];

impl Town<'_> {
    /// Drafts of the company, and an application with a checklist of which one line is completed.
    pub(crate) async fn duties(&mut self) {
        let ninth = self.id("ninth programme").to_owned();
        for requirement in ["TAX_DEBT", "LIABILITY_INSURANCE", "SECTOR_PERMIT"] {
            done(
                self.person("officer"),
                "officer/setProgrammeRequirement",
                asked(&ninth, requirement, None),
            )
            .await;
        }
        for (name, programme) in [("draft 0", "sixth"), ("draft 1", "seventh"), ("ready", "eighth")] {
            let new = json!({
                "programmeId": self.id(&format!("{programme} programme")), "companyId": self.id("company"), "statement": "Osaamme.",
            });
            let draft = done(self.person("signatory"), "provider/prepareApplication", new).await;
            self.put(
                format!("{name} application"),
                draft.text("/prepareApplication/application/id"),
            );
        }
        let new = json!({ "programmeId": ninth, "companyId": self.id("company"), "statement": "Osaamme." });
        let applied = done(self.person("signatory"), "provider/applyToProgramme", new).await;
        let checked = applied.text("/applyToProgramme/application/id");
        done(
            self.person("signatory"),
            "provider/provideEvidence",
            evidence(&checked, "SECTOR_PERMIT", 1),
        )
        .await;
        self.put("checked application", checked);
        let new = json!({
            "programmeId": self.id("fifth programme"), "companyId": self.id("third company"), "statement": "Osaamme.",
        });
        let applied = done(self.person("third signatory"), "provider/applyToProgramme", new).await;
        let input = json!({
            "applicationId": applied.text("/applyToProgramme/application/id"), "expectedVersion": 1,
            "validFrom": "2027-01-01", "validUntil": "2027-12-31", "grounds": "Ehdot täyttyvät.",
        });
        let approved = done(self.person("approver"), "approver/approveApplication", input).await;
        self.put("approval to stop", approved.text("/approveApplication/approval/id"));
    }

    /// Variables of the documents about what providers owe.
    pub(crate) fn of_duties(&self, name: &str, number: usize, maker: usize) -> Option<Value> {
        let input = |input: Value| json!({ "input": input });
        let own = number.min(1);
        Some(match name {
            "programmeRequirements" => json!({ "programmeId": self.id("ninth programme") }),
            "setProgrammeRequirement" => input(asked(
                self.id("programme"),
                REQUIREMENTS[maker % REQUIREMENTS.len()],
                None,
            )),
            "prepareApplication" => {
                let programme = ["fifth programme", "tenth programme"][own];
                input(json!({
                    "programmeId": self.id(programme), "companyId": self.id("company"), "statement": "Osaamme.",
                }))
            }
            "updateApplicationDraft" => input(json!({
                "applicationId": self.id(&format!("draft {own} application")), "expectedVersion": 1, "statement": "Osaamme yhä.",
            })),
            "submitApplication" => {
                input(json!({ "applicationId": self.id("ready application"), "expectedVersion": 1 }))
            }
            "provideEvidence" => {
                let requirement = ["LIABILITY_INSURANCE", "TAX_DEBT"][own];
                input(evidence(self.id("checked application"), requirement, 1))
            }
            "reviewRequirement" => input(json!({
                "applicationId": self.id("checked application"), "requirement": "SECTOR_PERMIT", "expectedVersion": 2,
                "accepted": true, "note": "Lupa on voimassa.",
            })),
            _ => return None,
        })
    }
}

fn asked(programme: &str, requirement: &str, version: Option<i32>) -> Value {
    json!({
        "programmeId": programme, "expectedVersion": version, "requirement": requirement, "proof": "EVIDENCED",
        "demanded": true,
    })
}

fn evidence(application: &str, requirement: &str, version: i32) -> Value {
    json!({
        "applicationId": application, "requirement": requirement, "expectedVersion": version, "evidence": "Asiakirja 12",
        "validUntil": "2027-12-31",
    })
}

/// A market and a second programme to which its company has not applied yet.
struct Stage<'a> {
    market: Market<'a>,
    approver: Person<'a>,
    programme: String,
}

impl<'a> Stage<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let market = Market::open(app, Terms::default()).await;
        let input = json!({ "cityId": market.city.id, "content": programme_content(Terms::default()) });
        let made = done(&market.officer, "officer/createProgramme", input).await;
        let programme = made.text("/createProgramme/programme/id");
        let input = json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) });
        let deputy = app.sign_in("deputy@example.org").await;
        done(&deputy, "officer/publishProgramme", input).await;
        let approver = app.sign_in("approver@example.org").await;
        Self {
            market,
            approver,
            programme,
        }
    }

    /// A confirmed member of the company.
    async fn member(&self, app: &'a TestApp, role: &str) -> Person<'a> {
        let person = app.person(&role.to_lowercase().replace('_', "")).await;
        let input = json!({ "businessId": business_id(100), "role": role });
        let joined = done(&person, "provider/joinCompany", input).await;
        let member = json!({ "memberId": joined.text("/joinCompany/member/id") });
        done(&self.market.provider, "provider/confirmMember", member).await;
        person
    }

    async fn prepare(&self, actor: &Actor<'_>) -> Answer {
        let input = json!({ "programmeId": self.programme, "companyId": self.market.company, "statement": "Osaamme." });
        actor
            .run("provider/prepareApplication", json!({ "input": input }))
            .await
    }

    async fn apply(&self) -> String {
        let input = json!({ "programmeId": self.programme, "companyId": self.market.company, "statement": "Osaamme." });
        let applied = done(&self.market.provider, "provider/applyToProgramme", input).await;
        applied.text("/applyToProgramme/application/id")
    }

    async fn ask(&self, requirement: &str, version: Option<i32>, demanded: bool) -> Answer {
        let mut input = asked(&self.programme, requirement, version);
        input["demanded"] = json!(demanded);
        let input = json!({ "input": input });
        self.approver.run("officer/setProgrammeRequirement", input).await
    }

    async fn approve(&self, application: &str, version: i32) -> Answer {
        let input = json!({
            "applicationId": application, "expectedVersion": version, "validFrom": "2027-01-11",
            "validUntil": "2027-12-31", "grounds": "Ehdot täyttyvät.", "conditions": "Ilmoita uusista työntekijöistä.",
            "area": ["331", "33200"],
        });
        self.approver
            .run("approver/approveApplication", json!({ "input": input }))
            .await
    }

    async fn review(&self, application: &str, requirement: &str, version: i32, note: Option<&str>) -> Answer {
        let input = json!({
            "applicationId": application, "requirement": requirement, "expectedVersion": version,
            "accepted": note.is_none(), "note": note,
        });
        self.approver
            .run("approver/reviewRequirement", json!({ "input": input }))
            .await
    }
}

async fn submit(actor: &Actor<'_>, application: &str, version: i32) -> Answer {
    let input = json!({ "applicationId": application, "expectedVersion": version });
    actor.run("provider/submitApplication", json!({ "input": input })).await
}

async fn provide(actor: &Actor<'_>, input: Value) -> Answer {
    actor.run("provider/provideEvidence", json!({ "input": input })).await
}

async fn sees(actor: &Actor<'_>, application: &str) -> Option<String> {
    let seen = actor
        .run("provider/application", json!({ "id": application }))
        .await
        .ok();
    seen.data("/application/state").as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_draft_is_the_companys_own_until_a_signatory_submits_it() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let manager = stage.member(app, "MANAGER").await;
        let recorder = stage.member(app, "RECORDER").await;
        assert_eq!(stage.prepare(&recorder).await.error_code(), Some("FORBIDDEN"));
        let draft = stage.prepare(&manager).await.ok();
        assert_eq!(draft.data("/prepareApplication/application/state"), "DRAFT");
        assert_eq!(draft.data("/prepareApplication/application/allowedActions"), &json!([]));
        let id = draft.text("/prepareApplication/application/id");
        assert_eq!(
            stage.prepare(&stage.market.provider).await.user_errors(),
            ["ALREADY_EXISTS"]
        );
        assert_eq!(sees(&stage.approver, &id).await, None);
        let page = json!({ "cityId": stage.market.city.id, "state": "DRAFT", "first": 10 });
        let waiting = stage.approver.run("approver/applications", page).await.ok();
        assert_eq!(waiting.data("/applications/totalCount"), 0);
        assert_eq!(stage.approve(&id, 1).await.user_errors(), ["NOT_FOUND"]);

        let input = json!({ "applicationId": id, "expectedVersion": 1, "statement": "Olemme kokeneita." });
        let changed = done(&manager, "provider/updateApplicationDraft", input.clone()).await;
        assert_eq!(
            changed.data("/updateApplicationDraft/application/statement"),
            "Olemme kokeneita."
        );
        let stale = manager
            .run("provider/updateApplicationDraft", json!({ "input": input }))
            .await;
        assert_eq!(stale.user_errors(), ["CONFLICT"]);
        assert_eq!(submit(&manager, &id, 2).await.error_code(), Some("FORBIDDEN"));

        // Twice at once: the second one finds no draft any more.
        let signatory = &stage.market.provider;
        let (one, other) = tokio::join!(submit(signatory, &id, 2), submit(signatory, &id, 2));
        let mut codes: Vec<_> = [&one, &other].iter().flat_map(|answer| answer.user_errors()).collect();
        assert_eq!(codes.pop(), Some("NOT_ALLOWED_IN_STATE"));
        assert!(codes.is_empty(), "{codes:?}");
        assert_eq!(sees(&stage.approver, &id).await.as_deref(), Some("SUBMITTED"));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_company_is_approved_once_every_requirement_is_met() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let signatory = &stage.market.provider;
        for requirement in ["CRIMINAL_RECORD", "LIABILITY_INSURANCE", "SECTOR_PERMIT"] {
            stage.ask(requirement, None, true).await.ok();
        }
        assert_eq!(
            stage.ask("SECTOR_PERMIT", None, false).await.user_errors(),
            ["CONFLICT"]
        );
        stage.ask("SECTOR_PERMIT", Some(1), false).await.ok();
        let asked = json!({ "programmeId": stage.programme });
        let asked = app.anyone().run("anyone/programmeRequirements", asked).await.ok();
        assert_eq!(asked.data("/programmeRequirements/2/demanded"), false);

        let id = stage.apply().await;
        let refused = stage.approve(&id, 1).await;
        assert_eq!(refused.user_errors(), ["REQUIREMENTS_OPEN"]);
        let message = refused.text("/approveApplication/userErrors/0/message");
        assert!(message.contains("CRIMINAL_RECORD, LIABILITY_INSURANCE."), "{message}");

        // Of what is shown only, nothing is stored: neither by the company nor by the city.
        let mut shown = evidence(&id, "CRIMINAL_RECORD", 1);
        assert_eq!(
            provide(signatory, shown.clone()).await.user_errors(),
            ["NOT_TO_BE_STORED"]
        );
        shown["evidence"] = Value::Null;
        provide(signatory, shown).await.ok();
        let noted = stage.review(&id, "CRIMINAL_RECORD", 2, Some("Merkintä 2020")).await;
        assert_eq!(
            noted.user_errors(),
            ["NOT_ALLOWED_IN_STATE"],
            "a refusal would tell what it held"
        );
        stage.review(&id, "CRIMINAL_RECORD", 2, None).await.ok();

        let early = stage.review(&id, "LIABILITY_INSURANCE", 1, None).await;
        assert_eq!(early.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        provide(signatory, evidence(&id, "LIABILITY_INSURANCE", 1)).await.ok();
        stage
            .review(&id, "LIABILITY_INSURANCE", 2, Some("Liian pieni."))
            .await
            .ok();
        assert_eq!(stage.approve(&id, 1).await.user_errors(), ["REQUIREMENTS_OPEN"]);
        assert_eq!(
            provide(signatory, evidence(&id, "LIABILITY_INSURANCE", 2))
                .await
                .user_errors(),
            ["CONFLICT"]
        );
        provide(signatory, evidence(&id, "LIABILITY_INSURANCE", 3)).await.ok();
        stage.review(&id, "LIABILITY_INSURANCE", 4, None).await.ok();

        let approved = stage.approve(&id, 1).await.ok();
        assert_eq!(
            approved.data("/approveApplication/approval/conditions"),
            "Ilmoita uusista työntekijöistä."
        );
        assert_eq!(
            approved.data("/approveApplication/approval/area"),
            &json!(["331", "33200"])
        );

        // An insurance is renewed after the approval, and the city looks at it anew.
        let renewed = provide(signatory, evidence(&id, "LIABILITY_INSURANCE", 5)).await.ok();
        assert_eq!(renewed.data("/provideEvidence/application/checklist/1/verdict"), "OPEN");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_judges_her_own_company_or_what_was_withdrawn() {
    both(async |app| {
        let stage = Stage::open(app).await;
        stage.ask("TAX_DEBT", None, true).await.ok();
        let id = stage.apply().await;
        provide(&stage.market.provider, evidence(&id, "TAX_DEBT", 1)).await.ok();
        let city = stage.market.city.id;
        let own = &stage.market.provider;
        app.contexts
            .cities
            .install_role(city, own.id, StaffRole::Approver)
            .await
            .unwrap();
        let review = json!({
            "applicationId": id, "requirement": "TAX_DEBT", "expectedVersion": 2, "accepted": true,
        });
        let judged = own.run("approver/reviewRequirement", json!({ "input": review })).await;
        assert_eq!(judged.user_errors(), ["FOUR_EYES"]);

        let input = json!({ "applicationId": id, "expectedVersion": 1 });
        done(own, "provider/withdrawApplication", input).await;
        assert_eq!(
            stage.review(&id, "TAX_DEBT", 2, None).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(stage.approve(&id, 2).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(
            provide(own, evidence(&id, "TAX_DEBT", 2)).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn each_role_does_its_part_of_the_checklist() {
    both(async |app| {
        let stage = Stage::open(app).await;
        stage.ask("SERVICE_LICENCE", None, true).await.ok();
        let owner = stage.member(app, "SERVICE_OWNER").await;
        let preparer = stage.member(app, "PREPARER").await;
        let recorder = stage.member(app, "RECORDER").await;
        assert_eq!(stage.prepare(&preparer).await.error_code(), Some("FORBIDDEN"));
        let draft = stage.prepare(&owner).await.ok();
        let id = draft.text("/prepareApplication/application/id");
        assert_eq!(submit(&owner, &id, 1).await.error_code(), Some("FORBIDDEN"));
        let hidden = provide(&recorder, evidence(&id, "SERVICE_LICENCE", 1)).await;
        assert_eq!(hidden.user_errors(), ["NOT_FOUND"]);
        provide(&preparer, evidence(&id, "SERVICE_LICENCE", 1)).await.ok();
        let account = json!({ "id": stage.market.company });
        for (member, shown) in [(&owner, true), (&preparer, false), (&recorder, false)] {
            let seen = member.run("provider/ownCompany", account.clone()).await.ok();
            assert_eq!(seen.data("/company/iban").is_string(), shown);
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_stop_of_new_bookings_lets_delivery_go_on() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let approver = app.sign_in("approver@example.org").await;
        let (resident, other) = (app.person("resident").await, app.person("other").await);
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "before").await;
        let page = json!({ "cityId": market.city.id, "first": 10 });
        let listed = app.anyone().run("anyone/approvedProviders", page.clone()).await.ok();
        let approval = listed.text("/approvedProviders/edges/0/node/id");
        let stop = impose_heard(&approver, &market.provider, &approval, 1, "BOOKINGS_STOP")
            .await
            .ok();
        assert_eq!(stop.data("/imposeSanction/sanction/approval/state"), "BOOKINGS_STOPPED");
        let again = json!({ "approvalId": approval, "step": "BOOKINGS_STOP", "grounds": "Syy." });
        let again = approver.run("approver/openHearing", json!({ "input": again })).await;
        assert_eq!(again.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        let second = market.voucher(&other).await;
        let refused = market.book(&other, &second, "after").await;
        assert_eq!(refused.user_errors(), ["NOT_FOUND"]);
        let listed = app.anyone().run("anyone/approvedProviders", page).await.ok();
        assert_eq!(listed.data("/approvedProviders/totalCount"), 1);

        app.clock.set("2027-02-01T11:00:00Z".parse().unwrap());
        let provider = app.sign_in(&market.provider.email).await;
        let input = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of("deliver") });
        done(&provider, "provider/recordDelivery", input).await;
        let approver = app.sign_in("approver@example.org").await;
        let input = json!({ "approvalId": approval, "expectedVersion": 2, "reason": "Asiat ovat kunnossa." });
        let lifted = done(&approver, "approver/reinstateApproval", input).await;
        assert_eq!(lifted.data("/reinstateApproval/approval/state"), "ACTIVE");
        app.run_jobs().await;
    })
    .await;
}

#[test]
fn each_company_role_has_its_part() {
    let roles = ["SIGNATORY", "MANAGER", "SERVICE_OWNER", "PREPARER", "RECORDER"];
    let types = Types::read();
    let fields = [types.fields("Query"), types.fields("Mutation"), types.fields("Company")].concat();
    // In the order of roles.
    for (name, allowed) in [
        ("companyMembers", [true, false, false, false, false]),
        ("confirmMember", [true, false, false, false, false]),
        ("proposeBankAccount", [true, true, false, false, false]),
        ("applyToProgramme", [true, false, false, false, false]),
        ("submitApplication", [true, false, false, false, false]),
        ("resignFromProgramme", [true, false, false, false, false]),
        ("answerHearing", [true, false, false, false, false]),
        ("appealSanction", [true, false, false, false, false]),
        ("companySanctions", [true, true, true, true, false]),
        ("updateCompany", [true, true, false, false, false]),
        ("confirmBooking", [true, true, false, false, false]),
        ("prepareApplication", [true, true, true, false, false]),
        ("iban", [true, true, true, false, false]),
        ("companyStatements", [true, true, true, false, false]),
        ("updateOffer", [true, true, true, false, false]),
        ("provideEvidence", [true, true, true, true, false]),
        ("companyApplications", [true, true, true, true, false]),
        ("companyOffers", [true, true, true, true, true]),
        ("recordDelivery", [true, true, false, false, true]),
    ] {
        let field = fields.iter().find(|field| field.name.node == name).expect(name);
        let rule = requires(field).expect("a rule");
        assert_eq!(roles.map(|role| rule.contains(role)), allowed, "{name}: {rule}");
    }
}

#[tokio::test]
async fn a_draft_that_is_given_up_stays_unseen_by_the_city() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let signatory = &stage.market.provider;
        let draft = stage.prepare(signatory).await.ok();
        let id = draft.text("/prepareApplication/application/id");
        let input = json!({ "applicationId": id, "expectedVersion": 1 });
        let withdrawn = done(signatory, "provider/withdrawApplication", input).await;
        assert_eq!(withdrawn.data("/withdrawApplication/application/state"), "WITHDRAWN");
        let page = json!({ "cityId": stage.market.city.id, "first": 10 });
        let listed = stage.approver.run("approver/applications", page).await.ok();
        assert!(!listed.body.to_string().contains(&id), "{}", listed.body);
        assert_eq!(sees(&stage.approver, &id).await, None);
        stage.prepare(signatory).await.ok();
        app.run_jobs().await;
    })
    .await;
}
