//! Clients that read a register slowly, or not at all.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use support::both;
use support::market::{Market, Terms};
use tower::ServiceExt;

use super::asked::REGISTER;
use super::crowd::crowd;

/// How many registers are sent at once to one network.
const SHARE: usize = 4;

/// Asks for the register from an address; the body is not read.
async fn ask_from(router: &Router, address: &str) -> Response {
    let peer: SocketAddr = format!("{address}:4000").parse().expect("an address");
    let mut request = Request::get(REGISTER).body(Body::empty()).expect("a request");
    request.extensions_mut().insert(ConnectInfo(peer));
    router.clone().oneshot(request).await.expect("the router answers")
}

#[tokio::test]
async fn slow_readers_close_the_register_for_themselves_only() {
    both(async |app| {
        Market::open(app, Terms::default()).await;
        // More than waits for a client that does not read.
        crowd(app, 1_000).await;
        let router = server::wiring::router(app.contexts.clone(), api::http::HttpSettings::default());
        let mut stalled = Vec::new();
        for _ in 0..SHARE {
            let response = ask_from(&router, "192.0.2.1").await;
            assert_eq!(response.status(), StatusCode::OK);
            stalled.push(response);
        }
        let refused = ask_from(&router, "192.0.2.1").await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], "1");

        let served = ask_from(&router, "192.0.2.2").await;
        assert_eq!(served.status(), StatusCode::OK);
        let register = served.into_body().collect().await.expect("a whole body").to_bytes();
        let register: serde_json::Value = serde_json::from_slice(&register).expect("JSON");
        assert_eq!(register["providers"].as_array().map(Vec::len), Some(1_001));

        // Whoever goes away gives its turn back.
        stalled.pop();
        assert_eq!(ask_from(&router, "192.0.2.1").await.status(), StatusCode::OK);
        app.run_jobs().await;
    })
    .await;
}
