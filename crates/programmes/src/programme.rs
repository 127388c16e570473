use audit::Act;
use chrono::{Datelike, NaiveDate};
use db::{OnceKey, Tx};
use kernel::{
    Actor, BasisPoints, Cents, CityId, Denied, ErrorCode, FieldError, LocalizedText, Page, PageRequest, ProgrammeId,
    TypedId, field,
};
use sea_orm::ConnectionTrait;

use crate::model::{Budget, Model as Programme, Organiser, State, Unit};
use crate::terms::TermsContent;
use crate::value::InForce;
use crate::{Error, Programmes, accounts, budget, policy, store};

/// How many calendar years after its first a programme may last; each year has a budget of its own.
const MORE_YEARS: i32 = 4;

/// What an officer writes into a draft.
#[derive(Clone, Debug)]
pub struct ProgrammeChange {
    /// Its name, at most 200 characters a language.
    pub name: LocalizedText,
    /// What residents get, at most 5 000 characters a language.
    pub description: LocalizedText,
    /// A code of the national service classification, such as `P25`.
    pub service_class: String,
    /// In what its vouchers are granted.
    pub unit: Unit,
    /// The unit of the city that is responsible for it.
    pub organiser: Option<Organiser>,
    /// For whom it is, at most 2 000 characters a language.
    pub target_group: Option<LocalizedText>,
    /// The first day of use.
    pub valid_from: NaiveDate,
    /// The last day of use, at most four calendar years after that of the first.
    pub valid_until: NaiveDate,
    /// The budget of the first year of use, in cents.
    pub budget: Cents,
    /// How much of it may be promised, 10 000 to 15 000 basis points.
    pub overcommit: BasisPoints,
    /// The first terms, in force from the first day of use until further notice.
    pub terms: TermsContent,
}

/// A draft to create.
#[derive(Clone, Debug)]
pub struct NewProgramme {
    /// The city it belongs to.
    pub city: CityId,
    /// Its content.
    pub content: ProgrammeChange,
}

impl ProgrammeChange {
    /// Checks every field; the rules stand beside the fields.
    fn checked(self, bilingual: bool) -> Result<Self, Error> {
        let name = self.name.checked_line("name", 200, bilingual)?;
        let description = self.description.checked("description", 5_000, bilingual)?;
        let service_class = field::line("serviceClass", &self.service_class, 20)?;
        if !is_service_class(&service_class) {
            return Err(FieldError::new("serviceClass", ErrorCode::InvalidFormat).into());
        }
        field::number("validFrom", self.valid_from.year(), 2000, 2200)?;
        field::number(
            "validUntil",
            self.valid_until,
            self.valid_from,
            last_day_of(self.valid_from.year() + MORE_YEARS),
        )?;
        budget::checked(self.budget, self.overcommit)?;
        let organiser = self.organiser.map(|organiser| organiser.checked(bilingual));
        let target = self
            .target_group
            .map(|text| text.checked("targetGroup", 2_000, bilingual));
        let terms = self.terms.checked()?;
        self.unit.takes(&terms.value_rule)?;
        Ok(Self {
            name,
            description,
            service_class,
            organiser: organiser.transpose()?,
            target_group: target.transpose()?,
            terms,
            ..self
        })
    }

    /// The first terms hold until others follow them.
    fn first_period(&self) -> InForce {
        InForce {
            from: self.valid_from,
            until: None,
        }
    }

    /// The draft with this content.
    fn over(self, draft: &Programme) -> Programme {
        Programme {
            name: self.name,
            description: self.description,
            service_class: self.service_class,
            unit: self.unit,
            organiser: self.organiser,
            target_group: self.target_group,
            value_cents: self.terms.flat_value(),
            price_ceiling_cents: self.terms.price_ceiling,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            free_cancellation_hours: self.terms.free_cancellation_hours,
            late_fee_bp: self.terms.late_fee,
            ..draft.clone()
        }
    }
}

/// Whether a text is spelled like a class of the national service classification (PTV): `P25`, or `P25.1` below it.
fn is_service_class(text: &str) -> bool {
    let number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('P').is_some_and(|rest| match rest.split_once('.') {
        Some((class, below)) => number(class) && number(below),
        None => number(rest),
    })
}

fn last_day_of(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX)
}

