//! A town in which there is at least one record of every kind and one person of every role: what the tests of
//! authorization, of bad input and of statement counts share.

use std::collections::BTreeMap;

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content, rulebook_content, terms_content};
use support::{Actor, Answer, Person, TestApp};

use crate::inputs::offer_content;

/// When the town is ready: January to March can be settled, April can be booked.
const READY: &str = "2027-04-01T08:00:00Z";

/// Everybody there is. Roles whose successful changes would stand in another's way come in the order in which they do not.
pub(crate) const ROLES: [&str; 14] = [
    "nobody",
    "other resident",
    "staff of another city",
    "signatory of another company",
    "auditor",
    "officer",
    "approver",
    "clerk",
    "advisor",
    "administrator",
    "resident",
    "recorder",
    "manager",
    "signatory",
];

/// The members of the company that change its records; each has records of her own, numbered by this order.
pub(crate) const MEMBERS: [&str; 3] = ["signatory", "manager", "recorder"];

/// One booked occurrence for each purpose, so that none stands in another's way.
const TIMES: [(&str, &str); 14] = [
    ("january", "2027-01-20T10:00:00Z"),
    ("february", "2027-02-02T10:00:00Z"),
    ("march", "2027-03-02T10:00:00Z"),
    ("to deliver 0", "2027-03-31T10:00:00Z"),
    ("to deliver 1", "2027-03-31T11:00:00Z"),
    ("to deliver 2", "2027-03-31T12:00:00Z"),
    ("to confirm 0", "2027-04-10T10:00:00Z"),
    ("to confirm 1", "2027-04-11T10:00:00Z"),
    ("to decline 0", "2027-04-12T10:00:00Z"),
    ("to decline 1", "2027-04-13T10:00:00Z"),
    ("to give up 0", "2027-04-14T10:00:00Z"),
    ("to give up 1", "2027-04-15T10:00:00Z"),
    ("to cancel", "2027-04-16T10:00:00Z"),
    ("to renew", "2027-04-17T10:00:00Z"),
];

/// Occurrences that nobody has booked.
const UNBOOKED: [(&str, &str); 5] = [
    ("free", "2027-04-20T10:00:00Z"),
    ("to call off 0", "2027-04-21T10:00:00Z"),
    ("to call off 1", "2027-04-22T10:00:00Z"),
    ("to resize 0", "2027-04-23T10:00:00Z"),
    ("to resize 1", "2027-04-24T10:00:00Z"),
];

/// The town.
pub(crate) struct Town<'a> {
    pub(crate) app: &'a TestApp,
    /// Ids and other texts by what they are.
    pub(crate) ids: BTreeMap<String, String>,
    emails: BTreeMap<&'static str, String>,
    people: BTreeMap<&'static str, Person<'a>>,
}

/// Runs a mutation with its input, which must succeed.
pub(crate) async fn done(person: &Actor<'_>, document: &str, input: Value) -> Answer {
    person.run(document, json!({ "input": input })).await.ok()
}

impl<'a> Town<'a> {
    pub(crate) async fn open(app: &'a TestApp) -> Self {
        let terms = Terms {
            value: 20_000,
            price: 1_000,
            capacity: 10,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let mut town = Self {
            app,
            ids: BTreeMap::new(),
            emails: BTreeMap::new(),
            people: BTreeMap::new(),
        };
        for (name, id) in [
            ("offer", &market.offer),
            ("programme", &market.programme),
            ("occurrence", &market.occurrence),
        ] {
            town.put(name, id.clone());
        }
        town.put("city", market.city.id.to_string());
        town.put("company", market.company.to_string());
        town.staff(&market).await;
        town.companies(&market).await;
        town.programmes().await;
        town.terms().await;
        town.budgets().await;
        town.canvas().await;
        town.rulebooks().await;
        town.applications().await;
        town.duties().await;
        town.sanctions().await;
        town.resignations().await;
        town.accounts().await;
        town.approvals_elsewhere(&market).await;
        town.offers().await;
        town.occurrences().await;
        town.bookings(&market).await;
        town.releases().await;
        town.voucher_life(&market).await;
        town.mass_grants(&market).await;
        town.voucher_applications().await;
        town.attachments().await;
        town.income_reviews().await;
        town.deliveries().await;
        town.runs().await;
        town.relations().await;
        town.newest_sanction().await;
        town.waiting_list().await;
        app.run_jobs().await;
        town.asked_incomes().await;
        town
    }

    pub(crate) fn put(&mut self, name: impl Into<String>, id: String) {
        self.ids.insert(name.into(), id);
    }

    pub(crate) fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// Somebody by her role, with a good token.
    pub(crate) fn actor(&self, role: &str) -> Actor<'a> {
        match self.people.get(role) {
            Some(person) => (**person).clone(),
            None if role == "nobody" => self.app.anyone(),
            None => panic!("there is no {role}"),
        }
    }

