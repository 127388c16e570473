//! A row of a list: one resident and what became of her grant.

use kernel::{Cents, CityId, ErrorCode, MassGrantId, VoucherId};
use sea_orm::Iterable;
use sea_orm::entity::prelude::*;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It is not its turn yet.
    Waiting,
    /// Its voucher is granted.
    Granted,
    /// No voucher was granted; the code says why.
    Refused,
}

/// One row. The voucher that is granted from it has its UUID, so that it cannot be granted twice.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mass_grant_row")]
pub struct Model {
    /// Its id, and that of its voucher once it is granted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VoucherId,
    /// The city.
    pub city_id: CityId,
    /// The list.
    pub mass_grant_id: MassGrantId,
    /// Its line in the file, the header being the first.
    pub line: i32,
    /// The city's own key of the grant; no two vouchers of a programme share one.
    pub key: String,
    /// The address of the resident, folded.
    pub email: String,
    /// What the voucher may pay in all, in cents, where the value rule values each visit.
    pub amount_cents: Option<Cents>,
    /// What the voucher grants in visits or hours, in thousandths of a visit or in minutes.
    pub quantity: Option<i32>,
    /// The grounds of the decision.
    pub grounds: String,
    /// What became of it.
    pub state: State,
    /// Why it was refused, as an error code.
    pub code: Option<String>,
}

/// A row refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Display for State {
    /// As it is stored.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_value())
    }
}

impl Model {
    /// Why it was refused.
    pub fn refused_with(&self) -> Option<ErrorCode> {
        let name = self.code.as_deref()?;
        ErrorCode::iter().find(|code| code.to_string() == name)
    }

    /// The voucher that was granted from it.
    pub fn voucher(&self) -> Option<VoucherId> {
        (self.state == State::Granted).then_some(self.id)
    }
}