impl Programmes {
    /// Drafts a programme with the budget of its year.
    pub async fn create(&self, actor: &Actor, new: NewProgramme) -> Result<Programme, Error> {
        let officer = policy::MANAGE.in_city(actor, new.city)?;
        let city = self.cities.find(new.city).await?.ok_or(Error::NotFound)?;
        let content = new.content.checked(city.bilingual)?;
        self.db
            .write(async |tx: &Tx| {
                let content = content.clone();
                let budget = Budget {
                    id: tx.new_id(),
                    city_id: city.id,
                    programme_id: tx.new_id(),
                    fiscal_year: content.valid_from.year(),
                    amount_cents: content.budget,
                    overcommit_bp: content.overcommit,
                };
                let programme = Programme {
                    id: budget.programme_id,
                    city_id: city.id,
                    name: content.name.clone(),
                    description: content.description.clone(),
                    service_class: content.service_class.clone(),
                    unit: content.unit,
                    organiser: content.organiser.clone(),
                    target_group: content.target_group.clone(),
                    value_cents: content.terms.flat_value(),
                    price_ceiling_cents: content.terms.price_ceiling,
                    valid_from: content.valid_from,
                    valid_until: content.valid_until,
                    free_cancellation_hours: content.terms.free_cancellation_hours,
                    late_fee_bp: content.terms.late_fee,
                    state: State::Draft,
                    drafted_by: officer,
                    published_by: None,
                    version: 1,
                    created_at: tx.now(),
                };
                store::insert(tx, programme.clone(), budget).await?;
                let period = content.first_period();
                store::terms::insert(tx, content.terms.draft(tx, &programme, period, officer)).await?;
                audit::record(tx, actor, Act::new("createProgramme", programme.id).in_city(city.id)).await?;
                Ok(programme)
            })
            .await
    }

    /// Changes a draft; who changes it may not publish it.
    ///
    /// # Errors
    /// `Stale` when somebody changed it since `expected_version`, `State` when it is published.
    pub async fn update(
        &self,
        actor: &Actor,
        id: ProgrammeId,
        expected_version: i32,
        change: ProgrammeChange,
    ) -> Result<Programme, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let visible = self.find(actor, id).await?.ok_or(Error::NotFound)?;
        let city = self.cities.find(visible.city_id).await?.ok_or(Error::NotFound)?;
        let change = change.checked(city.bilingual)?;
        self.db
            .write(async |tx: &Tx| {
                let draft = store::find_for_update(tx, &cities, id).await?.ok_or(Error::NotFound)?;
                draft.change(expected_version)?;
                let change = change.clone();
                draft.keeps_year(change.valid_from)?;
                for first in store::budget::of_programmes(tx.conn(), &cities, &[id]).await? {
                    store::budget::set_amount(tx, first.id, change.budget, change.overcommit).await?;
                }
                let (period, present) = (change.first_period(), store::terms::of_programme(tx.conn(), id).await?);
                if present.is_empty() {
                    // The binary before drafted the programme.
                    store::terms::insert(tx, change.terms.draft(tx, &draft, period, officer)).await?;
                }
                for first in present {
                    store::terms::update(tx, change.terms.over(&first, period, officer)).await?;
                }
                audit::record(tx, actor, Act::new("updateProgramme", id).in_city(draft.city_id)).await?;
                let changed = change.over(&Programme {
                    drafted_by: officer,
                    ..draft
                });
                Ok(store::update(tx, changed).await?)
            })
            .await
    }

    /// Publishes a draft of another officer and moves its budget from the appropriation to what may be granted.
    ///
    /// # Errors
    /// `NoTermsInForce` when the binary before drafted it, until it is updated; `FourEyes` for the officer who drafted it,
    /// `Stale` when it changed since `expected_version`, `KeyReused` when
    /// `key` was used for another request.
    pub async fn publish(
        &self,
        actor: &Actor,
        key: &str,
        id: ProgrammeId,
        expected_version: i32,
    ) -> Result<Programme, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let key = OnceKey::new(actor, key, "publishProgramme", &(id, expected_version))?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let draft = store::find_for_update(tx, &cities, id).await?.ok_or(Error::NotFound)?;
                let state = draft.publish(officer, expected_version)?;
                for first in store::budget::of_programmes(tx.conn(), &cities, &[id]).await? {
                    budget::appropriate(tx, actor, &first).await?;
                }
                let terms = store::terms::of_programme(tx.conn(), id).await?;
                if terms.is_empty() {
                    return Err(Error::NoTermsInForce);
                }
                if let Some(unit) = draft.unit.counts() {
                    let issued = [accounts::ISSUED];
                    ledger::open_in(tx, draft.city_id, unit, id.uuid(), issued).await?;
                }
                for first in terms {
                    store::terms::publish(tx, &first, officer).await?;
                }
                audit::record(tx, actor, Act::new("publishProgramme", id).in_city(draft.city_id)).await?;
                Ok(store::set_state(tx, &draft, state, Some(officer)).await?)
            })
            .await
    }

    /// Closes a published programme to new approvals and vouchers.
    pub async fn close(&self, actor: &Actor, id: ProgrammeId, expected_version: i32) -> Result<Programme, Error> {
        policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        self.db
            .write(async |tx: &Tx| {
                let programme = store::find_for_update(tx, &cities, id).await?.ok_or(Error::NotFound)?;
                let state = programme.close(expected_version)?;
                audit::record(tx, actor, Act::new("closeProgramme", id).in_city(programme.city_id)).await?;
                Ok(store::set_state(tx, &programme, state, programme.published_by).await?)
            })
            .await
    }

    /// A programme if the actor may see it: published ones are public, drafts are for the city's staff.
    pub async fn find(&self, actor: &Actor, id: ProgrammeId) -> Result<Option<Programme>, Error> {
        Ok(store::find(self.db.read(), store::visible(&policy::SEE_DRAFTS.cities(actor)), id).await?)
    }

    /// The city of a programme whose drafts the actor may see. Others learn that the programme is there only when everybody
    /// may.
    pub(crate) async fn city_to_see(&self, actor: &Actor, programme: ProgrammeId) -> Result<CityId, Error> {
        policy::SEE_DRAFTS.signed_in(actor)?;
        for city in policy::SEE_DRAFTS.cities(actor) {
            if get(self.db.read(), city, programme).await?.is_some() {
                return Ok(city);
            }
        }
        match find_public(self.db.read(), programme).await? {
            Some(_) => Err(Denied(ErrorCode::Forbidden).into()),
            None => Err(Error::NotFound),
        }
    }

    /// The programmes among `ids` that the actor may see, in no order.
    pub async fn by_ids(&self, actor: &Actor, ids: &[ProgrammeId]) -> Result<Vec<Programme>, Error> {
        Ok(store::by_ids(self.db.read(), store::visible(&policy::SEE_DRAFTS.cities(actor)), ids).await?)
    }

    /// The programmes of a city that the actor may see, oldest first.
    pub async fn page(
        &self,
        actor: &Actor,
        city: CityId,
        page: PageRequest<ProgrammeId>,
    ) -> Result<Page<Programme>, Error> {
        Ok(store::page(
            self.db.read(),
            store::visible(&policy::SEE_DRAFTS.cities(actor)),
            city,
            page,
        )
        .await?)
    }

    /// How many there are in [`Self::page`].
    pub async fn count(&self, actor: &Actor, city: CityId) -> Result<u64, Error> {
        Ok(store::count(self.db.read(), store::visible(&policy::SEE_DRAFTS.cities(actor)), city).await?)
    }
}

