//! Who may do what: one table of role and operation, and the rules that the schema prints.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use async_graphql::parser::types::{ServiceDocument, TypeKind, TypeSystemDefinition};
use serde_json::Value;
use support::{Answer, both};

use crate::inputs::documents;
use crate::town::{ROLES, Town};

/// What came of an operation, in one word: `OK`, `EMPTY` (a list without rows), `NULL` (nothing to see), or a code; a user
/// error is marked with an asterisk.
fn outcome(answer: &Answer) -> String {
    if let Some(code) = answer.error_code() {
        return code.to_owned();
    }
    if let [code, ..] = answer.user_errors()[..] {
        return format!("{code}*");
    }
    let data = answer.body["data"].as_object().expect("data");
    let root = data.values().next().expect("a root field");
    let rows = root.get("edges").or_else(|| root.get("nodes")).unwrap_or(root);
    match rows {
        Value::Null => "NULL",
        Value::Array(rows) if rows.is_empty() => "EMPTY",
        _ => "OK",
    }
    .to_owned()
}

/// The fields that hold something, as paths without the numbers of rows.
fn paths(value: &Value, path: &str, seen: &mut BTreeSet<String>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| paths(item, path, seen)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, field)| paths(field, &format!("{path}/{name}"), seen)),
        _ => _ = seen.insert(path.to_owned()),
    }
}

/// The roles by what came of a document for them. Whoever sees less than the one who sees most has what she does not see
/// named.
fn rows<'r>(cells: &[(&'r str, String, BTreeSet<String>)]) -> BTreeMap<String, Vec<&'r str>> {
    let succeeded = cells.iter().filter(|(_, outcome, _)| outcome == "OK");
    let all: BTreeSet<_> = succeeded.flat_map(|(_, _, seen)| seen).collect();
    let mut rows = BTreeMap::<String, Vec<_>>::new();
    for (role, outcome, seen) in cells {
        let hidden: Vec<_> = all
            .iter()
            .filter(|path| !seen.contains(**path))
            .map(|path| path.as_str())
            .collect();
        let row = match (outcome.as_str(), hidden.is_empty()) {
            ("OK", false) => format!("OK without {}", hidden.join(" ")),
            _ => outcome.clone(),
        };
        rows.entry(row).or_default().push(*role);
    }
    rows
}

/// Documents in an order in which each finds the state that it needs; those that end sessions come last.
fn rank(document: &str) -> u8 {
    match document {
        "approver/reinstateApproval"
        | "officer/closeProgramme"
        | "clerk/createSettlementRun"
        | "clerk/sendSettlementRun" => 2,
        "resident/signOut" => 4,
        "resident/signOutEverywhere" => 5,
        "resident/changePassword" => 6,
        _ => 1,
    }
}

#[tokio::test]
async fn roles_and_operations() {
    both(async |app| {
        let town = Town::open(app).await;
        let mut documents = documents();
        documents.sort_unstable_by_key(|path| (rank(path), *path));
        let mut table = BTreeMap::<_, Vec<(&str, String, BTreeSet<String>)>>::new();
        for role in ROLES {
            for document in &documents {
                let variables = town.variables(document, role).await;
                let actor = match town.email(role) {
                    // The documents before have ended her session.
                    Some(email) if rank(document) > 4 => (*app.sign_in(email).await).clone(),
                    _ => town.actor(role),
                };
                let answer = actor.run(document, variables).await;
                let mut seen = BTreeSet::new();
                paths(&answer.body["data"], "", &mut seen);
                table.entry(*document).or_default().push((role, outcome(&answer), seen));
            }
        }
        let mut text = String::new();
        for (document, cells) in table {
            writeln!(text, "{document}").unwrap();
            for (outcome, roles) in rows(&cells) {
                writeln!(text, "    {outcome}: {}", roles.join(", ")).unwrap();
            }
        }
        insta::assert_snapshot!("roles_and_operations", text);
        app.run_jobs().await;
    })
    .await;
}

/// The `requires` of a field's `@auth`, where it has one.
pub(crate) fn requires(field: &async_graphql::parser::types::FieldDefinition) -> Option<String> {
    let directive = field
        .directives
        .iter()
        .find(|directive| directive.node.name.node == "auth")?;
    let value = directive.node.get_argument("requires")?;
    Some(value.node.to_string())
}

#[test]
fn rules_in_the_schema() {
    let schema: ServiceDocument = async_graphql::parser::parse_schema(api::sdl()).unwrap();
    let mut lines = Vec::new();
    for definition in &schema.definitions {
        let TypeSystemDefinition::Type(of) = definition else {
            continue;
        };
        let TypeKind::Object(object) = &of.node.kind else {
            continue;
        };
        for field in &object.fields {
            let root = ["Query", "Mutation", "Subscription"].contains(&of.node.name.node.as_str());
            match requires(&field.node) {
                Some(rule) => lines.push(format!("{}.{}: {rule}", of.node.name.node, field.node.name.node)),
                None if root => lines.push(format!("{}.{}: (no rule)", of.node.name.node, field.node.name.node)),
                None => {}
            }
        }
    }
    lines.sort_unstable();
    insta::assert_snapshot!("rules_in_the_schema", lines.join("\n"));
}
