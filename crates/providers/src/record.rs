use audit::Act;
use db::{Error, Tx};
use kernel::{Actor, CompanyId};

use crate::store;

/// Records an act on what a company has in common for all cities: one row for each city that has to do with it, so
/// that the auditors of all of them see who did it.
pub(crate) async fn for_its_cities(tx: &Tx, actor: &Actor, company: CompanyId, act: Act) -> Result<(), Error> {
    let cities = store::companies::cities(tx, company).await?;
    if cities.is_empty() {
        return audit::record(tx, actor, act).await;
    }
    for city in cities {
        audit::record(tx, actor, act.clone().in_city(city)).await?;
    }
    Ok(())
}
