//! Files as they came, each kept below the day on which it came, under the digest of its bytes.
//!
//! The name of a file is its day and the SHA-256 of its bytes in hexadecimal digits (`2026-11-24/abcd…`). What is there is
//! never written again, so a file that was kept stays what it was. Who may read a file, what it is called and what it is
//! about stands in a row of the context that keeps it: here are bytes only.
//!
//! A context keeps the bytes first and writes its row afterwards. When a process dies between the two, no row names the
//! bytes: the context lists a day that is over ([`Files::of_day`]) and removes what it does not know. Nothing is put below
//! a day that is over, so that cannot take away what a request is about to name.

mod s3;

use std::path::Path as Folder;
use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use sha2::{Digest as _, Sha256};

pub use bytes::Bytes;
pub use s3::S3;

/// Why a file could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store answered with an error, or has no such file.
    #[error("the store of files failed: {0}")]
    Store(#[from] object_store::Error),
    /// The folder of the store cannot be made.
    #[error("cannot make the folder of files: {0}")]
    Folder(#[from] std::io::Error),
}

impl Error {
    /// True when the store answers, but has no such file; else it may help to try again.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }
}

/// The bytes of a file in pieces.
pub type Pieces = BoxStream<'static, Result<Bytes, Error>>;

/// Where files are kept, and how long one may be. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    longest: usize,
}

/// The name of `bytes` in the store: 64 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Where a file lies in the store.
fn path(day: NaiveDate, digest: &str) -> Path {
    Path::from_iter([day.to_string().as_str(), digest])
}

impl Files {
    /// Keeps files of up to `longest` bytes in a folder, which is made when it is not there. What was kept has reached the
    /// disk.
    ///
    /// # Errors
    /// `Folder` when it cannot be made, `Store` when it is no folder.
    pub fn in_folder(folder: &Folder, longest: usize) -> Result<Self, Error> {
        // Papers about people are for the account of the server alone.
        let mut private = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
        private.recursive(true).create(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            longest,
        })
    }

    /// Keeps files of up to `longest` bytes in memory, for tests.
    pub fn in_memory(longest: usize) -> Self {
        Self {
            store: Arc::new(InMemory::new()),
            longest,
        }
    }

    /// The most bytes that a file may have.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Keeps a file below `day`, today in UTC, and answers its digest. Bytes that are there already stay as they are; a put
    /// that is cut off leaves nothing under the digest.
    ///
    /// # Errors
    /// `Store` when the store fails.
    pub async fn put(&self, day: NaiveDate, bytes: Bytes) -> Result<String, Error> {
        let digest = digest(&bytes);
        let create = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&path(day, &digest), bytes.into(), create).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(digest),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a file in pieces, read while they are asked for.
    ///
    /// # Errors
    /// `Store` when there is no such file or the store fails.
    pub async fn get(&self, day: NaiveDate, digest: &str) -> Result<Pieces, Error> {
        let found = self.store.get(&path(day, digest)).await?;
        Ok(Box::pin(found.into_stream().map_err(Error::from)))
    }

    /// The digests of all files below a day.
    ///
    /// # Errors
    /// `Store` when the store fails.
    pub async fn of_day(&self, day: NaiveDate) -> Result<Vec<String>, Error> {
        let below = Path::from(day.to_string());
        let kept: Vec<_> = self.store.list(Some(&below)).try_collect().await?;
        let names = kept.iter().filter_map(|file| file.location.filename());
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes a file; one that is not there is removed already.
    ///
    /// # Errors
    /// `Store` when the store fails.
    pub async fn remove(&self, day: NaiveDate, digest: &str) -> Result<(), Error> {
        match self.store.delete(&path(day, digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    async fn read(files: &Files, day: NaiveDate, digest: &str) -> Vec<u8> {
        let pieces = files.get(day, digest).await.unwrap();
        let pieces: Vec<_> = pieces.try_collect().await.unwrap();
        pieces.concat()
    }

    #[tokio::test]
    async fn a_file_is_kept_once_a_day_under_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("var").join("files");
        let files = Files::in_folder(&below, 10).unwrap();
        assert_eq!(files.put(day(24), Bytes::from_static(b"abc")).await.unwrap(), DIGEST);
        let mode = std::os::unix::fs::PermissionsExt::mode(&below.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
        let kept = below.join("2026-11-24").join(DIGEST);
        let first = std::fs::metadata(&kept).unwrap().modified().unwrap();
        assert_eq!(files.put(day(24), Bytes::from_static(b"abc")).await.unwrap(), DIGEST);
        assert_eq!(std::fs::metadata(&kept).unwrap().modified().unwrap(), first);
        assert_eq!(read(&files, day(24), DIGEST).await, b"abc");
    }

    #[tokio::test]
    async fn a_day_is_listed_and_what_nobody_wants_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        for files in [Files::in_memory(10), Files::in_folder(folder.path(), 10).unwrap()] {
            files.put(day(24), Bytes::from_static(b"abc")).await.unwrap();
            files.put(day(25), Bytes::from_static(b"abc")).await.unwrap();
            assert_eq!(files.of_day(day(24)).await.unwrap(), [DIGEST]);
            assert_eq!(files.of_day(day(23)).await.unwrap(), Vec::<String>::new());
            files.remove(day(24), DIGEST).await.unwrap();
            files.remove(day(24), DIGEST).await.unwrap();
            assert_eq!(files.of_day(day(24)).await.unwrap(), Vec::<String>::new());
            assert_eq!(read(&files, day(25), DIGEST).await, b"abc");
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_an_error() {
        let files = Files::in_memory(10);
        assert!(files.get(day(24), DIGEST).await.is_err_and(|error| error.is_missing()));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Files::in_folder(file.path(), 10), Err(Error::Folder(_))));
    }
}
