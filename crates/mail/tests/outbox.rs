//! The outbox against a real database and a mail server made of a few lines: a temporary SQLite file, or a fresh
//! database of the PostgreSQL server that `TEST_DATABASE_URL` names.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use db::{Db, Settings, Tx};
use jobs::{Registry, State, Worker, WorkerSettings};
use kernel::{Ids, Lang, MockClock, PageRequest};
use mail::{Carrier, Letter, Link, SentMail, Smtp, Tls, Transport};
use sea_orm::{ConnectionTrait, Database, EntityTrait};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// An outbox and the worker that empties it.
struct Stage {
    db: Db,
    clock: MockClock,
    transport: Arc<Transport>,
    worker: Worker,
    _folder: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the one setting of these tests")]
async fn url(folder: &TempDir) -> String {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        return format!("sqlite://{}/test.db", folder.path().display());
    };
    let name = folder
        .path()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .replace('.', "mail_");
    let admin = Database::connect(&server).await.unwrap();
    let create = format!("CREATE DATABASE \"{name}\"");
    admin.execute_unprepared(&create).await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}")
}

async fn stage(carrier: Carrier) -> Stage {
    let folder = TempDir::new().unwrap();
    let clock = MockClock::at("2026-03-02T10:00:00Z".parse().unwrap());
    let settings = Settings {
        url: url(&folder).await,
        max_connections: 4,
        synchronous: db::Synchronous::Normal,
    };
    let ids = Ids::seeded(Arc::new(clock.clone()), 1);
    let db = Db::connect(&settings, Arc::new(clock.clone()), ids).await.unwrap();
    migrations::Migrator::up(db.read(), None).await.unwrap();
    let transport = Transport::new(mail::Settings {
        from: "Palvelutori <no-reply@palvelutori.example>".into(),
        carrier,
    });
    let transport = Arc::new(transport.unwrap());
    let mut registry = Registry::new();
    mail::register(&mut registry, db.clone(), Arc::clone(&transport)).unwrap();
    let settings = WorkerSettings {
        workers: 1,
        poll: Duration::from_secs(1),
        lease: Duration::from_mins(1),
    };
    Stage {
        worker: Worker::new(db.clone(), registry, settings),
        db,
        clock,
        transport,
        _folder: folder,
    }
}

impl Stage {
    async fn write(&self, to: &str) {
        let letter = Letter {
            to: to.into(),
            lang: Lang::Fi,
            subject: "Varauksesi on vahvistettu: äitiysuinti".into(),
            paragraphs: vec!["Hyvä asukas,".into(), ".piste rivin alussa".into()],
            link: Some(Link {
                label: "Avaa varaus".into(),
                url: "https://palvelutori.example/v/salainen".into(),
            }),
        };
        let written = self.db.write(async |tx: &Tx| mail::enqueue(tx, letter.clone()).await);
        written.await.unwrap();
    }

    /// Works on what is due and answers the jobs that are left.
    async fn work(&self) -> Vec<jobs::Model> {
        self.worker.run_until_idle().await.unwrap();
        let page = PageRequest { first: 10, after: None };
        jobs::list(self.db.read(), page).await.unwrap().items
    }

    async fn only_mail(&self) -> mail::Model {
        let mut mails = mail::Entity::find().all(self.db.read()).await.unwrap();
        assert_eq!(mails.len(), 1);
        mails.remove(0)
    }

    /// Nothing is left to do and to read.
    async fn assert_sent(&self) {
        assert_eq!(self.work().await, []);
        let mail = self.only_mail().await;
        assert!(mail.sent_at.is_some());
        assert_eq!((mail.text, mail.html), (None, None));
    }
}

/// Where a mail server leaves the usual dialogue.
#[derive(Clone, Copy)]
enum Fault {
    Says(&'static str, &'static str),
    HangsUpAt(&'static str),
    StallsAt(&'static str),
    Never,
}

/// A mail server on the loopback interface: one fault for each connection. Answers what it heard.
async fn mail_server(extension: &'static str, faults: Vec<Fault>) -> (Smtp, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        for fault in faults {
            let (stream, _) = listener.accept().await.unwrap();
            // The client may close at any time.
            drop(converse(stream, extension, fault, &log).await);
        }
    });
    let smtp = Smtp {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        credentials: None,
        timeout: Duration::from_secs(30),
    };
    (smtp, heard)
}

