//! Acting for another person: mandates, assisted sessions, and what a request may do by a right.

use audit::Act;
use chrono::{DateTime, Duration, Utc};
use db::Tx;
use kernel::{Actor, CityId, ErrorCode, FieldError, PersonId, RelationId, field};

use crate::model::relation::{Column, Kind, Matters, Model as Relation, check_mandate};
use crate::records::{add, refuse_minor};
use crate::store::relations::Scope;
use crate::{Error, Identity, Person, letters, near, policy, store};

/// The longest assisted session, in minutes (G7).
const ASSISTED_MINUTES: i32 = 60;

/// A mandate to give.
#[derive(Clone, Copy, Debug)]
pub struct NewMandate {
    /// Who shall act; she tells her id herself, so that nobody can ask who has an account.
    pub holder: PersonId,
    /// In which matters.
    pub theme: Matters,
    /// From when on; now when it is none.
    pub from: Option<DateTime<Utc>>,
    /// Until when, not included; at most five years ahead.
    pub until: DateTime<Utc>,
}

/// An assisted session to open.
#[derive(Clone, Debug)]
pub struct NewAssistedSession {
    /// The city whose advisor helps.
    pub city: CityId,
    /// The verified address of the resident.
    pub resident_email: String,
    /// How the resident gave her consent, at most 500 characters.
    pub consent: String,
    /// How long, 1 to 60 minutes.
    pub minutes: i32,
}

impl Identity {
    /// Somebody who acts for another, with the right by which she does. Read anew at every request, so that an end
    /// counts at once.
    ///
    /// # Errors
    /// `Denied` with `Forbidden` when no right is in force, or the other is unknown: which one is not said.
    pub async fn act_for(
        &self,
        holder: PersonId,
        principal: PersonId,
        request_id: String,
    ) -> Result<(Actor, Relation), Error> {
        let now = self.db.clock().now();
        let rights = store::relations::between(self.db.read(), holder, principal).await?;
        let in_force = rights.into_iter().filter(|right| right.in_force(now));
        // Of several the widest; what lasts comes before an assisted session. Two for one matter each are one for both.
        let in_force: Vec<_> = in_force.collect();
        let right = in_force
            .iter()
            .max_by_key(|right| (right.acting().themes.len(), right.kind != Kind::Assisted))
            .ok_or(kernel::Denied(ErrorCode::Forbidden))?;
        let mut acting = right.acting();
        let others = in_force.iter().filter(|right| right.kind != Kind::Assisted);
        if others
            .flat_map(|right| right.theme.themes())
            .any(|theme| !acting.themes.contains(theme))
        {
            acting.themes = Matters::All.themes();
        }
        let actor = Actor::for_another(holder, principal, acting, request_id);
        let right = right.clone();
        Ok((actor, right))
    }

    /// For whom the actor may act now.
    pub async fn rights_held(&self, actor: &Actor) -> Result<Vec<Relation>, Error> {
        let holder = actor.signed_in().map_err(kernel::Denied)?;
        let now = self.db.clock().now();
        Ok(store::relations::in_force(self.db.read(), Column::HolderId, holder, now).await?)
    }

    /// Who may act for the actor now.
    pub async fn rights_given(&self, actor: &Actor) -> Result<Vec<Relation>, Error> {
        let principal = actor.signed_in().map_err(kernel::Denied)?;
        let now = self.db.clock().now();
        Ok(store::relations::in_force(self.db.read(), Column::PrincipalId, principal, now).await?)
    }

    /// Gives another person a mandate (G3).
    ///
    /// # Errors
    /// `Field`, with `NotFound` for a person without an account; `FourEyes` for oneself, `WrongAge` when one of the two
    /// is known to be a minor, `AlreadyExists` when it is given already for some of the time.
    pub async fn give_mandate(&self, actor: &Actor, new: NewMandate) -> Result<Relation, Error> {
        let giver = policy::OWN.signed_in(actor)?;
        if new.holder == giver {
            return Err(Error::FourEyes);
        }
        self.db
            .write(async |tx: &Tx| {
                let now = tx.now();
                new.from.map(|from| field::instant("validFrom", from)).transpose()?;
                let from = new.from.map_or(now, |from| from.max(now));
                check_mandate(from, new.until, now)?;
                let holder = store::find_person(tx.conn(), new.holder).await?;
                if holder.is_none_or(|person| person.verified_at.is_none()) {
                    return Err(FieldError::new("holderId", ErrorCode::NotFound).into());
                }
                refuse_minor(tx, giver).await?;
                refuse_minor(tx, new.holder).await?;
                let relation = Relation {
                    id: tx.new_id(),
                    kind: Kind::Mandate,
                    holder_id: new.holder,
                    principal_id: giver,
                    theme: new.theme,
                    valid_from: from,
                    valid_until: Some(new.until),
                    city_id: None,
                    granted_by: giver,
                    grounds: None,
                    revoked_at: None,
                    revoked_by: None,
                    from_register: false,
                    ended_by_register: false,
                    created_at: now,
                    version: 1,
                };
                add(tx, relation.clone()).await?;
                audit::record(tx, actor, Act::new("giveMandate", relation.id).about(giver)).await?;
                Ok(relation)
            })
            .await
    }

