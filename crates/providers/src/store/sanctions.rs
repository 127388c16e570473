use db::{Error, Tx};
use kernel::{Actor, ApprovalId, CityId, CompanyId, Page, PageRequest, PersonId, SanctionId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::appeal;
use crate::model::sanction::{Column, Entity, Model, Step};
use crate::policy;

/// The decisions an actor may see: those of the cities whose approver she is, and those about her companies.
pub(crate) fn visible(actor: &Actor) -> Condition {
    Condition::any()
        .add(Column::CityId.is_in(policy::REVIEW.cities(actor)))
        .add(Column::CompanyId.is_in(policy::SEE_APPLICATIONS.companies(actor)))
}

/// The decisions of a city; all, or those with a request on which nobody has ruled.
pub(crate) fn of_city(city: CityId, to_rule: bool) -> Condition {
    let open = appeal::Entity::find()
        .select_only()
        .column(appeal::Column::SanctionId)
        .filter(appeal::Column::CityId.eq(city))
        .filter(appeal::Column::State.eq(appeal::State::Open));
    Condition::all()
        .add(Column::CityId.eq(city))
        .add_option(to_rule.then(|| Column::Id.in_subquery(open.into_query())))
}

/// The decisions about a company.
pub(crate) fn of_company(company: CompanyId) -> Condition {
    Condition::all().add(Column::CompanyId.eq(company))
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<SanctionId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[SanctionId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

/// What was decided last about an approval that the caller has locked, notes apart.
pub(crate) async fn last_step(tx: &Tx, approval: ApprovalId) -> Result<Option<Step>, Error> {
    let last = Entity::find()
        .filter(Column::ApprovalId.eq(approval))
        .filter(Column::Step.ne(Step::Note))
        .order_by_desc(Column::ApprovalVersion)
        .one(tx.conn())
        .await?;
    Ok(last.map(|sanction| sanction.step))
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// True when the request went in; false when there is one against this decision.
pub(crate) async fn insert_appeal(tx: &Tx, row: appeal::Model) -> Result<bool, Error> {
    let inserted = appeal::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(appeal::Column::SanctionId).do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// The request against a decision that the caller was let see, locked.
pub(crate) async fn lock_appeal(tx: &Tx, id: SanctionId) -> Result<Option<appeal::Model>, Error> {
    Ok(appeal::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?)
}

pub(crate) async fn set_ruling(
    tx: &Tx,
    appeal: &appeal::Model,
    ruling: appeal::State,
    officer: PersonId,
    grounds: String,
) -> Result<(), Error> {
    let ruled = appeal::ActiveModel {
        sanction_id: Unchanged(appeal.sanction_id),
        state: Set(ruling),
        grounds: Set(Some(grounds)),
        ruled_by: Set(Some(officer)),
        ruled_at: Set(Some(tx.now())),
        version: Set(appeal.version + 1),
        ..Default::default()
    };
    ruled.update(tx.conn()).await?;
    Ok(())
}

/// The requests against those of `sanctions` that lie in the scope.
pub(crate) async fn appeals(
    conn: &impl ConnectionTrait,
    scope: Condition,
    sanctions: &[SanctionId],
) -> Result<Vec<appeal::Model>, Error> {
    let readable = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(sanctions.iter().copied()))
        .filter(scope);
    Ok(appeal::Entity::find()
        .filter(appeal::Column::SanctionId.in_subquery(readable.into_query()))
        .all(conn)
        .await?)
}
