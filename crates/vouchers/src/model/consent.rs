//! That a guardian wants what another guardian has applied for.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use kernel::{PersonId, VoucherApplicationId};
use sea_orm::entity::prelude::*;

/// The consent of a guardian to an application for a child (suostumus, G2).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_consent")]
pub struct Model {
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: VoucherApplicationId,
    /// The guardian.
    #[sea_orm(primary_key, auto_increment = false)]
    pub guardian_id: PersonId,
    /// When.
    pub consented_at: DateTime<Utc>,
}

/// The application is read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Those of a child's `guardians` who have neither sent the application nor consented to it.
pub(crate) fn missing(guardians: &[PersonId], sender: PersonId, consents: &[PersonId]) -> HashSet<PersonId> {
    let wants = |guardian: &PersonId| *guardian == sender || consents.contains(guardian);
    guardians.iter().filter(|guardian| !wants(guardian)).copied().collect()
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    #[test]
    fn every_guardian_counts_who_is_one_now() {
        let person = |number: u128| PersonId::from_uuid(Uuid::from_u128(number));
        let [one, two, child] = [person(1), person(2), person(3)];
        assert_eq!(missing(&[], child, &[]), HashSet::new());
        assert_eq!(missing(&[one], one, &[]), HashSet::new());
        assert_eq!(missing(&[one, two], one, &[]), [two].into());
        assert_eq!(missing(&[one, two], one, &[two]), HashSet::new());
        assert_eq!(
            missing(&[one, two], child, &[two]),
            [one].into(),
            "sent by the minor herself"
        );
        assert_eq!(
            missing(&[two], one, &[]),
            [two].into(),
            "the sender is no guardian any more"
        );
    }
}