    /// Ends a mandate or an assisted session at once, by either side (G3, G7).
    ///
    /// # Errors
    /// `NotFound` when she is neither side or an officer has recorded the right, `Ended`.
    pub async fn revoke_mandate(&self, actor: &Actor, id: RelationId) -> Result<Relation, Error> {
        let person = policy::OWN.signed_in(actor)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::relations::find_for_update(tx, &Scope::Of(person), id).await?;
                let relation = found.filter(|it| it.may_end(person)).ok_or(Error::NotFound)?;
                end(tx, actor, relation, Act::new("revokeMandate", id)).await
            })
            .await
    }

    /// Ends what an officer of the city has recorded, such as after a decision of a court.
    ///
    /// # Errors
    /// `NotFound` outside her cities, `FourEyes` when she stands near to one of the two, `Ended`.
    pub async fn end_relation(&self, actor: &Actor, id: RelationId, reason: &str) -> Result<Relation, Error> {
        let officer = policy::RECORD.signed_in(actor)?;
        let scope = Scope::Cities(policy::RECORD.cities(actor));
        let reason = field::text("reason", reason, 2_000)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::relations::find_for_update(tx, &scope, id).await?;
                let relation = found.ok_or(Error::NotFound)?;
                if !near::near_any(tx, &[officer], &[relation.holder_id, relation.principal_id])
                    .await?
                    .is_empty()
                {
                    return Err(Error::FourEyes);
                }
                let act = Act::new("endRelation", id).because(reason.clone());
                end(tx, actor, relation, act).await
            })
            .await
    }

    /// Opens an assisted session: the advisor acts for the resident, with her consent, for an hour at most. The resident
    /// gets a letter (G7).
    ///
    /// # Errors
    /// `Field`, `FourEyes` for oneself, `AlreadyExists` while such a session is open.
    pub async fn open_assisted_session(&self, actor: &Actor, new: NewAssistedSession) -> Result<Relation, Error> {
        let advisor = policy::ASSIST.in_city(actor, new.city)?;
        let consent = field::text("consent", &new.consent, 500)?;
        let minutes = field::number("minutes", new.minutes, 1, ASSISTED_MINUTES)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_person_at(tx.conn(), &kernel::fold(&new.resident_email)).await?;
                let unknown = || FieldError::new("residentEmail", ErrorCode::NotFound);
                let resident = found.filter(|it| it.verified_at.is_some()).ok_or_else(unknown)?;
                if resident.id == advisor {
                    return Err(Error::FourEyes);
                }
                let now = tx.now();
                let relation = Relation {
                    id: tx.new_id(),
                    kind: Kind::Assisted,
                    holder_id: advisor,
                    principal_id: resident.id,
                    theme: Matters::All,
                    valid_from: now,
                    valid_until: Some(now + Duration::minutes(minutes.into())),
                    city_id: Some(new.city),
                    granted_by: advisor,
                    grounds: Some(consent.clone()),
                    revoked_at: None,
                    revoked_by: None,
                    from_register: false,
                    ended_by_register: false,
                    created_at: now,
                    version: 1,
                };
                add(tx, relation.clone()).await?;
                mail::enqueue(tx, letters::assisted(&resident, minutes)).await?;
                let act = Act::new("openAssistedSession", relation.id).in_city(new.city);
                audit::record(tx, actor, act.about(resident.id).because(consent.clone())).await?;
                Ok(relation)
            })
            .await
    }

    /// Who reads the letters about a person: she herself, or her guardians and trustees when she has no account.
    pub async fn readers_for(&self, person: PersonId) -> Result<Vec<Person>, Error> {
        let Some(person) = self.person(person).await? else {
            return Ok(Vec::new());
        };
        if person.has_account() {
            return Ok(vec![person]);
        }
        let now = self.db.clock().now();
        let rights = store::relations::in_force(self.db.read(), Column::PrincipalId, person.id, now).await?;
        let lasting = rights.iter().filter(|right| right.kind != Kind::Assisted);
        let ids: Vec<_> = lasting.map(|right| right.holder_id).collect();
        Ok(store::list_persons(self.db.read(), &ids).await?)
    }

    /// The resident whom an officer means: by her verified address, or by the id of a person without an account.
    pub async fn find_resident(&self, text: &str) -> Result<Option<Person>, Error> {
        match text.trim().parse::<PersonId>() {
            Ok(id) => Ok(self.person(id).await?.filter(|person| !person.has_account())),
            Err(_an_address) => self.find_verified_by_email(text).await,
        }
    }
}

async fn end(tx: &Tx, actor: &Actor, relation: Relation, act: Act) -> Result<Relation, Error> {
    let person = actor.signed_in().map_err(kernel::Denied)?;
    let ended = relation.end(person, tx.now()).ok_or(Error::Ended)?;
    store::relations::set_ended(tx, &ended).await?;
    let act = match ended.city_id {
        Some(city) => act.in_city(city),
        None => act,
    };
    audit::record(tx, actor, act.about(ended.principal_id)).await?;
    Ok(ended)
}
