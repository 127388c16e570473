use std::time::Duration;

use serde_json::json;
use support::Kind;

use crate::by_hand::ByHand;
use crate::client::{Client, Request, serve};
use crate::load::{Done, Worker, run};
use crate::market::{Market, Plan};
use crate::report::{ratio, row};

/// How many clients book through GraphQL; the server has the 8 connections of its default.
const CLIENTS: usize = 16;

/// How many connections book by hand.
const CONNECTIONS: usize = 8;

/// How often the two take turns.
const TURNS: usize = 4;

/// How long a turn lasts.
const TURN: Duration = Duration::from_secs(5);

/// Before the first turn, so that statements are prepared and pages are in memory.
const WARM_UP: Duration = Duration::from_secs(1);

/// Books through GraphQL and, on PostgreSQL, also by the same statements without anything around them.
///
/// # Panics
/// When a sum is wrong afterwards.
pub(crate) async fn measure(market: &Market) {
    let database = market.app.kind();
    let mut clients = clients(market).await;
    let mut by_hand = match database {
        Kind::Sqlite => Vec::new(),
        Kind::Postgres => connections(market).await,
    };
    let (mut through_graphql, mut without) = (Done::default(), Done::default());
    clients = run(clients, WARM_UP).await.0;
    by_hand = run(by_hand, WARM_UP).await.0;
    for _ in 0..TURNS {
        clients = turn(clients, &mut through_graphql).await;
        if !by_hand.is_empty() {
            by_hand = turn(by_hand, &mut without).await;
        }
    }
    let wanted = match database {
        Kind::Sqlite => ">= 50",
        Kind::Postgres => ">= 150",
    };
    let what = format!("bookings through GraphQL on {database:?}, {CLIENTS} clients");
    row(
        &format!("{what}, per second"),
        &through_graphql.per_second().to_string(),
        wanted,
    );
    row(&format!("{what}, 99th percentile"), &through_graphql.p99(), "< 300 ms");
    if database == Kind::Postgres {
        let what = format!("the same statements by hand on {CONNECTIONS} connections, per second");
        row(&what, &without.per_second().to_string(), "");
        row(
            "bookings, GraphQL : by hand",
            &ratio(through_graphql.per_thousand_seconds(), without.per_thousand_seconds()),
            ">= 0.60",
        );
    }
    market.app.check().await;
}

async fn turn<W: Worker>(workers: Vec<W>, sum: &mut Done) -> Vec<W> {
    let (workers, done) = run(workers, TURN).await;
    sum.add(done);
    workers
}

async fn clients(market: &Market) -> Vec<Client<impl FnMut() -> Request + Send + 'static>> {
    let address = serve(market.app.contexts.clone()).await;
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let mut plan = Plan::new(market, number, CLIENTS, "graphql");
        let next = move || {
            let wish = plan.next();
            let input = json!({
                "occurrenceId": wish.occurrence, "voucherId": wish.buyer.voucher, "idempotencyKey": wish.key,
            });
            Request {
                token: Some(wish.buyer.token.clone()),
                body: json!({ "documentId": "resident/bookOffer", "variables": { "input": input } }),
            }
        };
        let clock = market.app.clock.clone();
        clients.push(Client::connect(address, clock, "\"userErrors\":[]", next).await);
    }
    clients
}

async fn connections(market: &Market) -> Vec<ByHand> {
    let mut connections = Vec::new();
    for number in 0..CONNECTIONS {
        let plan = Plan::new(market, number, CONNECTIONS, "by-hand");
        let connection = ByHand::connect(&market.app, plan).await;
        connections.push(connection.expect("PostgreSQL answers"));
    }
    connections
}
