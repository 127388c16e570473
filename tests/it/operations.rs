//! The documents of `graphql/operations`: each fits the schema, and together they use all of its root fields.

use std::collections::BTreeSet;

use api::http::Operations;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use serde_json::json;
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

/// Without variables a document that fits is refused for their lack, or reaches a resolver, whose errors have a path.
#[tokio::test]
async fn every_document_fits_the_schema() {
    let app = TestApp::sqlite().await;
    let mut misfits = Vec::new();
    for (path, _) in Operations::embedded().iter() {
        let answer = app.anyone().run(path, json!({})).await;
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        for error in errors.iter().filter(|error| error.get("path").is_none()) {
            let message = error["message"].as_str().unwrap_or_default();
            if !message.starts_with("Variable ") {
                misfits.push(format!("{path}: {message}"));
            }
        }
    }
    assert_eq!(misfits, Vec::<String>::new());
    app.finish().await;
}