async fn converse(
    mut stream: TcpStream,
    extension: &str,
    fault: Fault,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 stub ESMTP\r\n").await?;
    let mut in_message = false;
    while let Some(line) = lines.next_line().await? {
        log.lock().unwrap().push(line.clone());
        if in_message && line != "." {
            continue;
        }
        let usual = match line.as_str() {
            "DATA" => "354 go on",
            line if line.starts_with("EHLO") => extension,
            _ => "250 fine",
        };
        let answer = match fault {
            Fault::Says(at, answer) if line.starts_with(at) => answer,
            Fault::HangsUpAt(at) if line.starts_with(at) => return Ok(()),
            Fault::StallsAt(at) if line.starts_with(at) => {
                // Until the client gives up.
                lines.into_inner().read_to_end(&mut Vec::new()).await?;
                return Ok(());
            }
            _ => usual,
        };
        in_message = line == "DATA" && answer == usual;
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn heard_of(log: &Mutex<Vec<String>>, start: &str) -> Vec<String> {
    let log = log.lock().unwrap();
    log.iter().filter(|line| line.starts_with(start)).cloned().collect()
}

#[tokio::test]
async fn memory_keeps_what_was_sent_and_the_outbox_forgets_the_bodies() {
    let stage = stage(Carrier::Memory).await;
    stage.write("asukas@example.fi").await;
    assert_eq!(stage.transport.sent(), []);
    stage.assert_sent().await;
    let sent: Vec<SentMail> = stage.transport.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "asukas@example.fi");
    assert_eq!(sent[0].subject, "Varauksesi on vahvistettu: äitiysuinti");
    assert!(
        sent[0]
            .text
            .contains("Avaa varaus:\nhttps://palvelutori.example/v/salainen")
    );
    assert!(sent[0].html.contains("<html lang=\"fi\">"));
}

#[tokio::test]
async fn a_letter_of_a_transaction_that_fails_is_never_sent() {
    let stage = stage(Carrier::Memory).await;
    let letter = Letter {
        to: "asukas@example.fi".into(),
        lang: Lang::En,
        subject: "Never".into(),
        paragraphs: Vec::new(),
        link: None,
    };
    let failed: Result<(), db::Error> = stage
        .db
        .write(async |tx: &Tx| {
            mail::enqueue(tx, letter.clone()).await?;
            Err(db::Error::KeyReused)
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(stage.work().await, []);
    assert_eq!(stage.transport.sent(), []);
}

#[tokio::test]
async fn a_letter_with_a_key_is_written_once() {
    let stage = stage(Carrier::Memory).await;
    let write = async |key: &str, subject: &str| {
        let letter = Letter {
            to: "asukas@example.fi".into(),
            lang: Lang::En,
            subject: subject.into(),
            paragraphs: Vec::new(),
            link: None,
        };
        let written = stage
            .db
            .write(async |tx: &Tx| mail::enqueue_once(tx, key, letter.clone()).await);
        written.await.unwrap();
    };
    write("booking-CONFIRMED-resident", "first").await;
    write("booking-CONFIRMED-resident", "again").await;
    write("booking-CONFIRMED-company", "other").await;
    assert_eq!(stage.work().await, []);
    write("booking-CONFIRMED-resident", "after it was sent").await;
    assert_eq!(stage.work().await, []);
    let mut sent: Vec<_> = stage.transport.sent().into_iter().map(|mail| mail.subject).collect();
    sent.sort();
    assert_eq!(sent, ["first", "other"]);
}

#[tokio::test]
async fn bad_addresses_are_parked_at_once() {
    let stage = stage(Carrier::Memory).await;
    let bad = [
        "",
        "asukas",
        "asukas@example.fi\r\nBcc: kaikki@example.fi",
        "a@b.example, kaikki@example.fi",
        "Asukas <asukas@example.fi>",
    ];
    for address in bad {
        stage.write(address).await;
    }
    let left = stage.work().await;
    assert_eq!(left.len(), bad.len());
    for job in left {
        assert_eq!((job.state, job.attempts), (State::Dead, 1));
        let reason = job.last_error.unwrap();
        assert!(reason.starts_with("the recipient's address is malformed"), "{reason}");
    }
    assert_eq!(stage.transport.sent(), []);
}

#[tokio::test]
async fn files_are_private_and_written_once() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let mails = folder.path().join("var/mail");
    let stage = stage(Carrier::Files(mails.clone())).await;
    stage.write("asukas@example.fi").await;
    stage.assert_sent().await;
    let files: Vec<_> = std::fs::read_dir(&mails).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 1);
    let path = files[0].path();
    let time = path.file_stem().unwrap().to_str().unwrap().split('-').next();
    assert_eq!(time, Some("20260302T100000000Z"));
    assert_eq!(path.extension().unwrap(), "eml");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&mails), mode(&path)), (0o700, 0o600));
    let message = std::fs::read_to_string(&path).unwrap();
    for header in [
        "From: Palvelutori <no-reply@palvelutori.example>\r\n",
        "To: asukas@example.fi\r\n",
        "Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n",
        "Auto-Submitted: auto-generated\r\n",
    ] {
        assert!(message.contains(header), "{header}{message}");
    }
}

#[tokio::test]
async fn a_server_that_is_busy_gets_the_mail_later() {
    let busy = Fault::Says("RCPT", "451 try again");
    let (smtp, heard) = mail_server("250 stub", vec![busy, Fault::Never]).await;
    let stage = stage(Carrier::Smtp(smtp)).await;
    stage.write("asukas@example.fi").await;
    let left = stage.work().await;
    assert_eq!((left[0].state, left[0].attempts), (State::Waiting, 1));
    assert!(left[0].last_error.as_deref().unwrap().contains("451"));
    stage.clock.advance(TimeDelta::seconds(10));
    stage.assert_sent().await;
    assert_eq!(heard_of(&heard, "RCPT TO:<asukas@example.fi>").len(), 2);
    assert_eq!(heard_of(&heard, "..piste rivin alussa").len(), 1);
}

