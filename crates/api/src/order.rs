//! Answers as the specification of GraphQL asks: fields in the order of the document (6.3.2, collecting fields), a field
//! that failed is null, and where its type has no null the next object around it that may be null is (6.4.4, handling
//! field errors).
//!
//! The library answers fields in the order in which they were resolved, leaves out those that failed, says null of an
//! object from which everything was skipped or failed, and overlooks the defaults of variables in `@skip` and `@include`.
//! So the defaults are filled in, and a selection set of which nothing may be left asks for `__typename` under the name
//! [`MARK`], which is taken out of the answer again: by it an object that is there differs from none.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    BaseType, Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
    Type,
};
use async_graphql::{Name, Pos, Positioned, Request, Response, Value};

mod types;

pub(crate) use types::Types;
use types::innermost;

/// No name of a document: names have no spaces.
const MARK: &str = " ";

/// What the answer to a request has to look like.
pub(crate) struct Order<'t> {
    types: &'t Types,
    document: Arc<ExecutableDocument>,
    operation: Option<String>,
    /// The variables on which directives can depend.
    flags: HashMap<Name, bool>,
}

/// A field that is selected under one name, with what is selected from it.
struct Chosen<'d> {
    name: &'d str,
    sets: Vec<&'d SelectionSet>,
}

/// The selected fields of an object by the names they have in the answer.
type Selected<'d> = IndexMap<&'d str, Chosen<'d>>;

impl<'t> Order<'t> {
    /// Prepares a request for a document so that its answer can be put into order; none when it has no operation to run.
    pub(crate) fn prepare(types: &'t Types, request: &mut Request, document: Arc<ExecutableDocument>) -> Option<Self> {
        let operation = request.operation_name.clone();
        for definition in &chosen(&document, operation.as_deref())?.variable_definitions {
            if let Some(default) = &definition.node.default_value {
                let name = definition.node.name.node.clone();
                request.variables.entry(name).or_insert_with(|| default.node.clone());
            }
        }
        let flag = |(name, value): (&Name, &Value)| match value {
            Value::Boolean(flag) => Some((name.clone(), *flag)),
            _ => None,
        };
        let flags = request.variables.iter().filter_map(flag).collect();
        // The library takes a document of its own.
        request.set_parsed_query(types.marked((*document).clone()));
        Some(Self {
            types,
            document,
            operation,
            flags,
        })
    }

    /// Puts the answer to the prepared request into order.
    pub(crate) fn arrange(&self, response: &mut Response) {
        let Some(operation) = chosen(&self.document, self.operation.as_deref()) else {
            return;
        };
        if let Value::Object(fields) = std::mem::take(&mut response.data) {
            let root = self.types.root(operation.ty).map(Name::as_str);
            response.data = self
                .object(fields, root, &[&operation.selection_set.node])
                .unwrap_or_default();
        }
    }

    /// A value of the type `of`; none where it has to be null and must not be.
    fn completed(&self, value: Value, of: Option<&Type>, sets: &[&SelectionSet]) -> Option<Value> {
        let completed = match value {
            Value::Null => None,
            Value::List(items) => {
                let item = of.and_then(|of| match &of.base {
                    BaseType::List(item) => Some(&**item),
                    BaseType::Named(_) => None,
                });
                let items = items.into_iter().map(|value| self.completed(value, item, sets));
                items.collect::<Option<_>>().map(Value::List)
            }
            Value::Object(fields) if !sets.is_empty() => self.object(fields, of.map(|of| innermost(of).as_str()), sets),
            leaf => Some(leaf),
        };
        completed.or_else(|| of.is_none_or(|of| of.nullable).then_some(Value::Null))
    }

