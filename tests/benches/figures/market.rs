use kernel::{OccurrenceId, PersonId, TypedId, VoucherId};
use sea_orm::prelude::Uuid;
use serde_json::json;
use support::market::{Terms, key_of};
use support::{Kind, PASSWORD, Person, TestApp};

/// How many residents have a voucher.
pub(crate) const BUYERS: usize = 64;

/// How many offers there are beside the first one; each has two occurrences.
const OFFERS: usize = 32;

/// Bookings of a cent leave every voucher and occurrence with enough for the whole run.
const TERMS: Terms = Terms {
    value: 20_000,
    budget: 5_000_000,
    price: 1,
    capacity: 10_000,
};

/// A resident with a voucher.
#[derive(Clone)]
pub(crate) struct Buyer {
    /// Her id.
    pub(crate) person: PersonId,
    /// Her voucher.
    pub(crate) voucher: VoucherId,
    /// Her access token.
    pub(crate) token: String,
}

/// A city with offers and residents who can book them.
pub(crate) struct Market {
    /// The application.
    pub(crate) app: TestApp,
    /// The city's id.
    pub(crate) city: Uuid,
    /// Who books.
    pub(crate) buyers: Vec<Buyer>,
    /// What is booked.
    pub(crate) occurrences: Vec<OccurrenceId>,
}

impl Market {
    /// Opens a market on a new database.
    pub(crate) async fn open(kind: Kind) -> Self {
        let app = TestApp::on(kind).await;
        let market = support::market::Market::open(&app, TERMS).await;
        let mut occurrences = Vec::new();
        for number in 0..OFFERS {
            occurrences.extend(offer(&market, number).await);
        }
        let mut buyers = Vec::new();
        for number in 0..BUYERS {
            let resident = app.person(&format!("buyer{number}")).await;
            let voucher = market.voucher(&resident).await;
            buyers.push(Buyer {
                person: resident.id,
                voucher: voucher.parse().expect("the id of a voucher"),
                token: token(&app, &resident).await,
            });
        }
        let city = market.city.id.uuid();
        Self {
            app,
            city,
            buyers,
            occurrences,
        }
    }
}

async fn offer(market: &support::market::Market<'_>, number: usize) -> Vec<OccurrenceId> {
    let provider = &market.provider;
    let content = json!({
        "name": { "fi": format!("Kurssi {number}") }, "description": { "fi": "Kymmenen kertaa." },
        "price": TERMS.price, "vatClass": "REDUCED",
    });
    let input = json!({ "companyId": market.company, "programmeId": market.programme, "content": content });
    let created = provider
        .run("provider/createOffer", json!({ "input": input }))
        .await
        .ok();
    let id = created.text("/createOffer/offer/id");
    let day = number % 28 + 1;
    let at = |hour: u8| {
        json!({
            "startsAt": format!("2027-02-{day:02}T{hour:02}:00:00Z"), "endsAt": format!("2027-02-{day:02}T{hour:02}:45:00Z"),
            "capacity": TERMS.capacity,
        })
    };
    let input = json!({ "offerId": id, "occurrences": [at(10), at(12)] });
    let added = provider
        .run("provider/addOccurrences", json!({ "input": input }))
        .await
        .ok();
    let input = json!({ "offerId": id, "expectedVersion": created.data("/createOffer/offer/version") });
    provider
        .run("provider/publishOffer", json!({ "input": input }))
        .await
        .ok();
    vec![
        added.id("/addOccurrences/occurrences/0/id"),
        added.id("/addOccurrences/occurrences/1/id"),
    ]
}

async fn token(app: &TestApp, person: &Person<'_>) -> String {
    let input = json!({ "input": { "email": person.email, "password": PASSWORD } });
    let answer = app.anyone().run("anyone/signIn", input).await.ok();
    answer.text("/signIn/session/accessToken")
}

/// Which buyers one client books for, and what: no two clients of a round share a buyer.
pub(crate) struct Plan {
    buyers: Vec<Buyer>,
    occurrences: Vec<OccurrenceId>,
    client: usize,
    clients: usize,
    round: String,
    made: usize,
}

/// A booking to make.
pub(crate) struct Wish<'a> {
    /// For whom.
    pub(crate) buyer: &'a Buyer,
    /// What.
    pub(crate) occurrence: OccurrenceId,
    /// Its idempotency key.
    pub(crate) key: String,
}

impl Plan {
    /// The plan of the client with the number `client` of all `clients` of a round.
    pub(crate) fn new(market: &Market, client: usize, clients: usize, round: &str) -> Self {
        Self {
            buyers: market.buyers.clone(),
            occurrences: market.occurrences.clone(),
            client,
            clients,
            round: round.to_owned(),
            made: 0,
        }
    }

    /// The next booking.
    pub(crate) fn next(&mut self) -> Wish<'_> {
        let made = self.made;
        self.made += 1;
        let buyer = (self.client + self.clients * made) % self.buyers.len();
        // The step has no factor in common with the number of occurrences, so every client comes to each of them.
        let occurrence = (self.client * 11 + made * 13) % self.occurrences.len();
        Wish {
            buyer: &self.buyers[buyer],
            occurrence: self.occurrences[occurrence],
            key: key_of(&format!("{}-{}-{made}", self.round, self.client)),
        }
    }
}
