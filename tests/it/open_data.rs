//! Open data: the register as JSON, CSV and pages, and the catalogue of it.

pub(crate) mod asked;
mod canvas;
mod crowd;
mod formats;
mod slow;

use axum::http::{Method, StatusCode};
use serde_json::json;
use support::both;
use support::market::{Market, Terms};

use self::asked::{REGISTER, approvals_of, ask, get, rename};
use self::crowd::crowd;
use self::formats::{cells, check_page};

#[tokio::test]
async fn a_register_has_providers_with_services_and_prices() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let got = get(app, REGISTER).await;
        assert_eq!(got.header("content-type"), "application/json; charset=utf-8");
        let register = got.json();
        assert_eq!(register["city"]["code"], "837");
        assert_eq!(register["date"], "2027-01-11");
        assert_eq!(register["servicesAsOf"], "2027-01-11");
        assert_eq!(register["licence"], "https://creativecommons.org/licenses/by/4.0/");
        let provider = &register["providers"][0];
        assert_eq!(provider["id"], market.company.to_string());
        assert_eq!(provider["name"], "Palvelu 100 Oy");
        assert_eq!(provider["businessId"], support::business_id(100));
        let programme = &provider["programmes"][0];
        assert_eq!(programme["name"]["sv"], "Motionssedel");
        assert_eq!(programme["approvedFrom"], "2027-01-01");
        assert_eq!(programme["approvedUntil"], "2027-12-31");
        let services = json!([{
            "id": market.offer, "priceCents": 13_000, "price": "130.00", "currency": "EUR",
            "name": { "fi": "Aikuisten uimakoulu", "sv": "Simskola för vuxna", "en": "Swimming for adults" },
        }]);
        assert_eq!(programme["services"], services);

        let csv = get(app, &format!("{REGISTER}.csv?lang=sv")).await;
        assert!(csv.header("content-type").starts_with("text/csv; charset=utf-8"));
        assert_eq!(
            csv.header("content-disposition"),
            "attachment; filename=\"providers-837-2027-01-11.csv\""
        );
        let row = [
            "Palvelu 100 Oy",
            "Motionssedel",
            "2027-01-01",
            "2027-12-31",
            "Simskola för vuxna",
            "13000",
            "130.00",
        ];
        assert_eq!(cells(&csv.text)[1][1..], row);

        let page = get(app, &format!("{REGISTER}.html?lang=fi")).await;
        check_page(&page.text, "fi");
        assert!(page.text.contains("<td>130,00\u{a0}€</td>"), "{}", page.text);
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'"
        );

        let (_, listed) = approvals_of(app, &market).await;
        assert_eq!(listed["services"][0]["price"]["cents"], 13_000);
        assert_eq!(listed["services"][0]["id"], market.offer);

        for path in [
            REGISTER.to_owned(),
            format!("{REGISTER}.csv"),
            format!("{REGISTER}.html"),
        ] {
            let text = get(app, &path).await.text;
            for private in [
                "@example.org",
                "signatory",
                "Esimerkki",
                "FI21",
                "Ehdot",
                "Ohjaajamme",
                "person_",
            ] {
                assert!(!text.contains(private), "{private} in {path}");
            }
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_register_shows_who_was_approved_on_a_day() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let on = async |date: &str| get(app, &format!("{REGISTER}?date={date}")).await.providers();
        assert_eq!(on("2027-01-10").await, [""; 0], "decided a day later");
        assert_eq!(on("2027-01-11").await, ["Palvelu 100 Oy"]);
        assert_eq!(on("2028-01-01").await, [""; 0], "after its last day");

        app.clock.advance(chrono::Duration::days(2));
        let approver = app.sign_in("approver@example.org").await;
        let (approval, _) = approvals_of(app, &market).await;
        let input = json!({ "approvalId": approval, "expectedVersion": 1, "reason": "Vakuutus päättyi." });
        approver
            .run("approver/suspendApproval", json!({ "input": input }))
            .await
            .ok();
        assert_eq!(on("").await, [""; 0]);
        assert_eq!(on("2027-01-13").await, [""; 0]);
        let past = get(app, &format!("{REGISTER}?date=2027-01-12")).await.json();
        assert_eq!(past["providers"][0]["name"], "Palvelu 100 Oy");
        assert_eq!(past["servicesAsOf"], "2027-01-13");
        assert_eq!(
            past["providers"][0]["programmes"][0]["services"],
            json!([]),
            "it sells nothing today"
        );
        let page = get(app, &format!("{REGISTER}.html?date=2027-01-12")).await;
        check_page(&page.text, "en");
        assert!(page.text.contains("No services on offer"));
        let empty = get(app, &format!("{REGISTER}.html")).await;
        check_page(&empty.text, "en");
        assert!(empty.text.contains("There are no approved service providers."));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn names_are_neither_formulas_nor_markup() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        for name in [
            "=1+1 \"Oy\", Ab",
            "<script>alert(1)</script> & <b>'Oy'",
            "@SUM(A1)",
            "-2",
            "+3",
        ] {
            rename(&market, name).await;
            let csv = get(app, &format!("{REGISTER}.csv")).await;
            let cell = cells(&csv.text)[1][1].clone();
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
            assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), name);
            let page = get(app, &format!("{REGISTER}.html")).await;
            check_page(&page.text, "en");
            assert_eq!(get(app, REGISTER).await.providers(), [name]);
        }
        let heads = cells(&get(app, &format!("{REGISTER}.csv")).await.text)[0].join(" ");
        let columns = "business_id provider programme approved_from approved_until service price_cents price_eur";
        assert_eq!(heads, columns);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let tag_of = async |path: &str| get(app, path).await.header("etag").to_owned();
        let tag = tag_of(REGISTER).await;
        assert!(tag.starts_with('"') && tag.len() > 20, "{tag}");
        let first = get(app, REGISTER).await;
        assert_eq!(first.header("etag"), tag, "asked twice");
        assert_eq!(first.header("cache-control"), "public, max-age=300");
        assert_eq!(first.header("vary"), "accept, accept-language");
        assert!(first.header("link").contains("rel=\"license\""));
        assert_ne!(tag_of(&format!("{REGISTER}.csv")).await, tag);
        assert_ne!(tag_of(&format!("{REGISTER}?date=2027-01-12")).await, tag);

        let with = [("accept-language", "en"), ("if-none-match", tag.as_str())];
        let again = ask(app, Method::GET, REGISTER, &with).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(again.header("etag"), tag);
        let head = ask(app, Method::HEAD, REGISTER, &with[..1]).await;
        assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
        assert_eq!(head.header("etag"), tag);

        rename(&market, "Uusi nimi Oy").await;
        let changed = ask(app, Method::GET, REGISTER, &with).await;
        assert_eq!(changed.providers(), ["Uusi nimi Oy"]);
        let renamed = changed.header("etag").to_owned();
        market.another_offer("Vesijuoksu").await;
        let offered = tag_of(REGISTER).await;
        assert!(offered != renamed && renamed != tag);

        let catalogue = get(app, "/open-data").await;
        let with = [("accept-language", "en"), ("if-none-match", catalogue.header("etag"))];
        assert_eq!(
            ask(app, Method::GET, "/open-data", &with).await.status,
            StatusCode::NOT_MODIFIED
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn five_thousand_providers_cost_fewer_than_five_statements() {
    both(async |app| {
        Market::open(app, Terms::default()).await;
        let cost = async |path: &str| {
            let before = app.statements();
            let got = get(app, path).await;
            (app.statements() - before, got)
        };
        crowd(app, 1).await;
        let (two, got) = cost(REGISTER).await;
        assert_eq!(got.providers().len(), 2);
        crowd(app, 58).await;
        let (sixty, got) = cost(REGISTER).await;
        assert_eq!(got.providers().len(), 60);
        assert_eq!(two, sixty);
        crowd(app, 4_940).await;
        for path in [
            REGISTER.to_owned(),
            format!("{REGISTER}.csv"),
            format!("{REGISTER}.html"),
        ] {
            let (many, got) = cost(&path).await;
            assert!(many < 5, "{many} statements for {path}");
            let rows = match path.rsplit('.').next() {
                Some("csv") => cells(&got.text).len() - 1,
                Some("html") => got.text.matches("<th scope=\"row\">").count(),
                _ => got.providers().len(),
            };
            assert_eq!(rows, 5_000, "{path}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn pages_of_rows_together_are_the_register() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        market.another_offer("Vesijuoksu").await;
        market.another_offer("Keppijumppa").await;
        crowd(app, 3).await;
        let offers = &app.contexts.offers;
        let register = offers.register(market.city.clone(), None).unwrap();
        let key = |row: &offers::RegisterRow| (row.company_id, row.programme_id, row.offer_id);
        let whole = offers.register_rows(&register, None, 100).await.unwrap();
        let whole: Vec<_> = whole.iter().map(key).collect();
        assert_eq!(whole.len(), 6);
        for first in 1..=3 {
            let mut found: Vec<offers::RegisterRow> = Vec::new();
            while let page = offers.register_rows(&register, found.last(), first).await.unwrap()
                && !page.is_empty()
            {
                found.extend(page);
            }
            assert_eq!(found.iter().map(key).collect::<Vec<_>>(), whole, "{first}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_catalogue_describes_the_registers() {
    both(async |app| {
        app.city("837").await;
        app.city("091").await;
        let got = get(app, "/open-data").await;
        assert_eq!(got.header("content-type"), "application/ld+json; charset=utf-8");
        let catalogue = got.json();
        assert_eq!(catalogue["@type"], "dcat:Catalog");
        assert_eq!(
            catalogue["dct:license"]["@id"],
            "https://creativecommons.org/licenses/by/4.0/"
        );
        let sets = catalogue["dcat:dataset"].as_array().unwrap();
        assert_eq!(sets.len(), 2);
        for set in sets {
            for mandatory in [
                "dct:title",
                "dct:description",
                "dct:publisher",
                "dcat:theme",
                "dcat:keyword",
            ] {
                assert!(set.get(mandatory).is_some(), "{mandatory}");
            }
            for distribution in set["dcat:distribution"].as_array().unwrap() {
                let address = distribution["dcat:downloadURL"]["@id"].as_str().unwrap();
                let media = distribution["dcat:mediaType"]["@id"].as_str().unwrap();
                let content_type = get(app, address).await.header("content-type").to_owned();
                assert!(media.ends_with(content_type.split(';').next().unwrap()), "{address}");
            }
        }
        for lang in ["fi", "sv", "en"] {
            let headers = [("accept", "text/html"), ("accept-language", lang)];
            let page = ask(app, Method::GET, "/open-data", &headers).await;
            check_page(&page.text, lang);
            for link in page.text.split("href=\"/").skip(1) {
                let path = format!("/{}", link.split('"').next().unwrap().replace("&amp;", "&"));
                get(app, &path).await;
            }
        }
        let page = get(app, &format!("{REGISTER}.html")).await.text;
        for link in page.split("href=\"/").skip(1) {
            let path = format!("/{}", link.split('"').next().unwrap().replace("&amp;", "&"));
            get(app, &path).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_request_is_told_what_is_wrong() {
    both(async |app| {
        app.city("837").await;
        for (method, path, accept, status, code) in [
            (Method::GET, "/open-data/999/providers", "*/*", 404, "NOT_FOUND"),
            (
                Method::GET,
                "/open-data/%00%F0%9F%98%80/providers",
                "*/*",
                404,
                "NOT_FOUND",
            ),
            (Method::GET, "/open-data/83'/providers", "*/*", 404, "NOT_FOUND"),
            (Method::GET, "/open-data/837/residents", "*/*", 404, "NOT_FOUND"),
            (
                Method::GET,
                "/open-data/837/providers?date=yesterday",
                "*/*",
                400,
                "BAD_REQUEST",
            ),
            (
                Method::GET,
                "/open-data/837/providers?date=2027-02-29",
                "*/*",
                400,
                "BAD_REQUEST",
            ),
            (
                Method::GET,
                "/open-data/837/providers?date=2027-2-1",
                "*/*",
                400,
                "BAD_REQUEST",
            ),
            (
                Method::GET,
                "/open-data/837/providers?date=0001-01-01",
                "*/*",
                400,
                "BAD_REQUEST",
            ),
            (
                Method::GET,
                "/open-data/837/providers?date=2027-01-01&date=2027-01-02",
                "*/*",
                400,
                "BAD_REQUEST",
            ),
            (
                Method::GET,
                "/open-data/837/providers?lang=tlh",
                "*/*",
                400,
                "BAD_REQUEST",
            ),
            (
                Method::GET,
                "/open-data/837/providers",
                "image/png",
                406,
                "NOT_ACCEPTABLE",
            ),
            (Method::GET, "/open-data", "text/csv", 406, "NOT_ACCEPTABLE"),
            (
                Method::POST,
                "/open-data/837/providers",
                "*/*",
                405,
                "METHOD_NOT_ALLOWED",
            ),
            (Method::DELETE, "/open-data", "*/*", 405, "METHOD_NOT_ALLOWED"),
        ] {
            let got = ask(app, method, path, &[("accept", accept)]).await;
            assert_eq!(got.status.as_u16(), status, "{path}: {}", got.text);
            assert_eq!(got.json()["errors"][0]["extensions"]["code"], code, "{path}");
            assert!(got.text.len() < 300 && got.header("etag").is_empty());
            assert_eq!(got.header("cache-control"), "no-store");
            if status == 405 {
                assert_eq!(got.header("allow"), "GET,HEAD");
            }
        }
    })
    .await;
}
