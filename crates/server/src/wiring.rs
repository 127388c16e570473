//! Puts the contexts together: who gets what, which job is done by whom and when, which routes there are.
//!
//! The tests build their application with the same functions.

pub mod settings;
pub mod site;

use std::sync::Arc;
use std::time::Duration;

use api::App;
use api::http::{HttpSettings, Operations};
use audit::seal::AuditRows;
use axum::routing::get;
use axum::{Json, Router};
use db::{Db, Tx};
use jobs::{JobError, Plan, Registry, RegistryError};
use mail::Transport;

use crate::seals::TransferRows;

/// For how long the answer to an idempotency key is kept; clients may count on 24 hours.
const KEYS_ARE_KEPT: chrono::Duration = chrono::Duration::hours(48);

/// How often what has settled is sealed.
const SEALS: Plan = Plan::Every(Duration::from_mins(10));

/// The contexts, each made of those below it.
///
/// # Errors
/// Those of [`identity::Identity::new`].
pub fn app(
    db: Db,
    files: files::Files,
    settings: identity::Settings,
    keys: identity::SigningKeys,
    code_keys: Option<identity::CodeKeys>,
    register: Option<Arc<dyn identity::PopulationRegister>>,
) -> Result<App, identity::Error> {
    let mut identity = identity::Identity::new(db.clone(), settings, keys)?;
    if let Some(code_keys) = code_keys {
        identity = identity.with_code_keys(code_keys);
    }
    if let Some(register) = register {
        identity = identity.with_population_register(register);
    }
    let cities = cities::Cities::new(db.clone(), identity.clone());
    let programmes = programmes::Programmes::new(db.clone(), cities.clone());
    let providers = providers::Providers::new(db.clone(), cities.clone(), programmes.clone());
    let offers = offers::Offers::new(db.clone(), cities.clone());
    let vouchers = vouchers::Vouchers::new(db.clone(), identity.clone(), cities.clone(), files.clone());
    let bookings = bookings::Bookings::new(db.clone(), identity.clone(), providers.clone());
    let settlement = settlement::Settlement::new(db.clone(), cities.clone());
    Ok(App {
        db,
        identity,
        cities,
        programmes,
        providers,
        files,
        offers,
        vouchers,
        bookings,
        settlement,
    })
}

/// Who does which job, and what is done when.
///
/// # Errors
/// When two handlers want the same jobs.
pub fn registry(app: &App, mail: Arc<Transport>) -> Result<Registry, RegistryError> {
    let mut registry = Registry::new();
    mail::register(&mut registry, app.db.clone(), mail)?;
    settlement::register(&mut registry, app.settlement.clone())?;

    reactions(&mut registry, app)?;

    let mut planned = Planned {
        registry: &mut registry,
        app,
    };
    planned.work("identity.forget_expired", daily(2, 0), |app| async move {
        app.identity.forget_expired().await?;
        Ok(())
    })?;
    planned.work("identity.seal_codes_anew", daily(2, 30), |app| async move {
        app.identity.seal_codes_anew().await?;
        Ok(())
    })?;
    planned.work(identity::REFRESH, daily(2, 45), |app| async move {
        Ok(app.identity.run_refresh().await?)
    })?;
    planned.work("db.forget_keys", daily(2, 15), |app| async move {
        Ok(forget_keys(&app.db).await?)
    })?;
    planned.work(
        bookings::LAPSE,
        Plan::Every(Duration::from_mins(15)),
        |app| async move { Ok(app.bookings.run_lapse().await?) },
    )?;
    planned.work(providers::RECHECK, daily(3, 0), |app| async move {
        Ok(app.providers.run_recheck().await?)
    })?;
    planned.work(providers::RESIGN, daily(0, 15), |app| async move {
        Ok(app.providers.run_resign().await?)
    })?;
    plan_vouchers(&mut planned)?;
    planned.work("audit.seal", SEALS, |app| async move {
        audit::seal::seal::<AuditRows>(&app.db, &cities::ids(app.db.read()).await?).await?;
        Ok(())
    })?;
    planned.work("ledger.seal", SEALS, |app| async move {
        audit::seal::seal::<TransferRows>(&app.db, &cities::ids(app.db.read()).await?).await?;
        Ok(())
    })?;
    Ok(registry)
}

/// What is done to vouchers by the clock.
fn plan_vouchers(planned: &mut Planned<'_>) -> Result<(), RegistryError> {
    // Midnight comes to each city in its own zone.
    planned.work(
        vouchers::EXPIRE,
        Plan::Every(Duration::from_hours(1)),
        |app| async move { Ok(app.vouchers.run_expire().await?) },
    )?;
    planned.work(
        vouchers::REPLENISH,
        Plan::Every(Duration::from_hours(1)),
        |app| async move { Ok(app.vouchers.run_replenish().await?) },
    )?;
    planned.work(vouchers::SWEEP_FILES, daily(3, 30), |app| async move {
        Ok(app.vouchers.run_sweep_files().await?)
    })?;
    planned.work(
        vouchers::WAITING_LISTS,
        Plan::Every(Duration::from_hours(1)),
        |app| async move { Ok(app.vouchers.run_waiting_lists().await?) },
    )?;
    planned.work(vouchers::REVIEW_INCOMES, daily(1, 30), |app| async move {
        Ok(app.vouchers.run_review_incomes().await?)
    })?;
    planned.work(
        vouchers::NUMBER,
        Plan::Every(Duration::from_hours(1)),
        |app| async move { Ok(app.vouchers.run_number().await?) },
    )
}

