//! Documents and variables made up from the schema at random: whatever is asked, the service answers and does not fail.

use async_graphql::parser::types::{BaseType, FieldDefinition, Type};
use async_graphql::{Name, Number, Value as Input};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use support::both;

use crate::raw::{Raw, token};
use crate::town::{ROLES, Town};
use crate::types::Types;

/// How many documents are tried on each database.
const CASES: u32 = 400;

/// How deep a document goes.
const DEPTH: usize = 6;

/// Makes a document from random numbers. When they are used up it takes the first of every choice.
struct Maker<'m> {
    types: &'m Types,
    ids: &'m [String],
    numbers: std::vec::IntoIter<u32>,
    declared: Vec<String>,
    variables: serde_json::Map<String, Value>,
}

impl Maker<'_> {
    /// A choice among `count`.
    fn choose(&mut self, count: usize) -> usize {
        usize::try_from(self.numbers.next().unwrap_or_default()).unwrap() % count.max(1)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.choose(count) == count - 1
    }

    /// The body of a request.
    fn request(&mut self) -> String {
        let (keyword, root) = if self.one_in(2) {
            ("mutation", "Mutation")
        } else {
            ("query", "Query")
        };
        let fields = if root == "Mutation" { 1 } else { 1 + self.choose(3) };
        let selection = self.selection(root, fields, 0);
        let declared = if self.declared.is_empty() {
            String::new()
        } else {
            format!("({})", self.declared.join(", "))
        };
        let text = format!("{keyword} generated{declared} {selection}");
        json!({ "query": text, "variables": self.variables }).to_string()
    }

    fn selection(&mut self, of: &str, count: usize, depth: usize) -> String {
        let types = self.types;
        let fields = types.fields(of);
        let mut chosen: Vec<_> = (0..count).map(|_| self.choose(fields.len())).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let mut texts = vec!["__typename".to_owned()];
        for (alias, index) in chosen.into_iter().enumerate() {
            texts.extend(self.field(fields[index], alias, depth));
        }
        format!("{{ {} }}", texts.join(" "))
    }

    /// A field with its arguments; `None` where the document would become too deep.
    fn field(&mut self, field: &FieldDefinition, alias: usize, depth: usize) -> Option<String> {
        let below = name_of(&field.ty.node).to_owned();
        let is_object = !self.types.fields(&below).is_empty();
        if is_object && depth >= DEPTH {
            return None;
        }
        let mut arguments = Vec::new();
        for argument in &field.arguments {
            let ty = &argument.node.ty.node;
            if (ty.nullable && self.one_in(2)) || self.one_in(40) {
                continue;
            }
            let value = self.value(ty);
            let name = &argument.node.name.node;
            arguments.push(if self.one_in(2) {
                let variable = format!("v{}", self.declared.len());
                self.declared.push(format!("${variable}: {ty}"));
                self.variables.insert(variable.clone(), value.into_json().unwrap());
                format!("{name}: ${variable}")
            } else {
                format!("{name}: {value}")
            });
        }
        let arguments = if arguments.is_empty() {
            String::new()
        } else {
            format!("({})", arguments.join(", "))
        };
        let count = 1 + self.choose(5);
        let selection = if is_object {
            self.selection(&below, count, depth + 1)
        } else {
            String::new()
        };
        Some(format!("f{alias}: {}{arguments} {selection}", field.name.node))
    }

    /// A value of a type, now and then of another.
    fn value(&mut self, ty: &Type) -> Input {
        if self.one_in(25) {
            return self.anything();
        }
        if ty.nullable && self.one_in(4) {
            return Input::Null;
        }
        match &ty.base {
            BaseType::List(item) => (0..self.choose(4)).map(|_| self.value(item)).collect::<Vec<_>>().into(),
            BaseType::Named(name) => self.named(name.as_str()),
        }
    }

    fn named(&mut self, name: &str) -> Input {
        let types = self.types;
        match name {
            "ID" => self.pick(self.ids),
            "String" => self.text(),
            "Int" | "Cents" => self.number(),
            "Date" => self.pick(&[
                "2027-04-01",
                "2027-01-01",
                "2027-12-31",
                "0000-00-00",
                "9999-12-31",
                "-0001-01-01",
            ]),
            "DateTime" => self.pick(&[
                "2027-04-20T10:00:00Z",
                "2027-04-20T10:00:00+14:00",
                "2027-04-20",
                "+262142-12-31T23:59:60Z",
            ]),
            _ => {
                let values = types.values(name);
                if values.is_empty() {
                    let fields = types.inputs(name).into_iter();
                    let fields = fields.map(|field| (field.name.node.clone(), self.value(&field.ty.node)));
                    Input::Object(fields.collect())
                } else {
                    Input::Enum(Name::new(values[self.choose(values.len())]))
                }
            }
        }
    }

    fn pick(&mut self, among: &[impl AsRef<str>]) -> Input {
        Input::String(among[self.choose(among.len())].as_ref().to_owned())
    }

    fn text(&mut self) -> Input {
        let texts = [
            "Teksti",
            "837",
            "resident@example.org",
            "2464491-9",
            "FI2112345600000785",
            "avain-avain-avain",
            "",
            " ",
            "'; DROP TABLE booking;--",
            "%_\\",
            "\u{7}",
            "\u{202e}\u{feff}",
            "<script>alert(1)</script>",
            "=1+1",
            "𝕊𝕖𝕥𝕖𝕝𝕚",
            "e\u{301}\u{301}\u{301}",
            "\"\"\"\\u{110000}",
        ];
        if self.one_in(30) {
            Input::String("ä".repeat(5_000))
        } else {
            self.pick(&texts)
        }
    }

    fn number(&mut self) -> Input {
        let numbers = [
            10,
            1,
            2,
            0,
            -1,
            100,
            101,
            2027,
            5_000,
            i64::from(i32::MAX),
            1 << 31,
            1 << 53,
            i64::MAX,
            i64::MIN,
        ];
        Input::Number(Number::from(numbers[self.choose(numbers.len())]))
    }

    fn anything(&mut self) -> Input {
        match self.choose(7) {
            0 => Input::Null,
            1 => Input::Boolean(true),
            2 => self.number(),
            3 => self.text(),
            4 => Input::Number(Number::from_f64(1.5).unwrap()),
            5 => Input::List(vec![Input::Null]),
            _ => Input::Object([(Name::new("x"), Input::Null)].into_iter().collect()),
        }
    }
}

