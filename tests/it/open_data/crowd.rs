//! Many providers.

use offers::model::offer;
use providers::model::{application, approval, company, period};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use support::TestApp;

/// Adds `count` companies with an approval and an offer like those of the market, behind the API.
pub(super) async fn crowd(app: &TestApp, count: u32) {
    let conn = app.db().read();
    let ids = app.db().ids();
    let company = company::Entity::find().one(conn).await.unwrap().unwrap();
    let application = application::Entity::find().one(conn).await.unwrap().unwrap();
    let approval = approval::Entity::find().one(conn).await.unwrap().unwrap();
    let period = period::Entity::find().one(conn).await.unwrap().unwrap();
    let offer = offer::Entity::find().one(conn).await.unwrap().unwrap();
    let numbers: Vec<u32> = (0..count).collect();
    for numbers in numbers.chunks(500) {
        let (mut companies, mut applications, mut approvals) = (Vec::new(), Vec::new(), Vec::new());
        let (mut periods, mut offers) = (Vec::new(), Vec::new());
        for number in numbers {
            let mut company = company.clone();
            (company.id, company.business_id) = (ids.next(), format!("{number:07}-{count}"));
            let mut application = application.clone();
            (application.id, application.company_id) = (ids.next(), company.id);
            let mut approval = approval.clone();
            (approval.id, approval.company_id, approval.application_id) =
                (ids.next(), company.id, Some(application.id));
            let mut period = period.clone();
            period.approval_id = approval.id;
            let mut offer = offer.clone();
            (offer.id, offer.company_id) = (ids.next(), company.id);
            companies.push(company.into_active_model());
            applications.push(application.into_active_model());
            approvals.push(approval.into_active_model());
            periods.push(period.into_active_model());
            offers.push(offer.into_active_model());
        }
        company::Entity::insert_many(companies)
            .exec_without_returning(conn)
            .await
            .unwrap();
        application::Entity::insert_many(applications)
            .exec_without_returning(conn)
            .await
            .unwrap();
        approval::Entity::insert_many(approvals)
            .exec_without_returning(conn)
            .await
            .unwrap();
        period::Entity::insert_many(periods)
            .exec_without_returning(conn)
            .await
            .unwrap();
        offer::Entity::insert_many(offers)
            .exec_without_returning(conn)
            .await
            .unwrap();
    }
    // A server does this by itself some time after so many rows have come.
    conn.execute_unprepared("ANALYZE").await.unwrap();
}
