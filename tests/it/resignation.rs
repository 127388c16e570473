//! Companies that resign from a programme with notice (A8).

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, Person, TestApp, both};

use crate::town::{Town, done};

async fn resign(signatory: &Actor<'_>, approval: &str, last_day: &str) -> Answer {
    let input = json!({
        "approvalId": approval, "expectedVersion": 1, "lastDay": last_day, "reason": "Lopetamme toimintamme.",
    });
    signatory
        .run("provider/resignFromProgramme", json!({ "input": input }))
        .await
}

async fn take_back(signatory: &Actor<'_>, resignation: &str) -> Answer {
    let input = json!({ "resignationId": resignation, "expectedVersion": 1 });
    signatory
        .run("provider/takeBackResignation", json!({ "input": input }))
        .await
}

impl Town<'_> {
    /// An approval of the company from which it has resigned.
    pub(crate) async fn resignations(&mut self) {
        let new = json!({
            "programmeId": self.id("resigned programme"), "companyId": self.id("company"), "statement": "Osaamme.",
        });
        let applied = done(self.person("signatory"), "provider/applyToProgramme", new).await;
        let input = json!({
            "applicationId": applied.text("/applyToProgramme/application/id"), "expectedVersion": 1,
            "validFrom": "2027-01-01", "validUntil": "2027-12-31", "grounds": "Ehdot täyttyvät.",
        });
        let approved = done(self.person("approver"), "approver/approveApplication", input).await;
        let approval = approved.text("/approveApplication/approval/id");
        let resigned = resign(self.person("signatory"), &approval, "2027-06-30").await.ok();
        self.put("resigned approval", approval);
        self.put("resignation", resigned.text("/resignFromProgramme/resignation/id"));
    }

    /// Variables of the documents about resignations.
    pub(crate) fn of_resignations(&self, name: &str) -> Option<Value> {
        Some(match name {
            "resignations" => json!({ "cityId": self.id("city"), "first": 10 }),
            "resignFromProgramme" => json!({ "input": {
                "approvalId": self.id("heard approval"), "expectedVersion": 1, "lastDay": "2027-06-30",
                "reason": "Lopetamme.",
            }}),
            "takeBackResignation" => {
                json!({ "input": { "resignationId": self.id("resignation"), "expectedVersion": 1 } })
            }
            _ => return None,
        })
    }
}

/// Resigns from every programme of the market's company but the first.
pub(crate) async fn crowd(market: &Market<'_>) {
    let page = json!({ "cityId": market.city.id, "first": 100 });
    let listed = market.provider.run("anyone/approvedProviders", page).await.ok();
    for edge in &listed.data("/approvedProviders/edges").as_array().unwrap()[1..] {
        let approval = edge["node"]["id"].as_str().unwrap();
        resign(&market.provider, approval, "2027-06-30").await.ok();
    }
}

/// A market with its approval and occurrences on the last day and on the next.
struct Stage<'a> {
    app: &'a TestApp,
    market: Market<'a>,
    approval: String,
    last: String,
    after: String,
}

const LAST_DAY: &str = "2027-03-31";

impl<'a> Stage<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let market = Market::open(app, Terms::default()).await;
        let page = json!({ "cityId": market.city.id, "first": 10 });
        let listed = app.anyone().run("anyone/approvedProviders", page).await.ok();
        // The evening of the last day in Helsinki, and the morning after.
        let at = |start: &str, end: &str| json!({ "startsAt": start, "endsAt": end, "capacity": 9 });
        let times = [
            at("2027-03-31T19:00:00Z", "2027-03-31T20:00:00Z"),
            at("2027-03-31T21:30:00Z", "2027-03-31T22:30:00Z"),
        ];
        let input = json!({ "offerId": market.offer, "occurrences": times });
        let added = done(&market.provider, "provider/addOccurrences", input).await;
        Self {
            approval: listed.text("/approvedProviders/edges/0/node/id"),
            last: added.text("/addOccurrences/occurrences/0/id"),
            after: added.text("/addOccurrences/occurrences/1/id"),
            app,
            market,
        }
    }

    async fn seen(&self) -> Answer {
        let id = json!({ "id": self.approval });
        let signatory = self.app.sign_in(&self.market.provider.email).await;
        signatory.run("approver/approval", id).await.ok()
    }

    /// The subjects of the letters to a person about resignations.
    fn told(&self, person: &Person<'_>) -> Vec<String> {
        let letters = self.app.mails().into_iter().filter(|mail| mail.to == person.email);
        letters
            .map(|mail| mail.subject)
            .filter(|subject| subject.starts_with("Palveluntuottajasi"))
            .collect()
    }
}

