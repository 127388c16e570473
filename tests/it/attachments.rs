//! Files that come with applications for vouchers: sent, read, taken away; wrong, too many, too late, twice, at once.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use chrono::{Duration, NaiveDate};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, TestApp, both};

use crate::acting;
use crate::town::{Town, done};

const PDF: &str = "%PDF-1.7\n1 0 obj\n%%EOF\n";

impl Town<'_> {
    /// A file to take away.
    pub(crate) async fn attachments(&mut self) {
        let application = self.id("asked voucher application").to_owned();
        let sent = attach(self.person("resident"), &application, "todistus.pdf", PDF).await;
        self.put("attachment", sent.body["id"].as_str().unwrap().to_owned());
    }

    pub(crate) fn of_attachments(&self, name: &str) -> Option<Value> {
        (name == "removeAttachment").then(|| json!({ "input": { "attachmentId": self.id("attachment") } }))
    }
}

async fn attach(person: &Actor<'_>, application: &str, name: &str, file: impl Into<Body>) -> Answer {
    let path = format!("/attachments/{application}?name={name}");
    person.upload(&path, &key_of("unused"), file).await
}

/// The status and, where it was refused, the code.
async fn outcome(person: &Actor<'_>, application: &str, name: &str, file: impl Into<Body>) -> (u16, String) {
    let answer = attach(person, application, name, file).await;
    let code = answer.body.pointer("/errors/0/extensions/code");
    let code = code.and_then(Value::as_str).unwrap_or_default().to_owned();
    (answer.status.as_u16(), code)
}

async fn applied(market: &Market<'_>, resident: &Actor<'_>) -> String {
    let input = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
    let sent = done(resident, "resident/applyForVoucher", input).await;
    sent.text("/applyForVoucher/application/id")
}

async fn listed(person: &Actor<'_>, application: &str) -> Vec<Value> {
    let seen = person
        .run("resident/voucherApplication", json!({ "id": application }))
        .await
        .ok();
    let files = seen.data("/voucherApplication/attachments").as_array();
    files.expect("a list").clone()
}

async fn remove(person: &Actor<'_>, attachment: &str) -> Answer {
    let input = json!({ "input": { "attachmentId": attachment } });
    person.run("resident/removeAttachment", input).await
}

