//! Who may have and use a voucher of a programme: rules as data, decided by what is recorded of a resident (E3).

use chrono::NaiveDate;
use identity::{Facts, SEGMENT_CHARS, is_municipality, years_on};
use kernel::{ErrorCode, FieldError, field};
use serde::{Deserialize, Serialize};

/// The most rules of a programme, and municipalities in a rule: Finland has 308.
const MAX_RULES: usize = 20;
const MAX_MUNICIPALITIES: usize = 310;

/// The highest bound of an age, in years, and of a household, in persons.
const HIGHEST_AGE: i32 = 150;
const LARGEST_HOUSEHOLD: i32 = 50;

/// From a least to a greatest number, both included; a bound that is none is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    /// The least.
    pub from: Option<i32>,
    /// The greatest.
    pub to: Option<i32>,
}

impl Range {
    fn holds(self, number: i32) -> bool {
        self.from.is_none_or(|from| from <= number) && self.to.is_none_or(|to| number <= to)
    }

    /// Checks that there is a bound, and that none is below nought, above `most` or on the wrong side of the other.
    fn check(self, most: i32) -> Result<(), FieldError> {
        let bounds = [self.from, self.to].into_iter().flatten();
        if bounds.clone().count() == 0 {
            return Err(FieldError::new(FIELD, ErrorCode::Required));
        }
        for bound in bounds {
            field::number(FIELD, bound, 0, most)?;
        }
        field::number(FIELD, self.from.unwrap_or(0), 0, self.to.unwrap_or(most)).map(|_| ())
    }
}

/// The input field of the rules.
const FIELD: &str = "terms.eligibility";

/// What has to be so for a resident to have and to use a voucher. In JSON the field `kind` names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Rule {
    /// Her age on the day, in full years.
    Age(Range),
    /// Her home municipality on the day is one of these, by their codes of three digits.
    Home {
        /// The codes.
        municipalities: Vec<String>,
    },
    /// How many persons live in her household.
    Household(Range),
    /// On the day she is in this segment of the city.
    Segment {
        /// Its name, as officers record it.
        name: String,
    },
}

/// Whether a rule is met, as far as it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is met.
    Met,
    /// It is not.
    NotMet,
    /// Nothing is recorded by which it could be decided.
    Unknown,
}

/// A rule and whether it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Whether it is met.
    pub outcome: Outcome,
}

impl Finding {
    /// The values that an error about this rule names.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        let bounds = |range: &Range| {
            let from = range.from.map(|from| ("from", from.to_string()));
            let to = range.to.map(|to| ("to", to.to_string()));
            from.into_iter().chain(to)
        };
        let mut params = vec![("rule", self.rule.name().to_owned())];
        match &self.rule {
            Rule::Age(range) | Rule::Household(range) => params.extend(bounds(range)),
            Rule::Home { municipalities } => params.push(("municipalities", municipalities.join(", "))),
            Rule::Segment { name } => params.push(("segment", name.clone())),
        }
        params
    }
}

impl Rule {
    /// How the API names the kind of the rule.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Age(_) => "AGE",
            Self::Home { .. } => "HOME_MUNICIPALITY",
            Self::Household(_) => "HOUSEHOLD",
            Self::Segment { .. } => "SEGMENT",
        }
    }

    fn outcome(&self, facts: &Facts, day: NaiveDate) -> Outcome {
        let met = match self {
            Self::Age(range) => facts.born.map(|born| range.holds(years_on(born, day))),
            Self::Home { municipalities } => facts
                .home_on(day)
                .map(|home| municipalities.iter().any(|it| it == home)),
            Self::Household(range) => facts.household_size.map(|size| range.holds(size)),
            // Only officers say who is in a segment: whoever is not recorded is not in it.
            Self::Segment { name } => Some(facts.in_segment(name, day)),
        };
        match met {
            Some(true) => Outcome::Met,
            Some(false) => Outcome::NotMet,
            None => Outcome::Unknown,
        }
    }

    fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Age(range) => range.check(HIGHEST_AGE),
            Self::Household(range) => range.check(LARGEST_HOUSEHOLD),
            Self::Home { municipalities } if municipalities.is_empty() => {
                Err(FieldError::new(FIELD, ErrorCode::Required))
            }
            Self::Home { municipalities } if municipalities.len() > MAX_MUNICIPALITIES => {
                Err(FieldError::new(FIELD, ErrorCode::TooManyItems).with("max", MAX_MUNICIPALITIES))
            }
            Self::Home { municipalities } if !municipalities.iter().all(|code| is_municipality(code)) => {
                Err(FieldError::new(FIELD, ErrorCode::InvalidFormat))
            }
            Self::Home { .. } => Ok(()),
            Self::Segment { name } => field::line(FIELD, name, SEGMENT_CHARS).map(|_| ()),
        }
    }
}