/// The programme, kept from closing until the transaction ends, and the budget from which a voucher is funded today: that of
/// the present fiscal year, or of its first; for contexts that grant or approve.
pub async fn keep_with_budget(
    tx: &Tx,
    city: CityId,
    id: ProgrammeId,
) -> Result<Option<(Programme, Option<Budget>)>, db::Error> {
    let Some(programme) = store::keep(tx, city, id).await? else {
        return Ok(None);
    };
    let mut year = programme.valid_from.year();
    if programme.spans_years() {
        let city = cities::find(tx.conn(), city).await?;
        year = year.max(city.map_or(year, |city| city.day_of(tx.now()).year()));
    }
    let budget = store::budget::of_year(tx.conn(), id, year).await?;
    Ok(Some((programme, budget)))
}

/// A programme that everybody may see: one that is published or closed.
pub async fn find_public(conn: &impl ConnectionTrait, id: ProgrammeId) -> Result<Option<Programme>, db::Error> {
    store::find(conn, store::visible(&[]), id).await
}

/// A programme of a city in any state, for contexts whose own record in that city names it.
pub async fn get(conn: &impl ConnectionTrait, city: CityId, id: ProgrammeId) -> Result<Option<Programme>, db::Error> {
    store::find(conn, store::in_city(city), id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_how_service_classes_are_spelled() {
        for good in ["P1", "P25", "P25.1"] {
            assert!(is_service_class(good), "{good}");
        }
        for bad in ["25", "P", "P123", "P1.", "p1", "P1.a", "P1 "] {
            assert!(!is_service_class(bad), "{bad}");
        }
    }
}
