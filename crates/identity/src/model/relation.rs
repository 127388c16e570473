//! Rights to act for another person.

use chrono::{DateTime, Duration, Utc};
use kernel::{Acting, CityId, FieldError, PersonId, RelationId, Theme, field};
use sea_orm::entity::prelude::*;

/// The longest mandate.
const LONGEST_MANDATE: Duration = Duration::days(5 * 366);

/// By what somebody acts for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A guardian (huoltaja) acts for a child until it comes of age (G1, G2).
    Guardian,
    /// A trustee (edunvalvoja) sees to the money of an adult (G4).
    Trustee,
    /// Somebody has given another person a mandate (valtuus), for a matter and a time (G3).
    Mandate,
    /// An advisor of a city helps a resident, with her consent and for an hour at most (G7).
    Assisted,
}

/// What a right covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Matters {
    /// Using vouchers.
    Bookings,
    /// Applying for vouchers.
    Applications,
    /// Both.
    All,
}

impl Matters {
    /// The matters that it covers.
    pub(crate) fn themes(self) -> &'static [Theme] {
        match self {
            Self::Bookings => &[Theme::Bookings],
            Self::Applications => &[Theme::Applications],
            Self::All => &[Theme::Bookings, Theme::Applications],
        }
    }
}

/// A right to act for another person (asiointioikeus).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "relation")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RelationId,
    /// By what.
    pub kind: Kind,
    /// Who acts.
    pub holder_id: PersonId,
    /// For whom.
    pub principal_id: PersonId,
    /// In which matters.
    pub theme: Matters,
    /// From when on.
    pub valid_from: DateTime<Utc>,
    /// Until when, not included; none is without an end.
    pub valid_until: Option<DateTime<Utc>>,
    /// The city that recorded it; none for mandates.
    pub city_id: Option<CityId>,
    /// Who gave or recorded it.
    pub granted_by: PersonId,
    /// On what grounds it was recorded, or how consent was given; none for mandates.
    pub grounds: Option<String>,
    /// When it was ended before its time.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Who ended it; the officer who recorded it where the register has ended it.
    pub revoked_by: Option<PersonId>,
    /// True when the population register says so, and not an officer.
    pub from_register: bool,
    /// True when it ended because the population register does not say so any more.
    pub ended_by_register: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i32,
}

/// The persons are read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// True while it counts.
    pub fn in_force(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.valid_from <= now && !self.is_over(now)
    }

    /// True when its time has passed.
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.valid_until.is_some_and(|until| until <= now)
    }

    /// What a request may do by it.
    pub(crate) fn acting(&self) -> Acting {
        Acting {
            relation: self.id,
            themes: self.theme.themes(),
            city: self.city_id.filter(|_| self.kind == Kind::Assisted),
            purpose: match self.kind {
                Kind::Guardian => "guardian",
                Kind::Trustee => "trustee",
                Kind::Mandate => "mandate",
                Kind::Assisted => "assisted",
            },
            in_stead: matches!(self.kind, Kind::Guardian | Kind::Trustee),
        }
    }

    /// True when it gives the same right for some of the same time.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        let begins_before_end = |a: &Self, b: &Self| b.valid_until.is_none_or(|until| a.valid_from < until);
        self.revoked_at.is_none()
            && (self.kind, self.holder_id, self.theme) == (other.kind, other.holder_id, other.theme)
            && begins_before_end(self, other)
            && begins_before_end(other, self)
    }

    /// The relation ended by `person`. `None` when it has ended already.
    pub(crate) fn end(mut self, person: PersonId, now: DateTime<Utc>) -> Option<Self> {
        if self.revoked_at.is_some() || self.is_over(now) {
            return None;
        }
        self.revoked_at = Some(now);
        self.revoked_by = Some(person);
        self.version += 1;
        Some(self)
    }

    /// The relation ended because the register says so. `None` when it has ended already.
    pub(crate) fn end_by_register(self, now: DateTime<Utc>) -> Option<Self> {
        let officer = self.granted_by;
        let ended = self.end(officer, now)?;
        Some(Self {
            ended_by_register: true,
            ..ended
        })
    }

    /// Decides what becomes of the `known` guardianships of a child whose guardians the register lists: which end, and who
    /// becomes one. What an officer has recorded stays; what an officer has ended comes back by an officer only.
    pub(crate) fn follow(known: Vec<Self>, listed: &[PersonId], now: DateTime<Utc>) -> (Vec<Self>, Vec<PersonId>) {
        let counts = |right: &Self, holder: PersonId| {
            let ended_by_officer = right.from_register && right.revoked_at.is_some() && !right.ended_by_register;
            right.holder_id == holder && (right.in_force(now) || ended_by_officer)
        };
        let new = listed.iter().copied();
        let added = new
            .filter(|holder| !known.iter().any(|right| counts(right, *holder)))
            .collect();
        let gone = known
            .into_iter()
            .filter(|right| right.from_register && right.in_force(now) && !listed.contains(&right.holder_id));
        (gone.filter_map(|right| right.end_by_register(now)).collect(), added)
    }

    /// True when `person` may end it herself: either side of a mandate or of an assisted session.
    pub(crate) fn may_end(&self, person: PersonId) -> bool {
        matches!(self.kind, Kind::Mandate | Kind::Assisted) && [self.holder_id, self.principal_id].contains(&person)
    }
}

