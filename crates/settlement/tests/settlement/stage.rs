//! Cities with clerks, companies and deliveries, without the bookings behind them.

use std::sync::Arc;

use bookings::accounts::PAYABLE;
use bookings::model::delivery;
use chrono::Duration;
use cities::{Cities, NewCity};
use db::{Db, Tx};
use identity::{Identity, SigningKeys};
use kernel::{
    Actor, BasisPoints, Cents, CityId, Clock, CompanyId, CompanyRole, Ids, Lang, LocalizedText, MockClock, PageRequest,
    PersonId, RunId, StaffRole,
};
use ledger::{Kind, Posting};
use providers::model::company;
use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, IntoActiveModel, Schema};
use sea_orm_migration::MigratorTrait;
use settlement::{Payment, Run, Settlement, Statement};
use tempfile::TempDir;

pub(crate) const IBANS: [&str; 3] = ["FI2112345600000785", "FI4250001510000023", "FI5542345670000081"];

/// Stands behind the vouchers of these tests.
const SOURCE: Kind = Kind {
    name: "test.source",
    floor: None,
};

pub(crate) struct Stage {
    pub(crate) db: Db,
    pub(crate) clock: MockClock,
    pub(crate) settlement: Settlement,
    pub(crate) city: CityId,
    pub(crate) clerk: Actor,
    pub(crate) second: Actor,
    ids: Ids,
    cities: Cities,
    _folder: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the one setting of these tests")]
async fn url(folder: &TempDir) -> String {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        return format!("sqlite://{}/test.db", folder.path().display());
    };
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let name = name.replace('.', "settlement_");
    let admin = Database::connect(&server).await.unwrap();
    let create = format!("CREATE DATABASE \"{name}\"");
    admin.execute_unprepared(&create).await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}")
}

/// Replaces the table of deliveries by one that asks for no bookings.
async fn free_deliveries(db: &Db) {
    let backend = db.read().get_database_backend();
    let cascade = if backend == DbBackend::Postgres { "CASCADE" } else { "" };
    db.read()
        .execute_unprepared(&format!("DROP TABLE IF EXISTS delivery {cascade}"))
        .await
        .unwrap();
    let table = Schema::new(backend).create_table_from_entity(delivery::Entity);
    db.read().execute(&table).await.unwrap();
}

fn identity(db: &Db, ids: &Ids) -> Identity {
    let limit = identity::Limits::default();
    let settings = identity::Settings {
        issuer: "https://palvelutori.example".into(),
        audience: "palvelutori".into(),
        access_token: Duration::minutes(10),
        refresh_token_days: 30,
        argon2: identity::Argon2Cost::default(),
        public_url: "https://palvelutori.example/".parse().unwrap(),
        limits: limit,
    };
    let keys = SigningKeys::from_pems(&SigningKeys::generate(ids).unwrap(), &[]).unwrap();
    Identity::new(db.clone(), settings, keys).unwrap()
}

/// The third of February 2027 in a city with two clerks.
pub(crate) async fn stage() -> Stage {
    let folder = TempDir::new().unwrap();
    let clock = MockClock::at("2027-02-03T10:00:00Z".parse().unwrap());
    let ids = Ids::seeded(Arc::new(clock.clone()), 1);
    let settings = db::Settings {
        url: url(&folder).await,
        max_connections: 4,
        synchronous: db::Synchronous::Normal,
    };
    let db = Db::connect(&settings, Arc::new(clock.clone()), ids.clone())
        .await
        .unwrap();
    migrations::Migrator::up(db.read(), None).await.unwrap();
    free_deliveries(&db).await;
    let cities = Cities::new(db.clone(), identity(&db, &ids));
    let city = new_city(&cities, "091").await;
    Stage {
        settlement: Settlement::new(db.clone(), cities.clone()),
        clerk: staff(&ids, city, StaffRole::SettlementClerk),
        second: staff(&ids, city, StaffRole::SettlementClerk),
        city,
        db,
        clock,
        ids,
        cities,
        _folder: folder,
    }
}

async fn new_city(cities: &Cities, code: &str) -> CityId {
    let city = NewCity {
        code: code.into(),
        name: LocalizedText {
            fi: "Esimerkkilä & Höylä".into(),
            sv: None,
            en: None,
        },
        business_id: "0201256-6".into(),
        zone: "Europe/Helsinki".parse().unwrap(),
        bilingual: false,
        iban: "FI5542345670000081".into(),
    };
    cities.put(city).await.unwrap().id
}

fn staff(ids: &Ids, city: CityId, role: StaffRole) -> Actor {
    let mut actor = Actor::person(ids.next::<PersonId>(), "request");
    actor.staff.push((city, role));
    actor
}

/// A key for one thing that is done to a run.
pub(crate) fn key(what: &str, run: &Run) -> String {
    format!("{what}-{}", run.id)
}

impl Stage {
    pub(crate) async fn other_city(&self) -> CityId {
        new_city(&self.cities, "049").await
    }

