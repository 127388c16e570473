//! The whole application in one process: the wiring of the server, a clock that stands still, mail in memory.

use std::sync::Arc;

use api::http::HttpSettings;
use axum::Router;
use chrono::{DateTime, Duration, Utc};
use db::Db;
use identity::{Argon2Cost, CodeKeys, Limit, Limits, SigningKeys};
use jobs::Worker;
use kernel::{Clock, Ids, MockClock, PageRequest};
use mail::{Carrier, SentMail, Transport};
use tempfile::TempDir;
use url::Url;

use crate::database::{self, Kind};
use crate::population::Population;
use crate::say;

/// When every test begins: a Monday at ten in the morning in Helsinki.
pub const START: &str = "2027-01-11T08:00:00Z";

/// The longest file that may come with an application, in bytes.
const LONGEST_FILE: usize = 10 * 1024 * 1024;

/// The seed of ids and secrets, the same in every test.
const SEED: u64 = 7;

/// Palvelutori on a database of its own.
pub struct TestApp {
    /// Stands still between requests; each request moves it on by a millisecond, so that records are in the order of
    /// requests.
    pub clock: MockClock,
    /// The contexts, for what no document does yet and for looking behind the API.
    pub contexts: api::App,
    /// The population register.
    pub population: Arc<Population>,
    pub(crate) router: Router,
    worker: Worker,
    mails: Arc<Transport>,
    kind: Kind,
    url: String,
    _folder: TempDir,
}

/// The keys of personal identity codes.
pub const CODE_KEYS: &str = "lookup 6c6f6f6b75706c6f6f6b75706c6f6f6b75706c6f6f6b75706c6f6f6b75706c6f\n\
                             test 7465737474657374746573747465737474657374746573747465737474657374\n";

/// Runs a test on SQLite and, where there is one, on PostgreSQL; each ends with [`TestApp::finish`].
pub async fn both(test: impl AsyncFn(&TestApp)) {
    for start in [
        Some(Kind::Sqlite),
        crate::postgres::postgres_url().map(|_| Kind::Postgres),
    ] {
        let Some(kind) = start else { continue };
        let _named = NamedOnPanic(kind);
        let app = Box::pin(TestApp::on(kind)).await;
        Box::pin(test(&app)).await;
        Box::pin(app.finish()).await;
    }
}

/// Says on which database a test has failed.
struct NamedOnPanic(Kind);

impl Drop for NamedOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&format!("the test failed on {:?}", self.0));
        }
    }
}

impl TestApp {
    /// On a new SQLite file.
    pub async fn sqlite() -> Self {
        Self::on(Kind::Sqlite).await
    }

    /// On a new PostgreSQL database; `None` where there is no PostgreSQL, which one line has said.
    pub async fn postgres() -> Option<Self> {
        match crate::postgres::postgres_url() {
            Some(_) => Some(Self::on(Kind::Postgres).await),
            None => None,
        }
    }

    /// On a new database of a kind.
    pub async fn on(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = database::create(kind, folder.path()).await;
        let parts = Parts::new();
        let db = parts.connect(database::settings(url.clone())).await;
        let (contexts, worker, mails) = parts.wire(db);
        let settings = HttpSettings {
            introspection: true,
            ..HttpSettings::default()
        };
        Self {
            population: Arc::clone(&parts.population),
            clock: parts.clock,
            router: server::wiring::router(contexts.clone(), settings),
            contexts,
            worker,
            mails,
            kind,
            url,
            _folder: folder,
        }
    }

    /// Does every job that is due, also those that the schedule makes due now; answers how many.
    pub async fn run_jobs(&self) -> usize {
        self.worker.run_until_idle().await.expect("the queue can be read")
    }

    /// The mails sent so far, oldest first; [`TestApp::run_jobs`] sends them.
    pub fn mails(&self) -> Vec<SentMail> {
        self.mails.sent()
    }