#[tokio::test]
async fn a_file_comes_with_an_application_and_is_read_by_those_who_may() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, stranger) = (app.person("resident").await, app.person("stranger").await);
        let application = applied(&market, &resident).await;
        let sent = attach(&resident, &application, "P%C3%A4%C3%A4t%C3%B6s%201.pdf", PDF).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
        let id = sent.body["id"].as_str().unwrap();

        let files = listed(&resident, &application).await;
        assert_eq!(files.len(), 1);
        assert_eq!(files[0]["name"], "Päätös 1.pdf");
        assert_eq!(
            (&files[0]["mediaType"], &files[0]["size"]),
            (&json!("PDF"), &json!(PDF.len()))
        );
        assert_eq!(files[0]["sha256"], sent.body["sha256"]);

        let path = format!("/attachments/{id}");
        let headers = resident.headers(&path).await;
        for (name, value) in [
            ("content-type", "application/pdf"),
            (
                "content-disposition",
                "attachment; filename*=UTF-8''P%C3%A4%C3%A4t%C3%B6s%201.pdf",
            ),
            ("content-security-policy", "sandbox"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "private, no-store"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let whole = (StatusCode::OK, PDF.to_owned());
        assert_eq!(resident.download(&path).await, whole);
        assert_eq!(market.officer.download(&path).await, whole);
        assert_eq!(stranger.download(&path).await.0, StatusCode::NOT_FOUND);
        assert_eq!(
            stranger.download("/attachments/nonsense").await.0,
            StatusCode::NOT_FOUND
        );
        let elsewhere = outcome(&stranger, &application, "a.pdf", PDF).await;
        assert_eq!(elsewhere, (404, "NOT_FOUND".to_owned()));
        assert_eq!(remove(&stranger, id).await.user_errors(), ["NOT_FOUND"]);
        assert_eq!(remove(&market.officer, id).await.user_errors(), ["NOT_FOUND"]);

        remove(&resident, id).await.ok();
        assert_eq!(remove(&resident, id).await.user_errors(), ["NOT_FOUND"]);
        assert_eq!(listed(&resident, &application).await, Vec::<Value>::new());
        assert_eq!(resident.download(&path).await.0, StatusCode::NOT_FOUND);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_bytes_decide_what_a_file_is_and_its_name_names_no_folder() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let application = applied(&market, &resident).await;
        let page = "<html><script>alert(1)</script></html>";
        let refused = |code: &str| (422, code.to_owned());
        for (name, file, code) in [
            ("todistus.pdf", page, "INVALID_ATTACHMENT"),
            ("todistus.pdf", "%PDF-1.7\n1 0 obj\n", "INVALID_ATTACHMENT"),
            ("tyhja.pdf", "", "INVALID_ATTACHMENT"),
            ("..%2Fetc%2Fpasswd", PDF, "INVALID_FORMAT"),
            ("..%5Ca.pdf", PDF, "INVALID_FORMAT"),
            ("a%00.pdf", PDF, "CONTROL_CHARACTERS"),
            ("%E2%80%AEfdp.exe", PDF, "CONTROL_CHARACTERS"),
            ("", PDF, "REQUIRED"),
        ] {
            assert_eq!(
                outcome(&resident, &application, name, file).await,
                refused(code),
                "{name}"
            );
        }
        let long = "a".repeat(121);
        assert_eq!(outcome(&resident, &application, &long, PDF).await, refused("TOO_LONG"));
        assert_eq!(listed(&resident, &application).await, Vec::<Value>::new());

        // A right file under a wrong name is what its bytes say.
        assert_eq!(outcome(&resident, &application, "kuva.png", PDF).await.0, 201);
        assert_eq!(listed(&resident, &application).await[0]["mediaType"], "PDF");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_may_have_ten_megabytes_whatever_it_announces() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let application = applied(&market, &resident).await;
        let longer = vec![b' '; 10 * 1024 * 1024 + 1];
        assert_eq!(outcome(&resident, &application, "a.pdf", longer).await.0, 413);
        // Nothing announced: it is counted as it comes.
        let piece = Bytes::from(vec![b' '; 1024 * 1024]);
        let pieces = stream::iter(std::iter::repeat_n(piece, 11)).map(Ok::<_, std::io::Error>);
        let streamed = Body::from_stream(pieces);
        assert_eq!(outcome(&resident, &application, "a.pdf", streamed).await.0, 413);
        assert_eq!(listed(&resident, &application).await, Vec::<Value>::new());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn ten_files_come_and_the_same_one_comes_once() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let application = applied(&market, &resident).await;
        let one = |number: usize| format!("%PDF-1.7\n{number}\n%%EOF");
        let (first, second) = tokio::join!(
            attach(&resident, &application, "a.pdf", one(0)),
            attach(&resident, &application, "b.pdf", one(0))
        );
        assert_eq!(
            (first.status, second.status),
            (StatusCode::CREATED, StatusCode::CREATED)
        );
        assert_eq!(first.body["id"], second.body["id"]);
        for number in 1..9 {
            assert_eq!(outcome(&resident, &application, "a.pdf", one(number)).await.0, 201);
        }
        // Two want the tenth place.
        let (tenth, eleventh) = tokio::join!(
            outcome(&resident, &application, "a.pdf", one(9)),
            outcome(&resident, &application, "a.pdf", one(10))
        );
        let mut both = [tenth, eleventh];
        both.sort();
        let expected = [(201, String::new()), (422, "TOO_MANY_ITEMS".to_owned())];
        assert_eq!(both, expected);
        assert_eq!(
            outcome(&resident, &application, "c.pdf", one(0)).await.0,
            201,
            "it is there"
        );
        assert_eq!(listed(&resident, &application).await.len(), 10);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_comes_to_or_goes_from_a_decided_application() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let application = applied(&market, &resident).await;
        let sent = attach(&resident, &application, "a.pdf", PDF).await;
        let id = sent.body["id"].as_str().unwrap();
        let input = json!({ "applicationId": application, "expectedVersion": 1 });
        done(&resident, "resident/withdrawVoucherApplication", input).await;
        let late = outcome(&resident, &application, "b.pdf", "%PDF-1.7\n2\n%%EOF").await;
        assert_eq!(late, (422, "NOT_ALLOWED_IN_STATE".to_owned()));
        assert_eq!(remove(&resident, id).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(resident.download(&format!("/attachments/{id}")).await.0, StatusCode::OK);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_guardian_sends_files_with_the_application_of_a_child() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let guardian = app.person("guardian").await;
        let child = acting::guardianship(&market, &guardian, acting::CHILD).await.ok();
        let acting = guardian.acting_for(&child.text("/recordGuardianship/relation/principal/id"));
        let input = json!({ "programmeId": market.programme, "statement": "Lapsi haluaa oppia uimaan." });
        let sent = done(&acting, "resident/applyForVoucher", input).await;
        let application = sent.text("/applyForVoucher/application/id");
        assert_eq!(outcome(&acting, &application, "a.pdf", PDF).await.0, 201);
        // The application is the child's, not hers.
        assert_eq!(
            outcome(&guardian, &application, "b.pdf", "%PDF-1.7\n2\n%%EOF").await.0,
            404
        );
        let files = listed(&acting, &application).await;
        let path = format!("/attachments/{}", files[0]["id"].as_str().unwrap());
        assert_eq!(acting.download(&path).await.0, StatusCode::OK);
        assert_eq!(guardian.download(&path).await.0, StatusCode::NOT_FOUND);
        assert_eq!(files.len(), 1);
        app.run_jobs().await;
    })
    .await;
}

