use chrono::{Duration, NaiveDate};
use identity::{Identity, NewAccount, SigningKeys};
use kernel::{
    Actor, BasisPoints, Cents, CityId, CompanyId, CompanyRole, Ids, Lang, LocalizedText, MockClock, PageRequest,
    ProgrammeId, StaffRole, TypedId,
};
use providers::{
    Application, Approval, ApprovalTerms, CompanyDetails, CompanyKind, Error, Member, NewApplication, NewCompany,
    Providers,
};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, Database, EntityTrait};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;

pub(crate) const BUSINESS_ID: &str = "0201256-6";

/// Two cities with a published programme each, on a database of its own.
pub(crate) struct Town {
    pub(crate) providers: Providers,
    pub(crate) programmes: programmes::Programmes,
    pub(crate) clock: MockClock,
    pub(crate) here: CityId,
    pub(crate) there: CityId,
    pub(crate) programme: ProgrammeId,
    pub(crate) programme_there: ProgrammeId,
    db: db::Db,
    identity: Identity,
    _folder: TempDir,
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn first<Id>(first: u64) -> PageRequest<Id> {
    PageRequest { first, after: None }
}

pub(crate) fn details(name: &str) -> CompanyDetails {
    CompanyDetails {
        name: name.to_owned(),
        kind: CompanyKind::Company,
        email: "info@siivous.example.fi".to_owned(),
        iban: "FI5542345670000081".to_owned(),
        lang: Lang::Fi,
    }
}

impl Town {
    /// At noon in Helsinki on 1 March 2027.
    pub(crate) async fn build() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = MockClock::at("2027-03-01T10:00:00Z".parse().unwrap());
        let shared = std::sync::Arc::new(clock.clone());
        let settings = db::Settings {
            url: url(&folder).await,
            max_connections: 8,
            synchronous: db::Synchronous::Normal,
        };
        let db = db::Db::connect(&settings, shared.clone(), Ids::seeded(shared, 7))
            .await
            .unwrap();
        migrations::Migrator::up(db.read(), None).await.unwrap();
        let key = SigningKeys::generate(db.ids()).unwrap();
        let identity = Identity::new(
            db.clone(),
            identity::Settings {
                issuer: "palvelutori".to_owned(),
                audience: "palvelutori".to_owned(),
                access_token: Duration::minutes(10),
                refresh_token_days: 30,
                argon2: identity::Argon2Cost {
                    memory_kib: 64,
                    iterations: 1,
                    parallelism: 1,
                },
                public_url: url::Url::parse("https://palvelutori.example.fi").unwrap(),
                limits: identity::Limits::default(),
            },
            SigningKeys::from_pems(&key, &[]).unwrap(),
        )
        .unwrap();
        let cities = cities::Cities::new(db.clone(), identity.clone());
        let programmes = programmes::Programmes::new(db.clone(), cities.clone());
        let (here, there) = (city(&cities, "837").await, city(&cities, "564").await);
        let providers = Providers::new(db.clone(), cities, programmes.clone());
        let mut town = Self {
            programme: ProgrammeId::from_uuid(Uuid::nil()),
            programme_there: ProgrammeId::from_uuid(Uuid::nil()),
            providers,
            programmes,
            clock,
            here,
            there,
            db,
            identity,
            _folder: folder,
        };
        town.programme = town.publish(here).await;
        town.programme_there = town.publish(there).await;
        town
    }

    /// A new person without roles.
    pub(crate) async fn person(&self) -> Actor {
        let account = NewAccount {
            email: format!("{}@example.fi", self.db.ids().token()),
            password: "kolme punaista tuolia".to_owned(),
            given_name: "Testi".to_owned(),
            family_name: "Henkilö".to_owned(),
            lang: Lang::Fi,
        };
        let person = self.identity.add_verified("test", account).await.unwrap();
        Actor::person(person.id, "test")
    }

    /// A new person in the staff of a city.
    pub(crate) async fn staff(&self, city: CityId, role: StaffRole) -> Actor {
        let mut actor = self.person().await;
        actor.staff.push((city, role));
        actor
    }

    pub(crate) async fn approver(&self, city: CityId) -> Actor {
        self.staff(city, StaffRole::Approver).await
    }

    /// The actor with her roles in companies as they are now.
    pub(crate) async fn refreshed(&self, actor: &Actor) -> Actor {
        let companies = self.providers.memberships_of(actor.signed_in().unwrap()).await.unwrap();
        Actor {
            companies,
            ..actor.clone()
        }
    }

    pub(crate) async fn register(&self, actor: &Actor, name: &str) -> Result<Member, Error> {
        let new = NewCompany {
            city: self.here,
            business_id: BUSINESS_ID.to_owned(),
            details: details(name),
        };
        self.providers.register_company(actor, new).await
    }

    /// A company with a confirmed signatory.
    pub(crate) async fn company(&self) -> (CompanyId, Actor) {
        let person = self.person().await;
        let claim = self.register(&person, "Siivous Oy").await.unwrap();
        let approver = self.approver(self.here).await;
        let member = self.providers.confirm_signatory(&approver, claim.id).await.unwrap();
        (member.company_id, self.refreshed(&person).await)
    }

