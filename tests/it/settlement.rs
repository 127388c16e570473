//! Settlement through the API: from deliveries to the bank and back.

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, Person, TestApp, both};

/// A market after its visits, on 2 March 2027, with two clerks.
struct Month<'a> {
    market: Market<'a>,
    clerk: Person<'a>,
    second: Person<'a>,
}

impl<'a> Month<'a> {
    /// Delivers as many visits as wanted, each paid with a voucher share of 100.00 €.
    async fn ended(app: &'a TestApp, visits: u32) -> Self {
        let market = Market::open(app, Terms::default()).await;
        let mut booked = Vec::new();
        for number in 0..visits {
            let resident = app.person(&format!("resident{number}")).await;
            let voucher = market.voucher(&resident).await;
            booked.push(market.confirmed(&resident, &voucher, &format!("book-{number}")).await);
        }
        app.clock.set("2027-02-01T11:00:00Z".parse().unwrap());
        let market = Market {
            provider: app.sign_in(&market.provider.email).await,
            ..market
        };
        for (booking, code) in &booked {
            market.deliver(booking, code, &format!("deliver-{code}")).await.ok();
        }
        app.clock.set("2027-03-02T08:00:00Z".parse().unwrap());
        let clerk = app.staff(&market.city, StaffRole::SettlementClerk, "clerk").await;
        let second = app.staff(&market.city, StaffRole::SettlementClerk, "clerk2").await;
        let market = Market {
            provider: app.sign_in(&market.provider.email).await,
            ..market
        };
        Self { market, clerk, second }
    }

    async fn create(&self, key: &str, month: i32) -> Answer {
        let input = json!({
            "cityId": self.market.city.id, "year": 2027, "month": month, "idempotencyKey": key_of(key),
        });
        self.clerk
            .run("clerk/createSettlementRun", json!({ "input": input }))
            .await
    }

    async fn act(&self, actor: &Actor<'_>, operation: &str, run: &str, version: i32) -> Answer {
        let key = key_of(&format!("{operation}-{run}-{version}"));
        let input = json!({ "runId": run, "expectedVersion": version, "idempotencyKey": key });
        actor
            .run(&format!("clerk/{operation}SettlementRun"), json!({ "input": input }))
            .await
    }

    /// A run of February that is with the bank: its id and its only payment.
    async fn sent(&self) -> (String, Value) {
        let run = self
            .create("february", 2)
            .await
            .ok()
            .text("/createSettlementRun/run/id");
        self.act(&self.second, "confirm", &run, 1).await.ok();
        self.act(&self.clerk, "send", &run, 2).await.ok();
        let payment = self.run(&self.clerk, &run).await.data("/payments/nodes/0").clone();
        (run, payment)
    }

    async fn run(&self, actor: &Actor<'_>, run: &str) -> Seen {
        let answer = actor
            .run("clerk/settlementRun", json!({ "runId": run, "first": 10 }))
            .await
            .ok();
        Seen(answer.data("/settlementRun").clone())
    }

    async fn upload(&self, actor: &Actor<'_>, key: &str, content: &str) -> Answer {
        let input = json!({ "cityId": self.market.city.id, "content": content, "idempotencyKey": key_of(key) });
        actor.run("clerk/uploadBankAnswer", json!({ "input": input })).await
    }
}

/// What somebody sees of a run.
struct Seen(Value);

impl Seen {
    fn data(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }
}

/// Status and code of an answer that is no document's.
fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.error_code().unwrap_or("none"))
}

