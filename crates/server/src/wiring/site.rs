//! The running parts of one process.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use api::App;
use db::Db;
use jobs::Worker;
use kernel::{Ids, SystemClock};
use mail::Transport;
use migrations::Migrator;
use sea_orm_migration::MigratorTrait;

use super::settings;
use crate::Failure;
use crate::config::{Config, Mode};

/// What the subcommands work with.
pub struct Site {
    /// The contexts.
    pub app: App,
    /// Does the jobs once it is told to run.
    pub worker: Worker,
}

impl Site {
    /// Opens the database and puts everything together. The demo brings its database to the newest schema; production
    /// asks for `palvelutori migrate`.
    ///
    /// # Errors
    /// One sentence for the operator.
    pub async fn open(config: &Config) -> Result<Self, Failure> {
        let db = connect(config).await?;
        match config.mode {
            Mode::Demo => migrate(&db).await?,
            Mode::Production => is_migrated(&db).await?,
        }
        // The clock may have been set back since the last seal.
        if let Some(id) = audit::seal::last_sealed(db.read()).await? {
            db.ids().go_on_above(id);
        }
        let mut app = super::app(
            db.clone(),
            settings::files(config)?,
            settings::identity(config),
            settings::signing_keys(config)?,
            settings::code_keys(config)?,
            settings::population_register(config)?,
        )?;
        if let Some(folder) = &config.providers.company_register {
            if !folder.is_dir() {
                return Err(format!("there is no folder {} (providers.company_register)", folder.display()).into());
            }
            let register = providers::RegisterFolder(folder.clone());
            app.providers = app.providers.with_register(Arc::new(register));
        }
        let mail = Arc::new(Transport::new(settings::mail(config))?);
        let registry = super::registry(&app, mail)?;
        let worker = Worker::new(db, registry, settings::worker(config));
        Ok(Self { app, worker })
    }
}

/// Opens a database that is there and has the newest schema; makes nothing.
///
/// # Errors
/// One sentence for the operator.
pub async fn connect_to_existing(config: &Config) -> Result<Db, Failure> {
    if let Some(file) = sqlite_file(&settings::database(config).url)
        && !file.exists()
    {
        return Err(format!("there is no database {}", file.display()).into());
    }
    let db = connect(config).await?;
    is_migrated(&db).await?;
    Ok(db)
}

async fn is_migrated(db: &Db) -> Result<(), Failure> {
    match Migrator::get_pending_migrations_read_only(db.read()).await?.len() {
        0 => Ok(()),
        pending => Err(format!("the database lacks {pending} migrations: run `palvelutori migrate`").into()),
    }
}

/// The file of an SQLite database.
fn sqlite_file(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?.trim_start_matches("//");
    Some(Path::new(path.split_once('?').map_or(path, |(file, _)| file)))
}

/// Opens the database, making the folder of an SQLite file.
///
/// # Errors
/// One sentence that names the database without its password.
pub async fn connect(config: &Config) -> Result<Db, Failure> {
    let settings = settings::database(config);
    let name = match sqlite_file(&settings.url) {
        Some(file) => {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)
                    .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
            }
            file.display().to_string()
        }
        None => "on PostgreSQL".to_owned(),
    };
    let clock = Arc::new(SystemClock);
    let ids = Ids::from_os(clock.clone());
    let connected = Db::connect(&settings, clock, ids).await;
    connected.map_err(|error| format!("cannot open the database {name}: {}", root_cause(&error)).into())
}

/// Brings the database to the newest schema. Several processes may do so at once: each migration is made by the first
/// that comes to it, in a transaction of its own.
///
/// # Errors
/// When a migration fails; the ones before it stay.
pub async fn migrate(db: &Db) -> Result<(), Failure> {
    loop {
        let pending = db.alone(async |tx| {
            Migrator::up(tx, Some(1)).await?;
            Ok::<_, db::Error>(Migrator::get_pending_migrations(tx).await?.len())
        });
        match pending.await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(format!("cannot migrate the database: {}", root_cause(&error)).into()),
        }
    }
}

fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
