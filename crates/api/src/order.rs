//! Answers in the order of the document, as the specification of GraphQL asks (6.3.2, collecting fields).
//!
//! The library answers fields in the order in which they were resolved, says null of an object from which everything was
//! skipped, and overlooks the defaults of variables in `@skip` and `@include`. So the defaults are filled in, and a
//! selection set from which a field or a fragment may fall away asks for `__typename` under the name [`MARK`], which is
//! taken out of the answer again.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, OutputType, Pos, Positioned, Request, Response, Value, Variables};

use crate::node::Node;

/// No name of a document: names have no spaces.
const MARK: &str = " ";

/// What the answer to a request has to look like.
pub(crate) struct Order {
    document: ExecutableDocument,
    operation: Option<String>,
    variables: Variables,
}

/// The selected fields of an object by the names they have in the answer, with what is selected from each.
type Selected<'d> = IndexMap<&'d str, Vec<&'d SelectionSet>>;

impl Order {
    /// Prepares a request so that its answer can be put into order; none when it has no operation to run.
    pub(crate) fn prepare(request: &mut Request) -> Option<Self> {
        let mut document = request.parsed_query().ok()?.clone();
        let operation = request.operation_name.clone();
        for definition in &chosen(&document, operation.as_deref())?.variable_definitions {
            if let Some(default) = &definition.node.default_value {
                let name = definition.node.name.node.clone();
                request.variables.entry(name).or_insert_with(|| default.node.clone());
            }
        }
        match &mut document.operations {
            DocumentOperations::Single(operation) => mark(&mut operation.node.selection_set.node),
            DocumentOperations::Multiple(named) => named
                .values_mut()
                .for_each(|operation| mark(&mut operation.node.selection_set.node)),
        }
        for fragment in document.fragments.values_mut() {
            mark(&mut fragment.node.selection_set.node);
        }
        request.set_parsed_query(document.clone());
        Some(Self {
            document,
            operation,
            variables: request.variables.clone(),
        })
    }

    /// Puts the answer to the prepared request into order.
    pub(crate) fn arrange(&self, response: &mut Response) {
        let Some(operation) = chosen(&self.document, self.operation.as_deref()) else {
            return;
        };
        response.data = match std::mem::take(&mut response.data) {
            Value::Null if response.errors.is_empty() => Value::Object(IndexMap::new()),
            data => self.ordered(data, &[&operation.selection_set.node]),
        };
    }

    fn ordered(&self, value: Value, sets: &[&SelectionSet]) -> Value {
        match value {
            Value::List(items) => Value::List(items.into_iter().map(|item| self.ordered(item, sets)).collect()),
            Value::Object(mut fields) => {
                let object = match fields.swap_remove(MARK) {
                    Some(Value::String(object)) => Some(object),
                    _ => None,
                };
                let mut selected = Selected::new();
                for set in sets {
                    self.collect(set, object.as_deref(), &mut selected);
                }
                if fields.is_empty() && !selected.is_empty() {
                    // Every field has failed.
                    return Value::Null;
                }
                let next = |(key, sets): (&str, Vec<&SelectionSet>)| {
                    let (name, value) = fields.swap_remove_entry(key)?;
                    Some((name, self.ordered(value, &sets)))
                };
                Value::Object(selected.into_iter().filter_map(next).collect())
            }
            leaf => leaf,
        }
    }

    /// Collects what is selected of an object of the type `object`; only below the root, where every fragment applies,
    /// it may be unknown.
    fn collect<'d>(&'d self, set: &'d SelectionSet, object: Option<&str>, selected: &mut Selected<'d>) {
        let applies =
            |condition: &Name| object.is_none_or(|object| condition == object) || *condition == *Node::type_name();
        for item in set.items.iter().filter(|item| self.is_included(item.node.directives())) {
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    if key != MARK {
                        let inner = &field.node.selection_set.node;
                        selected
                            .entry(key)
                            .or_default()
                            .extend((!inner.items.is_empty()).then_some(inner));
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = fragment.filter(|of| applies(&of.node.type_condition.node.on.node)) {
                        self.collect(&fragment.node.selection_set.node, object, selected);
                    }
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    if condition.is_none_or(|condition| applies(&condition.node.on.node)) {
                        self.collect(&inline.node.selection_set.node, object, selected);
                    }
                }
            }
        }
    }

    fn is_included(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "include" => true,
                "skip" => false,
                _ => return true,
            };
            let argument = directive.node.get_argument("if").map(|argument| argument.node.clone());
            let value = argument.and_then(|value| {
                let variable = |name: Name| self.variables.get(&name).cloned().ok_or(());
                value.into_const_with(variable).ok()
            });
            (value == Some(Value::Boolean(true))) == wanted
        })
    }
}

/// The operation to run.
fn chosen<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = operations.find(|(known, _)| name.is_none_or(|name| known.is_some_and(|known| known == name)));
    found.map(|(_, operation)| &operation.node)
}

/// Marks the selection sets below `set` from which something may fall away.
fn mark(set: &mut SelectionSet) {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => {
                let inner = &mut field.node.selection_set.node;
                mark(inner);
                let stays = |item: &Positioned<Selection>| {
                    matches!(item.node, Selection::Field(_)) && item.node.directives().is_empty()
                };
                if !inner.items.iter().all(stays) {
                    inner.items.push(at(Selection::Field(at(typename()))));
                }
            }
            Selection::InlineFragment(inline) => mark(&mut inline.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn typename() -> Field {
    Field {
        alias: Some(at(Name::new(MARK))),
        name: at(Name::new("__typename")),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: at(SelectionSet::default()),
    }
}

fn at<T>(node: T) -> Positioned<T> {
    Positioned::new(node, Pos::default())
}

#[cfg(test)]
mod tests;
