//! What everybody finds, and what only the company and the city see.

use chrono::Duration;
use kernel::{Actor, Cents, CompanyRole, ErrorCode, OfferId, PageRequest};
use offers::{MAX_UPCOMING, OfferFilter};

use super::{Stage, code, content, hour_at, instant, member, stage};

const ALL: PageRequest<OfferId> = PageRequest {
    first: 100,
    after: None,
};

async fn names(stage: &Stage, filter: &OfferFilter) -> Vec<String> {
    let found = stage.offers.search(filter, ALL).await.unwrap();
    assert_eq!(
        stage.offers.count(filter).await.unwrap(),
        u64::try_from(found.items.len()).unwrap()
    );
    found.items.into_iter().map(|offer| offer.name.fi).collect()
}

#[tokio::test]
async fn finds_every_word_and_no_pattern() {
    let stage = stage().await;
    for name in ["Äidin UINTI", "Uinti 100%", "Uinti 1000", "Hieronta"] {
        stage.published(name).await;
    }
    let found = async |text: &str| {
        names(
            &stage,
            &OfferFilter {
                text: Some(text.into()),
                ..stage.filter()
            },
        )
        .await
    };
    assert_eq!(found("uinti").await, ["Äidin UINTI", "Uinti 100%", "Uinti 1000"]);
    assert_eq!(found("ÄIDIN torikatu").await, ["Äidin UINTI"]);
    assert_eq!(found(" vesi  hieronta ").await, ["Hieronta"]);
    assert_eq!(found("100%").await, ["Uinti 100%"]);
    assert_eq!(found("1_0").await, [""; 0]);
    assert_eq!(found("\\").await, [""; 0]);
    assert_eq!(found("hieronta uinti").await, [""; 0]);
    assert_eq!(found("  ").await.len(), 4);
    let long = OfferFilter {
        text: Some("a".repeat(101)),
        ..stage.filter()
    };
    assert_eq!(code(stage.offers.search(&long, ALL).await), ErrorCode::TooLong);
}

#[tokio::test]
async fn finds_by_price_and_free_places() {
    let stage = stage().await;
    let (cheap, dear) = (stage.published("Uinti").await, stage.published("Hieronta").await);
    let content = offers::OfferContent {
        price: Cents(5_000),
        ..content("Hieronta")
    };
    stage.offers.update(&stage.manager, dear.id, 2, content).await.unwrap();
    let price = |cents| OfferFilter {
        max_price: Some(Cents(cents)),
        ..stage.filter()
    };
    assert_eq!(names(&stage, &price(4_499)).await, [""; 0]);
    assert_eq!(names(&stage, &price(4_500)).await, ["Uinti"]);
    assert_eq!(names(&stage, &price(5_000)).await, ["Uinti", "Hieronta"]);

    let id = stage.add(&cheap, &[hour_at("2027-02-10T10:00:00Z", 1)]).await[0].id;
    stage.add(&dear, &[hour_at("2027-02-11T10:00:00Z", 1)]).await;
    let between = |from: Option<&str>, until: Option<&str>| OfferFilter {
        bookable_from: from.map(instant),
        bookable_until: until.map(instant),
        ..stage.filter()
    };
    assert_eq!(
        names(&stage, &between(None, Some("2027-02-10T10:00:00Z"))).await,
        [""; 0]
    );
    assert_eq!(
        names(&stage, &between(None, Some("2027-02-10T10:00:01Z"))).await,
        ["Uinti"]
    );
    let both = between(Some("2027-02-10T10:00:00Z"), Some("2027-02-12T00:00:00Z"));
    assert_eq!(names(&stage, &both).await, ["Uinti", "Hieronta"]);
    stage
        .db
        .write(async |tx: &db::Tx| offers::places::take(tx, id, 1).await)
        .await
        .unwrap();
    assert_eq!(names(&stage, &both).await, ["Hieronta"]);
    stage.clock.set(instant("2027-02-11T10:00:01Z"));
    assert_eq!(names(&stage, &both).await, [""; 0]);
}

#[tokio::test]
async fn lists_what_can_be_sold_today() {
    let stage = stage().await;
    let offer = stage.published("Uinti").await;
    stage.draft("Luonnos").await;
    let paused = stage.published("Tauolla").await;
    stage.offers.pause(&stage.manager, paused.id, 2).await.unwrap();
    assert_eq!(names(&stage, &stage.filter()).await, ["Uinti"]);

    let nobody = Actor::nobody("test");
    let sees = async |actor: &Actor, id| {
        let found = stage.offers.find(actor, id).await.unwrap().is_some();
        assert_eq!(
            stage.offers.offers_by_ids(actor, &[id]).await.unwrap().len(),
            usize::from(found)
        );
        found
    };
    assert!(sees(&nobody, offer.id).await && !sees(&nobody, paused.id).await);
    stage
        .providers
        .suspend_approval(&stage.approver, stage.approval, 1, "Puutteita.")
        .await
        .unwrap();
    assert_eq!(names(&stage, &stage.filter()).await, [""; 0]);
    assert!(!sees(&nobody, offer.id).await);
    assert!(sees(&stage.manager, offer.id).await && sees(&stage.manager, paused.id).await);
    assert!(sees(&stage.officer, paused.id).await);
    stage
        .providers
        .reinstate_approval(&stage.approver, stage.approval, 2, "Kunnossa.")
        .await
        .unwrap();

    stage.clock.set(instant("2027-03-31T20:59:00Z"));
    assert!(sees(&nobody, offer.id).await);
    stage.clock.set(instant("2027-03-31T21:00:00Z"));
    assert!(!sees(&nobody, offer.id).await);
    assert_eq!(names(&stage, &stage.filter()).await, [""; 0]);
}

