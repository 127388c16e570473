//! The ladder of sanctions: hearings, decisions, requests for rectification (A6).

use cities::City;
use kernel::StaffRole;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::market::{Market, Terms};
use support::{Actor, Answer, Person, TestApp, both};

use crate::town::{Town, done};

/// Opens a hearing.
pub(crate) async fn hear(approver: &Actor<'_>, approval: &str, step: &str) -> Answer {
    let input = json!({ "approvalId": approval, "step": step, "grounds": "Valituksia on monta.", "answerDays": 14 });
    approver.run("approver/openHearing", json!({ "input": input })).await
}

async fn answer(signatory: &Actor<'_>, hearing: &str, version: i32) -> Answer {
    let input = json!({ "hearingId": hearing, "expectedVersion": version, "answer": "Olemme korjanneet puutteet." });
    signatory.run("provider/answerHearing", json!({ "input": input })).await
}

/// Opens a hearing, which the company answers; its version is then 2.
pub(crate) async fn heard(approver: &Actor<'_>, signatory: &Actor<'_>, approval: &str, step: &str) -> String {
    let hearing = hear(approver, approval, step)
        .await
        .ok()
        .text("/openHearing/hearing/id");
    answer(signatory, &hearing, 1).await.ok();
    hearing
}

/// Decides on a rung after a hearing, which is named with its version.
pub(crate) async fn impose(
    approver: &Actor<'_>,
    approval: &str,
    version: i32,
    step: &str,
    hearing: Option<(&str, i32)>,
) -> Answer {
    let heard = hearing.map(|(id, version)| json!({ "hearingId": id, "expectedVersion": version }));
    let input = json!({
        "approvalId": approval, "expectedVersion": version, "step": step, "grounds": "Puutteita ei ole korjattu.",
        "rules": "569/2009 5 §, sääntökirja 3.2", "heard": heard,
    });
    approver.run("approver/imposeSanction", json!({ "input": input })).await
}

/// Hears the company, which answers, and decides.
pub(crate) async fn impose_heard(
    approver: &Actor<'_>,
    signatory: &Actor<'_>,
    approval: &str,
    version: i32,
    step: &str,
) -> Answer {
    let hearing = heard(approver, signatory, approval, step).await;
    impose(approver, approval, version, step, Some((&hearing, 2))).await
}

/// Ends the newest open hearing of a city without a decision.
pub(crate) async fn close_hearing(approver: &Actor<'_>, city: &City) {
    let page = json!({ "cityId": city.id, "state": "OPEN", "first": 10 });
    let open = approver.run("approver/hearings", page).await.ok();
    let node = open.data("/hearings/edges/0/node");
    let input =
        json!({ "hearingId": node["id"], "expectedVersion": node["version"], "outcome": "Asia on selvitetty." });
    approver
        .run("approver/closeHearing", json!({ "input": input }))
        .await
        .ok();
}

async fn suspend(approver: &Actor<'_>, approval: &str, version: i32) -> Answer {
    let input = json!({ "approvalId": approval, "expectedVersion": version, "reason": "Asiakkaat ovat vaarassa." });
    approver
        .run("approver/suspendApproval", json!({ "input": input }))
        .await
}

async fn lift(approver: &Actor<'_>, approval: &str, version: i32) -> Answer {
    let input = json!({ "approvalId": approval, "expectedVersion": version, "reason": "Asiat ovat kunnossa." });
    approver
        .run("approver/reinstateApproval", json!({ "input": input }))
        .await
}

async fn appeal(signatory: &Actor<'_>, sanction: &str) -> Answer {
    let input = json!({ "sanctionId": sanction, "text": "Päätös perustuu väärään tietoon." });
    signatory
        .run("provider/appealSanction", json!({ "input": input }))
        .await
}

