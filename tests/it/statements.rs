//! A long list costs as many statements as a short one.

use chrono::{DateTime, Duration, Utc};
use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content};
use support::{Actor, Person, TestApp, both, business_id};

use crate::inputs::{documents, offer_content};
use crate::mass_grants::{list, path};
use crate::town::done;

/// How many rows each list has at least.
const MANY: u32 = 20;

/// The documents whose lists do not depend on `first`, or depend on it in a way of their own; each has a test below.
const OTHERS: [&str; 8] = [
    "approver/bookingsToRelease",
    "anyone/cities",
    "clerk/bankAnswer",
    "officer/massGrant",
    "clerk/settlementRun",
    "provider/myCompanies",
    "provider/statement",
    "resident/me",
];

/// A city in which there are at least twenty of everything.
struct Crowd<'a> {
    app: &'a TestApp,
    market: Market<'a>,
    deputy: Person<'a>,
    approver: Person<'a>,
    clerk: Person<'a>,
    second_clerk: Person<'a>,
    administrator: Person<'a>,
    auditor: Person<'a>,
    resident: Person<'a>,
    /// Has many companies.
    owner: Person<'a>,
    /// Has two.
    small_owner: Person<'a>,
    voucher: String,
    statement: String,
    answer: String,
    list: String,
}

impl<'a> Crowd<'a> {
    async fn gather(app: &'a TestApp) -> Self {
        let market = Market::open(
            app,
            Terms {
                value: 20_000,
                price: 1_000,
                ..Terms::default()
            },
        )
        .await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let mut crowd = Self {
            deputy: app.sign_in("deputy@example.org").await,
            approver: app.sign_in("approver@example.org").await,
            clerk: app.staff(&market.city, StaffRole::SettlementClerk, "clerk").await,
            second_clerk: app.staff(&market.city, StaffRole::SettlementClerk, "clerk2").await,
            administrator: app.staff(&market.city, StaffRole::Administrator, "administrator").await,
            auditor: app.staff(&market.city, StaffRole::Auditor, "auditor").await,
            owner: app.person("owner").await,
            small_owner: app.person("small").await,
            app,
            market,
            resident,
            voucher,
            statement: String::new(),
            answer: String::new(),
            list: String::new(),
        };
        for number in 0..MANY {
            crowd.programme(number).await;
            crowd.newcomer(number).await;
        }
        crate::sanctions::crowd(&crowd.market, &crowd.approver, MANY).await;
        crate::resignation::crowd(&crowd.market).await;
        crate::income_review::crowd(&crowd.market, &crowd.deputy, &crowd.resident, MANY).await;
        crowd.mass_grants().await;
        crowd.own(&crowd.owner, 400, MANY).await;
        crowd.own(&crowd.small_owner, 500, 2).await;
        crowd.january().await;
        crowd.runs().await;
        // A month after the grants, when incomes are asked for.
        crowd.at("2027-02-11T08:00:00Z").await;
        app.run_jobs().await;
        crate::corrections::crowd(app).await;
        crowd
    }

