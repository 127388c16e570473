//! What a voucher is worth: the value rule of the programme's terms on the circumstances of a resident.

use chrono::NaiveDate;
use kernel::{Cents, ErrorCode, FieldError, field};
use programmes::InvalidAssessment;
use programmes::model::terms::moment_of_decision;
use programmes::model::unit::MAX_QUANTITY;
use programmes::value::{Assessment, Valuation, ValueRule};
use programmes::{Terms, Unit};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::model::Worth;

/// What the value rule reads about a resident, and what an officer decides beside it. A rule that asks for nothing takes
/// the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, DeriveValueType)]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "stored")]
pub struct Circumstances {
    /// The situation of the resident; its raise is that of `raise`.
    pub assessment: Option<Assessment>,
    /// The resident has accepted expressly that without an income the value is the lowest (V4).
    pub accepts_without_income: bool,
    /// What the voucher may pay in all where the rule values each visit, in cents; in visits or hours it follows from the
    /// quantity.
    pub amount: Option<Cents>,
    /// What it grants of the unit of the programme, in thousandths of a visit or in minutes; none in euros.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i32>,
    /// The hardship raise.
    pub raise: Option<Raise>,
}

/// A raise of the value of a unit, because livelihood would be endangered or social care asks for it (Act 569/2009, 8 §;
/// E7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// By how much, in cents.
    pub cents: Cents,
    /// Why, at most 2 000 characters.
    pub reason: String,
}

/// As circumstances and situations stand in the database: JSON in a text column, which SQL never looks into.
pub(super) fn stored<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain records always have a JSON text")
}

/// What is written into the voucher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// In what it is granted.
    pub unit: Unit,
    /// What it may pay in all, and what it grants of its unit.
    pub worth: Worth,
    /// By which situation each visit is valued.
    pub assessment: Option<Assessment>,
    /// What a unit is worth, and why.
    pub valuation: Valuation,
    /// Why it was raised.
    pub raise_reason: Option<String>,
}

/// By what a voucher of a programme is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The unit of the programme.
    pub unit: Unit,
    /// The terms in force on the first day of use.
    pub terms: Terms,
    /// The first day of use.
    pub first_day: NaiveDate,
    /// The terms that are published for later days.
    pub later: Vec<Terms>,
}

impl Rules {
    /// The rules among the `published` terms of a programme; none where no terms are in force on the first day.
    pub fn of(unit: Unit, published: Vec<Terms>, first_day: NaiveDate) -> Option<Self> {
        let in_force = |terms: &Terms| terms.period().covers(first_day);
        let (now, others): (Vec<_>, Vec<_>) = published.into_iter().partition(in_force);
        Some(Self {
            unit,
            terms: now.into_iter().next()?,
            first_day,
            later: others
                .into_iter()
                .filter(|terms| terms.valid_from > first_day)
                .collect(),
        })
    }

    /// The most that a quantity can cost under the terms that are published.
    fn most_of(&self, quantity: i64, assessment: &Assessment) -> Cents {
        let all = self.later.iter().chain([&self.terms]);
        let most = all.map(|terms| terms.most_of(self.unit, quantity, assessment)).max();
        most.unwrap_or_default()
    }
}

impl Circumstances {
    /// Decides by the rules of the programme.
    ///
    /// # Errors
    /// `Field` and `Assessment` when something is missing that the rule reads, by its place in the input.
    pub fn decide(&self, rules: &Rules) -> Result<Decision, Error> {
        let (rule, first_day) = (&rules.terms.value_rule, rules.first_day);
        let raise_reason = self.raise.as_ref().map(Raise::checked).transpose()?;
        let assessment = self.check(rule)?;
        let valuation = rule.value(&assessment, None, 1, moment_of_decision(first_day));
        let kept = !rule.is_paid_once() || self.assessment.is_some() || self.raise.is_some();
        Ok(Decision {
            unit: rules.unit,
            worth: self.worth(rules, &assessment, valuation.value)?,
            assessment: kept.then_some(assessment),
            valuation,
            raise_reason,
        })
    }

    /// The assessment that `rule` reads, with the raise.
    ///
    /// # Errors
    /// `Field` and `Assessment` when something is missing that the rule reads, by its place in the input.
    pub fn check(&self, rule: &ValueRule) -> Result<Assessment, Error> {
        if rule.reads_income() && self.assessment.is_none() {
            return Err(FieldError::new("assessment", ErrorCode::Required).into());
        }
        let assessment = Assessment {
            raise: self.raise.as_ref().map_or(Cents::ZERO, |raise| raise.cents),
            ..self.assessment.clone().unwrap_or_default()
        };
        rule.check_assessment(&assessment).map_err(InvalidAssessment)?;
        if rule.reads_income() && assessment.monthly_income.is_none() && !self.accepts_without_income {
            return Err(FieldError::new("assessment.acceptsWithoutIncome", ErrorCode::Required).into());
        }
        Ok(assessment)
    }

