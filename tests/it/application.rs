//! The test application itself.

use kernel::StaffRole;
use serde_json::json;
use support::both;

#[tokio::test]
async fn everybody_can_sign_in_and_list_cities() {
    both(async |app| {
        let city = app.city("091").await;
        let answer = app.anyone().run("anyone/cities", json!({})).await.ok();
        assert_eq!(answer.data("/cities/0/code"), "091");

        let (_, signatory) = app.company(&city, 1).await;
        let officer = app.staff(&city, StaffRole::ProgrammeOfficer, "officer").await;
        for person in [&signatory, &officer] {
            let me = person.run("resident/me", json!({})).await.ok();
            assert_eq!(me.id::<kernel::PersonId>("/me/person/id"), person.id);
        }
        let nobody = app.anyone().run("resident/me", json!({})).await;
        assert_eq!(nobody.error_code(), Some("UNAUTHENTICATED"));

        app.run_jobs().await;
        assert!(app.mails().iter().all(|mail| mail.to.ends_with("@example.org")));
    })
    .await;
}
