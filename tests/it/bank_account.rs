//! The account that a company is paid to: proposed by one person, confirmed by another (A10).

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, Person, TestApp, both};

use crate::town::{Town, done};

const NEW: &str = "FI4250001510000023";

async fn propose(person: &Actor<'_>, company: &str, version: &Value, iban: &str) -> Answer {
    let input = json!({ "companyId": company, "expectedVersion": version, "iban": iban });
    person
        .run("provider/proposeBankAccount", json!({ "input": input }))
        .await
}

async fn confirm(person: &Actor<'_>, change: &str, version: i32) -> Answer {
    let input = json!({ "accountChangeId": change, "expectedVersion": version });
    person
        .run("approver/confirmBankAccount", json!({ "input": input }))
        .await
}

async fn withdraw(person: &Actor<'_>, change: &str) -> Answer {
    let input = json!({ "accountChangeId": change, "expectedVersion": 1 });
    person
        .run("provider/withdrawBankAccount", json!({ "input": input }))
        .await
}

async fn company(person: &Actor<'_>, company: &str) -> Value {
    let seen = person.run("provider/ownCompany", json!({ "id": company })).await.ok();
    seen.data("/company").clone()
}

impl Town<'_> {
    /// An account that waits for the third company.
    pub(crate) async fn accounts(&mut self) {
        let third = self.id("third company").to_owned();
        let signatory = self.person("third signatory");
        let version = company(signatory, &third).await["version"].clone();
        let proposed = propose(signatory, &third, &version, NEW).await.ok();
        let change = proposed.text("/proposeBankAccount/accountChange/id");
        self.put("account change", change);
    }

    /// Variables of the documents about accounts; what is taken back is proposed first where nothing waits.
    pub(crate) async fn of_accounts(&self, name: &str) -> Option<Value> {
        let id = self.id("company");
        Some(match name {
            "proposeBankAccount" => {
                let version = company(self.person("signatory"), id).await["version"].clone();
                json!({ "input": { "companyId": id, "expectedVersion": version, "iban": NEW } })
            }
            "confirmBankAccount" => {
                json!({ "input": { "accountChangeId": self.id("account change"), "expectedVersion": 1 } })
            }
            "withdrawBankAccount" => {
                let seen = company(self.person("signatory"), id).await;
                if seen["accountChange"].is_null() {
                    let proposed = propose(self.person("signatory"), id, &seen["version"], NEW).await;
                    proposed.ok();
                }
                let change = company(self.person("signatory"), id).await["accountChange"].clone();
                json!({ "input": { "accountChangeId": change["id"], "expectedVersion": 1 } })
            }
            _ => return None,
        })
    }
}

/// A market and its company's manager.
struct Stage<'a> {
    app: &'a TestApp,
    market: Market<'a>,
    company: String,
    manager: Person<'a>,
}

impl<'a> Stage<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let market = Market::open(app, Terms::default()).await;
        let manager = colleague(app, &market.provider, "manager", "MANAGER").await;
        Self {
            company: market.company.to_string(),
            app,
            market,
            manager,
        }
    }

    async fn version(&self) -> Value {
        company(&self.market.provider, &self.company).await["version"].clone()
    }

    /// A proposal of the manager.
    async fn proposed(&self) -> String {
        let answer = propose(&self.manager, &self.company, &self.version().await, NEW).await;
        answer.ok().text("/proposeBankAccount/accountChange/id")
    }

    async fn iban(&self) -> Value {
        company(&self.market.provider, &self.company).await["iban"].clone()
    }

    /// The letters about accounts by address and subject.
    async fn told(&self) -> Vec<(String, String)> {
        self.app.run_jobs().await;
        let letters = self.app.mails().into_iter().map(|mail| (mail.to, mail.subject));
        letters
            .filter(|(_, subject)| subject.starts_with("Tilinumeronne"))
            .collect()
    }
}

/// Somebody whom the signatory of the first company lets work for it.
async fn colleague<'a>(app: &'a TestApp, signatory: &Person<'_>, name: &str, role: &str) -> Person<'a> {
    let person = app.person(name).await;
    let input = json!({ "businessId": support::business_id(100), "role": role });
    let joined = done(&person, "provider/joinCompany", input).await;
    let member = json!({ "memberId": joined.text("/joinCompany/member/id") });
    done(signatory, "provider/confirmMember", member).await;
    person
}