    pub(crate) fn staff(&self, city: CityId, role: StaffRole) -> Actor {
        staff(&self.ids, city, role)
    }

    pub(crate) fn member(&self, company: CompanyId) -> Actor {
        let mut actor = Actor::person(self.ids.next::<PersonId>(), "request");
        actor.companies.push((company, CompanyRole::Manager));
        actor
    }

    pub(crate) async fn company(&self, iban: &str) -> CompanyId {
        let id: CompanyId = self.ids.next();
        let company = company::Model {
            id,
            business_id: id.to_string(),
            name: format!("Siivous {id} Oy"),
            kind: providers::CompanyKind::Company,
            email: "info@siivous.example".into(),
            iban: iban.into(),
            lang: Lang::Fi,
            version: 1,
            created_at: self.clock.now(),
        };
        company::Entity::insert(company.into_active_model())
            .exec_without_returning(self.db.read())
            .await
            .unwrap();
        id
    }

    pub(crate) async fn change_iban(&self, company: CompanyId, iban: &str) {
        let change = company::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(company),
            iban: sea_orm::ActiveValue::Set(iban.into()),
            ..Default::default()
        };
        company::Entity::update(change).exec(self.db.read()).await.unwrap();
    }

    /// A delivery with what bookings post for it.
    pub(crate) async fn deliver(&self, company: CompanyId, day: &str, cents: i64) {
        let row = delivery::Model {
            id: self.ids.next(),
            city_id: self.city,
            company_id: company,
            programme_id: self.ids.next(),
            booking_id: self.ids.next(),
            visit_id: self.ids.next(),
            kind: delivery::Kind::Service,
            day: day.parse().unwrap(),
            price_cents: Cents(cents + 500),
            voucher_share_cents: Cents(cents),
            own_share_cents: Cents(500),
            quantity: 0,
            vat_class: "GENERAL".into(),
            vat_bp: BasisPoints(2_550),
            recorded_by: self.ids.next(),
            recorded_at: self.clock.now(),
            claim_reference: Some("=1+1".into()),
        };
        let deliver = self.db.write(async |tx: &Tx| {
            use kernel::TypedId;
            let [source] = ledger::open(tx, self.city, self.city.uuid(), [SOURCE]).await?;
            let [payable] = ledger::open(tx, self.city, company.uuid(), [PAYABLE]).await?;
            let posting = Posting::new(&source, &payable, row.voucher_share_cents, "delivery", row.id);
            ledger::post(tx, &Actor::system("test"), &[posting]).await?;
            delivery::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(tx.conn())
                .await?;
            Ok::<(), ledger::Error>(())
        });
        deliver.await.unwrap();
    }

    pub(crate) async fn create(&self, key: &str, month: u32) -> Result<Run, settlement::Error> {
        let key = format!("settlement-run-{key}");
        self.settlement
            .create_run(&self.clerk, &key, self.city, 2027, month)
            .await
    }

    /// A run of January that was sent to the bank, with its payments in the order of companies.
    pub(crate) async fn sent(&self) -> (Run, Vec<Payment>) {
        let run = self.create("january", 1).await.unwrap();
        self.confirm_and_send(run).await
    }

    pub(crate) async fn confirm_and_send(&self, run: Run) -> (Run, Vec<Payment>) {
        let run = self
            .settlement
            .confirm_run(&self.second, &key("confirm", &run), run.id, run.version)
            .await
            .unwrap();
        let run = self
            .settlement
            .send_run(&self.second, &key("send", &run), run.id, run.version)
            .await
            .unwrap();
        let payments = self.payments(run.id).await;
        (run, payments)
    }

    pub(crate) async fn payments(&self, run: RunId) -> Vec<Payment> {
        let page = PageRequest {
            first: 100,
            after: None,
        };
        let mut payments = self.settlement.payments(&self.clerk, run, page).await.unwrap().items;
        payments.sort_by_key(|payment| payment.company_id);
        payments
    }

    pub(crate) async fn statements(&self, actor: &Actor, run: RunId) -> Vec<Statement> {
        let page = PageRequest {
            first: 100,
            after: None,
        };
        self.settlement.statements_of_run(actor, run, page).await.unwrap().items
    }

    /// What all accounts of a kind hold together.
    pub(crate) async fn held(&self, kind: &str) -> i64 {
        let accounts = ledger::account::Entity::find().all(self.db.read()).await.unwrap();
        accounts
            .iter()
            .filter(|account| account.kind == kind)
            .map(ledger::Account::balance)
            .sum()
    }

    /// What is owed, on its way and paid.
    pub(crate) async fn money(&self) -> [i64; 3] {
        [
            self.held("provider.payable").await,
            self.held("run.clearing").await,
            self.held("paid").await,
        ]
    }

    /// Every check of settlement and ledger is empty.
    pub(crate) async fn check(&self) {
        assert_eq!(settlement::check(self.db.read()).await.unwrap(), []);
        assert_eq!(ledger::check(self.db.read()).await.unwrap(), []);
    }
}
