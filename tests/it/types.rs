//! The types of the schema, read from its text, for tests that make up inputs and documents.

use std::collections::BTreeMap;

use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

/// All types by name.
pub(crate) struct Types(BTreeMap<String, TypeKind>);

/// One input field below the variables of a document.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// The JSON pointer of the object that it stands in.
    pub(crate) object: String,
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) required: bool,
}

impl Leaf {
    /// The variables with another value in this place; `None` leaves the field out.
    pub(crate) fn set(&self, variables: &Value, value: Option<Value>) -> Value {
        let mut variables = variables.clone();
        let object = variables
            .pointer_mut(&self.object)
            .and_then(Value::as_object_mut)
            .expect("an object");
        match value {
            Some(value) => _ = object.insert(self.name.clone(), value),
            None => _ = object.remove(&self.name),
        }
        variables
    }

    pub(crate) fn pointer(&self) -> String {
        format!("{}/{}", self.object, self.name)
    }
}

impl Types {
    pub(crate) fn read() -> Self {
        let schema = async_graphql::parser::parse_schema(api::sdl()).unwrap();
        let types = schema
            .definitions
            .into_iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(of) => Some((of.node.name.node.to_string(), of.node.kind)),
                _ => None,
            });
        Self(types.collect())
    }

    /// The fields of an object or an interface; none for anything else.
    pub(crate) fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        let fields = match self.0.get(name) {
            Some(TypeKind::Object(object)) => &object.fields,
            Some(TypeKind::Interface(interface)) => &interface.fields,
            _ => return Vec::new(),
        };
        fields.iter().map(|field| &field.node).collect()
    }

    /// The fields of an input object; none for anything else.
    pub(crate) fn inputs(&self, name: &str) -> Vec<&InputValueDefinition> {
        match self.0.get(name) {
            Some(TypeKind::InputObject(object)) => object.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    /// The values of an enum; none for anything else.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(TypeKind::Enum(of)) => of.values.iter().map(|value| value.node.value.node.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// Every field of the input of a mutation, also those inside its objects and in the first item of its lists.
    pub(crate) fn leaves(&self, mutation: &str, variables: &Value) -> Vec<Leaf> {
        let root = self
            .fields("Mutation")
            .into_iter()
            .find(|field| field.name.node == mutation)
            .expect("a mutation");
        let mut leaves = Vec::new();
        for argument in &root.arguments {
            let name = argument.node.name.node.as_str();
            self.collect(
                &argument.node.ty.node,
                &variables[name],
                &format!("/{name}"),
                &mut leaves,
            );
        }
        leaves
    }

    fn collect(&self, ty: &Type, value: &Value, path: &str, leaves: &mut Vec<Leaf>) {
        let name = match &ty.base {
            BaseType::List(item) => return self.collect(item, &value[0], &format!("{path}/0"), leaves),
            BaseType::Named(_) if value.is_null() => return,
            BaseType::Named(name) => name.as_str(),
        };
        for field in self.inputs(name) {
            let (key, ty) = (field.name.node.to_string(), field.ty.node.clone());
            self.collect(&ty, &value[&key], &format!("{path}/{key}"), leaves);
            let required = !ty.nullable && field.default_value.is_none();
            leaves.push(Leaf {
                object: path.to_owned(),
                name: key,
                ty,
                required,
            });
        }
    }

    /// True when a value that is not null is of this type, so that a use case and not the schema has to refuse it. The
    /// hostile values hold no object of an input type.
    pub(crate) fn is_of(&self, ty: &Type, value: &Value) -> bool {
        let text = value.as_str();
        match &ty.base {
            BaseType::List(item) => match value.as_array() {
                Some(items) => items.iter().all(|value| self.is_of(item, value)),
                None => self.is_of(item, value),
            },
            BaseType::Named(name) => match name.as_str() {
                "ID" => value.is_string() || value.is_i64(),
                "String" => value.is_string(),
                "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
                "Cents" => value.as_i64().is_some_and(|cents| cents.unsigned_abs() < 1 << 53),
                "Date" => text.is_some_and(|text| text.parse::<NaiveDate>().is_ok()),
                "DateTime" => text.is_some_and(|text| text.parse::<DateTime<Utc>>().is_ok()),
                name => text.is_some_and(|text| self.values(name).contains(&text)),
            },
        }
    }

    /// Values that no field of this type takes.
    pub(crate) fn hostile(&self, leaf: &Leaf) -> Vec<Value> {
        let mut hostile = match &leaf.ty.base {
            BaseType::List(_) => vec![
                json!(7),
                json!("x"),
                json!([null]),
                json!([[]]),
                json!({}),
                json!(vec!["x"; 101]),
            ],
            BaseType::Named(name) => match name.as_str() {
                "ID" => ids(),
                "String" => texts(leaf),
                "Int" | "Cents" => numbers(),
                "Date" | "DateTime" => instants(),
                name if self.values(name).is_empty() => {
                    vec![json!(7), json!("x"), json!([]), json!({ "role": "ADMIN" })]
                }
                _ => vec![json!("NOBODY"), json!(""), json!(7), json!(true), json!({})],
            },
        };
        if leaf.required {
            hostile.push(Value::Null);
        }
        hostile
    }
}

fn ids() -> Vec<Value> {
    let line = "line_01h455vb4pex5vsknk084sn02q";
    vec![
        json!(7),
        json!(true),
        json!(""),
        json!("x"),
        json!(line),
        json!([line]),
        json!("city_\u{7}"),
        json!("9".repeat(10_000)),
    ]
}

fn texts(leaf: &Leaf) -> Vec<Value> {
    let mut texts = vec![
        json!(7),
        json!(true),
        json!(["x"]),
        json!({}),
        json!("ä".repeat(60_000)),
    ];
    // Passwords are hashed as they are, whatever they consist of.
    if !leaf.name.ends_with("assword") {
        texts.push(json!("Teksti\u{7}"));
        texts.push(json!("Teksti\u{202e}"));
    }
    if leaf.required {
        texts.extend([json!(""), json!(" \t ")]);
    }
    texts
}

fn numbers() -> Vec<Value> {
    vec![
        json!(-1),
        json!(0),
        json!(i64::from(i32::MAX) + 1),
        json!(1_i64 << 53),
        json!((1_i64 << 53) + 1),
        json!(1_u64 << 63),
        json!(i64::MIN),
        json!(1.5),
        json!("1"),
        json!(true),
        json!([1.5]),
    ]
}

fn instants() -> Vec<Value> {
    let texts = [
        "",
        "x",
        "2027-02-30",
        "2027-02-30T00:00:00Z",
        "+99999-01-01",
        "+99999-01-01T00:00:00Z",
        "1800-01-01T00:00:00Z",
    ];
    texts
        .into_iter()
        .map(Value::from)
        .chain([json!(7), json!(true), json!({})])
        .collect()
}
