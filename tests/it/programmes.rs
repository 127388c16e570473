//! Voucher programmes: drafted by one officer, published by another, and what the ledger shows of their budgets.

use std::sync::atomic::{AtomicU32, Ordering};

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::key_of;
use support::{Actor, Answer, Person, TestApp, both};

/// A city with two officers who plan its programmes.
struct Office<'a> {
    city: cities::City,
    first: Person<'a>,
    second: Person<'a>,
}

impl<'a> Office<'a> {
    /// In Turku, where Swedish texts are mandatory, or in Tampere, where they are not.
    async fn open(app: &'a TestApp, code: &str) -> Self {
        let city = app.city(code).await;
        let first = app
            .staff(&city, StaffRole::ProgrammeOfficer, &format!("first{code}"))
            .await;
        let second = app
            .staff(&city, StaffRole::ProgrammeOfficer, &format!("second{code}"))
            .await;
        Self { city, first, second }
    }

    async fn create(&self, actor: &Actor<'_>, content: &Value) -> Answer {
        let input = json!({ "cityId": self.city.id, "content": content });
        actor.run("officer/createProgramme", json!({ "input": input })).await
    }

    /// A draft of the first officer.
    async fn draft(&self) -> Value {
        self.create(&self.first, &content())
            .await
            .ok()
            .data("/createProgramme/programme/id")
            .clone()
    }

    /// A programme drafted by the first officer and published by the second.
    async fn published(&self) -> Value {
        let id = self.draft().await;
        publish(&self.second, &id, 1).await.ok();
        id
    }

    async fn list(&self, actor: &Actor<'_>, first: u32, after: &Value) -> Answer {
        let variables = json!({ "cityId": self.city.id, "first": first, "after": after });
        actor.run("anyone/programmes", variables).await
    }

    /// What the auditor reads.
    async fn book(&self, auditor: &Actor<'_>, document: &str) -> Vec<Value> {
        let answer = auditor
            .run(document, json!({ "cityId": self.city.id, "first": 100 }))
            .await
            .ok();
        let (_, list) = document.split_once('/').expect("a path");
        let edges = answer
            .data(&format!("/{list}/edges"))
            .as_array()
            .expect("a list")
            .clone();
        assert_eq!(answer.data(&format!("/{list}/totalCount")), &json!(edges.len()));
        edges.iter().map(|edge| edge["node"].clone()).collect()
    }
}

fn content() -> Value {
    json!({
        "name": { "fi": "Seniorien siivous", "sv": "Städning för seniorer" },
        "description": { "fi": "Siivous kotona.", "sv": "Städning hemma." },
        "serviceClass": "P25", "validFrom": "2027-01-01",
        "validUntil": "2027-06-30", "budget": 1_000_000,
            "terms": {
                "valueRule": { "flat": { "value": 5_000 } }, "priceCeiling": 6_000, "freeCancellationHours": 24,
                "lateFeeBasisPoints": 5_000,
            },
    })
}

/// The content with one field as given.
fn with(field: &str, value: Value) -> Value {
    let mut content = content();
    match field {
        "value" => content["terms"]["valueRule"]["flat"]["value"] = value,
        "priceCeiling" | "freeCancellationHours" | "lateFeeBasisPoints" => content["terms"][field] = value,
        _ => content[field] = value,
    }
    content
}

async fn update(actor: &Actor<'_>, programme: &Value, version: i32, content: &Value) -> Answer {
    let input = json!({ "programmeId": programme, "expectedVersion": version, "content": content });
    actor.run("officer/updateProgramme", json!({ "input": input })).await
}

async fn publish(actor: &Actor<'_>, programme: &Value, version: i32) -> Answer {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let key = key_of(&format!("publish-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    publish_under(&key, actor, programme, version).await
}

async fn publish_under(key: &str, actor: &Actor<'_>, programme: &Value, version: i32) -> Answer {
    let input = json!({ "programmeId": programme, "expectedVersion": version, "idempotencyKey": key });
    actor.run("officer/publishProgramme", json!({ "input": input })).await
}

async fn close(actor: &Actor<'_>, programme: &Value, version: i32) -> Answer {
    let input = json!({ "programmeId": programme, "expectedVersion": version });
    actor.run("officer/closeProgramme", json!({ "input": input })).await
}

async fn node(actor: &Actor<'_>, id: &Value) -> Value {
    actor
        .run("anyone/node", json!({ "id": id }))
        .await
        .ok()
        .data("/node")
        .clone()
}