#[tokio::test]
async fn a_second_person_confirms_another_account() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let (signatory, before) = (&stage.market.provider, stage.iban().await);
        let recorder = colleague(app, signatory, "recorder", "RECORDER").await;
        let version = stage.version().await;
        let by_recorder = propose(&recorder, &stage.company, &version, NEW).await;
        assert_eq!(by_recorder.error_code(), Some("FORBIDDEN"));
        let change = stage.proposed().await;
        let second = propose(signatory, &stage.company, &version, "EE382200221020145685").await;
        assert_eq!(second.user_errors(), ["ALREADY_EXISTS"]);
        assert_eq!(stage.iban().await, before, "one person changes nothing");
        let seen = company(signatory, &stage.company).await;
        assert_eq!(seen["accountChange"]["iban"], NEW);
        assert_eq!(company(&recorder, &stage.company).await["accountChange"], Value::Null);

        // Neither the manager herself, nor whoever has nothing to do with it, nor an approver of another city.
        assert_eq!(confirm(&stage.manager, &change, 1).await.user_errors(), ["FOUR_EYES"]);
        assert_eq!(confirm(&recorder, &change, 1).await.user_errors(), ["NOT_FOUND"]);
        let abroad = app.city("564").await;
        let stranger = app.staff(&abroad, StaffRole::Approver, "stranger").await;
        assert_eq!(confirm(&stranger, &change, 1).await.user_errors(), ["NOT_FOUND"]);
        assert_eq!(withdraw(&stranger, &change).await.user_errors(), ["NOT_FOUND"]);
        assert_eq!(confirm(signatory, &change, 7).await.user_errors(), ["CONFLICT"]);
        confirm(signatory, &change, 1).await.ok();
        assert_eq!(stage.iban().await, NEW);
        assert_eq!(
            confirm(signatory, &change, 2).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(
            withdraw(signatory, &change).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(company(signatory, &stage.company).await["accountChange"], Value::Null);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_old_contact_address_hears_of_both_steps() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let change = stage.proposed().await;
        let before = "company100@example.org".to_owned();
        let proposed = (before.clone(), "Tilinumeronne muutosta on ehdotettu".to_owned());
        assert_eq!(stage.told().await, std::slice::from_ref(&proposed));
        let input = json!({
            "companyId": stage.company, "expectedVersion": stage.version().await, "name": "Uusi Oy",
            "email": "uusi@example.org", "lang": "FI",
        });
        done(&stage.manager, "provider/updateCompany", input).await;
        confirm(&stage.market.provider, &change, 1).await.ok();
        let changed = |to: &str| (to.to_owned(), "Tilinumeronne on muutettu".to_owned());
        let mut told = stage.told().await;
        told.sort_unstable();
        assert_eq!(told, [proposed, changed(&before), changed("uusi@example.org")]);
    })
    .await;
}