    /// A programme with an approval, an offer and a voucher of the resident.
    async fn programme(&self, number: u32) {
        let input = json!({ "cityId": self.market.city.id, "content": programme_content(Terms::default()) });
        let programme = done(&self.market.officer, "officer/createProgramme", input)
            .await
            .text("/createProgramme/programme/id");
        done(
            &self.deputy,
            "officer/publishProgramme",
            json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) }),
        )
        .await;
        let input = json!({ "programmeId": programme, "companyId": self.market.company, "statement": "Osaamme." });
        let applied = done(&self.market.provider, "provider/applyToProgramme", input).await;
        let input = json!({
            "applicationId": applied.text("/applyToProgramme/application/id"), "expectedVersion": 1,
            "validFrom": "2027-01-01", "validUntil": "2027-12-31", "grounds": "Ehdot täyttyvät.",
        });
        done(&self.approver, "approver/approveApplication", input).await;
        let input = json!({ "companyId": self.market.company, "programmeId": programme, "content": offer_content() });
        let offer = done(&self.market.provider, "provider/createOffer", input)
            .await
            .text("/createOffer/offer/id");
        done(
            &self.market.provider,
            "provider/publishOffer",
            json!({ "offerId": offer, "expectedVersion": 1 }),
        )
        .await;
        self.occurrences(&offer, "2027-03-01T08:00:00Z", 2).await;
        let input = json!({ "programmeId": programme, "statement": "Haluan oppia uimaan." });
        let sent = done(&self.resident, "resident/applyForVoucher", input).await;
        let input = json!({
            "applicationId": sent.data("/applyForVoucher/application/id"), "expectedVersion": 1,
            "grounds": "Ikä täyttää ehdot.", "rulesApplied": "569/2009, 7 §", "contact": "Neuvonta",
            "idempotencyKey": key_of(&format!("grant-{number}")),
        });
        let granted = done(&self.market.officer, "officer/grantVoucherApplication", input).await;
        let input = json!({
            "decisionId": granted.data("/grantVoucherApplication/decision/id"), "demand": "Pyydän enemmän.",
            "grounds": "Tilanteeni on muuttunut.",
        });
        done(&self.resident, "resident/requestRectification", input).await;
    }

    /// Lists of as many rows.
    async fn mass_grants(&mut self) {
        let rows: Vec<_> = (0..MANY)
            .map(|number| (number.to_string(), format!("newcomer{number}@example.org")))
            .collect();
        let rows: Vec<_> = rows.iter().map(|(key, email)| (key.as_str(), email.as_str())).collect();
        for number in 0..MANY {
            let (path, key) = (path(&self.market.programme), key_of(&format!("list-{number}")));
            let drafted = self.market.officer.upload(&path, &key, list(&rows)).await;
            drafted.body["id"].as_str().unwrap().clone_into(&mut self.list);
        }
    }

    /// Occurrences one after another; answers their ids.
    async fn occurrences(&self, offer: &str, first: &str, count: u32) -> Vec<String> {
        let first: DateTime<Utc> = first.parse().unwrap();
        let times = (0..count).map(|number| first + Duration::minutes(20) * i32::try_from(number).unwrap());
        let times: Vec<_> = times
            .map(|at| json!({ "startsAt": at, "endsAt": at + Duration::minutes(15), "capacity": 5 }))
            .collect();
        let added = done(
            &self.market.provider,
            "provider/addOccurrences",
            json!({ "offerId": offer, "occurrences": times }),
        )
        .await;
        let rows = added.data("/addOccurrences/occurrences").as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Somebody who wants to work for the company, claims one of her own, gets a voucher and a role in the staff.
    async fn newcomer(&self, number: u32) {
        let person = self.app.person(&format!("newcomer{number}")).await;
        done(
            &person,
            "provider/joinCompany",
            json!({ "businessId": business_id(100), "role": "MANAGER" }),
        )
        .await;
        done(&person, "provider/registerCompany", self.new_company(600 + number)).await;
        let voucher = self.market.voucher(&person).await;
        let input =
            json!({ "voucherId": voucher, "expectedVersion": 1, "idempotencyKey": key_of(&format!("no-{number}")) });
        done(&person, "resident/declineVoucher", input).await;
        let input = json!({ "cityId": self.market.city.id, "email": person.email, "role": "ADVISOR" });
        done(&self.administrator, "administrator/proposeStaffRole", input).await;
    }

    fn new_company(&self, number: u32) -> Value {
        json!({
            "cityId": self.market.city.id, "businessId": business_id(number), "name": "Siivous Oy", "kind": "COMPANY",
            "email": "siivous@example.org", "iban": "FI2112345600000785", "lang": "FI",
        })
    }

    async fn own(&self, person: &Person<'_>, from: u32, count: u32) {
        for number in from..from + count {
            let claimed = done(person, "provider/registerCompany", self.new_company(number)).await;
            let member = claimed.data("/registerCompany/member/id");
            done(
                &self.approver,
                "approver/confirmSignatory",
                json!({ "memberId": member }),
            )
            .await;
        }
    }

    /// Books, confirms and delivers in January.
    async fn january(&mut self) {
        let mut booked = Vec::new();
        for occurrence in self.occurrences(&self.market.offer, "2027-01-13T08:00:00Z", MANY).await {
            let input = json!({ "occurrenceId": occurrence, "voucherId": self.voucher, "idempotencyKey": key_of(&occurrence[occurrence.len() - 20..]) });
            let answer = done(&self.resident, "resident/bookOffer", input).await;
            let booking = answer.text("/bookOffer/booking/id");
            done(
                &self.market.provider,
                "provider/confirmBooking",
                json!({ "bookingId": booking }),
            )
            .await;
            booked.push((booking, answer.text("/bookOffer/booking/code")));
        }
        self.at("2027-01-14T08:00:00Z").await;
        for (number, (booking, code)) in booked.iter().enumerate() {
            self.market
                .deliver(booking, code, &format!("deliver-{number}"))
                .await
                .ok();
        }
    }

    /// Moves the clock and signs everybody in anew.
    async fn at(&mut self, instant: &str) {
        self.app.clock.set(instant.parse().unwrap());
        for person in [
            &mut self.market.officer,
            &mut self.market.provider,
            &mut self.approver,
            &mut self.clerk,
            &mut self.second_clerk,
            &mut self.administrator,
            &mut self.auditor,
            &mut self.resident,
            &mut self.owner,
            &mut self.small_owner,
        ] {
            *person = self.app.sign_in(&person.email).await;
        }
    }

    /// Runs of January that are cancelled, one that stays, and answers of the bank.
    async fn runs(&mut self) {
        self.at("2027-02-01T08:00:00Z").await;
        for number in 0..=MANY {
            let input = json!({
                "cityId": self.market.city.id, "year": 2027, "month": 1, "idempotencyKey": key_of(&format!("january-{number}")),
            });
            let run = done(&self.clerk, "clerk/createSettlementRun", input)
                .await
                .text("/createSettlementRun/run/id");
            let version = |version: i32| {
                let key = key_of(&format!("{run}-{version}"));
                json!({ "runId": run, "expectedVersion": version, "idempotencyKey": key })
            };
            done(&self.second_clerk, "clerk/confirmSettlementRun", version(1)).await;
            if number < MANY {
                done(&self.clerk, "clerk/cancelSettlementRun", version(2)).await;
            } else {
                let seen = self
                    .clerk
                    .run("clerk/settlementRun", json!({ "runId": run, "first": 1 }))
                    .await
                    .ok();
                self.statement = seen.text("/settlementRun/statements/nodes/0/id");
            }
            let key = key_of(&format!("upload-{number}"));
            let input = json!({ "cityId": self.market.city.id, "content": report(number), "idempotencyKey": key });
            self.answer = done(&self.clerk, "clerk/uploadBankAnswer", input)
                .await
                .text("/uploadBankAnswer/answer/id");
        }
    }

    /// Who runs a list document, with which variables beside `first`; `None` for what is no list.
    fn list(&self, document: &str) -> Option<(&Actor<'a>, Value)> {
        let city = json!({ "cityId": self.market.city.id });
        let company = json!({ "companyId": self.market.company });
        Some(match document {
            "anyone/offers" => (&self.resident, json!({ "filter": city })),
            "resident/offersWithMyVoucher" => (&self.resident, json!({ "filter": city, "voucherId": self.voucher })),
            "anyone/approvedProviders" | "anyone/programmes" => (&self.resident, city),
            "resident/myBookings"
            | "resident/myVouchers"
            | "resident/myIncomeReviews"
            | "resident/myVoucherApplications"
            | "resident/myVoucherDecisions" => (&self.resident, json!({})),
            "provider/companyStatements" => (&self.auditor, company),
            "provider/companyApplications"
            | "provider/companyBookings"
            | "provider/companyHearings"
            | "provider/companySanctions"
            | "provider/companyMembers"
            | "provider/companyOffers" => (&self.market.provider, company),
            "provider/offerSchedule" => (&self.market.provider, json!({ "offerId": self.market.offer })),
            "officer/massGrants" | "officer/programmeVouchers" => {
                (&self.market.officer, json!({ "programmeId": self.market.programme }))
            }
            "officer/incomeReviews"
            | "officer/officerTasks"
            | "officer/rectifications"
            | "officer/voucherApplications" => (&self.market.officer, city),
            "approver/applications"
            | "approver/hearings"
            | "approver/resignations"
            | "approver/sanctions"
            | "approver/signatoryClaims" => (&self.approver, city),
            "auditor/auditRecords" | "auditor/ledgerAccounts" | "auditor/ledgerTransfers" => (&self.auditor, city),
            "clerk/settlementRuns" | "clerk/bankAnswers" | "clerk/shareCorrections" => (&self.clerk, city),
            "administrator/staff" => (&self.administrator, city),
            _ => return None,
        })
    }

    /// How many rows a document answers, and with how many statements.
    async fn cost(&self, actor: &Actor<'_>, document: &str, variables: &Value, first: u32) -> (usize, u64) {
        let mut variables = variables.clone();
        variables["first"] = json!(first);
        let before = self.app.statements();
        let answer = actor.run(document, variables).await.ok();
        let statements = self.app.statements() - before;
        (longest_list(&answer.body["data"]), statements)
    }
}

