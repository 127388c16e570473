use db::{Error, Tx};
use kernel::{CompanyId, ProgrammeId, RulebookId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::acceptance::{Column, Entity, Model};
use crate::model::{approval, company};

/// Writes an acceptance; false when the company has accepted the version before.
pub(crate) async fn insert(tx: &Tx, acceptance: Model) -> Result<bool, Error> {
    let written = Entity::insert(acceptance.into_active_model())
        .on_conflict(
            OnConflict::columns([Column::CompanyId, Column::RulebookId])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(written > 0)
}

pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    company: CompanyId,
    rulebook: RulebookId,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id((company, rulebook)).one(conn).await?)
}

/// The acceptances of a company, newest first; at most 100.
pub(crate) async fn of_company(conn: &impl ConnectionTrait, company: CompanyId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CompanyId.eq(company))
        .order_by_desc(Column::RulebookId)
        .limit(100)
        .all(conn)
        .await?)
}

/// The companies with an approval in a programme that may still be used, a chunk above `after`.
pub(crate) async fn committed(
    conn: &impl ConnectionTrait,
    programme: ProgrammeId,
    after: Option<CompanyId>,
) -> Result<Vec<company::Model>, Error> {
    let approved = approval::Entity::find()
        .select_only()
        .column(approval::Column::CompanyId)
        .filter(approval::Column::ProgrammeId.eq(programme))
        .filter(approval::Column::State.is_not_in([approval::State::Revoked, approval::State::Expired]));
    Ok(company::Entity::find()
        .filter(company::Column::Id.in_subquery(sea_orm::QueryTrait::into_query(approved)))
        .filter(sea_orm::Condition::all().add_option(after.map(|after| company::Column::Id.gt(after))))
        .order_by_asc(company::Column::Id)
        .limit(500)
        .all(conn)
        .await?)
}
