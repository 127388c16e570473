//! Whether what is recorded of a resident lets her have a voucher (E3), decided and explained.

use audit::Act;
use chrono::NaiveDate;
use kernel::{Actor, PersonId, ProgrammeId};
use programmes::Programme;
use programmes::eligibility::{Finding, Outcome, Rule, evaluate, first};
use sea_orm::ConnectionTrait;

use crate::voucher::applicant;
use crate::{Error, Vouchers, policy};

/// Decides whether the `findings` let a resident have a voucher. What is not recorded an officer may have `confirmed` with
/// grounds; what is not met nobody can.
pub(crate) fn may_have(findings: Vec<Finding>, confirmed: bool) -> Result<(), Error> {
    let unknown = first(findings.clone(), Outcome::Unknown).filter(|_| !confirmed);
    match (first(findings, Outcome::NotMet), unknown) {
        (Some(finding), _) => Err(Error::NotEligible(finding)),
        (None, Some(finding)) => Err(Error::EligibilityUnknown(finding)),
        (None, None) => Ok(()),
    }
}

/// What the rules of a programme find about a resident on a civil day; no statement where there are no rules.
pub(crate) async fn findings(
    conn: &impl ConnectionTrait,
    programme: &Programme,
    rules: &[Rule],
    resident: PersonId,
    day: NaiveDate,
) -> Result<Vec<Finding>, db::Error> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let facts = identity::facts_of(conn, programme.city_id, &[resident]).await?;
    Ok(evaluate(rules, &facts.get(&resident).cloned().unwrap_or_default(), day))
}

impl Vouchers {
    /// Which rules of a programme a resident meets, today or on the first day of the programme; the look is recorded.
    ///
    /// # Errors
    /// `NotFound` for an unknown resident, `NoTermsInForce`.
    pub async fn why_eligible(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        resident: &str,
    ) -> Result<Vec<Finding>, Error> {
        policy::GRANT.signed_in(actor)?;
        let city = self.city_to_grant(actor, programme).await?;
        let programme = programmes::get(self.db.read(), city.id, programme)
            .await?
            .ok_or(Error::NotFound)?;
        let resident = self.identity.find_resident(resident).await?.ok_or(Error::NotFound)?;
        let found = self.explain(&programme, &city, resident.id).await?;
        let act = Act::new("readEligibility", programme.id)
            .in_city(city.id)
            .about(resident.id);
        audit::record_reads(&self.db, actor, &[act]).await?;
        Ok(found)
    }

    /// Which rules of a published programme the principal meets, likewise. The look of somebody who acts for her is
    /// recorded.
    pub async fn own_eligibility(&self, actor: &Actor, programme: ProgrammeId) -> Result<Vec<Finding>, Error> {
        let own = applicant(actor)?;
        let resident = own.person;
        let programme = programmes::find_public(self.db.read(), programme)
            .await?
            .filter(|programme| own.is_in(programme.city_id))
            .ok_or(Error::NotFound)?;
        let city = self.cities.find(programme.city_id).await?.ok_or(Error::NotFound)?;
        let found = self.explain(&programme, &city, resident).await?;
        if actor.acting.is_some() {
            let act = Act::new("readEligibility", programme.id)
                .in_city(city.id)
                .about(resident);
            audit::record_reads(&self.db, actor, &[act]).await?;
        }
        Ok(found)
    }

    async fn explain(
        &self,
        programme: &Programme,
        city: &cities::City,
        resident: PersonId,
    ) -> Result<Vec<Finding>, Error> {
        let day = city.day_of(self.db.clock().now()).max(programme.valid_from);
        let published = programmes::published_terms(self.db.read(), programme.id).await?;
        let terms = published.into_iter().find(|terms| terms.period().covers(day));
        let rules = terms.ok_or(Error::NoTermsInForce)?.conditions.rules;
        Ok(findings(self.db.read(), programme, &rules, resident, day).await?)
    }
}

#[cfg(test)]
mod tests {
    use programmes::eligibility::Range;

    use super::Outcome::{Met, NotMet, Unknown};
    use super::*;

    #[test]
    fn the_unknown_can_be_confirmed_and_the_unmet_cannot() {
        let found = |outcomes: &[Outcome]| {
            let finding = |outcome: &Outcome| Finding {
                rule: Rule::Age(Range {
                    from: Some(65),
                    to: None,
                }),
                outcome: *outcome,
            };
            outcomes.iter().map(finding).collect::<Vec<_>>()
        };
        assert!(may_have(found(&[Met]), false).is_ok());
        assert!(may_have(Vec::new(), false).is_ok());
        assert!(matches!(
            may_have(found(&[Met, Unknown]), false),
            Err(Error::EligibilityUnknown(_))
        ));
        assert!(may_have(found(&[Met, Unknown]), true).is_ok());
        assert!(matches!(
            may_have(found(&[Unknown, NotMet]), true),
            Err(Error::NotEligible(_))
        ));
    }
}
