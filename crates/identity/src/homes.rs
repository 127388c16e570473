//! Where persons live, and what officers see of what is recorded.

use audit::Act;
use chrono::{Days, NaiveDate};
use chrono_tz::Europe::Helsinki;
use db::Tx;
use kernel::{Actor, CityId, ErrorCode, FieldError, PersonId, civil_day, field};

use crate::code_keys::Sealed;
use crate::model::home::{Model as Home, is_municipality};
use crate::model::population_record::Model as PopulationRecord;
use crate::model::segment::Model as Segment;
use crate::population::settle_home;
use crate::records::{GROUNDS_CHARS, LAST_DAY, locked_at};
use crate::{Error, Identity, Person, near, policy, store};

/// No home begins before this day, or later than a year ahead.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a day of the calendar");

/// The longest name of a segment, in characters.
pub const SEGMENT_CHARS: usize = 60;

/// A home municipality to record.
#[derive(Clone, Debug)]
pub struct NewHome {
    /// The city that records it.
    pub city: CityId,
    /// The verified address of the person, or the id of one without an account.
    pub resident: String,
    /// The code of the municipality, three digits.
    pub municipality: String,
    /// Her first civil day there.
    pub since: NaiveDate,
    /// Where the officer knows it from, at most 2 000 characters.
    pub grounds: String,
}

/// A segment of a person to record.
#[derive(Clone, Debug)]
pub struct NewSegment {
    /// The city, whose programmes read it.
    pub city: CityId,
    /// The verified address of the person, or the id of one without an account.
    pub resident: String,
    /// The name of the segment, at most 60 characters.
    pub segment: String,
    /// Her first civil day in it.
    pub from: NaiveDate,
    /// Her last civil day in it; until further notice when there is none.
    pub until: Option<NaiveDate>,
    /// On what grounds, at most 2 000 characters.
    pub grounds: String,
}

/// What is recorded of a person, for an officer.
#[derive(Clone, Debug)]
pub struct PersonRecord {
    /// The person.
    pub person: Person,
    /// Her code as `DDMMYY-****`; none where none is recorded.
    pub masked_code: Option<String>,
    /// Her homes, the present one first.
    pub homes: Vec<Home>,
    /// What else the population register said last.
    pub register: Option<PopulationRecord>,
    /// Her segments in the city.
    pub segments: Vec<Segment>,
}

impl Identity {
    /// Records where a person lives; a move is told to the contexts above (T4).
    ///
    /// # Errors
    /// `Field`, `FourEyes` when the officer stands near to her, `AlreadyExists` when it is known.
    pub async fn record_home(&self, actor: &Actor, new: NewHome) -> Result<Person, Error> {
        let officer = policy::RECORD.in_city(actor, new.city)?;
        let grounds = field::text("grounds", &new.grounds, GROUNDS_CHARS)?;
        if !is_municipality(&new.municipality) {
            return Err(FieldError::new("municipality", ErrorCode::InvalidFormat).into());
        }
        self.db
            .write(async |tx: &Tx| {
                let person = locked_resident(tx, &new.resident).await?;
                if near::is_near(tx, officer, person.id).await? {
                    return Err(Error::FourEyes);
                }
                let latest = civil_day(tx.now(), Helsinki) + Days::new(366);
                field::number("since", new.since, FIRST_DAY, latest)?;
                if !settle_home(tx, person.id, &new.municipality, new.since, Some((new.city, officer))).await? {
                    return Err(Error::AlreadyExists);
                }
                store::population::put_in_city(tx, person.id, new.city, officer).await?;
                let act = Act::new("recordHomeMunicipality", person.id).about(person.id);
                audit::record(tx, actor, act.in_city(new.city).because(grounds.clone())).await?;
                Ok(person)
            })
            .await
    }