#[tokio::test]
async fn a_refusal_for_good_parks_the_mail_with_its_reason() {
    let refusal = Fault::Says(
        "RCPT",
        "550 5.1.1 <asukas@example.fi> unknown, see https://mx.example/salainen",
    );
    let (smtp, _) = mail_server("250 stub", vec![refusal]).await;
    let stage = stage(Carrier::Smtp(smtp)).await;
    stage.write("asukas@example.fi").await;
    let left = stage.work().await;
    assert_eq!((left[0].state, left[0].attempts), (State::Dead, 1));
    let reason = left[0].last_error.as_deref().unwrap();
    assert!(
        reason.contains("550") && reason.contains("5.1.1 … unknown, see …"),
        "{reason}"
    );
    assert!(stage.only_mail().await.text.is_some());
}

#[tokio::test]
async fn a_refused_sign_in_is_tried_again() {
    let refusal = Fault::Says("AUTH", "535 wrong password");
    let (smtp, heard) = mail_server("250-stub\r\n250 AUTH PLAIN", vec![refusal]).await;
    let credentials = Some(("user".into(), "password".into()));
    let stage = stage(Carrier::Smtp(Smtp { credentials, ..smtp })).await;
    stage.write("asukas@example.fi").await;
    assert_eq!(stage.work().await[0].state, State::Waiting);
    assert_eq!(heard_of(&heard, "MAIL"), [""; 0]);
}

#[tokio::test]
async fn nothing_is_sent_in_plain_text_when_starttls_is_missing_or_wrong() {
    let cases = [
        ("250 stub", Fault::Never),
        ("250-stub\r\n250 STARTTLS", Fault::Says("STARTTLS", "454 not now")),
        ("250-stub\r\n250 STARTTLS", Fault::Says("STARTTLS", "220 go on")),
        ("250-stub\r\n250 STARTTLS", Fault::Says("STARTTLS", "250 no need to")),
    ];
    for (extension, fault) in cases {
        let (smtp, heard) = mail_server(extension, vec![fault]).await;
        let tls = Tls::Starttls;
        let credentials = Some(("user".into(), "password".into()));
        let stage = stage(Carrier::Smtp(Smtp {
            tls,
            credentials,
            ..smtp
        }))
        .await;
        stage.write("asukas@example.fi").await;
        let left = stage.work().await;
        assert_eq!((left[0].state, left[0].attempts), (State::Waiting, 1));
        for verb in ["AUTH", "MAIL", "RCPT", "DATA", "Subject"] {
            assert_eq!(heard_of(&heard, verb), [""; 0]);
        }
        assert_eq!(heard_of(&heard, "EHLO").len(), 1);
    }
}

#[tokio::test]
async fn a_mail_whose_fate_is_unknown_is_sent_again_under_the_same_id() {
    let (smtp, heard) = mail_server("250 stub", vec![Fault::HangsUpAt("."), Fault::Never]).await;
    let stage = stage(Carrier::Smtp(smtp)).await;
    stage.write("asukas@example.fi").await;
    assert_eq!(stage.work().await.len(), 1);
    stage.clock.advance(TimeDelta::seconds(10));
    stage.assert_sent().await;
    let ids = heard_of(&heard, "Message-ID: <");
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0].ends_with("@palvelutori.example>"), "{}", ids[0]);
    let dates = heard_of(&heard, "Date: ");
    assert_eq!(dates[0], dates[1]);
}

#[tokio::test]
async fn a_stalled_server_is_given_up() {
    for stalls_at in ["EHLO", "DATA", "."] {
        let (smtp, _) = mail_server("250 stub", vec![Fault::StallsAt(stalls_at), Fault::Never]).await;
        let timeout = Duration::from_millis(200);
        let stage = stage(Carrier::Smtp(Smtp { timeout, ..smtp })).await;
        stage.write("asukas@example.fi").await;
        let left = stage.work().await;
        assert_eq!(
            left[0].last_error.as_deref(),
            Some("the mail server did not answer in time"),
            "{stalls_at}"
        );
        stage.clock.advance(TimeDelta::seconds(10));
        stage.assert_sent().await;
    }
}

#[tokio::test]
async fn a_server_that_never_says_goodbye_has_the_mail_all_the_same() {
    let (smtp, heard) = mail_server("250 stub", vec![Fault::HangsUpAt("QUIT")]).await;
    let stage = stage(Carrier::Smtp(smtp)).await;
    stage.write("asukas@example.fi").await;
    stage.assert_sent().await;
    assert_eq!(heard_of(&heard, "RCPT").len(), 1);
}

#[test]
fn a_sender_without_an_address_is_refused_at_start() {
    let settings = mail::Settings {
        from: "Palvelutori".into(),
        carrier: Carrier::Memory,
    };
    assert!(Transport::new(settings).is_err());
}
