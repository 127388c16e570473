//! What a document costs once its fragments are expanded, computed without expanding them.
//!
//! A fragment is measured once and remembered, so a document whose fragments double at each of twenty levels is judged in
//! the time it takes to read it.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Pos, Positioned};

use super::refusal::{Refusal, RefusalCode};

/// Deepest nesting of selection sets, fragments included; it bounds the recursion of [`Meter`] itself.
const MAX_NESTING: usize = 64;

/// Lists of the introspection schema: a query that selects them often or inside each other multiplies the size of the schema.
const INTROSPECTION_LISTS: [&str; 8] = [
    "types",
    "directives",
    "fields",
    "inputFields",
    "interfaces",
    "possibleTypes",
    "enumValues",
    "args",
];

/// Those of [`INTROSPECTION_LISTS`] that lead back to types, so that they can nest without end.
const NESTING_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// The size of a selection set with its fragments expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Fields, spreads and inline fragments.
    pub(super) selections: usize,
    /// Fields of the set itself, those of its fragments included.
    pub(super) root_fields: usize,
    /// Levels of fields.
    pub(super) depth: usize,
    pub(super) directives: usize,
    /// Lists of the schema selected below `__schema` and `__type`.
    pub(super) introspection_lists: usize,
    /// How deep those lists nest.
    pub(super) introspection_depth: usize,
    /// `__schema` or `__type` is selected.
    pub(super) introspects: bool,
    /// Levels of selection sets.
    nesting: usize,
    /// Selected fields that would be lists if they stood below `__schema`, and how deep they nest.
    lists: usize,
    list_depth: usize,
}

impl Cost {
    pub(super) fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.depth = self.depth.max(other.depth);
        self.directives = self.directives.saturating_add(other.directives);
        self.introspection_lists = self.introspection_lists.saturating_add(other.introspection_lists);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.introspects |= other.introspects;
        self.nesting = self.nesting.max(other.nesting);
        self.lists = self.lists.saturating_add(other.lists);
        self.list_depth = self.list_depth.max(other.list_depth);
    }

    /// The cost of a field whose selection set costs `self`.
    fn under_field(mut self, name: &str) -> Self {
        self.root_fields = 1;
        self.depth += 1;
        if matches!(name, "__schema" | "__type") {
            self.introspects = true;
            self.introspection_lists = self.lists;
            self.introspection_depth = self.list_depth;
        }
        self.lists = self
            .lists
            .saturating_add(usize::from(INTROSPECTION_LISTS.contains(&name)));
        self.list_depth += usize::from(NESTING_LISTS.contains(&name));
        self
    }
}

/// Measures selection sets of one document.
pub(super) struct Meter<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None` while a fragment is being measured: meeting it again then is a cycle.
    measured: HashMap<&'a str, Option<Cost>>,
}

impl<'a> Meter<'a> {
    pub(super) fn new(fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>) -> Self {
        Self {
            fragments,
            measured: HashMap::new(),
        }
    }

    /// Measures a selection set that lies `nesting` levels deep.
    ///
    /// # Errors
    /// [`RefusalCode::DocumentTooComplex`] for a cycle of fragments and for too deep a nesting,
    /// [`RefusalCode::ValidationFailed`] for a fragment that does not exist.
    pub(super) fn measure(&mut self, set: &'a SelectionSet, nesting: usize) -> Result<Cost, Refusal> {
        check_nesting(nesting)?;
        let mut total = Cost::default();
        for item in &set.items {
            let inner = match &item.node {
                Selection::Field(field) => {
                    let inner = self.measure(&field.node.selection_set.node, nesting + 1)?;
                    inner.under_field(&field.node.name.node)
                }
                Selection::InlineFragment(inline) => self.measure(&inline.node.selection_set.node, nesting + 1)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, item.pos, nesting + 1)?
                }
            };
            let own = Cost {
                selections: 1,
                directives: item.node.directives().len(),
                ..Cost::default()
            };
            total.add(own);
            total.add(Cost {
                nesting: inner.nesting + 1,
                ..inner
            });
        }
        Ok(total)
    }

    /// Measures a fragment at the place of its spread.
    pub(super) fn fragment(&mut self, name: &'a str, pos: Pos, nesting: usize) -> Result<Cost, Refusal> {
        match self.measured.get(name) {
            Some(Some(cost)) => {
                check_nesting(nesting + cost.nesting)?;
                return Ok(*cost);
            }
            Some(None) => {
                let message = "The fragments of the document form a cycle.";
                return Err(Refusal::new(RefusalCode::DocumentTooComplex, message).at(Some(pos)));
            }
            None => {}
        }
        let fragment = self.fragments.get(name).ok_or_else(|| {
            let message = "The document spreads a fragment that it does not define.";
            Refusal::new(RefusalCode::ValidationFailed, message).at(Some(pos))
        })?;
        self.measured.insert(name, None);
        let mut cost = self.measure(&fragment.node.selection_set.node, nesting)?;
        cost.directives = cost.directives.saturating_add(fragment.node.directives.len());
        self.measured.insert(name, Some(cost));
        Ok(cost)
    }
}

fn check_nesting(nesting: usize) -> Result<(), Refusal> {
    if nesting > MAX_NESTING {
        let message = format!("Selections nest deeper than {MAX_NESTING} levels, fragments included.");
        return Err(Refusal::new(RefusalCode::DocumentTooComplex, message));
    }
    Ok(())
}
