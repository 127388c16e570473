//! Strangers: nobody, staff of another city, the signatory of another company, another resident. None of them sees or
//! changes anything of the town, and what is not theirs answers as what does not exist (A7, A8).

use std::collections::{BTreeMap, BTreeSet};

use api::http::Operations;
use serde_json::{Value, json};
use support::{Answer, both};

use crate::inputs::{documents, owner};
use crate::town::Town;

const STRANGERS: [&str; 4] = [
    "nobody",
    "staff of another city",
    "signatory of another company",
    "other resident",
];

/// The digits of an id that no record has.
const NOWHERE: &str = "01h455vb4pex5vsknk084sn02q";

/// True when everybody may see what an id of the town names.
fn is_public(name: &str) -> bool {
    let listed = [
        "city",
        "foreign city",
        "company",
        "third company",
        "offer",
        "approval",
        "approval to stop",
        "heard approval",
        "resigned approval",
        "terms",
        "coming terms",
        "approval elsewhere",
        "rulebook",
    ]
    .contains(&name);
    listed
        || name.starts_with("to pause")
        || name.ends_with("occurrence")
        || name.ends_with("programme") && !name.contains("draft")
}

/// The ids and codes that no stranger may learn. The other company is known to its own signatory, who is a stranger here.
fn secrets<'t>(town: &'t Town<'_>) -> BTreeSet<&'t str> {
    let hidden = town
        .ids
        .iter()
        .filter(|(name, _)| !is_public(name) && *name != "other company");
    hidden.map(|(_, id)| id.as_str()).collect()
}

/// Every text in a value, with what it is replaced by where `replace` says so.
fn replaced(value: &Value, replace: &impl Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => json!(replace(text).unwrap_or_else(|| text.clone())),
        Value::Array(items) => items.iter().map(|item| replaced(item, replace)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, item)| (name.clone(), replaced(item, replace)))
            .collect(),
        other => other.clone(),
    }
}

/// Every id in a value.
fn ids_in(value: &Value) -> BTreeSet<String> {
    let found = std::cell::RefCell::new(BTreeSet::new());
    replaced(value, &|text| {
        text.split_once('_')
            .filter(|(_, digits)| digits.len() == NOWHERE.len())
            .map(|_| found.borrow_mut().insert(text.to_owned()));
        None
    });
    found.into_inner()
}

/// True when the session that the stranger uses would end.
fn ends_session(document: &str) -> bool {
    [
        "resident/signOut",
        "resident/signOutEverywhere",
        "resident/changePassword",
    ]
    .contains(&document)
}

fn is_internal(answer: &Answer) -> bool {
    answer.body.to_string().contains("INTERNAL")
}

