//! What a city decides when a company does not keep to its approval (A6).

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{ApprovalId, CityId, CompanyId, HearingId, PersonId, SanctionId};
use programmes::deadlines;
use sea_orm::entity::prelude::*;

use super::Refusal;
use super::approval::{self, Event};

/// A rung of the ladder, the lightest first, and the way down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Step {
    /// The city notes what is wrong (huomautus); nothing of the approval changes.
    Note,
    /// It warns (varoitus); the company sells on.
    Warning,
    /// It stops new bookings; what is booked is delivered.
    BookingsStop,
    /// It suspends the approval.
    Suspension,
    /// It takes the approval away for good.
    Revocation,
    /// It lifts what it has decided before.
    Lift,
}

impl Step {
    /// What it does to the approval; [`approval::State::on`] says from where.
    pub fn event(self) -> Event {
        match self {
            Self::Note => Event::Note,
            Self::Warning => Event::Warn,
            Self::BookingsStop => Event::StopBookings,
            Self::Suspension => Event::Suspend,
            Self::Revocation => Event::Revoke,
            Self::Lift => Event::Reinstate,
        }
    }

    /// True for what burdens the company so that it is heard before (434/2003 34 §).
    pub fn needs_hearing(self) -> bool {
        match self {
            Self::Warning | Self::BookingsStop | Self::Suspension | Self::Revocation => true,
            Self::Note | Self::Lift => false,
        }
    }
}

/// How many days a company has to ask for rectification after it was told (434/2003 49 c §).
pub const APPEAL_DAYS: i32 = 30;

/// The last day on which a company may ask for rectification of a decision of the day `decided`.
pub fn appeal_until(decided: NaiveDate) -> NaiveDate {
    deadlines::appeal_until(decided, APPEAL_DAYS)
}

/// A decision about an approval. It stands for ever: what changes it is another decision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sanction")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SanctionId,
    /// The city that decided.
    pub city_id: CityId,
    /// The approval it is about.
    pub approval_id: ApprovalId,
    /// The company it is addressed to.
    pub company_id: CompanyId,
    /// What was decided.
    pub step: Step,
    /// True for a suspension that could not wait for the hearing (434/2003 34 § 2 mom.); the hearing follows.
    pub urgent: bool,
    /// The hearing before it, or the one that follows an urgent suspension.
    pub hearing_id: Option<HearingId>,
    /// The decision that it lifts because the company asked for rectification.
    pub appealed_id: Option<SanctionId>,
    /// Why.
    pub grounds: String,
    /// The rules that were applied; none for a lift, which burdens nobody.
    pub rules: Option<String>,
    /// The version of the approval that it made or, for a note, found.
    pub approval_version: i32,
    /// Who decided; none where the nightly check has suspended, which a warning and its days to cure come before (A5).
    pub decided_by: Option<PersonId>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// The last day on which the company may ask for rectification.
    pub appeal_until: NaiveDate,
}

/// A decision refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether the company may ask for rectification on the civil day `today`. What favours it is not appealed.
    ///
    /// # Errors
    /// `State` for a lift, `TooLate` after the last day.
    pub fn appeal(&self, today: NaiveDate) -> Result<(), Refusal> {
        if self.step == Step::Lift {
            Err(Refusal::State)
        } else if today > self.appeal_until {
            Err(Refusal::TooLate)
        } else {
            Ok(())
        }
    }

    /// How its approval stands once it is lifted upon an appeal: as it stood `before` the decision. None when that changed
    /// nothing or something has happened to the approval since, which then stands on its own.
    pub fn annulled(&self, approval: &approval::Model, before: approval::State) -> Option<approval::State> {
        let stands = self.step != Step::Note && self.approval_version == approval.version;
        let lifted = stands.then(|| approval.state.on(Event::Annul)).flatten();
        lifted.map(|_| before)
    }
}

