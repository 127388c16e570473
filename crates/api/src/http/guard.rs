//! Judges a document before it is executed: pure, fast on hostile input, the same for HTTP bodies and websocket messages.
//!
//! Execution of a document without a wait in it cannot be stopped, and the parser and the validator recurse over what they
//! read, so every limit here is checked before the schema sees the document.

use std::sync::Arc;

use async_graphql::Positioned;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{Error as ParseError, parse_query};

use super::brackets;
use super::cost::{Cost, Meter};
use super::refusal::{Refusal, RefusalCode};

/// Longest document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 32 * 1024;
/// Most selections of all operations together, fragments expanded.
pub const MAX_SELECTIONS: usize = 2_000;
/// Most directives of all operations together, fragments expanded.
pub const MAX_DIRECTIVES: usize = 100;
/// Most levels of fields; the standard introspection query needs 15.
pub const MAX_DEPTH: usize = 20;
/// Most root fields of a query.
pub const MAX_QUERY_ROOT_FIELDS: usize = 20;
/// Most root fields of a mutation or subscription: with more, one request could try a hundred passwords.
pub const MAX_MUTATION_ROOT_FIELDS: usize = 1;
/// Most lists of the schema in one introspection; the standard introspection query has 9.
pub const MAX_INTROSPECTION_LISTS: usize = 16;
/// How deep lists of types may nest in introspection; the standard introspection query does not nest them.
pub const MAX_INTROSPECTION_DEPTH: usize = 1;

/// A document that may be executed.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The parsed document.
    pub document: Arc<ExecutableDocument>,
    /// The name of the operation to run, when it has one.
    pub operation_name: Option<String>,
    /// The kind of the operation to run.
    pub kind: OperationType,
    /// Whether the operation reads the schema.
    pub introspects: bool,
    /// Variables that the operation needs and that have no default.
    pub required_variables: Vec<String>,
}

/// Parses a document and checks it against every limit of this module.
///
/// `operation_name` chooses the operation to run; it may be left out when there is only one.
///
/// # Errors
/// A [`Refusal`] with one of the codes `DOCUMENT_TOO_LARGE`, `DOCUMENT_TOO_COMPLEX`, `GRAPHQL_PARSE_FAILED` and
/// `GRAPHQL_VALIDATION_FAILED`. It never repeats the document.
pub fn check(text: &str, operation_name: Option<&str>) -> Result<Checked, Refusal> {
    if text.len() > MAX_DOCUMENT_BYTES {
        let message = format!("The document is longer than {MAX_DOCUMENT_BYTES} bytes.");
        return Err(Refusal::new(RefusalCode::DocumentTooLarge, message));
    }
    brackets::check_document(text)?;
    let document = parse_query(text).map_err(|error| parse_refusal(&error))?;
    check_fragments(&document)?;
    let mut all = Cost::default();
    for (_, operation) in document.operations.iter() {
        all.add(check_operation(&document, &operation.node)?);
    }
    check_totals(&all)?;
    let (operation_name, operation) = select(&document.operations, operation_name)?;
    let required_variables = operation
        .node
        .variable_definitions
        .iter()
        .filter(|definition| !definition.node.var_type.node.nullable && definition.node.default_value.is_none());
    Ok(Checked {
        operation_name,
        kind: operation.node.ty,
        introspects: all.introspects,
        required_variables: required_variables
            .map(|definition| definition.node.name.node.to_string())
            .collect(),
        document: Arc::new(document),
    })
}

/// Fragments that no operation spreads are checked as well, since the validator expands each of them.
fn check_fragments(document: &ExecutableDocument) -> Result<(), Refusal> {
    let mut meter = Meter::new(&document.fragments);
    let mut all = Cost::default();
    for (name, fragment) in &document.fragments {
        all.add(meter.fragment(name, fragment.pos, 1)?);
    }
    check_totals(&all)
}

fn check_operation(document: &ExecutableDocument, operation: &OperationDefinition) -> Result<Cost, Refusal> {
    let mut cost = Meter::new(&document.fragments).measure(&operation.selection_set.node, 1)?;
    let variables = operation
        .variable_definitions
        .iter()
        .map(|definition| definition.node.directives.len());
    cost.directives = cost
        .directives
        .saturating_add(operation.directives.len() + variables.sum::<usize>());
    let most = match operation.ty {
        OperationType::Query => MAX_QUERY_ROOT_FIELDS,
        OperationType::Mutation | OperationType::Subscription => MAX_MUTATION_ROOT_FIELDS,
    };
    at_most(cost.root_fields, most, &format!("root fields in a {}", operation.ty))?;
    Ok(cost)
}

