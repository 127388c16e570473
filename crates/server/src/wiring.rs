//! Puts the contexts together: who gets what, which job is done by whom and when, which routes there are.
//!
//! The tests build their application with the same functions.

use std::sync::Arc;
use std::time::Duration;

use api::http::{HttpSettings, Operations};
use api::{App, Palvelutori};
use audit::seal::AuditRows;
use axum::routing::get;
use axum::{Json, Router};
use db::{Db, Tx};
use jobs::{JobError, Plan, Registry, RegistryError};
use mail::Transport;

use crate::seals::TransferRows;

/// For how long the answer to an idempotency key is kept; clients may count on 24 hours.
const KEYS_ARE_KEPT: chrono::Duration = chrono::Duration::hours(48);

const SEAL_EVERY: Plan = Plan::Every(Duration::from_mins(10));

/// The contexts, each made of those below it.
///
/// # Errors
/// Those of [`identity::Identity::new`].
pub fn app(db: Db, settings: identity::Settings, keys: identity::SigningKeys) -> Result<App, identity::Error> {
    let identity = identity::Identity::new(db.clone(), settings, keys)?;
    let cities = cities::Cities::new(db.clone(), identity.clone());
    let programmes = programmes::Programmes::new(db.clone(), cities.clone());
    let providers = providers::Providers::new(db.clone(), cities.clone(), programmes.clone());
    let offers = offers::Offers::new(db.clone(), cities.clone());
    Ok(App {
        db,
        identity,
        cities,
        programmes,
        providers,
        offers,
    })
}

/// Who does which job, and what is done when.
///
/// # Errors
/// When two handlers want the same jobs.
pub fn registry(app: &App, mail: Arc<Transport>) -> Result<Registry, RegistryError> {
    let mut registry = Registry::new();
    mail::register(&mut registry, app.db.clone(), mail)?;

    let mut scheduled = |plan, kind, work| schedule(&mut registry, app, plan, kind, work);
    scheduled(daily(2, 0), "identity.forget_expired", Task::ForgetExpired)?;
    scheduled(daily(2, 15), "db.forget_keys", Task::ForgetKeys)?;
    scheduled(SEAL_EVERY, "audit.seal", Task::SealAudit)?;
    scheduled(SEAL_EVERY, "ledger.seal", Task::SealLedger)?;
    Ok(registry)
}
