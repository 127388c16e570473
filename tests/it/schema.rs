//! The GraphQL schema as it stands in the repository.

use std::path::Path;

/// `UPDATE_SCHEMA=1 cargo test -p palvelutori-tests schema` writes the file anew.
#[test]
fn schema_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../graphql/schema.graphql");
    let schema = api::sdl();
    if support::setting("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &schema).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let changed = schema.lines().zip(committed.lines()).find(|(now, then)| now != then);
    assert!(
        schema == committed,
        "graphql/schema.graphql is not what the code says (UPDATE_SCHEMA=1 writes it anew); first change: {changed:?}"
    );
}