fn check_totals(cost: &Cost) -> Result<(), Refusal> {
    at_most(cost.selections, MAX_SELECTIONS, "selections, fragments expanded")?;
    at_most(cost.directives, MAX_DIRECTIVES, "directives, fragments expanded")?;
    at_most(cost.depth, MAX_DEPTH, "levels of fields")?;
    at_most(
        cost.introspection_lists,
        MAX_INTROSPECTION_LISTS,
        "lists in an introspection",
    )?;
    at_most(
        cost.introspection_depth,
        MAX_INTROSPECTION_DEPTH,
        "nested list of types in an introspection",
    )
}

fn at_most(found: usize, most: usize, what: &str) -> Result<(), Refusal> {
    if found <= most {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::DocumentTooComplex,
        format!("At most {most} {what}."),
    ))
}

/// The operation to run and its name.
fn select<'a>(
    operations: &'a DocumentOperations,
    wanted: Option<&str>,
) -> Result<(Option<String>, &'a Positioned<OperationDefinition>), Refusal> {
    let refuse = |message: &str| Err(Refusal::new(RefusalCode::ValidationFailed, message));
    match (operations, wanted) {
        (DocumentOperations::Single(operation), None) => Ok((None, operation)),
        (DocumentOperations::Single(_), Some(_)) => refuse("operationName is given, but the operation has no name."),
        (DocumentOperations::Multiple(named), Some(wanted)) => match named.get_key_value(wanted) {
            Some((name, operation)) => Ok((Some(name.to_string()), operation)),
            None => refuse("operationName names no operation of the document."),
        },
        (DocumentOperations::Multiple(named), None) => {
            let mut entries = named.iter();
            match (entries.next(), entries.next()) {
                (Some((name, operation)), None) => Ok((Some(name.to_string()), operation)),
                _ => refuse("The document has several operations: operationName must choose one."),
            }
        }
    }
}