#[tokio::test]
async fn strangers_learn_nothing() {
    both(async |app| {
        let town = Town::open(app).await;
        let secrets = secrets(&town);
        let mut leaks = Vec::new();
        for stranger in STRANGERS {
            for document in documents().into_iter().filter(|document| !ends_session(document)) {
                let variables = town.variables(document, stranger).await;
                let answer = town.actor(stranger).run(document, variables).await;
                let text = answer.body.to_string();
                let leak = secrets.iter().find(|secret| text.contains(&format!("\"{secret}\"")));
                if is_internal(&answer) || leak.is_some() {
                    leaks.push(format!("{stranger}, {document}: {leak:?}"));
                }
            }
        }
        assert_eq!(leaks, Vec::<String>::new());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn foreign_and_missing_ids_answer_the_same() {
    both(async |app| {
        let town = Town::open(app).await;
        let secrets = secrets(&town);
        let missing = |text: &str| {
            let (kind, _) = text.split_once('_')?;
            secrets.contains(text).then(|| format!("{kind}_{NOWHERE}"))
        };
        let (mut compared, mut differences) = (0, Vec::new());
        for stranger in STRANGERS {
            for document in documents() {
                let variables = town.variables(document, stranger).await;
                let nowhere = replaced(&variables, &missing);
                if nowhere == variables {
                    continue;
                }
                let actor = town.actor(stranger);
                let foreign = actor.run(document, variables).await;
                let none = actor.run(document, nowhere).await;
                compared += 1;
                if (&foreign.body, foreign.status) != (&none.body, none.status) {
                    differences.push(format!("{stranger}, {document}: {} but {}", foreign.body, none.body));
                }
            }
        }
        assert!(compared > 100, "{compared}");
        assert_eq!(differences, Vec::<String>::new());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_found_by_its_id_alone() {
    both(async |app| {
        let town = Town::open(app).await;
        for secret in secrets(&town).into_iter().filter(|secret| secret.contains('_')) {
            for stranger in STRANGERS {
                let node = town
                    .actor(stranger)
                    .run("anyone/node", json!({ "id": secret }))
                    .await
                    .ok();
                assert_eq!(*node.data("/node"), Value::Null, "{stranger}, {secret}");
            }
        }
        for stranger in ["nobody", "other resident", "staff of another city"] {
            let id = town.id("other company");
            let node = town.actor(stranger).run("anyone/node", json!({ "id": id })).await.ok();
            assert_eq!(*node.data("/node"), Value::Null, "{stranger}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn ids_of_another_kind_are_told() {
    both(async |app| {
        let town = Town::open(app).await;
        let (mut tried, mut misread) = (0, Vec::new());
        for document in documents().into_iter().filter(|document| {
            ![
                "anyone/node",
                "anyone/programmeTerms",
                "anyone/programmeRulebooks",
                "approver/approval",
                "officer/programmeBudgets",
            ]
            .contains(document)
        }) {
            let actor = town.actor(owner(document));
            let variables = town.variables(document, owner(document)).await;
            for id in ids_in(&variables) {
                for wrong in [
                    format!("line_{NOWHERE}"),
                    "x".to_owned(),
                    String::new(),
                    id.to_uppercase(),
                    format!("{id} "),
                ] {
                    let hostile = replaced(&variables, &|text| (text == id).then(|| wrong.clone()));
                    let answer = actor.run(document, hostile).await;
                    tried += 1;
                    let codes = answer
                        .error_code()
                        .into_iter()
                        .chain(answer.user_errors())
                        .collect::<Vec<_>>();
                    if codes != ["INVALID_ID"] {
                        misread.push(format!("{document}: {id} as {wrong:?} is {codes:?}"));
                    }
                }
            }
        }
        assert!(tried > 300, "{tried}");
        assert_eq!(misread, Vec::<String>::new());
        for id in ["x", "", "voucher_", "line_01h455vb4pex5vsknk084sn02q"] {
            let node = app.anyone().run("anyone/node", json!({ "id": id })).await.ok();
            assert_eq!(*node.data("/node"), Value::Null, "{id}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn cursors_of_another_list_are_told() {
    both(async |app| {
        let town = Town::open(app).await;
        let mut lists = 0;
        for (document, _) in lists_with_cursors() {
            let actor = town.actor(owner(document));
            let mut variables = town.variables(document, owner(document)).await;
            for cursor in [format!("session_{NOWHERE}"), "x".to_owned(), String::new()] {
                variables["after"] = json!(cursor);
                let answer = actor.run(document, variables.clone()).await;
                assert_eq!(
                    answer.error_code(),
                    Some("INVALID_ID"),
                    "{document} after {cursor:?}: {}",
                    answer.body
                );
            }
            lists += 1;
        }
        assert!(lists > 20, "{lists}");
        app.run_jobs().await;
    })
    .await;
}

/// The documents with a list that goes on after a cursor.
fn lists_with_cursors() -> impl Iterator<Item = (&'static str, &'static str)> {
    Operations::embedded()
        .iter()
        .filter(|(_, text)| text.contains("$after: String"))
        .collect::<Vec<_>>()
        .into_iter()
}

#[tokio::test]
async fn cursors_of_another_tenant_lead_nowhere() {
    both(async |app| {
        let town = Town::open(app).await;
        let secrets = secrets(&town);
        let by_kind: BTreeMap<_, _> = secrets
            .iter()
            .filter_map(|id| Some((id.split_once('_')?.0, *id)))
            .collect();
        // In the lists of her own city or company.
        let at_home = |text: &str| {
            let home = |name: &str, of: &str| (text == town.id(name)).then(|| town.id(of).to_owned());
            home("city", "foreign city").or_else(|| home("company", "other company"))
        };
        let mut answered = 0;
        for stranger in ["staff of another city", "signatory of another company"] {
            for (document, _) in lists_with_cursors() {
                let mut variables = replaced(&town.variables(document, stranger).await, &at_home);
                for cursor in by_kind.values() {
                    variables["after"] = json!(cursor);
                    let answer = town.actor(stranger).run(document, variables.clone()).await;
                    let text = answer.body.to_string();
                    let leak = secrets.iter().find(|secret| text.contains(&format!("\"{secret}\"")));
                    assert!(
                        leak.is_none() && !is_internal(&answer),
                        "{stranger}, {document} after {cursor}: {text}"
                    );
                    answered += u32::from(answer.error_code().is_none());
                }
            }
        }
        assert!(answered > 20, "{answered}");
        app.run_jobs().await;
    })
    .await;
}