    /// What the voucher may pay and grants: a quantity with the most that it can cost, in euros a sum.
    fn worth(&self, rules: &Rules, assessment: &Assessment, value: Cents) -> Result<Worth, FieldError> {
        let quantity = match (rules.unit, self.quantity) {
            (Unit::Eur, None) => return self.purse(&rules.terms.value_rule, value).map(Worth::of_cents),
            (Unit::Eur, Some(_)) => return Err(FieldError::new("quantity", ErrorCode::InvalidFormat)),
            (_, None) => return Err(FieldError::new("quantity", ErrorCode::Required)),
            (_, Some(quantity)) => field::number("quantity", quantity, 1, MAX_QUANTITY)?.into(),
        };
        let cents = rules.most_of(quantity, assessment);
        let cents = field::cents("quantity", cents, Cents(1), Cents::MAX_INPUT)?;
        if let Some(amount) = self.amount {
            field::cents("amount", amount, cents, cents)?;
        }
        Ok(Worth { cents, quantity })
    }

    /// The value where the rule makes one sum, else the amount.
    fn purse(&self, rule: &ValueRule, value: Cents) -> Result<Cents, FieldError> {
        match self.amount {
            None if rule.is_paid_once() => Ok(value),
            None => Err(FieldError::new("amount", ErrorCode::Required)),
            Some(amount) if rule.is_paid_once() => field::cents("amount", amount, value, value),
            Some(amount) => field::cents("amount", amount, Cents(1), Cents::MAX_INPUT),
        }
    }
}

impl Raise {
    /// The reason, when the raise is one.
    fn checked(&self) -> Result<String, FieldError> {
        field::cents("raise.cents", self.cents, Cents(1), Cents::MAX_INPUT)?;
        field::text("raise.reason", &self.reason, 2_000)
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Coded, TypedId};
    use programmes::value::TextKey;
    use programmes::value::flat::{Flat, Per};
    use programmes::value::home_care::{IncomeRow, IncomeTested};
    use programmes::value::households::ExtraPerson;

    use super::*;

    fn flat(per: Per) -> ValueRule {
        ValueRule::Flat(Flat {
            value: Cents(10_000),
            per,
            coefficients: None,
        })
    }

    /// Formula (a) for one person.
    fn home_care() -> ValueRule {
        ValueRule::IncomeTested(IncomeTested {
            vmax: Cents(2_700),
            floor: Cents(700),
            households: vec![IncomeRow {
                household: 1,
                limit: Cents(56_300),
                rate: kernel::BasisPoints(3_500),
            }],
            extra_person: ExtraPerson {
                limit: Cents(34_200),
                rate: kernel::BasisPoints(100),
            },
            round_up_to: Cents(1),
            coefficients: None,
        })
    }

