use async_graphql::parser::parse_query;
use async_graphql::parser::types::OperationType;
use async_graphql::{EmptyMutation, EmptySubscription, Interface, Object, Schema, SimpleObject, Variables};
use serde_json::json;

use super::*;

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&i32"))]
enum Node {
    Cat(Cat),
    Dog(Dog),
}

#[derive(SimpleObject)]
struct Cat {
    id: i32,
    lives: i32,
}

#[derive(SimpleObject)]
struct Dog {
    id: i32,
    tricks: i32,
}

struct Query;

#[Object]
impl Query {
    /// Is there after everything else.
    async fn late(&self) -> i32 {
        tokio::task::yield_now().await;
        1
    }
    async fn early(&self) -> i32 {
        2
    }
    async fn failing(&self) -> async_graphql::Result<i32> {
        tokio::task::yield_now().await;
        Err("no".into())
    }
    async fn uncertain(&self) -> async_graphql::Result<Option<i32>> {
        tokio::task::yield_now().await;
        Err("no".into())
    }
    async fn child(&self) -> Self {
        Self
    }
    async fn guest(&self) -> Option<Self> {
        Some(Self)
    }
    async fn children(&self) -> Vec<Self> {
        vec![Self, Self]
    }
    async fn guests(&self) -> Vec<Option<Self>> {
        vec![Some(Self), None]
    }
    async fn nobody(&self) -> Option<Self> {
        None
    }
    async fn pets(&self) -> Vec<Node> {
        let (cat, dog) = (Cat { id: 1, lives: 9 }, Dog { id: 2, tricks: 3 });
        vec![Node::Cat(cat), Node::Dog(dog)]
    }
}

/// The data of the answer as text, in which the order of fields shows.
async fn answer(text: &str, variables: serde_json::Value) -> String {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let types = Types::read(&schema.sdl()).expect("the text of a schema");
    let document = Arc::new(parse_query(text).expect("a document"));
    let mut request = Request::new(text).variables(Variables::from_json(variables));
    let order = Order::prepare(&types, &mut request, document).expect("a document with one operation");
    let mut response = schema.execute(request).await;
    order.arrange(&mut response);
    serde_json::to_string(&response.data).expect("JSON")
}

#[tokio::test]
async fn fields_come_in_the_order_of_the_document() {
    for (text, expected) in [
        ("{ late early }", r#"{"late":1,"early":2}"#),
        (
            "{ child { b: late a: early } x: early }",
            r#"{"child":{"b":1,"a":2},"x":2}"#,
        ),
        (
            "{ ...A early } fragment A on Query { late child { ...B late } } fragment B on Query { early }",
            r#"{"late":1,"child":{"early":2,"late":1},"early":2}"#,
        ),
        // The second selection of a field adds to the first.
        (
            "{ child { late } early child { early late } }",
            r#"{"child":{"late":1,"early":2},"early":2}"#,
        ),
        // A fragment that does not apply does not count.
        (
            "{ pets { ... on Cat { lives } id ... on Dog { tricks } ... on Node { again: id } ... on Cat { id } } }",
            r#"{"pets":[{"lives":9,"id":1,"again":1},{"id":2,"tricks":3,"again":2}]}"#,
        ),
        ("{ late @skip(if: true) early late }", r#"{"early":2,"late":1}"#),
    ] {
        assert_eq!(answer(text, json!({})).await, expected, "{text}");
    }
}

#[tokio::test]
async fn an_object_without_fields_is_not_null() {
    for (text, expected) in [
        ("{ late @skip(if: true) }", "{}"),
        (
            "{ child { late @skip(if: true) } nobody { late @skip(if: true) } }",
            r#"{"child":{},"nobody":null}"#,
        ),
        ("{ pets { id @include(if: false) } }", r#"{"pets":[{},{}]}"#),
        ("{ pets { ... on Cat { lives } } }", r#"{"pets":[{"lives":9},{}]}"#),
    ] {
        assert_eq!(answer(text, json!({})).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_field_that_failed_is_null() {
    for (text, expected) in [
        ("{ uncertain early }", r#"{"uncertain":null,"early":2}"#),
        ("{ uncertain }", r#"{"uncertain":null}"#),
        // Every field failed, but the object is there.
        ("{ guest { a: uncertain } }", r#"{"guest":{"a":null}}"#),
        (
            "{ child { uncertain } child { early } }",
            r#"{"child":{"uncertain":null,"early":2}}"#,
        ),
        (
            "{ child { ...A } } fragment A on Query { child { uncertain } }",
            r#"{"child":{"child":{"uncertain":null}}}"#,
        ),
    ] {
        assert_eq!(answer(text, json!({})).await, expected, "{text}");
    }
}

#[tokio::test]
async fn where_null_is_not_allowed_what_is_around_it_is_null() {
    for (text, expected) in [
        ("{ early failing }", "null"),
        ("{ early child { early failing } }", "null"),
        ("{ early guest { early failing } }", r#"{"early":2,"guest":null}"#),
        ("{ early guest { child { failing } } }", r#"{"early":2,"guest":null}"#),
        (
            "{ early guest { children { failing } } }",
            r#"{"early":2,"guest":null}"#,
        ),
        ("{ guests { early failing } }", r#"{"guests":[null,null]}"#),
        ("{ guests { ... on Query { failing } } }", r#"{"guests":[null,null]}"#),
    ] {
        assert_eq!(answer(text, json!({})).await, expected, "{text}");
    }
}

#[tokio::test]
async fn what_was_not_executed_has_no_fields() {
    assert_eq!(answer("{ uncertain unheard }", json!({})).await, "null");
}

#[test]
fn the_types_of_the_whole_schema_are_known() {
    let types = Types::read(&crate::sdl()).expect("the text of the schema");
    let root = |operation| types.root(operation).map(Name::as_str);
    assert_eq!(root(OperationType::Mutation), Some("Mutation"));
    let node = types.field(root(OperationType::Query), "node").expect("a field");
    assert_eq!((node.nullable, innermost(node).as_str()), (true, "Node"));
    assert!(!types.field(Some("Node"), "id").expect("a field").nullable);
}

#[tokio::test]
async fn defaults_of_variables_decide_too() {
    let text = "query ($no: Boolean! = true) { late @skip(if: $no) early @include(if: $no) }";
    assert_eq!(answer(text, json!({})).await, r#"{"early":2}"#);
    assert_eq!(answer(text, json!({ "no": false })).await, r#"{"late":1}"#);
}

#[test]
fn no_object_belongs_to_two_abstract_types() {
    let sdl = crate::sdl();
    let unions: Vec<_> = sdl.lines().filter(|line| line.starts_with("union ")).collect();
    let interfaces: Vec<_> = sdl.lines().filter(|line| line.starts_with("interface ")).collect();
    assert_eq!(interfaces, ["interface Node {"]);
    let nodes = |name: &str| sdl.contains(&format!("type {name} implements Node"));
    let mut members: Vec<_> = unions
        .iter()
        .flat_map(|line| line.split(" = ").nth(1).unwrap().split(" | "))
        .collect();
    let count = members.len();
    assert!(!members.iter().any(|name| nodes(name)), "{members:?}");
    members.sort_unstable();
    members.dedup();
    assert_eq!(members.len(), count);
}
