//! Approvals that follow one another: the next one is decided before the present one ends.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::market::{Market, Terms};
use support::{Actor, Answer, Person, TestApp, both};

use crate::inputs::offer_content;
use crate::town::done;

/// A second company in a market, approved until the end of March, with occurrences on its last day and on the next.
struct Stage<'a> {
    app: &'a TestApp,
    market: Market<'a>,
    approver: Person<'a>,
    signatory: Person<'a>,
    company: String,
    present: String,
    last_day: String,
    next_day: String,
}

async fn apply(signatory: &Actor<'_>, programme: &str, company: &str) -> Answer {
    let input = json!({ "programmeId": programme, "companyId": company, "statement": "Jatkamme." });
    signatory
        .run("provider/applyToProgramme", json!({ "input": input }))
        .await
}

async fn approve(approver: &Actor<'_>, application: &str, from: &str, until: &str) -> Answer {
    let input = json!({
        "applicationId": application, "expectedVersion": 1, "validFrom": from, "validUntil": until,
        "grounds": "Ehdot täyttyvät.",
    });
    approver
        .run("approver/approveApplication", json!({ "input": input }))
        .await
}

impl<'a> Stage<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let market = Market::open(
            app,
            Terms {
                value: 20_000,
                ..Terms::default()
            },
        )
        .await;
        let approver = app.sign_in("approver@example.org").await;
        let (company, signatory) = app.company(&market.city, 5).await;
        let company = company.to_string();
        let applied = apply(&signatory, &market.programme, &company).await.ok();
        let application = applied.text("/applyToProgramme/application/id");
        let approved = approve(&approver, &application, "2027-01-01", "2027-03-31").await.ok();
        let content = json!({ "companyId": company, "programmeId": market.programme, "content": offer_content() });
        let offer = done(&signatory, "provider/createOffer", content).await;
        let offer = offer.text("/createOffer/offer/id");
        done(
            &signatory,
            "provider/publishOffer",
            json!({ "offerId": offer, "expectedVersion": 1 }),
        )
        .await;
        // The evening of the last day in Helsinki, and the morning after.
        let at = |start: &str, end: &str| json!({ "startsAt": start, "endsAt": end, "capacity": 9 });
        let times = [
            at("2027-03-31T19:00:00Z", "2027-03-31T20:00:00Z"),
            at("2027-04-01T07:00:00Z", "2027-04-01T08:00:00Z"),
        ];
        let added = json!({ "offerId": offer, "occurrences": times });
        let added = done(&signatory, "provider/addOccurrences", added).await;
        Self {
            present: approved.text("/approveApplication/approval/id"),
            last_day: added.text("/addOccurrences/occurrences/0/id"),
            next_day: added.text("/addOccurrences/occurrences/1/id"),
            app,
            market,
            approver,
            signatory,
            company,
        }
    }

    /// An application for the next approval.
    async fn applied(&self) -> String {
        let applied = apply(&self.signatory, &self.market.programme, &self.company).await;
        applied.ok().text("/applyToProgramme/application/id")
    }

    /// The next approval, from April until the end of the year.
    async fn renewed(&self) -> String {
        let approved = approve(&self.approver, &self.applied().await, "2027-04-01", "2027-12-31").await;
        approved.ok().text("/approveApplication/approval/id")
    }

    async fn state(&self, approval: &str) -> String {
        let approver = self.app.sign_in(&self.approver.email).await;
        let seen = approver.run("approver/approval", json!({ "id": approval })).await.ok();
        seen.text("/node/state")
    }

    /// The approvals of the company in the register of a day.
    async fn register(&self, day: &str) -> Vec<String> {
        let page = json!({ "cityId": self.market.city.id, "day": day, "first": 10 });
        let listed = self.app.anyone().run("anyone/approvedProviders", page).await.ok();
        let rows = listed.data("/approvedProviders/edges").as_array().unwrap().clone();
        let own = rows.iter().filter(|row| row["node"]["company"]["id"] == self.company);
        own.map(|row| row["node"]["id"].as_str().unwrap().to_owned()).collect()
    }

    /// How often the company was told that its approval ends.
    fn reminders(&self) -> usize {
        let letters = self.app.mails().into_iter();
        letters
            .filter(|mail| mail.subject == "Hyväksyntänne on päättymässä")
            .count()
    }

    /// Goes on at another instant; the company's signatory signs in anew.
    async fn at(&mut self, instant: &str) {
        self.app.clock.set(instant.parse().unwrap());
        self.signatory = self.app.sign_in(&self.signatory.email).await;
        self.approver = self.app.sign_in(&self.approver.email).await;
    }
}

