//! Who has looked at a person's data stands in the audit record, for the auditors of the city it concerns.

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, both};

/// The looks that an auditor sees of a city, as who, what, at which record and about whom.
async fn looks(auditor: &Actor<'_>, city: &Value) -> Vec<[Value; 4]> {
    let list = auditor
        .run("auditor/auditRecords", json!({ "cityId": city, "first": 100 }))
        .await
        .ok();
    let rows = list.data("/auditRecords/edges").as_array().unwrap().iter();
    rows.map(|edge| ["actor", "action", "subject", "about"].map(|field| edge["node"][field].clone()))
        .filter(|[_, action, ..]| action.as_str().unwrap().starts_with("read"))
        .collect()
}

#[tokio::test]
async fn auditors_see_who_looked_at_a_voucher_or_a_booking() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let turku = app.city("853").await;
        let here = app.staff(&market.city, StaffRole::Auditor, "here").await;
        let elsewhere = app.staff(&turku, StaffRole::Auditor, "elsewhere").await;
        let (resident, other) = (app.person("resident").await, app.person("other").await);
        let voucher = market.voucher(&resident).await;
        let second = market.voucher(&other).await;
        let booking = market.book(&resident, &voucher, "book").await.ok();
        let booking = booking.text("/bookOffer/booking/id");
        let sees = async |who: &Actor<'_>, id: &str| {
            let answer = who.run("anyone/node", json!({ "id": id })).await.ok();
            !answer.data("/node").is_null()
        };

        // Her own are nobody's business, and who sees nothing has looked at nothing.
        assert!(sees(&resident, &voucher).await && sees(&resident, &booking).await);
        for id in [&voucher, &booking] {
            assert!(!sees(&other, id).await && !sees(&elsewhere, id).await);
        }
        let early = market.deliver(&booking, "000000", "early").await;
        assert_eq!(early.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        let input = json!({
            "voucherId": voucher, "expectedVersion": 9, "reason": "Muutti pois.", "idempotencyKey": key_of("revoke"),
        });
        let stale = market.officer.run("officer/revokeVoucher", json!({ "input": input }));
        assert_eq!(stale.await.user_errors(), ["CONFLICT"]);
        assert_eq!(looks(&here, &json!(market.city.id)).await, Vec::<[Value; 4]>::new());

        assert!(sees(&market.officer, &voucher).await);
        assert!(sees(&market.provider, &booking).await);
        assert!(sees(&here, &booking).await);
        let row = |who, action, id: &String, about| [json!(who), json!(action), json!(id), json!(about)];
        let mut expected = vec![
            row(market.officer.id, "readVoucher", &voucher, resident.id),
            row(market.provider.id, "readBooking", &booking, resident.id),
            row(here.id, "readBooking", &booking, resident.id),
        ];
        assert_eq!(looks(&here, &json!(market.city.id)).await, expected);

        // Each record leaves its row, also where one request shows several.
        let text = "query both($a: ID!, $b: ID!) { a: node(id: $a) { id } b: node(id: $b) { id } }";
        market
            .officer
            .query(text, json!({ "a": voucher, "b": second }))
            .await
            .ok();
        let mut seen = looks(&here, &json!(market.city.id)).await;
        expected.push(row(market.officer.id, "readVoucher", &voucher, resident.id));
        expected.push(row(market.officer.id, "readVoucher", &second, other.id));
        seen.sort_by_key(|row| row.clone().map(|value| value.to_string()));
        expected.sort_by_key(|row| row.clone().map(|value| value.to_string()));
        assert_eq!(seen, expected);
        assert_eq!(looks(&elsewhere, &json!(turku.id)).await, Vec::<[Value; 4]>::new());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_look_at_a_company_is_recorded_in_each_of_its_cities() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (turku, helsinki) = (app.city("853").await, app.city("091").await);
        let branch = market.branch(app, turku, Terms::default()).await;
        let mut auditors = Vec::new();
        for (city, name) in [
            (&market.city, "tampere"),
            (&branch.city, "turku"),
            (&helsinki, "helsinki"),
        ] {
            auditors.push((app.staff(city, StaffRole::Auditor, name).await, json!(city.id)));
        }
        let resident = app.person("resident").await;
        for (market, key) in [(&market, "tampere"), (&branch, "turku")] {
            let granted = market.grant(&resident, &format!("grant-{key}")).await.ok();
            let voucher = granted.text("/grantVoucher/voucher/id");
            market.book(&resident, &voucher, &format!("book-{key}")).await.ok();
        }

        let run = async |document: &str, first: u32| {
            let variables = json!({ "companyId": market.company, "first": first });
            market.provider.run(document, variables).await.ok()
        };
        let bookings = run("provider/companyBookings", 1).await;
        assert_eq!(bookings.data("/companyBookings/nodes/0/city/code"), "837");
        run("provider/companyBookings", 10).await;
        run("provider/companyMembers", 10).await;

        let look = |action: &str| {
            let (who, company) = (json!(market.provider.id), json!(market.company));
            [who, json!(action), company, Value::Null]
        };
        let (bookings, members) = (look("readBookingsOfCompany"), look("readMembersOfCompany"));
        let expected = [
            // A page that shows clients of one city concerns that city only.
            vec![bookings.clone(), bookings.clone(), members.clone()],
            vec![bookings, members],
            Vec::new(),
        ];
        for ((auditor, city), expected) in auditors.iter().zip(expected) {
            assert_eq!(looks(auditor, city).await, expected);
        }
        app.run_jobs().await;
    })
    .await;
}