#[tokio::test]
async fn a_closed_programme_stays_in_the_catalogue_for_the_vouchers_it_has_granted() {
    let stage = stage().await;
    stage.published("Uinti").await;
    stage
        .programmes
        .close(&stage.officer, stage.programme, 2)
        .await
        .unwrap();
    assert_eq!(names(&stage, &stage.filter()).await, ["Uinti"]);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let stage = stage().await;
    for number in 0..5 {
        stage.published(&format!("Uinti {number}")).await;
    }
    let mut seen = Vec::new();
    let mut page = PageRequest { first: 2, after: None };
    loop {
        let rows = stage.offers.search(&stage.filter(), page).await.unwrap();
        page.after = rows.items.last().map(|offer| offer.id);
        seen.extend(rows.items.into_iter().map(|offer| offer.name.fi));
        if !rows.has_next {
            break;
        }
    }
    assert_eq!(seen, ["Uinti 0", "Uinti 1", "Uinti 2", "Uinti 3", "Uinti 4"]);
}

#[tokio::test]
async fn shows_the_next_times_with_free_places() {
    let stage = stage().await;
    let (one, two) = (stage.published("Uinti").await, stage.published("Hieronta").await);
    let first = instant("2027-02-10T10:00:00Z");
    let times: Vec<_> = (0..25)
        .map(|day| {
            let starts_at = first + Duration::days(day);
            offers::NewOccurrence {
                starts_at,
                ends_at: starts_at + Duration::hours(1),
                capacity: 1,
            }
        })
        .collect();
    let of_one = stage.add(&one, &times).await;
    let of_two = stage.add(&two, &times[..2]).await;
    stage
        .db
        .write(async |tx: &db::Tx| offers::places::take(tx, of_one[1].id, 1).await)
        .await
        .unwrap();
    stage
        .offers
        .cancel_occurrence(&stage.manager, of_two[0].id, 1)
        .await
        .unwrap();
    stage.clock.set(first + Duration::seconds(1));

    let coming = stage.offers.occurrences_of(&[one.id, two.id]).await.unwrap();
    let starts = |offer: OfferId| {
        coming
            .iter()
            .filter(move |row| row.offer_id == offer)
            .map(|row| row.starts_at)
    };
    let expected = times[2..]
        .iter()
        .take(usize::try_from(MAX_UPCOMING).unwrap())
        .map(|time| time.starts_at);
    assert!(starts(one.id).eq(expected));
    assert!(starts(two.id).eq([times[1].starts_at]));

    let mut page = PageRequest { first: 20, after: None };
    let whole = stage.offers.schedule(&stage.manager, one.id, page).await.unwrap();
    page.after = whole.items.last().map(|row| row.id);
    let rest = stage.offers.schedule(&stage.manager, one.id, page).await.unwrap();
    assert!(whole.has_next && !rest.has_next);
    let all = whole.items.iter().chain(&rest.items).map(|row| row.starts_at);
    assert!(all.eq(times.iter().map(|time| time.starts_at)));
}

#[tokio::test]
async fn drafts_and_their_times_are_the_companys_own() {
    let stage = stage().await;
    let draft = stage.draft("Luonnos").await;
    let time = stage.add(&draft, &[hour_at("2027-02-10T10:00:00Z", 1)]).await[0].id;
    let stranger = Actor::person(stage.manager.signed_in().unwrap(), "test");
    let recorder = member(stage.manager.signed_in().unwrap(), stage.company, CompanyRole::Recorder);
    let page = PageRequest { first: 10, after: None };
    for (actor, sees) in [
        (&stranger, 0),
        (&recorder, 1),
        (&stage.officer, 1),
        (&Actor::nobody("test"), 0),
    ] {
        assert_eq!(
            stage.offers.occurrences_by_ids(actor, &[time]).await.unwrap().len(),
            sees
        );
        assert_eq!(stage.offers.schedule(actor, draft.id, page).await.is_ok(), sees == 1);
    }
    let all = PageRequest { first: 10, after: None };
    assert_eq!(
        stage
            .offers
            .offers_of_company(&recorder, stage.company, all)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(
        stage.offers.count_of_company(&recorder, stage.company).await.unwrap(),
        1
    );
    assert_eq!(
        code(stage.offers.offers_of_company(&stranger, stage.company, all).await),
        ErrorCode::Forbidden
    );
    assert_eq!(
        code(stage.offers.schedule(&stranger, draft.id, page).await),
        ErrorCode::NotFound
    );
}