async fn budgets(actor: &Actor<'_>, programme: &Value) -> Value {
    let answer = actor
        .run("officer/programmeBudgets", json!({ "programmeId": programme }))
        .await
        .ok();
    answer.data("/node/budgets").clone()
}

#[tokio::test]
async fn a_draft_is_for_the_staff_of_its_city() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let neighbour = Office::open(app, "837").await;
        let draft = office.draft().await;
        let (nobody, resident) = (app.anyone(), app.person("resident").await);
        for stranger in [&nobody, &resident, &neighbour.first] {
            assert_eq!(node(stranger, &draft).await, Value::Null);
            let list = office.list(stranger, 10, &Value::Null).await.ok();
            assert_eq!(
                (list.data("/programmes/totalCount"), list.data("/programmes/edges")),
                (&json!(0), &json!([]))
            );
        }
        assert_eq!(node(&office.second, &draft).await["state"], "DRAFT");
        let list = office.list(&office.second, 10, &Value::Null).await.ok();
        assert_eq!(list.data("/programmes/edges/0/node/id"), &draft);

        publish(&office.second, &draft, 1).await.ok();
        assert_eq!(node(&nobody, &draft).await["state"], "PUBLISHED");
        let list = office.list(&nobody, 10, &Value::Null).await.ok();
        assert_eq!(list.data("/programmes/edges/0/node/terms/0/priceCeiling/cents"), 6_000);
        assert_eq!(list.data("/programmes/edges/0/node/city/name"), "Turku");
    })
    .await;
}

#[tokio::test]
async fn another_officer_publishes_what_one_has_written() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let draft = office.draft().await;
        assert_eq!(publish(&office.first, &draft, 1).await.user_errors(), ["FOUR_EYES"]);

        // Whoever changes the draft has written it.
        let changed = update(&office.second, &draft, 1, &with("budget", json!(2_000_000)))
            .await
            .ok();
        assert_eq!(changed.data("/updateProgramme/programme/version"), 2);
        assert_eq!(publish(&office.second, &draft, 2).await.user_errors(), ["FOUR_EYES"]);
        let published = publish(&office.first, &draft, 2).await.ok();
        assert_eq!(published.data("/publishProgramme/programme/state"), "PUBLISHED");
        assert_eq!(published.data("/publishProgramme/programme/version"), 3);

        assert_eq!(
            publish(&office.first, &draft, 3).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(
            update(&office.first, &draft, 3, &content()).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        let closed = close(&office.first, &draft, 3).await.ok();
        assert_eq!(closed.data("/closeProgramme/programme/state"), "CLOSED");
        assert_eq!(
            close(&office.first, &draft, 4).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_stale_version_changes_nothing() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let draft = office.draft().await;
        update(&office.first, &draft, 1, &content()).await.ok();
        for refused in [
            update(&office.second, &draft, 1, &with("value", json!(1))).await,
            publish(&office.second, &draft, 1).await,
        ] {
            assert_eq!(refused.user_errors(), ["CONFLICT"]);
            let payload = refused.body["data"].as_object().and_then(|data| data.values().next());
            let error = &payload.expect("a payload")["userErrors"][0];
            assert_eq!(error["field"], json!(["input", "expectedVersion"]));
        }
        publish(&office.second, &draft, 2).await.ok();
        assert_eq!(close(&office.first, &draft, 2).await.user_errors(), ["CONFLICT"]);
        let list = office.list(&app.anyone(), 1, &Value::Null).await.ok();
        assert_eq!(list.data("/programmes/edges/0/node/terms/0/valueRule/value"), 5_000);
    })
    .await;
}