#[tokio::test]
async fn the_next_approval_begins_on_the_day_after_the_present_one() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let market = &stage.market;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let early = apply(&market.provider, &market.programme, &market.company.to_string()).await;
        assert_eq!(early.user_errors(), ["ALREADY_EXISTS"], "it ends in December");
        let (one, other) = tokio::join!(
            apply(&stage.signatory, &market.programme, &stage.company),
            apply(&stage.signatory, &market.programme, &stage.company)
        );
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["ALREADY_EXISTS"]);
        let applied = if one.user_errors().is_empty() { one } else { other };
        let application = applied.text("/applyToProgramme/application/id");
        let undecided = market.book_at(&resident, &stage.next_day, &voucher, "undecided").await;
        assert_eq!(undecided.user_errors(), ["NOT_APPROVED"]);

        for from in ["2027-03-31", "2027-04-02", "2027-01-01"] {
            let refused = approve(&stage.approver, &application, from, "2027-12-31").await;
            assert_eq!(refused.user_errors(), ["OUT_OF_RANGE"], "{from}");
        }
        let (one, other) = tokio::join!(
            approve(&stage.approver, &application, "2027-04-01", "2027-12-31"),
            approve(&stage.approver, &application, "2027-04-01", "2027-12-31")
        );
        let refused: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(refused, ["NOT_ALLOWED_IN_STATE"]);
        let approved = if one.user_errors().is_empty() { one } else { other };
        let next = approved.text("/approveApplication/approval/id");
        market
            .book_at(&resident, &stage.next_day, &voucher, "decided")
            .await
            .ok();
        market
            .book_at(&resident, &stage.last_day, &voucher, "present")
            .await
            .ok();
        assert_eq!(stage.register("2027-03-31").await, std::slice::from_ref(&stage.present));
        assert_eq!(stage.register("2027-04-01").await, [next]);
        let third = apply(&stage.signatory, &market.programme, &stage.company).await;
        assert_eq!(third.user_errors(), ["ALREADY_EXISTS"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn no_two_approvals_share_a_day_whoever_writes_them() {
    both(async |app| {
        let stage = Stage::open(app).await;
        stage.renewed().await;
        for sql in [
            "UPDATE approval SET valid_from = '2027-03-31' WHERE valid_from = '2027-04-01'",
            "UPDATE approval SET valid_until = '2027-04-01' WHERE valid_until = '2027-03-31'",
        ] {
            let refused = app.db().read().execute_unprepared(sql).await.unwrap_err().to_string();
            assert!(refused.contains("approvals share a day"), "{refused}");
        }
        // What has ended holds no days.
        let sql = "UPDATE approval SET state = 'REVOKED', valid_until = '2027-12-31' WHERE valid_until = '2027-03-31'";
        app.db().read().execute_unprepared(sql).await.unwrap();
        let sql = "UPDATE approval SET state = 'ACTIVE' WHERE state = 'REVOKED'";
        let refused = app.db().read().execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(refused.contains("approvals share a day"), "{refused}");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_night_after_its_last_day_the_approval_gives_way_once() {
    both(async |app| {
        let mut stage = Stage::open(app).await;
        let next = stage.renewed().await;
        let providers = &app.contexts.providers;
        // The last minute of the last day in Helsinki, and the first of the next.
        stage.at("2027-03-31T20:59:00Z").await;
        providers.run_recheck().await.unwrap();
        assert_eq!(stage.state(&stage.present).await, "ACTIVE");
        stage.at("2027-03-31T21:00:00Z").await;
        let (one, other) = tokio::join!(providers.run_recheck(), providers.run_recheck());
        one.and(other).unwrap();
        assert_eq!(stage.state(&stage.present).await, "EXPIRED");
        assert_eq!(stage.state(&next).await, "ACTIVE");
        app.run_jobs().await;
        assert_eq!(stage.reminders(), 0, "the next one is decided");
    })
    .await;
}

#[tokio::test]
async fn a_company_is_reminded_of_the_end_until_it_applies() {
    both(async |app| {
        let mut stage = Stage::open(app).await;
        let providers = &app.contexts.providers;
        for (instant, told) in [
            ("2027-01-29T10:00:00Z", 0),
            ("2027-01-30T10:00:00Z", 1),
            ("2027-01-31T10:00:00Z", 1),
            ("2027-03-01T10:00:00Z", 2),
        ] {
            stage.at(instant).await;
            let (one, other) = tokio::join!(providers.run_recheck(), providers.run_recheck());
            one.and(other).unwrap();
            app.run_jobs().await;
            assert_eq!(stage.reminders(), told, "{instant}");
        }
        stage.applied().await;
        stage.at("2027-03-25T10:00:00Z").await;
        providers.run_recheck().await.unwrap();
        app.run_jobs().await;
        assert_eq!(stage.reminders(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_suspension_touches_the_days_of_its_approval_only() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let market = &stage.market;
        let residents = [app.person("resident").await, app.person("other").await];
        stage.renewed().await;
        for (resident, (occurrence, key)) in residents
            .iter()
            .zip([(&stage.last_day, "last"), (&stage.next_day, "next")])
        {
            let voucher = market.voucher(resident).await;
            market.book_at(resident, occurrence, &voucher, key).await.ok();
        }
        let input = json!({ "approvalId": stage.present, "expectedVersion": 1, "reason": "Asiakkaat ovat vaarassa." });
        done(&stage.approver, "approver/suspendApproval", input).await;
        let page = json!({ "approvalId": stage.present, "first": 10 });
        let listed = stage.approver.run("approver/bookingsToRelease", page).await.ok();
        assert_eq!(listed.data("/bookingsToRelease/totalCount"), 1);
        let input = json!({ "approvalId": stage.present, "reason": "Toiminta on keskeytetty." });
        done(&stage.approver, "approver/releaseBookings", input).await;
        app.run_jobs().await;
        assert_eq!(market.balance(&residents[0]).await, (20_000, 0));
        assert_eq!(market.balance(&residents[1]).await, (19_000, 1_000));
    })
    .await;
}

#[tokio::test]
async fn a_resignation_ends_the_next_approval_too() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let next = stage.renewed().await;
        let input = json!({
            "approvalId": stage.present, "expectedVersion": 1, "lastDay": "2027-02-28", "reason": "Lopetamme.",
        });
        let resigned = done(&stage.signatory, "provider/resignFromProgramme", input).await;
        assert_eq!(stage.state(&next).await, "RESIGNED");
        // The company thinks better of it and is approved anew for the days it has given up.
        let application = stage.applied().await;
        approve(&stage.approver, &application, "2027-03-01", "2027-06-30")
            .await
            .ok();
        let resignation = resigned.text("/resignFromProgramme/resignation/id");
        let input = json!({ "resignationId": resignation, "expectedVersion": 1 });
        let late = stage
            .signatory
            .run("provider/takeBackResignation", json!({ "input": input }))
            .await;
        assert_eq!(late.user_errors(), ["ALREADY_EXISTS"]);
        app.run_jobs().await;
        assert_eq!(late.body["data"]["takeBackResignation"]["resignation"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_revocation_is_not_lifted_over_another_approval() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let second = app
            .staff(&stage.market.city, kernel::StaffRole::Approver, "second")
            .await;
        let hearing = crate::sanctions::heard(&second, &stage.signatory, &stage.present, "REVOCATION").await;
        let revoked = crate::sanctions::impose(&stage.approver, &stage.present, 1, "REVOCATION", Some((&hearing, 2)));
        let sanction = revoked.await.ok().text("/imposeSanction/sanction/id");
        let input = json!({ "sanctionId": sanction, "text": "Päätös perustuu väärään tietoon." });
        done(&stage.signatory, "provider/appealSanction", input).await;
        let application = stage.applied().await;
        approve(&stage.approver, &application, "2027-03-31", "2027-06-30")
            .await
            .ok();
        let input = json!({
            "sanctionId": sanction, "expectedVersion": 1, "ruling": "LIFTED", "grounds": "Asia on tutkittu.",
        });
        let ruled = second.run("approver/ruleOnAppeal", json!({ "input": input })).await;
        assert_eq!(ruled.user_errors(), ["ALREADY_EXISTS"]);
        app.run_jobs().await;
    })
    .await;
}
