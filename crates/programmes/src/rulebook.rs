use audit::Act;
use chrono::{Datelike, NaiveDate};
use db::Tx;
use kernel::{Actor, CityId, LocalizedText, ProgrammeId, RulebookId, field};
use sea_orm::ConnectionTrait;

use crate::events::RulebookPublished;
use crate::model::rulebook::{Model as Rulebook, State};
use crate::{Error, Programmes, policy, store};

/// Longest part of a rulebook in one language, in characters.
const MAX_CHARS: usize = 30_000;

/// What an officer writes into a rulebook.
#[derive(Clone, Debug)]
pub struct RulebookContent {
    /// What holds in every programme of the city, at most 30 000 characters a language.
    pub general: LocalizedText,
    /// What holds in this programme, at most 30 000 characters a language.
    pub service: LocalizedText,
    /// The last civil day on which a company may take new bookings without having accepted it.
    pub accept_by: NaiveDate,
}

impl RulebookContent {
    fn checked(self, bilingual: bool) -> Result<Self, Error> {
        field::number("acceptBy", self.accept_by.year(), 2000, 2199)?;
        Ok(Self {
            general: self.general.checked("general", MAX_CHARS, bilingual)?,
            service: self.service.checked("service", MAX_CHARS, bilingual)?,
            ..self
        })
    }
}

impl Programmes {
    /// Drafts the next version of the rulebook of a published programme (P2).
    ///
    /// # Errors
    /// `State` when the programme is a draft or closed, `Field` for a text.
    pub async fn draft_rulebook(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        content: RulebookContent,
    ) -> Result<Rulebook, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let visible = self.find(actor, programme).await?.ok_or(Error::NotFound)?;
        let content = content.checked(self.is_bilingual(visible.city_id).await?)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_for_update(tx, &cities, programme).await?;
                let programme = found.ok_or(Error::NotFound)?;
                programme.take_terms()?;
                let content = content.clone();
                let rulebook = Rulebook {
                    id: tx.new_id(),
                    city_id: programme.city_id,
                    programme_id: programme.id,
                    number: None,
                    general: content.general,
                    service: content.service,
                    accept_by: content.accept_by,
                    binds_at: None,
                    state: State::Draft,
                    drafted_by: officer,
                    published_by: None,
                    version: 1,
                    created_at: tx.now(),
                };
                store::rulebook::insert(tx, rulebook.clone()).await?;
                let act = Act::new("draftRulebook", rulebook.id).in_city(programme.city_id);
                audit::record(tx, actor, act).await?;
                Ok(rulebook)
            })
            .await
    }

    /// Changes a draft of a rulebook; who changes it may not publish it.
    ///
    /// # Errors
    /// `Stale` when somebody changed it since `expected_version`, `Terms` when it is published.
    pub async fn update_rulebook(
        &self,
        actor: &Actor,
        id: RulebookId,
        expected_version: i32,
        content: RulebookContent,
    ) -> Result<Rulebook, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let scope = store::rulebook::visible(&cities);
        let visible = store::rulebook::find(self.db.read(), scope, id).await?;
        let city = visible.ok_or(Error::NotFound)?.city_id;
        let content = content.checked(self.is_bilingual(city).await?)?;
        self.db
            .write(async |tx: &Tx| {
                let draft = store::rulebook::find_for_update(tx, &cities, id).await?;
                let draft = draft.ok_or(Error::NotFound)?;
                draft.change(expected_version)?;
                let content = content.clone();
                let changed = Rulebook {
                    general: content.general,
                    service: content.service,
                    accept_by: content.accept_by,
                    drafted_by: officer,
                    ..draft
                };
                audit::record(tx, actor, Act::new("updateRulebook", id).in_city(changed.city_id)).await?;
                Ok(store::rulebook::update(tx, changed).await?)
            })
            .await
    }

    /// Publishes a draft of another officer as the next version of the programme's rulebook. Companies that have not
    /// accepted it take no new bookings after its day.
    ///
    /// # Errors
    /// `FourEyes` for the officer who drafted it, `Stale`, `Terms` when it is published or its day has passed.
    pub async fn publish_rulebook(
        &self,
        actor: &Actor,
        id: RulebookId,
        expected_version: i32,
    ) -> Result<Rulebook, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        self.db
            .write(async |tx: &Tx| {
                let scope = store::rulebook::visible(&cities);
                let seen = store::rulebook::find(tx.conn(), scope, id).await?;
                let programme = seen.ok_or(Error::NotFound)?.programme_id;
                let programme = store::find_for_update(tx, &cities, programme).await?;
                programme.ok_or(Error::NotFound)?.take_terms()?;
                let draft = store::rulebook::find_for_update(tx, &cities, id).await?;
                let draft = draft.ok_or(Error::NotFound)?;
                let city = cities::find(tx.conn(), draft.city_id).await?.ok_or(Error::NotFound)?;
                draft.publish(officer, expected_version, city.day_of(tx.now()))?;
                let next_day = draft.accept_by.succ_opt().unwrap_or(NaiveDate::MAX);
                let published = Rulebook {
                    number: Some(store::rulebook::last_number(tx, draft.programme_id).await? + 1),
                    binds_at: Some(kernel::start_of_day(next_day, city.zone.0)),
                    state: State::Published,
                    published_by: Some(officer),
                    ..draft
                };
                jobs::publish(tx, &RulebookPublished { rulebook: id }).await?;
                audit::record(tx, actor, Act::new("publishRulebook", id).in_city(published.city_id)).await?;
                Ok(store::rulebook::update(tx, published).await?)
            })
            .await
    }

    /// The rulebooks among `ids` that the actor may see, in no order: published ones are public, drafts are for the
    /// city's staff.
    pub async fn rulebooks_by_ids(&self, actor: &Actor, ids: &[RulebookId]) -> Result<Vec<Rulebook>, Error> {
        let scope = store::rulebook::visible(&policy::SEE_DRAFTS.cities(actor));
        Ok(store::rulebook::by_ids(self.db.read(), scope, ids).await?)
    }

    /// The rulebooks of programmes that the actor may see, oldest first.
    pub async fn rulebooks_of(&self, actor: &Actor, programmes: &[ProgrammeId]) -> Result<Vec<Rulebook>, Error> {
        let scope = store::rulebook::visible(&policy::SEE_DRAFTS.cities(actor));
        Ok(store::rulebook::of_programmes(self.db.read(), scope, programmes).await?)
    }

    async fn is_bilingual(&self, city: CityId) -> Result<bool, Error> {
        Ok(self.cities.find(city).await?.ok_or(Error::NotFound)?.bilingual)
    }
}

/// A published rulebook, for companies that accept it.
pub async fn published_rulebook(conn: &impl ConnectionTrait, id: RulebookId) -> Result<Option<Rulebook>, db::Error> {
    store::rulebook::find(conn, store::rulebook::visible(&[]), id).await
}
