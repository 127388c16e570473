//! Answers the API and works on jobs.

use std::net::SocketAddr;
use std::time::Duration;

use api::http::HttpSettings;
use jobs::Worker;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::print;
use crate::config::{Config, Mode};
use crate::wiring::site::Site;
use crate::wiring::{self, settings};
use crate::{Failure, demo};

/// How long jobs in hand may still take after the last answer; a job that is cut runs again.
const LAST_JOBS: Duration = Duration::from_secs(1);

/// Serves until the process is told to stop.
///
/// # Errors
/// One sentence when it cannot start.
pub async fn serve(config: &Config, no_worker: bool) -> Result<(), Failure> {
    let stopping = stop_signal()?;
    let bind = config.http.bind;
    let listener = TcpListener::bind(bind)
        .await
        .map_err(|error| format!("cannot listen on {bind}: {error}"))?;
    let http = settings::http(config)?;
    let Site { app, worker } = Site::open(config).await?;
    match config.mode {
        Mode::Demo => demo::seed_if_empty(&app).await?,
        Mode::Production => refuse_demo_data(&app).await?,
    }
    welcome(config, listener.local_addr()?, &http, no_worker)?;
    let db = app.db.clone();
    let working = (!no_worker).then(|| start(worker, stopping.clone()));
    let router = wiring::router(app, http.clone());
    api::http::serve(listener, router, &http, stopped(stopping)).await;
    if let Some(working) = working
        && timeout(LAST_JOBS, working).await.is_err()
    {
        tracing::warn!("jobs were cut at shutdown and will run again");
    }
    db.close().await?;
    Ok(())
}

/// Works on jobs until the process is told to stop.
///
/// # Errors
/// One sentence when it cannot start.
pub async fn work(config: &Config) -> Result<(), Failure> {
    let stopping = stop_signal()?;
    let Site { app, worker } = Site::open(config).await?;
    tracing::info!("working on jobs");
    let working = start(worker, stopping.clone());
    stopped(stopping).await;
    if timeout(Duration::from_secs(9), working).await.is_err() {
        tracing::warn!("jobs were cut at shutdown and will run again");
    }
    app.db.close().await?;
    Ok(())
}

fn start(worker: Worker, stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move { worker.run(stopped(stopping)).await })
}

/// True from the first SIGTERM or SIGINT on.
fn stop_signal() -> Result<watch::Receiver<bool>, Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.send_replace(true);
    });
    Ok(stopping)
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // The sender ends only after it has spoken.
    stopping.wait_for(|stop| *stop).await.ok();
}

/// Everybody knows the passwords of the demo.
async fn refuse_demo_data(app: &api::App) -> Result<(), Failure> {
    if demo::is_there(app).await? {
        return Err("the database holds the people of the demo: production needs a database of its own".into());
    }
    Ok(())
}

fn welcome(config: &Config, address: SocketAddr, http: &HttpSettings, no_worker: bool) -> Result<(), Failure> {
    tracing::info!(%address, worker = !no_worker, "serving");
    if config.mode == Mode::Production {
        return Ok(());
    }
    let graphiql = if http.graphiql {
        format!("  GraphiQL  http://{address}/graphiql\n")
    } else {
        String::new()
    };
    let people = demo::how_to_sign_in(address);
    print(&format!(
        "Palvelutori, a demo: everybody knows its passwords.\n\n  API       http://{address}/graphql\n{graphiql}{people}"
    ))
}
