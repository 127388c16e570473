//! Whether a resident still is one for whom the programme is, on the day of a visit: when she books and when it is given
//! (E3). What is not recorded the officer has confirmed when she granted the voucher.

use chrono::NaiveDate;
use kernel::{CityId, PersonId};
use programmes::eligibility::{Outcome, Rule, evaluate, first};
use sea_orm::ConnectionTrait;

use crate::Error;

/// Refuses when a rule is not met on the civil day `day`; no statement where there are no rules.
pub(crate) async fn refuse_ineligible(
    conn: &impl ConnectionTrait,
    city: CityId,
    resident: PersonId,
    rules: &[Rule],
    day: NaiveDate,
) -> Result<(), Error> {
    if rules.is_empty() {
        return Ok(());
    }
    let facts = identity::facts_of(conn, city, &[resident]).await?;
    let findings = evaluate(rules, &facts.get(&resident).cloned().unwrap_or_default(), day);
    first(findings, Outcome::NotMet).map_or(Ok(()), |finding| Err(Error::NotEligible(finding)))
}
