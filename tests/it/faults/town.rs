//! A town in which many bookings fit: the demo, with one more cheap offer.

use chrono::Duration;
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use support::Answer;
use support::market::key_of;
use support::process::{Caller, Door, Lost};

/// What a place costs, in cents; a resident's voucher pays several hundred of them.
pub(super) const PRICE: i64 = 10;

/// Who books in turn.
const RESIDENTS: [&str; 2] = ["aino@example.org", "bertel@example.org"];

/// A resident with the voucher that pays for the offer.
pub(super) struct Resident {
    pub(super) caller: Caller,
    pub(super) voucher: String,
    /// What could be spent at the beginning, in cents.
    pub(super) granted: i64,
}

/// The town and its residents.
pub(super) struct Town {
    pub(super) residents: Vec<Resident>,
    occurrence: String,
}

impl Town {
    /// Adds the offer to the demo behind the door.
    pub(super) async fn open(door: &Door) -> Self {
        Self::starting_in(door, Duration::minutes(30)).await
    }

    /// The same with an occurrence that begins so soon.
    pub(super) async fn starting_in(door: &Door, soon: Duration) -> Self {
        let mut residents = Vec::new();
        let mut programme = String::new();
        for address in RESIDENTS {
            let caller = Caller::signed_in(door, address).await;
            let vouchers = ask(&caller, "resident/myVouchers", json!({ "first": 10 })).await;
            let vouchers = vouchers.data("/myVouchers/nodes").as_array().cloned().expect("a list");
            let voucher = vouchers
                .iter()
                .find(|voucher| voucher["balance"]["available"]["cents"] == voucher["value"]["cents"])
                .expect("everybody has one that is whole");
            let text = |pointer: &str| {
                voucher
                    .pointer(pointer)
                    .and_then(|value| value.as_str().map(str::to_owned))
            };
            programme = text("/programme/id").expect("an id");
            let granted = voucher.pointer("/balance/available/cents").and_then(Value::as_i64);
            residents.push(Resident {
                voucher: text("/id").expect("an id"),
                granted: granted.expect("an amount"),
                caller,
            });
        }
        let occurrence = offer(door, &programme, soon).await;
        Self { residents, occurrence }
    }

    /// Books a place for one of the residents.
    pub(super) async fn book(&self, client: usize, key: &str) -> Result<Answer, Lost> {
        let resident = &self.residents[client % self.residents.len()];
        self.book_with(&resident.voucher, &resident.caller, 1, key).await
    }

    /// Books places for the first resident, through whichever door the caller uses.
    pub(super) async fn book_units(&self, caller: &Caller, units: i64, key: &str) -> Result<Answer, Lost> {
        self.book_with(&self.residents[0].voucher, caller, units, key).await
    }

    async fn book_with(&self, voucher: &str, caller: &Caller, units: i64, key: &str) -> Result<Answer, Lost> {
        let input = json!({
            "occurrenceId": self.occurrence, "voucherId": voucher, "units": units, "idempotencyKey": key_of(key),
        });
        caller.run("resident/bookOffer", json!({ "input": input })).await
    }

    /// What all residents have spent since the beginning, in cents.
    pub(super) async fn spent(&self) -> i64 {
        let mut spent = 0;
        for resident in &self.residents {
            spent += resident.granted - resident.available().await;
        }
        spent
    }
}

impl Resident {
    /// What can be spent now, in cents.
    pub(super) async fn available(&self) -> i64 {
        let answer = ask(&self.caller, "resident/myVouchers", json!({ "first": 10 })).await;
        let vouchers = answer.data("/myVouchers/nodes").as_array().expect("a list");
        let voucher = vouchers.iter().find(|voucher| voucher["id"] == *self.voucher);
        let cents = voucher.expect("it is still there").pointer("/balance/available/cents");
        cents.and_then(Value::as_i64).expect("an amount")
    }
}

/// Runs a document that cannot be refused.
async fn ask(caller: &Caller, document: &str, variables: Value) -> Answer {
    caller.run(document, variables).await.expect("an answer").ok()
}

/// Publishes the cheap offer and answers its occurrence.
async fn offer(door: &Door, programme: &str, soon: Duration) -> String {
    let provider = Caller::signed_in(door, "provider2.helsinki@example.org").await;
    let companies = ask(&provider, "provider/myCompanies", json!({})).await;
    let content = json!({
        "name": { "fi": "Taukojumppa", "sv": "Pausgymnastik", "en": "A short exercise" },
        "description": { "fi": "Viisi minuuttia.", "sv": "Fem minuter.", "en": "Five minutes." },
        "price": PRICE, "vatClass": "REDUCED",
    });
    let input = json!({
        "companyId": companies.text("/myCompanies/0/company/id"), "programmeId": programme, "content": content,
    });
    let created = ask(&provider, "provider/createOffer", json!({ "input": input })).await;
    let offer = created.text("/createOffer/offer/id");
    let starts = SystemClock.now() + soon;
    let ends = starts + Duration::minutes(10);
    let input = json!({ "offerId": offer, "occurrences": [{
        "startsAt": starts.to_rfc3339(), "endsAt": ends.to_rfc3339(), "capacity": 5_000,
    }]});
    let added = ask(&provider, "provider/addOccurrences", json!({ "input": input })).await;
    let input = json!({ "offerId": offer, "expectedVersion": created.data("/createOffer/offer/version") });
    ask(&provider, "provider/publishOffer", json!({ "input": input })).await;
    added.text("/addOccurrences/occurrences/0/id")
}
