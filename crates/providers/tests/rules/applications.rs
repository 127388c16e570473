use chrono::{Duration, NaiveDate};
use kernel::{Actor, Coded, CompanyId, CompanyRole, ErrorCode};
use providers::{
    ApplicationState, ApprovalState, ApprovalTerms, Error, Hear, MessageKind, NewSanction, Register, SanctionStep,
};

use crate::town::{Town, day, first};

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code()
}

/// The companies in the register of the first city.
async fn approved(town: &Town, day: Option<NaiveDate>) -> Vec<CompanyId> {
    let register = Register {
        city: town.here,
        programme: Some(town.programme),
        day,
    };
    let page = town.providers.approved(register, first(100)).await.unwrap();
    let counted = town.providers.count_approved(register).await.unwrap();
    assert_eq!(usize::try_from(counted).unwrap(), page.items.len());
    page.items.into_iter().map(|approval| approval.company_id).collect()
}

#[tokio::test]
async fn only_a_signatory_applies_and_once_at_a_time() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let manager = town.colleague(&signatory, CompanyRole::Manager).await;
    assert_eq!(
        code(town.apply(&manager, company, town.programme).await),
        ErrorCode::Forbidden
    );
    let (a, b) = tokio::join!(
        town.apply(&signatory, company, town.programme),
        town.apply(&signatory, company, town.programme)
    );
    assert!(a.is_ok() != b.is_ok());
    assert_eq!(
        code(town.apply(&signatory, company, town.programme).await),
        ErrorCode::AlreadyExists
    );
    let application = a.or(b).unwrap();
    let by_manager = town.providers.withdraw_application(&manager, application.id, 1).await;
    assert_eq!(code(by_manager), ErrorCode::Forbidden);
    let stranger = town.person().await;
    let by_stranger = town.providers.withdraw_application(&stranger, application.id, 1).await;
    assert_eq!(code(by_stranger), ErrorCode::NotFound);
    town.providers
        .withdraw_application(&signatory, application.id, 1)
        .await
        .unwrap();
    town.apply(&signatory, company, town.programme).await.unwrap();
}

#[tokio::test]
async fn question_and_answer_lead_to_a_decision() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let approver = town.approver(town.here).await;
    let asked = town
        .providers
        .request_information(&approver, application.id, 1, "Vakuutus?")
        .await
        .unwrap();
    assert_eq!((asked.state, asked.version), (ApplicationState::InfoRequested, 2));
    assert_eq!(
        code(town.approve(&approver, &asked).await),
        ErrorCode::NotAllowedInState
    );
    let stale = town
        .providers
        .provide_information(&signatory, application.id, 1, "On.")
        .await;
    assert_eq!(code(stale), ErrorCode::Conflict);
    let told = town
        .providers
        .provide_information(&signatory, application.id, 2, "On.")
        .await
        .unwrap();
    town.approve(&approver, &told).await.unwrap();
    assert_eq!(code(town.approve(&approver, &told).await), ErrorCode::NotAllowedInState);
    let messages = town.providers.messages(&signatory, &[application.id]).await.unwrap();
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    assert_eq!(
        kinds,
        [MessageKind::Question, MessageKind::Answer, MessageKind::Decision]
    );
    let stranger = town.approver(town.there).await;
    assert_eq!(town.providers.messages(&stranger, &[application.id]).await.unwrap(), []);
    assert_eq!(
        town.letters().await,
        ["Hakemukseenne pyydetään lisätietoja", "Hakemuksenne on hyväksytty"]
    );
    assert_eq!(town.audited("approveApplication").await, 1);
}

#[tokio::test]
async fn nobody_decides_on_her_own_company() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let own = Actor {
        staff: town.approver(town.here).await.staff,
        ..signatory.clone()
    };
    assert_eq!(code(town.approve(&own, &application).await), ErrorCode::FourEyes);
    let rejected = town.providers.reject_application(&own, application.id, 1, "Ei.").await;
    assert_eq!(code(rejected), ErrorCode::FourEyes);
    assert_eq!(code(town.approve(&signatory, &application).await), ErrorCode::Forbidden);
    let elsewhere = town.approver(town.there).await;
    assert_eq!(code(town.approve(&elsewhere, &application).await), ErrorCode::NotFound);
    let approver = town.approver(town.here).await;
    let approval = town.approve(&approver, &application).await.unwrap();
    let suspended = town.providers.suspend_approval(&own, approval.id, 1, "Syy.").await;
    assert_eq!(code(suspended), ErrorCode::FourEyes);
}