#[tokio::test]
async fn the_same_key_moves_a_budget_once() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let (draft, other) = (office.draft().await, office.draft().await);
        let key = key_of("publish-once");
        // A refusal stores no key.
        let own = publish_under(&key, &office.first, &draft, 1).await;
        assert_eq!(own.user_errors(), ["FOUR_EYES"]);
        let publish = || publish_under(&key, &office.second, &draft, 1);
        let (published, at_once) = tokio::join!(publish(), publish());
        assert_eq!(published.ok().body, at_once.body);
        assert_eq!(publish().await.body, at_once.body);
        for (officer, programme, version) in [
            (&office.second, &other, 1),
            (&office.second, &draft, 2),
            (&office.first, &draft, 1),
        ] {
            let reused = publish_under(&key, officer, programme, version).await;
            assert_eq!(reused.user_errors(), ["KEY_REUSED"]);
        }
        let malformed = publish_under("short", &office.second, &other, 1).await;
        assert_eq!(malformed.user_errors(), ["INVALID_FORMAT"]);
        let auditor = app.staff(&office.city, StaffRole::Auditor, "auditor").await;
        assert_eq!(office.book(&auditor, "auditor/ledgerTransfers").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_bilingual_city_asks_for_swedish() {
    both(async |app| {
        let finnish = with("name", json!({ "fi": "Seniorien siivous" }));
        let turku = Office::open(app, "853").await;
        let refused = turku.create(&turku.first, &finnish).await;
        assert_eq!(refused.user_errors(), ["SWEDISH_MISSING"]);
        let draft = turku.draft().await;
        assert_eq!(
            update(&turku.first, &draft, 1, &finnish).await.user_errors(),
            ["SWEDISH_MISSING"]
        );

        let tampere = Office::open(app, "837").await;
        tampere.create(&tampere.first, &finnish).await.ok();
    })
    .await;
}

#[tokio::test]
async fn content_outside_its_limits_is_refused() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        for (field, value, code) in [
            ("value", json!(0), "OUT_OF_RANGE"),
            ("value", json!(-1), "OUT_OF_RANGE"),
            ("value", json!(6_001), "OUT_OF_RANGE"),
            ("priceCeiling", json!(1_i64 << 53), "OUT_OF_RANGE"),
            ("budget", json!(0), "OUT_OF_RANGE"),
            ("validUntil", json!("2032-01-01"), "OUT_OF_RANGE"),
            ("validUntil", json!("2026-12-31"), "OUT_OF_RANGE"),
            ("lateFeeBasisPoints", json!(10_001), "OUT_OF_RANGE"),
            ("freeCancellationHours", json!(721), "OUT_OF_RANGE"),
            ("serviceClass", json!(" "), "REQUIRED"),
            ("name", json!({ "fi": "s".repeat(201), "sv": "s" }), "TOO_LONG"),
        ] {
            let refused = office.create(&office.first, &with(field, value.clone())).await;
            assert_eq!(refused.user_errors(), [code], "{field} {value}");
        }
        for amount in [
            json!(1.5),
            json!("1"),
            json!(true),
            Value::Null,
            json!(i64::MAX),
            json!((1_i64 << 53) + 1),
        ] {
            let refused = office.create(&office.first, &with("value", amount.clone())).await;
            assert!(refused.body.get("errors").is_some(), "{amount}: {:#}", refused.body);
        }
        let list = office.list(&office.first, 10, &Value::Null).await.ok();
        assert_eq!(list.data("/programmes/totalCount"), 0);
    })
    .await;
}

#[tokio::test]
async fn only_officers_of_the_city_write() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let neighbour = Office::open(app, "837").await;
        let auditor = app.staff(&office.city, StaffRole::Auditor, "auditor").await;
        let draft = office.draft().await;
        for stranger in [&neighbour.first, &auditor] {
            assert_eq!(
                office.create(stranger, &content()).await.error_code(),
                Some("FORBIDDEN")
            );
            assert_eq!(publish(stranger, &draft, 1).await.user_errors(), ["NOT_FOUND"]);
            assert_eq!(
                update(stranger, &draft, 1, &content()).await.user_errors(),
                ["NOT_FOUND"]
            );
            assert_eq!(close(stranger, &draft, 1).await.user_errors(), ["NOT_FOUND"]);
        }
        let nobody = app.anyone();
        for answer in [
            office.create(&nobody, &content()).await,
            publish(&nobody, &draft, 1).await,
            update(&nobody, &draft, 1, &content()).await,
            close(&nobody, &draft, 1).await,
        ] {
            assert_eq!(answer.error_code(), Some("UNAUTHENTICATED"));
        }
        assert_eq!(node(&office.first, &draft).await["version"], 1);
    })
    .await;
}

