//! A person's membership in a company.

use chrono::{DateTime, Utc};
use kernel::{Actor, CityId, CompanyId, CompanyRole, MemberId, PersonId};
use sea_orm::entity::prelude::*;

use super::Refusal;
use super::company::Details;

/// How far a membership has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The person says so; it gives her no right.
    Claimed,
    /// Somebody entitled has confirmed it; it counts.
    Active,
    /// It was refused or has ended.
    Removed,
}

/// A person's membership in a company, in one role.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company_member")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    /// The company.
    pub company_id: CompanyId,
    /// The person.
    pub person_id: PersonId,
    /// Her role.
    pub role: CompanyRole,
    /// How far it has come.
    pub state: State,
    /// The city whose approver confirms that she signs for the company; for signatories only.
    pub claim_city_id: Option<CityId>,
    /// What she says about the company, until her claim to sign for it is decided.
    pub claimed_details: Option<Details>,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonId>,
    /// When she asked.
    pub created_at: DateTime<Utc>,
}

/// A membership refers to company, person and city by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether an approver of the claim's city may confirm or reject the claim to sign for the company:
    /// nobody decides about herself or her own company.
    pub fn judge(&self, approver: &Actor) -> Result<(), Refusal> {
        if self.state != State::Claimed || self.role != CompanyRole::Signatory {
            return Err(Refusal::State);
        }
        let own = approver.signed_in() == Ok(self.person_id);
        let of_company = approver
            .companies
            .iter()
            .any(|(company, _)| *company == self.company_id);
        if own || of_company {
            Err(Refusal::FourEyes)
        } else {
            Ok(())
        }
    }

    /// What this claim, once confirmed, makes the company's data: what the first signatory says. Until then anybody
    /// could have written anything there.
    pub fn brings(&self, signatories: u64) -> Option<Details> {
        self.claimed_details.clone().filter(|_| signatories == 0)
    }

    /// Decides whether a signatory of the company may confirm this membership: signatories are for the city to
    /// confirm.
    pub fn confirm(&self) -> Result<(), Refusal> {
        match (self.state, self.role) {
            (_, CompanyRole::Signatory) => Err(Refusal::State),
            (State::Claimed, _) => Ok(()),
            _ => Err(Refusal::State),
        }
    }

    /// Decides whether this membership may end in a company that has `signatories` confirmed signatories: the last
    /// one stays, or nobody could act for the company any more.
    pub fn remove(&self, signatories: u64) -> Result<(), Refusal> {
        match (self.state, self.role) {
            (State::Removed, _) => Err(Refusal::State),
            (State::Active, CompanyRole::Signatory) if signatories <= 1 => Err(Refusal::State),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Lang, StaffRole, TypedId};

    use super::*;
    use crate::model::company::Kind;

    fn member(role: CompanyRole, state: State) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: MemberId::from_uuid(id(1)),
            company_id: CompanyId::from_uuid(id(2)),
            person_id: PersonId::from_uuid(id(3)),
            role,
            state,
            claim_city_id: None,
            claimed_details: None,
            confirmed_by: None,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn approver(person: u128) -> Actor {
        let mut actor = Actor::person(PersonId::from_uuid(Uuid::from_u128(person)), "r");
        actor
            .staff
            .push((CityId::from_uuid(Uuid::from_u128(9)), StaffRole::Approver));
        actor
    }

    #[test]
    fn only_an_outsider_confirms_who_signs() {
        let claim = member(CompanyRole::Signatory, State::Claimed);
        assert_eq!(claim.judge(&approver(3)), Err(Refusal::FourEyes));
        let mut colleague = approver(4);
        colleague.companies.push((claim.company_id, CompanyRole::Recorder));
        assert_eq!(claim.judge(&colleague), Err(Refusal::FourEyes));
        assert_eq!(claim.judge(&approver(4)), Ok(()));
    }

    #[test]
    fn every_role_and_state_is_decided() {
        use {CompanyRole as R, State as S};
        for (role, state, judge, confirm) in [
            (R::Signatory, S::Claimed, true, false),
            (R::Manager, S::Claimed, false, true),
            (R::Recorder, S::Claimed, false, true),
            (R::ServiceOwner, S::Claimed, false, true),
            (R::Preparer, S::Claimed, false, true),
            (R::Signatory, S::Active, false, false),
            (R::Manager, S::Active, false, false),
            (R::Recorder, S::Active, false, false),
            (R::Signatory, S::Removed, false, false),
            (R::Manager, S::Removed, false, false),
            (R::Recorder, S::Removed, false, false),
        ] {
            let member = member(role, state);
            assert_eq!(member.judge(&approver(4)).is_ok(), judge, "{role:?} {state:?}");
            assert_eq!(member.confirm().is_ok(), confirm, "{role:?} {state:?}");
            assert_eq!(member.remove(2).is_ok(), state != S::Removed, "{role:?} {state:?}");
        }
    }

    #[test]
    fn the_first_signatory_says_what_the_company_is() {
        let details = Details {
            name: "Siivous Oy".into(),
            kind: Kind::Company,
            email: "info@siivous.example.fi".into(),
            iban: "FI5542345670000081".into(),
            lang: Lang::Fi,
        };
        let claim = Model {
            claimed_details: Some(details.clone()),
            ..member(CompanyRole::Signatory, State::Claimed)
        };
        assert_eq!(claim.brings(0), Some(details));
        assert_eq!(claim.brings(1), None);
    }

    #[test]
    fn the_last_signatory_stays() {
        assert_eq!(
            member(CompanyRole::Signatory, State::Active).remove(1),
            Err(Refusal::State)
        );
        assert_eq!(member(CompanyRole::Signatory, State::Claimed).remove(1), Ok(()));
        assert_eq!(member(CompanyRole::Manager, State::Active).remove(1), Ok(()));
    }
}
