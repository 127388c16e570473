//! An offer.

use chrono::{DateTime, Utc};
use kernel::{Cents, CityId, CompanyId, LocalizedText, OfferId, PersonId, ProgrammeId};
use programmes::{Programme, Terms};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::vat::VatClass;

/// How far an offer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The company writes it; residents do not see it.
    Draft,
    /// Residents see and book it.
    Published,
    /// The company has taken it out of the catalogue for a while.
    Paused,
    /// It is over and is kept for its bookings.
    Archived,
}

/// What a company does to its offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter)]
pub enum Action {
    /// Change its content.
    Update,
    /// Show it in the catalogue.
    Publish,
    /// Take it out for a while.
    Pause,
    /// End it.
    Archive,
    /// Add times to it.
    AddOccurrences,
}

impl State {
    /// The whole life of an offer in one table.
    pub fn on(self, action: Action) -> Option<Self> {
        match (self, action) {
            (Self::Draft | Self::Published | Self::Paused, Action::Update | Action::AddOccurrences) => Some(self),
            (Self::Draft | Self::Paused, Action::Publish) => Some(Self::Published),
            (Self::Published, Action::Pause) => Some(Self::Paused),
            (Self::Draft | Self::Published | Self::Paused, Action::Archive) => Some(Self::Archived),
            _ => None,
        }
    }

    /// What may happen next.
    pub fn allowed_actions(self) -> Vec<Action> {
        use sea_orm::Iterable;
        Action::iter().filter(|action| self.on(*action).is_some()).collect()
    }
}

/// Words under which an offer is found besides its texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Keywords(pub Vec<String>);

/// A service that a company lists in a programme of a city (palvelutarjous).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offer")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OfferId,
    /// The city of the programme.
    pub city_id: CityId,
    /// Who sells it.
    pub company_id: CompanyId,
    /// The programme whose vouchers pay for it.
    pub programme_id: ProgrammeId,
    /// Its name.
    pub name: LocalizedText,
    /// What the resident gets.
    pub description: LocalizedText,
    /// Words under which it is found as well.
    pub keywords: Keywords,
    /// Name, description, place and keywords, folded: what a search looks into.
    pub search_text: String,
    /// The price of one unit with VAT, in cents. A booking freezes it.
    pub price_cents: Cents,
    /// Its class of VAT; the rate follows from the day of delivery.
    pub vat_class: VatClass,
    /// The venue; none where the service comes to the resident's home.
    pub place_name: Option<String>,
    /// The street address of the venue.
    pub street: Option<String>,
    /// The postal code of the venue, five digits.
    pub postal_code: Option<String>,
    /// The latitude of the venue in millionths of a degree (WGS 84).
    pub latitude_e6: Option<i32>,
    /// The longitude of the venue in millionths of a degree (WGS 84).
    pub longitude_e6: Option<i32>,
    /// How far it has come.
    pub state: State,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// Who wrote it first.
    pub created_by: PersonId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was last put into the catalogue.
    pub published_at: Option<DateTime<Utc>>,
}

/// Other records refer to an offer by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides what `action` of somebody who read version `expected` leads to.
    pub fn act(&self, action: Action, expected: i32) -> Result<State, Refusal> {
        let next = self.state.on(action).ok_or(Refusal::State)?;
        if self.version == expected {
            Ok(next)
        } else {
            Err(Refusal::Stale)
        }
    }
}

/// Decides whether a new or changed offer at `price` may stand in `programme`: it is published, and some of its `terms`
/// in force today or later allow the price. Each booking is then judged by the terms of its own day.
pub fn fits(programme: &Programme, terms: &[Terms], price: Cents) -> Result<(), Refusal> {
    if programme.state != programmes::State::Published {
        return Err(Refusal::ProgrammeNotOpen);
    }
    if terms.iter().any(|terms| terms.allows_price(price)) {
        return Ok(());
    }
    let highest = terms.iter().map(|terms| terms.price_ceiling_cents).max();
    Err(highest.map_or(Refusal::ProgrammeNotOpen, Refusal::PriceAboveCeiling))
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn every_state_answers_every_action() {
        use Action::{AddOccurrences, Archive, Pause, Publish, Update};
        use State::{Archived, Draft, Paused, Published};
        let table = [
            (Draft, Update, Some(Draft)),
            (Draft, Publish, Some(Published)),
            (Draft, Pause, None),
            (Draft, Archive, Some(Archived)),
            (Draft, AddOccurrences, Some(Draft)),
            (Published, Update, Some(Published)),
            (Published, Publish, None),
            (Published, Pause, Some(Paused)),
            (Published, Archive, Some(Archived)),
            (Published, AddOccurrences, Some(Published)),
            (Paused, Update, Some(Paused)),
            (Paused, Publish, Some(Published)),
            (Paused, Pause, None),
            (Paused, Archive, Some(Archived)),
            (Paused, AddOccurrences, Some(Paused)),
            (Archived, Update, None),
            (Archived, Publish, None),
            (Archived, Pause, None),
            (Archived, Archive, None),
            (Archived, AddOccurrences, None),
        ];
        assert_eq!(table.len(), State::iter().count() * Action::iter().count());
        for (state, action, next) in table {
            assert_eq!(state.on(action), next, "{state:?} on {action:?}");
            assert_eq!(state.allowed_actions().contains(&action), next.is_some());
        }
    }
}
