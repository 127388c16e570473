//! Where files are kept.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::database::SHORTEST_SECRET;
use super::error::Problems;
use super::http::is_loopback;
use super::{Mode, Secret, optional_path};

/// The most that `max_mib` may be: a file is held in memory while it is taken in.
const MOST_MIB: usize = 100;

/// Where files are kept (liitteet).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// What keeps them.
    pub store: Store,
    /// The folder of the store `folder`.
    pub folder: PathBuf,
    /// The address of the store `s3`.
    pub s3_endpoint: String,
    /// The region that requests are signed for.
    pub s3_region: String,
    /// The bucket.
    pub s3_bucket: String,
    /// The name of the key.
    pub s3_access_key: String,
    /// The key.
    pub s3_secret_key: Secret,
    /// The file `s3_secret_key` was read from.
    #[serde(deserialize_with = "optional_path")]
    pub s3_secret_key_file: Option<PathBuf>,
    /// The longest file, in MiB.
    pub max_mib: NonZeroUsize,
}

/// What keeps files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// A folder.
    Folder,
    /// A store that speaks the protocol of Amazon S3.
    S3,
}

impl Files {
    pub(super) fn check(&self, mode: Mode, problems: &mut Problems) {
        if self.max_mib.get() > MOST_MIB {
            problems.add("files.max_mib", format!("must be at most {MOST_MIB}"));
        }
        if self.store == Store::Folder {
            return;
        }
        let endpoint = Url::parse(&self.s3_endpoint).ok();
        let Some((endpoint, host)) = endpoint.as_ref().and_then(|url| Some((url, url.host()?))) else {
            return problems.add("files.s3_endpoint", "must be an address such as https://s3.example.fi");
        };
        match endpoint.scheme() {
            "https" => {}
            "http" if mode == Mode::Demo || is_loopback(&host.to_owned()) => {}
            _ => problems.add("files.s3_endpoint", "must begin with https: files hold personal data"),
        }
        for (key, text) in [
            ("files.s3_bucket", &self.s3_bucket),
            ("files.s3_access_key", &self.s3_access_key),
        ] {
            if text.is_empty() {
                problems.add(key, "must be set for the store s3");
            }
        }
        if mode == Mode::Production && self.s3_secret_key.reveal().chars().count() < SHORTEST_SECRET {
            problems.add(
                "files.s3_secret_key",
                format!("has fewer than {SHORTEST_SECRET} characters"),
            );
        }
    }
}
