//! A place on the waiting list of a programme whose budget is used up (E8).

use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{BudgetId, Cents, CityId, PersonId, ProgrammeId, VoucherApplicationId};
use sea_orm::entity::prelude::*;

use super::decision::Circumstances;
use super::ruling::Ruling;
use super::{Refusal, may_decide};

/// The highest priority.
pub(crate) const MOST_URGENT: i32 = 9;

/// The place of an application on the waiting list of its programme, with what would be granted. It goes away when the
/// application leaves the list.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_waiting")]
pub struct Model {
    /// The application. Ids are in the order in which applications were sent, so they also put equals in order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: VoucherApplicationId,
    /// The city.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// For whom the voucher is meant.
    pub resident_id: PersonId,
    /// From 0 to 9, the most urgent; those of the same priority come in the order in which they were sent.
    pub priority: i32,
    /// Why it has this priority.
    pub priority_grounds: String,
    /// What is to be granted, in cents; while it is offered, what is set aside.
    pub cents: Cents,
    /// What the value rule reads, as the officer has assessed it.
    pub circumstances: Circumstances,
    /// On what grounds rules are taken as met about which nothing is recorded.
    pub confirmed: Option<String>,
    /// Why it is to be granted.
    pub grounds: String,
    /// The rules applied.
    pub rules_applied: String,
    /// Who tells more.
    pub contact: String,
    /// The officer who decided that it is to be granted.
    pub decided_by: PersonId,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// From which budget money is set aside; none while nothing is offered.
    pub budget_id: Option<BudgetId>,
    /// The last civil day on which the resident may accept; none while nothing is offered.
    pub offered_until: Option<NaiveDate>,
}

/// A place refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Money that is set aside for an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The application.
    pub application: VoucherApplicationId,
    /// The budget it comes from.
    pub budget: BudgetId,
    /// How much, in cents.
    pub cents: Cents,
}

impl Model {
    /// What is set aside for it, while it is offered.
    pub fn set_aside(&self) -> Option<SetAside> {
        self.budget_id.map(|budget| SetAside {
            application: self.application_id,
            budget,
            cents: self.cents,
        })
    }

    /// What the decision will say.
    pub fn ruling(&self) -> Ruling {
        Ruling {
            grounds: self.grounds.clone(),
            rules_applied: self.rules_applied.clone(),
            contact: self.contact.clone(),
        }
    }

    /// The place with an offer of the civil day `today`, which can be accepted for `days` days.
    pub fn offered(self, budget: BudgetId, today: NaiveDate, days: i32) -> Self {
        let days = Days::new(u64::try_from(days).unwrap_or_default());
        Self {
            budget_id: Some(budget),
            offered_until: Some(today.checked_add_days(days).unwrap_or(today)),
            ..self
        }
    }

    /// True when the time to accept is over on the civil day `today`.
    pub fn is_over(&self, today: NaiveDate) -> bool {
        self.offered_until.is_some_and(|last| last < today)
    }

    /// Decides whether the resident may accept on the civil day `today` what `officer` has decided; `near` tells whether
    /// that officer stands near to her.
    pub fn accept(&self, officer: PersonId, near: bool, today: NaiveDate) -> Result<(), Refusal> {
        if self.decided_by != officer {
            return Err(Refusal::Stale);
        }
        may_decide(near)?;
        if self.is_over(today) {
            return Err(Refusal::TooLate);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    #[test]
    fn an_offer_ends_with_a_civil_day() {
        let (id, day) = (Uuid::from_u128, |text: &str| text.parse::<NaiveDate>().unwrap());
        let officer = PersonId::from_uuid(id(5));
        let waiting = Model {
            application_id: VoucherApplicationId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            resident_id: PersonId::from_uuid(id(4)),
            priority: 0,
            priority_grounds: "Ei kiirettä.".into(),
            cents: Cents(10_000),
            circumstances: Circumstances::default(),
            confirmed: None,
            grounds: "Ikä".into(),
            rules_applied: "569/2009".into(),
            contact: "Neuvonta".into(),
            decided_by: officer,
            decided_at: DateTime::UNIX_EPOCH,
            budget_id: None,
            offered_until: None,
        };
        assert_eq!((waiting.set_aside(), waiting.is_over(day("2030-01-01"))), (None, false));
        let offered = waiting.offered(BudgetId::from_uuid(id(6)), day("2027-01-11"), 14);
        assert_eq!(offered.set_aside().map(|aside| aside.cents), Some(Cents(10_000)));
        assert!(!offered.is_over(day("2027-01-25")) && offered.is_over(day("2027-01-26")));
        assert_eq!(offered.accept(officer, false, day("2027-01-25")), Ok(()));
        assert_eq!(offered.accept(officer, false, day("2027-01-26")), Err(Refusal::TooLate));
        assert_eq!(offered.accept(officer, true, day("2027-01-25")), Err(Refusal::FourEyes));
        let another = PersonId::from_uuid(id(9));
        assert_eq!(offered.accept(another, false, day("2027-01-25")), Err(Refusal::Stale));
    }
}