/// A status report on one payment.
fn report(id: &str, payment: &Value, status: &str) -> String {
    let payment = payment["endToEndId"].as_str().unwrap();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>{id}</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>any</OrgnlMsgId></OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>{payment}</OrgnlEndToEndId><TxSts>{status}</TxSts>\
         </TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

#[tokio::test]
async fn a_month_is_settled_by_two_clerks_and_paid_by_the_bank() {
    both(async |app| {
        let month = Month::ended(app, 2).await;
        assert_eq!(month.create("january", 1).await.user_errors(), ["NOTHING_TO_SETTLE"]);
        assert_eq!(month.create("march", 3).await.user_errors(), ["TOO_EARLY"]);
        let created = month.create("february", 2).await.ok();
        let run = created.text("/createSettlementRun/run/id");
        let total = json!({ "statements": 1, "amount": { "cents": 20_000 } });
        assert_eq!(*created.data("/createSettlementRun/run/total"), total);
        assert_eq!(month.create("february", 2).await.ok().body, created.body);
        assert_eq!(month.create("again", 2).await.user_errors(), ["ALREADY_EXISTS"]);

        assert_eq!(
            month.act(&month.clerk, "confirm", &run, 1).await.user_errors(),
            ["FOUR_EYES"]
        );
        assert_eq!(
            month.act(&month.second, "confirm", &run, 7).await.user_errors(),
            ["CONFLICT"]
        );
        let confirmed = month.act(&month.second, "confirm", &run, 1).await.ok();
        let again = month.act(&month.second, "confirm", &run, 1).await.ok();
        assert_eq!(again.body, confirmed.body, "the same key gives the same answer");
        app.check().await;
        let sent = month.act(&month.clerk, "send", &run, 2).await.ok();
        assert_eq!(sent.data("/sendSettlementRun/run/state"), "SENT");
        assert_eq!(
            month.act(&month.clerk, "cancel", &run, 3).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        let file = month.clerk.run("clerk/paymentFile", json!({ "runId": run })).await.ok();
        assert!(
            file.text("/settlementRun/paymentFile/content")
                .contains("<CtrlSum>200.00</CtrlSum>")
        );
        let again = month
            .second
            .run("clerk/paymentFile", json!({ "runId": run }))
            .await
            .ok();
        assert_eq!(again.body, file.body);

        let payment = month.run(&month.clerk, &run).await.data("/payments/nodes/0").clone();
        let file = report("A1", &payment, "ACSC");
        let answered = month.upload(&month.clerk, "A1", &file).await.ok();
        assert_eq!(answered.data("/uploadBankAnswer/answer/state"), "APPLIED");
        assert_eq!(answered.data("/uploadBankAnswer/answer/entries/0/effect"), "APPLIED");
        let repeated = month.upload(&month.clerk, "A1-again", &file).await;
        assert_eq!(repeated.user_errors(), ["DUPLICATE_FILE"]);
        assert_eq!(
            month.upload(&month.clerk, "broken", "<Document").await.user_errors(),
            ["INVALID_BANK_FILE"]
        );
        let seen = month.run(&month.clerk, &run).await;
        assert_eq!(
            (seen.data("/state"), seen.data("/payments/nodes/0/state")),
            (&json!("PAID"), &json!("PAID"))
        );
        let list = json!({ "cityId": month.market.city.id, "first": 10 });
        let runs = month.clerk.run("clerk/settlementRuns", list.clone()).await.ok();
        assert_eq!(*runs.data("/settlementRuns/totalCount"), json!(1));
        let answers = month.clerk.run("clerk/bankAnswers", list).await.ok();
        let id = answers.text("/bankAnswers/nodes/0/id");
        let node = month.second.run("anyone/node", json!({ "id": id })).await.ok();
        assert_eq!(*node.data("/node/id"), json!(id));
        let variables = json!({ "answerId": id, "first": 10, "afterLine": 0 });
        let answer = month.clerk.run("clerk/bankAnswer", variables).await.ok();
        assert_eq!(*answer.data("/bankAnswer/entries/0/endToEndId"), payment["endToEndId"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_key_takes_an_answer_in_once() {
    both(async |app| {
        let month = Month::ended(app, 1).await;
        let (run, payment) = month.sent().await;
        let file = report("A1", &payment, "RJCT");
        let answered = month.upload(&month.clerk, "A1", &file).await.ok();
        assert_eq!(month.upload(&month.clerk, "A1", &file).await.body, answered.body);
        let other_file = report("A1", &payment, "ACSC");
        for (clerk, content) in [(&month.clerk, &other_file), (&month.second, &file)] {
            assert_eq!(month.upload(clerk, "A1", content).await.user_errors(), ["KEY_REUSED"]);
        }
        let seen = month.run(&month.clerk, &run).await;
        assert_eq!(*seen.data("/payments/nodes/0/state"), json!("REJECTED"));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_of_the_bank_is_uploaded_as_it_is() {
    both(async |app| {
        let month = Month::ended(app, 1).await;
        let (run, payment) = month.sent().await;
        let (path, key) = (format!("/bank-answers/{}", month.market.city.id), key_of("file"));
        let auditor = app.staff(&month.market.city, StaffRole::Auditor, "auditor").await;
        let abroad = app.city("853").await;
        let foreign = app.staff(&abroad, StaffRole::SettlementClerk, "foreign").await;
        // Longer than a GraphQL request may be.
        let file = report("A1", &payment, "ACSC").replace("<GrpHdr>", &(" ".repeat(300_000) + "<GrpHdr>"));
        let endless = " ".repeat(10 * 1024 * 1024 + 1);
        let anyone = app.anyone().upload(&path, &key, file.clone()).await;
        assert_eq!(refusal(&anyone), (401, "UNAUTHENTICATED"));
        for stranger in [&auditor, &foreign] {
            let answer = stranger.upload(&path, &key, endless.clone()).await;
            assert_eq!(refusal(&answer), (403, "FORBIDDEN"), "before the body is read");
        }
        let nowhere = month.clerk.upload("/bank-answers/turku", &key, file.clone()).await;
        assert_eq!(refusal(&nowhere), (404, "INVALID_ID"));
        let endless = month.clerk.upload(&path, &key, endless).await;
        assert_eq!(refusal(&endless), (413, "PAYLOAD_TOO_LARGE"));
        let broken = month.clerk.upload(&path, &key, "<Document").await;
        let message = broken.body["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("The bank's file cannot be read"), "{message}");
        assert_eq!(refusal(&broken), (422, "INVALID_BANK_FILE"));
        assert_eq!(*month.run(&month.clerk, &run).await.data("/state"), json!("SENT"));

        let without = month.clerk.upload(&path, "", file.clone()).await;
        assert_eq!(refusal(&without), (422, "INVALID_FORMAT"));

        let taken = month.clerk.upload(&path, &key, file.clone()).await;
        assert_eq!(taken.status.as_u16(), 201, "{:?}", taken.body);
        let variables = json!({ "answerId": taken.body["id"], "first": 10, "afterLine": 0 });
        let answer = month.clerk.run("clerk/bankAnswer", variables).await.ok();
        assert_eq!(*answer.data("/bankAnswer/entries/0/effect"), json!("APPLIED"));
        assert_eq!(*month.run(&month.clerk, &run).await.data("/state"), json!("PAID"));
        let again = month.clerk.upload(&path, &key, file.clone()).await;
        assert_eq!((again.status, &again.body), (taken.status, &taken.body));
        let reused = month.clerk.upload(&path, &key, file.replace("A1", "A2")).await;
        assert_eq!(refusal(&reused), (422, "KEY_REUSED"));
        let again = month.clerk.upload(&path, &key_of("file-again"), file).await;
        assert_eq!(refusal(&again), (422, "DUPLICATE_FILE"));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_rejected_payment_is_owed_and_paid_again() {
    both(async |app| {
        let month = Month::ended(app, 1).await;
        let (run, payment) = month.sent().await;
        month
            .upload(&month.clerk, "A1", &report("A1", &payment, "RJCT"))
            .await
            .ok();
        assert_eq!(
            *month.run(&month.clerk, &run).await.data("/state"),
            json!("PARTLY_FAILED")
        );
        app.check().await;
        app.run_jobs().await;
        app.clock.set("2027-04-01T08:00:00Z".parse().unwrap());
        let clerk = app.sign_in(&month.clerk.email).await;
        let second = app.sign_in(&month.second.email).await;
        let month = Month { clerk, second, ..month };
        let next = month.create("march", 3).await.ok().text("/createSettlementRun/run/id");
        let seen = month.run(&month.clerk, &next).await;
        assert_eq!(*seen.data("/statements/nodes/0/broughtForward/cents"), json!(10_000));
        assert_eq!(*seen.data("/statements/nodes/0/linesTotal/cents"), json!(0));
        month.act(&month.second, "confirm", &next, 1).await.ok();
        month.act(&month.clerk, "cancel", &next, 2).await.ok();
        let next = month.create("march again", 3).await;
        assert_eq!(next.user_errors(), ["INVALID_FORMAT"]);
        let next = month.create("march-again", 3).await.ok();
        assert_eq!(next.data("/createSettlementRun/run/total/amount/cents"), 10_000);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story is told in one piece")]
async fn companies_and_auditors_look_and_strangers_see_nothing() {
    both(async |app| {
        let month = Month::ended(app, 2).await;
        let run = month
            .create("february", 2)
            .await
            .ok()
            .text("/createSettlementRun/run/id");
        let list = json!({ "companyId": month.market.company, "first": 10 });
        let own = async || {
            month
                .market
                .provider
                .run("provider/companyStatements", list.clone())
                .await
                .ok()
        };
        assert_eq!(
            *own().await.data("/companyStatements/nodes"),
            json!([]),
            "a draft is not shown"
        );
        month.act(&month.second, "confirm", &run, 1).await.ok();
        let statements = own().await;
        assert_eq!(
            *statements.data("/companyStatements/nodes/0/total/cents"),
            json!(20_000)
        );
        assert_eq!(*statements.data("/companyStatements/nodes/0/number"), json!(1));
        let statement = statements.text("/companyStatements/nodes/0/id");
        let variables = json!({ "statementId": statement, "first": 10 });
        let seen = month
            .market
            .provider
            .run("provider/statement", variables.clone())
            .await
            .ok();
        assert_eq!(*seen.data("/statement/lines/totalCount"), json!(2));
        assert!(
            seen.text("/statement/csv")
                .contains(",ORIGINAL,2027-02-01,130.00,100.00,30.00,")
        );

        let auditor = app.staff(&month.market.city, StaffRole::Auditor, "auditor").await;
        assert_eq!(*month.run(&auditor, &run).await.data("/state"), json!("CONFIRMED"));
        assert_eq!(
            month.act(&auditor, "send", &run, 2).await.error_code(),
            Some("FORBIDDEN")
        );
        let node = auditor.run("anyone/node", json!({ "id": run })).await.ok();
        assert_eq!(*node.data("/node/id"), json!(run));

        let (_, rival) = app.company(&month.market.city, 300).await;
        let abroad = app.city("853").await;
        let foreign = app.staff(&abroad, StaffRole::SettlementClerk, "foreign").await;
        for stranger in [&rival, &foreign] {
            for id in [&run, &statement] {
                let node = stranger.run("anyone/node", json!({ "id": id })).await.ok();
                assert_eq!(*node.data("/node"), Value::Null);
            }
            assert_eq!(
                *stranger
                    .run("provider/statement", variables.clone())
                    .await
                    .ok()
                    .data("/statement"),
                Value::Null
            );
            assert_eq!(month.run(stranger, &run).await.0, Value::Null);
            let file = stranger.run("clerk/paymentFile", json!({ "runId": run })).await.ok();
            assert_eq!(*file.data("/settlementRun"), Value::Null);
            assert_eq!(month.act(stranger, "send", &run, 2).await.user_errors(), ["NOT_FOUND"]);
            let upload = month.upload(stranger, "foreign", "<Document").await;
            assert_eq!(upload.error_code(), Some("FORBIDDEN"));
            let runs = json!({ "cityId": month.market.city.id, "first": 10 });
            assert_eq!(
                stranger.run("clerk/settlementRuns", runs).await.error_code(),
                Some("FORBIDDEN")
            );
        }
        // Staff of any city may ask for a company's statements and sees those of her own.
        let none = foreign.run("provider/companyStatements", list.clone()).await.ok();
        assert_eq!(*none.data("/companyStatements/totalCount"), json!(0));
        let refused = rival.run("provider/companyStatements", list.clone()).await;
        assert_eq!(refused.error_code(), Some("FORBIDDEN"));
        let run = json!({ "runId": run, "first": 10 });
        for (document, variables) in [
            ("provider/companyStatements", list),
            ("provider/statement", variables),
            ("clerk/settlementRun", run),
        ] {
            let nobody = app.anyone().run(document, variables).await;
            assert_eq!(nobody.error_code(), Some("UNAUTHENTICATED"), "{document}");
        }
        app.run_jobs().await;
    })
    .await;
}
