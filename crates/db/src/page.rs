use kernel::{Page, PageRequest};
use sea_orm::sea_query::IntoValueTuple;
use sea_orm::{ConnectionTrait, EntityTrait, IntoIdentity, Select};

use crate::Error;

/// One page of the rows of `query`, in ascending order of `key`: a column, or several, that no two rows share. The
/// page begins after the key that the request names, whether or not there is such a row.
pub async fn page<E, K>(
    conn: &impl ConnectionTrait,
    query: Select<E>,
    key: impl IntoIdentity,
    request: PageRequest<K>,
) -> Result<Page<E::Model>, Error>
where
    E: EntityTrait<Model: Sync>,
    K: IntoValueTuple,
{
    let (first, overread) = (request.first, request.overread());
    let mut rows = query.cursor_by(key);
    if let Some(after) = request.after {
        rows.after(after);
    }
    Ok(Page::from_overread(rows.first(overread).all(conn).await?, first))
}