/// The parser's own message quotes the line it failed on, so only its kind and place are told.
fn parse_refusal(error: &ParseError) -> Refusal {
    let message = match error {
        ParseError::MultipleOperations { .. } => "The document has several operations and one of them has no name.",
        ParseError::OperationDuplicated { .. } => "The document has two operations of one name.",
        ParseError::FragmentDuplicated { .. } => "The document has two fragments of one name.",
        ParseError::MissingOperation => "The document has no operation.",
        _ => "The document has a syntax error.",
    };
    Refusal::new(RefusalCode::ParseFailed, message).at(error.positions().next())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    use super::*;

    fn code(text: &str) -> Option<RefusalCode> {
        check(text, None).err().map(|refusal| refusal.code)
    }

    /// Fragments `A0` to `A{levels}`, each spreading the next one twice.
    fn doubling(levels: usize) -> String {
        let mut text = String::from("{ ...A0 }");
        for level in 0..levels {
            write!(text, " fragment A{level} on Query {{ ...A{0} ...A{0} }}", level + 1).unwrap();
        }
        text + &format!(" fragment A{levels} on Query {{ __typename }}")
    }

    #[test]
    fn hostile_documents_are_refused_at_once() {
        let chain = (0..900).fold("{ ...F0 }".to_owned(), |text, n| {
            text + &format!("fragment F{n} on Q{{...F{}}}", n + 1)
        });
        let hostile = [
            doubling(22),
            doubling(200),
            chain + "fragment F900 on Q{a}",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
            "{ a } fragment A on Query { b ...A }".to_owned(),
            "{a".repeat(2_000) + &"}".repeat(2_000),
            format!("{{ a(x: {}1{}) }}", "[".repeat(2_000), "]".repeat(2_000)),
            format!("query ($a: {}Int{}) {{ a }}", "[".repeat(2_000), "]".repeat(2_000)),
            format!("{{ {} }}", "a ".repeat(2_001)),
            format!("{{ a {} }}", "@skip(if: false) ".repeat(101)),
        ];
        for text in hostile {
            let started = Instant::now();
            assert_eq!(code(&text), Some(RefusalCode::DocumentTooComplex), "{}", &text[..40]);
            assert!(
                started.elapsed() < Duration::from_millis(250),
                "{:?} for {}",
                started.elapsed(),
                &text[..40]
            );
        }
    }

    #[test]
    fn limits_hold_exactly() {
        let nested = |levels: usize| "{a".repeat(levels) + &"}".repeat(levels);
        assert_eq!(code(&nested(MAX_DEPTH)), None);
        assert_eq!(code(&nested(MAX_DEPTH + 1)), Some(RefusalCode::DocumentTooComplex));
        let wide = |fields: usize| format!("{{ a {{ {} }} }}", "b ".repeat(fields));
        assert_eq!(code(&wide(MAX_SELECTIONS - 1)), None);
        assert_eq!(code(&wide(MAX_SELECTIONS)), Some(RefusalCode::DocumentTooComplex));
        let decorated = |directives: usize| format!("{{ a {} }}", "@x ".repeat(directives));
        assert_eq!(code(&decorated(MAX_DIRECTIVES)), None);
        assert_eq!(
            code(&decorated(MAX_DIRECTIVES + 1)),
            Some(RefusalCode::DocumentTooComplex)
        );
        let padded = |bytes: usize| format!("{{a}}{}", " ".repeat(bytes - 3));
        assert_eq!(code(&padded(MAX_DOCUMENT_BYTES)), None);
        assert_eq!(
            code(&padded(MAX_DOCUMENT_BYTES + 1)),
            Some(RefusalCode::DocumentTooLarge)
        );
    }

    #[test]
    fn root_fields_are_counted_through_aliases_and_fragments() {
        for (text, refused) in [
            ("mutation { a }", false),
            ("mutation { a b }", true),
            ("mutation { a: signIn b: signIn }", true),
            ("mutation { ...A } fragment A on Mutation { a b }", true),
            ("mutation { ... { a } ...A } fragment A on Mutation { b }", true),
            ("mutation A { a } mutation B { b }", false),
            ("subscription { a b }", true),
        ] {
            let expected = refused.then_some(RefusalCode::DocumentTooComplex);
            let name = text.contains("mutation A").then_some("A");
            assert_eq!(check(text, name).err().map(|refusal| refusal.code), expected, "{text}");
        }
        let query = |fields: usize| (0..fields).fold("{".to_owned(), |text, n| text + &format!("f{n}: a ")) + "}";
        assert_eq!(code(&query(MAX_QUERY_ROOT_FIELDS)), None);
        assert_eq!(
            code(&query(MAX_QUERY_ROOT_FIELDS + 1)),
            Some(RefusalCode::DocumentTooComplex)
        );
    }

    #[test]
    fn introspection_may_not_multiply_the_schema() {
        assert!(
            check(
                "{ __schema { types { fields { args { name } } inputFields { name } } } }",
                None
            )
            .unwrap()
            .introspects
        );
        for text in [
            "{ __schema { types { fields { type { fields { name } } } } } }",
            "{ __type(name: \"Q\") { fields { type { interfaces { name } } } } }",
        ] {
            assert_eq!(code(text), Some(RefusalCode::DocumentTooComplex), "{text}");
        }
        let aliases = (0..9).fold(String::new(), |text, n| {
            text + &format!("t{n}: types {{ fields {{ name }} }} ")
        });
        assert_eq!(
            code(&format!("{{ __schema {{ {aliases} }} }}")),
            Some(RefusalCode::DocumentTooComplex)
        );
        assert_eq!(
            code("{ order { fields { type { fields { name } } } } }"),
            None,
            "the words are free elsewhere"
        );
    }

    #[test]
    fn the_operation_must_be_clear() {
        let two = "query A { a } mutation B($x: Int!, $y: Int, $z: Int! = 1) { b }";
        assert_eq!(code(two), Some(RefusalCode::ValidationFailed));
        assert_eq!(check(two, Some("C")).unwrap_err().code, RefusalCode::ValidationFailed);
        let checked = check(two, Some("B")).unwrap();
        assert_eq!(checked.kind, OperationType::Mutation);
        assert_eq!(checked.required_variables, ["x"]);
        assert_eq!(
            check("query A { a }", None).unwrap().operation_name.as_deref(),
            Some("A")
        );
        assert_eq!(
            check("{ a }", Some("A")).unwrap_err().code,
            RefusalCode::ValidationFailed
        );
        assert_eq!(code("{ ...Nowhere }"), Some(RefusalCode::ValidationFailed));
    }

    #[test]
    fn a_syntax_error_does_not_repeat_the_document() {
        for text in [
            "{ secretWord(",
            "query",
            "",
            "{ a } { b }",
            "query A { a } query A { b }",
            "fragment A on B { c }",
        ] {
            let refusal = check(text, None).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::ParseFailed, "{text}");
            assert!(!refusal.message.contains("secretWord") && refusal.message.chars().count() <= 200);
        }
    }
}
