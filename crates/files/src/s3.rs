//! Files in a store that speaks the protocol of Amazon S3.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use crate::{Error, Files};

/// How long a request is tried again before the store counts as gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// A bucket and who may use it.
#[derive(Clone, Debug)]
pub struct S3 {
    /// The address of the store, such as `https://s3.example.fi`; a plain `http` one is for a store on this machine.
    pub endpoint: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket, which holds nothing else.
    pub bucket: String,
    /// The name of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
}

impl Files {
    /// Keeps files of up to `longest` bytes in a bucket. The store must know conditional puts (`If-None-Match: *`), as
    /// Amazon S3, `MinIO` and Ceph do: a file that was kept is never written again.
    ///
    /// # Errors
    /// `Store` when the settings name no store; whether it answers is seen when it is used.
    pub fn in_s3(s3: &S3, longest: usize) -> Result<Self, Error> {
        if let Err(chosen) = rustls::crypto::ring::default_provider().install_default() {
            // Another part of the process has chosen before.
            drop(chosen);
        }
        // A file may take its time to a reader with a slow line, as long as something comes.
        let client = ClientOptions::new().with_timeout_disabled().with_read_timeout(PATIENCE);
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: 3,
            retry_timeout: PATIENCE,
        };
        let store = AmazonS3Builder::new()
            .with_client_options(client)
            .with_endpoint(&s3.endpoint)
            .with_allow_http(s3.endpoint.starts_with("http:"))
            .with_region(&s3.region)
            .with_bucket_name(&s3.bucket)
            .with_access_key_id(&s3.access_key)
            .with_secret_access_key(&s3.secret_key)
            .with_retry(retry)
            // Deleting many at once is what stores differ in.
            .with_disable_bulk_delete(true)
            .build()?;
        Ok(Self {
            store: Arc::new(store),
            longest,
        })
    }
}
