//! The canvas of a published programme.

use axum::http::{Method, StatusCode};
use serde_json::json;
use support::both;
use support::market::{Market, Terms, programme_content};

use super::asked::{ask, get};
use crate::canvas::{canvas_content, save};

#[tokio::test]
async fn the_canvas_of_a_published_programme_is_public_and_kept_by_caches() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let path = format!("/open-data/programmes/{}/canvas.json", market.programme);
        let status = async |path: &str| ask(app, Method::GET, path, &[]).await.status;
        assert_eq!(status(&path).await, StatusCode::NOT_FOUND, "there is none yet");
        save(&market.officer, &market.programme, 0, &canvas_content())
            .await
            .ok();

        let got = get(app, &path).await;
        assert_eq!(got.header("content-type"), "application/json; charset=utf-8");
        assert_eq!(got.header("cache-control"), "public, max-age=300");
        let canvas = got.json();
        assert_eq!(canvas["programme"]["id"], market.programme);
        assert_eq!(canvas["version"], 1);
        assert_eq!(canvas["licence"], "https://creativecommons.org/licenses/by/4.0/");
        assert_eq!(canvas["canvas"]["targetGroup"]["fi"], "Yli 75-vuotiaat");
        assert_eq!(canvas["canvas"]["indicators"][0]["measured"][1]["value"], 80);
        assert!(!got.text.contains(&market.officer.id.to_string()), "nobody is named");

        let tag = got.header("etag").to_owned();
        let known = ask(app, Method::GET, &path, &[("if-none-match", &tag)]).await;
        assert_eq!((known.status, known.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
        save(&market.officer, &market.programme, 1, &canvas_content())
            .await
            .ok();
        let newer = ask(app, Method::GET, &path, &[("if-none-match", &tag)]).await;
        assert_eq!(newer.status, StatusCode::OK);

        let input = json!({ "cityId": market.city.id, "content": programme_content(Terms::default()) });
        let drafted = market
            .officer
            .run("officer/createProgramme", json!({ "input": input }))
            .await
            .ok();
        let draft = drafted.text("/createProgramme/programme/id");
        save(&market.officer, &draft, 0, &canvas_content()).await.ok();
        for hidden in [draft.as_str(), "programme_x", "city_01h455vb4pex5vsknk084sn02q"] {
            let path = format!("/open-data/programmes/{hidden}/canvas.json");
            assert_eq!(status(&path).await, StatusCode::NOT_FOUND, "{hidden}");
        }
        app.run_jobs().await;
    })
    .await;
}
