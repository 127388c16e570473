//! What officers record of persons: personal identity codes, guardians, trustees. Never a person's own word.

use audit::Act;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Helsinki;
use db::Tx;
use kernel::{Actor, CityId, ErrorCode, FieldError, Lang, PersonId, civil_day, field, start_of_day};

use crate::code_keys::Sealed;
use crate::model::personal_code::{self, PersonalCode, comes_of_age};
use crate::model::relation::{Kind, Matters, Model as Relation};
use crate::population::TakingIn;
use crate::{CodeKeys, Error, Identity, Person, near, policy, store};

/// The longest given or family name, in characters.
pub(crate) const NAME_CHARS: usize = 100;

/// The last day of a right that every calendar holds.
pub(crate) const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2200, 12, 31).expect("a day of the calendar");

/// The longest grounds, in characters.
pub(crate) const GROUNDS_CHARS: usize = 2_000;

/// What an officer records of a person with an account.
#[derive(Clone)]
pub struct NewRecord {
    /// The city that records it.
    pub city: CityId,
    /// The verified address of the person.
    pub email: String,
    /// Her personal identity code.
    pub personal_code: String,
    /// True when her contact has to stay with the organiser (turvakielto).
    pub non_disclosure: bool,
    /// True when a contact that was hidden need not be any more: nobody's is shown because somebody leaves the mark out.
    pub lifts_non_disclosure: bool,
    /// Where the officer knows it from, at most 2 000 characters.
    pub grounds: String,
}

/// A guardian or a trustee to record.
#[derive(Clone)]
pub struct NewRelation {
    /// The city that records it.
    pub city: CityId,
    /// The verified address of the guardian or trustee.
    pub holder_email: String,
    /// Given names of the one acted for, used when nobody with the code is known yet.
    pub given_name: String,
    /// Family name, likewise.
    pub family_name: String,
    /// The personal identity code of the one acted for.
    pub personal_code: String,
    /// The language of letters, likewise.
    pub lang: Lang,
    /// The last day of a trustee's task; a guardian's ends when the child comes of age.
    pub until: Option<NaiveDate>,
    /// The grounds, such as the decision of a court, at most 2 000 characters.
    pub grounds: String,
}

impl Identity {
    /// Records the personal identity code of a person with an account, and whether her contact is hidden (G6, X4). Where
    /// the population register knows her, its word counts: her names, home, hidden contact and the children whose
    /// guardian she is.
    ///
    /// # Errors
    /// `Field`, `FourEyes` when the officer stands near to her, `AlreadyExists` when she has another code or the code is another
    /// person's, `Register` when the register cannot be read.
    pub async fn record_code(&self, actor: &Actor, new: NewRecord) -> Result<Person, Error> {
        let officer = policy::RECORD.in_city(actor, new.city)?;
        let keys = self.code_keys()?;
        let code = keys.code(&new.personal_code)?;
        let grounds = field::text("grounds", &new.grounds, GROUNDS_CHARS)?;
        let families = self.families(vec![code.reveal().to_owned()]).await?;
        self.db
            .write(async |tx: &Tx| {
                let person = locked_at(tx, &new.email, "email").await?;
                if near::is_near(tx, officer, person.id).await? {
                    return Err(Error::FourEyes);
                }
                let by = (new.city, officer);
                put_code(tx, keys, by, person.id, &code).await?;
                let recorded = Person {
                    // What one officer has hidden is not shown because another does not know of it.
                    non_disclosure: new.non_disclosure || (person.non_disclosure && !new.lifts_non_disclosure),
                    ..person.clone()
                };
                let recorded = if recorded == person {
                    person
                } else {
                    store::update_person(tx, recorded).await?
                };
                let act = Act::new("recordPersonalCode", recorded.id).about(recorded.id);
                audit::record(tx, actor, act.in_city(new.city).because(grounds.clone())).await?;
                let taking = TakingIn { actor, keys, by };
                taking.with_children(tx, recorded, &code, &families).await
            })
            .await
    }

    /// Records a guardian of a child, which becomes known to the service by this; ends when the child comes of age (G1).
    ///
    /// # Errors
    /// `Field`, `WrongAge` when the one acted for is of age or the guardian is not, `FourEyes` for an officer who
    /// stands near to one of the two, `AlreadyExists` when it is recorded already.
    pub async fn record_guardianship(&self, actor: &Actor, new: NewRelation) -> Result<Relation, Error> {
        self.record_relation(actor, Kind::Guardian, new).await
    }

