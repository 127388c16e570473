//! What companies do to their offers and times.

use kernel::{Actor, Cents, CompanyId, CompanyRole, ErrorCode, OfferId, PageRequest, TypedId};
use offers::{OfferContent, State};

use super::{code, content, hour_at, instant, member, stage};

#[tokio::test]
async fn an_offer_is_drafted_published_paused_and_archived() {
    let stage = stage().await;
    let draft = stage.draft("Uinti").await;
    assert_eq!(
        (draft.state, draft.version, draft.published_at),
        (State::Draft, 1, None)
    );
    assert_eq!(
        draft.search_text,
        "uinti uinti på svenska kuvaus kuvaus på svenska keskusta torikatu 1 20100 vesi"
    );

    let (offers, manager) = (&stage.offers, &stage.manager);
    assert_eq!(code(offers.publish(manager, draft.id, 2).await), ErrorCode::Conflict);
    assert_eq!(
        code(offers.pause(manager, draft.id, 1).await),
        ErrorCode::NotAllowedInState
    );
    let published = offers.publish(manager, draft.id, 1).await.unwrap();
    assert_eq!((published.state, published.version), (State::Published, 2));
    assert_eq!(published.published_at, Some(draft.created_at));
    let paused = offers.pause(manager, draft.id, 2).await.unwrap();
    let archived = offers.archive(manager, draft.id, paused.version).await.unwrap();
    assert_eq!((archived.state, archived.version), (State::Archived, 4));
    let change = offers.update(manager, draft.id, 4, content("Uinti"));
    assert_eq!(code(change.await), ErrorCode::NotAllowedInState);
    let times = [hour_at("2027-02-10T10:00:00Z", 1)];
    assert_eq!(
        code(offers.add_occurrences(manager, draft.id, &times).await),
        ErrorCode::NotAllowedInState
    );
}

#[tokio::test]
async fn a_price_stays_below_the_ceiling() {
    let stage = stage().await;
    let priced = |cents| OfferContent {
        price: Cents(cents),
        ..content("Uinti")
    };
    let refused = stage
        .offers
        .create(&stage.manager, stage.new_offer(priced(6_001)))
        .await
        .unwrap_err();
    assert_eq!(kernel::Coded::code(&refused), ErrorCode::PriceAboveCeiling);
    assert_eq!(kernel::Coded::params(&refused), vec![("ceiling", "60.00".to_owned())]);
    let offer = stage
        .offers
        .create(&stage.manager, stage.new_offer(priced(6_000)))
        .await
        .unwrap();
    let change = stage.offers.update(&stage.manager, offer.id, 1, priced(6_001)).await;
    assert_eq!(code(change), ErrorCode::PriceAboveCeiling);
    let changed = stage
        .offers
        .update(&stage.manager, offer.id, 1, priced(100))
        .await
        .unwrap();
    assert_eq!(
        (changed.price_cents, changed.version, changed.created_at),
        (Cents(100), 2, offer.created_at)
    );
    let outdated = stage.offers.update(&stage.manager, offer.id, 1, priced(200)).await;
    assert_eq!(code(outdated), ErrorCode::Conflict);
}

#[tokio::test]
async fn an_offer_needs_an_approval_in_force() {
    let stage = stage().await;
    let draft = stage.draft("Uinti").await;
    let reason = "Puutteita laadussa.";
    stage
        .providers
        .suspend_approval(&stage.approver, stage.approval, 1, reason)
        .await
        .unwrap();
    let new = stage.new_offer(content("Hieronta"));
    assert_eq!(
        code(stage.offers.create(&stage.manager, new.clone()).await),
        ErrorCode::NotApproved
    );
    assert_eq!(
        code(stage.offers.publish(&stage.manager, draft.id, 1).await),
        ErrorCode::NotApproved
    );
    stage
        .providers
        .reinstate_approval(&stage.approver, stage.approval, 2, reason)
        .await
        .unwrap();
    stage.offers.publish(&stage.manager, draft.id, 1).await.unwrap();

    // The last minute of the approval in Helsinki, and the first one after it.
    stage.clock.set(instant("2027-03-31T20:59:00Z"));
    stage.offers.create(&stage.manager, new.clone()).await.unwrap();
    stage.clock.set(instant("2027-03-31T21:00:00Z"));
    assert_eq!(
        code(stage.offers.create(&stage.manager, new).await),
        ErrorCode::NotApproved
    );
}

#[tokio::test]
async fn a_closed_programme_takes_no_offers() {
    let stage = stage().await;
    let draft = stage.draft("Uinti").await;
    stage
        .programmes
        .close(&stage.officer, stage.programme, 2)
        .await
        .unwrap();
    assert_eq!(
        code(stage.offers.publish(&stage.manager, draft.id, 1).await),
        ErrorCode::NotAllowedInState
    );
    let create = stage
        .offers
        .create(&stage.manager, stage.new_offer(content("Hieronta")))
        .await;
    assert_eq!(code(create), ErrorCode::NotAllowedInState);
}

