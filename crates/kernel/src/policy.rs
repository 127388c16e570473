use crate::actor::{Actor, CompanyRole, StaffRole, Theme};
use crate::error::{Coded, ErrorCode};
use crate::id::{CityId, CompanyId, PersonId};

/// Who may do something. Each context lists its actions as constants of this type in `policy.rs`; the use case checks
/// the constant and the API prints it into the schema, so the two cannot differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// Everybody, also without signing in.
    Anyone,
    /// Everybody who has signed in, on what is her own.
    SignedIn,
    /// One of these roles in the staff of the city concerned.
    Staff(&'static [StaffRole]),
    /// One of these roles in the company concerned.
    Company(&'static [CompanyRole]),
    /// Whoever one of these rules lets in. It is printed only: use cases check each rule with what it is about, a city
    /// or a company, so every check here says no.
    AnyOf(&'static [Requires]),
}

/// The policy says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("denied: {0:?}")]
pub struct Denied(pub ErrorCode);

impl Coded for Denied {
    fn code(&self) -> ErrorCode {
        self.0
    }
}

/// Whose matters an actor may see to, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The person.
    pub person: PersonId,
    /// The only city in which; any when there is none.
    pub city: Option<CityId>,
}

impl Own {
    /// True for what is the person's in `city`.
    pub fn covers(self, person: PersonId, city: CityId) -> bool {
        self.person == person && self.is_in(city)
    }

    /// True where the actor may see to her matters in `city`.
    pub fn is_in(self, city: CityId) -> bool {
        self.city.is_none_or(|only| only == city)
    }
}

impl Requires {
    /// Lets a person act on what is her own, herself.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody has signed in, `Forbidden` for whoever acts for another: what she does then shall
    /// never become her own.
    pub fn signed_in(self, actor: &Actor) -> Result<PersonId, Denied> {
        let person = actor.signed_in().map_err(Denied)?;
        match actor.acting {
            None => Ok(person),
            Some(_) => Err(Denied(ErrorCode::Forbidden)),
        }
    }

    /// Lets a person look at what is her own or her principal's; answers whose it is.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody has signed in.
    pub fn own(self, actor: &Actor) -> Result<Own, Denied> {
        let person = actor.signed_in().map_err(Denied)?;
        Ok(Own {
            person: actor.principal.unwrap_or(person),
            city: actor.acting.and_then(|acting| acting.city),
        })
    }

    /// Lets a person act on what is her own, or on what is her principal's in a matter that her right covers; answers
    /// whose it is (G1, G3, G4).
    ///
    /// # Errors
    /// `Unauthenticated` when nobody has signed in, `Forbidden` when the right covers other matters.
    pub fn own_in(self, theme: Theme, actor: &Actor) -> Result<Own, Denied> {
        let principal = self.own(actor)?;
        match &actor.acting {
            Some(acting) if !acting.themes.contains(&theme) => Err(Denied(ErrorCode::Forbidden)),
            _ => Ok(principal),
        }
    }

    /// Lets staff of `city` act.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody has signed in, `Forbidden` when the actor lacks the role in this city.
    pub fn in_city(self, actor: &Actor, city: CityId) -> Result<PersonId, Denied> {
        let person = actor.signed_in().map_err(Denied)?;
        match self {
            Self::Staff(roles) if actor.has_staff_role(city, roles) => Ok(person),
            _ => Err(Denied(ErrorCode::Forbidden)),
        }
    }

    /// Lets members of `company` act.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody has signed in, `Forbidden` when the actor lacks the role in this company.
    pub fn in_company(self, actor: &Actor, company: CompanyId) -> Result<PersonId, Denied> {
        let person = actor.signed_in().map_err(Denied)?;
        match self {
            Self::Company(roles) if actor.has_company_role(company, roles) => Ok(person),
            _ => Err(Denied(ErrorCode::Forbidden)),
        }
    }

    /// The cities in which the actor may act, to scope a query; none where she has no such role.
    pub fn cities(self, actor: &Actor) -> Vec<CityId> {
        match self {
            Self::Staff(roles) => actor.cities_as(roles),
            _ => Vec::new(),
        }
    }

    /// The companies in which the actor may act, to scope a query; none where she has no such role.
    pub fn companies(self, actor: &Actor) -> Vec<CompanyId> {
        match self {
            Self::Company(roles) => actor.companies_as(roles),
            _ => Vec::new(),
        }
    }
}

/// As the schema shows it: `STAFF(APPROVER)`, `SIGNED_IN`, `COMPANY(MANAGER) or STAFF(AUDITOR)`.
impl std::fmt::Display for Requires {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use sea_orm::ActiveEnum;
        match self {
            Self::Anyone => f.write_str("ANYONE"),
            Self::SignedIn => f.write_str("SIGNED_IN"),
            Self::Staff(roles) => {
                let names: Vec<_> = roles.iter().map(ActiveEnum::to_value).collect();
                write!(f, "STAFF({})", names.join(", "))
            }
            Self::Company(roles) => {
                let names: Vec<_> = roles.iter().map(ActiveEnum::to_value).collect();
                write!(f, "COMPANY({})", names.join(", "))
            }
            Self::AnyOf(rules) => {
                let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
                f.write_str(&rules.join(" or "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::actor::Acting;
    use crate::id::{RelationId, TypedId};

    #[test]
    fn a_role_counts_in_its_own_city_only() {
        let rule = Requires::Staff(&[StaffRole::Approver]);
        let (here, there) = (
            CityId::from_uuid(Uuid::from_u128(1)),
            CityId::from_uuid(Uuid::from_u128(2)),
        );
        let mut actor = Actor::person(PersonId::from_uuid(Uuid::from_u128(3)), "r");
        assert_eq!(rule.in_city(&actor, here), Err(Denied(ErrorCode::Forbidden)));
        actor.staff.push((here, StaffRole::Approver));
        assert_eq!(rule.in_city(&actor, here), Ok(PersonId::from_uuid(Uuid::from_u128(3))));
        assert_eq!(rule.in_city(&actor, there), Err(Denied(ErrorCode::Forbidden)));
        assert_eq!(
            rule.in_city(&Actor::nobody("r"), here),
            Err(Denied(ErrorCode::Unauthenticated))
        );
        assert_eq!(rule.cities(&actor), vec![here]);
        assert_eq!(rule.to_string(), "STAFF(APPROVER)");
    }

    #[test]
    fn a_right_to_act_covers_its_matters_and_nothing_of_ones_own() {
        let [me, child] = [1, 2].map(|n| PersonId::from_uuid(Uuid::from_u128(n)));
        let acting = Acting {
            relation: RelationId::from_uuid(Uuid::from_u128(3)),
            themes: &[Theme::Bookings],
            city: None,
            purpose: "guardian",
            in_stead: true,
        };
        let own = Requires::SignedIn;
        let guardian = Actor::for_another(me, child, acting, "r");
        let all = |person| Ok(Own { person, city: None });
        assert_eq!(own.own_in(Theme::Bookings, &guardian), all(child));
        assert_eq!(own.own(&guardian), all(child));
        let refused = Err(Denied(ErrorCode::Forbidden));
        assert_eq!(own.own_in(Theme::Applications, &guardian), refused);
        assert_eq!(own.signed_in(&guardian), Err(Denied(ErrorCode::Forbidden)));
        let myself = Actor::person(me, "r");
        assert_eq!(own.own_in(Theme::Applications, &myself), all(me));
        let here = CityId::from_uuid(Uuid::from_u128(4));
        let helped = Actor::for_another(
            me,
            child,
            Acting {
                city: Some(here),
                ..acting
            },
            "r",
        );
        let in_city = own.own_in(Theme::Bookings, &helped).unwrap();
        let elsewhere = CityId::from_uuid(Uuid::from_u128(5));
        assert_eq!(
            (in_city.covers(child, here), in_city.covers(child, elsewhere)),
            (true, false)
        );
        assert_eq!(own.own(&Actor::nobody("r")), Err(Denied(ErrorCode::Unauthenticated)));
    }

    #[test]
    fn several_rules_are_printed_and_let_nobody_in() {
        const OWN: Requires = Requires::Company(&[CompanyRole::Manager]);
        const EITHER: Requires = Requires::AnyOf(&[OWN, Requires::Staff(&[StaffRole::Auditor])]);
        assert_eq!(EITHER.to_string(), "COMPANY(MANAGER) or STAFF(AUDITOR)");
        let city = CityId::from_uuid(Uuid::from_u128(1));
        let mut actor = Actor::person(PersonId::from_uuid(Uuid::from_u128(3)), "r");
        actor.staff.push((city, StaffRole::Auditor));
        assert_eq!(EITHER.in_city(&actor, city), Err(Denied(ErrorCode::Forbidden)));
    }
}
