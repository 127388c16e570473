//! From the configuration to the settings of each part.

use std::sync::Arc;
use std::time::Duration;

use api::http::HttpSettings;
use axum::http::HeaderValue;
use files::Files;
use identity::{CodeKeys, PopulationRegister, RegisterFile, SigningKeys};
use jobs::WorkerSettings;

use crate::Failure;
use crate::config::{Config, Mode, SmtpTls, Store, Synchronous, Transport};

/// For how long a worker has a job to itself before another may take it.
const LEASE: Duration = Duration::from_mins(1);

/// How long it may take to hand over one mail.
const MAIL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long requests in hand may take after the signal to stop, so that the process ends within ten seconds.
const DRAIN: Duration = Duration::from_secs(8);

/// Where the data is.
pub fn database(config: &Config) -> db::Settings {
    db::Settings {
        url: config.database.url.reveal().to_owned(),
        max_connections: config.database.max_connections.get(),
        synchronous: match config.database.synchronous {
            Synchronous::Normal => db::Synchronous::Normal,
            Synchronous::Full => db::Synchronous::Full,
        },
    }
}

/// Accounts and sessions.
pub fn identity(config: &Config) -> identity::Settings {
    let auth = &config.auth;
    identity::Settings {
        issuer: auth.issuer.clone(),
        audience: auth.audience.clone(),
        access_token: chrono::Duration::minutes(auth.access_token_minutes.get().into()),
        refresh_token_days: u16::try_from(auth.refresh_token_days.get()).unwrap_or(u16::MAX),
        argon2: identity::Argon2Cost {
            memory_kib: auth.argon2_memory_kib.get(),
            iterations: auth.argon2_iterations.get(),
            parallelism: auth.argon2_parallelism.get(),
        },
        public_url: config.http.public_url.clone(),
        limits: identity::Limits::default(),
    }
}

/// The keys of access tokens; the demo makes its own on the first start.
///
/// # Errors
/// When a file cannot be read or written, or holds no key.
pub fn signing_keys(config: &Config) -> Result<SigningKeys, Failure> {
    let keys = config
        .auth
        .signing_keys()
        .map_err(|error| format!("cannot read or make the signing key: {error}"))?;
    let previous: Vec<_> = keys.previous.iter().map(|key| key.reveal().to_owned()).collect();
    Ok(SigningKeys::from_pems(keys.current.reveal(), &previous)?)
}

/// The keys of personal identity codes; the demo makes its own on the first start, production has none unless it names
/// some.
///
/// # Errors
/// When a file cannot be read or written, or holds no keys.
pub fn code_keys(config: &Config) -> Result<Option<CodeKeys>, Failure> {
    let demo = config.mode == Mode::Demo;
    let text = config
        .auth
        .code_keys(config.mode)
        .map_err(|error| format!("cannot read or make the keys of personal identity codes: {error}"))?;
    Ok(text.map(|text| CodeKeys::parse(text.reveal(), demo)).transpose()?)
}

/// The population register, where the operator has named its file; a line that is no good is told, not refused.
///
/// # Errors
/// When the file cannot be read.
pub fn population_register(config: &Config) -> Result<Option<Arc<dyn PopulationRegister>>, Failure> {
    let Some(file) = &config.identity.population_register else {
        return Ok(None);
    };
    let register = RegisterFile(file.clone());
    let broken = register
        .check()
        .map_err(|error| format!("cannot read {}: {error} (identity.population_register)", file.display()))?;
    if broken > 0 {
        tracing::warn!(broken, "lines of the population register are no good");
    }
    Ok(Some(Arc::new(register)))
}

/// Where files are kept.
///
/// # Errors
/// When the folder cannot be made, or the settings name no store.
pub fn files(config: &Config) -> Result<Files, Failure> {
    let files = &config.files;
    let longest = files.max_mib.get().saturating_mul(1024 * 1024);
    match files.store {
        Store::Folder => Files::in_folder(&files.folder, longest)
            .map_err(|error| format!("{error}: {} (files.folder)", files.folder.display()).into()),
        Store::S3 => {
            let s3 = files::S3 {
                endpoint: files.s3_endpoint.clone(),
                region: files.s3_region.clone(),
                bucket: files.s3_bucket.clone(),
                access_key: files.s3_access_key.clone(),
                secret_key: files.s3_secret_key.reveal().to_owned(),
            };
            Files::in_s3(&s3, longest).map_err(|error| format!("{error} (files.s3_endpoint)").into())
        }
    }
}

/// How mail leaves.
pub fn mail(config: &Config) -> mail::Settings {
    let mail = &config.mail;
    let carrier = match mail.transport {
        Transport::Files => mail::Carrier::Files(mail.folder.clone()),
        Transport::Smtp => mail::Carrier::Smtp(mail::Smtp {
            host: mail.smtp_host.clone(),
            port: mail.smtp_port,
            tls: match mail.smtp_tls {
                SmtpTls::Starttls => mail::Tls::Starttls,
                SmtpTls::Tls => mail::Tls::Tls,
                SmtpTls::None => mail::Tls::None,
            },
            credentials: (!mail.smtp_user.is_empty())
                .then(|| (mail.smtp_user.clone(), mail.smtp_password.reveal().to_owned())),
            timeout: MAIL_TIMEOUT,
        }),
    };
    mail::Settings {
        from: mail.from.clone(),
        carrier,
    }
}

/// How this process works on jobs.
pub fn worker(config: &Config) -> WorkerSettings {
    WorkerSettings {
        workers: config.jobs.workers.get(),
        poll: Duration::from_millis(config.jobs.poll_ms.get()),
        lease: LEASE,
    }
}

/// How the API is reached.
///
/// # Errors
/// When an origin cannot stand in a header.
pub fn http(config: &Config) -> Result<HttpSettings, Failure> {
    let http = &config.http;
    let origins = http
        .cors_origins
        .iter()
        .map(|origin| HeaderValue::from_str(origin.as_str()));
    Ok(HttpSettings {
        introspection: http.introspection,
        graphiql: http.graphiql,
        require_persisted: http.require_persisted,
        cors_origins: origins.collect::<Result<_, _>>()?,
        trusted_proxies: http.trusted_proxies.clone(),
        max_connections: http.max_connections.get(),
        max_connections_per_address: http.max_connections_per_address(),
        max_executing: http.max_concurrent_requests.get(),
        drain_limit: DRAIN,
        ..HttpSettings::default()
    })
}
