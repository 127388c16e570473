//! A market ready for residents: a published programme, an approved company, an offer with places.

use cities::City;
use kernel::{CompanyId, StaffRole};
use serde_json::{Value, json};

use crate::actor::Person;
use crate::answer::Answer;
use crate::app::TestApp;

/// What differs between markets.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What a voucher is worth, in cents.
    pub value: i64,
    /// The budget of the programme, in cents.
    pub budget: i64,
    /// The price of the offer, in cents.
    pub price: i64,
    /// The places of the occurrence.
    pub capacity: i32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            value: 10_000,
            budget: 5_000_000,
            price: 13_000,
            capacity: 10,
        }
    }
}

/// A city with one programme, one approved company and one offer with one occurrence on 1 February 2027 at noon.
pub struct Market<'a> {
    /// The city.
    pub city: City,
    /// An officer, who grants vouchers.
    pub officer: Person<'a>,
    /// The signatory of the company.
    pub provider: Person<'a>,
    /// The company.
    pub company: CompanyId,
    /// The programme's id.
    pub programme: String,
    /// The offer's id.
    pub offer: String,
    /// The occurrence's id.
    pub occurrence: String,
}

/// When the occurrence begins.
pub const VISIT: &str = "2027-02-01T10:00:00Z";

impl<'a> Market<'a> {
    /// Opens a market in Tampere, which is not bilingual, through the documents that its people would run.
    pub async fn open(app: &'a TestApp, terms: Terms) -> Self {
        let flat = terms_content(&json!({ "flat": { "value": terms.value } }));
        Self::with_terms(app, terms, &flat).await
    }

    /// Opens a market whose programme has these first terms.
    pub async fn with_terms(app: &'a TestApp, terms: Terms, first: &Value) -> Self {
        let city = app.city("837").await;
        let officer = app.staff(&city, StaffRole::ProgrammeOfficer, "officer").await;
        let second = app.staff(&city, StaffRole::ProgrammeOfficer, "deputy").await;
        let approver = app.staff(&city, StaffRole::Approver, "approver").await;
        let (company, provider) = app.company(&city, 100).await;
        Self::stocked(city, officer, [&second, &approver], (company, provider), terms, first).await
    }

    /// Opens a second market of the company in another city.
    pub async fn branch(&self, app: &'a TestApp, city: City, terms: Terms) -> Self {
        let staff = async |role, name| app.staff(&city, role, &format!("{name}{}", city.code)).await;
        let officer = staff(StaffRole::ProgrammeOfficer, "officer").await;
        let second = staff(StaffRole::ProgrammeOfficer, "deputy").await;
        let approver = staff(StaffRole::Approver, "approver").await;
        let provider = (self.company, self.provider.clone());
        let flat = terms_content(&json!({ "flat": { "value": terms.value } }));
        Self::stocked(city, officer, [&second, &approver], provider, terms, &flat).await
    }