async fn rule(approver: &Actor<'_>, sanction: &str, ruling: &str) -> Answer {
    let input =
        json!({ "sanctionId": sanction, "expectedVersion": 1, "ruling": ruling, "grounds": "Asia on tutkittu." });
    approver.run("approver/ruleOnAppeal", json!({ "input": input })).await
}

impl Town<'_> {
    /// Hearings in every state that a document needs, and two notes, one of them appealed.
    pub(crate) async fn sanctions(&mut self) {
        let second = self.app.sign_in("approver100@example.org").await;
        for (name, signatory, company, step) in [
            ("heard", "signatory", "company", "WARNING"),
            ("closing", "third signatory", "third company", "SUSPENSION"),
        ] {
            let new = json!({
                "programmeId": self.id("sanctioned programme"), "companyId": self.id(company), "statement": "Osaamme.",
            });
            let applied = done(self.person(signatory), "provider/applyToProgramme", new).await;
            let input = json!({
                "applicationId": applied.text("/applyToProgramme/application/id"), "expectedVersion": 1,
                "validFrom": "2027-01-01", "validUntil": "2027-12-31", "grounds": "Ehdot täyttyvät.",
            });
            let approved = done(self.person("approver"), "approver/approveApplication", input).await;
            let approval = approved.text("/approveApplication/approval/id");
            let opened = hear(&second, &approval, step).await.ok();
            self.put(format!("{name} hearing"), opened.text("/openHearing/hearing/id"));
            self.put(format!("{name} approval"), approval);
        }
        let stop = self.id("approval to stop").to_owned();
        let ripe = heard(&second, self.person("third signatory"), &stop, "BOOKINGS_STOP").await;
        self.put("ripe hearing", ripe);
        let noted = impose(&second, self.id("heard approval"), 1, "NOTE", None).await.ok();
        let noted = noted.text("/imposeSanction/sanction/id");
        appeal(self.person("signatory"), &noted).await.ok();
        self.put("appealed sanction", noted);
    }

    /// A note of the day on which the town is ready, so that it can be appealed.
    pub(crate) async fn newest_sanction(&mut self) {
        let heard = self.id("heard approval");
        let noted = impose(self.person("approver"), heard, 1, "NOTE", None).await.ok();
        self.put("noted sanction", noted.text("/imposeSanction/sanction/id"));
    }

    /// Variables of the documents about sanctions.
    pub(crate) fn of_sanctions(&self, name: &str) -> Option<Value> {
        let page = |of: &str, id: &str| json!({ of: self.id(id), "first": 10 });
        let input = |input: Value| json!({ "input": input });
        Some(match name {
            "sanctions" | "hearings" => page("cityId", "city"),
            "companySanctions" | "companyHearings" => page("companyId", "company"),
            "openHearing" => input(json!({
                "approvalId": self.id("approval"), "step": "WARNING", "grounds": "Valituksia.", "answerDays": 14,
            })),
            "answerHearing" => input(json!({
                "hearingId": self.id("heard hearing"), "expectedVersion": 1, "answer": "Olemme korjanneet.",
            })),
            "closeHearing" => input(json!({
                "hearingId": self.id("closing hearing"), "expectedVersion": 1, "outcome": "Asia on selvitetty.",
            })),
            "imposeSanction" => input(json!({
                "approvalId": self.id("approval to stop"), "expectedVersion": 1, "step": "BOOKINGS_STOP",
                "grounds": "Valituksia on monta.", "rules": "569/2009 5 §",
                "heard": { "hearingId": self.id("ripe hearing"), "expectedVersion": 2 },
            })),
            "appealSanction" => input(json!({
                "sanctionId": self.id("noted sanction"), "text": "Päätös on väärä.",
            })),
            "ruleOnAppeal" => input(json!({
                "sanctionId": self.id("appealed sanction"), "expectedVersion": 1, "ruling": "UPHELD",
                "grounds": "Asia on tutkittu.",
            })),
            _ => return None,
        })
    }
}

