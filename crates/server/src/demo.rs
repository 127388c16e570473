//! The demo: two cities with people of every role, companies, offers, vouchers and bookings, made by the use cases.
//!
//! Everything is made only where it is missing, so a seeding that was interrupted is finished by the next one.

mod data;
mod town;
mod worth;

use std::net::SocketAddr;
use std::time::Duration;

use api::App;
use data::{Person, TOWNS, Town};

use crate::Failure;
use crate::commands::seed::{city_data, put_cities};

/// The password of everybody in the demo.
pub const PASSWORD: &str = "kolme punaista tuolia";

/// The name under which the demo stands in the audit record.
const JOB: &str = "demo";

/// How often the demo is begun before its failure is told, and how long it waits in between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_secs(1);

fn email(person: &Person) -> String {
    format!("{}@example.org", person.address)
}

/// Everybody in the order in which the towns list them.
fn everybody() -> impl Iterator<Item = &'static Person> {
    let of = |town: &'static Town| {
        let staff = town.staff.iter().map(|(_, person)| person);
        let signatories = town.companies.iter().map(|company| &company.signatory);
        staff.chain(signatories).chain(town.residents)
    };
    TOWNS.iter().flat_map(of)
}

/// Whether somebody of the demo has an account.
///
/// # Errors
/// Those of the database.
pub async fn is_there(app: &App) -> Result<bool, Failure> {
    for person in everybody() {
        if app.identity.find_verified_by_email(&email(person)).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Seeds a database without cities, and one whose seeding was interrupted.
///
/// # Errors
/// Those of the use cases.
pub async fn seed_if_empty(app: &App) -> Result<(), Failure> {
    let last = everybody().last().map(email).unwrap_or_default();
    let finished = app.identity.find_verified_by_email(&last).await?.is_some();
    if app.cities.list().await?.is_empty() || (!finished && is_there(app).await?) {
        seed_beside_others(app).await?;
    }
    Ok(())
}

/// Several processes may find the same empty database. Whoever is second meets what the first has made, waits a little and
/// makes what is still missing.
async fn seed_beside_others(app: &App) -> Result<(), Failure> {
    let mut tries = 1;
    loop {
        let seeded = async {
            put_cities(&app.cities, city_data(None)?).await?;
            seed(app).await
        };
        match seeded.await {
            Err(error) if tries < TRIES => {
                tracing::info!(%error, "trying again to seed the demo, which another process may be doing");
                tokio::time::sleep(PAUSE).await;
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Makes what is missing of the demo; the cities are there.
///
/// # Errors
/// Those of the use cases.
pub async fn seed(app: &App) -> Result<(), Failure> {
    for data in TOWNS {
        let city = app.cities.find_by_code(data.code).await?;
        let city = city.ok_or_else(|| format!("the demo needs the city {}", data.code))?;
        town::seed(app, data, &city).await?;
    }
    tracing::info!(towns = TOWNS.len(), people = everybody().count(), "the demo is seeded");
    Ok(())
}

/// The people of the first town with their roles, and a command that signs in.
pub fn how_to_sign_in(address: SocketAddr) -> String {
    let mut lines = Vec::new();
    for town in TOWNS.iter().take(1) {
        lines.extend(
            town.staff
                .iter()
                .map(|(role, person)| line(&format!("{role:?}"), person)),
        );
        lines.extend(
            town.companies
                .iter()
                .map(|company| line("Signatory", &company.signatory)),
        );
        lines.extend(town.residents.iter().map(|resident| line("Resident", resident)));
    }
    let resident = TOWNS.first().and_then(|town| town.residents.first());
    let email = resident.map(email).unwrap_or_default();
    format!(
        "\nPeople, all with the password \"{PASSWORD}\":\n\n{}\
         \nSign in; the token goes into the header \"Authorization: Bearer …\":\n\n  \
         curl http://{address}/graphql -H 'Content-Type: application/json' \\\n    \
         -d '{{\"documentId\":\"anyone/signIn\",\"variables\":{{\"input\":\
         {{\"email\":\"{email}\",\"password\":\"{PASSWORD}\"}}}}}}'\n",
        lines.concat()
    )
}

fn line(role: &str, person: &Person) -> String {
    format!("  {role:<18}{}\n", email(person))
}
