//! How people and tokens are recognised.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use identity::CodeKeys;
use kernel::{Ids, SystemClock};
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Deserialize;

use super::error::Problems;
use super::{Mode, Secret, optional_path};

/// Where the demo keeps the key it made.
const DEMO_KEY: &str = "var/signing_key.pem";

/// Where the demo keeps the keys of personal identity codes that it made.
const DEMO_CODE_KEYS: &str = "var/code_keys";

/// The permissions of a file that are not its owner's.
const GROUP_AND_OTHERS: u32 = 0o077;

/// How people and tokens are recognised (tunnistautuminen).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The issuer (`iss`) of access tokens; after loading never empty.
    pub issuer: String,
    /// The audience (`aud`) of access tokens.
    pub audience: String,
    /// The key that signs access tokens, see [`Auth::signing_keys`].
    #[serde(deserialize_with = "optional_path")]
    pub signing_key_file: Option<PathBuf>,
    /// Retired keys whose tokens are still accepted.
    pub previous_key_files: Vec<PathBuf>,
    /// The keys of personal identity codes, see [`Auth::code_keys`].
    #[serde(deserialize_with = "optional_path")]
    pub code_keys_file: Option<PathBuf>,
    /// How long an access token is valid, in minutes.
    pub access_token_minutes: NonZeroU32,
    /// How long a sign-in lasts without being used, in days.
    pub refresh_token_days: NonZeroU32,
    /// Memory one password hash takes, in KiB.
    pub argon2_memory_kib: NonZeroU32,
    /// Passes one password hash makes over its memory.
    pub argon2_iterations: NonZeroU32,
    /// Lanes of one password hash.
    pub argon2_parallelism: NonZeroU32,
}

/// Ed25519 keys in PEM (PKCS#8), each known to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeys {
    /// Signs and verifies.
    pub current: Secret,
    /// Verify only, so that a rotation ends no sign-in.
    pub previous: Vec<Secret>,
}

impl Auth {
    pub(super) fn check(&self, mode: Mode, problems: &mut Problems) {
        if self.audience.is_empty() {
            problems.add("auth.audience", "must not be empty");
        }
        if self.argon2_memory_kib.get() / 8 < self.argon2_parallelism.get() {
            problems.add(
                "auth.argon2_memory_kib",
                "must be at least 8 times auth.argon2_parallelism",
            );
        }
        if mode == Mode::Demo {
            return;
        }
        match &self.signing_key_file {
            None => problems.add("auth.signing_key_file", "must name a key in production"),
            Some(file) => check_key_file("auth.signing_key_file", file, problems),
        }
        if let Some(file) = &self.code_keys_file {
            check_code_keys_file(file, problems);
        }
        for file in &self.previous_key_files {
            check_key_file("auth.previous_key_files", file, problems);
        }
    }

    /// Reads the keys; where none is named, makes the demo's own on its first start.
    ///
    /// # Errors
    /// When a file cannot be read or written, or holds no Ed25519 key.
    pub fn signing_keys(&self) -> io::Result<SigningKeys> {
        let current = match &self.signing_key_file {
            Some(file) => read_key(file)?,
            None => demo_key(Path::new(DEMO_KEY))?,
        };
        let previous = self
            .previous_key_files
            .iter()
            .map(|file| read_key(file))
            .collect::<Result<_, _>>()?;
        Ok(SigningKeys { current, previous })
    }

    /// Reads the keys of personal identity codes; where no file is named, the demo makes its own on its first start and
    /// production has none.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no such keys.
    pub fn code_keys(&self, mode: Mode) -> io::Result<Option<Secret>> {
        match (&self.code_keys_file, mode) {
            (Some(file), _) => read_code_keys(file).map(Some),
            (None, Mode::Demo) => demo_code_keys(Path::new(DEMO_CODE_KEYS)).map(Some),
            (None, Mode::Production) => Ok(None),
        }
    }
}

/// Production refuses keys of personal identity codes that are short or that others can read.
fn check_code_keys_file(file: &Path, problems: &mut Problems) {
    let key = "auth.code_keys_file";
    match read_code_keys(file) {
        Ok(_) => check_private(key, file, problems),
        Err(error) => problems.add(key, error.to_string()),
    }
}

/// Production refuses a key that cannot be used or that other accounts of the machine can read.
fn check_key_file(key: &'static str, file: &Path, problems: &mut Problems) {
    match read_key(file) {
        Ok(_) => check_private(key, file, problems),
        Err(error) => problems.add(key, error.to_string()),
    }
}

pub(super) fn check_private(key: &'static str, file: &Path, problems: &mut Problems) {
    match fs::metadata(file) {
        Ok(metadata) if metadata.mode() & GROUP_AND_OTHERS == 0 => {}
        Ok(_) => problems.add(
            key,
            format!("{} must be readable by its owner only (chmod 0400)", file.display()),
        ),
        Err(error) => problems.add(key, format!("{}: {error}", file.display())),
    }
}

fn read_key(file: &Path) -> io::Result<Secret> {
    let named = |kind, message: String| io::Error::new(kind, format!("{}: {message}", file.display()));
    let pem = fs::read_to_string(file).map_err(|error| named(error.kind(), error.to_string()))?;
    SigningKey::from_pkcs8_pem(&pem).map_err(|error| {
        named(
            io::ErrorKind::InvalidData,
            format!("no Ed25519 key in PEM (PKCS#8): {error}"),
        )
    })?;
    Ok(Secret::new(pem))
}

fn read_code_keys(file: &Path) -> io::Result<Secret> {
    let named = |kind, message: String| io::Error::new(kind, format!("{}: {message}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| named(error.kind(), error.to_string()))?;
    CodeKeys::parse(&text, false).map_err(|error| named(io::ErrorKind::InvalidData, error.to_string()))?;
    Ok(Secret::new(text))
}

/// The key in `file`, made when it does not exist.
pub(super) fn demo_key(file: &Path) -> io::Result<Secret> {
    make_once(file, write_new_key)?;
    read_key(file)
}

/// The keys of personal identity codes in `file`, made when it does not exist.
fn demo_code_keys(file: &Path) -> io::Result<Secret> {
    make_once(file, |mut created| {
        let ids = Ids::from_os(Arc::new(SystemClock));
        created.write_all(CodeKeys::generate(&ids).as_bytes())
    })?;
    read_code_keys(file)
}

fn make_once(file: &Path, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // create_new, so that of two processes starting together one makes the key and the other reads it.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(created) => write(created),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn write_new_key(mut file: File) -> io::Result<()> {
    let mut secret_key = [0; 32];
    SysRng.try_fill_bytes(&mut secret_key).map_err(io::Error::other)?;
    // Without the public half, as `openssl genpkey` writes it.
    let pem = KeypairBytes {
        secret_key,
        public_key: None,
    }
    .to_pkcs8_pem(LineEnding::LF)
    .map_err(io::Error::other)?;
    file.write_all(pem.as_bytes())
}