/// Notes about an approval and hearings that are closed, as many as are asked for.
pub(crate) async fn crowd(market: &Market<'_>, approver: &Actor<'_>, many: u32) {
    let page = json!({ "cityId": market.city.id, "first": 1 });
    let listed = approver.run("anyone/approvedProviders", page).await.ok();
    let approval = listed.text("/approvedProviders/edges/0/node/id");
    for _ in 0..many {
        impose(approver, &approval, 1, "NOTE", None).await.ok();
        hear(approver, &approval, "WARNING").await.ok();
        close_hearing(approver, &market.city).await;
    }
}

/// A market with two approvers and the approval of its company.
struct Stage<'a> {
    app: &'a TestApp,
    market: Market<'a>,
    approver: Person<'a>,
    second: Person<'a>,
    approval: String,
}

impl<'a> Stage<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let market = Market::open(app, Terms::default()).await;
        let approver = app.sign_in("approver@example.org").await;
        let second = app.staff(&market.city, StaffRole::Approver, "second").await;
        let page = json!({ "cityId": market.city.id, "first": 10 });
        let listed = app.anyone().run("anyone/approvedProviders", page).await.ok();
        let approval = listed.text("/approvedProviders/edges/0/node/id");
        Self {
            app,
            market,
            approver,
            second,
            approval,
        }
    }

    /// Moves the clock and signs everybody in anew.
    async fn at(&mut self, instant: &str) {
        self.app.clock.set(instant.parse().unwrap());
        for person in [&mut self.approver, &mut self.second, &mut self.market.provider] {
            *person = self.app.sign_in(&person.email).await;
        }
    }

    async fn seen(&self) -> Answer {
        let id = json!({ "id": self.approval });
        self.approver.run("approver/approval", id).await.ok()
    }

    async fn state(&self) -> String {
        self.seen().await.text("/node/state")
    }

    async fn version(&self) -> i32 {
        let seen = self.seen().await;
        i32::try_from(seen.data("/node/version").as_i64().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_company_is_heard_before_it_is_warned() {
    both(async |app| {
        let mut stage = Stage::open(app).await;
        let (approver, approval) = (&stage.approver, &stage.approval);
        let unheard = impose(approver, approval, 1, "WARNING", None).await;
        assert_eq!(unheard.user_errors(), ["NOT_HEARD"]);
        let opened = hear(approver, approval, "WARNING").await.ok();
        let hearing = opened.text("/openHearing/hearing/id");
        assert_eq!(
            hear(approver, approval, "WARNING").await.user_errors(),
            ["ALREADY_EXISTS"]
        );
        let early = impose(approver, approval, 1, "WARNING", Some((&hearing, 1))).await;
        assert_eq!(early.user_errors(), ["NOT_HEARD"]);
        let (one, other) = tokio::join!(
            answer(&stage.market.provider, &hearing, 1),
            answer(&stage.market.provider, &hearing, 1)
        );
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["NOT_ALLOWED_IN_STATE"], "one answer");
        let unread = impose(approver, approval, 1, "WARNING", Some((&hearing, 1))).await;
        assert_eq!(unread.user_errors(), ["CONFLICT"], "the answer has to be read");
        let heavier = impose(approver, approval, 1, "SUSPENSION", Some((&hearing, 2))).await;
        assert_eq!(heavier.user_errors(), ["NOT_HEARD"]);
        let warned = impose(approver, approval, 1, "WARNING", Some((&hearing, 2))).await.ok();
        assert_eq!(warned.data("/imposeSanction/sanction/approval/state"), "WARNED");
        assert_eq!(warned.data("/imposeSanction/sanction/hearing/state"), "DECIDED");
        assert_eq!(warned.data("/imposeSanction/sanction/decidedBy/givenName"), "approver");
        let again = impose(approver, approval, 2, "WARNING", Some((&hearing, 3))).await;
        assert_eq!(again.user_errors(), ["NOT_ALLOWED_IN_STATE"], "a hearing is used once");

        // The company reads it, and its signatory was told by mail of both.
        let page = json!({ "companyId": stage.market.company, "first": 10 });
        let listed = stage.market.provider.run("provider/companySanctions", page).await.ok();
        assert_eq!(listed.data("/companySanctions/totalCount"), 1);
        app.run_jobs().await;
        let subjects: Vec<_> = app.mails().into_iter().map(|mail| mail.subject).collect();
        for told in [
            "Kaupunki kuulee yritystänne ennen päätöstä",
            "Kaupunki on tehnyt päätöksen hyväksynnästänne",
        ] {
            assert_eq!(
                subjects.iter().filter(|subject| *subject == told).count(),
                1,
                "{subjects:?}"
            );
        }

        // The nightly check does not take the warning back; an officer does.
        app.contexts.providers.run_recheck().await.unwrap();
        assert_eq!(stage.state().await, "WARNED");
        stage.at("2027-01-20T10:00:00Z").await;
        lift(&stage.approver, &stage.approval, 2).await.ok();
        assert_eq!(stage.state().await, "ACTIVE");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn silence_counts_after_the_last_day() {
    both(async |app| {
        let mut stage = Stage::open(app).await;
        let opened = hear(&stage.approver, &stage.approval, "BOOKINGS_STOP").await.ok();
        let hearing = opened.text("/openHearing/hearing/id");
        let last = opened.text("/openHearing/hearing/answerBy");
        stage.at(&format!("{last}T20:00:00Z")).await;
        let early = impose(
            &stage.approver,
            &stage.approval,
            1,
            "BOOKINGS_STOP",
            Some((&hearing, 1)),
        )
        .await;
        assert_eq!(early.user_errors(), ["NOT_HEARD"]);
        // Midnight in Helsinki.
        stage.at(&format!("{last}T22:00:00Z")).await;
        // The decision and a late answer at once: whichever comes second finds the hearing changed.
        let (decided, answered) = tokio::join!(
            impose(
                &stage.approver,
                &stage.approval,
                1,
                "BOOKINGS_STOP",
                Some((&hearing, 1))
            ),
            answer(&stage.market.provider, &hearing, 1)
        );
        let codes = [decided.user_errors(), answered.user_errors()].concat();
        assert!(codes == ["CONFLICT"] || codes == ["NOT_ALLOWED_IN_STATE"], "{codes:?}");
        let stopped = stage.state().await == "BOOKINGS_STOPPED";
        assert_eq!(stopped, decided.user_errors().is_empty());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_revocation_takes_two_approvers_and_happens_once() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let hearing = heard(&stage.approver, &stage.market.provider, &stage.approval, "REVOCATION").await;
        let revoke = async |who: &Actor<'_>| impose(who, &stage.approval, 1, "REVOCATION", Some((&hearing, 2))).await;
        assert_eq!(revoke(&stage.approver).await.user_errors(), ["FOUR_EYES"]);
        let (one, other) = tokio::join!(revoke(&stage.second), revoke(&stage.second));
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(stage.state().await, "REVOKED");
        assert_eq!(
            hear(&stage.approver, &stage.approval, "WARNING").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        let noted = impose(&stage.approver, &stage.approval, 2, "NOTE", None).await;
        assert_eq!(noted.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_urgent_suspension_is_heard_afterwards() {
    both(async |app| {
        let stage = Stage::open(app).await;
        suspend(&stage.approver, &stage.approval, 1).await.ok();
        let page = json!({ "companyId": stage.market.company, "first": 10 });
        let hearings = stage
            .market
            .provider
            .run("provider/companyHearings", page.clone())
            .await
            .ok();
        assert_eq!(hearings.data("/companyHearings/edges/0/node/step"), "SUSPENSION");
        let hearing = hearings.text("/companyHearings/edges/0/node/id");
        answer(&stage.market.provider, &hearing, 1).await.ok();
        let listed = stage.market.provider.run("provider/companySanctions", page).await.ok();
        let node = "/companySanctions/edges/0/node";
        assert_eq!(listed.data(&format!("{node}/urgent")), true);
        assert_eq!(listed.data(&format!("{node}/hearing/id")), hearing.as_str());
        lift(&stage.approver, &stage.approval, 2).await.ok();
        assert_eq!(stage.state().await, "ACTIVE");
        // A decision stands for ever.
        let conn = app.db().read();
        for statement in ["UPDATE sanction SET grounds = 'x'", "DELETE FROM sanction"] {
            assert!(conn.execute_unprepared(statement).await.is_err(), "{statement}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn another_approver_rules_on_an_appeal() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let signatory = &stage.market.provider;
        suspend(&stage.approver, &stage.approval, 1).await.ok();
        let page = json!({ "companyId": stage.market.company, "first": 10 });
        let listed = signatory.run("provider/companySanctions", page).await.ok();
        let sanction = listed.text("/companySanctions/edges/0/node/id");
        assert_eq!(
            rule(&stage.second, &sanction, "LIFTED").await.user_errors(),
            ["NOT_FOUND"]
        );
        let (one, other) = tokio::join!(appeal(signatory, &sanction), appeal(signatory, &sanction));
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["ALREADY_EXISTS"]);
        let waiting = json!({ "cityId": stage.market.city.id, "toRule": true, "first": 10 });
        let waits = stage.second.run("approver/sanctions", waiting.clone()).await.ok();
        assert_eq!(waits.data("/sanctions/totalCount"), 1);
        assert_eq!(
            rule(&stage.approver, &sanction, "LIFTED").await.user_errors(),
            ["FOUR_EYES"]
        );
        assert_eq!(
            rule(&stage.second, &sanction, "OPEN").await.user_errors(),
            ["INVALID_FORMAT"]
        );
        let (one, other) = tokio::join!(
            rule(&stage.second, &sanction, "LIFTED"),
            rule(&stage.second, &sanction, "LIFTED")
        );
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!((stage.state().await.as_str(), stage.version().await), ("ACTIVE", 3));
        let all = json!({ "cityId": stage.market.city.id, "first": 10 });
        let chain = stage.second.run("approver/sanctions", all).await.ok();
        assert_eq!(chain.data("/sanctions/edges/1/node/step"), "LIFT");
        assert_eq!(chain.data("/sanctions/edges/1/node/appealed/id"), sanction.as_str());
        assert_eq!(chain.data("/sanctions/edges/0/node/appeal/state"), "LIFTED");
        let waits = stage.second.run("approver/sanctions", waiting).await.ok();
        assert_eq!(waits.data("/sanctions/totalCount"), 0);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_appeal_comes_in_time_and_undoes_nothing_newer() {
    both(async |app| {
        let mut stage = Stage::open(app).await;
        let noted = impose(&stage.approver, &stage.approval, 1, "NOTE", None).await.ok();
        let note = noted.text("/imposeSanction/sanction/id");
        let warned = impose_heard(&stage.approver, &stage.market.provider, &stage.approval, 1, "WARNING").await;
        let warning = warned.ok().text("/imposeSanction/sanction/id");
        appeal(&stage.market.provider, &warning).await.ok();
        suspend(&stage.approver, &stage.approval, 2).await.ok();
        rule(&stage.second, &warning, "LIFTED").await.ok();
        assert_eq!((stage.state().await.as_str(), stage.version().await), ("SUSPENDED", 3));

        let last = noted.text("/imposeSanction/sanction/appealUntil");
        stage.at(&format!("{last}T22:00:00Z")).await;
        assert_eq!(appeal(&stage.market.provider, &note).await.user_errors(), ["TOO_LATE"]);
        app.run_jobs().await;
    })
    .await;
}