fn name_of(ty: &Type) -> &str {
    match &ty.base {
        BaseType::List(item) => name_of(item),
        BaseType::Named(name) => name,
    }
}

#[tokio::test]
async fn whatever_is_asked_is_answered() {
    both(async |app| {
        let town = Town::open(app).await;
        let (raw, types) = (Raw::new(&town), Types::read());
        let mut ids: Vec<_> = town.ids.values().cloned().collect();
        ids.extend(
            [
                "",
                "x",
                "city_01h455vb4pex5vsknk084sn02q",
                "booking_01h455vb4pex5vsknk084sn02q",
            ]
            .map(str::to_owned),
        );
        let mut tokens = Vec::new();
        for role in ROLES {
            tokens.push(token(&town, role).await);
        }
        let strategy = (0..tokens.len(), prop::collection::vec(any::<u32>(), 10..400));
        let (mut runner, mut answered) = (TestRunner::default(), 0);
        for _ in 0..CASES {
            let (role, numbers) = strategy.new_tree(&mut runner).unwrap().current();
            let mut maker = Maker {
                types: &types,
                ids: &ids,
                numbers: numbers.into_iter(),
                declared: Vec::new(),
                variables: serde_json::Map::new(),
            };
            let body = maker.request();
            let received = raw.send(tokens[role].as_deref(), "sv", body.clone()).await;
            assert_eq!(received.fault(), None, "{}: {body}", ROLES[role]);
            // Refused requests have no data at all; executed ones may have none left.
            answered += u32::from(received.body.get("data").is_some());
        }
        assert!(answered > CASES / 10, "{answered} of {CASES} documents were executed");
        app.run_jobs().await;
    })
    .await;
}
