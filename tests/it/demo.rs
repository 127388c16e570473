//! The demo that the program makes on its first start.

use chrono::{TimeZone, Utc};
use serde_json::json;
use server::commands::seed::{city_data, put_cities};
use server::demo;
use support::both;

#[tokio::test]
async fn has_times_to_book_in_the_last_days_of_a_year() {
    both(async |app| {
        app.clock.set(Utc.with_ymd_and_hms(2027, 12, 30, 12, 0, 0).unwrap());
        demo::seed_if_empty(&app.contexts).await.expect("the demo is made");
        let helsinki = app.contexts.cities.find_by_code("091").await.unwrap().unwrap();
        let variables = json!({ "filter": { "cityId": helsinki.id, "text": "uimakoulu" }, "first": 1 });
        let offers = app.anyone().run("anyone/offers", variables).await.ok();
        let times = offers.data("/offers/edges/0/node/occurrences").as_array().unwrap();
        assert!(!times.is_empty(), "{offers:?}");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn two_processes_make_one_demo() {
    both(async |app| {
        let (one, other) = tokio::join!(demo::seed_if_empty(&app.contexts), demo::seed_if_empty(&app.contexts));
        one.expect("the demo is made");
        other.expect("the demo is made");
        let cities = app.contexts.cities.list().await.unwrap();
        assert_eq!(cities.len(), 6);
        // Nothing is missing that a third one would make.
        put_cities(&app.contexts.cities, city_data(None).unwrap())
            .await
            .unwrap();
        demo::seed(&app.contexts).await.expect("all of it is there");
        app.run_jobs().await;
    })
    .await;
}
