//! Relay connections over keyset pages. A cursor is the id of its row: one of another list is not even of its kind.

use async_graphql::connection::{Connection as Relay, Edge};
use async_graphql::{Context, OutputType, SimpleObject};
use kernel::{ErrorCode, FieldError, Page, PageRequest, TypedId};

use crate::error::Failure;

/// What a connection has beside its edges.
#[derive(SimpleObject)]
pub struct Total {
    /// How many rows the list has over all pages; counted only when asked for.
    pub total_count: Option<u64>,
}

/// One page of a list.
pub(crate) type Connection<T> = Relay<String, T, Total>;

/// The most rows of a page.
const MAX_PAGE: i32 = 100;

/// Reads `first` and `after`.
///
/// # Errors
/// `OutOfRange` unless `first` is 1 to 100, `InvalidId` when `after` is no cursor of this list.
pub(crate) fn page<T: TypedId>(first: i32, after: Option<&str>) -> Result<PageRequest<T>, FieldError> {
    let first = kernel::field::number("first", first, 1, MAX_PAGE)?;
    let after = after
        .map(|cursor| {
            cursor
                .parse()
                .map_err(|_invalid| FieldError::new("after", ErrorCode::InvalidId))
        })
        .transpose()?;
    Ok(PageRequest {
        first: u64::from(first.unsigned_abs()),
        after,
    })
}

/// Wraps a page. `id` names a row, `count` runs only when the caller selected `totalCount`.
pub(crate) async fn connection<M, T, I, E>(
    ctx: &Context<'_>,
    after: Option<&str>,
    page: Page<M>,
    id: impl Fn(&M) -> I,
    count: impl Future<Output = Result<u64, E>>,
) -> Result<Connection<T>, Failure>
where
    T: OutputType + From<M>,
    I: TypedId,
    Failure: From<E>,
{
    let counted = ctx.look_ahead().field("totalCount").exists();
    let total_count = if counted { Some(count.await?) } else { None };
    let mut connection = Relay::with_additional_fields(after.is_some(), page.has_next, Total { total_count });
    connection.edges.extend(
        page.items
            .into_iter()
            .map(|row| Edge::new(id(&row).to_string(), T::from(row))),
    );
    Ok(connection)
}
