use std::time::Duration;

use kernel::{CityId, TypedId};
use serde_json::json;

use crate::client::{Client, Request, serve};
use crate::load::run;
use crate::market::Market;
use crate::report::row;

/// How many connections read at the same time.
const CONNECTIONS: usize = 32;

/// Before it counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// How long it counts.
const LASTING: Duration = Duration::from_secs(8);

/// Reads the first page of the catalogue: twenty offers with company and coming occurrences.
pub(crate) async fn measure(market: &Market) {
    let address = serve(market.app.contexts.clone()).await;
    let body = json!({
        "documentId": "anyone/offers",
        "variables": { "filter": { "cityId": CityId::from_uuid(market.city) }, "first": 20 },
    });
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let body = body.clone();
        let next = move || Request {
            token: None,
            body: body.clone(),
        };
        let clock = market.app.clock.clone();
        clients.push(Client::connect(address, clock, "\"hasNextPage\":true", next).await);
    }
    let (clients, _) = run(clients, WARM_UP).await;
    let (_, mut done) = run(clients, LASTING).await;
    let database = market.app.kind();
    let what = format!("pages of 20 offers on {database:?}, {CONNECTIONS} connections");
    row(
        &format!("{what}, per second"),
        &done.per_second().to_string(),
        ">= 1000",
    );
    row(&format!("{what}, 99th percentile"), &done.p99(), "< 100 ms");
}