    async fn stocked(
        city: City,
        officer: Person<'a>,
        [second, approver]: [&Person<'a>; 2],
        (company, provider): (CompanyId, Person<'a>),
        terms: Terms,
        first: &Value,
    ) -> Self {
        let programme = programme(&officer, second, &city, terms, first).await;
        approve(&provider, approver, company, &programme).await;
        let (offer, occurrence) = offer(&provider, company, &programme, terms).await;
        Self {
            city,
            officer,
            provider,
            company,
            programme,
            offer,
            occurrence,
        }
    }

    /// Grants the resident a voucher and answers its id.
    pub async fn voucher(&self, resident: &Person<'_>) -> String {
        self.grant(resident, &format!("grant-{}", resident.id))
            .await
            .ok()
            .text("/grantVoucher/voucher/id")
    }

    /// Asks for a voucher for the resident.
    pub async fn grant(&self, resident: &Person<'_>, key: &str) -> Answer {
        self.grant_with(resident, key, &json!({})).await
    }

    /// Asks for a voucher for the resident, with more fields in the input.
    pub async fn grant_with(&self, resident: &Person<'_>, key: &str, more: &Value) -> Answer {
        let mut input = json!({
            "cityId": self.city.id, "programmeId": self.programme, "residentEmail": resident.email,
            "grounds": "Ikä täyttää ohjelman ehdot.", "idempotencyKey": key_of(key),
        });
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        self.officer
            .run("officer/grantVoucher", json!({ "input": input }))
            .await
    }

    /// Books one place for the resident.
    pub async fn book(&self, resident: &Person<'_>, voucher: &str, key: &str) -> Answer {
        self.book_at(resident, &self.occurrence, voucher, key).await
    }

    /// Books one place of another occurrence for the resident.
    pub async fn book_at(&self, resident: &Person<'_>, occurrence: &str, voucher: &str, key: &str) -> Answer {
        let input = json!({
            "occurrenceId": occurrence, "voucherId": voucher, "idempotencyKey": key_of(key),
        });
        resident.run("resident/bookOffer", json!({ "input": input })).await
    }

    /// Books and confirms a place; answers the booking's id and its one-time code.
    pub async fn confirmed(&self, resident: &Person<'_>, voucher: &str, key: &str) -> (String, String) {
        let booked = self.book(resident, voucher, key).await.ok();
        let id = booked.text("/bookOffer/booking/id");
        let input = json!({ "input": { "bookingId": id } });
        self.provider.run("provider/confirmBooking", input).await.ok();
        (id, booked.text("/bookOffer/booking/code"))
    }

    /// Records the delivery of a booking with a code.
    pub async fn deliver(&self, booking: &str, code: &str, key: &str) -> Answer {
        let input = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of(key) });
        self.provider
            .run("provider/recordDelivery", json!({ "input": input }))
            .await
    }

    /// Cancels a booking of the resident.
    pub async fn cancel(&self, resident: &Person<'_>, booking: &str, key: &str) -> Answer {
        let input = json!({ "bookingId": booking, "idempotencyKey": key_of(key) });
        resident.run("resident/cancelBooking", json!({ "input": input })).await
    }

    /// What a resident's voucher may still spend and what bookings hold of it, in cents.
    pub async fn balance(&self, resident: &Person<'_>) -> (i64, i64) {
        let answer = resident.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
        let cents = |name: &str| {
            let value = answer.data(&format!("/myVouchers/nodes/0/balance/{name}/cents"));
            value.as_i64().expect("an amount")
        };
        (cents("available"), cents("reserved"))
    }

    /// Publishes another offer of the company without occurrences.
    pub async fn another_offer(&self, name: &str) {
        let content = json!({
            "name": { "fi": name }, "description": { "fi": "Kymmenen kertaa." },
            "price": 13_000, "vatClass": "REDUCED",
        });
        let input = json!({ "companyId": self.company, "programmeId": self.programme, "content": content });
        let created = self
            .provider
            .run("provider/createOffer", json!({ "input": input }))
            .await
            .ok();
        let input = json!({ "offerId": created.data("/createOffer/offer/id"),
            "expectedVersion": created.data("/createOffer/offer/version") });
        self.provider
            .run("provider/publishOffer", json!({ "input": input }))
            .await
            .ok();
    }

    /// How many places of the occurrence are left.
    pub async fn places_left(&self) -> i64 {
        let variables = json!({ "offerId": self.offer, "first": 1 });
        let answer = self.provider.run("provider/offerSchedule", variables).await.ok();
        let left = answer.data("/offerSchedule/edges/0/node/placesLeft");
        left.as_i64().expect("a number")
    }
}

/// An idempotency key from a short word.
pub fn key_of(word: &str) -> String {
    format!("{word:-<16}").chars().take(64).collect()
}

