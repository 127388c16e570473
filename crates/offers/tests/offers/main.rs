//! The use cases against a real database: a temporary SQLite file, or a fresh database of the PostgreSQL server that
//! `TEST_DATABASE_URL` names.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

mod catalogue;
mod changes;
mod places;

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use cities::{Cities, NewCity};
use db::Db;
use identity::{Argon2Cost, Identity, Limits, NewAccount, SigningKeys};
use kernel::{
    Actor, ApprovalId, BasisPoints, Cents, CityId, Coded, CompanyId, CompanyRole, ErrorCode, Ids, Lang, LocalizedText,
    MockClock, PersonId, ProgrammeId, StaffRole,
};
use offers::{Error, NewOccurrence, NewOffer, Occurrence, Offer, OfferContent, OfferFilter, Offers, Place, VatClass};
use programmes::{NewProgramme, ProgrammeChange, Programmes};
use providers::{ApprovalTerms, CompanyDetails, CompanyKind, NewApplication, NewCompany, Providers};
use sea_orm::{ConnectionTrait, Database};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use url::Url;

/// A city with a published programme (ceiling 60.00 €, first half of 2027) in which one company is approved until the
/// end of March, and the people around them. It is the first of February 2027.
struct Stage {
    db: Db,
    clock: MockClock,
    offers: Offers,
    programmes: Programmes,
    providers: Providers,
    city: CityId,
    programme: ProgrammeId,
    company: CompanyId,
    approval: ApprovalId,
    manager: Actor,
    officer: Actor,
    approver: Actor,
    _folder: TempDir,
}

fn text(fi: &str) -> LocalizedText {
    LocalizedText {
        fi: fi.into(),
        sv: Some(format!("{fi} på svenska")),
        en: None,
    }
}

