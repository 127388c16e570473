//! A version of the rulebook of a programme, and the pure decisions on it.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CityId, LocalizedText, PersonId, ProgrammeId, RulebookId};
use sea_orm::entity::prelude::*;

use super::Refusal;

/// How far a version has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// One officer writes it.
    Draft,
    /// Another officer has published it; it never changes.
    Published,
}

/// A version of the rules that providers of a programme commit themselves to (sääntökirja, P2). It is not a contract
/// (rule L11): a company that does not accept it takes no new bookings, and what is booked goes on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rulebook")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RulebookId,
    /// The city.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// 1 for the first published version of the programme, one more for each that follows.
    pub number: Option<i32>,
    /// What holds in every programme of the city.
    pub general: LocalizedText,
    /// What holds in this programme.
    pub service: LocalizedText,
    /// The last civil day on which a company may take new bookings without having accepted it.
    pub accept_by: NaiveDate,
    /// When that day has ended in the city.
    pub binds_at: Option<DateTime<Utc>>,
    /// How far it has come.
    pub state: State,
    /// The officer who wrote the draft or changed it last.
    pub drafted_by: PersonId,
    /// The officer who published it.
    pub published_by: Option<PersonId>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
}

/// A rulebook refers to its programme by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether an officer who read version `expected` may change it: drafts only.
    pub fn change(&self, expected: i32) -> Result<(), Refusal> {
        match self.state {
            State::Draft if self.version == expected => Ok(()),
            State::Draft => Err(Refusal::Stale),
            State::Published => Err(Refusal::RulebookPublished),
        }
    }

    /// Decides whether `officer`, who read version `expected`, may publish it on the civil day `today`: another officer
    /// drafted it, and companies have at least that day to accept it.
    pub fn publish(&self, officer: PersonId, expected: i32, today: NaiveDate) -> Result<(), Refusal> {
        self.change(expected)?;
        if self.drafted_by == officer {
            return Err(Refusal::FourEyes);
        }
        if self.accept_by < today {
            return Err(Refusal::PastDay);
        }
        Ok(())
    }

    /// The number by which a company accepts it; a draft cannot be accepted.
    pub fn accept(&self) -> Option<i32> {
        self.number.filter(|_| self.state == State::Published)
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn person(n: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(n))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn text() -> LocalizedText {
        LocalizedText {
            fi: "Säännöt".into(),
            sv: None,
            en: None,
        }
    }

    fn rulebook(state: State) -> Model {
        Model {
            id: RulebookId::from_uuid(Uuid::from_u128(1)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            programme_id: ProgrammeId::from_uuid(Uuid::from_u128(3)),
            number: (state == State::Published).then_some(2),
            general: text(),
            service: text(),
            accept_by: day("2027-03-31"),
            binds_at: None,
            state,
            drafted_by: person(1),
            published_by: None,
            version: 4,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn another_officer_publishes_what_companies_have_time_to_accept() {
        let draft = rulebook(State::Draft);
        assert_eq!(draft.publish(person(2), 4, day("2027-03-31")), Ok(()));
        assert_eq!(draft.publish(person(1), 4, day("2027-03-31")), Err(Refusal::FourEyes));
        assert_eq!(draft.publish(person(2), 3, day("2027-03-31")), Err(Refusal::Stale));
        assert_eq!(draft.publish(person(2), 4, day("2027-04-01")), Err(Refusal::PastDay));
        let published = rulebook(State::Published);
        assert_eq!(published.change(4), Err(Refusal::RulebookPublished));
        assert_eq!((draft.accept(), published.accept()), (None, Some(2)));
    }
}
