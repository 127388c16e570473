//! Takes in what the population register says: when an officer records a code, and every night.

use std::collections::{HashMap, HashSet};

use audit::Act;
use chrono::NaiveDate;
use db::Tx;
use kernel::{Actor, CityId, PersonId};

use crate::code_keys::Sealed;
use crate::events::HomeMoved;
use crate::model::home::{Model as Home, Origin, Step};
use crate::model::personal_code::{self, PersonalCode};
use crate::model::population_record;
use crate::model::relation::{Kind, Matters, Model as Relation};
use crate::population_register::Entry;
use crate::records::{adult_from, known_or_new, refuse_minor};
use crate::{CodeKeys, Error, Identity, Person, store};

/// The job that reads the population register anew.
pub const REFRESH: &str = "identity.refresh";

/// The grounds of guardianships that come from the register.
const GROUNDS: &str = "Väestötietojärjestelmä";

impl Identity {
    /// Handles [`REFRESH`]: takes in the register's present word on everybody whose code is recorded. Whom it does not
    /// know any more stays as she is. Safe to run twice and at once: each person has a transaction of her own and is
    /// compared under her lock, and one who cannot be taken in does not keep the others.
    pub async fn run_refresh(&self) -> Result<(), Error> {
        let (Some(_), Ok(keys)) = (&self.register, self.code_keys()) else {
            return Ok(());
        };
        let (mut after, mut failed) = (None, None);
        loop {
            let page = store::population::codes_after(self.db.read(), after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.person_id);
            let mut known = Vec::new();
            for row in page {
                match opened(keys, &row) {
                    Ok(code) => known.push((row, code)),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            let codes = known.iter().map(|(_, code)| code.reveal().to_owned()).collect();
            let families = self.families(codes).await?;
            for (row, code) in known {
                if let Err(error) = self.refresh_one(keys, &row, &code, &families).await {
                    tracing::warn!(person = %row.person_id, %error, "the register's word was not taken in");
                    failed = failed.or(Some(error));
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn refresh_one(
        &self,
        keys: &CodeKeys,
        row: &personal_code::Model,
        code: &PersonalCode,
        families: &Families,
    ) -> Result<(), Error> {
        if !families.0.contains_key(code.reveal()) {
            tracing::warn!(person = %row.person_id, "the population register does not know this person");
            return Ok(());
        }
        let actor = Actor::system(REFRESH);
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_person_for_update(tx, row.person_id).await?;
                let person = found.ok_or(Error::NotFound)?;
                let taking = TakingIn {
                    actor: &actor,
                    keys,
                    by: (row.city_id, row.recorded_by),
                };
                taking.with_children(tx, person, code, families).await?;
                Ok(())
            })
            .await
    }

    /// What the register says of persons and of their children, asked for before any transaction; nothing where there is
    /// no register.
    pub(crate) async fn families(&self, codes: Vec<String>) -> Result<Families, Error> {
        let mut found = self.look_up(codes.into_iter().collect()).await?;
        let of_all = found.values().flat_map(|entry| &entry.dependants);
        let children = of_all.filter(|code| !found.contains_key(*code)).cloned().collect();
        found.extend(self.look_up(children).await?);
        Ok(Families(found))
    }

    async fn look_up(&self, codes: HashSet<String>) -> Result<HashMap<String, Entry>, Error> {
        let Some(register) = self.register.clone().filter(|_| !codes.is_empty()) else {
            return Ok(HashMap::new());
        };
        let reading = tokio::task::spawn_blocking(move || register.find(&codes));
        Ok(reading.await.map_err(std::io::Error::other)??)
    }
}

fn opened(keys: &CodeKeys, row: &personal_code::Model) -> Result<PersonalCode, Error> {
    let sealed = Sealed {
        key_id: row.key_id.clone(),
        text: row.sealed.clone(),
    };
    keys.open(row.person_id, &sealed)
}

/// What the register says of some persons and their children, by code.
pub(crate) struct Families(HashMap<String, Entry>);

/// By whom and for which city the register's word is taken in.
pub(crate) struct TakingIn<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) keys: &'a CodeKeys,
    /// The city that recorded the person, and its officer.
    pub(crate) by: (CityId, PersonId),
}

impl TakingIn<'_> {
    /// Takes in what the register says of a locked person and of the children whose guardian she is, who become known by
    /// this. Only the child's own entry says who its guardians are.
    pub(crate) async fn with_children(
        &self,
        tx: &Tx,
        person: Person,
        code: &PersonalCode,
        families: &Families,
    ) -> Result<Person, Error> {
        let Some(entry) = families.0.get(code.reveal()) else {
            return Ok(person);
        };
        let person = self.take_in(tx, person, code.born(), entry).await?;
        for dependant in &entry.dependants {
            let listed = families
                .0
                .get(dependant)
                .filter(|child| child.guardians.iter().any(|it| it == code.reveal()));
            let (Some(child), Ok(child_code)) = (listed, self.keys.code(dependant)) else {
                continue;
            };
            if adult_from(child_code.born()).is_none_or(|from| from <= tx.now()) {
                continue;
            }
            let names = (child.names(), child.lang());
            let id = known_or_new(tx, self.keys, self.by, &child_code, names).await?;
            let locked = store::find_person_for_update(tx, id).await?.ok_or(Error::NotFound)?;
            self.take_in(tx, locked, child_code.born(), child).await?;
        }
        Ok(person)
    }

    async fn take_in(&self, tx: &Tx, person: Person, born: NaiveDate, entry: &Entry) -> Result<Person, Error> {
        let registered = person.registered(entry.names(), entry.lang(), entry.non_disclosure);
        let person = if registered == person {
            person
        } else {
            audit::record(tx, self.actor, self.act("registerPerson", person.id, person.id)).await?;
            store::update_person(tx, registered).await?
        };
        if let Some((municipality, since)) = entry.home()
            && settle_home(tx, person.id, municipality, since, None).await?
        {
            audit::record(tx, self.actor, self.act("registerHome", person.id, person.id)).await?;
        }
        self.record(tx, person.id, entry).await?;
        if adult_from(born).is_some_and(|from| tx.now() < from) {
            self.guardians(tx, &person, born, entry).await?;
        }
        Ok(person)
    }

    /// Household and death; whoever has died neither acts nor is acted for.
    async fn record(&self, tx: &Tx, person: PersonId, entry: &Entry) -> Result<(), Error> {
        let known = store::population::record(tx.conn(), person).await?;
        let word = (entry.household_size, entry.deceased_on);
        if known.map(|known| (known.household_size, known.deceased_on)) != Some(word) {
            let record = population_record::Model {
                person_id: person,
                household_size: entry.household_size,
                deceased_on: entry.deceased_on,
                read_at: tx.now(),
            };
            store::population::put_record(tx, record).await?;
            audit::record(tx, self.actor, self.act("registerRecord", person, person)).await?;
        }
        if entry.deceased_on.is_none() {
            return Ok(());
        }
        for right in store::relations::open_of_for_update(tx, person).await? {
            if let Some(ended) = right.end_by_register(tx.now()) {
                self.end(tx, &ended).await?;
            }
        }
        Ok(())
    }

    /// Brings the guardians of a locked child to what the register lists, as far as they are known to the service.
    async fn guardians(&self, tx: &Tx, child: &Person, born: NaiveDate, entry: &Entry) -> Result<(), Error> {
        let mut listed = Vec::new();
        for code in &entry.guardians {
            let Ok(code) = self.keys.code(code) else { continue };
            let known = store::relations::find_by_lookup(tx.conn(), &self.keys.lookup(&code)?).await?;
            listed.extend(known.map(|known| known.person_id));
        }
        let known = store::relations::guardianships(tx, child.id).await?;
        let (ended, added) = Relation::follow(known, &listed, tx.now());
        for right in &ended {
            self.end(tx, right).await?;
        }
        for holder in added {
            let record = store::population::record(tx.conn(), holder).await?;
            let lives = record.is_none_or(|record| record.deceased_on.is_none());
            if holder == child.id || !lives {
                continue;
            }
            match refuse_minor(tx, holder).await {
                Ok(()) => self.add(tx, child.id, holder, born).await?,
                Err(Error::WrongAge) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn add(&self, tx: &Tx, child: PersonId, holder: PersonId, born: NaiveDate) -> Result<(), Error> {
        let (city, officer) = self.by;
        let relation = Relation {
            id: tx.new_id(),
            kind: Kind::Guardian,
            holder_id: holder,
            principal_id: child,
            theme: Matters::All,
            valid_from: tx.now(),
            valid_until: adult_from(born),
            city_id: Some(city),
            granted_by: officer,
            grounds: Some(GROUNDS.to_owned()),
            revoked_at: None,
            revoked_by: None,
            from_register: true,
            ended_by_register: false,
            created_at: tx.now(),
            version: 1,
        };
        let act = self.act("registerGuardianship", relation.id, child);
        store::relations::insert(tx, relation).await?;
        Ok(audit::record(tx, self.actor, act).await?)
    }

    async fn end(&self, tx: &Tx, ended: &Relation) -> Result<(), Error> {
        store::relations::set_ended(tx, ended).await?;
        let act = self.act("endRegisteredRelation", ended.id, ended.principal_id);
        Ok(audit::record(tx, self.actor, act).await?)
    }

    fn act(&self, action: &'static str, subject: impl std::fmt::Display, about: PersonId) -> Act {
        Act::new(action, subject).in_city(self.by.0).about(about)
    }
}

/// Records that a locked person lives in `municipality` since `since`, by an `officer` or by the register; tells it to
/// others when she has left one. False when it was known.
pub(crate) async fn settle_home(
    tx: &Tx,
    person: PersonId,
    municipality: &str,
    since: NaiveDate,
    officer: Option<(CityId, PersonId)>,
) -> Result<bool, Error> {
    let homes = store::population::homes(tx.conn(), person).await?;
    let present = homes.iter().find(|home| home.until_day.is_none());
    let new = Home {
        person_id: person,
        from_day: since,
        until_day: None,
        municipality: municipality.to_owned(),
        origin: officer.map_or(Origin::Register, |_| Origin::Officer),
        recorded_by: officer.map(|(_, officer)| officer),
        recorded_at: tx.now(),
    };
    let mut left = present.map(|present| present.municipality.clone());
    let mut first_day = since;
    match (Home::step(present, &new), present) {
        (Step::Nothing, _) => return Ok(false),
        (Step::Confirm, Some(present)) => {
            let before = homes.iter().filter(|home| home.until_day.is_some());
            left = before
                .max_by_key(|home| home.from_day)
                .map(|home| home.municipality.clone());
            first_day = present.from_day;
            let confirmed = Home {
                from_day: present.from_day,
                ..new
            };
            store::population::set_home(tx, confirmed).await?;
        }
        (Step::Correct, Some(present)) => {
            let from_day = present.from_day;
            store::population::set_home(tx, Home { from_day, ..new }).await?;
        }
        (Step::Move(last), Some(present)) => {
            store::population::end_home(tx, present, last).await?;
            store::population::insert_home(tx, new).await?;
        }
        _ => store::population::insert_home(tx, new).await?,
    }
    if let Some(left) = left {
        let moved = HomeMoved {
            person,
            left,
            first_day,
            recorded_by: officer.map(|(city, _)| city),
        };
        jobs::publish(tx, &moved).await?;
    }
    Ok(true)
}