    /// Her address; nobody has none.
    pub(crate) fn email(&self, role: &str) -> Option<&str> {
        self.emails.get(role).map(String::as_str)
    }

    pub(crate) fn person(&self, role: &str) -> &Person<'a> {
        &self.people[role]
    }

    /// Signs everybody in anew, because tokens end after ten minutes.
    pub(crate) async fn sign_in(&mut self) {
        for (role, email) in &self.emails {
            self.people.insert(role, self.app.sign_in(email).await);
        }
    }

    pub(crate) fn add(&mut self, role: &'static str, person: Person<'a>) {
        self.emails.insert(role, person.email.clone());
        self.people.insert(role, person);
    }

    async fn staff(&mut self, market: &Market<'a>) {
        let app = self.app;
        self.add("officer", market.officer.clone());
        self.add("deputy", app.sign_in("deputy@example.org").await);
        self.add("approver", app.sign_in("approver@example.org").await);
        for (role, of, name) in [
            ("clerk", StaffRole::SettlementClerk, "clerk"),
            ("second clerk", StaffRole::SettlementClerk, "clerk2"),
            ("auditor", StaffRole::Auditor, "auditor"),
            ("advisor", StaffRole::Advisor, "helper"),
            ("administrator", StaffRole::Administrator, "administrator"),
            ("second administrator", StaffRole::Administrator, "administrator2"),
        ] {
            self.add(role, app.staff(&market.city, of, name).await);
        }
        let abroad = app.city("853").await;
        let stranger = app.staff(&abroad, StaffRole::Administrator, "stranger").await;
        for role in [
            StaffRole::Approver,
            StaffRole::Auditor,
            StaffRole::SettlementClerk,
            StaffRole::ProgrammeOfficer,
            StaffRole::Advisor,
        ] {
            app.contexts
                .cities
                .install_role(abroad.id, stranger.id, role)
                .await
                .unwrap();
        }
        self.add("staff of another city", stranger);
        self.put("foreign city", abroad.id.to_string());
        for (name, email) in [("proposed", "proposed"), ("active", "advisor")] {
            app.person(email).await;
            let input = json!({ "cityId": market.city.id, "email": format!("{email}@example.org"), "role": "ADVISOR" });
            let proposed = done(
                self.person("second administrator"),
                "administrator/proposeStaffRole",
                input,
            )
            .await;
            self.put(
                format!("{name} staff"),
                proposed.text("/proposeStaffRole/staffMember/id"),
            );
        }
        let input = json!({ "staffMemberId": self.id("active staff") });
        done(self.person("administrator"), "administrator/confirmStaffRole", input).await;
        app.person("newcomer").await;
    }

    async fn companies(&mut self, market: &Market<'a>) {
        let app = self.app;
        self.add("signatory", market.provider.clone());
        let (other, signatory) = app.company(&market.city, 300).await;
        self.add("signatory of another company", signatory);
        self.put("other company", other.to_string());
        let (third, signatory) = app.company(&market.city, 400).await;
        self.add("third signatory", signatory);
        self.put("third company", third.to_string());
        for (role, name, of) in [("manager", "manager", "MANAGER"), ("recorder", "recorder", "RECORDER")] {
            let person = app.person(name).await;
            let member = self.join(&person, of).await;
            done(
                self.person("signatory"),
                "provider/confirmMember",
                json!({ "memberId": member }),
            )
            .await;
            self.add(role, person);
        }
        for (name, email) in [("joining", "joining"), ("leaving", "leaving")] {
            let person = app.person(email).await;
            let member = self.join(&person, "MANAGER").await;
            self.put(format!("{name} member"), member);
        }
        for (name, number) in [("first claim", 201), ("second claim", 202)] {
            let person = app.person(&format!("claimant{number}")).await;
            let claimed = done(&person, "provider/registerCompany", self.new_company(number)).await;
            self.put(name, claimed.text("/registerCompany/member/id"));
        }
    }

    async fn join(&self, person: &Person<'_>, role: &str) -> String {
        let input = json!({ "businessId": support::business_id(100), "role": role });
        done(person, "provider/joinCompany", input)
            .await
            .text("/joinCompany/member/id")
    }

    async fn programmes(&mut self) {
        for (name, author) in [
            ("second", "officer"),
            ("third", "officer"),
            ("fourth", "officer"),
            ("fifth", "officer"),
            ("sixth", "officer"),
            ("seventh", "officer"),
            ("eighth", "officer"),
            ("ninth", "officer"),
            ("tenth", "officer"),
            ("sanctioned", "officer"),
            ("resigned", "officer"),
            ("own draft", "officer"),
            ("draft", "deputy"),
        ] {
            let input = json!({ "cityId": self.id("city"), "content": programme_content(Terms::default()) });
            let made = done(self.person(author), "officer/createProgramme", input).await;
            self.put(format!("{name} programme"), made.text("/createProgramme/programme/id"));
            if !name.contains("draft") {
                let programme = self.id(&format!("{name} programme"));
                let input =
                    json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(programme) });
                done(self.person("deputy"), "officer/publishProgramme", input).await;
            }
        }
    }

    /// The terms of the second programme, which are ended, and drafts of the two officers for the days after.
    async fn terms(&mut self) {
        let programme = json!({ "programmeId": self.id("second programme") });
        let seen = self
            .person("officer")
            .run("anyone/programmeTerms", programme)
            .await
            .ok();
        self.put("terms", seen.text("/node/terms/0/id"));
        for (name, author) in [("own draft", "officer"), ("draft", "deputy")] {
            let input = json!({
                "programmeId": self.id("fourth programme"), "validFrom": "2027-06-01",
                "terms": terms_content(&json!({ "flat": { "value": 5_000 } })),
            });
            let made = done(self.person(author), "officer/draftProgrammeTerms", input).await;
            self.put(format!("{name} terms"), made.text("/draftProgrammeTerms/terms/id"));
        }
        let fourth = json!({ "programmeId": self.id("fourth programme") });
        let seen = self.person("officer").run("anyone/programmeTerms", fourth).await.ok();
        let input = json!({
            "termsId": seen.data("/node/terms/0/id"), "expectedVersion": seen.data("/node/terms/0/version"),
            "validUntil": "2027-05-31",
        });
        done(self.person("officer"), "officer/endProgrammeTerms", input).await;
        self.coming_terms().await;
    }

    /// Published terms of the third programme whose first day lies ahead.
    async fn coming_terms(&mut self) {
        let third = json!({ "programmeId": self.id("third programme") });
        let seen = self.person("officer").run("anyone/programmeTerms", third).await.ok();
        let input = json!({
            "termsId": seen.data("/node/terms/0/id"), "expectedVersion": seen.data("/node/terms/0/version"),
            "validUntil": "2027-06-30",
        });
        done(self.person("officer"), "officer/endProgrammeTerms", input).await;
        let input = json!({
            "programmeId": self.id("third programme"), "validFrom": "2027-07-01",
            "terms": terms_content(&json!({ "flat": { "value": 5_000 } })),
        });
        let made = done(self.person("deputy"), "officer/draftProgrammeTerms", input).await;
        let input = json!({ "termsId": made.data("/draftProgrammeTerms/terms/id"), "expectedVersion": 1 });
        let made = done(self.person("officer"), "officer/publishProgrammeTerms", input).await;
        self.put("coming terms", made.text("/publishProgrammeTerms/terms/id"));
    }

    /// A rulebook of the fourth programme, and drafts of the two officers for the next version.
    async fn rulebooks(&mut self) {
        for (name, author) in [("", "deputy"), ("own draft ", "officer"), ("draft ", "deputy")] {
            let input = json!({ "programmeId": self.id("fourth programme"), "content": rulebook_content() });
            let made = done(self.person(author), "officer/draftRulebook", input).await;
            self.put(format!("{name}rulebook"), made.text("/draftRulebook/rulebook/id"));
        }
        let input = json!({ "rulebookId": self.id("rulebook"), "expectedVersion": 1 });
        done(self.person("officer"), "officer/publishRulebook", input).await;
    }

    async fn applications(&mut self) {
        for (name, signatory, company, programme) in [
            ("to approve", "third signatory", "third company", "programme"),
            ("asked", "signatory", "company", "second programme"),
            ("waiting", "signatory", "company", "third programme"),
            ("first", "third signatory", "third company", "second programme"),
            ("second", "third signatory", "third company", "third programme"),
            ("third", "third signatory", "third company", "fourth programme"),
        ] {
            let input = json!({
                "programmeId": self.id(programme), "companyId": self.id(company), "statement": "Ohjaajamme ovat koulutettuja.",
            });
            let applied = done(self.person(signatory), "provider/applyToProgramme", input).await;
            self.put(
                format!("{name} application"),
                applied.text("/applyToProgramme/application/id"),
            );
        }
        let input = json!({
            "applicationId": self.id("to approve application"), "expectedVersion": 1, "validFrom": "2027-01-01",
            "validUntil": "2027-12-31", "grounds": "Ehdot täyttyvät.",
        });
        let approved = done(self.person("approver"), "approver/approveApplication", input).await;
        self.put("approval", approved.text("/approveApplication/approval/id"));
        let input =
            json!({ "applicationId": self.id("asked application"), "expectedVersion": 1, "question": "Kuka ohjaa?" });
        done(self.person("approver"), "approver/requestInformation", input).await;
    }

    async fn offers(&mut self) {
        for number in 0..2 {
            for name in ["to publish", "to archive", "to update", "to pause"] {
                let input = json!({
                    "companyId": self.id("company"), "programmeId": self.id("programme"), "content": offer_content(),
                });
                let created = done(self.person("signatory"), "provider/createOffer", input).await;
                let id = created.text("/createOffer/offer/id");
                if name == "to pause" {
                    done(
                        self.person("signatory"),
                        "provider/publishOffer",
                        json!({ "offerId": id, "expectedVersion": 1 }),
                    )
                    .await;
                }
                self.put(format!("{name} {number}"), id);
            }
        }
    }

    /// The occurrences of [`TIMES`], by the names of their purposes.
    async fn occurrences(&mut self) {
        let occurrence =
            |at: &str| json!({ "startsAt": at, "endsAt": at.replace(":00:00Z", ":45:00Z"), "capacity": 9 });
        let occurrences: Vec<_> = TIMES.iter().chain(&UNBOOKED).map(|(_, at)| occurrence(at)).collect();
        let input = json!({ "offerId": self.id("offer"), "occurrences": occurrences });
        let added = done(self.person("signatory"), "provider/addOccurrences", input).await;
        for answered in added.data("/addOccurrences/occurrences").as_array().unwrap() {
            let at = answered["startsAt"].as_str().unwrap().replace("+00:00", "Z");
            let (name, _) = TIMES.iter().chain(&UNBOOKED).find(|(_, wanted)| at == *wanted).unwrap();
            self.put(
                format!("{name} occurrence"),
                answered["id"].as_str().unwrap().to_owned(),
            );
        }
    }

    /// A mandate of the resident and a guardian of a child.
    async fn relations(&mut self) {
        let input = json!({
            "holderId": self.person("deputy").id, "theme": "BOOKINGS", "validUntil": "2028-01-01T00:00:00Z",
        });
        let given = done(self.person("resident"), "resident/giveMandate", input).await;
        self.put("given relation", given.text("/giveMandate/relation/id"));
        let input = json!({
            "cityId": self.id("city"), "guardianEmail": "third@example.org", "givenName": "Lapsi",
            "familyName": "Esimerkki", "personalCode": "020516B904L", "lang": "FI", "grounds": "Ote.",
        });
        let recorded = done(self.person("officer"), "officer/recordGuardianship", input).await;
        self.put("guardian relation", recorded.text("/recordGuardianship/relation/id"));
        let home = json!({
            "cityId": self.id("city"), "resident": "other@example.org", "municipality": "837", "since": "2020-01-01",
            "grounds": "Ote.",
        });
        done(self.person("officer"), "officer/recordHomeMunicipality", home).await;
    }

    async fn bookings(&mut self, market: &Market<'a>) {
        for (role, name) in [
            ("resident", "resident"),
            ("other resident", "other"),
            ("third resident", "third"),
        ] {
            self.add(role, self.app.person(name).await);
        }
        let voucher = market.voucher(self.person("resident")).await;
        let idle = market.voucher(self.person("third resident")).await;
        self.put("voucher", voucher);
        self.put("idle voucher", idle);
        for (name, _) in TIMES {
            let input = json!({
                "occurrenceId": self.id(&format!("{name} occurrence")), "voucherId": self.id("voucher"),
                "idempotencyKey": key_of(&name.replace(' ', "-")),
            });
            let booked = done(self.person("resident"), "resident/bookOffer", input).await;
            self.put(format!("{name} booking"), booked.text("/bookOffer/booking/id"));
            self.put(format!("{name} code"), booked.text("/bookOffer/booking/code"));
            if !name.starts_with("to confirm") && !name.starts_with("to decline") {
                let input = json!({ "bookingId": self.id(&format!("{name} booking")) });
                done(self.person("signatory"), "provider/confirmBooking", input).await;
            }
        }
    }

    async fn deliveries(&mut self) {
        for (month, at) in [
            ("january", "2027-01-20T11:00:00Z"),
            ("february", "2027-02-02T11:00:00Z"),
            ("march", "2027-03-02T11:00:00Z"),
        ] {
            self.app.clock.set(at.parse().unwrap());
            let signatory = self.app.sign_in("signatory100@example.org").await;
            let input = json!({
                "bookingId": self.id(&format!("{month} booking")), "code": self.id(&format!("{month} code")),
                "idempotencyKey": key_of(&format!("deliver-{month}")),
            });
            done(&signatory, "provider/recordDelivery", input).await;
        }
        self.app.clock.set(READY.parse().unwrap());
        self.sign_in().await;
    }

    /// January is with the bank, February and March are drafts.
    async fn runs(&mut self) {
        for (month, number) in [("january", 1), ("february", 2), ("march", 3)] {
            let input = json!({
                "cityId": self.id("city"), "year": 2027, "month": number, "idempotencyKey": key_of(&format!("run-{month}")),
            });
            let made = done(self.person("second clerk"), "clerk/createSettlementRun", input).await;
            self.put(format!("{month} run"), made.text("/createSettlementRun/run/id"));
        }
        let run = self.id("january run").to_owned();
        let version = |version: i32| {
            let key = key_of(&format!("{run}-{version}"));
            json!({ "runId": run, "expectedVersion": version, "idempotencyKey": key })
        };
        done(self.person("clerk"), "clerk/confirmSettlementRun", version(1)).await;
        done(self.person("clerk"), "clerk/sendSettlementRun", version(2)).await;
        let seen = self
            .actor("clerk")
            .run("clerk/settlementRun", json!({ "runId": run, "first": 10 }))
            .await
            .ok();
        self.put("statement", seen.text("/settlementRun/statements/nodes/0/id"));
        self.put("payment", seen.text("/settlementRun/payments/nodes/0/endToEndId"));
        let input = json!({ "cityId": self.id("city"), "content": self.report("A1", "PDNG"), "idempotencyKey": key_of("upload-A1") });
        let answered = done(self.person("clerk"), "clerk/uploadBankAnswer", input).await;
        self.put("answer", answered.text("/uploadBankAnswer/answer/id"));
        let page = json!({ "cityId": self.id("city"), "first": 10 });
        let accounts = self.actor("auditor").run("auditor/ledgerAccounts", page).await.ok();
        self.put("account", accounts.text("/ledgerAccounts/edges/0/node/id"));
    }
}