/// Checks the rules of a draft.
///
/// # Errors
/// The first that does not fit, on the field `terms.eligibility`.
pub fn check(rules: &[Rule]) -> Result<(), FieldError> {
    if rules.len() > MAX_RULES {
        return Err(FieldError::new(FIELD, ErrorCode::TooManyItems).with("max", MAX_RULES));
    }
    rules.iter().try_for_each(Rule::check)
}

/// Says of each rule whether a resident of whom `facts` are recorded meets it on the civil day `day`. All have to be met.
pub fn evaluate(rules: &[Rule], facts: &Facts, day: NaiveDate) -> Vec<Finding> {
    let finding = |rule: &Rule| Finding {
        rule: rule.clone(),
        outcome: rule.outcome(facts, day),
    };
    rules.iter().map(finding).collect()
}

/// The first finding with this outcome.
pub fn first(findings: Vec<Finding>, outcome: Outcome) -> Option<Finding> {
    findings.into_iter().find(|finding| finding.outcome == outcome)
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Met, NotMet, Unknown};
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn range(from: Option<i32>, to: Option<i32>) -> Range {
        Range { from, to }
    }

    #[test]
    fn a_rule_is_met_not_met_or_unknown() {
        let facts = Facts {
            born: Some(day("1962-03-01")),
            household_size: Some(2),
            ..Facts::default()
        };
        let rules = [
            Rule::Age(range(Some(65), None)),
            Rule::Home {
                municipalities: vec!["837".into()],
            },
            Rule::Household(range(None, Some(2))),
            Rule::Segment {
                name: "omaishoitaja".into(),
            },
        ];
        let outcomes = |facts: &Facts, on: &str| {
            let found = evaluate(&rules, facts, day(on));
            found.into_iter().map(|finding| finding.outcome).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(&facts, "2027-02-28"), [NotMet, Unknown, Met, NotMet]);
        assert_eq!(outcomes(&facts, "2027-03-01"), [Met, Unknown, Met, NotMet]);
        assert_eq!(
            outcomes(&Facts::default(), "2027-03-01"),
            [Unknown, Unknown, Unknown, NotMet]
        );
    }

    #[test]
    fn rules_that_say_nothing_or_nonsense_are_refused() {
        for (rule, code) in [
            (Rule::Age(range(None, None)), ErrorCode::Required),
            (Rule::Age(range(Some(70), Some(60))), ErrorCode::OutOfRange),
            (Rule::Age(range(Some(-1), None)), ErrorCode::OutOfRange),
            (Rule::Household(range(None, Some(51))), ErrorCode::OutOfRange),
            (Rule::Home { municipalities: vec![] }, ErrorCode::Required),
            (
                Rule::Home {
                    municipalities: vec!["Tampere".into()],
                },
                ErrorCode::InvalidFormat,
            ),
            (Rule::Segment { name: " ".into() }, ErrorCode::Required),
        ] {
            assert_eq!(check(std::slice::from_ref(&rule)).unwrap_err().code, code, "{rule:?}");
        }
        assert!(
            check(&[
                Rule::Age(range(Some(65), None)),
                Rule::Household(range(Some(1), Some(1)))
            ])
            .is_ok()
        );
        let many = vec![Rule::Age(range(Some(1), None)); 21];
        assert_eq!(check(&many).unwrap_err().code, ErrorCode::TooManyItems);
    }
}