    fn terms(rule: &ValueRule, from: &str) -> Terms {
        let id = sea_orm::prelude::Uuid::from_u128;
        Terms {
            id: kernel::TermsId::from_uuid(id(1)),
            city_id: kernel::CityId::from_uuid(id(2)),
            programme_id: kernel::ProgrammeId::from_uuid(id(3)),
            valid_from: from.parse().unwrap(),
            valid_until: None,
            value_rule: rule.clone(),
            price_mode: programmes::PriceMode::OwnShare,
            price_ceiling_cents: Cents(20_000),
            free_cancellation_hours: 24,
            late_fee_bp: kernel::BasisPoints(5_000),
            appeal_days: 30,
            parameters: programmes::Parameters::default(),
            conditions: programmes::Conditions::default(),
            state: programmes::TermsState::Published,
            drafted_by: kernel::PersonId::from_uuid(id(4)),
            published_by: None,
            version: 1,
            created_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn rules(unit: Unit, rule: &ValueRule) -> Rules {
        let first_day = "2027-01-01".parse().unwrap();
        Rules::of(unit, vec![terms(rule, "2027-01-01")], first_day).unwrap()
    }

    fn decide(circumstances: &Circumstances, rule: &ValueRule) -> Result<Decision, Error> {
        circumstances.decide(&rules(Unit::Eur, rule))
    }

    fn granting(quantity: i32) -> Circumstances {
        Circumstances {
            quantity: Some(quantity),
            ..Circumstances::default()
        }
    }

    #[test]
    fn a_quantity_holds_what_it_can_cost_by_all_terms_that_are_published() {
        let piece = flat(Per::Piece);
        let granted = granting(3_000).decide(&rules(Unit::Visit, &piece)).unwrap();
        let three = Worth {
            cents: Cents(30_000),
            quantity: 3_000,
        };
        assert_eq!((granted.unit, granted.worth), (Unit::Visit, three));
        assert!(granted.assessment.is_some());
        // From March on a visit is worth more; what held before counts no more.
        let dear = ValueRule::Flat(Flat {
            value: Cents(12_000),
            per: Per::Piece,
            coefficients: None,
        });
        let before = Terms {
            valid_until: Some("2026-12-31".parse().unwrap()),
            ..terms(&dear, "2026-01-01")
        };
        let of = |more: Terms| {
            let first = Terms {
                valid_until: Some("2027-02-28".parse().unwrap()),
                ..terms(&piece, "2027-01-01")
            };
            let rules = Rules::of(Unit::Visit, vec![more, first], "2027-01-01".parse().unwrap()).unwrap();
            granting(3_000).decide(&rules).unwrap().worth.cents
        };
        assert_eq!(of(terms(&dear, "2027-03-01")), Cents(36_000));
        assert_eq!(of(before), Cents(30_000));
        assert_eq!(
            Rules::of(
                Unit::Visit,
                vec![terms(&dear, "2027-03-01")],
                "2027-01-01".parse().unwrap()
            ),
            None
        );
    }

    #[test]
    fn a_quantity_is_asked_for_where_there_is_a_unit_and_nowhere_else() {
        let wrong = |circumstances: Circumstances, unit| {
            let error = circumstances.decide(&rules(unit, &flat(Per::Piece))).unwrap_err();
            (error.code(), error.field())
        };
        let (required, range) = (ErrorCode::Required, ErrorCode::OutOfRange);
        assert_eq!(
            wrong(Circumstances::default(), Unit::Visit),
            (required, Some("quantity"))
        );
        assert_eq!(wrong(granting(0), Unit::Visit), (range, Some("quantity")));
        assert_eq!(wrong(granting(1_000_001), Unit::Visit), (range, Some("quantity")));
        let in_euros = wrong(granting(0), Unit::Eur);
        assert_eq!(in_euros, (ErrorCode::InvalidFormat, Some("quantity")));
        let other = Circumstances {
            amount: Some(Cents(9_999)),
            ..granting(1_000)
        };
        assert_eq!(wrong(other, Unit::Visit), (range, Some("amount")));
    }

    fn wrong(circumstances: &Circumstances, rule: &ValueRule) -> (ErrorCode, Option<&'static str>, Option<String>) {
        let error = decide(circumstances, rule).unwrap_err();
        (error.code(), error.field(), error.inside())
    }

    #[test]
    fn one_sum_is_granted_whole() {
        let granted = decide(&Circumstances::default(), &flat(Per::Voucher)).unwrap();
        assert_eq!((granted.worth.cents, granted.assessment), (Cents(10_000), None));
        let other = Circumstances {
            amount: Some(Cents(9_999)),
            ..Circumstances::default()
        };
        let refused = (ErrorCode::OutOfRange, Some("amount"), None);
        assert_eq!(wrong(&other, &flat(Per::Voucher)), refused);
    }

    #[test]
    fn a_raise_has_a_reason_and_a_line_of_its_own() {
        let mut raised = Circumstances {
            raise: Some(Raise {
                cents: Cents(2_500),
                reason: "Toimeentulo vaarantuisi.".into(),
            }),
            ..Circumstances::default()
        };
        let granted = decide(&raised, &flat(Per::Voucher)).unwrap();
        assert_eq!(granted.worth.cents, Cents(12_500));
        assert!(
            granted
                .valuation
                .lines
                .iter()
                .any(|line| line.key == TextKey::HardshipRaise)
        );
        assert_eq!(granted.raise_reason.as_deref(), Some("Toimeentulo vaarantuisi."));
        raised.raise = Some(Raise {
            cents: Cents(2_500),
            reason: " ".into(),
        });
        assert_eq!(
            wrong(&raised, &flat(Per::Voucher)),
            (ErrorCode::Required, Some("raise.reason"), None)
        );
    }

    #[test]
    fn a_rule_by_income_asks_for_what_it_reads() {
        let rule = home_care();
        let mut told = Circumstances::default();
        assert_eq!(wrong(&told, &rule), (ErrorCode::Required, Some("assessment"), None));
        told.assessment = Some(Assessment {
            household_size: 0,
            monthly_income: Some(Cents(140_000)),
            ..Assessment::default()
        });
        let size = Some("householdSize".to_owned());
        assert_eq!(wrong(&told, &rule), (ErrorCode::OutOfRange, Some("assessment"), size));
        told.assessment = Some(Assessment {
            monthly_income: Some(Cents(140_000)),
            ..Assessment::default()
        });
        assert_eq!(wrong(&told, &rule), (ErrorCode::Required, Some("amount"), None));
        told.amount = Some(Cents(50_000));
        let granted = decide(&told, &rule).unwrap();
        assert_eq!(
            (granted.worth.cents, granted.valuation.value),
            (Cents(50_000), Cents(2_212))
        );
    }

    #[test]
    fn the_lowest_value_without_an_income_is_accepted_expressly() {
        let mut silent = Circumstances {
            assessment: Some(Assessment::default()),
            amount: Some(Cents(50_000)),
            ..Circumstances::default()
        };
        let consent = Some("assessment.acceptsWithoutIncome");
        assert_eq!(wrong(&silent, &home_care()), (ErrorCode::Required, consent, None));
        silent.accepts_without_income = true;
        assert_eq!(decide(&silent, &home_care()).unwrap().valuation.value, Cents(700));
    }
}
