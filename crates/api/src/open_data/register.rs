//! The register of one city.

use std::net::IpAddr;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use kernel::Lang;
use offers::Register;

use super::condition::Tag;
use super::form::Form;
use super::stream::{self, Writer};
use super::{Asked, NOT_ACCEPTABLE, NOTHING, OpenData, Refused, bad_request, read};
use crate::error::Failure;
use crate::http::RequestInfo;

/// The forms of a register; the first where a client takes any.
const FORMS: [Form; 3] = [Form::Json, Form::Csv, Form::Html];

/// `GET /open-data/{code}/providers` with or without the ending of a form.
pub(super) async fn answer(
    State(data): State<OpenData>,
    Path((code, file)): Path<(String, String)>,
    asked: Asked,
    Extension(info): Extension<RequestInfo>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let form = form(&file, &headers)?;
        let (params, lang) = read(asked, &info)?;
        let register = open(&data, &code, params.date.as_deref()).await?;
        send(&data, register, form, lang, info.client_ip, &method, &headers).await
    };
    answer.await.unwrap_or_else(|refused: Refused| refused.told(&info))
}

fn form(file: &str, headers: &HeaderMap) -> Result<Form, Refused> {
    match file {
        "providers" => Form::preferred(headers, &FORMS).ok_or(NOT_ACCEPTABLE),
        "providers.json" => Ok(Form::Json),
        "providers.csv" => Ok(Form::Csv),
        "providers.html" => Ok(Form::Html),
        _ => Err(NOTHING),
    }
}

/// The register of the city with this municipality code on the civil day that the client wrote.
async fn open(data: &OpenData, code: &str, date: Option<&str>) -> Result<Register, Refused> {
    const UNKNOWN: Refused = Refused::Request(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "There is no city with this municipality code.",
    );
    let day = date.filter(|text| !text.is_empty()).map(day).transpose()?;
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UNKNOWN);
    }
    let found = data.app.cities.find_by_code(code).await.map_err(Failure::from)?;
    match data.app.offers.register(found.ok_or(UNKNOWN)?, day) {
        Err(offers::Error::Field(_)) => Err(bad_day()),
        register => Ok(register.map_err(Failure::from)?),
    }
}

fn bad_day() -> Refused {
    bad_request("date is a civil day such as 2027-01-31, from the year 2000 to 2200.")
}

fn day(text: &str) -> Result<NaiveDate, Refused> {
    let day = text.parse::<NaiveDate>().ok();
    // Only the one spelling, so that caches keep a day once.
    day.filter(|day| day.to_string() == text).ok_or_else(bad_day)
}

async fn send(
    data: &OpenData,
    register: Register,
    form: Form,
    lang: Lang,
    client: IpAddr,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let offers = &data.app.offers;
    // Read before the rows: what changes in between is newer than the tag says, and is asked for again.
    let edition = offers.register_edition(&register).await.map_err(Failure::from)?;
    let tag = Tag::of(&[&edition, &format!("{form:?} {lang:?}")]);
    if tag.is_known(headers) {
        return Ok(tag.not_modified());
    }
    let content_type = [(CONTENT_TYPE, form.content_type())];
    let (code, day) = (&register.city.code, register.day);
    let file = (form == Form::Csv).then(|| {
        let name = format!("attachment; filename=\"providers-{code}-{day}.csv\"");
        [(CONTENT_DISPOSITION, name)]
    });
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        let turn = data.turns.take(client).await.ok_or(Refused::Busy)?;
        let writer = Writer::new(form, lang);
        stream::body(offers.clone(), register, writer, turn).await?
    };
    let answer = match file {
        Some(file) => (content_type, file, body).into_response(),
        None => (content_type, body).into_response(),
    };
    Ok(tag.on(answer))
}
