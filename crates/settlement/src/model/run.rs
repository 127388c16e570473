//! A settlement run.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use kernel::{CityId, ErrorCode, FieldError, PersonId, RunId, field};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::payment;

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// One clerk has made it; no money has moved.
    Draft,
    /// Another clerk has confirmed it: its lines never change again, its money lies in clearing.
    Confirmed,
    /// The payment file exists and the bank's answers are awaited.
    Sent,
    /// The bank has decided on every payment and at least one failed; what failed comes with the next run.
    PartlyFailed,
    /// The bank has paid every payment.
    Paid,
    /// It was given up before it was sent; its deliveries come with the next run.
    Cancelled,
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Event {
    /// A clerk gives it up.
    Cancel,
    /// Another clerk confirms it.
    Confirm,
    /// A clerk makes the payment file.
    Send,
    /// The bank has paid every payment.
    AllPaid,
    /// The bank has decided on every payment and rejected or returned at least one.
    SomeFailed,
}

impl State {
    /// The whole life of a run in one table.
    pub fn on(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Draft | Self::Confirmed, Event::Cancel) => Some(Self::Cancelled),
            (Self::Draft, Event::Confirm) => Some(Self::Confirmed),
            (Self::Confirmed, Event::Send) => Some(Self::Sent),
            (Self::Sent, Event::AllPaid) => Some(Self::Paid),
            (Self::Sent | Self::Paid, Event::SomeFailed) => Some(Self::PartlyFailed),
            _ => None,
        }
    }

    /// The states in which companies see their statements.
    pub const PUBLIC: [Self; 4] = [Self::Confirmed, Self::Sent, Self::PartlyFailed, Self::Paid];
}

/// What the states of all payments of a run say about the run; `None` while the bank has not decided on one of them.
pub fn news(payments: &[payment::State]) -> Option<Event> {
    use payment::State as P;
    if payments.iter().any(|state| matches!(state, P::Pending | P::Sent)) {
        return None;
    }
    let all_paid = payments.iter().all(|state| *state == P::Paid);
    Some(if all_paid { Event::AllPaid } else { Event::SomeFailed })
}

/// A settlement run of a city over one month (maksatusajo).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_run")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RunId,
    /// The city that pays.
    pub city_id: CityId,
    /// The first day of the month.
    pub period_from: NaiveDate,
    /// The last day of the month; the run also takes older deliveries that no run has taken.
    pub period_until: NaiveDate,
    /// How far it has come.
    pub state: State,
    /// The clerk who made it.
    pub created_by: PersonId,
    /// The other clerk who confirmed it.
    pub confirmed_by: Option<PersonId>,
    /// Names the payment file towards the bank; never used twice.
    pub message_id: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// Other records refer to a run by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Why a run cannot be changed that way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow it.
    State(State),
    /// Who made it may not confirm it.
    FourEyes,
    /// Somebody changed it since it was read.
    Stale,
}

impl Model {
    /// Decides whether `clerk`, who read version `expected`, may confirm it.
    pub fn confirm(&self, clerk: PersonId, expected: i32) -> Result<State, Refusal> {
        let next = self.after(Event::Confirm, expected)?;
        if self.created_by == clerk {
            return Err(Refusal::FourEyes);
        }
        Ok(next)
    }

    /// Decides whether a clerk who read version `expected` may cancel or send it.
    pub fn after(&self, event: Event, expected: i32) -> Result<State, Refusal> {
        let next = self.state.on(event).ok_or(Refusal::State(self.state))?;
        if self.version == expected {
            Ok(next)
        } else {
            Err(Refusal::Stale)
        }
    }
}

/// A calendar month to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub until: NaiveDate,
}

impl Period {
    /// The month `month` of `year` if it has ended before `today`, a civil day of the city.
    ///
    /// # Errors
    /// `OutOfRange` for a month outside 1 to 12 or a year outside 2000 to 2200, `TooEarly` for the current month and
    /// later ones.
    pub fn finished(year: i32, month: u32, today: NaiveDate) -> Result<Self, FieldError> {
        field::number("month", month, 1, 12)?;
        field::number("year", year, 2000, 2200)?;
        let first = |year, month| NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(NaiveDate::MAX);
        let from = first(year, month);
        if from >= first(today.year(), today.month()) {
            return Err(FieldError::new("month", ErrorCode::TooEarly));
        }
        Ok(Self {
            from,
            until: from + Months::new(1) - Days::new(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn lives_by_its_table() {
        use {Event as E, State as S};
        let allowed = [
            (S::Draft, E::Cancel, S::Cancelled),
            (S::Draft, E::Confirm, S::Confirmed),
            (S::Confirmed, E::Cancel, S::Cancelled),
            (S::Confirmed, E::Send, S::Sent),
            (S::Sent, E::AllPaid, S::Paid),
            (S::Sent, E::SomeFailed, S::PartlyFailed),
            (S::Paid, E::SomeFailed, S::PartlyFailed),
        ];
        for state in S::iter() {
            for event in E::iter() {
                let expected = allowed.iter().find(|(from, on, _)| (*from, *on) == (state, event));
                assert_eq!(state.on(event), expected.map(|(_, _, to)| *to), "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn the_bank_decides_on_all_payments_before_the_run_moves() {
        use payment::State as P;
        assert_eq!(news(&[P::Paid, P::Sent]), None);
        assert_eq!(news(&[P::Rejected, P::Sent]), None);
        assert_eq!(news(&[P::Paid, P::Paid]), Some(Event::AllPaid));
        assert_eq!(news(&[P::Paid, P::Rejected]), Some(Event::SomeFailed));
        assert_eq!(news(&[P::Returned]), Some(Event::SomeFailed));
    }

    #[test]
    fn takes_two_clerks() {
        let person = |n| PersonId::from_uuid(Uuid::from_u128(n));
        let day = NaiveDate::MIN;
        let run = Model {
            id: RunId::from_uuid(Uuid::from_u128(1)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            period_from: day,
            period_until: day,
            state: State::Draft,
            created_by: person(3),
            confirmed_by: None,
            message_id: None,
            created_at: DateTime::UNIX_EPOCH,
            version: 7,
        };
        assert_eq!(run.confirm(person(3), 7), Err(Refusal::FourEyes));
        assert_eq!(run.confirm(person(4), 6), Err(Refusal::Stale));
        assert_eq!(run.confirm(person(4), 7), Ok(State::Confirmed));
        assert_eq!(run.after(Event::Send, 7), Err(Refusal::State(State::Draft)));
    }

    #[test]
    fn settles_finished_months_only() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let code = |year, month| Period::finished(year, month, day("2027-03-01")).unwrap_err().code;
        let february = Period {
            from: day("2027-02-01"),
            until: day("2027-02-28"),
        };
        assert_eq!(Period::finished(2027, 2, day("2027-03-01")), Ok(february));
        assert_eq!(
            Period::finished(2028, 2, day("2028-03-01")).unwrap().until,
            day("2028-02-29")
        );
        assert_eq!(
            Period::finished(2026, 12, day("2027-01-01")).unwrap().until,
            day("2026-12-31")
        );
        assert_eq!(code(2027, 3), ErrorCode::TooEarly);
        assert_eq!(code(2028, 1), ErrorCode::TooEarly);
        assert_eq!(code(2027, 13), ErrorCode::OutOfRange);
        assert_eq!(code(1999, 1), ErrorCode::OutOfRange);
    }
}