    /// Records a trustee of an adult, who need not have an account (G4).
    ///
    /// # Errors
    /// As [`Self::record_guardianship`]; `WrongAge` when the one acted for is a minor.
    pub async fn record_trustee(&self, actor: &Actor, new: NewRelation) -> Result<Relation, Error> {
        self.record_relation(actor, Kind::Trustee, new).await
    }

    async fn record_relation(&self, actor: &Actor, kind: Kind, new: NewRelation) -> Result<Relation, Error> {
        let officer = policy::RECORD.in_city(actor, new.city)?;
        let keys = self.code_keys()?;
        let code = keys.code(&new.personal_code)?;
        let grounds = field::text("grounds", &new.grounds, GROUNDS_CHARS)?;
        let names = (
            field::line("givenName", &new.given_name, NAME_CHARS)?,
            field::line("familyName", &new.family_name, NAME_CHARS)?,
        );
        self.db
            .write(async |tx: &Tx| {
                let holder = locked_at(tx, &new.holder_email, "holderEmail").await?;
                let principal = known_or_new(tx, keys, (new.city, officer), &code, (names.clone(), new.lang)).await?;
                let near = near::near_any(tx, &[officer], &[holder.id, principal]).await?;
                if !near.is_empty() || holder.id == principal {
                    return Err(Error::FourEyes);
                }
                let now = tx.now();
                refuse_minor(tx, holder.id).await?;
                let relation = Relation {
                    id: tx.new_id(),
                    kind,
                    holder_id: holder.id,
                    principal_id: principal,
                    theme: Matters::All,
                    valid_from: now,
                    valid_until: end_of(kind, &code, new.until, now)?,
                    city_id: Some(new.city),
                    granted_by: officer,
                    grounds: Some(grounds.clone()),
                    revoked_at: None,
                    revoked_by: None,
                    from_register: false,
                    ended_by_register: false,
                    created_at: now,
                    version: 1,
                };
                add(tx, relation.clone()).await?;
                let action = match kind {
                    Kind::Guardian => "recordGuardianship",
                    Kind::Trustee | Kind::Mandate | Kind::Assisted => "recordTrustee",
                };
                let act = Act::new(action, relation.id).in_city(new.city).about(principal);
                audit::record(tx, actor, act.because(grounds.clone())).await?;
                Ok(relation)
            })
            .await
    }

    /// Seals with the newest key what another one sealed; answers how many. Safe to run twice and at once, for a job of
    /// every night.
    pub async fn seal_codes_anew(&self) -> Result<u64, Error> {
        let Some(keys) = self.code_keys.as_deref() else {
            return Ok(0);
        };
        let (newest, _) = keys.newest()?;
        let mut done = 0;
        loop {
            let rows = store::relations::sealed_otherwise(self.db.read(), newest).await?;
            if rows.is_empty() {
                return Ok(done);
            }
            for row in rows {
                let sealed = Sealed {
                    key_id: row.key_id,
                    text: row.sealed,
                };
                let code = keys.open(row.person_id, &sealed)?;
                let sealed = keys.seal(self.db.ids().bytes(), row.person_id, &code)?;
                self.db
                    .write(async |tx: &Tx| {
                        let (key_id, text) = (sealed.key_id.clone(), sealed.text.clone());
                        Ok::<_, Error>(store::relations::set_sealed(tx, row.person_id, key_id, text).await?)
                    })
                    .await?;
                done += 1;
            }
        }
    }

    pub(crate) fn code_keys(&self) -> Result<&CodeKeys, Error> {
        self.code_keys.as_deref().ok_or(Error::NoCodeKeys)
    }
}

/// Adds a right unless the same one is there for some of the time or one of the two has died. Whoever adds one locks the one acted for first.
pub(crate) async fn add(tx: &Tx, relation: Relation) -> Result<(), Error> {
    store::find_person_for_update(tx, relation.principal_id)
        .await?
        .ok_or(Error::NotFound)?;
    for person in [relation.principal_id, relation.holder_id] {
        let record = store::population::record(tx.conn(), person).await?;
        if record.is_some_and(|record| record.deceased_on.is_some()) {
            return Err(Error::NotFound);
        }
    }
    let open = store::relations::open_of_principal(tx, relation.principal_id).await?;
    if open.iter().any(|other| other.repeats(&relation)) {
        return Err(Error::AlreadyExists);
    }
    Ok(store::relations::insert(tx, relation).await?)
}

