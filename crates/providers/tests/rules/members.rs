use kernel::{Coded, CompanyRole, ErrorCode};
use providers::{CompanyChange, Error, MemberState};

use crate::town::{BUSINESS_ID, Town, details, first};

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_claim_shows_and_gives_nothing() {
    let town = Town::build().await;
    let claimant = town.person().await;
    let claim = town.register(&claimant, "Siivous Oy").await.unwrap();
    let claimant = town.refreshed(&claimant).await;
    assert_eq!(claimant.companies, []);
    assert_eq!(
        town.providers
            .companies_by_ids(&claimant, &[claim.company_id])
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        code(town.apply(&claimant, claim.company_id, town.programme).await),
        ErrorCode::Forbidden
    );
    assert_eq!(
        code(town.providers.members(&claimant, claim.company_id, first(9)).await),
        ErrorCode::Forbidden
    );
    let mine = town.providers.my_companies(&claimant).await.unwrap();
    assert_eq!(
        mine.iter().map(|member| member.state).collect::<Vec<_>>(),
        [MemberState::Claimed]
    );
    assert_eq!(
        code(town.register(&claimant, "Siivous Oy").await),
        ErrorCode::AlreadyExists
    );
    // Nobody can join a company that belongs to nobody yet.
    let other = town.person().await;
    let joined = town
        .providers
        .join_company(&other, BUSINESS_ID, CompanyRole::Manager)
        .await;
    assert_eq!(code(joined), ErrorCode::NotFound);
}

#[tokio::test]
async fn only_an_approver_of_the_claims_city_confirms_it_and_never_her_own() {
    let town = Town::build().await;
    let mut claimant = town.approver(town.here).await;
    let claim = town.register(&claimant, "Siivous Oy").await.unwrap();
    assert_eq!(
        code(town.providers.confirm_signatory(&claimant, claim.id).await),
        ErrorCode::FourEyes
    );
    let elsewhere = town.approver(town.there).await;
    assert_eq!(
        code(town.providers.confirm_signatory(&elsewhere, claim.id).await),
        ErrorCode::NotFound
    );
    let approver = town.approver(town.here).await;
    let claims = town
        .providers
        .signatory_claims(&approver, town.here, first(9))
        .await
        .unwrap();
    assert_eq!(
        claims.items.iter().map(|claim| claim.id).collect::<Vec<_>>(),
        [claim.id]
    );
    let seen = town
        .providers
        .companies_by_ids(&approver, &[claim.company_id])
        .await
        .unwrap();
    assert_eq!(seen.len(), 1);
    let member = town.providers.confirm_signatory(&approver, claim.id).await.unwrap();
    assert_eq!((member.state, member.claimed_details), (MemberState::Active, None));
    assert_eq!(
        code(town.providers.confirm_signatory(&approver, claim.id).await),
        ErrorCode::NotAllowedInState
    );
    claimant = town.refreshed(&claimant).await;
    assert_eq!(claimant.companies, [(claim.company_id, CompanyRole::Signatory)]);
    assert_eq!(town.audited("confirmSignatory").await, 1);
}

#[tokio::test]
async fn a_second_registration_joins_and_changes_nothing() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let second = town.person().await;
    let claim = town.register(&second, "Varkaus Oy").await.unwrap();
    assert_eq!((claim.company_id, town.companies().await), (company, 1));
    let approver = town.approver(town.here).await;
    town.providers.confirm_signatory(&approver, claim.id).await.unwrap();
    let seen = town
        .providers
        .companies_by_ids(&signatory, &[company])
        .await
        .unwrap()
        .remove(0);
    assert_eq!((seen.name.as_str(), seen.account_for(&second)), ("Siivous Oy", None));
    assert_eq!(seen.account_for(&signatory), Some("FI5542345670000081"));
}

