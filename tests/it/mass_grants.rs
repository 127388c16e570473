//! Many vouchers from one list: read whole, confirmed by another officer, granted once, resumed.

use std::future::{Future, poll_fn};
use std::task::Poll;

use axum::http::StatusCode;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content};
use support::{Answer, Person, TestApp, both};

use crate::town::{Town, done};

impl<'a> Town<'a> {
    /// A list for each thing that can become of one.
    pub(crate) async fn mass_grants(&mut self, market: &Market<'a>) {
        for (name, author) in [("to confirm", "deputy"), ("to cancel", "officer")] {
            let file = list(&[(name, "mover@example.org")]);
            let drafted = self
                .person(author)
                .upload(
                    &path(&market.programme),
                    &key_of(&format!("list-{}", name.replace(' ', "-"))),
                    file,
                )
                .await;
            self.put(format!("{name} list"), drafted.body["id"].as_str().unwrap().to_owned());
        }
        let small = Terms {
            budget: 10_000,
            ..Terms::default()
        };
        let input = json!({ "cityId": market.city.id, "content": programme_content(small) });
        let made = done(&market.officer, "officer/createProgramme", input).await;
        let programme = made.text("/createProgramme/programme/id");
        let input = json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) });
        done(self.person("deputy"), "officer/publishProgramme", input).await;
        let file = list(&[("a", "mover@example.org"), ("b", "paused@example.org")]);
        let drafted = self
            .person("deputy")
            .upload(&path(&programme), &key_of("list-to-resume"), file)
            .await;
        let id = drafted.body["id"].as_str().unwrap().to_owned();
        confirm(&market.officer, &id, "list-confirmed").await.ok();
        self.app.run_jobs().await;
        self.put("small programme", programme);
        self.put("to resume list", id);
    }

    pub(crate) fn of_mass_grants(&self, name: &str, maker: usize) -> Option<Value> {
        let key = key_of(&format!("{name}-{maker}"));
        Some(match name {
            "massGrants" => json!({ "programmeId": self.id("programme"), "first": 10 }),
            "massGrant" => json!({ "massGrantId": self.id("to resume list"), "first": 10, "afterLine": 0 }),
            "confirmMassGrant" => json!({ "input": {
                "massGrantId": self.id("to confirm list"), "expectedVersion": 1, "idempotencyKey": key,
            }}),
            "cancelMassGrant" => {
                json!({ "input": { "massGrantId": self.id("to cancel list"), "expectedVersion": 1 } })
            }
            "resumeMassGrant" => json!({ "input": {
                "massGrantId": self.id("to resume list"), "expectedVersion": 3, "idempotencyKey": key,
            }}),
            _ => return None,
        })
    }
}

/// Where lists of a programme go.
pub(crate) fn path(programme: &str) -> String {
    format!("/mass-grants/{programme}")
}

/// A file with keys and addresses.
pub(crate) fn list(rows: &[(&str, &str)]) -> String {
    let rows = rows.iter().map(|(key, email)| format!("{key},{email},Luokkataso\r\n"));
    "key,email,grounds\r\n".to_owned() + &rows.collect::<String>()
}

pub(crate) async fn confirm(officer: &Person<'_>, id: &str, key: &str) -> Answer {
    let input = json!({ "massGrantId": id, "expectedVersion": 1, "idempotencyKey": key_of(key) });
    officer.run("officer/confirmMassGrant", json!({ "input": input })).await
}

async fn resume(officer: &Person<'_>, id: &str, version: i32, key: &str) -> Answer {
    let input = json!({ "massGrantId": id, "expectedVersion": version, "idempotencyKey": key_of(key) });
    officer.run("officer/resumeMassGrant", json!({ "input": input })).await
}

/// The list with its rows.
async fn seen(officer: &Person<'_>, id: &str) -> Value {
    let variables = json!({ "massGrantId": id, "first": 100, "afterLine": 0 });
    officer
        .run("officer/massGrant", variables)
        .await
        .ok()
        .data("/massGrant")
        .clone()
}

