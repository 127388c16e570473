//! The documents of `graphql/operations`: each fits the schema, and together they use all of its root fields.

use std::collections::BTreeSet;

use api::http::Operations;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use serde_json::{Value, json};
use support::TestApp;

/// The root fields of a document, as `Query.cities`.
fn root_fields(path: &str, document: &ExecutableDocument) -> Vec<String> {
    let mut fields = Vec::new();
    for (_, operation) in document.operations.iter() {
        let root = match operation.node.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        for selection in &operation.node.selection_set.node.items {
            let Selection::Field(field) = &selection.node else {
                panic!("{path} hides its root fields in a fragment");
            };
            fields.push(format!("{root}.{}", field.node.name.node));
        }
    }
    fields
}

/// The root fields of the schema, as the server itself tells them.
async fn fields_of_schema(app: &TestApp) -> BTreeSet<String> {
    let text = "{ __schema { types { name fields { name } } } }";
    let answer = app.anyone().query(text, json!({})).await.ok();
    let types = answer.data("/__schema/types").as_array().unwrap().clone();
    let roots = types
        .iter()
        .filter(|of| ["Query", "Mutation", "Subscription"].contains(&of["name"].as_str().unwrap()));
    roots
        .flat_map(|root| {
            let fields = root["fields"].as_array().unwrap();
            fields
                .iter()
                .map(|field| format!("{}.{}", root["name"].as_str().unwrap(), field["name"].as_str().unwrap()))
        })
        .collect()
}

#[tokio::test]
async fn every_root_field_is_used_by_a_document() {
    let app = TestApp::sqlite().await;
    let used: BTreeSet<_> = Operations::embedded()
        .iter()
        .flat_map(|(path, text)| {
            let document = async_graphql::parser::parse_query(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            root_fields(path, &document)
        })
        .collect();
    let unused: Vec<_> = fields_of_schema(&app)
        .await
        .into_iter()
        .filter(|field| !used.contains(field))
        .collect();
    assert_eq!(unused, Vec::<String>::new(), "add a document to graphql/operations");
    app.finish().await;
}

/// What the schema has against a document.
///
/// Every variable is an empty object, so that a document with variables is checked and not executed: no argument
/// takes it. Errors of resolvers have a path.
async fn misfits(app: &TestApp, path: &str, text: &str) -> Vec<String> {
    let document = async_graphql::parser::parse_query(text).unwrap();
    let variables = document
        .operations
        .iter()
        .flat_map(|(_, operation)| &operation.node.variable_definitions)
        .map(|variable| (variable.node.name.node.to_string(), json!({})))
        .collect();
    let answer = app.anyone().query(text, Value::Object(variables)).await;
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .filter(|error| error.get("path").is_none() && error["extensions"].get("field").is_none())
        .filter_map(|error| error["message"].as_str())
        .filter(|message| !message.starts_with("Invalid value for argument"))
        .map(|message| format!("{path}: {message}"))
        .collect()
}

#[tokio::test]
async fn every_document_fits_the_schema() {
    let app = TestApp::sqlite().await;
    let wrong = [
        "query wrong($id: ID!) { offer(offerId: $id) { nonsense } }",
        "query wrong($id: ID!) { offer(offerId: $id, extra: 1) { id } }",
        "query wrong($id: Nonsense!) { offer(offerId: $id) { id } }",
    ];
    for text in wrong {
        assert_ne!(misfits(&app, "wrong", text).await, Vec::<String>::new(), "{text}");
    }
    let mut found = Vec::new();
    for (path, text) in Operations::embedded().iter() {
        found.extend(misfits(&app, path, text).await);
    }
    assert_eq!(found, Vec::<String>::new());
    app.finish().await;
}
