//! Makes what is missing of one town. The use cases decide; nothing is written behind their backs.

use api::App;
use bookings::NewBooking;
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, TimeZone, Utc};
use cities::City;
use identity::NewAccount;
use kernel::{Actor, BasisPoints, CompanyId, LocalizedText, PageRequest, ProgrammeId, StaffRole};
use offers::{NewOccurrence, NewOffer, OfferContent, Place};
use programmes::{NewProgramme, PriceMode, ProgrammeChange, TermsContent};
use providers::{ApprovalTerms, CompanyDetails, NewApplication, NewCompany};
use vouchers::NewVoucher;

use super::data::{Company, Offer, Person, Programme, Texts, Town, Worth};
use super::{JOB, PASSWORD, email};
use crate::Failure;

/// On how many days of the coming weeks an offer takes place.
const DAYS: u64 = 28;

/// At what hour, by the clock of the city.
const HOUR: u32 = 10;

/// Makes a town with its people, programmes, companies, offers, vouchers and bookings.
pub(super) async fn seed(app: &App, town: &Town, city: &City) -> Result<(), Failure> {
    let today = city.day_of(app.db.clock().now());
    // In the last days of a year hardly a time is left in it.
    let year = today.checked_add_days(Days::new(14)).unwrap_or(today).year();
    let seeder = Seeder { app, city, today, year };
    for (role, person) in town.staff {
        let actor = seeder.person(person).await?;
        app.cities
            .install_role(city.id, actor.signed_in().map_err(kernel::Denied)?, *role)
            .await?;
    }
    let [writer, publisher] = seeder.two_of(town, StaffRole::ProgrammeOfficer).await?;
    let [approver] = seeder
        .two_of(town, StaffRole::Approver)
        .await
        .map(|[first, _]| [first])?;
    let mut programmes = Vec::new();
    for programme in town.programmes {
        let id = seeder.programme(programme, &writer, &publisher).await?;
        programmes.push((id, programme.worth));
    }
    for company in town.companies {
        seeder.company(company, &approver, &programmes).await?;
    }
    for resident in town.residents {
        seeder.resident(resident, &writer, &programmes).await?;
    }
    Ok(())
}

struct Seeder<'a> {
    app: &'a App,
    city: &'a City,
    /// The civil day in the city.
    today: NaiveDate,
    /// The year of its programmes.
    year: i32,
}

