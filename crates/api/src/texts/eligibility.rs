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
