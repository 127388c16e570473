//! Single requests: media types, methods, refusals, headers.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use async_graphql::{EmptySubscription, Error, Request as GraphqlRequest, Schema};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use serde_json::json;

use super::super::{HttpSettings, guard};
use super::{App, GRAPHQL, JSON, Mutation, Query, open_settings, post};

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_the_client_accepts() {
    let app = App::new(open_settings());
    for (accept, content_type) in [(GRAPHQL, GRAPHQL), (JSON, JSON), ("*/*", JSON)] {
        let answer = app.query(accept, "{ hello(name: \"Väinö\") }").await;
        assert_eq!(
            (answer.status, answer.json()),
            (200, json!({ "data": { "hello": "Hei Väinö" } }))
        );
        assert_eq!(answer.header("content-type"), format!("{content_type}; charset=utf-8"));
    }
    let answer = app.query("text/html", "{ hello(name: \"x\") }").await;
    assert_eq!((answer.status, answer.code().as_str()), (406, "NOT_ACCEPTABLE"));
}

#[tokio::test]
async fn request_errors_follow_the_specification() {
    let app = App::new(HttpSettings::default());
    for (query, code) in [
        ("{ secretWord(", "GRAPHQL_PARSE_FAILED"),
        ("{ helo }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A($name: String!) { hello(name: $name) }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ __schema { types { name } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { a: bump b: bump }", "DOCUMENT_TOO_COMPLEX"),
        (&"{hello".repeat(2_000), "DOCUMENT_TOO_COMPLEX"),
        (&" ".repeat(40_000), "DOCUMENT_TOO_LARGE"),
    ] {
        for (accept, status) in [(GRAPHQL, 400), (JSON, 200)] {
            let answer = app.query(accept, query).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{query:.60}");
            assert!(!answer.has_data() && !answer.text.contains("secretWord") && !answer.text.contains("Did you mean"));
        }
    }
    let many: String = (0..50).fold(String::from("{ x: hello(name: \"a\") {"), |text, n| {
        text + &format!(" f{n}")
    }) + "} }";
    let answer = app.query(GRAPHQL, &many).await;
    assert!(
        answer.json()["errors"].as_array().unwrap().len() <= 5,
        "{}",
        answer.text
    );
    assert_eq!(app.gate.bumps.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let app = App::new(HttpSettings::default());
    for body in [
        "",
        "{",
        "[]",
        "[{\"query\":\"{a}\"}]",
        "{\"query\":1}",
        "{\"query\":\"{a}\",\"query\":\"{a}\"}",
    ] {
        for accept in [GRAPHQL, JSON] {
            let answer = app.post(accept, body).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "BAD_REQUEST"), "{body}");
        }
    }
    for content_type in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ] {
        let body = Body::from("{\"query\":\"mutation{bump}\"}");
        let answer = app
            .send(
                Request::post("/graphql")
                    .header("content-type", content_type)
                    .body(body)
                    .unwrap(),
            )
            .await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    }
    let large = json!({ "query": "{ hello }", "variables": { "x": "x".repeat(300_000) } }).to_string();
    assert_eq!(app.post(JSON, large.clone()).await.status, 413);
    let chunks = futures_util::stream::iter(
        large
            .into_bytes()
            .chunks(10_000)
            .map(|c| Ok::<_, Error>(c.to_vec()))
            .collect::<Vec<_>>(),
    );
    let unannounced = Body::from_stream(futures_util::StreamExt::map(chunks, |c| {
        c.map_err(|e| std::io::Error::other(e.message))
    }));
    assert_eq!(app.post(JSON, unannounced).await.status, 413);
    assert_eq!(app.gate.bumps.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn get_runs_queries_only() {
    let app = App::new(HttpSettings::default());
    let answer = app
        .get("/graphql?query=query(%24n%3AString!)%7Bhello(name%3A%24n)%7D&variables=%7B%22n%22%3A%22A%22%7D")
        .await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "data": { "hello": "Hei A" } }))
    );
    let answer = app.get("/graphql?query=mutation%7Bbump%7D").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    for method in [Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS] {
        let request = Request::builder()
            .method(method)
            .uri("/graphql")
            .body(Body::empty())
            .unwrap();
        let answer = app.send(request).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"));
    }
    assert_eq!(app.gate.bumps.load(Ordering::SeqCst), 0);
    assert_eq!(
        app.query(JSON, "mutation { bump }").await.json(),
        json!({ "data": { "bump": 1 } })
    );
}