#[tokio::test]
async fn budgets_are_for_staff() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let neighbour = Office::open(app, "837").await;
        let clerk = app.staff(&office.city, StaffRole::SettlementClerk, "clerk").await;
        let advisor = app.staff(&office.city, StaffRole::Advisor, "advisor").await;
        let draft = office.draft().await;
        let budget = |available: i64| {
            json!([{
                "fiscalYear": 2027,
                "amount": { "cents": 1_000_000, "currency": "EUR" },
                "available": { "cents": available, "currency": "EUR" },
                "overcommitBasisPoints": 10_000,
                "cash": null,
            }])
        };
        assert_eq!(budgets(&office.first, &draft).await, budget(0));
        publish(&office.second, &draft, 1).await.ok();
        for insider in [&office.first, &clerk] {
            assert_eq!(budgets(insider, &draft).await, budget(1_000_000));
        }
        for stranger in [&neighbour.first, &advisor] {
            assert_eq!(budgets(stranger, &draft).await, json!([]));
        }
        assert_eq!(budgets(&app.anyone(), &draft).await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn an_auditor_sees_transfers_that_sum_to_zero() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let auditor = app.staff(&office.city, StaffRole::Auditor, "auditor").await;
        let outsider = app.staff(&app.city("837").await, StaffRole::Auditor, "outsider").await;
        let published = [office.published().await, office.published().await];
        office.draft().await;

        let accounts = office.book(&auditor, "auditor/ledgerAccounts").await;
        let transfers = office.book(&auditor, "auditor/ledgerTransfers").await;
        assert_eq!((accounts.len(), transfers.len()), (4, 2), "a draft moves no money");
        let cents = |value: &Value| value.as_i64().expect("cents");
        assert_eq!(
            accounts.iter().map(|account| cents(&account["balance"])).sum::<i64>(),
            0
        );
        for account in &accounts {
            let (mut debits, mut credits) = (0, 0);
            for transfer in &transfers {
                debits += if transfer["debitAccountId"] == account["id"] {
                    cents(&transfer["amount"])
                } else {
                    0
                };
                credits += if transfer["creditAccountId"] == account["id"] {
                    cents(&transfer["amount"])
                } else {
                    0
                };
            }
            assert_eq!(
                (cents(&account["debits"]), cents(&account["credits"])),
                (debits, credits)
            );
            assert_eq!(cents(&account["balance"]), credits - debits);

            let variables = json!({ "cityId": office.city.id, "accountId": account["id"], "first": 10 });
            let of_account = auditor.run("auditor/ledgerTransfers", variables).await.ok();
            assert_eq!(of_account.data("/ledgerTransfers/totalCount"), 1);
        }

        let records = office.book(&auditor, "auditor/auditRecords").await;
        let done: Vec<_> = records
            .iter()
            .filter(|row| row["action"] == "publishProgramme")
            .collect();
        assert_eq!(
            done.iter().map(|row| &row["subject"]).collect::<Vec<_>>(),
            published.iter().collect::<Vec<_>>()
        );
        assert!(
            done.iter()
                .all(|row| row["actor"] == json!(office.second.id) && row["outcome"] == "OK")
        );

        for document in [
            "auditor/ledgerAccounts",
            "auditor/ledgerTransfers",
            "auditor/auditRecords",
        ] {
            for stranger in [&outsider, &office.first] {
                let refused = stranger
                    .run(document, json!({ "cityId": office.city.id, "first": 10 }))
                    .await;
                assert_eq!(refused.error_code(), Some("FORBIDDEN"), "{document}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_long_list_is_read_in_pages() {
    both(async |app| {
        let office = Office::open(app, "853").await;
        let drafts = [office.draft().await, office.draft().await, office.draft().await];
        let page = office.list(&office.first, 2, &Value::Null).await.ok();
        assert_eq!(page.data("/programmes/totalCount"), 3);
        assert_eq!(page.data("/programmes/pageInfo/hasNextPage"), true);
        assert_eq!(
            [
                page.data("/programmes/edges/0/node/id"),
                page.data("/programmes/edges/1/node/id")
            ],
            [&drafts[0], &drafts[1]]
        );
        let rest = office
            .list(&office.first, 2, page.data("/programmes/pageInfo/endCursor"))
            .await
            .ok();
        assert_eq!(rest.data("/programmes/edges/0/node/id"), &drafts[2]);
        assert_eq!(rest.data("/programmes/pageInfo/hasNextPage"), false);

        for first in [0, 101] {
            let refused = office.list(&office.first, first, &Value::Null).await;
            assert_eq!(refused.error_code(), Some("OUT_OF_RANGE"));
        }
        let foreign = office.list(&office.first, 2, &json!(office.city.id)).await;
        assert_eq!(foreign.error_code(), Some("INVALID_ID"));
    })
    .await;
}