#[tokio::test]
async fn two_cities_decide_apart() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let here = town.apply(&signatory, company, town.programme).await.unwrap();
    let there = town.apply(&signatory, company, town.programme_there).await.unwrap();
    assert_eq!(there.city_id, town.there);
    town.approve(&town.approver(town.here).await, &here).await.unwrap();
    let other = town.approver(town.there).await;
    town.providers
        .reject_application(&other, there.id, 1, "Ei tarvetta.")
        .await
        .unwrap();
    assert_eq!(approved(&town, None).await, [company]);
    let register = Register {
        city: town.there,
        programme: None,
        day: None,
    };
    assert_eq!(town.providers.count_approved(register).await.unwrap(), 0);
    let theirs = town
        .providers
        .applications_of_city(&other, town.there, None, first(9))
        .await
        .unwrap();
    assert_eq!(theirs.items.len(), 1);
    let open = Some(ApplicationState::Submitted);
    assert_eq!(
        town.providers
            .count_applications_of_city(&other, town.there, open)
            .await
            .unwrap(),
        0
    );
    let own = town
        .providers
        .applications_of_company(&signatory, company, first(9))
        .await
        .unwrap();
    assert_eq!(own.items.len(), 2);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story is told in one piece")]
async fn the_register_shows_each_day_as_it_stood() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let approver = town.approver(town.here).await;
    assert_eq!(approved(&town, None).await, []);
    let approval = town.approve(&approver, &application).await.unwrap();
    assert_eq!(approved(&town, None).await, [company]);
    assert_eq!(
        code(town.apply(&signatory, company, town.programme).await),
        ErrorCode::AlreadyExists
    );

    town.clock.advance(Duration::days(1));
    let suspended = town
        .providers
        .suspend_approval(&approver, approval.id, 1, "Vakuutus päättyi.")
        .await
        .unwrap();
    assert_eq!((suspended.state, suspended.version), (ApprovalState::Suspended, 2));
    assert_eq!(approved(&town, None).await, []);
    assert_eq!(approved(&town, Some(day("2027-03-01"))).await, [company]);
    assert_eq!(approved(&town, Some(day("2027-02-28"))).await, []);
    let again = town.providers.suspend_approval(&approver, approval.id, 2, "Syy.").await;
    assert_eq!(code(again), ErrorCode::NotAllowedInState);
    let public = town.person().await;
    assert_eq!(
        town.providers.approvals_by_ids(&public, &[approval.id]).await.unwrap(),
        []
    );
    assert_eq!(
        town.providers
            .approvals_by_ids(&signatory, &[approval.id])
            .await
            .unwrap()
            .len(),
        1
    );

    town.clock.advance(Duration::days(1));
    town.providers
        .reinstate_approval(&approver, approval.id, 2, "Vakuutus uusittu.")
        .await
        .unwrap();
    assert_eq!(approved(&town, None).await, [company]);
    assert_eq!(approved(&town, Some(day("2027-03-02"))).await, []);
    let history = town.providers.periods(&signatory, &[approval.id]).await.unwrap();
    let states: Vec<_> = history.iter().map(|period| period.state).collect();
    assert_eq!(
        states,
        [ApprovalState::Active, ApprovalState::Suspended, ApprovalState::Active]
    );
    assert_eq!(town.providers.periods(&public, &[approval.id]).await.unwrap(), []);

    // The hearing that follows the suspension is about nothing heavier.
    let follows = first::<kernel::HearingId>(1);
    let hearing = town
        .providers
        .hearings_of_company(&signatory, company, follows)
        .await
        .unwrap()
        .items
        .remove(0);
    let answer = town
        .providers
        .answer_hearing(&signatory, hearing.id, 1, "Olemme korjanneet.");
    answer.await.unwrap();
    let revoke = |version: i32| NewSanction {
        approval: approval.id,
        expected_version: version,
        step: SanctionStep::Revocation,
        grounds: "Sopimus rikottu.".to_owned(),
        rules: "569/2009 5 §".to_owned(),
        heard: Some((hearing.id, 2)),
    };
    let stale = town.providers.impose_sanction(&approver, revoke(2)).await;
    assert_eq!(code(stale), ErrorCode::Conflict);
    let unheard = town.providers.impose_sanction(&approver, revoke(3)).await;
    assert_eq!(code(unheard), ErrorCode::NotHeard);
    let second = town.approver(town.here).await;
    town.providers
        .close_hearing(&second, hearing.id, 2, "Uusi kuuleminen.")
        .await
        .unwrap();
    let hear = Hear {
        step: SanctionStep::Revocation,
        grounds: "Sopimus rikottu.".to_owned(),
        days: 14,
    };
    let hearing = town.providers.open_hearing(&second, approval.id, hear).await.unwrap();
    town.clock.set("2027-03-25T10:00:00Z".parse().unwrap());
    let revoke = NewSanction {
        heard: Some((hearing.id, 1)),
        ..revoke(3)
    };
    let own = town.providers.impose_sanction(&second, revoke.clone()).await;
    assert_eq!(code(own), ErrorCode::FourEyes);
    town.providers.impose_sanction(&approver, revoke).await.unwrap();
    assert_eq!(approved(&town, None).await, []);
    town.apply(&signatory, company, town.programme).await.unwrap();
}

