//! The use cases against a real database: a temporary SQLite file, or a fresh database of the PostgreSQL server that
//! `TEST_DATABASE_URL` names.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

mod accounts;
mod limits;
mod sessions;

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use db::Db;
use identity::{Argon2Cost, Error, Identity, Limits, NewAccount, Person, RequestOrigin, Settings, SigningKeys};
use kernel::{Clock, Coded, ErrorCode, Ids, Lang, MockClock};
use sea_orm::{ColumnTrait, ConnectionTrait, Database, EntityTrait, QueryFilter, QueryOrder};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use url::Url;

const ADDRESS: &str = "asiakas@esimerkki.fi";
const PASSWORD: &str = "kolme punaista tuolia";
const NEW_PASSWORD: &str = "neljä vihreää pöytää";

/// A clock that ticks by a microsecond whenever it is read, so that rows written one after another can be told apart.
struct Ticking(MockClock);

impl Clock for Ticking {
    fn now(&self) -> DateTime<Utc> {
        self.0.advance(Duration::microseconds(1));
        self.0.now()
    }
}

/// Accounts on an empty database whose clock hardly moves.
struct Stage {
    db: Db,
    clock: MockClock,
    identity: Identity,
    _folder: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the one setting of these tests")]
async fn url(folder: &TempDir) -> String {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        return format!("sqlite://{}/test.db", folder.path().display());
    };
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let name = name.replace('.', "identity_");
    let admin = Database::connect(&server).await.unwrap();
    let create = format!("CREATE DATABASE \"{name}\"");
    admin.execute_unprepared(&create).await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}")
}

async fn stage() -> Stage {
    stage_with(Limits::default()).await
}

async fn stage_with(limits: Limits) -> Stage {
    let folder = TempDir::new().unwrap();
    let clock = MockClock::at("2026-11-23T10:00:00Z".parse().unwrap());
    let ticking = Arc::new(Ticking(clock.clone()));
    let ids = Ids::seeded(ticking.clone(), 1);
    let settings = db::Settings {
        url: url(&folder).await,
        max_connections: 8,
        synchronous: db::Synchronous::Normal,
    };
    let db = Db::connect(&settings, ticking, ids.clone()).await.unwrap();
    migrations::Migrator::up(db.read(), None).await.unwrap();
    let settings = Settings {
        issuer: "https://palvelutori.example".into(),
        audience: "palvelutori".into(),
        access_token: Duration::minutes(10),
        refresh_token_days: 30,
        argon2: Argon2Cost {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
        },
        public_url: Url::parse("https://palvelutori.example/").unwrap(),
        limits,
    };
    let keys = SigningKeys::from_pems(&SigningKeys::generate(&ids).unwrap(), &[]).unwrap();
    let identity = Identity::new(db.clone(), settings, keys).unwrap();
    Stage {
        db,
        clock,
        identity,
        _folder: folder,
    }
}

fn from(ip: &str) -> RequestOrigin {
    RequestOrigin {
        ip: ip.parse::<IpAddr>().unwrap(),
        user_agent: Some("Selain 1.0".into()),
        request_id: "request".into(),
    }
}

fn home() -> RequestOrigin {
    from("192.0.2.1")
}

fn account(email: &str, password: &str) -> NewAccount {
    NewAccount {
        email: email.into(),
        password: password.into(),
        given_name: "Aino".into(),
        family_name: "Esimerkki".into(),
        lang: Lang::Fi,
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> ErrorCode {
    outcome.unwrap_err().code()
}

impl Stage {
    /// A person who may sign in with `ADDRESS` and `PASSWORD`.
    async fn member(&self) -> Person {
        let account = account(ADDRESS, PASSWORD);
        self.identity.add_verified("test", account).await.unwrap()
    }

    /// Subjects of the letters to an address, oldest first.
    async fn subjects(&self, address: &str) -> Vec<String> {
        self.letters(address)
            .await
            .into_iter()
            .map(|mail| mail.subject)
            .collect()
    }

    /// The token in the newest letter to `ADDRESS` that has one.
    async fn token(&self) -> String {
        let texts = self.letters(ADDRESS).await.into_iter().filter_map(|mail| mail.text);
        let mut tokens = texts.filter_map(|text| Some(text.split_once("?token=")?.1.trim().to_owned()));
        tokens.next_back().unwrap()
    }

    async fn letters(&self, address: &str) -> Vec<mail::Model> {
        mail::Entity::find()
            .filter(mail::Column::Recipient.eq(address))
            .order_by_asc(mail::Column::CreatedAt)
            .all(self.db.read())
            .await
            .unwrap()
    }

    /// What the audit record says, each act with its outcome, oldest first.
    async fn acts(&self) -> Vec<String> {
        let rows = audit::Entity::find()
            .order_by_asc(audit::Column::At)
            .all(self.db.read());
        let rows = rows.await.unwrap().into_iter();
        rows.map(|row| format!("{} {}", row.action, row.outcome)).collect()
    }

    fn later(&self, by: Duration) {
        self.clock.advance(by);
    }
}
