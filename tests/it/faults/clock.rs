//! The clock of the machine is set a day on and a day back while people book, cancel and deliver.

use std::collections::BTreeSet;

use chrono::Duration;
use futures_util::future::join_all;
use kernel::{BookingId, TypedId};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, Terms, VISIT, key_of};
use support::{Answer, PASSWORD, Person, TestApp, both};
use tokio::sync::Semaphore;

/// What one place costs, in cents.
const PRICE: i64 = 1_000;

/// What a resident's voucher is worth, in cents.
const VALUE: i64 = 20_000;

/// How the clock is set, one after the other: on, back, further back, on again.
const JUMPS: [i64; 4] = [1, -1, -1, 1];

/// How many places a resident takes during each jump; she gives one of them back during the next one.
const BOOKINGS: usize = 4;

/// Longer than rows rest before they are sealed and than the pause between two rounds of sealing, in minutes.
const SETTLING: i64 = 11;

/// A market whose first occurrence is over and not yet recorded, and which has another one later.
struct Fair<'a> {
    app: &'a TestApp,
    provider: String,
    residents: Vec<Resident>,
    /// The occurrence to come.
    occurrence: String,
    /// Bookings of the one that is over with their codes.
    delivered_later: Vec<(String, String)>,
}

/// A resident with what she knows of her bookings to come.
struct Resident {
    email: String,
    voucher: String,
    bookings: BTreeSet<String>,
}

/// Something to be asked: by whom, with which document and input.
type Request = (String, &'static str, Value);

impl<'a> Fair<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let terms = Terms {
            value: VALUE,
            price: PRICE,
            capacity: 50,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let input = json!({ "offerId": market.offer, "occurrences": [{
            "startsAt": "2027-02-20T10:00:00Z", "endsAt": "2027-02-20T11:00:00Z", "capacity": 100,
        }]});
        let added = market
            .provider
            .run("provider/addOccurrences", json!({ "input": input }));
        let occurrence = added.await.ok().text("/addOccurrences/occurrences/0/id");
        let (mut residents, mut delivered_later) = (Vec::new(), Vec::new());
        for name in ["first", "second"] {
            let person = app.person(name).await;
            let voucher = market.voucher(&person).await;
            for number in 0..JUMPS.len() {
                let key = format!("past-{name}-{number}");
                delivered_later.push(market.confirmed(&person, &voucher, &key).await);
            }
            residents.push(Resident {
                email: person.email.clone(),
                voucher,
                bookings: BTreeSet::new(),
            });
        }
        let visit: chrono::DateTime<chrono::Utc> = VISIT.parse().unwrap();
        app.clock.set(visit + Duration::days(3));
        Self {
            app,
            provider: market.provider.email.clone(),
            residents,
            occurrence,
            delivered_later,
        }
    }

    /// What is asked while the clock is set for the `number`th time.
    fn requests(&mut self, number: usize) -> Vec<Request> {
        let mut requests = Vec::new();
        for resident in &mut self.residents {
            let email = resident.email.clone();
            if let Some(booking) = resident.bookings.pop_first() {
                let input = json!({ "bookingId": booking, "idempotencyKey": key_of(&format!("cancel-{booking}")) });
                requests.push((email.clone(), "resident/cancelBooking", input));
            }
            for place in 0..BOOKINGS {
                let key = key_of(&format!("{}-{number}-{place}", resident.voucher));
                let input = json!({
                    "occurrenceId": self.occurrence, "voucherId": resident.voucher, "idempotencyKey": key,
                });
                requests.push((email.clone(), "resident/bookOffer", input));
            }
            let (booking, code) = self.delivered_later.pop().unwrap();
            let key = key_of(&format!("deliver-{booking}"));
            let input = json!({ "bookingId": booking, "code": code, "idempotencyKey": key });
            requests.push((self.provider.clone(), "provider/recordDelivery", input));
        }
        requests
    }

    /// Sets the clock in the middle of requests and jobs.
    async fn jump(&mut self, number: usize, by: Duration) {
        let before = millis(self.app.db().ids().next());
        let requests = self.requests(number);
        let answered = Semaphore::new(0);
        let half = u32::try_from(requests.len() / 2).unwrap();
        let asking = join_all(requests.into_iter().map(|request| {
            let (app, answered) = (self.app, &answered);
            async move {
                let answer = insist(app, &request).await;
                answered.add_permits(1);
                (request.0, answer)
            }
        }));
        let jumping = async {
            drop(answered.acquire_many(half).await.unwrap());
            self.app.clock.advance(by);
        };
        let (answers, (), _) = tokio::join!(asking, jumping, self.app.run_jobs());
        for (email, answer) in answers {
            if answer.data("/bookOffer").is_object() {
                let id: BookingId = answer.id("/bookOffer/booking/id");
                assert!(millis(id) >= before, "an id fell back by {} ms", before - millis(id));
                let resident = self.residents.iter_mut().find(|resident| resident.email == email);
                assert!(resident.unwrap().bookings.insert(id.to_string()), "an id came twice");
            }
        }
        self.settle().await;
    }

    /// Does what is due and lets seals be made; every sum and every seal is right.
    async fn settle(&self) {
        self.app.run_jobs().await;
        self.app.clock.advance(Duration::minutes(SETTLING));
        self.app.run_jobs().await;
        self.app.check().await;
        let broken = server::commands::check::broken_seals(self.app.db()).await.unwrap();
        assert_eq!(broken, Vec::<String>::new());
    }

    /// Each acknowledged booking is there and paid for once, and nothing else, after this many jumps.
    async fn nothing_is_lost(&self, jumps: usize) {
        let mut delivered_to_all = 0;
        for resident in &self.residents {
            let person = self.app.sign_in(&resident.email).await;
            let list = person.run("resident/myBookings", json!({ "first": 100 })).await.ok();
            let of = |state: &str| -> BTreeSet<String> {
                let nodes = list.data("/myBookings/nodes").as_array().unwrap().iter();
                let of_state = nodes.filter(|node| node["state"] == state);
                of_state.map(|node| node["id"].as_str().unwrap().to_owned()).collect()
            };
            assert_eq!(of("REQUESTED"), resident.bookings);
            assert_eq!(of("CANCELLED_BY_CLIENT").len(), jumps - 1);
            assert_eq!(of("DELIVERED").len() + of("CONFIRMED").len(), JUMPS.len());
            let reserved = i64::try_from(resident.bookings.len() + of("CONFIRMED").len()).unwrap() * PRICE;
            delivered_to_all += of("DELIVERED").len();
            let delivered = i64::try_from(of("DELIVERED").len()).unwrap() * PRICE;
            let expected = (VALUE - reserved - delivered, reserved);
            assert_eq!(balance(&person).await, expected);
        }
        assert_eq!(delivered_to_all, 2 * jumps);
    }
}

