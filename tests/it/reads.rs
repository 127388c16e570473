//! Who has looked at a person's data stands in the audit record, for the auditors of the city it concerns.

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Person, TestApp, both, business_id};

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

/// Rows of one request in an order of their own.
fn sorted(mut rows: Vec<[Value; 4]>) -> Vec<[Value; 4]> {
    rows.sort_by_key(|row| row.clone().map(|value| value.to_string()));
    rows
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
        expected.push(row(market.officer.id, "readVoucher", &voucher, resident.id));
        expected.push(row(market.officer.id, "readVoucher", &second, other.id));
        let seen = looks(&here, &json!(market.city.id)).await;
        assert_eq!(sorted(seen), sorted(expected));
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
        let newcomer = newcomer(app, &market).await;
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

        let look = |action: &str, about: &Person<'_>| {
            let (who, company) = (json!(market.provider.id), json!(market.company));
            [who, json!(action), company, json!(about.id)]
        };
        let bookings = look("readBookingsOfCompany", &resident);
        let members = look("readMembersOfCompany", &newcomer);
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

/// Somebody who waits to work for the company and to sign for one of her own.
async fn newcomer<'a>(app: &'a TestApp, market: &Market<'_>) -> Person<'a> {
    let newcomer = app.person("newcomer").await;
    let join = json!({ "input": { "businessId": business_id(100), "role": "RECORDER" } });
    newcomer.run("provider/joinCompany", join).await.ok();
    let claim = json!({ "input": {
        "cityId": market.city.id, "businessId": business_id(200), "name": "Uusi Oy", "kind": "COMPANY",
        "email": "uusi@example.org", "iban": "FI2112345600000785", "lang": "FI",
    }});
    newcomer.run("provider/registerCompany", claim).await.ok();
    newcomer
}

#[tokio::test]
async fn a_list_of_persons_says_at_whom_somebody_looked() {
    both(async |app| {
        let terms = Terms {
            price: 3_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let auditor = app.staff(&market.city, StaffRole::Auditor, "auditor").await;
        let administrator = app.staff(&market.city, StaffRole::Administrator, "administrator").await;
        let approver = app.sign_in("approver@example.org").await;
        let (resident, other) = (app.person("resident").await, app.person("other").await);
        let voucher = market.voucher(&resident).await;
        for key in ["first", "second"] {
            market.book(&resident, &voucher, key).await.ok();
        }
        let voucher = market.voucher(&other).await;
        market.book(&other, &voucher, "third").await.ok();
        let newcomer = newcomer(app, &market).await;

        let (city, company) = (json!(market.city.id), json!(market.company));
        let mut staff = vec![market.officer.id, approver.id, auditor.id];
        for market_has in ["deputy@example.org", "approver100@example.org"] {
            staff.push(app.sign_in(market_has).await.id);
        }
        let lists = [
            (
                &market.officer,
                "officer/programmeVouchers",
                ("programmeId", json!(market.programme)),
                "readVouchersOfProgramme",
                vec![resident.id, other.id],
            ),
            (
                &market.provider,
                "provider/companyBookings",
                ("companyId", company.clone()),
                "readBookingsOfCompany",
                vec![resident.id, other.id],
            ),
            (
                &market.provider,
                "provider/companyMembers",
                ("companyId", company),
                "readMembersOfCompany",
                vec![newcomer.id],
            ),
            (
                &approver,
                "approver/signatoryClaims",
                ("cityId", city.clone()),
                "readSignatoryClaims",
                vec![newcomer.id],
            ),
            (
                &administrator,
                "administrator/staff",
                ("cityId", city.clone()),
                "readStaff",
                staff,
            ),
        ];
        let mut expected = Vec::new();
        for (who, document, (name, id), action, shown) in lists {
            who.run(document, json!({ name: id, "first": 100 })).await.ok();
            // Once each, however many rows there are of her, and nothing of the one who looks.
            let row = |about| [json!(who.id), json!(action), id.clone(), json!(about)];
            expected.extend(shown.into_iter().map(row));
        }
        assert_eq!(sorted(looks(&auditor, &city).await), sorted(expected));
        app.run_jobs().await;
    })
    .await;
}