    /// Records that a person is in a segment of the city for some days (E3). What was recorded of that segment for days
    /// before them stays, for those days and what followed it is replaced: an end is recorded by the last day of a period.
    ///
    /// # Errors
    /// `Field`, `FourEyes` when the officer stands near to her.
    pub async fn record_segment(&self, actor: &Actor, new: NewSegment) -> Result<Person, Error> {
        let officer = policy::RECORD.in_city(actor, new.city)?;
        let grounds = field::text("grounds", &new.grounds, GROUNDS_CHARS)?;
        let name = field::line("segment", &new.segment, SEGMENT_CHARS)?;
        field::number("from", new.from, FIRST_DAY, LAST_DAY)?;
        new.until
            .map(|until| field::number("until", until, new.from, LAST_DAY))
            .transpose()?;
        self.db
            .write(async |tx: &Tx| {
                let person = locked_resident(tx, &new.resident).await?;
                if near::is_near(tx, officer, person.id).await? {
                    return Err(Error::FourEyes);
                }
                let segment = Segment {
                    city_id: new.city,
                    person_id: person.id,
                    segment: name.clone(),
                    from_day: new.from,
                    until_day: new.until,
                    grounds: grounds.clone(),
                    recorded_by: officer,
                    recorded_at: tx.now(),
                };
                store::population::put_segment(tx, segment).await?;
                let act = Act::new("recordSegment", person.id).about(person.id);
                audit::record(tx, actor, act.in_city(new.city).because(grounds.clone())).await?;
                Ok(person)
            })
            .await
    }

    /// The homes of the actor herself, the present one first.
    pub async fn own_homes(&self, actor: &Actor) -> Result<Vec<Home>, Error> {
        let person = actor.signed_in().map_err(kernel::Denied)?;
        Ok(store::population::homes(self.db.read(), person).await?)
    }

    /// What is recorded of a person whom the city has recorded; the look is recorded too. Of whom the city knows no more
    /// than her segments, it sees no more.
    ///
    /// # Errors
    /// `NotFound` for whom the city has not recorded.
    pub async fn person_record(&self, actor: &Actor, city: CityId, resident: &str) -> Result<PersonRecord, Error> {
        policy::RECORD.in_city(actor, city)?;
        let named = self.find_resident(resident).await?.ok_or(Error::NotFound)?;
        let conn = self.db.read();
        let segments = store::population::segments_of(conn, city, &[named.id]).await?;
        let act = Act::new("readPersonRecord", named.id).in_city(city).about(named.id);
        let Some(person) = store::population::find_in_city(conn, city, named.id).await? else {
            if segments.is_empty() {
                return Err(Error::NotFound);
            }
            audit::record_reads(&self.db, actor, &[act]).await?;
            return Ok(PersonRecord {
                person: named,
                masked_code: None,
                homes: Vec::new(),
                register: None,
                segments,
            });
        };
        let masked_code = match store::relations::find_code(conn, person.id).await? {
            Some(row) => {
                let sealed = Sealed {
                    key_id: row.key_id,
                    text: row.sealed,
                };
                Some(self.code_keys()?.open(person.id, &sealed)?.masked())
            }
            None => None,
        };
        let homes = store::population::homes(conn, person.id).await?;
        let register = store::population::record(conn, person.id).await?;
        audit::record_reads(&self.db, actor, &[act]).await?;
        Ok(PersonRecord {
            person,
            masked_code,
            homes,
            register,
            segments,
        })
    }
}

/// The person whom an officer means by her verified address or, when she has no account, by her id.
pub(crate) async fn locked_resident(tx: &Tx, text: &str) -> Result<Person, Error> {
    match text.trim().parse::<PersonId>() {
        Ok(id) => {
            let found = store::find_person_for_update(tx, id).await?;
            let known = found.filter(|person| !person.has_account());
            known.ok_or_else(|| FieldError::new("resident", ErrorCode::NotFound).into())
        }
        Err(_an_address) => locked_at(tx, text, "resident").await,
    }
}
