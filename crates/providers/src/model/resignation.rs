//! A company's resignation from a programme.

use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{ApprovalId, CityId, CompanyId, ErrorCode, FieldError, PersonId, ResignationId};
use sea_orm::entity::prelude::*;

use super::Refusal;
use super::approval;

/// How many days before its last one a company says that it stops, so that its clients can look for another (A8).
pub const NOTICE_DAYS: u64 = 30;

/// How far a resignation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The company sells until its last day.
    Notice,
    /// The company stays.
    TakenBack,
    /// The last day has passed.
    Effective,
}

/// A company's word that it stops in a programme after a day. The approval ends on that day from the moment of the
/// notice on, so that nothing later is booked.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resignation")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResignationId,
    /// The city of the programme.
    pub city_id: CityId,
    /// The approval that ends.
    pub approval_id: ApprovalId,
    /// The company that resigns.
    pub company_id: CompanyId,
    /// How far it has come.
    pub state: State,
    /// The last civil day on which the company delivers.
    pub last_day: NaiveDate,
    /// The last day of the approval without the resignation.
    pub until_before: NaiveDate,
    /// Why.
    pub reason: String,
    /// The signatory who gave notice.
    pub given_by: PersonId,
    /// When.
    pub given_at: DateTime<Utc>,
    /// The signatory who took it back.
    pub taken_back_by: Option<PersonId>,
    /// When it was taken back or its last day had passed.
    pub ended_at: Option<DateTime<Utc>>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A resignation refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Checks that `last_day` keeps the notice from the civil day `today` and lies before the approval's own last day.
///
/// # Errors
/// `OutOfRange` on the field `lastDay`.
pub fn last_day(approval: &approval::Model, last_day: NaiveDate, today: NaiveDate) -> Result<NaiveDate, FieldError> {
    let earliest = (today + Days::new(NOTICE_DAYS)).max(approval.valid_from);
    if last_day >= earliest && last_day < approval.valid_until {
        Ok(last_day)
    } else {
        let latest = approval.valid_until.pred_opt().unwrap_or(approval.valid_until);
        Err(FieldError::new("lastDay", ErrorCode::OutOfRange)
            .with("min", earliest)
            .with("max", latest))
    }
}

impl Model {
    /// Decides whether a signatory who read version `expected` may take it back on the civil day `today`: until the end
    /// of its last day.
    ///
    /// # Errors
    /// `State` when it has ended, `TooLate` after the last day, `Stale`.
    pub fn take_back(&self, expected: i32, today: NaiveDate) -> Result<State, Refusal> {
        if self.state != State::Notice {
            Err(Refusal::State)
        } else if today > self.last_day {
            Err(Refusal::TooLate)
        } else if self.version != expected {
            Err(Refusal::Stale)
        } else {
            Ok(State::TakenBack)
        }
    }

    /// Decides whether its last day has passed on `today`.
    pub fn is_due(&self, today: NaiveDate) -> bool {
        self.state == State::Notice && today > self.last_day
    }
}

#[cfg(test)]
mod tests {
    use kernel::{ApplicationId, ProgrammeId, TypedId};

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn approval() -> approval::Model {
        let id = Uuid::from_u128;
        approval::Model {
            id: ApprovalId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            company_id: CompanyId::from_uuid(id(4)),
            application_id: Some(ApplicationId::from_uuid(id(5))),
            relies_on: None,
            state: approval::State::Active,
            valid_from: day("2027-01-01"),
            valid_until: day("2027-12-31"),
            grounds: "Edellytykset täyttyvät.".into(),
            conditions: None,
            area: None,
            municipalities: None,
            failing_since: None,
            decided_by: PersonId::from_uuid(id(6)),
            decided_at: DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    fn resignation(state: State) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: ResignationId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            approval_id: ApprovalId::from_uuid(id(3)),
            company_id: CompanyId::from_uuid(id(4)),
            state,
            last_day: day("2027-04-30"),
            until_before: day("2027-12-31"),
            reason: "Lopetamme.".into(),
            given_by: PersonId::from_uuid(id(5)),
            given_at: DateTime::UNIX_EPOCH,
            taken_back_by: None,
            ended_at: None,
            version: 1,
        }
    }

    #[test]
    fn the_notice_is_thirty_days_and_ends_before_the_approval() {
        let check = |last: &str| last_day(&approval(), day(last), day("2027-03-01")).is_ok();
        assert_eq!(
            ["2027-03-30", "2027-03-31", "2027-12-30", "2027-12-31"].map(check),
            [false, true, true, false]
        );
    }

    #[test]
    fn is_taken_back_until_the_end_of_its_last_day() {
        let notice = resignation(State::Notice);
        assert_eq!(notice.take_back(1, day("2027-04-30")), Ok(State::TakenBack));
        assert_eq!(notice.take_back(1, day("2027-05-01")), Err(Refusal::TooLate));
        assert_eq!(notice.take_back(2, day("2027-04-30")), Err(Refusal::Stale));
        assert!(!notice.is_due(day("2027-04-30")) && notice.is_due(day("2027-05-01")));
        for ended in [State::TakenBack, State::Effective] {
            assert_eq!(resignation(ended).take_back(1, day("2027-04-30")), Err(Refusal::State));
            assert!(!resignation(ended).is_due(day("2027-05-01")));
        }
    }
}