/// Refuses persons who are known to be minors. Of whom no code is recorded, the age is not known; an account alone gives
/// no right over anybody.
pub(crate) async fn refuse_minor(tx: &Tx, person: PersonId) -> Result<(), Error> {
    let known = store::relations::find_code(tx.conn(), person).await?;
    let adult_from = known.and_then(|code| adult_from(code.born));
    match adult_from {
        Some(from) if tx.now() < from => Err(Error::WrongAge),
        _ => Ok(()),
    }
}

/// The instant at which somebody comes of age.
pub(crate) fn adult_from(born: NaiveDate) -> Option<DateTime<Utc>> {
    comes_of_age(born).map(|day| start_of_day(day, Helsinki))
}

/// When a recorded right ends; a guardian's only for minors, a trustee's only for adults.
fn end_of(
    kind: Kind,
    code: &PersonalCode,
    until: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Error> {
    let adult_from = adult_from(code.born()).ok_or(Error::WrongAge)?;
    if (kind == Kind::Guardian) != (now < adult_from) {
        return Err(Error::WrongAge);
    }
    if kind == Kind::Guardian {
        return Ok(Some(adult_from));
    }
    let Some(day) = until else { return Ok(None) };
    let last = field::number("until", day, civil_day(now, Helsinki), LAST_DAY)?;
    Ok(last.succ_opt().map(|next| start_of_day(next, Helsinki)))
}

pub(crate) async fn locked_at(tx: &Tx, email: &str, named: &'static str) -> Result<Person, Error> {
    let found = store::find_person_at_for_update(tx, &kernel::fold(email)).await?;
    let verified = found.filter(|person| person.verified_at.is_some());
    verified.ok_or_else(|| FieldError::new(named, ErrorCode::NotFound).into())
}

/// The person whose code it is; makes one without an account when nobody is.
pub(crate) async fn known_or_new(
    tx: &Tx,
    keys: &CodeKeys,
    by: (CityId, PersonId),
    code: &PersonalCode,
    (names, lang): ((String, String), Lang),
) -> Result<PersonId, Error> {
    if let Some(known) = store::relations::find_by_lookup(tx.conn(), &keys.lookup(code)?).await? {
        let (city, officer) = by;
        store::population::put_in_city(tx, known.person_id, city, officer).await?;
        return Ok(known.person_id);
    }
    let person = Person::without_account(tx.new_id(), names, lang, tx.now());
    let id = person.id;
    store::insert_person(tx, person).await?;
    put_code(tx, keys, by, id, code).await?;
    Ok(id)
}

/// Stores the code of a person who was locked or made before; the same code again changes nothing.
async fn put_code(
    tx: &Tx,
    keys: &CodeKeys,
    (city, officer): (CityId, PersonId),
    person: PersonId,
    code: &PersonalCode,
) -> Result<(), Error> {
    let lookup = keys.lookup(code)?;
    let sealed = keys.seal(tx.random(), person, code)?;
    let row = personal_code::Model {
        person_id: person,
        lookup: lookup.clone(),
        key_id: sealed.key_id,
        sealed: sealed.text,
        born: code.born(),
        city_id: city,
        recorded_by: officer,
        recorded_at: tx.now(),
    };
    if !store::relations::insert_code(tx, row).await? {
        let known = store::relations::find_code(tx.conn(), person).await?;
        if known.is_none_or(|known| known.lookup != lookup) {
            return Err(Error::AlreadyExists);
        }
    }
    Ok(store::population::put_in_city(tx, person, city, officer).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guardian_ends_with_childhood_and_a_trustee_is_for_adults() {
        let now = "2027-01-10T10:00:00Z".parse().unwrap();
        let code = |text: &str| PersonalCode::parse(text, true).unwrap();
        let (child, adult) = (code("010516B903X"), code("131052-308T"));
        let end = end_of(Kind::Guardian, &child, None, now).unwrap();
        assert_eq!(end, Some("2034-04-30T21:00:00Z".parse().unwrap()));
        assert!(matches!(
            end_of(Kind::Guardian, &adult, None, now),
            Err(Error::WrongAge)
        ));
        assert!(matches!(end_of(Kind::Trustee, &child, None, now), Err(Error::WrongAge)));
        assert_eq!(end_of(Kind::Trustee, &adult, None, now).unwrap(), None);
        let last_day = Some("2027-01-10".parse().unwrap());
        let end = end_of(Kind::Trustee, &adult, last_day, now).unwrap();
        assert_eq!(end, Some("2027-01-10T22:00:00Z".parse().unwrap()));
        let yesterday = Some("2027-01-09".parse().unwrap());
        assert!(matches!(
            end_of(Kind::Trustee, &adult, yesterday, now),
            Err(Error::Field(_))
        ));
    }
}