impl Seeder<'_> {
    /// A person with the roles she has now.
    async fn person(&self, person: &Person) -> Result<Actor, Failure> {
        let address = email(person);
        let id = if let Some(found) = self.app.identity.find_verified_by_email(&address).await? {
            found.id
        } else {
            let account = NewAccount {
                email: address,
                password: PASSWORD.to_owned(),
                given_name: person.given_name.to_owned(),
                family_name: person.family_name.to_owned(),
                lang: person.lang,
            };
            self.app.identity.add_verified(JOB, account).await?.id
        };
        let mut actor = Actor::person(id, JOB);
        actor.staff = self.app.cities.roles_of(id).await?;
        actor.companies = self.app.providers.memberships_of(id).await?;
        Ok(actor)
    }

    /// The first and the last of the staff with a role.
    async fn two_of(&self, town: &Town, role: StaffRole) -> Result<[Actor; 2], Failure> {
        let mut holders = town
            .staff
            .iter()
            .filter(|(of, _)| *of == role)
            .map(|(_, person)| person);
        let first = holders.next().ok_or("the demo lacks a role")?;
        let last = holders.next_back().unwrap_or(first);
        Ok([self.person(first).await?, self.person(last).await?])
    }

    async fn programme(&self, new: &Programme, writer: &Actor, publisher: &Actor) -> Result<ProgrammeId, Failure> {
        let known = self.app.programmes.page(writer, self.city.id, all()).await?;
        let found = known
            .items
            .into_iter()
            .find(|programme| programme.name.fi == new.name[0]);
        let programme = if let Some(programme) = found {
            programme
        } else {
            let content = ProgrammeChange {
                name: texts(new.name),
                description: texts(new.description),
                service_class: new.service_class.to_owned(),
                unit: new.worth.unit(),
                organiser: None,
                target_group: None,
                valid_from: self.day_of_year(1, 1),
                valid_until: self.day_of_year(12, 31),
                budget: new.budget,
                overcommit: BasisPoints(10_000),
                terms: TermsContent {
                    value_rule: new.worth.rule(),
                    price_mode: PriceMode::OwnShare,
                    price_ceiling: new.price_ceiling,
                    free_cancellation_hours: 24,
                    late_fee: BasisPoints(5_000),
                    appeal_days: 30,
                    parameters: programmes::Parameters::default(),
                    conditions: programmes::Conditions::default(),
                },
            };
            let draft = NewProgramme {
                city: self.city.id,
                content,
            };
            self.app.programmes.create(writer, draft).await?
        };
        if programme.state == programmes::State::Draft {
            self.app
                .programmes
                .publish(publisher, &programme.id.to_string(), programme.id, programme.version)
                .await?;
        }
        Ok(programme.id)
    }

    async fn company(
        &self,
        new: &Company,
        approver: &Actor,
        programmes: &[(ProgrammeId, Worth)],
    ) -> Result<(), Failure> {
        let providers = &self.app.providers;
        let signatory = self.person(&new.signatory).await?;
        if providers.my_companies(&signatory).await?.is_empty() {
            let company = NewCompany {
                city: self.city.id,
                business_id: new.business_id.to_owned(),
                details: CompanyDetails {
                    name: new.name.to_owned(),
                    kind: new.kind,
                    email: email(&new.signatory),
                    iban: new.iban.to_owned(),
                    lang: new.signatory.lang,
                },
            };
            providers.register_company(&signatory, company).await?;
        }
        for claim in providers.my_companies(&signatory).await? {
            if claim.state == providers::MemberState::Claimed {
                providers.confirm_signatory(approver, claim.id).await?;
            }
            let signatory = self.person(&new.signatory).await?;
            for offer in new.offers {
                let (programme, _) = *programmes
                    .get(offer.programme)
                    .ok_or("an offer names no programme of its town")?;
                self.approval(&signatory, approver, claim.company_id, programme).await?;
                self.offer(offer, &signatory, claim.company_id, programme).await?;
            }
        }
        Ok(())
    }

    async fn approval(
        &self,
        signatory: &Actor,
        approver: &Actor,
        company: CompanyId,
        programme: ProgrammeId,
    ) -> Result<(), Failure> {
        let providers = &self.app.providers;
        let known = providers.applications_of_company(signatory, company, all()).await?;
        let found = known
            .items
            .into_iter()
            .find(|application| application.programme_id == programme);
        let application = if let Some(application) = found {
            application
        } else {
            let statement = "Täytämme sääntökirjan vaatimukset.".to_owned();
            let new = NewApplication {
                programme,
                company,
                statement,
            };
            providers.apply_to_programme(signatory, new).await?
        };
        if application.state == providers::ApplicationState::Submitted {
            let terms = ApprovalTerms {
                // Offers are published today.
                valid_from: self.day_of_year(1, 1).min(self.today),
                valid_until: self.day_of_year(12, 31),
                grounds: "Edellytykset täyttyvät.".to_owned(),
                conditions: None,
                area: Vec::new(),
                municipalities: Vec::new(),
            };
            providers
                .approve_application(approver, application.id, application.version, terms)
                .await?;
        }
        Ok(())
    }

    async fn offer(
        &self,
        new: &Offer,
        signatory: &Actor,
        company: CompanyId,
        programme: ProgrammeId,
    ) -> Result<(), Failure> {
        let offers = &self.app.offers;
        let known = offers.offers_of_company(signatory, company, all()).await?;
        if known
            .items
            .iter()
            .any(|offer| offer.name.fi == new.name[0] && offer.state != offers::State::Draft)
        {
            return Ok(());
        }
        let draft = if let Some(draft) = known.items.into_iter().find(|offer| offer.name.fi == new.name[0]) {
            draft
        } else {
            let content = content(new);
            let new = NewOffer {
                company,
                programme,
                content,
            };
            offers.create(signatory, new).await?
        };
        let times = self.times(new.capacity);
        if !times.is_empty() && offers.count_schedule(signatory, draft.id).await? == 0 {
            offers.add_occurrences(signatory, draft.id, &times).await?;
        }
        offers.publish(signatory, draft.id, draft.version).await?;
        Ok(())
    }

    async fn resident(
        &self,
        new: &Person,
        officer: &Actor,
        programmes: &[(ProgrammeId, Worth)],
    ) -> Result<(), Failure> {
        let resident = self.person(new).await?;
        let held = self.app.vouchers.own(&resident, all()).await?.items;
        for (programme, worth) in programmes {
            if held.iter().any(|voucher| voucher.programme_id == *programme) {
                continue;
            }
            let grant = NewVoucher {
                city: self.city.id,
                programme: *programme,
                resident_email: email(new),
                grounds: "Täyttää ohjelman ehdot.".to_owned(),
                circumstances: worth.circumstances(),
                eligibility_confirmed: None,
            };
            let voucher = self
                .app
                .vouchers
                .grant(officer, &format!("demo-{}-{programme}", new.address), grant)
                .await?;
            // One voucher is in use, the others are whole.
            if programmes.first().is_some_and(|(first, _)| first == programme) {
                self.booking(&resident, voucher).await?;
            }
        }
        Ok(())
    }

    /// Books the first time that has places, if there is any.
    async fn booking(&self, resident: &Actor, voucher: vouchers::Voucher) -> Result<(), Failure> {
        let filter = offers::OfferFilter {
            city: self.city.id,
            text: None,
            programme: Some(voucher.programme_id),
            company: None,
            max_price: None,
            bookable_from: None,
            bookable_until: None,
        };
        let found: Vec<_> = self
            .app
            .offers
            .search(&filter, all())
            .await?
            .items
            .iter()
            .map(|offer| offer.id)
            .collect();
        let times = self.app.offers.occurrences_of(&found).await?;
        let Some(time) = times.iter().find(|time| time.places_left() > 0) else {
            return Ok(());
        };
        let new = NewBooking {
            occurrence: time.id,
            voucher: voucher.id,
            units: 1,
        };
        self.app
            .bookings
            .book(resident, &format!("demo-{}", voucher.id), new)
            .await?;
        Ok(())
    }

    /// Every other day of the coming weeks that lies in the year of the vouchers.
    fn times(&self, capacity: i32) -> Vec<NewOccurrence> {
        let days = (2..DAYS)
            .step_by(2)
            .filter_map(|days| self.today.checked_add_days(Days::new(days)));
        days.filter(|day| day.year() == self.year)
            .filter_map(|day| self.at(day))
            .map(|starts_at| NewOccurrence {
                starts_at,
                ends_at: starts_at + Duration::hours(2),
                capacity,
            })
            .collect()
    }

    fn at(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let local = day.and_hms_opt(HOUR, 0, 0)?;
        let instant = self.city.zone.0.from_local_datetime(&local).earliest()?;
        Some(instant.to_utc())
    }

    fn day_of_year(&self, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, month, day).unwrap_or(self.today)
    }
}

fn content(offer: &Offer) -> OfferContent {
    OfferContent {
        name: texts(offer.name),
        description: texts(offer.description),
        keywords: vec![offer.keyword.to_owned()],
        price: offer.price,
        vat_class: offer.vat_class,
        place: offer.place.map(|[name, street, postal_code]| Place {
            name: name.to_owned(),
            street: street.to_owned(),
            postal_code: postal_code.to_owned(),
            coordinates: None,
        }),
    }
}

fn texts([fi, sv, en]: Texts) -> LocalizedText {
    LocalizedText {
        fi: fi.to_owned(),
        sv: Some(sv.to_owned()),
        en: Some(en.to_owned()),
    }
}

/// The longest page there is; the demo fills none.
fn all<Id>() -> PageRequest<Id> {
    PageRequest {
        first: 100,
        after: None,
    }
}