#[tokio::test]
async fn a_new_approval_takes_the_place_of_one_that_is_over() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let approver = town.approver(town.here).await;
    let past = town.approve(&approver, &application).await.unwrap();
    assert_eq!(approved(&town, Some(day("2027-12-31"))).await, [company]);
    // Noon on 1 January 2028 in Helsinki.
    town.clock.set("2028-01-01T10:00:00Z".parse().unwrap());
    assert_eq!(approved(&town, None).await, []);
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let too_late = town.approve(&approver, &application).await;
    assert_eq!(code(too_late), ErrorCode::OutOfRange);
    let terms = ApprovalTerms {
        valid_from: day("2028-01-01"),
        valid_until: day("2028-12-31"),
        grounds: "Edellytykset täyttyvät.".to_owned(),
        conditions: None,
        area: Vec::new(),
        municipalities: Vec::new(),
    };
    town.providers
        .approve_application(&approver, application.id, 1, terms)
        .await
        .unwrap();
    assert_eq!(approved(&town, None).await, [company]);
    let past = town
        .providers
        .approvals_by_ids(&signatory, &[past.id])
        .await
        .unwrap()
        .remove(0);
    assert_eq!(past.state, ApprovalState::Expired);
    assert_eq!(approved(&town, Some(day("2027-12-31"))).await, [company]);
}

#[tokio::test]
async fn a_closed_programme_takes_no_applications() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let officer = town.staff(town.here, kernel::StaffRole::ProgrammeOfficer).await;
    town.programmes.close(&officer, town.programme, 2).await.unwrap();
    let approver = town.approver(town.here).await;
    assert_eq!(
        code(town.approve(&approver, &application).await),
        ErrorCode::NotAllowedInState
    );
    town.providers
        .withdraw_application(&signatory, application.id, 1)
        .await
        .unwrap();
    assert_eq!(
        code(town.apply(&signatory, company, town.programme).await),
        ErrorCode::NotAllowedInState
    );
}

#[tokio::test]
async fn offers_and_bookings_find_the_approval_of_the_day() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let application = town.apply(&signatory, company, town.programme).await.unwrap();
    let approver = town.approver(town.here).await;
    let approval = town.approve(&approver, &application).await.unwrap();
    let found = async |text: &str| town.in_force(company, day(text)).await.map(|approval| approval.id);
    assert_eq!(found("2027-03-01").await, Some(approval.id));
    assert_eq!(found("2027-12-31").await, Some(approval.id));
    assert_eq!(found("2028-01-01").await, None);
    town.providers
        .suspend_approval(&approver, approval.id, 1, "Syy.")
        .await
        .unwrap();
    assert_eq!(found("2027-03-01").await, None);
}