    /// A confirmed member in another role.
    pub(crate) async fn colleague(&self, signatory: &Actor, role: CompanyRole) -> Actor {
        let person = self.person().await;
        let claim = self.providers.join_company(&person, BUSINESS_ID, role).await.unwrap();
        self.providers.confirm_member(signatory, claim.id).await.unwrap();
        self.refreshed(&person).await
    }

    pub(crate) async fn apply(
        &self,
        actor: &Actor,
        company: CompanyId,
        programme: ProgrammeId,
    ) -> Result<Application, Error> {
        let new = NewApplication {
            programme,
            company,
            statement: "Siivoamme koteja.".to_owned(),
        };
        self.providers.apply_to_programme(actor, new).await
    }

    pub(crate) async fn approve(&self, approver: &Actor, application: &Application) -> Result<Approval, Error> {
        let terms = ApprovalTerms {
            valid_from: day("2027-03-01"),
            valid_until: day("2027-12-31"),
            grounds: "Edellytykset täyttyvät.".to_owned(),
            conditions: None,
            area: Vec::new(),
            municipalities: Vec::new(),
        };
        self.providers
            .approve_application(approver, application.id, application.version, terms)
            .await
    }

    /// The approval by which the company may sell here on a day.
    pub(crate) async fn in_force(&self, company: CompanyId, day: NaiveDate) -> Option<Approval> {
        let find =
            async |tx: &db::Tx| providers::approvals::find_in_force_shared(tx, company, self.programme, day).await;
        self.db.write(find).await.unwrap()
    }

    /// The subjects of the letters written so far, in order.
    pub(crate) async fn letters(&self) -> Vec<String> {
        let mails = mail::Entity::find().all(self.db.read()).await.unwrap();
        mails.into_iter().map(|mail| mail.subject).collect()
    }

    /// How many rows of the audit record name this action.
    pub(crate) async fn audited(&self, action: &str) -> usize {
        let rows = audit::Entity::find().all(self.db.read()).await.unwrap();
        rows.iter().filter(|row| row.action == action).count()
    }

    /// The cities whose auditors see that the action was done.
    pub(crate) async fn cities_that_see(&self, action: &str) -> Vec<Option<CityId>> {
        let rows = audit::Entity::find().all(self.db.read()).await.unwrap();
        let rows = rows.into_iter().filter(|row| row.action == action);
        rows.map(|row| row.city_id).collect()
    }

    /// How many companies there are, seen by anybody or not.
    pub(crate) async fn companies(&self) -> usize {
        providers::model::company::Entity::find()
            .all(self.db.read())
            .await
            .unwrap()
            .len()
    }

    async fn publish(&self, city: CityId) -> ProgrammeId {
        let text = |text: &str| LocalizedText {
            fi: text.to_owned(),
            sv: Some(text.to_owned()),
            en: None,
        };
        let content = programmes::ProgrammeChange {
            name: text("Seniorien siivous"),
            description: text("Kotisiivousta."),
            service_class: "P25".to_owned(),
            unit: programmes::Unit::Eur,
            organiser: None,
            target_group: None,
            valid_from: day("2027-01-01"),
            valid_until: day("2027-12-31"),
            budget: Cents(1_000_000),
            overcommit: BasisPoints(10_000),
            terms: programmes::TermsContent {
                value_rule: programmes::value::ValueRule::Flat(programmes::value::flat::Flat {
                    value: Cents(10_000),
                    per: programmes::value::flat::Per::Voucher,
                    coefficients: None,
                }),
                price_mode: programmes::PriceMode::OwnShare,
                price_ceiling: Cents(15_000),
                free_cancellation_hours: 24,
                late_fee: BasisPoints(5_000),
                appeal_days: 30,
                parameters: programmes::Parameters::default(),
                conditions: programmes::Conditions::default(),
            },
        };
        let one = self.staff(city, StaffRole::ProgrammeOfficer).await;
        let other = self.staff(city, StaffRole::ProgrammeOfficer).await;
        let draft = self
            .programmes
            .create(&one, programmes::NewProgramme { city, content })
            .await
            .unwrap();
        self.programmes
            .publish(&other, &draft.id.to_string(), draft.id, draft.version)
            .await
            .unwrap()
            .id
    }
}

async fn city(cities: &cities::Cities, code: &str) -> CityId {
    let data = cities::NewCity {
        code: code.to_owned(),
        name: LocalizedText {
            fi: format!("Kaupunki {code}"),
            sv: None,
            en: None,
        },
        business_id: "0211675-2".to_owned(),
        zone: "Europe/Helsinki".parse().unwrap(),
        bilingual: false,
        iban: "FI2112345600000785".to_owned(),
    };
    cities.put(data).await.unwrap().id
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
        .replace('.', "providers_");
    let admin = Database::connect(&server).await.unwrap();
    admin
        .execute_unprepared(&format!("CREATE DATABASE \"{name}\""))
        .await
        .unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}")
}