/// Asks until she is known: setting the clock on ends an access token, and a key makes asking twice harmless.
async fn insist(app: &TestApp, (email, document, input): &Request) -> Answer {
    loop {
        let person = app.sign_in(email).await;
        let answer = person.run(document, json!({ "input": input })).await;
        if answer.error_code() != Some("UNAUTHENTICATED") {
            return answer.ok();
        }
    }
}

async fn balance(resident: &Person<'_>) -> (i64, i64) {
    let answer = resident.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
    let cents = |name: &str| {
        answer
            .data(&format!("/myVouchers/nodes/0/balance/{name}/cents"))
            .as_i64()
    };
    (cents("available").unwrap(), cents("reserved").unwrap())
}

/// The first 48 bits of an id of version 7 (RFC 9562).
fn millis(id: BookingId) -> u128 {
    id.uuid().as_u128() >> 80
}

async fn count(app: &TestApp, sql: &str) -> i64 {
    let conn = app.db().read();
    let row = conn
        .query_one_raw(Statement::from_string(conn.get_database_backend(), sql))
        .await
        .unwrap();
    row.unwrap().try_get("", "n").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_loses_nothing() {
    both(async |app: &TestApp| {
        let mut fair = Fair::open(app).await;
        for (number, days) in JUMPS.into_iter().enumerate() {
            fair.jump(number, Duration::days(days)).await;
            fair.nothing_is_lost(number + 1).await;
        }
        // The clock has caught up with the highest it ever said: now everything can be sealed.
        app.clock.advance(Duration::days(1));
        fair.settle().await;
        let transfers = count(app, "SELECT count(*) AS n FROM transfer").await;
        let sealed = "SELECT CAST(sum(row_count) AS bigint) AS n FROM seal WHERE chain LIKE 'transfer/%'";
        assert_eq!(count(app, sealed).await, transfers);
    })
    .await;
}

#[tokio::test]
async fn a_session_outlives_a_jump_and_limits_still_end() {
    both(async |app: &TestApp| {
        app.person("resident").await;
        let signed_in = sign_in(app, PASSWORD).await.ok();
        let mut session = signed_in.data("/signIn/session").clone();
        for days in JUMPS {
            app.clock.advance(Duration::days(days));
            let me = async |session: &Value| {
                let token = session["accessToken"].as_str().unwrap();
                app.bearer(token).run("resident/me", json!({})).await
            };
            // After a day the short token has ended; before its time it is not refused.
            let expected = (days > 0).then_some("UNAUTHENTICATED");
            assert_eq!(me(&session).await.error_code(), expected, "{days}");
            let input = json!({ "input": { "refreshToken": session["refreshToken"] } });
            let refreshed = app.anyone().run("anyone/refreshSession", input).await.ok();
            session = refreshed.data("/refreshSession/session").clone();
            me(&session).await.ok();
        }
        // A window that was used up on the day that has not come yet does not lock out until then.
        app.clock.advance(Duration::days(1));
        sign_in(app, "nelja sinista poytaa").await;
        let used_up = "UPDATE rate_limit SET hits = 10000";
        let done: Result<_, db::Error> = app
            .db()
            .write(async |tx: &db::Tx| Ok(tx.conn().execute_unprepared(used_up).await?))
            .await;
        done.unwrap();
        assert_eq!(sign_in(app, PASSWORD).await.error_code(), Some("RATE_LIMITED"));
        app.clock.advance(Duration::days(-1));
        sign_in(app, PASSWORD).await.ok();
        app.run_jobs().await;
    })
    .await;
}

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    let input = json!({ "input": { "email": "resident@example.org", "password": password } });
    app.anyone().run("anyone/signIn", input).await
}
