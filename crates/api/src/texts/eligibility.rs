//! The sentences that explain eligibility, in Finnish, Swedish and English.

use kernel::Lang;
use programmes::eligibility::{Finding, Outcome, Range, Rule};

/// A rule and whether it is met, as a sentence.
pub(crate) fn sentence(finding: &Finding, lang: Lang) -> String {
    let rule = match &finding.rule {
        Rule::Age(range) => ranged(["ikä {} vuotta", "ålder {} år", "age {} years"], *range, lang),
        Rule::Household(range) => {
            let texts = [
                "kotitalous {} henkilöä",
                "hushåll {} personer",
                "household of {} persons",
            ];
            ranged(texts, *range, lang)
        }
        Rule::Home { municipalities } => {
            let texts = ["kotikunta {}", "hemkommun {}", "home municipality {}"];
            pick(texts, lang).replace("{}", &municipalities.join(", "))
        }
        Rule::Segment { name } => pick(["ryhmä {}", "grupp {}", "group {}"], lang).replace("{}", name),
    };
    let texts = match finding.outcome {
        Outcome::Met => [
            "Edellytys täyttyy: {}.",
            "Villkoret uppfylls: {}.",
            "The condition is met: {}.",
        ],
        Outcome::NotMet => [
            "Edellytys ei täyty: {}.",
            "Villkoret uppfylls inte: {}.",
            "The condition is not met: {}.",
        ],
        Outcome::Unknown => [
            "Edellytyksestä ei ole tietoa: {}.",
            "Uppgift om villkoret saknas: {}.",
            "Nothing is recorded about the condition: {}.",
        ],
    };
    pick(texts, lang).replace("{}", &rule)
}

/// The sentence about the rule that the values of an error name; none when they name no rule.
pub(crate) fn of_params(params: &[(&'static str, String)], outcome: Outcome, lang: Lang) -> Option<String> {
    let value = |name: &str| params.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    let bound = |name: &str| value(name).and_then(|value| value.parse().ok());
    let range = Range {
        from: bound("from"),
        to: bound("to"),
    };
    let rule = match value("rule")?.as_str() {
        "AGE" => Rule::Age(range),
        "HOUSEHOLD" => Rule::Household(range),
        "HOME_MUNICIPALITY" => Rule::Home {
            municipalities: vec![value("municipalities")?.clone()],
        },
        "SEGMENT" => Rule::Segment {
            name: value("segment")?.clone(),
        },
        _ => return None,
    };
    Some(sentence(&Finding { rule, outcome }, lang))
}

fn ranged(texts: [&'static str; 3], range: Range, lang: Lang) -> String {
    let numbers = match (range.from, range.to) {
        (Some(from), Some(to)) => format!("{from}–{to}"),
        (Some(from), None) => format!("{} {from}", pick(["vähintään", "minst", "at least"], lang)),
        (None, Some(to)) => format!("{} {to}", pick(["enintään", "högst", "at most"], lang)),
        (None, None) => String::new(),
    };
    pick(texts, lang).replace("{}", &numbers)
}

fn pick([fi, sv, en]: [&'static str; 3], lang: Lang) -> &'static str {
    match lang {
        Lang::Fi => fi,
        Lang::Sv => sv,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_rule_as_the_explanation_does() {
        let range = Range {
            from: Some(18),
            to: Some(64),
        };
        let rules = [
            Rule::Age(range),
            Rule::Household(range),
            Rule::Home {
                municipalities: vec!["049".into(), "092".into()],
            },
            Rule::Segment {
                name: "omaishoitajat".into(),
            },
        ];
        for rule in rules {
            for (outcome, lang) in [(Outcome::NotMet, Lang::Sv), (Outcome::Unknown, Lang::En)] {
                let finding = Finding {
                    rule: rule.clone(),
                    outcome,
                };
                let named = of_params(&finding.params(), outcome, lang);
                assert_eq!(named, Some(sentence(&finding, lang)));
            }
        }
        assert_eq!(of_params(&[], Outcome::NotMet, Lang::Fi), None);
    }

    #[test]
    fn says_the_rule_and_whether_it_is_met() {
        let finding = |rule, outcome| Finding { rule, outcome };
        let age = Rule::Age(Range {
            from: Some(65),
            to: None,
        });
        let text = sentence(&finding(age.clone(), Outcome::NotMet), Lang::Fi);
        assert_eq!(text, "Edellytys ei täyty: ikä vähintään 65 vuotta.");
        let text = sentence(&finding(age, Outcome::Met), Lang::Sv);
        assert_eq!(text, "Villkoret uppfylls: ålder minst 65 år.");
        let home = Rule::Home {
            municipalities: vec!["837".into(), "853".into()],
        };
        let text = sentence(&finding(home, Outcome::Unknown), Lang::En);
        assert_eq!(
            text,
            "Nothing is recorded about the condition: home municipality 837, 853."
        );
    }
}