#[tokio::test]
async fn a_rejected_claim_leaves_nothing_behind() {
    let town = Town::build().await;
    let (thief, owner) = (town.person().await, town.person().await);
    let bad = town.register(&thief, "Varkaus Oy").await.unwrap();
    let good = town.register(&owner, "Siivous Oy").await.unwrap();
    let approver = town.approver(town.here).await;
    town.providers.reject_signatory(&approver, bad.id).await.unwrap();
    town.providers.confirm_signatory(&approver, good.id).await.unwrap();
    let owner = town.refreshed(&owner).await;
    let company = town
        .providers
        .companies_by_ids(&owner, &[good.company_id])
        .await
        .unwrap()
        .remove(0);
    assert_eq!(company.details(), details("Siivous Oy"));
}

#[tokio::test]
async fn signatories_confirm_who_works_for_them() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let person = town.person().await;
    let signing = town
        .providers
        .join_company(&person, BUSINESS_ID, CompanyRole::Signatory)
        .await;
    assert_eq!(code(signing), ErrorCode::InvalidFormat);
    let unknown = town
        .providers
        .join_company(&person, "0101263-6", CompanyRole::Manager)
        .await;
    assert_eq!(code(unknown), ErrorCode::NotFound);
    let claim = town
        .providers
        .join_company(&person, BUSINESS_ID, CompanyRole::Manager)
        .await
        .unwrap();
    assert_eq!(
        code(town.providers.confirm_member(&person, claim.id).await),
        ErrorCode::NotFound
    );
    let approver = town.approver(town.here).await;
    assert_eq!(
        code(town.providers.confirm_signatory(&approver, claim.id).await),
        ErrorCode::NotFound
    );
    town.providers.confirm_member(&signatory, claim.id).await.unwrap();
    let manager = town.refreshed(&person).await;
    assert_eq!(manager.companies, [(company, CompanyRole::Manager)]);
    assert_eq!(town.providers.count_members(&signatory, company).await.unwrap(), 2);
    assert_eq!(
        code(town.providers.members(&manager, company, first(9)).await),
        ErrorCode::Forbidden
    );
    // She may leave, and come back.
    town.providers.remove_member(&manager, claim.id).await.unwrap();
    assert_eq!(town.refreshed(&manager).await.companies, []);
    town.providers
        .join_company(&person, BUSINESS_ID, CompanyRole::Recorder)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_company_keeps_a_signatory_whatever_happens_at_once() {
    let town = Town::build().await;
    let (company, one) = town.company().await;
    let mine = town.providers.my_companies(&one).await.unwrap().remove(0).id;
    assert_eq!(
        code(town.providers.remove_member(&one, mine).await),
        ErrorCode::NotAllowedInState
    );
    let other = town.person().await;
    let claim = town.register(&other, "Siivous Oy").await.unwrap();
    let approver = town.approver(town.here).await;
    town.providers.confirm_signatory(&approver, claim.id).await.unwrap();
    let other = town.refreshed(&other).await;
    let (a, b) = tokio::join!(
        town.providers.remove_member(&one, claim.id),
        town.providers.remove_member(&other, mine)
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    assert_eq!(town.companies().await, 1);
    let left = [town.refreshed(&one).await, town.refreshed(&other).await];
    let signing = left
        .iter()
        .filter(|actor| actor.has_company_role(company, &[CompanyRole::Signatory]));
    assert_eq!(signing.count(), 1);
}

#[tokio::test]
async fn one_business_id_is_one_company_also_when_registered_at_once() {
    let town = Town::build().await;
    let (a, b, c) = (town.person().await, town.person().await, town.person().await);
    let claims = tokio::join!(
        town.register(&a, "A Oy"),
        town.register(&b, "B Oy"),
        town.register(&c, "C Oy")
    );
    let ids = [claims.0, claims.1, claims.2].map(|claim| claim.unwrap().company_id);
    assert_eq!((ids[0], ids[0]), (ids[1], ids[2]));
    assert_eq!(town.companies().await, 1);
}

#[tokio::test]
async fn the_account_takes_two_and_the_contact_hears_of_it() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    let manager = town.colleague(&signatory, CompanyRole::Manager).await;
    let recorder = town.colleague(&signatory, CompanyRole::Recorder).await;
    let seen = town
        .providers
        .companies_by_ids(&manager, &[company])
        .await
        .unwrap()
        .remove(0);
    assert!(seen.account_for(&manager).is_some() && seen.account_for(&recorder).is_none());
    let iban = "FI42 5000 1510 0000 23";
    let by_recorder = town
        .providers
        .propose_account(&recorder, company, seen.version, iban)
        .await;
    assert_eq!(code(by_recorder), ErrorCode::Forbidden);
    let wrong = town
        .providers
        .propose_account(&manager, company, seen.version, "FI4250001510000024")
        .await;
    assert_eq!(code(wrong), ErrorCode::InvalidIban);
    let change = town
        .providers
        .propose_account(&manager, company, seen.version, iban)
        .await
        .unwrap();
    let by_herself = town.providers.confirm_account(&manager, change.id, 1).await;
    assert_eq!(code(by_herself), ErrorCode::FourEyes);
    town.providers.confirm_account(&signatory, change.id, 1).await.unwrap();
    let found = town.providers.companies_by_ids(&manager, &[company]).await;
    let changed = found.unwrap().remove(0);
    assert_eq!(
        (changed.iban.as_str(), changed.version),
        ("FI4250001510000023", seen.version + 1)
    );
    let subjects = ["Tilinumeronne muutosta on ehdotettu", "Tilinumeronne on muutettu"];
    assert_eq!(town.letters().await, subjects);
    assert_eq!(town.audited("confirmCompanyAccount").await, 1);

    let change = CompanyChange {
        name: "Siivous Oy".into(),
        email: "uusi@siivous.example.fi".into(),
        lang: kernel::Lang::Fi,
    };
    let stale = town
        .providers
        .update_company(&manager, company, seen.version, change.clone())
        .await;
    assert_eq!(code(stale), ErrorCode::Conflict);
    let refused = town
        .providers
        .update_company(&recorder, company, changed.version, change.clone())
        .await;
    assert_eq!(code(refused), ErrorCode::Forbidden);
    town.providers
        .update_company(&manager, company, changed.version, change)
        .await
        .unwrap();
    assert_eq!(town.letters().await.len(), 3);
}

