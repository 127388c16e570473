use audit::Act;
use db::{Db, Error, Tx};
use kernel::{Actor, CompanyId};

use crate::store;

/// Records an act on what a company has in common for all cities: one row for each city that has to do with it, so
/// that the auditors of all of them see who did it.
pub(crate) async fn for_its_cities(tx: &Tx, actor: &Actor, company: CompanyId, act: Act) -> Result<(), Error> {
    let cities = store::companies::cities(tx.conn(), company).await?;
    if cities.is_empty() {
        return audit::record(tx, actor, act).await;
    }
    for city in cities {
        audit::record(tx, actor, act.clone().in_city(city)).await?;
    }
    Ok(())
}

/// Records looks at what a company has in common for all cities, once in each of them.
pub(crate) async fn looks_in_its_cities(
    db: &Db,
    actor: &Actor,
    company: CompanyId,
    looks: Vec<Act>,
) -> Result<(), Error> {
    let cities = store::companies::cities(db.read(), company).await?;
    if cities.is_empty() {
        return audit::record_reads(db, actor, &looks).await;
    }
    let of_city = |city| looks.iter().map(move |look| look.clone().in_city(city));
    let looks: Vec<_> = cities.into_iter().flat_map(of_city).collect();
    audit::record_reads(db, actor, &looks).await
}