/// Decides on the time of a mandate: it ends in the future and within five years.
pub(crate) fn check_mandate(from: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), FieldError> {
    let first = from + Duration::microseconds(1);
    field::number(
        "validUntil",
        until,
        first.max(now + Duration::microseconds(1)),
        now + LONGEST_MANDATE,
    )
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn person(n: u128) -> PersonId {
        PersonId::from_uuid(uuid(n))
    }

    fn uuid(n: u128) -> sea_orm::prelude::Uuid {
        sea_orm::prelude::Uuid::from_u128(n)
    }

    fn mandate() -> Model {
        Model {
            id: RelationId::from_uuid(uuid(1)),
            kind: Kind::Mandate,
            holder_id: person(2),
            principal_id: person(3),
            theme: Matters::Bookings,
            valid_from: at("2027-01-01T00:00:00Z"),
            valid_until: Some(at("2027-02-01T00:00:00Z")),
            city_id: None,
            granted_by: person(3),
            grounds: None,
            revoked_at: None,
            revoked_by: None,
            from_register: false,
            ended_by_register: false,
            created_at: at("2027-01-01T00:00:00Z"),
            version: 1,
        }
    }

    #[test]
    fn guardians_follow_the_register_and_officers() {
        let now = at("2027-01-10T00:00:00Z");
        let by = |n, from_register| Model {
            kind: Kind::Guardian,
            holder_id: person(n),
            from_register,
            ..mandate()
        };
        let listed = [person(7), person(8)];
        // 2 comes from the register, 4 from an officer; neither is listed.
        let (ended, added) = Model::follow(vec![by(2, true), by(4, false), by(7, false)], &listed, now);
        assert_eq!(ended.iter().map(|it| it.holder_id).collect::<Vec<_>>(), [person(2)]);
        assert!(ended[0].ended_by_register && !ended[0].in_force(now));
        assert_eq!(added, [person(8)]);
        // Twice is as once, and the register may list again whom it has ended itself.
        let again = Model::follow(vec![ended[0].clone(), by(8, true)], &[person(2), person(8)], now);
        assert_eq!(again, (vec![], vec![person(2)]));
        let by_officer = by(2, true).end(person(9), now).unwrap();
        assert_eq!(Model::follow(vec![by_officer], &[person(2)], now), (vec![], vec![]));
    }

    #[test]
    fn counts_from_its_first_to_before_its_last_instant() {
        let mandate = mandate();
        assert!(!mandate.in_force(at("2026-12-31T23:59:59Z")));
        assert!(mandate.in_force(at("2027-01-01T00:00:00Z")));
        assert!(mandate.in_force(at("2027-01-31T23:59:59Z")));
        assert!(!mandate.in_force(at("2027-02-01T00:00:00Z")));
    }

    #[test]
    fn ends_once_and_by_either_side() {
        let now = at("2027-01-10T00:00:00Z");
        assert!(mandate().may_end(person(2)) && mandate().may_end(person(3)) && !mandate().may_end(person(4)));
        let guardian = Model {
            kind: Kind::Guardian,
            ..mandate()
        };
        assert!(!guardian.may_end(person(2)));
        let ended = mandate().end(person(2), now).unwrap();
        assert!(!ended.in_force(now));
        assert_eq!(ended.version, 2);
        assert_eq!(ended.end(person(2), now), None);
        assert_eq!(mandate().end(person(2), at("2027-02-01T00:00:00Z")), None);
    }

    #[test]
    fn repeats_only_the_same_right_at_the_same_time() {
        let later = Model {
            valid_from: at("2027-02-01T00:00:00Z"),
            valid_until: None,
            ..mandate()
        };
        assert!(mandate().repeats(&mandate()));
        assert!(!mandate().repeats(&later) && !later.repeats(&mandate()));
        let other = Model {
            theme: Matters::Applications,
            ..mandate()
        };
        assert!(!mandate().repeats(&other));
        assert!(
            !mandate()
                .end(person(3), at("2027-01-02T00:00:00Z"))
                .unwrap()
                .repeats(&mandate())
        );
    }

    #[test]
    fn a_mandate_ends_in_the_future_and_within_five_years() {
        let now = at("2027-01-10T00:00:00Z");
        assert!(check_mandate(now, at("2027-01-11T00:00:00Z"), now).is_ok());
        for until in ["2027-01-10T00:00:00Z", "2026-01-10T00:00:00Z", "2033-01-10T00:00:00Z"] {
            assert!(check_mandate(now, at(until), now).is_err(), "{until}");
        }
        assert!(check_mandate(at("2027-03-01T00:00:00Z"), at("2027-02-01T00:00:00Z"), now).is_err());
    }
}
