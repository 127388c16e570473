//! Bad input: every field of every mutation with values that it must not take, and bodies that are no requests.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use support::{TestApp, both};

use crate::inputs::{documents, owner};
use crate::raw::{Raw, Received, token};
use crate::town::Town;
use crate::types::{Leaf, Types};

/// Tables that a refusal may write: the audit record and the counters of tries.
const REFUSALS: [&str; 2] = ["audit", "rate_limit"];

/// What a refusal writes beside those: a wrong code is counted at its booking.
const COUNTED: [(&str, &str); 1] = [("provider/recordDelivery", "booking")];

/// Values of the list of hostile ones that a field takes all the same: zero where it is a number like others, a budget that a
/// large city may well have, one keyword in the place of a list of one.
fn is_welcome(leaf: &Leaf, value: &Value) -> bool {
    match leaf.name.as_str() {
        "freeCancellationHours" | "lateFeeBasisPoints" | "baseline" | "target" | "priority" | "monthlyIncome" => {
            *value == json!(0)
        }
        "value" if leaf.object.contains("measured") => *value == json!(0),
        "budget" => *value == json!(1_i64 << 31),
        // The rule by which incomes are reviewed here reads none.
        "hoursPerMonth" => value.is_number(),
        "keywords" => value.is_string(),
        _ => false,
    }
}

/// A hash of the rows of each table, so that a change inside a row is seen as well as a new one.
async fn content(app: &TestApp) -> BTreeMap<String, u64> {
    let conn = app.db().read();
    let backend = conn.get_database_backend();
    // Every table with an expression for the text of a row.
    let tables = match backend {
        DbBackend::Sqlite => {
            "SELECT m.name AS name, group_concat('quote(\"' || c.name || '\")', ' || '','' || ') AS text \
             FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name"
        }
        _ => {
            "SELECT CAST(table_name AS text) AS name, 'CAST(t.* AS text)' AS text \
             FROM information_schema.tables WHERE table_schema = 'public'"
        }
    };
    let found = conn
        .query_all_raw(Statement::from_string(backend, tables))
        .await
        .unwrap();
    let texts: Vec<_> = found
        .iter()
        .map(|row| ["name", "text"].map(|column| row.try_get::<String>("", column).unwrap()))
        .filter(|[name, _]| !REFUSALS.contains(&name.as_str()))
        .map(|[name, text]| format!("SELECT '{name}' AS name, {text} AS text FROM {name} t"))
        .collect();
    assert!(texts.len() > 30, "the tables are found");
    let all = format!("{} ORDER BY 1, 2", texts.join(" UNION ALL "));
    let rows = conn.query_all_raw(Statement::from_string(backend, all)).await.unwrap();
    let mut hashers: BTreeMap<String, DefaultHasher> = BTreeMap::new();
    for row in rows {
        let [name, text] = ["name", "text"].map(|column| row.try_get::<String>("", column).unwrap());
        text.hash(hashers.entry(name).or_default());
    }
    hashers
        .into_iter()
        .map(|(name, hasher)| (name, hasher.finish()))
        .collect()
}