    /// An object of the type `declared`, which may be an interface; none when a field failed that must not be null.
    fn object(
        &self,
        mut fields: IndexMap<Name, Value>,
        declared: Option<&str>,
        sets: &[&SelectionSet],
    ) -> Option<Value> {
        let marked = match fields.swap_remove(MARK) {
            Some(Value::String(object)) => Some(object),
            _ => None,
        };
        let object = marked.as_deref().or(declared);
        let mut selected = Selected::new();
        for set in sets {
            self.collect(set, object, &mut selected);
        }
        let complete = |(key, Chosen { name, sets }): (&str, Chosen<'_>)| {
            let failed = || (Name::new(key), Value::Null);
            let (key, value) = fields.swap_remove_entry(key).unwrap_or_else(failed);
            Some((key, self.completed(value, self.types.field(object, name), &sets)?))
        };
        let completed: Option<_> = selected.into_iter().map(complete).collect();
        completed.map(Value::Object)
    }

    /// Collects what is selected of an object of the type `object`.
    fn collect<'d>(&'d self, set: &'d SelectionSet, object: Option<&str>, selected: &mut Selected<'d>) {
        let applies =
            |condition: &Name| object.is_none_or(|object| condition == object) || self.types.is_abstract(condition);
        for item in set.items.iter().filter(|item| self.is_included(item.node.directives())) {
            match &item.node {
                Selection::Field(field) => {
                    let inner = &field.node.selection_set.node;
                    selected
                        .entry(field.node.response_key().node.as_str())
                        .or_insert_with(|| Chosen {
                            name: field.node.name.node.as_str(),
                            sets: Vec::new(),
                        })
                        .sets
                        .extend((!inner.items.is_empty()).then_some(inner));
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
                let flag = |name: Name| self.flags.get(&name).map(|flag| Value::Boolean(*flag)).ok_or(());
                value.into_const_with(flag).ok()
            });
            (value == Some(Value::Boolean(true))) == wanted
        })
    }
}

/// The operation to run.
pub(crate) fn chosen<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = operations.find(|(known, _)| name.is_none_or(|name| known.is_some_and(|known| known == name)));
    found.map(|(_, operation)| &operation.node)
}

impl Types {
    /// Marks the selection sets of which nothing may be left.
    fn marked(&self, mut document: ExecutableDocument) -> ExecutableDocument {
        let mark = |operation: &mut OperationDefinition| {
            self.mark(&mut operation.selection_set.node, self.root(operation.ty));
        };
        match &mut document.operations {
            DocumentOperations::Single(operation) => mark(&mut operation.node),
            DocumentOperations::Multiple(named) => named.values_mut().for_each(|operation| mark(&mut operation.node)),
        }
        for fragment in document.fragments.values_mut() {
            let fragment = &mut fragment.node;
            self.mark_below(
                &mut fragment.selection_set.node,
                Some(&fragment.type_condition.node.on.node),
            );
        }
        document
    }

    fn mark(&self, set: &mut SelectionSet, object: Option<&Name>) {
        self.mark_below(set, object);
        if !set.items.is_empty() && !self.leaves_something(set, object) {
            set.items.push(at(Selection::Field(at(typename()))));
        }
    }

    fn mark_below(&self, set: &mut SelectionSet, object: Option<&Name>) {
        for item in &mut set.items {
            match &mut item.node {
                Selection::Field(field) => {
                    let of = self.field(object.map(Name::as_str), &field.node.name.node);
                    self.mark(&mut field.node.selection_set.node, of.map(innermost));
                }
                Selection::InlineFragment(inline) => {
                    let inline = &mut inline.node;
                    let condition = inline.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    self.mark_below(&mut inline.selection_set.node, condition.or(object));
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// Whether nothing falls away by a fragment or a directive, and something must not be null: if all of that fails, the
    /// object is null anyway.
    fn leaves_something(&self, set: &SelectionSet, object: Option<&Name>) -> bool {
        let stays = |item: &Positioned<Selection>| {
            matches!(item.node, Selection::Field(_)) && item.node.directives().is_empty()
        };
        let is_needed = |item: &Positioned<Selection>| match &item.node {
            Selection::Field(field) => {
                let of = self.field(object.map(Name::as_str), &field.node.name.node);
                of.is_none_or(|of| !of.nullable)
            }
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
        };
        set.items.iter().all(stays) && set.items.iter().any(is_needed)
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