/// Who listens to whom, and who does what others have left for later.
fn reactions(registry: &mut Registry, app: &App) -> Result<(), RegistryError> {
    let bookings = app.bookings.clone();
    registry.on_event("bookings.letters", move |changed: bookings::BookingChanged| {
        let bookings = bookings.clone();
        async move { Ok(bookings.tell(changed).await?) }
    })?;

    let providers = app.providers.clone();
    registry.on_event(
        "providers.rulebook_letters",
        move |published: programmes::RulebookPublished| {
            let providers = providers.clone();
            async move { Ok(providers.tell_of_rulebook(published).await?) }
        },
    )?;
    let (providers, identity) = (app.providers.clone(), app.identity.clone());
    registry.on_event("providers.sanction_letters", move |told: providers::SanctionNews| {
        let (providers, identity) = (providers.clone(), identity.clone());
        async move { Ok(providers.tell_of_sanction(&identity, told).await?) }
    })?;
    let (providers, identity) = (app.providers.clone(), app.identity.clone());
    registry.on_event("providers.reliance_letters", move |fell: providers::ApprovalFell| {
        let (providers, identity) = (providers.clone(), identity.clone());
        async move { Ok(providers.tell_of_fall(&identity, fell).await?) }
    })?;
    let bookings = app.bookings.clone();
    registry.on_event("bookings.shortened", move |shortened: vouchers::VoucherShortened| {
        let bookings = bookings.clone();
        async move { Ok(bookings.release_after(shortened).await?) }
    })?;

    let bookings = app.bookings.clone();
    registry.on_event("bookings.revalued", move |revalued: vouchers::VoucherRevalued| {
        let bookings = bookings.clone();
        async move { Ok(bookings.correct_after(revalued).await?) }
    })?;

    let bookings = app.bookings.clone();
    registry.on_event("bookings.resignation", move |resigned: providers::CompanyResigned| {
        let bookings = bookings.clone();
        async move { Ok(bookings.tell_of_resignation(resigned).await?) }
    })?;
    let bookings = app.bookings.clone();
    registry.on(bookings::RELEASE, move |work: bookings::ReleaseWork| {
        let bookings = bookings.clone();
        async move { Ok(bookings.run_release(work).await?) }
    })?;

    let vouchers = app.vouchers.clone();
    registry.on_event("vouchers.moved", move |moved: identity::HomeMoved| {
        let vouchers = vouchers.clone();
        async move { Ok(vouchers.end_after_move(moved).await?) }
    })?;

    waiting_lists(registry, app)?;
    let vouchers = app.vouchers.clone();
    registry.on(vouchers::MASS_GRANT, move |work: vouchers::MassGrantWork| {
        let vouchers = vouchers.clone();
        async move { Ok(vouchers.run_mass_grant(work).await?) }
    })?;
    let vouchers = app.vouchers.clone();
    registry.on(vouchers::FORGET_FILE, move |work: vouchers::Forgotten| {
        let vouchers = vouchers.clone();
        async move { Ok(vouchers.run_forget_file(work).await?) }
    })?;
    Ok(())
}

/// What has come back to a budget, or was added to it, is offered to those who wait.
fn waiting_lists(registry: &mut Registry, app: &App) -> Result<(), RegistryError> {
    let vouchers = app.vouchers.clone();
    registry.on_event("vouchers.raised", move |raised: programmes::BudgetRaised| {
        let vouchers = vouchers.clone();
        async move { Ok(vouchers.offer_after_raise(raised).await?) }
    })?;
    let vouchers = app.vouchers.clone();
    registry.on(vouchers::OFFER, move |work: vouchers::OfferWork| {
        let vouchers = vouchers.clone();
        async move { Ok(vouchers.run_offer(work).await?) }
    })
}

/// A time of the day in Helsinki.
const fn daily(hour: u32, minute: u32) -> Plan {
    Plan::Daily { hour, minute }
}

/// Work that nobody asks for but the clock.
struct Planned<'a> {
    registry: &'a mut Registry,
    app: &'a App,
}

impl Planned<'_> {
    fn work<F, Fut>(&mut self, kind: &'static str, plan: Plan, work: F) -> Result<(), RegistryError>
    where
        F: Fn(App) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let app = self.app.clone();
        self.registry.on(kind, move |(): ()| work(app.clone()))?;
        self.registry.schedule(kind, plan)
    }
}

async fn forget_keys(db: &Db) -> Result<(), db::Error> {
    db.write(async |tx: &Tx| {
        db::delete_keys_before(tx, tx.now() - KEYS_ARE_KEPT).await?;
        Ok(())
    })
    .await
}

/// Every route of the server.
pub fn router(app: App, settings: HttpSettings) -> Router {
    let (db, identity) = (app.db.clone(), app.identity.clone());
    let ready = move || {
        let db = db.clone();
        async move { db.ping().await.is_ok() }
    };
    // Other services check our access tokens with these keys (RFC 7517).
    let others = Router::new()
        .route("/.well-known/jwks.json", get(async move || Json(identity.jwks())))
        .merge(api::bank_upload::routes(app.clone()))
        .merge(api::grant_upload::routes(app.clone()))
        .merge(api::decision_print::routes(app.clone()))
        .merge(api::attachments::routes(app.clone()))
        .merge(api::open_data::routes(app.clone()));
    api::http::router(settings, Operations::embedded(), app.executor(), ready, others)
}