#[tokio::test]
async fn those_near_count_as_one_and_an_approver_helps_a_lone_signatory() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let signatory = &stage.market.provider;
        let input = json!({
            "holderId": signatory.id, "theme": "BOOKINGS", "validUntil": app.now() + chrono::Duration::days(90),
        });
        done(&stage.manager, "resident/giveMandate", input).await;
        let change = stage.proposed().await;
        assert_eq!(confirm(signatory, &change, 1).await.user_errors(), ["FOUR_EYES"]);
        let approver = app.sign_in("approver@example.org").await;
        let seen = company(&approver, &stage.company).await;
        assert_eq!(
            (&seen["accountChange"]["iban"], &seen["iban"]),
            (&json!(NEW), &Value::Null)
        );
        confirm(&approver, &change, 1).await.ok();
        assert_eq!(stage.iban().await, NEW);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_account_is_refused_with_its_reason() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let version = stage.version().await;
        let own = stage.iban().await;
        for (iban, code) in [
            ("FI4250001510000024", "INVALID_IBAN"),
            ("tilille", "INVALID_IBAN"),
            ("TR33 0006 1005 1978 6457 8413 26", "ACCOUNT_NOT_IN_SEPA"),
            (own.as_str().unwrap(), "SAME_ACCOUNT"),
        ] {
            let refused = propose(&stage.manager, &stage.company, &version, iban).await;
            assert_eq!(refused.user_errors(), [code], "{iban}");
        }
        let stale = propose(&stage.manager, &stage.company, &json!(77), NEW).await;
        assert_eq!(stale.user_errors(), ["CONFLICT"]);
        assert_eq!(stage.told().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_proposal_is_taken_back_or_ends_after_thirty_days() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let first = stage.proposed().await;
        withdraw(&stage.market.provider, &first).await.ok();
        let signatory = &stage.market.provider;
        assert_eq!(
            confirm(signatory, &first, 2).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        let second = stage.proposed().await;
        app.clock.advance(chrono::Duration::days(30));
        let signatory = app.sign_in(&stage.market.provider.email).await;
        assert_eq!(company(&signatory, &stage.company).await["accountChange"], Value::Null);
        assert_eq!(confirm(&signatory, &second, 1).await.user_errors(), ["TOO_LATE"]);
        let version = company(&signatory, &stage.company).await["version"].clone();
        let third = propose(&signatory, &stage.company, &version, NEW).await.ok();
        let third = third.text("/proposeBankAccount/accountChange/id");
        let manager = app.sign_in(&stage.manager.email).await;
        assert_eq!(
            confirm(&manager, &second, 2).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        confirm(&manager, &third, 1).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn two_confirmations_have_one_effect() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let change = stage.proposed().await;
        let approver = app.sign_in("approver@example.org").await;
        let by_city = confirm(&approver, &change, 1).await;
        assert_eq!(by_city.user_errors(), ["FOUR_EYES"], "somebody of the company can");
        let second = colleague(app, &stage.market.provider, "deputymanager", "MANAGER").await;
        let (one, other) = tokio::join!(
            confirm(&stage.market.provider, &change, 1),
            confirm(&second, &change, 1)
        );
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(stage.told().await.len(), 2, "one for each step");
        assert_eq!(
            withdraw(&stage.manager, &change).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_run_keeps_the_account_it_was_made_with() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let market = &stage.market;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        app.clock.set("2027-02-01T11:00:00Z".parse().unwrap());
        let market = Market {
            provider: app.sign_in(&market.provider.email).await,
            ..stage.market
        };
        market.deliver(&booking, &code, "deliver").await.ok();
        app.clock.set("2027-03-02T08:00:00Z".parse().unwrap());
        let stage = Stage {
            market: Market {
                provider: app.sign_in(&market.provider.email).await,
                ..market
            },
            manager: app.sign_in(&stage.manager.email).await,
            ..stage
        };
        let clerk = app.staff(&stage.market.city, StaffRole::SettlementClerk, "clerk").await;
        let second = app
            .staff(&stage.market.city, StaffRole::SettlementClerk, "clerk2")
            .await;
        let before = stage.iban().await;
        let change = stage.proposed().await;
        let input = json!({
            "cityId": stage.market.city.id, "year": 2027, "month": 2, "idempotencyKey": key_of("run"),
        });
        let (run, confirmed) = tokio::join!(
            clerk.run("clerk/createSettlementRun", json!({ "input": input })),
            confirm(&stage.market.provider, &change, 1)
        );
        confirmed.ok();
        let run = run.ok().text("/createSettlementRun/run/id");
        assert_eq!(stage.iban().await, NEW);

        // Whatever is confirmed later, the run pays to the account it has copied.
        let version = stage.version().await;
        let again = propose(&stage.manager, &stage.company, &version, "EE382200221020145685").await;
        let again = again.ok().text("/proposeBankAccount/accountChange/id");
        confirm(&stage.market.provider, &again, 1).await.ok();
        for (clerk, step, version) in [(&second, "confirm", 1), (&clerk, "send", 2)] {
            let input = json!({ "runId": run, "expectedVersion": version, "idempotencyKey": key_of(step) });
            done(clerk, &format!("clerk/{step}SettlementRun"), input).await;
        }
        let page = json!({ "runId": run, "first": 10 });
        let seen = clerk.run("clerk/settlementRun", page).await.ok();
        let paid_to = seen.data("/settlementRun/payments/nodes/0/iban");
        assert!([before, json!(NEW)].contains(paid_to), "{paid_to}");
        app.run_jobs().await;
    })
    .await;
}