/// What is wrong with the refusal of a hostile value, which is `of_its_type` or not; also when it is none.
fn complaint(leaf: &Leaf, of_its_type: bool, received: &Received) -> Option<String> {
    if let Some(fault) = received.fault() {
        return Some(fault);
    }
    if received.codes().contains(&"UNAUTHENTICATED") {
        return Some("the session has ended".to_owned());
    }
    let errors = received.user_errors();
    if errors.is_empty() {
        return match received.codes()[..] {
            [] => Some("accepted".to_owned()),
            // Only what is not of the field's type does not reach its use case.
            ["INVALID_FORMAT" | "REQUIRED" | "OUT_OF_RANGE"] if !of_its_type => misplaced(leaf, received),
            ["GRAPHQL_VALIDATION_FAILED"] if received.body.to_string().contains("unknown field") => None,
            ref codes => Some(format!("{codes:?} in the place of a user error")),
        };
    }
    for error in errors {
        let code = error["code"].as_str().unwrap_or_default();
        let told = |sentence: &str| !sentence.is_empty() && !sentence.contains('{');
        if code.is_empty() || !error["message"].as_str().is_some_and(told) {
            return Some(format!("no code or no sentence: {error}"));
        }
        let path: Vec<_> = error["field"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let pointer = leaf.pointer();
        let names_it = !path.is_empty() && path.iter().all(|part| pointer.split('/').any(|name| name == *part));
        if ABOUT_A_FIELD.contains(&code) && !names_it {
            return Some(format!("{code} at {path:?}"));
        }
    }
    None
}

/// What is wrong with the error about a value that is not of its type.
fn misplaced(leaf: &Leaf, received: &Received) -> Option<String> {
    let error = &received.body["errors"][0];
    let path: Vec<_> = error["extensions"]["field"].as_array().into_iter().flatten().collect();
    let named = path.iter().fold(String::new(), |text, part| {
        format!("{text}/{}", part.as_str().unwrap_or_default())
    });
    let sentence = error["message"].as_str().unwrap_or_default();
    // Of an object it names what is missing in it, of a choice the object that has to choose.
    let names_it = named.starts_with(&leaf.pointer()) || named == leaf.object;
    let told = !sentence.is_empty() && !sentence.contains(['"', '{']);
    (!told || !names_it).then(|| error.to_string())
}

/// Codes that are about one field of the input.
const ABOUT_A_FIELD: [&str; 9] = [
    "REQUIRED",
    "TOO_LONG",
    "CONTROL_CHARACTERS",
    "OUT_OF_RANGE",
    "INVALID_FORMAT",
    "INVALID_ID",
    "TOO_MANY_ITEMS",
    "INVALID_IBAN",
    "INVALID_BUSINESS_ID",
];

/// Tries hostile values and keeps what it heard.
#[derive(Default)]
struct Trial {
    tried: u32,
    complaints: Vec<String>,
    /// The codes whose sentence was read in all three languages.
    told: BTreeSet<String>,
}

impl Trial {
    /// Gives one field of a mutation every value that it must not take.
    async fn every_value(
        &mut self,
        raw: &Raw,
        types: &Types,
        leaf: &Leaf,
        document: &str,
        variables: &Value,
        token: Option<&str>,
    ) {
        let mut hostile: Vec<_> = types.hostile(leaf).into_iter().map(Some).collect();
        hostile.extend(leaf.required.then_some(None));
        hostile.retain(|value| !value.as_ref().is_some_and(|value| is_welcome(leaf, value)));
        for value in hostile {
            let variables = leaf.set(variables, value.clone());
            let body = json!({ "documentId": document, "variables": variables }).to_string();
            let received = raw.send(token, "en", body.clone()).await;
            self.tried += 1;
            let of_its_type = value.as_ref().is_some_and(|value| types.is_of(&leaf.ty, value));
            if let Some(complaint) = complaint(leaf, of_its_type, &received) {
                let value: String = format!("{value:?}").chars().take(60).collect();
                self.complaints
                    .push(format!("{document} {} = {value}: {complaint}", leaf.pointer()));
            } else if let [error] = received.user_errors()[..]
                && self.told.insert(error["code"].to_string())
            {
                let mut sentences = BTreeSet::new();
                for lang in ["fi", "sv", "en"] {
                    let received = raw.send(token, lang, body.clone()).await;
                    sentences.insert(received.user_errors()[0]["message"].to_string());
                }
                assert_eq!(sentences.len(), 3, "{sentences:?}");
            }
        }
    }
}

#[tokio::test]
async fn no_mutation_takes_a_hostile_value() {
    both(async |app| {
        let town = Town::open(app).await;
        let (raw, types) = (Raw::new(&town), Types::read());
        let mutations = types.fields("Mutation");
        let is_mutation = |name: &str| mutations.iter().any(|field| field.name.node == name);
        let mut trial = Trial::default();
        for document in documents() {
            let (_, name) = document.split_once('/').unwrap();
            if !is_mutation(name) {
                continue;
            }
            let token = token(&town, owner(document)).await;
            let variables = town.variables(document, owner(document)).await;
            let before = content(app).await;
            for leaf in types.leaves(name, &variables) {
                trial
                    .every_value(&raw, &types, &leaf, document, &variables, token.as_deref())
                    .await;
            }
            let after = content(app).await;
            let tables: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            let written: Vec<_> = tables
                .into_iter()
                .filter(|table| before.get(*table) != after.get(*table))
                .filter(|table| !COUNTED.contains(&(document, table.as_str())))
                .collect();
            if !written.is_empty() {
                trial.complaints.push(format!("{document} wrote {written:?}"));
            }
        }
        assert!(
            trial.tried > 1_000 && trial.told.len() > 5,
            "{} {:?}",
            trial.tried,
            trial.told
        );
        assert!(trial.complaints.is_empty(), "{}", trial.complaints.join("\n"));
        app.run_jobs().await;
    })
    .await;
}

/// Bodies that are no requests, or requests that are meant to harm.
fn bodies() -> Vec<Vec<u8>> {
    let query = |text: String| json!({ "query": text }).to_string();
    let variables =
        |text: &str| format!(r#"{{"query":"query q($a: String) {{ city(code: $a) {{ id }} }}","variables":{text}}}"#);
    let doubling = (0..30).fold("{ ...A0 }".to_owned(), |text, n| {
        text + &format!(" fragment A{n} on Query {{ ...A{next} ...A{next} }}", next = n + 1)
    }) + " fragment A30 on Query { __typename }";
    let aliases = |count: u32, field: &str| (0..count).fold(String::new(), |text, n| text + &format!("a{n}: {field} "));
    let texts = vec![
        query("{".repeat(16_000)),
        query(format!(
            "{{ node(id: {}1{}) {{ id }} }}",
            "[".repeat(8_000),
            "]".repeat(8_000)
        )),
        query(format!("{{ node(id: {}) {{ id }} }}", "{a:".repeat(8_000))),
        query(format!(
            "query q($a: {}Int{}) {{ cities {{ id }} }}",
            "[".repeat(8_000),
            "]".repeat(8_000)
        )),
        query(doubling),
        query("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned()),
        query(format!("{{ {} }}", aliases(500, "cities { id }"))),
        query(format!("{{ cities {{ {} }} }}", aliases(2_500, "id"))),
        query(format!("mutation {{ {} }}", aliases(2, "signOut { ok }"))),
        query(format!("{{ cities {{ id {} }} }}", "@include(if: true) ".repeat(1_000))),
        query(format!("{{ {} }}", "a".repeat(30_000))),
        query("{ city(code: \"unterminated) { id } }".to_owned()),
        query("{ city(code: \"\\ud800\") { id } }".to_owned()),
        query("{ city(code: \"\\u0000\") { id } }".to_owned()),
        query("{ city(code: \"\"\"\u{0}\"\"\") { id } }".to_owned()),
        query(format!(
            "{{ offers(first: {}, filter: {{ cityId: 1 }}) {{ totalCount }} }}",
            "9".repeat(400)
        )),
        query("{ offers(first: 1e400, filter: { cityId: 1 }) { totalCount } }".to_owned()),
        query("query a { cities { id } } query a { cities { id } }".to_owned()),
        query("subscription { a }".to_owned()),
        query("#".repeat(40_000)),
        query(String::new()),
        variables(r#"{"a":"\ud800"}"#),
        variables(r#"{"a":"\u0000"}"#),
        variables(r#"{"a":"1","a":"2"}"#),
        variables(r#"{"a":1e999}"#),
        variables("[]"),
        variables(&format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000))),
        variables(&format!("{{\"a\":[{}0]}}", "0,".repeat(50_000))),
        variables(&format!("{{\"a\":\"{}\"}}", "a".repeat(300_000))),
        r#"{"query":"{ cities { id } }","query":"{ __typename }"}"#.to_owned(),
        r#"{"query":"{ cities { id } }"} trailing"#.to_owned(),
        r#"{"query":["{ cities { id } }"]}"#.to_owned(),
        r#"{"documentId":"../../etc/passwd"}"#.to_owned(),
        r#"{"documentId":"sha256:00"}"#.to_owned(),
        r#"[{"query":"{ cities { id } }"},{"query":"{ cities { id } }"}]"#.to_owned(),
        String::new(),
        "null".to_owned(),
        "\u{feff}{}".to_owned(),
    ];
    let mut bodies: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    bodies.push(b"{\"query\":\"{ city(code: \\\"\xff\xfe\\\") { id } }\"}".to_vec());
    bodies.push(b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec());
    bodies.push(vec![0; 200_000]);
    bodies
}

#[tokio::test]
async fn hostile_bodies_are_refused_in_few_words() {
    both(async |app| {
        let town = Town::open(app).await;
        let raw = Raw::new(&town);
        let token = token(&town, "resident").await;
        for body in bodies() {
            let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
            let received = raw.send(token.as_deref(), "fi", body).await;
            assert_eq!(received.fault(), None, "{shown}");
            assert!(!received.codes().is_empty(), "{shown}: {}", received.body);
        }
        let alive = raw
            .send(None, "fi", json!({ "query": "{ cities { id } }" }).to_string())
            .await;
        assert_eq!(alive.codes(), Vec::<&str>::new());
        app.run_jobs().await;
    })
    .await;
}