/// Why each row was refused; null where it was not.
fn codes(list: &Value) -> Value {
    list["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["code"].clone())
        .collect()
}

fn progress(waiting: i32, granted: i32, refused: i32) -> Value {
    json!({ "waiting": waiting, "granted": granted, "refused": refused })
}

/// A market with a list of its deputy; answers the list's id.
async fn drafted(app: &TestApp, market: &Market<'_>, file: String, key: &str) -> String {
    let deputy = app.sign_in("deputy@example.org").await;
    let answer = deputy.upload(&path(&market.programme), &key_of(key), file).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_list_is_granted_by_two_officers_and_each_row_says_what_became_of_it() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        for name in ["a", "b", "has"] {
            app.person(name).await;
        }
        let has = app.sign_in("has@example.org").await;
        market.voucher(&has).await;
        let file = list(&[
            ("1", "A@example.org"),
            ("2", "nobody@example.org"),
            ("3", "has@example.org"),
            ("4", "officer@example.org"),
            ("5", "deputy@example.org"),
            ("6", "b@example.org"),
        ]);
        let id = drafted(app, &market, file.clone(), "draft").await;
        assert_eq!(drafted(app, &market, file, "draft").await, id, "the same key");
        let deputy = app.sign_in("deputy@example.org").await;
        assert_eq!(confirm(&deputy, &id, "own").await.user_errors(), ["FOUR_EYES"]);
        assert_eq!(seen(&deputy, &id).await["progress"], progress(6, 0, 0));
        let (one, again) = tokio::join!(
            confirm(&market.officer, &id, "yes"),
            confirm(&market.officer, &id, "yes")
        );
        assert_eq!(one.ok().body, again.ok().body);
        app.run_jobs().await;

        let after = seen(&market.officer, &id).await;
        assert_eq!(
            (&after["state"], &after["progress"]),
            (&json!("DONE"), &progress(0, 2, 4))
        );
        let expected = json!([null, "NOT_FOUND", "ALREADY_EXISTS", "FOUR_EYES", "FOUR_EYES", null]);
        assert_eq!(codes(&after), expected);
        assert!(after["rows"][0]["voucher"]["number"].is_string());
        let a = app.sign_in("a@example.org").await;
        assert_eq!(market.balance(&a).await, (10_000, 0));

        // The job may run twice, and a key is granted once, whoever has it in the next list.
        let work = ::vouchers::MassGrantWork {
            mass_grant: id.parse().unwrap(),
        };
        app.contexts.vouchers.run_mass_grant(work).await.unwrap();
        app.person("c").await;
        let next = drafted(app, &market, list(&[("1", "c@example.org")]), "next").await;
        confirm(&market.officer, &next, "next-yes").await.ok();
        app.run_jobs().await;
        assert_eq!(codes(&seen(&market.officer, &next).await), json!(["ALREADY_EXISTS"]));

        let (status, table) = market.officer.download(&path(&id)).await;
        let lines: Vec<_> = table.lines().collect();
        assert_eq!((status, lines.len()), (StatusCode::OK, 7));
        assert!(
            lines[1].starts_with("2,1,a@example.org,GRANTED,,voucher_"),
            "{}",
            lines[1]
        );
        assert_eq!(lines[2], "3,2,nobody@example.org,REFUSED,NOT_FOUND,");
        let (status, _) = a.download(&path(&id)).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn rows_that_the_budget_does_not_cover_are_resumed() {
    both(async |app| {
        let terms = Terms {
            budget: 30_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let names = ["a", "b", "c", "d", "e"];
        let mut rows = Vec::new();
        for name in names {
            rows.push((name, app.person(name).await.email));
        }
        let rows: Vec<_> = rows.iter().map(|(key, email)| (*key, email.as_str())).collect();
        let id = drafted(app, &market, list(&rows), "draft").await;
        assert_eq!(resume(&market.officer, &id, 1, "early").await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        confirm(&market.officer, &id, "yes").await.ok();
        app.run_jobs().await;
        let after = seen(&market.officer, &id).await;
        assert_eq!(codes(&after), json!([null, null, null, "BUDGET_EXCEEDED", "BUDGET_EXCEEDED"]));
        app.check().await;

        let voucher = &after["rows"][0]["voucher"]["id"];
        let input = json!({ "voucherId": voucher, "expectedVersion": 1, "reason": "Muutto.", "idempotencyKey": key_of("revoke") });
        done(&market.officer, "officer/revokeVoucher", input).await;
        assert_eq!(resume(&market.officer, &id, 2, "stale").await.user_errors(), ["CONFLICT"]);
        resume(&market.officer, &id, 3, "more").await.ok();
        app.run_jobs().await;
        let after = seen(&market.officer, &id).await;
        assert_eq!(codes(&after), json!([null, null, null, null, "BUDGET_EXCEEDED"]));
    })
    .await;
}

/// How many vouchers there are.
async fn vouchers(app: &TestApp) -> i64 {
    let conn = app.db().read();
    let count = Statement::from_string(conn.get_database_backend(), "SELECT count(*) AS n FROM voucher");
    let row = conn.query_one_raw(count).await.unwrap().expect("one row");
    row.try_get("", "n").unwrap()
}

#[tokio::test]
async fn a_job_that_is_killed_or_runs_twice_grants_each_row_once() {
    both(async |app| {
        const PEOPLE: usize = 1_100;
        let terms = Terms {
            budget: 20_000_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let mut file = list(&[]);
        for number in 0..PEOPLE {
            let account = identity::NewAccount {
                email: format!("p{number}@example.org"),
                password: support::PASSWORD.to_owned(),
                given_name: "Aino".to_owned(),
                family_name: "Esimerkki".to_owned(),
                lang: kernel::Lang::Fi,
            };
            app.contexts.identity.add_verified("test", account).await.unwrap();
            file.extend([format!("{number},p{number}@example.org,Luokkataso\r\n")]);
        }
        let id = drafted(app, &market, file, "draft").await;
        confirm(&market.officer, &id, "yes").await.ok();
        let work = ::vouchers::MassGrantWork {
            mass_grant: id.parse().unwrap(),
        };
        // It goes on only while it is asked to, so it cannot finish between the first vouchers and the kill.
        let before = vouchers(app).await;
        let mut job = Box::pin(app.contexts.vouchers.run_mass_grant(work));
        while vouchers(app).await == before {
            let turn = poll_fn(|context| Poll::Ready(job.as_mut().poll(context))).await;
            assert!(turn.is_pending(), "it has three transactions: {turn:?}");
            tokio::task::yield_now().await;
        }
        drop(job);
        let list = seen(&market.officer, &id).await;
        assert_eq!(list["progress"]["waiting"], 600, "{list}");

        let rival = app.sign_in("p1099@example.org").await;
        let vouchers = &app.contexts.vouchers;
        let (one, other, single) = tokio::join!(
            vouchers.run_mass_grant(work),
            vouchers.run_mass_grant(work),
            market.grant(&rival, "rival"),
        );
        one.unwrap();
        other.unwrap();
        app.run_jobs().await;
        let won = i64::from(single.user_errors().is_empty());
        assert!(won == 1 || single.user_errors() == ["ALREADY_EXISTS"]);
        let list = seen(&market.officer, &id).await;
        assert_eq!(list["state"], "DONE");
        assert_eq!(list["progress"]["granted"], i64::try_from(PEOPLE).unwrap() - won);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_file_is_refused_whole() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("a").await;
        let send =
            async |who: &Person<'_>, file: Vec<u8>| who.upload(&path(&market.programme), &key_of("bad"), file).await;
        let faults = |answer: &Answer| answer.body["faults"].clone();
        let fault = |line: i32, column: Value, code: &str| json!({ "line": line, "column": column, "code": code });
        for (file, expected) in [
            (
                b"key,email\n1,a@example.org\n".to_vec(),
                fault(1, json!("grounds"), "REQUIRED"),
            ),
            (
                b"key,email,grounds\n1,a@example.org,Ik\xe4\n".to_vec(),
                fault(0, Value::Null, "INVALID_FORMAT"),
            ),
            (
                b"key,email,grounds\n1,a@example.org,x\n1,b@example.org,x\n".to_vec(),
                fault(3, json!("key"), "ALREADY_EXISTS"),
            ),
            (
                b"key,email,grounds\n1,a@example.org,\"=1+1\"\n".to_vec(),
                fault(2, json!("grounds"), "INVALID_FORMAT"),
            ),
            (
                b"key,email,grounds,amount_cents\n1,a@example.org,x,5\n".to_vec(),
                fault(2, json!("amount_cents"), "OUT_OF_RANGE"),
            ),
        ] {
            let answer = send(&market.officer, file).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], "INVALID_GRANT_FILE");
            assert_eq!(faults(&answer), json!([expected]));
        }
        let long = send(&market.officer, vec![b'a'; 8 * 1024 * 1024 + 1]).await;
        assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
        let good = list(&[("1", "a@example.org")]).into_bytes();
        assert_eq!(send(&resident, good.clone()).await.status, StatusCode::FORBIDDEN);
        let draft = market
            .officer
            .upload("/mass-grants/nonsense", &key_of("bad"), good.clone())
            .await;
        assert_eq!(draft.status, StatusCode::NOT_FOUND);
        let keyless = market.officer.upload(&path(&market.programme), "", good.clone()).await;
        assert_eq!(keyless.status, StatusCode::UNPROCESSABLE_ENTITY);
        let variables = json!({ "programmeId": market.programme, "first": 10 });
        let lists = market.officer.run("officer/massGrants", variables).await.ok();
        assert_eq!(lists.data("/massGrants/nodes"), &json!([]));

        let id = send(&market.officer, good).await.body["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let cancel = json!({ "input": { "massGrantId": id, "expectedVersion": 1 } });
        market.officer.run("officer/cancelMassGrant", cancel).await.ok();
        let deputy = app.sign_in("deputy@example.org").await;
        assert_eq!(
            confirm(&deputy, &id, "late").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        app.run_jobs().await;
    })
    .await;
}