#[tokio::test]
async fn nothing_is_booked_after_the_last_day_from_the_notice_on() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let market = &stage.market;
        let (client, other) = (app.person("client").await, app.person("other").await);
        let (voucher, second) = (market.voucher(&client).await, market.voucher(&other).await);
        market.book_at(&client, &stage.after, &voucher, "before").await.ok();

        let short = resign(&market.provider, &stage.approval, "2027-01-31").await;
        assert_eq!(short.user_errors(), ["OUT_OF_RANGE"]);
        let late = resign(&market.provider, &stage.approval, "2027-12-31").await;
        assert_eq!(late.user_errors(), ["OUT_OF_RANGE"]);
        let (one, again) = tokio::join!(
            resign(&market.provider, &stage.approval, LAST_DAY),
            resign(&market.provider, &stage.approval, LAST_DAY)
        );
        let codes: Vec<_> = [&one, &again].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["ALREADY_EXISTS"]);

        let refused = market.book_at(&other, &stage.after, &second, "after").await;
        assert_eq!(refused.user_errors(), ["NOT_APPROVED"]);
        market.book_at(&other, &stage.last, &second, "last").await.ok();
        app.run_jobs().await;
        assert_eq!(stage.told(&client), ["Palveluntuottajasi lopettaa ennen varaustasi"]);
        assert_eq!(stage.told(&other), Vec::<String>::new());

        // The city lists what cannot be kept and releases it; the rest stays.
        let approver = app.sign_in("approver@example.org").await;
        let page = json!({ "approvalId": stage.approval, "first": 10 });
        let listed = approver.run("approver/bookingsToRelease", page).await.ok();
        assert_eq!(listed.data("/bookingsToRelease/totalCount"), 1);
        let input = json!({ "approvalId": stage.approval, "reason": "Tuottaja lopettaa." });
        done(&approver, "approver/releaseBookings", input).await;
        app.run_jobs().await;
        assert_eq!(market.balance(&client).await, (10_000, 0));
        assert_eq!(market.balance(&other).await, (0, 10_000));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_night_after_the_last_day_ends_the_approval_once() {
    both(async |app| {
        let stage = Stage::open(app).await;
        resign(&stage.market.provider, &stage.approval, LAST_DAY).await.ok();
        let providers = &app.contexts.providers;
        // The last minute of the last day in Helsinki.
        app.clock.set("2027-03-31T20:59:00Z".parse().unwrap());
        providers.run_resign().await.unwrap();
        assert_eq!(stage.seen().await.data("/node/state"), "ACTIVE");
        app.clock.set("2027-03-31T21:00:00Z".parse().unwrap());
        let (one, other) = tokio::join!(providers.run_resign(), providers.run_resign());
        one.and(other).unwrap();
        let seen = stage.seen().await;
        assert_eq!((seen.data("/node/state"), seen.data("/node/version")), (&json!("RESIGNED"), &json!(2)));
        assert_eq!(seen.data("/node/resignation/state"), "EFFECTIVE");
        let signatory = app.sign_in(&stage.market.provider.email).await;
        let resignation = seen.text("/node/resignation/id");
        assert_eq!(take_back(&signatory, &resignation).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        // The company may come again.
        let input = json!({ "programmeId": stage.market.programme, "companyId": stage.market.company, "statement": "Palaamme." });
        done(&signatory, "provider/applyToProgramme", input).await;
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_resignation_is_taken_back_before_its_day() {
    both(async |app| {
        let stage = Stage::open(app).await;
        let market = &stage.market;
        let client = app.person("client").await;
        let voucher = market.voucher(&client).await;
        market.book_at(&client, &stage.after, &voucher, "before").await.ok();
        let resigned = resign(&market.provider, &stage.approval, LAST_DAY).await.ok();
        let resignation = resigned.text("/resignFromProgramme/resignation/id");
        app.run_jobs().await;
        let (one, other) = tokio::join!(
            take_back(&market.provider, &resignation),
            take_back(&market.provider, &resignation)
        );
        let codes: Vec<_> = [&one, &other].iter().flat_map(|told| told.user_errors()).collect();
        assert_eq!(codes, ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(stage.seen().await.data("/node/validUntil"), "2027-12-31");
        app.run_jobs().await;
        assert_eq!(
            stage.told(&client),
            [
                "Palveluntuottajasi lopettaa ennen varaustasi",
                "Palveluntuottajasi jatkaa sittenkin"
            ]
        );

        // Given and taken back before anybody was told: nobody hears of a stop.
        let resigned = resign(&market.provider, &stage.approval, LAST_DAY).await.ok();
        let resignation = resigned.text("/resignFromProgramme/resignation/id");
        take_back(&market.provider, &resignation).await.ok();
        app.run_jobs().await;
        assert_eq!(stage.told(&client).len(), 3);
        let second = app.person("second").await;
        let voucher = market.voucher(&second).await;
        let booked = market.book_at(&second, &stage.after, &voucher, &key_of("second")).await;
        booked.ok();
        app.clock.set("2027-04-01T10:00:00Z".parse().unwrap());
        app.contexts.providers.run_resign().await.unwrap();
        assert_eq!(stage.seen().await.data("/node/state"), "ACTIVE");
        app.run_jobs().await;
    })
    .await;
}