    /// How many SQL statements were sent so far.
    pub fn statements(&self) -> u64 {
        self.contexts.db.statements()
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The database behind it, for looking at rows.
    pub fn db(&self) -> &Db {
        &self.contexts.db
    }

    /// Which database it runs on.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Ends the test: no job is left over, and every sum is what the records below it add up to.
    ///
    /// # Panics
    /// When a job is left over or a sum is wrong.
    pub async fn finish(self) {
        Box::pin(self.end()).await;
    }

    async fn end(self) {
        let everything = PageRequest {
            first: 100,
            after: None,
        };
        let jobs = jobs::list(self.db().read(), everything)
            .await
            .expect("the queue can be read");
        let left: Vec<_> = jobs
            .items
            .iter()
            .map(|job| (&job.kind, job.state, &job.last_error))
            .collect();
        assert!(left.is_empty(), "jobs are left over: {left:?}");
        self.check().await;
        let Self {
            contexts,
            router,
            worker,
            kind,
            url,
            ..
        } = self;
        drop((router, worker));
        contexts.db.close().await.expect("the pool can be closed");
        if kind == Kind::Postgres {
            database::drop_postgres(&url).await;
        }
    }

    /// Every sum is what the records below it add up to.
    ///
    /// # Panics
    /// When one is not.
    pub async fn check(&self) {
        let differences = server::commands::check::differences(self.db())
            .await
            .expect("the check runs");
        assert!(differences.is_empty(), "{differences:#?}");
    }
}

/// What an application is made of before it has a database.
pub(crate) struct Parts {
    clock: MockClock,
    ids: Ids,
    pub(crate) population: Arc<Population>,
}

impl Parts {
    pub(crate) fn new() -> Self {
        let clock = MockClock::at(START.parse().expect("an instant"));
        let ids = Ids::seeded(Arc::new(clock.clone()), SEED);
        Self {
            clock,
            ids,
            population: Arc::default(),
        }
    }

    pub(crate) async fn connect(&self, settings: db::Settings) -> Db {
        let clock = Arc::new(self.clock.clone());
        Db::connect(&settings, clock, self.ids.clone())
            .await
            .expect("the database answers")
    }

    /// The contexts, their worker and where the mails go.
    pub(crate) fn wire(&self, db: Db) -> (api::App, Worker, Arc<Transport>) {
        let pem = SigningKeys::generate(&self.ids).expect("a key can be made");
        let keys = SigningKeys::from_pems(&pem, &[]).expect("it is a key");
        let code_keys = CodeKeys::parse(CODE_KEYS, true).expect("they are keys");
        let contexts = server::wiring::app(
            db.clone(),
            files::Files::in_memory(LONGEST_FILE),
            identity_settings(),
            keys,
            Some(code_keys),
            Some(self.population.clone()),
        )
        .expect("the cost is in range");
        let settings = mail::Settings {
            from: "Palvelutori <no-reply@palvelutori.example>".to_owned(),
            carrier: Carrier::Memory,
        };
        let mails = Arc::new(Transport::new(settings).expect("the sender has an address"));
        let registry = server::wiring::registry(&contexts, Arc::clone(&mails)).expect("each job has one handler");
        (contexts, database::worker(db, registry), mails)
    }
}

fn identity_settings() -> identity::Settings {
    let limit = Limit {
        tries: 10_000,
        window: Duration::hours(1),
    };
    identity::Settings {
        issuer: "https://palvelutori.example".to_owned(),
        audience: "palvelutori".to_owned(),
        access_token: Duration::minutes(10),
        refresh_token_days: 30,
        argon2: Argon2Cost {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
        },
        public_url: Url::parse("https://palvelutori.example/").expect("a URL"),
        limits: Limits {
            guesses_of_network: limit,
            guesses_of_account_and_network: limit,
            guesses_of_account: limit,
            letters_to_address: limit,
            letters_from_network: limit,
        },
    }
}
