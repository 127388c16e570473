//! Who sends requests: nobody, a resident, the staff of a city, the signatory of a company.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header, request};
use axum::response::Response;
use chrono::Duration;
use cities::City;
use http_body_util::BodyExt;
use identity::NewAccount;
use kernel::{CompanyId, Lang, PersonId, StaffRole};
use providers::{CompanyDetails, CompanyKind, NewCompany};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::answer::Answer;
use crate::app::TestApp;

/// The password of every person.
pub const PASSWORD: &str = "kolme punaista tuolia";

/// Who sends requests.
#[derive(Clone)]
pub struct Actor<'a> {
    app: &'a TestApp,
    token: Option<String>,
    acting_for: Option<String>,
}

/// A person with an account who has signed in.
#[derive(Clone)]
pub struct Person<'a> {
    /// Her id.
    pub id: PersonId,
    /// Her address.
    pub email: String,
    actor: Actor<'a>,
}

impl Actor<'_> {
    /// The same person, who wants to act for another.
    #[must_use]
    pub fn acting_for(&self, person: &str) -> Self {
        Self {
            acting_for: Some(person.to_owned()),
            ..self.clone()
        }
    }

    /// Runs a document of `graphql/operations`, such as `anyone/cities`.
    pub async fn run(&self, document: &str, variables: Value) -> Answer {
        self.post(json!({ "documentId": document, "variables": variables }))
            .await
    }

    /// Sends a document that is not stored; for tests of what no client of ours does.
    pub async fn query(&self, text: &str, variables: Value) -> Answer {
        self.post(json!({ "query": text, "variables": variables })).await
    }

    /// Sends a file as it is, such as a bank's answer, under an idempotency key, in English.
    pub async fn upload(&self, path: &str, key: &str, file: impl Into<Body>) -> Answer {
        let request = Request::post(path)
            .header(header::ACCEPT_LANGUAGE, "en")
            .header("Idempotency-Key", key);
        self.send(request, file.into()).await
    }

    /// Reads a text file, such as a table.
    pub async fn download(&self, path: &str) -> (StatusCode, String) {
        let (status, bytes) = self.fetch(path).await;
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads a file.
    pub async fn fetch(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let response = self.get(path).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a whole body").to_bytes();
        (status, bytes.to_vec())
    }

    /// What the answer to a request for a file says of it.
    pub async fn headers(&self, path: &str) -> HeaderMap {
        self.get(path).await.headers().clone()
    }

    async fn get(&self, path: &str) -> Response {
        let mut request = Request::get(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(person) = &self.acting_for {
            request = request.header("X-Acting-For", person);
        }
        let request = request.body(Body::empty()).expect("a request");
        let router = self.app.router.clone();
        router.oneshot(request).await.expect("the router answers")
    }

    async fn post(&self, body: Value) -> Answer {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json");
        self.send(request, Body::from(body.to_string())).await
    }

    async fn send(&self, mut request: request::Builder, body: Body) -> Answer {
        // Ids follow the clock to the millisecond: lists are in the order of requests.
        self.app.clock.advance(Duration::milliseconds(1));
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(person) = &self.acting_for {
            request = request.header("X-Acting-For", person);
        }
        let request = request.body(body).expect("a request");
        let response = self
            .app
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the router answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a whole body").to_bytes();
        Answer::new(status, serde_json::from_slice(&bytes).expect("JSON"))
    }
}

impl<'a> std::ops::Deref for Person<'a> {
    type Target = Actor<'a>;

    fn deref(&self) -> &Self::Target {
        &self.actor
    }
}

impl TestApp {
    /// Somebody who has not signed in.
    pub fn anyone(&self) -> Actor<'_> {
        Actor {
            app: self,
            token: None,
            acting_for: None,
        }
    }

    /// Somebody with an access token, good or not.
    pub fn bearer(&self, token: &str) -> Actor<'_> {
        Actor {
            app: self,
            token: Some(token.to_owned()),
            acting_for: None,
        }
    }

    /// Signs in with an address; every person has [`PASSWORD`].
    pub async fn sign_in(&self, email: &str) -> Person<'_> {
        let input = json!({ "input": { "email": email, "password": PASSWORD } });
        let answer = self.anyone().run("anyone/signIn", input).await.ok();
        let token = answer.text("/signIn/session/accessToken");
        Person {
            id: answer.id("/signIn/session/person/id"),
            email: email.to_owned(),
            actor: Actor {
                app: self,
                token: Some(token),
                acting_for: None,
            },
        }
    }

    /// A new person who has signed in; her address is `name@example.org`.
    pub async fn person(&self, name: &str) -> Person<'_> {
        let email = format!("{name}@example.org");
        let account = NewAccount {
            email: email.clone(),
            password: PASSWORD.to_owned(),
            given_name: name.to_owned(),
            family_name: "Esimerkki".to_owned(),
            lang: Lang::Fi,
        };
        self.clock.advance(Duration::milliseconds(1));
        self.contexts
            .identity
            .add_verified("test", account)
            .await
            .expect("a new address");
        self.sign_in(&email).await
    }

    /// One of the six cities, by its municipality code.
    pub async fn city(&self, code: &str) -> City {
        let data = server::commands::seed::city_data(None).expect("the embedded file is right");
        let city = data
            .city
            .into_iter()
            .find(|city| city.code == code)
            .expect("one of the six");
        self.contexts.cities.put(city).await.expect("a city can be taken in")
    }

    /// A new person with a role in the staff of a city.
    pub async fn staff(&self, city: &City, role: StaffRole, name: &str) -> Person<'_> {
        let person = self.person(name).await;
        self.contexts
            .cities
            .install_role(city.id, person.id, role)
            .await
            .expect("a role can be given");
        person
    }

    /// A new company whose signatory an approver of the city has confirmed. `number` 0 to 999 999 makes its business id.
    pub async fn company(&self, city: &City, number: u32) -> (CompanyId, Person<'_>) {
        let signatory = self.person(&format!("signatory{number}")).await;
        let approver = self
            .staff(city, StaffRole::Approver, &format!("approver{number}"))
            .await;
        let providers = &self.contexts.providers;
        let new = NewCompany {
            city: city.id,
            business_id: business_id(number),
            details: CompanyDetails {
                name: format!("Palvelu {number} Oy"),
                kind: CompanyKind::Company,
                email: format!("company{number}@example.org"),
                iban: "FI2112345600000785".to_owned(),
                lang: Lang::Fi,
            },
        };
        let acting = kernel::Actor::person(signatory.id, "test");
        let claim = providers.register_company(&acting, new).await.expect("a new company");
        let mut confirming = kernel::Actor::person(approver.id, "test");
        confirming.staff.push((city.id, StaffRole::Approver));
        let member = providers
            .confirm_signatory(&confirming, claim.id)
            .await
            .expect("the claim waits");
        (member.company_id, signatory)
    }
}

/// The business id (Y-tunnus) that begins with about `number`: every eleventh number has none.
pub fn business_id(number: u32) -> String {
    const WEIGHTS: [u32; 7] = [7, 9, 10, 5, 8, 4, 2];
    let mut digits = 1_000_000 + number * 2;
    loop {
        let text = digits.to_string();
        let sum: u32 = text
            .chars()
            .zip(WEIGHTS)
            .filter_map(|(digit, weight)| Some(digit.to_digit(10)? * weight))
            .sum();
        match sum % 11 {
            0 => return format!("{text}-0"),
            1 => digits += 1,
            rest => return format!("{text}-{}", 11 - rest),
        }
    }
}