#[cfg(test)]
mod tests {
    use approval::State;
    use kernel::{ApplicationId, ProgrammeId, TypedId};
    use sea_orm::Iterable;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn sanction(step: Step) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: SanctionId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            approval_id: ApprovalId::from_uuid(id(3)),
            company_id: CompanyId::from_uuid(id(4)),
            step,
            urgent: false,
            hearing_id: None,
            appealed_id: None,
            grounds: "Syy.".into(),
            rules: Some("569/2009 5 §".into()),
            approval_version: 2,
            decided_by: Some(PersonId::from_uuid(id(5))),
            decided_at: DateTime::UNIX_EPOCH,
            appeal_until: appeal_until(day("2027-03-01")),
        }
    }

    fn approval(state: State, version: i32) -> approval::Model {
        let id = Uuid::from_u128;
        approval::Model {
            id: ApprovalId::from_uuid(id(3)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(6)),
            company_id: CompanyId::from_uuid(id(4)),
            application_id: Some(ApplicationId::from_uuid(id(7))),
            relies_on: None,
            state,
            valid_from: day("2027-01-01"),
            valid_until: day("2027-12-31"),
            grounds: "Edellytykset täyttyvät.".into(),
            conditions: None,
            area: None,
            municipalities: None,
            failing_since: None,
            decided_by: PersonId::from_uuid(id(5)),
            decided_at: DateTime::UNIX_EPOCH,
            version,
        }
    }

    #[test]
    fn every_rung_is_allowed_from_the_states_below_it() {
        use State as S;
        let states = [
            S::Active,
            S::Warned,
            S::BookingsStopped,
            S::Suspended,
            S::Revoked,
            S::Expired,
        ];
        let table = |step: Step| states.map(|state| state.on(step.event()));
        let (warned, stopped) = (Some(S::Warned), Some(S::BookingsStopped));
        let (suspended, gone, well) = (Some(S::Suspended), Some(S::Revoked), Some(S::Active));
        assert_eq!(table(Step::Note), [well, warned, stopped, suspended, None, None]);
        assert_eq!(table(Step::Warning), [warned, warned, None, None, None, None]);
        assert_eq!(table(Step::BookingsStop), [stopped, stopped, None, None, None, None]);
        assert_eq!(
            table(Step::Suspension),
            [suspended, suspended, suspended, None, None, None]
        );
        assert_eq!(table(Step::Revocation), [gone, gone, gone, gone, None, None]);
        assert_eq!(table(Step::Lift), [None, well, well, well, None, None]);
    }

    #[test]
    fn what_burdens_the_company_is_heard_first() {
        let heard: Vec<_> = Step::iter().filter(|step| step.needs_hearing()).collect();
        assert_eq!(
            heard,
            [Step::Warning, Step::BookingsStop, Step::Suspension, Step::Revocation]
        );
    }

    #[test]
    fn is_appealed_for_thirty_days_after_it_was_told() {
        let warning = sanction(Step::Warning);
        // The thirtieth day is a Saturday.
        assert_eq!(warning.appeal_until, day("2027-04-05"));
        assert_eq!(warning.appeal(day("2027-04-05")), Ok(()));
        assert_eq!(warning.appeal(day("2027-04-06")), Err(Refusal::TooLate));
        assert_eq!(sanction(Step::Lift).appeal(day("2027-03-01")), Err(Refusal::State));
    }

    #[test]
    fn an_appeal_undoes_what_nothing_has_followed() {
        let annulled = |step, state, version, before| sanction(step).annulled(&approval(state, version), before);
        let revoked = |version, before| annulled(Step::Revocation, State::Revoked, version, before);
        assert_eq!(revoked(2, State::Active), Some(State::Active));
        assert_eq!(
            revoked(2, State::Suspended),
            Some(State::Suspended),
            "what came before it stands"
        );
        assert_eq!(revoked(3, State::Active), None);
        assert_eq!(
            annulled(Step::Warning, State::Warned, 2, State::Active),
            Some(State::Active)
        );
        assert_eq!(annulled(Step::Warning, State::Suspended, 3, State::Active), None);
        assert_eq!(annulled(Step::Note, State::Warned, 2, State::Active), None);
    }
}
