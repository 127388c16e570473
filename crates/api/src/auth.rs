//! The `@auth` directive: who may call a field, printed from the constant that the use case checks.

use async_graphql::TypeDirective;

/// Who may call this field: `ANYONE`, `SIGNED_IN` (on what is her own), or roles in the city or company concerned.
#[TypeDirective(location = "FieldDefinition")]
pub fn auth(requires: String) {}
