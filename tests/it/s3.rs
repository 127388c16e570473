//! The store of files that speaks the protocol of Amazon S3, against a small one of our own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use files::{Files, S3};
use futures_util::TryStreamExt;

/// What the store has, by path.
type Bucket = Arc<Mutex<BTreeMap<String, Bytes>>>;

async fn answer(State(bucket): State<Bucket>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let signed = headers[header::AUTHORIZATION].to_str().unwrap();
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=reader/"), "{signed}");
    let mut bucket = bucket.lock().unwrap();
    let path = uri.path().to_owned();
    let tag = [
        (header::ETAG, "\"1\""),
        (header::LAST_MODIFIED, "Tue, 24 Nov 2026 10:00:00 GMT"),
    ];
    match method {
        Method::PUT if bucket.contains_key(&path) && headers.contains_key(header::IF_NONE_MATCH) => {
            StatusCode::PRECONDITION_FAILED.into_response()
        }
        Method::PUT => {
            bucket.insert(path, body);
            tag.into_response()
        }
        Method::DELETE => {
            bucket.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ if uri.query().is_some_and(|query| query.contains("list-type=2")) => listing(&bucket).into_response(),
        _ => match bucket.get(&path) {
            Some(found) => (tag, found.clone()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

/// Everything in the bucket: the test keeps files below one day only.
fn listing(bucket: &BTreeMap<String, Bytes>) -> String {
    let mut contents = String::new();
    for (path, bytes) in bucket {
        let key = path.trim_start_matches("/attachments/");
        write!(
            contents,
            "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>2026-11-24T10:00:00.000Z</LastModified></Contents>",
            bytes.len()
        )
        .unwrap();
    }
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
}

async fn store(bucket: Bucket) -> Files {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(bucket);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let s3 = S3 {
        endpoint: format!("http://{address}"),
        region: "eu-north-1".into(),
        bucket: "attachments".into(),
        access_key: "reader".into(),
        secret_key: "not a secret".into(),
    };
    Files::in_s3(&s3, 10).unwrap()
}

#[tokio::test]
async fn files_are_kept_listed_read_and_removed_in_a_bucket() {
    let bucket = Bucket::default();
    let files = store(bucket.clone()).await;
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let digest = files.put(day, Bytes::from_static(b"abc")).await.unwrap();
    assert_eq!(files.put(day, Bytes::from_static(b"abc")).await.unwrap(), digest);
    let path = format!("/attachments/2026-11-24/{digest}");
    assert_eq!(bucket.lock().unwrap().keys().collect::<Vec<_>>(), [&path]);

    let pieces: Vec<Bytes> = files.get(day, &digest).await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"abc");
    assert_eq!(files.of_day(day).await.unwrap(), std::slice::from_ref(&digest));
    files.remove(day, &digest).await.unwrap();
    assert!(bucket.lock().unwrap().is_empty());
    assert!(files.get(day, &digest).await.is_err());
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error() {
    let s3 = S3 {
        endpoint: "http://127.0.0.1:9".into(),
        region: "eu-north-1".into(),
        bucket: "attachments".into(),
        access_key: "reader".into(),
        secret_key: "not a secret".into(),
    };
    let files = Files::in_s3(&s3, 10).unwrap();
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    assert!(files.put(day, Bytes::from_static(b"abc")).await.is_err());
}