#[tokio::test]
async fn stored_operations_may_be_the_only_ones() {
    let app = App::new(HttpSettings {
        require_persisted: true,
        ..HttpSettings::default()
    });
    let by_path = app.post(GRAPHQL, r#"{"documentId":"resident/hello"}"#).await;
    assert_eq!(by_path.json(), json!({ "data": { "hello": "Hei Aino" } }));
    assert_eq!(app.get("/graphql?documentId=resident%2Fhello").await.status, 200);
    let other = app.query(GRAPHQL, "{ hello(name: \"x\") }").await;
    assert_eq!(
        (other.status, other.code().as_str()),
        (400, "PERSISTED_OPERATION_NOT_FOUND")
    );
}

#[tokio::test]
async fn faults_of_resolvers_and_handlers_show_an_id_only() {
    let app = App::new(HttpSettings::default());
    for (query, status) in [("{ panics }", 500), ("{ leaks }", 200)] {
        let answer = app.query(GRAPHQL, query).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, "INTERNAL"));
        let id = answer.json()["errors"][0]["extensions"]["errorId"].clone();
        assert_eq!(id, answer.header("x-request-id"));
        assert!(!answer.text.contains("secret"));
    }
    let answer = app.get("/panic").await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "INTERNAL"));
    assert!(!answer.text.contains("secret"));
    let answer = app.query(GRAPHQL, "{ limited }").await;
    assert_eq!(
        (answer.status, answer.header("retry-after"), answer.has_data()),
        (429, "7", true)
    );
}

#[tokio::test]
async fn resolvers_see_the_client() {
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let app = App::new(HttpSettings {
        trusted_proxies,
        ..HttpSettings::default()
    });
    let mut request = post(JSON, r#"{"query":"{ client }"}"#);
    request
        .extensions_mut()
        .insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4711))));
    request
        .headers_mut()
        .insert("authorization", "Bearer t0ken".parse().unwrap());
    request
        .headers_mut()
        .insert("x-forwarded-for", "203.0.113.5, 198.51.100.7".parse().unwrap());
    request
        .headers_mut()
        .insert("x-request-id", "from-proxy".parse().unwrap());
    let answer = app.send(request).await;
    assert_eq!(answer.json(), json!({ "data": { "client": "198.51.100.7 t0ken" } }));
    assert_eq!(answer.header("x-request-id"), "from-proxy");
}

#[tokio::test]
async fn other_paths_answer_in_the_same_form() {
    let app = App::new(open_settings());
    assert_eq!(app.get("/health/live").await.status, 204);
    let ready = app.get("/health/ready").await;
    assert_eq!((ready.status, ready.code().as_str()), (503, "UNAVAILABLE"));
    let missing = app.get("/nowhere").await;
    assert_eq!((missing.status, missing.code().as_str()), (404, "NOT_FOUND"));
    let wrong = app
        .send(Request::post("/health/live").body(Body::empty()).unwrap())
        .await;
    assert_eq!(
        (wrong.status, wrong.code().as_str(), wrong.header("allow")),
        (405, "METHOD_NOT_ALLOWED", "GET,HEAD")
    );
    assert_eq!(App::new(HttpSettings::default()).get("/graphiql").await.status, 404);
}

#[tokio::test]
async fn the_page_loads_from_this_server_only() {
    let app = App::new(open_settings());
    let page = app.get("/graphiql").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self';") && !page.text.contains("//"),
        "{policy}"
    );
    let links: Vec<&str> = page
        .text
        .split('"')
        .filter(|part| part.starts_with("graphiql/"))
        .collect();
    assert_eq!(links.len(), 6);
    for link in links {
        let asset = app.get(&format!("/{link}")).await;
        let expected = if link.contains(".css") {
            "text/css"
        } else {
            "text/javascript"
        };
        assert_eq!(
            (asset.status, asset.header("content-type")),
            (200, &*format!("{expected}; charset=utf-8"))
        );
    }
}

#[tokio::test]
async fn browsers_may_call_from_configured_origins() {
    let cors_origins = vec!["https://palvelut.example".parse().unwrap()];
    let app = App::new(HttpSettings {
        cors_origins,
        ..HttpSettings::default()
    });
    for (origin, allowed) in [
        ("https://palvelut.example", "https://palvelut.example"),
        ("https://evil.example", ""),
    ] {
        let request = Request::options("/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn the_standard_introspection_query_passes_where_it_is_on() {
    let query = include_str!("introspection.graphql");
    let answer = App::new(open_settings()).query(GRAPHQL, query).await;
    assert_eq!((answer.status, answer.code().as_str()), (200, ""), "{}", answer.text);
    assert_eq!(answer.json()["data"]["__schema"]["queryType"]["name"], "Query");
    assert_eq!(
        App::new(HttpSettings::default()).query(GRAPHQL, query).await.status,
        400
    );
}

#[test]
fn the_guard_answers_as_the_schema_would() {
    // The document handed over is the parsed one, so its operation name must be set alike.
    let checked = guard::check("query A { hello(name: \"x\") }", None).unwrap();
    let mut request = GraphqlRequest::new("");
    request.operation_name = checked.operation_name;
    request.set_parsed_query((*checked.document).clone());
    let schema = Schema::new(Query, Mutation, EmptySubscription);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(schema.execute(request));
    assert!(response.errors.is_empty(), "{:?}", response.errors);
}
