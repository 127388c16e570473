//! Asks for open data, and for what it is made of.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use support::TestApp;
use support::market::Market;
use tower::ServiceExt;

pub(super) const REGISTER: &str = "/open-data/837/providers";

/// What came back.
pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The names of the providers in a register as JSON.
    pub(super) fn providers(&self) -> Vec<String> {
        let register = self.json();
        let providers = register["providers"].as_array().unwrap();
        let name = |provider: &Value| provider["name"].as_str().unwrap().to_owned();
        providers.iter().map(name).collect()
    }
}

pub(super) async fn ask(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Got {
    let router = server::wiring::router(app.contexts.clone(), api::http::HttpSettings::default());
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.expect("a whole body").to_bytes();
    Got {
        status,
        headers,
        text: String::from_utf8(bytes.to_vec()).expect("UTF-8"),
    }
}

pub(super) async fn get(app: &TestApp, path: &str) -> Got {
    let got = ask(app, Method::GET, path, &[("accept-language", "en")]).await;
    assert_eq!(got.status, StatusCode::OK, "{path}: {}", got.text);
    got
}

pub(crate) async fn approvals_of(app: &TestApp, market: &Market<'_>) -> (String, Value) {
    let variables = json!({ "cityId": market.city.id, "first": 10 });
    let listed = app.anyone().run("anyone/approvedProviders", variables).await.ok();
    let approval = listed.text("/approvedProviders/edges/0/node/id");
    (approval, listed.data("/approvedProviders/edges/0/node").clone())
}

/// Renames the market's company.
pub(super) async fn rename(market: &Market<'_>, name: &str) {
    let seen = market
        .provider
        .run("provider/ownCompany", json!({ "id": market.company }))
        .await
        .ok();
    let input = json!({
        "companyId": market.company, "expectedVersion": seen.data("/company/version"), "name": name,
        "email": "company100@example.org", "lang": "FI",
    });
    market
        .provider
        .run("provider/updateCompany", json!({ "input": input }))
        .await
        .ok();
}
