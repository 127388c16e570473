use db::{Error, Tx};
use kernel::{AccountChangeId, CompanyId, PersonId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QuerySelect};

use crate::model::account::{ActiveModel, Column, Entity, Model, State};

/// The changes of companies in whose matters the caller was let look that have not ended; at most one each.
pub(crate) async fn open(conn: &impl ConnectionTrait, companies: &[CompanyId]) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CompanyId.is_in(companies.iter().copied()))
        .filter(Column::State.eq(State::Proposed))
        .all(conn)
        .await?)
}

/// The company of a change; what it leads to is decided by the company.
pub(crate) async fn company_of(tx: &Tx, id: AccountChangeId) -> Result<Option<CompanyId>, Error> {
    Ok(Entity::find_by_id(id)
        .one(tx.conn())
        .await?
        .map(|change| change.company_id))
}

/// A change of a company that the caller has locked.
pub(crate) async fn lock(tx: &Tx, company: CompanyId, id: AccountChangeId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CompanyId.eq(company))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Ends a change of a company that the caller has locked.
pub(crate) async fn end(tx: &Tx, change: &Model, state: State, by: Option<PersonId>) -> Result<Model, Error> {
    let ended = ActiveModel {
        id: Unchanged(change.id),
        state: Set(state),
        ended_by: Set(by),
        ended_at: Set(Some(tx.now())),
        version: Set(change.version + 1),
        ..Default::default()
    };
    Ok(ended.update(tx.conn()).await?)
}
