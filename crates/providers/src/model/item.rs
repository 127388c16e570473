//! One line of the checklist of an application.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{ApplicationId, CityId, ErrorCode, FieldError, PersonId};
use sea_orm::ActiveEnum;
use sea_orm::entity::prelude::*;

use super::Refusal;
use super::approval::Lines;
use super::requirement::{Proof, Requirement};
use crate::company_register::Entry;

/// What the city thinks of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// It has not been looked at since the company completed it.
    Open,
    /// The requirement is met.
    Accepted,
    /// It is not met.
    Refused,
}

/// One requirement of an application. It stays with the approval that follows, because insurances and permits are
/// renewed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_application_item")]
pub struct Model {
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: ApplicationId,
    /// What is asked for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub requirement: Requirement,
    /// The city that decides.
    pub city_id: CityId,
    /// How it is proved.
    pub proof: Proof,
    /// The document or reference that the company names; never of what is shown only.
    pub evidence: Option<String>,
    /// The last civil day on which it holds; none when it has no end.
    pub valid_until: Option<NaiveDate>,
    /// Who in the company completed it.
    pub provided_by: Option<PersonId>,
    /// When.
    pub provided_at: Option<DateTime<Utc>>,
    /// What the city thinks of it.
    pub verdict: Verdict,
    /// Why.
    pub note: Option<String>,
    /// The approver who judged it; none while it is open and for what the register said.
    pub judged_by: Option<PersonId>,
    /// When.
    pub judged_at: Option<DateTime<Utc>>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A line refers to application, city and persons by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether the company may complete it, having read version `expected`: what the register says is not for
    /// the company to say.
    pub fn provide(&self, expected: i32, evidence: Option<&str>) -> Result<(), Refused> {
        if self.proof == Proof::Computed {
            return Err(Refusal::State.into());
        }
        if self.version != expected {
            return Err(Refusal::Stale.into());
        }
        match (self.requirement.is_shown_only(), self.proof, evidence) {
            (true, _, Some(_)) => Err(FieldError::new("evidence", ErrorCode::NotToBeStored).into()),
            (false, Proof::Evidenced, None) => Err(FieldError::new("evidence", ErrorCode::Required).into()),
            _ => Ok(()),
        }
    }

    /// Decides whether an approver may judge it, having read version `expected`, with this note: the company has to
    /// have completed it, a refusal says why, and of what is shown only nothing is written down.
    pub fn judge(&self, expected: i32, verdict: Verdict, note: Option<&str>) -> Result<(), Refused> {
        if self.version != expected {
            return Err(Refusal::Stale.into());
        }
        // What the register says is not for people to judge; that an extract was not good enough would say what it held.
        let of_register = self.proof == Proof::Computed;
        let of_extract = self.requirement.is_shown_only() && verdict == Verdict::Refused;
        let unseen = self.provided_at.is_none() && verdict == Verdict::Accepted;
        if of_register || of_extract || unseen {
            return Err(Refusal::State.into());
        }
        match (self.requirement.is_shown_only(), verdict, note) {
            (true, _, Some(_)) => Err(FieldError::new("note", ErrorCode::NotToBeStored).into()),
            (false, Verdict::Refused, None) => Err(FieldError::new("note", ErrorCode::Required).into()),
            _ => Ok(()),
        }
    }

    /// The line as the register has it now, when that differs; only of what the register proves.
    pub fn by_register(&self, entry: &Entry, now: DateTime<Utc>) -> Option<Self> {
        let met = entry
            .meets(self.requirement)
            .filter(|_| self.proof == Proof::Computed)?;
        let verdict = if met { Verdict::Accepted } else { Verdict::Refused };
        (self.verdict != verdict).then(|| Self {
            verdict,
            note: None,
            judged_by: None,
            judged_at: Some(now),
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// True when it was refused or its last day lies before the civil day `day`. What the company has renewed and the
    /// city has not looked at yet does not fail.
    pub fn fails(&self, day: NaiveDate) -> bool {
        self.verdict == Verdict::Refused || self.valid_until.is_some_and(|last| last < day)
    }

    /// How a whole checklist stands on the civil day `day`.
    pub fn lines(checklist: &[Self], day: NaiveDate) -> Lines {
        if checklist.iter().any(|item| item.fails(day)) {
            Lines::Failing
        } else if checklist.iter().all(|item| item.holds(day)) {
            Lines::Holding
        } else {
            Lines::Waiting
        }
    }

    /// Of which of [`REMINDERS`] it is time on the civil day `day`: the nearest to the end that has come.
    pub fn reminder(&self, day: NaiveDate) -> Option<i64> {
        reminder(self.valid_until?, day)
    }

    /// True when the city has accepted it and it holds on the civil day `day`.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.verdict == Verdict::Accepted && self.valid_until.is_none_or(|last| day <= last)
    }
}

/// How many days before the end of a document the company is reminded of it (A12).
pub const REMINDERS: [i64; 3] = [60, 30, 7];

/// Of which of [`REMINDERS`] before `until` it is time on the civil day `day`: the nearest to the end that has come.
pub(crate) fn reminder(until: NaiveDate, day: NaiveDate) -> Option<i64> {
    let left = until.signed_duration_since(day).num_days();
    REMINDERS.into_iter().filter(|days| (0..=*days).contains(&left)).min()
}

/// Why a line cannot be completed or judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The record does not allow it.
    Record(Refusal),
    /// A field of the input does not fit it.
    Field(FieldError),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Record(refusal)
    }
}