/// The digests of what the store has below the day of today.
async fn kept(app: &TestApp, day: NaiveDate) -> Vec<String> {
    app.contexts.files.of_day(day).await.unwrap()
}

#[tokio::test]
async fn bytes_that_nobody_names_go_when_their_day_has_rested() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let application = applied(&market, &resident).await;
        let day = app.now().date_naive();
        assert_eq!(outcome(&resident, &application, "a.pdf", PDF).await.0, 201);
        // A process that died after the bytes were kept: no row names them.
        let lost = app
            .contexts
            .files
            .put(day, Bytes::from_static(b"%PDF- lost %%EOF"))
            .await
            .unwrap();
        let gone = attach(&resident, &application, "b.pdf", "%PDF-1.7\n2\n%%EOF").await;
        remove(&resident, gone.body["id"].as_str().unwrap()).await.ok();
        assert_eq!(kept(app, day).await.len(), 3);

        app.clock.advance(Duration::days(1));
        app.run_jobs().await;
        assert!(
            kept(app, day).await.contains(&lost),
            "a request may be about to name it"
        );
        app.clock.advance(Duration::days(1));
        app.run_jobs().await;
        let resident = app.sign_in(&resident.email).await;
        let named = listed(&resident, &application).await[0]["sha256"].clone();
        assert_eq!(json!(kept(app, day).await), json!([named]));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_bytes_of_two_people_stay_while_one_of_them_needs_them() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (one, other) = (app.person("one").await, app.person("other").await);
        let (first, second) = (applied(&market, &one).await, applied(&market, &other).await);
        let day = app.now().date_naive();
        let sent = attach(&one, &first, "a.pdf", PDF).await;
        assert_eq!(outcome(&other, &second, "b.pdf", PDF).await.0, 201);
        assert_eq!(kept(app, day).await.len(), 1);
        remove(&one, sent.body["id"].as_str().unwrap()).await.ok();
        app.clock.advance(Duration::days(3));
        app.run_jobs().await;
        let other = app.sign_in(&other.email).await;
        let files = listed(&other, &second).await;
        let path = format!("/attachments/{}", files[0]["id"].as_str().unwrap());
        assert_eq!(other.download(&path).await, (StatusCode::OK, PDF.to_owned()));
        // What is taken away days later goes at once.
        remove(&other, files[0]["id"].as_str().unwrap()).await.ok();
        app.run_jobs().await;
        assert_eq!(kept(app, day).await, Vec::<String>::new());
        app.run_jobs().await;
    })
    .await;
}
