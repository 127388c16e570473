//! The canvas of a published programme as JSON.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use kernel::ProgrammeId;
use serde_json::json;

use super::condition::Tag;
use super::form::Form;
use super::{LICENCE, NOTHING, OpenData, Refused};
use crate::error::Failure;
use crate::http::RequestInfo;

/// Answers `GET /open-data/programmes/{id}/canvas.json`.
pub(super) async fn answer(
    State(data): State<OpenData>,
    Path(id): Path<String>,
    Extension(info): Extension<RequestInfo>,
    headers: HeaderMap,
) -> Response {
    let answer = find(&data, &id, &headers).await;
    answer.unwrap_or_else(|refused: Refused| refused.told(&info))
}

async fn find(data: &OpenData, id: &str, headers: &HeaderMap) -> Result<Response, Refused> {
    let id: ProgrammeId = id.parse().map_err(|_malformed| NOTHING)?;
    let found = data.app.programmes.public_canvas(id).await.map_err(Failure::from)?;
    let (programme, canvas) = found.ok_or(NOTHING)?;
    let tag = Tag::of(&[&canvas.id.to_string(), &programme.version.to_string()]);
    if tag.is_known(headers) {
        return Ok(tag.not_modified());
    }
    let body = json!({
        "programme": { "id": programme.id, "name": programme.name, "serviceClass": programme.service_class },
        "version": canvas.version,
        "writtenAt": canvas.written_at,
        "licence": LICENCE,
        "canvas": canvas.content,
    });
    Ok(tag.on(([(CONTENT_TYPE, Form::Json.content_type())], body.to_string())))
}