impl From<FieldError> for Refused {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

/// Checks that every line holds on the civil day `today`; otherwise the names of those that do not, as clients spell
/// them.
///
/// # Errors
/// The names.
pub fn all_accepted(checklist: &[Model], today: NaiveDate) -> Result<(), String> {
    let open: Vec<_> = checklist
        .iter()
        .filter(|item| !item.holds(today))
        .map(|item| item.requirement.to_value())
        .collect();
    if open.is_empty() { Ok(()) } else { Err(open.join(", ")) }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn item(requirement: Requirement, proof: Proof) -> Model {
        Model {
            application_id: ApplicationId::from_uuid(Uuid::from_u128(1)),
            requirement,
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            proof,
            evidence: None,
            valid_until: None,
            provided_by: None,
            provided_at: None,
            verdict: Verdict::Open,
            note: None,
            judged_by: None,
            judged_at: None,
            version: 3,
        }
    }

    fn code(result: Result<(), Refused>) -> Option<ErrorCode> {
        match result {
            Err(Refused::Field(error)) => Some(error.code),
            _ => None,
        }
    }

    #[test]
    fn each_kind_of_proof_is_completed_in_its_way() {
        let insurance = item(Requirement::LiabilityInsurance, Proof::Evidenced);
        assert_eq!(code(insurance.provide(3, None)), Some(ErrorCode::Required));
        assert_eq!(insurance.provide(3, Some("Vakuutus 1")), Ok(()));
        assert_eq!(insurance.provide(2, Some("Vakuutus 1")), Err(Refusal::Stale.into()));
        assert_eq!(item(Requirement::TaxDebt, Proof::Attested).provide(3, None), Ok(()));
        let computed = item(Requirement::VatRegister, Proof::Computed);
        assert_eq!(computed.provide(3, None), Err(Refusal::State.into()));
    }

    #[test]
    fn nothing_of_a_criminal_record_is_written_down() {
        for proof in [Proof::Attested, Proof::Evidenced] {
            let mut record = item(Requirement::CriminalRecord, proof);
            assert_eq!(code(record.provide(3, Some("Ote"))), Some(ErrorCode::NotToBeStored));
            assert_eq!(record.provide(3, None), Ok(()));
            record.provided_at = Some(DateTime::UNIX_EPOCH);
            let judged = record.judge(3, Verdict::Accepted, Some("Ei merkintöjä"));
            assert_eq!(code(judged), Some(ErrorCode::NotToBeStored));
            assert_eq!(record.judge(3, Verdict::Accepted, None), Ok(()));
            assert_eq!(record.judge(3, Verdict::Refused, None), Err(Refusal::State.into()));
        }
    }

    #[test]
    fn is_accepted_once_it_is_completed_and_refused_with_a_reason() {
        let mut permit = item(Requirement::SectorPermit, Proof::Evidenced);
        assert_eq!(permit.judge(3, Verdict::Accepted, None), Err(Refusal::State.into()));
        assert_eq!(code(permit.judge(3, Verdict::Refused, None)), Some(ErrorCode::Required));
        permit.provided_at = Some(DateTime::UNIX_EPOCH);
        assert_eq!(permit.judge(3, Verdict::Accepted, None), Ok(()));
        assert_eq!(permit.judge(2, Verdict::Accepted, None), Err(Refusal::Stale.into()));
    }

    #[test]
    fn is_reminded_of_at_sixty_thirty_and_seven_days() {
        let mut permit = item(Requirement::SectorPermit, Proof::Evidenced);
        assert_eq!(permit.reminder(day("2027-03-01")), None);
        permit.valid_until = Some(day("2027-04-30"));
        for (on, days) in [
            ("2027-02-28", None),
            ("2027-03-01", Some(60)),
            ("2027-03-30", Some(60)),
            ("2027-03-31", Some(30)),
            ("2027-04-23", Some(7)),
            ("2027-04-30", Some(7)),
            ("2027-05-01", None),
        ] {
            assert_eq!(permit.reminder(day(on)), days, "{on}");
        }
    }

    #[test]
    fn the_register_judges_what_it_proves() {
        let entry = Entry {
            name: None,
            kind: None,
            prepayment: true,
            vat: false,
            ended: false,
        };
        let verdict = |requirement, proof| {
            let judged = item(requirement, proof).by_register(&entry, DateTime::UNIX_EPOCH);
            judged.map(|item| (item.verdict, item.version))
        };
        let prepayment = verdict(Requirement::PrepaymentRegister, Proof::Computed);
        assert_eq!(prepayment, Some((Verdict::Accepted, 4)));
        let vat = verdict(Requirement::VatRegister, Proof::Computed);
        assert_eq!(vat, Some((Verdict::Refused, 4)));
        assert_eq!(verdict(Requirement::VatRegister, Proof::Attested), None);
        let same = item(Requirement::VatRegister, Proof::Computed).by_register(&entry, DateTime::UNIX_EPOCH);
        assert_eq!(same.unwrap().by_register(&entry, DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn holds_until_its_last_day_once_it_is_accepted() {
        let mut permit = item(Requirement::SectorPermit, Proof::Evidenced);
        permit.valid_until = Some(day("2028-02-29"));
        let open = all_accepted(&[permit.clone()], day("2028-02-29"));
        assert_eq!(open, Err("SECTOR_PERMIT".to_owned()));
        permit.verdict = Verdict::Accepted;
        assert_eq!(all_accepted(&[permit.clone()], day("2028-02-29")), Ok(()));
        assert!(!permit.holds(day("2028-03-01")));
        permit.valid_until = None;
        assert!(permit.holds(day("2100-01-01")));
    }
}
