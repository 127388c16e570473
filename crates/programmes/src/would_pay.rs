use chrono::{DateTime, Duration, Utc};
use kernel::{Cents, ProgrammeId, field};

use crate::error::InvalidAssessment;
use crate::model::terms::{self, moment_of, moment_of_decision};
use crate::model::unit::Unit;
use crate::value::share::Shares;
use crate::value::{Assessment, Moment, Valuation, share};
use crate::{Error, Programmes, find_public, published_terms};

/// What somebody asks of the calculator.
#[derive(Clone, Debug)]
pub struct Question {
    /// A published or closed programme.
    pub programme: ProgrammeId,
    /// The price of one place, in cents.
    pub price: Cents,
    /// How many places, pieces or months, 1 to 100.
    pub units: i32,
    /// When the visit begins and ends; an hour on a weekday where nothing is said.
    pub visit: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What the asker tells about herself. Nothing of it is kept.
    pub assessment: Assessment,
}

/// What the calculator answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// What a voucher would be worth, with its explanation.
    pub valuation: Valuation,
    /// How the price would be divided.
    pub shares: Shares,
    /// The unit of the programme.
    pub unit: Unit,
    /// What would be taken of a voucher in visits or hours, in thousandths of a visit or in minutes.
    pub quantity: i64,
}

impl Programmes {
    /// What a voucher of a programme would be worth and what would be left to pay, by the terms in force on the day of
    /// the visit; without a visit by those of the day on which a voucher granted today could first be used. Open to
    /// everybody; nothing is written, not even that somebody asked (V9).
    ///
    /// # Errors
    /// `NotFound` for a programme that is not public, `NoTermsInForce`, `Assessment` when it lacks what the rule reads,
    /// `PriceAboveCeiling`, `WorthNothing` and `Price` as for a booking.
    pub async fn would_pay(&self, question: &Question) -> Result<Estimate, Error> {
        field::number("units", question.units, 1, 100)?;
        field::cents("price", question.price, Cents::ZERO, Cents::MAX_INPUT)?;
        let programme = find_public(self.db.read(), question.programme).await?;
        let programme = programme.ok_or(Error::NotFound)?;
        let city = self.cities.find(programme.city_id).await?.ok_or(Error::NotFound)?;
        let first_day = city.day_of(self.db.clock().now()).max(programme.valid_from);
        let (day, moment) = match question.visit {
            Some((starts_at, ends_at)) => {
                field::instant("startsAt", starts_at)?;
                field::number("endsAt", ends_at, starts_at, starts_at + Duration::days(31))?;
                let moment = moment_of(starts_at, ends_at, city.zone.0);
                (moment.day, moment)
            }
            // The moment is an ordinary weekday; the terms are those of the day itself, as for a grant.
            None => (first_day, moment_of_decision(first_day)),
        };
        let published = published_terms(self.db.read(), programme.id).await?;
        let in_force = published.iter().find(|terms| terms.period().covers(day));
        let terms = in_force.ok_or(Error::NoTermsInForce)?;
        estimate(programme.unit, terms, question, moment)
    }
}

/// The answer by the terms in force.
fn estimate(unit: Unit, terms: &terms::Model, question: &Question, moment: Moment) -> Result<Estimate, Error> {
    let rule = &terms.value_rule;
    let moment = moment.rounded_up(terms.parameters.rounding_minutes);
    let check = rule.check_assessment(&question.assessment);
    check.map_err(|invalid| Error::Assessment(InvalidAssessment(invalid)))?;
    if !terms.allows_price(question.price) {
        return Err(Error::PriceAboveCeiling(terms.price_ceiling_cents));
    }
    let price = question.price.times(question.units);
    let valuation = rule.value(&question.assessment, Some(price), question.units, moment);
    if price.is_positive() && !valuation.value.is_positive() {
        return Err(Error::WorthNothing);
    }
    let mode = terms.price_mode.of_units(terms.price_ceiling_cents, question.units);
    let shares = share(price, valuation.value, mode)?;
    Ok(Estimate {
        valuation,
        shares,
        unit,
        quantity: unit.taken_by(question.units, moment),
    })
}