#[tokio::test]
async fn only_signatories_and_managers_of_the_company_change_it() {
    let stage = stage().await;
    let (draft, published) = (stage.draft("Uinti").await, stage.published("Hieronta").await);
    let person = stage.manager.signed_in().unwrap();
    let recorder = member(person, stage.company, CompanyRole::Recorder);
    let stranger = member(
        person,
        CompanyId::from_uuid(OfferId::uuid(draft.id)),
        CompanyRole::Signatory,
    );
    let nobody = Actor::nobody("test");
    let pause = async |actor: &Actor, id| code(stage.offers.pause(actor, id, 1).await);
    assert_eq!(pause(&recorder, draft.id).await, ErrorCode::Forbidden);
    assert_eq!(pause(&stage.officer, draft.id).await, ErrorCode::Forbidden);
    assert_eq!(pause(&stranger, draft.id).await, ErrorCode::NotFound);
    assert_eq!(pause(&stranger, published.id).await, ErrorCode::Forbidden);
    assert_eq!(pause(&nobody, published.id).await, ErrorCode::Unauthenticated);
    let create = async |actor: &Actor| code(stage.offers.create(actor, stage.new_offer(content("Uinti"))).await);
    assert_eq!(create(&recorder).await, ErrorCode::Forbidden);
    assert_eq!(create(&stranger).await, ErrorCode::Forbidden);
}

#[tokio::test]
async fn times_are_added_together_or_not_at_all() {
    let stage = stage().await;
    let offer = stage.draft("Uinti").await;
    let add = async |times: &[_]| code(stage.offers.add_occurrences(&stage.manager, offer.id, times).await);
    let (first, second) = (hour_at("2027-02-10T10:00:00Z", 1), hour_at("2027-02-11T10:00:00Z", 1));
    assert_eq!(add(&[]).await, ErrorCode::Required);
    assert_eq!(add(&[first; 101]).await, ErrorCode::TooManyItems);
    assert_eq!(add(&[first, first]).await, ErrorCode::AlreadyExists);
    assert_eq!(
        add(&[first, hour_at("2027-07-01T10:00:00Z", 1)]).await,
        ErrorCode::OutOfRange
    );
    assert_eq!(
        add(&[first, hour_at("2027-02-01T10:00:00Z", 1)]).await,
        ErrorCode::TooLate
    );
    stage.add(&offer, &[first]).await;
    assert_eq!(add(&[second, first]).await, ErrorCode::AlreadyExists);
    let page = PageRequest { first: 10, after: None };
    let schedule = stage.offers.schedule(&stage.manager, offer.id, page).await.unwrap();
    assert_eq!(schedule.items.len(), 1);
}

#[tokio::test]
async fn a_time_that_was_called_off_can_be_offered_anew() {
    let stage = stage().await;
    let offer = stage.draft("Uinti").await;
    let new = hour_at("2027-02-10T10:00:00Z", 4);
    let id = stage.add(&offer, &[new]).await[0].id;
    let (offers, manager) = (&stage.offers, &stage.manager);
    assert_eq!(
        code(offers.change_capacity(manager, id, 2, 5).await),
        ErrorCode::Conflict
    );
    assert_eq!(
        code(offers.change_capacity(manager, id, 1, 0).await),
        ErrorCode::OutOfRange
    );
    let changed = offers.change_capacity(manager, id, 1, 7).await.unwrap();
    assert_eq!((changed.capacity, changed.version), (7, 2));

    stage
        .db
        .write(async |tx: &db::Tx| offers::places::take(tx, id, 2).await)
        .await
        .unwrap();
    assert_eq!(
        code(offers.change_capacity(manager, id, 2, 1).await),
        ErrorCode::OutOfRange
    );
    assert_eq!(
        code(offers.cancel_occurrence(manager, id, 2).await),
        ErrorCode::NotAllowedInState
    );
    stage
        .db
        .write(async |tx: &db::Tx| offers::places::give_back(tx, id, 2).await)
        .await
        .unwrap();

    assert_eq!(
        code(offers.cancel_occurrence(&stage.officer, id, 2).await),
        ErrorCode::Forbidden
    );
    offers.cancel_occurrence(manager, id, 2).await.unwrap();
    assert_eq!(
        code(offers.change_capacity(manager, id, 3, 9).await),
        ErrorCode::NotAllowedInState
    );
    let again = stage.add(&offer, &[new]).await;
    assert_eq!((again.len(), again[0].taken), (1, 0));
}