async fn programme(officer: &Person<'_>, second: &Person<'_>, city: &City, terms: Terms, first: &Value) -> String {
    let mut content = programme_content(terms);
    content["terms"] = first.clone();
    let input = json!({ "input": { "cityId": city.id, "content": content } });
    let drafted = officer.run("officer/createProgramme", input).await.ok();
    let id = drafted.text("/createProgramme/programme/id");
    let input = json!({ "input": { "programmeId": id, "expectedVersion": 1, "idempotencyKey": key_of(&id) } });
    second.run("officer/publishProgramme", input).await.ok();
    id
}

/// The content of a programme for the year 2027.
pub fn programme_content(terms: Terms) -> Value {
    json!({
        "name": { "fi": "Liikuntaseteli", "sv": "Motionssedel", "en": "Sports voucher" },
        "description": { "fi": "Yksi kurssi kaudessa.", "sv": "En kurs per säsong.", "en": "One course a season." },
        "serviceClass": "P25", "validFrom": "2027-01-01", "validUntil": "2027-06-30", "budget": terms.budget,
        "terms": terms_content(&json!({ "flat": { "value": terms.value } })),
    })
}

/// The content of a rulebook that binds after the spring of 2027.
pub fn rulebook_content() -> Value {
    json!({
        "general": { "fi": "Tuottaja noudattaa lakia.", "sv": "Producenten följer lagen.", "en": "Providers keep the law." },
        "service": { "fi": "Ohjaajalla on koulutus.", "sv": "Ledaren är utbildad.", "en": "Instructors are trained." },
        "acceptBy": "2027-05-31",
    })
}

/// The content of terms with a value rule.
pub fn terms_content(rule: &Value) -> Value {
    json!({
        "valueRule": rule, "priceCeiling": 20_000, "freeCancellationHours": 24, "lateFeeBasisPoints": 5_000,
    })
}

async fn approve(provider: &Person<'_>, approver: &Person<'_>, company: CompanyId, programme: &str) {
    let statement = "Ohjaajamme ovat koulutettuja.";
    let input = json!({ "input": { "programmeId": programme, "companyId": company, "statement": statement } });
    let applied = provider.run("provider/applyToProgramme", input).await.ok();
    let input = json!({ "input": {
        "applicationId": applied.text("/applyToProgramme/application/id"),
        "expectedVersion": applied.data("/applyToProgramme/application/version"),
        "validFrom": "2027-01-01", "validUntil": "2027-12-31", "grounds": "Ehdot täyttyvät.",
    }});
    approver.run("approver/approveApplication", input).await.ok();
}

async fn offer(provider: &Person<'_>, company: CompanyId, programme: &str, terms: Terms) -> (String, String) {
    let content = json!({
        "name": { "fi": "Aikuisten uimakoulu", "sv": "Simskola för vuxna", "en": "Swimming for adults" },
        "description": { "fi": "Alkeet kymmenessä kerrassa.", "sv": "Grunderna.", "en": "The basics." },
        "keywords": ["uinti"], "price": terms.price, "vatClass": "REDUCED",
        "place": {
            "name": "Uimahalli", "street": "Allaskatu 1", "postalCode": "33100",
            "coordinates": { "latitudeE6": 61_498_000, "longitudeE6": 23_760_000 },
        },
    });
    let input = json!({ "input": { "companyId": company, "programmeId": programme, "content": content } });
    let created = provider.run("provider/createOffer", input).await.ok();
    let offer = created.text("/createOffer/offer/id");
    let occurrences = json!([{ "startsAt": VISIT, "endsAt": "2027-02-01T11:00:00Z", "capacity": terms.capacity }]);
    let input = json!({ "input": { "offerId": offer, "occurrences": occurrences } });
    let added = provider.run("provider/addOccurrences", input).await.ok();
    let version = created.data("/createOffer/offer/version").clone();
    let input = json!({ "input": { "offerId": offer, "expectedVersion": version } });
    provider.run("provider/publishOffer", input).await.ok();
    (offer, added.text("/addOccurrences/occurrences/0/id"))
}