fn content(name: &str) -> OfferContent {
    OfferContent {
        name: text(name),
        description: text("Kuvaus"),
        keywords: vec!["vesi".into()],
        price: Cents(4_500),
        vat_class: VatClass::General,
        place: Some(Place {
            name: "Keskusta".into(),
            street: "Torikatu 1".into(),
            postal_code: "20100".into(),
            coordinates: None,
        }),
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn hour_at(starts: &str, capacity: i32) -> NewOccurrence {
    let starts_at = instant(starts);
    NewOccurrence {
        starts_at,
        ends_at: starts_at + Duration::hours(1),
        capacity,
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> ErrorCode {
    outcome.unwrap_err().code()
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
        .replace('.', "offers_");
    let admin = Database::connect(&server).await.unwrap();
    admin
        .execute_unprepared(&format!("CREATE DATABASE \"{name}\""))
        .await
        .unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}")
}

fn identity(db: &Db) -> Identity {
    let settings = identity::Settings {
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
        limits: Limits::default(),
    };
    let keys = SigningKeys::from_pems(&SigningKeys::generate(db.ids()).unwrap(), &[]).unwrap();
    Identity::new(db.clone(), settings, keys).unwrap()
}

async fn person(identity: &Identity, given_name: &str) -> PersonId {
    let account = NewAccount {
        email: format!("{}@esimerkki.fi", given_name.to_lowercase()),
        password: "kolme punaista tuolia".into(),
        given_name: given_name.into(),
        family_name: "Esimerkki".into(),
        lang: Lang::Fi,
    };
    identity.add_verified("test", account).await.unwrap().id
}

fn staff(person: PersonId, city: CityId, role: StaffRole) -> Actor {
    Actor {
        staff: vec![(city, role)],
        ..Actor::person(person, "test")
    }
}

fn member(person: PersonId, company: CompanyId, role: CompanyRole) -> Actor {
    Actor {
        companies: vec![(company, role)],
        ..Actor::person(person, "test")
    }
}

/// A published programme whose vouchers are good for the first half of 2027.
async fn programme(programmes: &Programmes, writer: &Actor, publisher: &Actor, city: CityId) -> ProgrammeId {
    let content = ProgrammeChange {
        name: text("Siivous"),
        description: text("Kuvaus"),
        service_class: "P25".into(),
        unit: programmes::Unit::Eur,
        organiser: None,
        target_group: None,
        valid_from: "2027-01-01".parse().unwrap(),
        valid_until: "2027-06-30".parse().unwrap(),
        budget: Cents(1_000_000),
        overcommit: BasisPoints(10_000),
        terms: programmes::TermsContent {
            value_rule: programmes::value::ValueRule::Flat(programmes::value::flat::Flat {
                value: Cents(5_000),
                per: programmes::value::flat::Per::Voucher,
                coefficients: None,
            }),
            price_mode: programmes::PriceMode::OwnShare,
            price_ceiling: Cents(6_000),
            free_cancellation_hours: 24,
            late_fee: BasisPoints(5_000),
            appeal_days: 30,
            parameters: programmes::Parameters::default(),
            conditions: programmes::Conditions::default(),
        },
    };
    let draft = programmes.create(writer, NewProgramme { city, content }).await.unwrap();
    let key = draft.id.to_string();
    programmes
        .publish(publisher, &key, draft.id, draft.version)
        .await
        .unwrap()
        .id
}

async fn company(providers: &Providers, signatory: PersonId, city: CityId, business_id: &str) -> CompanyId {
    let details = CompanyDetails {
        name: format!("Yritys {business_id}"),
        kind: CompanyKind::Company,
        email: "yritys@esimerkki.fi".into(),
        iban: "FI2112345600000785".into(),
        lang: Lang::Fi,
    };
    let new = NewCompany {
        city,
        business_id: business_id.into(),
        details,
    };
    providers
        .register_company(&Actor::person(signatory, "test"), new)
        .await
        .unwrap()
        .company_id
}

async fn approval(providers: &Providers, signatory: &Actor, approver: &Actor, programme: ProgrammeId) -> ApprovalId {
    let (company, _) = signatory.companies[0];
    let new = NewApplication {
        programme,
        company,
        statement: "Teemme hyvää työtä.".into(),
    };
    let application = providers.apply_to_programme(signatory, new).await.unwrap();
    let terms = ApprovalTerms {
        valid_from: "2027-01-01".parse().unwrap(),
        valid_until: "2027-03-31".parse().unwrap(),
        grounds: "Täyttää ehdot.".into(),
        conditions: None,
        area: Vec::new(),
        municipalities: Vec::new(),
    };
    providers
        .approve_application(approver, application.id, application.version, terms)
        .await
        .unwrap()
        .id
}

async fn stage() -> Stage {
    let folder = TempDir::new().unwrap();
    let clock = MockClock::at(instant("2027-02-01T10:00:00Z"));
    let ids = Ids::seeded(Arc::new(clock.clone()), 1);
    let settings = db::Settings {
        url: url(&folder).await,
        max_connections: 8,
        synchronous: db::Synchronous::Normal,
    };
    let db = Db::connect(&settings, Arc::new(clock.clone()), ids).await.unwrap();
    migrations::Migrator::up(db.read(), None).await.unwrap();
    let identity = identity(&db);
    let cities = Cities::new(db.clone(), identity.clone());
    let programmes = Programmes::new(db.clone(), cities.clone());
    let providers = Providers::new(db.clone(), cities.clone(), programmes.clone());
    let turku = NewCity {
        code: "853".into(),
        name: text("Turku"),
        business_id: "0204819-8".into(),
        zone: "Europe/Helsinki".parse().unwrap(),
        bilingual: true,
        iban: "FI5542345670000081".into(),
    };
    let city = cities.put(turku).await.unwrap().id;
    let officer = staff(person(&identity, "Olavi").await, city, StaffRole::ProgrammeOfficer);
    let second_officer = staff(person(&identity, "Oona").await, city, StaffRole::ProgrammeOfficer);
    let approver = staff(person(&identity, "Anna").await, city, StaffRole::Approver);
    let signatory = person(&identity, "Saana").await;
    let programme = programme(&programmes, &officer, &second_officer, city).await;
    let company = company(&providers, signatory, city, "0201256-6").await;
    let signatory = member(signatory, company, CompanyRole::Signatory);
    let approval = approval(&providers, &signatory, &approver, programme).await;
    let manager = member(person(&identity, "Maija").await, company, CompanyRole::Manager);
    Stage {
        offers: Offers::new(db.clone(), cities),
        db,
        clock,
        programmes,
        providers,
        city,
        programme,
        company,
        approval,
        manager,
        officer,
        approver,
        _folder: folder,
    }
}

impl Stage {
    fn new_offer(&self, content: OfferContent) -> NewOffer {
        NewOffer {
            company: self.company,
            programme: self.programme,
            content,
        }
    }

    async fn draft(&self, name: &str) -> Offer {
        // Ids follow the clock to the millisecond: lists are in the order of writing.
        self.clock.advance(Duration::milliseconds(1));
        self.offers
            .create(&self.manager, self.new_offer(content(name)))
            .await
            .unwrap()
    }

    async fn published(&self, name: &str) -> Offer {
        let draft = self.draft(name).await;
        self.offers
            .publish(&self.manager, draft.id, draft.version)
            .await
            .unwrap()
    }

    async fn add(&self, offer: &Offer, times: &[NewOccurrence]) -> Vec<Occurrence> {
        self.offers
            .add_occurrences(&self.manager, offer.id, times)
            .await
            .unwrap()
    }

    fn filter(&self) -> OfferFilter {
        OfferFilter {
            city: self.city,
            text: None,
            programme: None,
            company: None,
            max_price: None,
            bookable_from: None,
            bookable_until: None,
        }
    }
}