/// A status report with twenty payments that nobody knows.
fn report(number: u32) -> String {
    let payments = (0..MANY).map(|payment| {
        format!("<TxInfAndSts><OrgnlEndToEndId>X{number}-{payment}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>")
    });
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>M{number}</MsgId></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>any</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{}</OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>",
        payments.collect::<String>()
    )
}

/// The number of items of the longest list in a value.
fn longest_list(value: &Value) -> usize {
    match value {
        Value::Array(items) => items
            .len()
            .max(items.iter().map(longest_list).max().unwrap_or_default()),
        Value::Object(fields) => fields.values().map(longest_list).max().unwrap_or_default(),
        _ => 0,
    }
}

#[tokio::test]
async fn a_long_list_costs_as_many_statements_as_a_short_one() {
    both(async |app| {
        let crowd = Crowd::gather(app).await;
        let (mut lists, mut dear) = (0, Vec::new());
        for document in documents() {
            let Some((actor, variables)) = crowd.list(document) else {
                continue;
            };
            let (two, few) = crowd.cost(actor, document, &variables, 2).await;
            let (twenty, many) = crowd.cost(actor, document, &variables, MANY).await;
            lists += 1;
            // A loader may split its keys once.
            if two < 2 || twenty < 20 || many > few + 1 {
                dear.push(format!(
                    "{document}: {few} statements for {two} rows, {many} for {twenty}"
                ));
            }
            if document == "anyone/offers" {
                assert!(many <= 5, "{many} statements for the catalogue");
            }
        }
        assert_eq!(dear, Vec::<String>::new());
        let paged = api::http::Operations::embedded();
        let paged = paged
            .iter()
            .filter(|(path, text)| text.contains("$first: Int!") && !OTHERS.contains(path))
            .count();
        assert_eq!(lists, paged, "every document with `first` is measured");
        for (actor, document, variables) in [
            (
                &crowd.market.provider,
                "provider/statement",
                json!({ "statementId": crowd.statement }),
            ),
            (
                &crowd.clerk,
                "clerk/bankAnswer",
                json!({ "answerId": crowd.answer, "afterLine": 0 }),
            ),
            (
                &crowd.market.officer,
                "officer/massGrant",
                json!({ "massGrantId": crowd.list, "afterLine": 0 }),
            ),
        ] {
            let (two, few) = crowd.cost(actor, document, &variables, 2).await;
            let (twenty, many) = crowd.cost(actor, document, &variables, MANY).await;
            assert!(
                two == 2 && twenty == 20 && many <= few + 1,
                "{document}: {few} for {two}, {many} for {twenty}"
            );
        }
        for document in ["resident/me", "provider/myCompanies"] {
            let count = async |person: &Person<'_>| {
                let before = app.statements();
                let answer = person.run(document, json!({})).await.ok();
                (longest_list(&answer.body["data"]), app.statements() - before)
            };
            let ((two, few), (twenty, many)) = (count(&crowd.small_owner).await, count(&crowd.owner).await);
            assert!(
                two == 2 && twenty == 20 && many <= few + 1,
                "{document}: {few} for {two}, {many} for {twenty}"
            );
        }
        app.run_jobs().await;
    })
    .await;
}
