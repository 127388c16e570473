//! More than the server can take, and clients that keep it waiting.

use axum::body::Body;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use super::super::HttpSettings;
use super::{Answer, App, GRAPHQL, JSON, post};

#[tokio::test]
async fn too_many_requests_at_once_are_turned_away_and_the_rest_recovers() {
    let settings = HttpSettings {
        max_executing: 1,
        max_waiting: 0,
        ..HttpSettings::default()
    };
    let app = App::new(settings);
    let first = tokio::spawn(app.router.clone().oneshot(post(JSON, r#"{"query":"{ wait }"}"#)));
    app.gate.reached.notified().await;
    let second = app.query(GRAPHQL, "{ hello(name: \"x\") }").await;
    assert_eq!(
        (second.status, second.code().as_str(), second.header("retry-after")),
        (503, "UNAVAILABLE", "1")
    );
    app.gate.open.notify_one();
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
    assert_eq!(app.query(GRAPHQL, "{ hello(name: \"x\") }").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn waiting_and_execution_end_in_time() {
    let app = App::new(HttpSettings {
        max_executing: 1,
        max_waiting: 1,
        ..HttpSettings::default()
    });
    let slow = tokio::spawn(app.router.clone().oneshot(post(JSON, r#"{"query":"{ wait }"}"#)));
    app.gate.reached.notified().await;
    let started = tokio::time::Instant::now();
    let waiting = app.query(GRAPHQL, "{ hello(name: \"x\") }").await;
    assert_eq!((waiting.status, waiting.code().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(started.elapsed().as_secs(), 1);
    let slow = Answer::read(slow.await.unwrap().unwrap()).await;
    assert_eq!((slow.status, slow.code().as_str()), (503, "TIMEOUT"));
    assert_eq!(
        app.query(GRAPHQL, "{ hello(name: \"x\") }").await.status,
        200,
        "the turn came back"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let app = App::new(HttpSettings::default());
    let endless = Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>());
    let answer = app.post(GRAPHQL, endless).await;
    assert_eq!((answer.status, answer.code().as_str()), (408, "REQUEST_TIMEOUT"));
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cut_execution_short() {
    let app = App::new(HttpSettings {
        max_executing: 1,
        max_waiting: 0,
        ..HttpSettings::default()
    });
    let request: JoinHandle<_> = tokio::spawn(app.router.clone().oneshot(post(JSON, r#"{"query":"{ wait }"}"#)));
    app.gate.reached.notified().await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    assert_eq!(
        app.query(GRAPHQL, "{ hello(name: \"x\") }").await.status,
        503,
        "it still holds its turn"
    );
    app.gate.open.notify_one();
    while app.query(GRAPHQL, "{ hello(name: \"x\") }").await.status != 200 {
        tokio::task::yield_now().await;
    }
}
