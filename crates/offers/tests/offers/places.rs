//! Places are taken and given back by relative updates that rivals cannot undo.

use db::Tx;
use offers::places;

use super::{Stage, hour_at, stage};

async fn take(stage: &Stage, occurrence: kernel::OccurrenceId, units: i32) -> bool {
    let taken = stage
        .db
        .write(async |tx: &Tx| places::take(tx, occurrence, units).await);
    taken.await.unwrap()
}

async fn left(stage: &Stage, occurrence: kernel::OccurrenceId) -> i32 {
    stage
        .offers
        .occurrences_by_ids(&stage.manager, &[occurrence])
        .await
        .unwrap()[0]
        .places_left()
}

#[tokio::test]
async fn takes_what_is_left_and_no_more() {
    let stage = stage().await;
    let offer = stage.draft("Uinti").await;
    let times = stage
        .add(
            &offer,
            &[hour_at("2027-02-10T10:00:00Z", 3), hour_at("2027-02-11T10:00:00Z", 3)],
        )
        .await;
    let id = times[0].id;
    assert!(take(&stage, id, 2).await);
    assert!(!take(&stage, id, 2).await);
    assert!(!take(&stage, id, i32::MAX).await);
    assert!(!take(&stage, id, 0).await && !take(&stage, id, -1).await);
    assert_eq!(left(&stage, id).await, 1);
    assert_eq!(left(&stage, times[1].id).await, 3);

    stage
        .db
        .write(async |tx: &Tx| places::give_back(tx, id, 2).await)
        .await
        .unwrap();
    assert_eq!(left(&stage, id).await, 3);
    let too_many = stage.db.write(async |tx: &Tx| places::give_back(tx, id, 1).await).await;
    assert!(matches!(too_many, Err(db::Error::Constraint(_))));

    stage.offers.cancel_occurrence(&stage.manager, id, 1).await.unwrap();
    assert!(!take(&stage, id, 1).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_places_go_to_as_many_as_fit() {
    let stage = stage().await;
    let offer = stage.draft("Uinti").await;
    let id = stage.add(&offer, &[hour_at("2027-02-10T10:00:00Z", 5)]).await[0].id;
    let rivals: Vec<_> = (0..24)
        .map(|_| {
            let db = stage.db.clone();
            tokio::spawn(async move { db.write(async |tx: &Tx| places::take(tx, id, 1).await).await.unwrap() })
        })
        .collect();
    let mut won = 0;
    for rival in rivals {
        won += i32::from(rival.await.unwrap());
    }
    assert_eq!(won, 5);
    assert_eq!(left(&stage, id).await, 0);
}
