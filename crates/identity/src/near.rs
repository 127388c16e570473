//! Who stands near to whom. Nobody decides on what is that of a person for whom she may act, or who may act for her: where
//! two persons are needed, those near count as one.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use db::{Error, Tx};
use kernel::PersonId;
use sea_orm::ConnectionTrait;

use crate::store;

/// True when they are one person, or one of the two may act for the other now by whatever right. For use cases inside
/// their transaction: one statement.
pub async fn is_near(tx: &Tx, one: PersonId, other: PersonId) -> Result<bool, Error> {
    Ok(one == other || !near_any(tx, &[one], &[other]).await?.is_empty())
}

/// The guardians at `now` of up to 500 persons, as guardian and child (G2).
pub async fn guardians_of(
    conn: &impl ConnectionTrait,
    children: &[PersonId],
    now: DateTime<Utc>,
) -> Result<Vec<(PersonId, PersonId)>, Error> {
    store::relations::guardians_of(conn, children, now).await
}

/// Those of `others` who stand near to one of `persons`, in a statement for each 500 of them.
pub async fn near_any(tx: &Tx, persons: &[PersonId], others: &[PersonId]) -> Result<HashSet<PersonId>, Error> {
    let pairs = store::relations::in_force_between(tx, persons, others).await?;
    let both_sides = pairs.into_iter().flat_map(|(holder, principal)| {
        let holds = persons.contains(&holder).then_some(principal);
        let is_held = persons.contains(&principal).then_some(holder);
        holds.into_iter().chain(is_held)
    });
    let themselves = others.iter().filter(|other| persons.contains(other)).copied();
    Ok(both_sides.chain(themselves).collect())
}