#[tokio::test]
async fn every_city_of_a_company_sees_who_diverted_its_account() {
    let town = Town::build().await;
    let (company, signatory) = town.company().await;
    town.apply(&signatory, company, town.programme_there).await.unwrap();
    let found = town.providers.companies_by_ids(&signatory, &[company]).await.unwrap();
    let manager = town.colleague(&signatory, CompanyRole::Manager).await;
    let proposed = town
        .providers
        .propose_account(&signatory, company, found[0].version, "FI4250001510000023")
        .await
        .unwrap();
    town.providers.confirm_account(&manager, proposed.id, 1).await.unwrap();
    let changed = town.providers.companies_by_ids(&signatory, &[company]).await;
    let changed = changed.unwrap().remove(0);
    let change = CompanyChange {
        name: "Siivous ja pesu Oy".to_owned(),
        email: changed.email.clone(),
        lang: changed.lang,
    };
    town.providers
        .update_company(&signatory, company, changed.version, change)
        .await
        .unwrap();
    let mut both = [Some(town.here), Some(town.there)];
    both.sort();
    for action in [
        "proposeCompanyAccount",
        "confirmCompanyAccount",
        "updateCompany",
        "joinCompany",
        "confirmMember",
    ] {
        let mut seen = town.cities_that_see(action).await;
        seen.sort();
        assert_eq!(seen, both, "{action}");
    }
    assert_eq!(town.cities_that_see("confirmSignatory").await, [Some(town.here)]);
}
