use std::collections::{HashMap, HashSet};

use async_graphql::Name;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, OperationType, Type, TypeKind, TypeSystemDefinition};
use async_graphql::{Positioned, ServerError, Value};
use kernel::ErrorCode;

/// The types of the fields of a schema, which the library keeps to itself except as text.
#[derive(Default)]
pub(crate) struct Types {
    query: Option<Name>,
    mutation: Option<Name>,
    fields: HashMap<Name, HashMap<Name, Type>>,
    /// The fields of input objects.
    inputs: HashMap<Name, HashMap<Name, Type>>,
    abstracts: HashSet<Name>,
}

impl Types {
    /// Reads them from the text of a schema.
    ///
    /// # Errors
    /// When it is no text of a schema.
    pub(crate) fn read(sdl: &str) -> Result<Self, ServerError> {
        let mut types = Self::default();
        for definition in parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    types.query = schema.node.query.map(|name| name.node);
                    types.mutation = schema.node.mutation.map(|name| name.node);
                }
                TypeSystemDefinition::Type(of) => {
                    if matches!(of.node.kind, TypeKind::Interface(_) | TypeKind::Union(_)) {
                        types.abstracts.insert(of.node.name.node.clone());
                    }
                    let fields = match of.node.kind {
                        TypeKind::Object(object) => object.fields,
                        TypeKind::Interface(interface) => interface.fields,
                        TypeKind::InputObject(input) => {
                            let fields = input.fields.into_iter();
                            let fields = fields.map(|field| (field.node.name.node, field.node.ty.node));
                            types.inputs.insert(of.node.name.node, fields.collect());
                            continue;
                        }
                        _ => continue,
                    };
                    let field = |field: Positioned<FieldDefinition>| (field.node.name.node, field.node.ty.node);
                    types
                        .fields
                        .insert(of.node.name.node, fields.into_iter().map(field).collect());
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        Ok(types)
    }

    /// The type whose fields an operation selects.
    pub(super) fn root(&self, operation: OperationType) -> Option<&Name> {
        match operation {
            OperationType::Query => self.query.as_ref(),
            OperationType::Mutation => self.mutation.as_ref(),
            OperationType::Subscription => None,
        }
    }

    /// Whether a type is an interface or a union. No two of ours share an object, so a fragment on one that validation has let
    /// through always applies.
    pub(super) fn is_abstract(&self, of: &Name) -> bool {
        self.abstracts.contains(of)
    }

    /// Where in `value`, which is of type `of`, stands the first whole number that no `Int` holds, or something else than
    /// an object where an input object is asked for.
    ///
    /// The library finds both only while it executes, and by then does not know where they stood.
    pub(crate) fn misfit(&self, of: &Type, value: &Value) -> Option<Misfit> {
        match (&of.base, value) {
            (_, Value::Null) => None,
            (BaseType::List(item), Value::List(values)) => values
                .iter()
                .enumerate()
                .find_map(|(place, value)| Some(self.misfit(item, value)?.below(place.to_string()))),
            (BaseType::List(item), value) => self.misfit(item, value),
            (BaseType::Named(name), Value::Number(number)) if name == "Int" => {
                let fits = number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
                (!fits && !number.is_f64()).then(|| Misfit::here(ErrorCode::OutOfRange))
            }
            (BaseType::Named(name), value) => match (self.inputs.get(name)?, value) {
                (fields, Value::Object(object)) => object
                    .iter()
                    .find_map(|(name, value)| Some(self.misfit(fields.get(name)?, value)?.below(name.to_string()))),
                _ => Some(Misfit::here(ErrorCode::InvalidFormat)),
            },
        }
    }

    /// The type of a field; unknown are those of introspection, such as `__typename`, which never fail.
    pub(super) fn field(&self, object: Option<&str>, field: &str) -> Option<&Type> {
        self.fields.get(object?)?.get(field)
    }
}

/// The object, interface or leaf at the bottom of lists.
pub(super) fn innermost(of: &Type) -> &Name {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => innermost(item),
    }
}

/// A value that is not of its type.
pub(crate) struct Misfit {
    /// Why.
    pub(crate) code: ErrorCode,
    /// The way to it, from the bottom.
    upwards: Vec<String>,
}

impl Misfit {
    fn here(code: ErrorCode) -> Self {
        let upwards = Vec::new();
        Self { code, upwards }
    }

    pub(crate) fn below(mut self, part: String) -> Self {
        self.upwards.push(part);
        self
    }

    /// The way to it, from the top.
    pub(crate) fn path(self) -> Vec<String> {
        self.upwards.into_iter().rev().collect()
    }
}
