//! The catalogue: which data there are and where, as DCAT-AP 3 or as a page.
//!
//! Addresses in it are relative to where it was read, which JSON-LD and HTML both resolve: the server need not know the
//! name under which it is reached.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use cities::City;
use kernel::{Lang, LocalizedText};
use serde_json::{Value, json};

use super::condition::Tag;
use super::form::Form;
use super::words::{self, LANGUAGES, Spoken, Words};
use super::{Asked, LICENCE, NOT_ACCEPTABLE, OpenData, Refused, read};
use crate::error::Failure;
use crate::http::RequestInfo;

/// Vocabularies of the Publications Office of the EU, which DCAT-AP asks for.
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";

/// The forms of the catalogue; the first where a client takes any.
const FORMS: [Form; 2] = [Form::JsonLd, Form::Html];

#[derive(Template)]
#[template(path = "open_data.html")]
struct Page<'a> {
    words: &'static Words,
    cities: Vec<(&'a str, Spoken<'a>)>,
}

/// `GET /open-data`
pub(super) async fn answer(
    State(data): State<OpenData>,
    asked: Asked,
    Extension(info): Extension<RequestInfo>,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let (_, lang) = read(asked, &info)?;
        let form = match Form::preferred(&headers, &FORMS) {
            // A linked-data catalogue is JSON too.
            None => Form::preferred(&headers, &[Form::Json]).map(|_| Form::JsonLd),
            found => found,
        }
        .ok_or(NOT_ACCEPTABLE)?;
        let cities = data.app.cities.list().await.map_err(Failure::from)?;
        let text = match form {
            Form::Html => page(&cities, lang).map_err(|_error| Refused::Unwritten)?,
            _ => linked(&cities).to_string(),
        };
        let tag = Tag::of(&[&text]);
        if tag.is_known(&headers) {
            return Ok(tag.not_modified());
        }
        Ok(tag.on(([(CONTENT_TYPE, form.content_type())], text)))
    };
    answer.await.unwrap_or_else(|refused: Refused| refused.told(&info))
}

fn page(cities: &[City], lang: Lang) -> Result<String, askama::Error> {
    let page = Page {
        words: words::words(lang),
        cities: cities
            .iter()
            .map(|city| (city.code.as_str(), Spoken::of(&city.name, lang)))
            .collect(),
    };
    page.render()
}

/// The catalogue as JSON-LD.
fn linked(cities: &[City]) -> Value {
    json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
        },
        "@id": "/open-data",
        "@type": "dcat:Catalog",
        "dct:title": texts(&words::all(|words| words.catalogue)),
        "dct:description": texts(&words::all(|words| words.about)),
        "dct:publisher": { "@type": "foaf:Agent", "foaf:name": "Palvelutori" },
        "dct:license": { "@id": LICENCE },
        "dct:language": languages(),
        "dcat:themeTaxonomy": { "@id": format!("{AUTHORITY}/data-theme") },
        "dcat:dataset": cities.iter().map(dataset).collect::<Vec<_>>(),
    })
}

fn dataset(city: &City) -> Value {
    let base = format!("/open-data/{}/providers", city.code);
    let title = LocalizedText {
        fi: titled(Lang::Fi, city),
        sv: Some(titled(Lang::Sv, city)),
        en: Some(titled(Lang::En, city)),
    };
    json!({
        "@id": base,
        "@type": "dcat:Dataset",
        "dct:identifier": format!("approved-providers-{}", city.code),
        "dct:title": texts(&title),
        "dct:description": texts(&words::all(|words| words.about)),
        "dct:publisher": { "@type": "foaf:Agent", "foaf:name": texts(&city.name), "dct:identifier": city.business_id },
        "dct:accrualPeriodicity": { "@id": format!("{AUTHORITY}/frequency/CONT") },
        "dct:accessRights": { "@id": format!("{AUTHORITY}/access-right/PUBLIC") },
        "dct:language": languages(),
        "dct:spatial": { "@id": format!("{AUTHORITY}/country/FIN") },
        "dcat:theme": [
            { "@id": format!("{AUTHORITY}/data-theme/GOVE") },
            { "@id": format!("{AUTHORITY}/data-theme/SOCI") },
        ],
        "dcat:keyword": ["palveluseteli", "palveluntuottajat", "hinnat"],
        "dcat:landingPage": { "@id": format!("{base}.html") },
        "dcat:distribution": [
            distribution(&base, "csv", "text/csv", "CSV"),
            distribution(&base, "json", "application/json", "JSON"),
            distribution(&base, "html", "text/html", "HTML"),
        ],
    })
}

fn titled(lang: Lang, city: &City) -> String {
    format!("{}: {}", words::words(lang).register, city.name.get(lang))
}

fn distribution(base: &str, ending: &str, media: &str, name: &str) -> Value {
    let address = format!("{base}.{ending}");
    json!({
        "@id": format!("{address}#distribution"),
        "@type": "dcat:Distribution",
        "dct:title": name,
        "dcat:accessURL": { "@id": address },
        "dcat:downloadURL": { "@id": address },
        "dcat:mediaType": { "@id": format!("https://www.iana.org/assignments/media-types/{media}") },
        "dct:format": { "@id": format!("{AUTHORITY}/file-type/{name}") },
        "dct:license": { "@id": LICENCE },
    })
}

fn texts(text: &LocalizedText) -> Value {
    let LocalizedText { fi, sv, en } = text;
    let spoken = [("fi", Some(fi)), ("sv", sv.as_ref()), ("en", en.as_ref())];
    let tagged = |(lang, text): (&str, Option<&String>)| Some(json!({ "@value": text?, "@language": lang }));
    spoken.into_iter().filter_map(tagged).collect()
}

fn languages() -> Value {
    let names = ["FIN", "SWE", "ENG"].map(|name| json!({ "@id": format!("{AUTHORITY}/language/{name}") }));
    Value::from(names.to_vec())
}
