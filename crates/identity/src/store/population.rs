//! What the population register and officers say of persons, found by the person whom the caller has found in her scope.

use chrono::NaiveDate;
use db::{Error, Tx};
use kernel::{CityId, PersonId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::segment::GivesWay;
use crate::model::{home, person, person_of_city, personal_code, population_record, segment};

/// The homes of a person, the present one first.
pub(crate) async fn homes(conn: &impl ConnectionTrait, person: PersonId) -> Result<Vec<home::Model>, Error> {
    Ok(home::Entity::find()
        .filter(home::Column::PersonId.eq(person))
        .order_by_desc(home::Column::FromDay)
        .all(conn)
        .await?)
}

pub(crate) async fn insert_home(tx: &Tx, home: home::Model) -> Result<(), Error> {
    home::Entity::insert(home.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Writes a home that began on the same day; the person is locked.
pub(crate) async fn set_home(tx: &Tx, home: home::Model) -> Result<(), Error> {
    let change = home::ActiveModel {
        person_id: Unchanged(home.person_id),
        from_day: Unchanged(home.from_day),
        ..home.into_active_model().reset_all()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn end_home(tx: &Tx, home: &home::Model, last: NaiveDate) -> Result<(), Error> {
    let change = home::ActiveModel {
        person_id: Unchanged(home.person_id),
        from_day: Unchanged(home.from_day),
        until_day: Set(Some(last)),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn record(
    conn: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Option<population_record::Model>, Error> {
    Ok(population_record::Entity::find_by_id(person).one(conn).await?)
}

pub(crate) async fn put_record(tx: &Tx, record: population_record::Model) -> Result<(), Error> {
    use population_record::Column::{DeceasedOn, HouseholdSize, PersonId, ReadAt};
    let newer = OnConflict::column(PersonId)
        .update_columns([HouseholdSize, DeceasedOn, ReadAt])
        .to_owned();
    population_record::Entity::insert(record.into_active_model())
        .on_conflict(newer)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Remembers that a city has recorded a person; once is enough.
pub(crate) async fn put_in_city(tx: &Tx, person: PersonId, city: CityId, officer: PersonId) -> Result<(), Error> {
    let row = person_of_city::Model {
        person_id: person,
        city_id: city,
        recorded_by: officer,
        recorded_at: tx.now(),
    };
    person_of_city::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// A person whom the city has recorded.
pub(crate) async fn find_in_city(
    conn: &impl ConnectionTrait,
    city: CityId,
    id: PersonId,
) -> Result<Option<person::Model>, Error> {
    if person_of_city::Entity::find_by_id((id, city))
        .one(conn)
        .await?
        .is_none()
    {
        return Ok(None);
    }
    super::find_person(conn, id).await
}

/// How many codes are looked up in the register at once: it is read as a whole each time.
const CODES: u64 = 20_000;

/// The recorded codes after a person, some thousands, in the order of persons.
pub(crate) async fn codes_after(
    conn: &impl ConnectionTrait,
    after: Option<PersonId>,
) -> Result<Vec<personal_code::Model>, Error> {
    let all = personal_code::Entity::find().order_by_asc(personal_code::Column::PersonId);
    let rest = match after {
        Some(after) => all.filter(personal_code::Column::PersonId.gt(after)),
        None => all,
    };
    Ok(rest.limit(CODES).all(conn).await?)
}

/// The days of birth of a chunk of persons.
pub(crate) async fn born_of(
    conn: &impl ConnectionTrait,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, NaiveDate)>, Error> {
    Ok(personal_code::Entity::find()
        .select_only()
        .columns([personal_code::Column::PersonId, personal_code::Column::Born])
        .filter(personal_code::Column::PersonId.is_in(persons.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?)
}

/// The homes of a chunk of persons.
pub(crate) async fn homes_of(conn: &impl ConnectionTrait, persons: &[PersonId]) -> Result<Vec<home::Model>, Error> {
    let some = home::Entity::find().filter(home::Column::PersonId.is_in(persons.iter().copied()));
    Ok(some.all(conn).await?)
}

/// What else the register said of a chunk of persons.
pub(crate) async fn records_of(
    conn: &impl ConnectionTrait,
    persons: &[PersonId],
) -> Result<Vec<population_record::Model>, Error> {
    let column = population_record::Column::PersonId;
    let some = population_record::Entity::find().filter(column.is_in(persons.iter().copied()));
    Ok(some.all(conn).await?)
}

/// The segments of a chunk of persons in a city.
pub(crate) async fn segments_of(
    conn: &impl ConnectionTrait,
    city: CityId,
    persons: &[PersonId],
) -> Result<Vec<segment::Model>, Error> {
    Ok(segment::Entity::find()
        .filter(segment::Column::CityId.eq(city))
        .filter(segment::Column::PersonId.is_in(persons.iter().copied()))
        .order_by_asc(segment::Column::Segment)
        .order_by_asc(segment::Column::FromDay)
        .all(conn)
        .await?)
}

/// Records a segment of a locked person; the days that it says nothing of stay as they were recorded.
pub(crate) async fn put_segment(tx: &Tx, new: segment::Model) -> Result<(), Error> {
    use segment::Column::{CityId, FromDay, Grounds, PersonId, RecordedAt, RecordedBy, Segment, UntilDay};
    let recorded = segments_of(tx.conn(), new.city_id, &[new.person_id]).await?;
    for period in recorded.into_iter().filter(|period| period.segment == new.segment) {
        match period.gives_way(&new) {
            GivesWay::No => {}
            GivesWay::Until(last) => {
                let mut shorter = period.into_active_model();
                shorter.until_day = Set(Some(last));
                shorter.update(tx.conn()).await?;
            }
            GivesWay::Whole => {
                period.into_active_model().delete(tx.conn()).await?;
            }
        }
    }
    let newer = OnConflict::columns([PersonId, CityId, Segment, FromDay])
        .update_columns([UntilDay, Grounds, RecordedBy, RecordedAt])
        .to_owned();
    segment::Entity::insert(new.into_active_model())
        .on_conflict(newer)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}
