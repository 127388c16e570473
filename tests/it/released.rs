//! Bookings that no approval of their company covers any more (A7).

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, Person, TestApp, both};

use crate::inputs::offer_content;
use crate::town::{Town, done};

async fn suspend(approver: &Actor<'_>, approval: &str) {
    let input = json!({ "approvalId": approval, "expectedVersion": 1, "reason": "Asiakkaat ovat vaarassa." });
    approver
        .run("approver/suspendApproval", json!({ "input": input }))
        .await
        .ok();
}

impl Town<'_> {
    /// A booking of a company that is suspended afterwards.
    pub(crate) async fn releases(&mut self) {
        let programme = self.id("sanctioned programme").to_owned();
        let input =
            json!({ "companyId": self.id("third company"), "programmeId": programme, "content": offer_content() });
        let signatory = self.person("third signatory");
        let offer = done(signatory, "provider/createOffer", input)
            .await
            .text("/createOffer/offer/id");
        let input = json!({ "offerId": offer, "expectedVersion": 1 });
        done(signatory, "provider/publishOffer", input).await;
        let at = json!({ "startsAt": "2027-04-25T10:00:00Z", "endsAt": "2027-04-25T11:00:00Z", "capacity": 5 });
        let added = done(
            signatory,
            "provider/addOccurrences",
            json!({ "offerId": offer, "occurrences": [at] }),
        )
        .await;
        let resident = self.app.person("released").await;
        let input = json!({
            "cityId": self.id("city"), "programmeId": programme, "residentEmail": resident.email,
            "grounds": "Ikä täyttää ehdot.", "idempotencyKey": key_of("grant-released"),
        });
        let granted = done(self.person("officer"), "officer/grantVoucher", input).await;
        let input = json!({
            "occurrenceId": added.data("/addOccurrences/occurrences/0/id"),
            "voucherId": granted.data("/grantVoucher/voucher/id"), "idempotencyKey": key_of("book-released"),
        });
        let booked = done(&resident, "resident/bookOffer", input).await;
        suspend(self.person("approver"), self.id("closing approval")).await;
        self.put("released offer", offer);
        self.put("released booking", booked.text("/bookOffer/booking/id"));
    }

    /// Variables of the documents about bookings that no approval covers.
    pub(crate) fn of_releases(&self, name: &str) -> Option<Value> {
        let approval = self.id("closing approval");
        Some(match name {
            "bookingsToRelease" => json!({ "approvalId": approval, "first": 10 }),
            "releaseBookings" => {
                json!({ "input": { "approvalId": approval, "reason": "Tuottajan toiminta on keskeytetty." } })
            }
            _ => return None,
        })
    }
}

/// A market whose company has bookings of two residents, and its approver.
struct Stage<'a> {
    market: Market<'a>,
    approver: Person<'a>,
    residents: [Person<'a>; 2],
    bookings: [String; 2],
    approval: String,
}

impl<'a> Stage<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let market = Market::open(app, Terms::default()).await;
        let residents = [app.person("resident").await, app.person("other").await];
        let vouchers = [market.voucher(&residents[0]).await, market.voucher(&residents[1]).await];
        let (confirmed, _) = market.confirmed(&residents[0], &vouchers[0], "one").await;
        let requested = market.book(&residents[1], &vouchers[1], "other").await.ok();
        let page = json!({ "cityId": market.city.id, "first": 10 });
        let listed = app.anyone().run("anyone/approvedProviders", page).await.ok();
        Self {
            approver: app.sign_in("approver@example.org").await,
            approval: listed.text("/approvedProviders/edges/0/node/id"),
            bookings: [confirmed, requested.text("/bookOffer/booking/id")],
            market,
            residents,
        }
    }

    async fn listed(&self) -> i64 {
        let page = json!({ "approvalId": self.approval, "first": 10 });
        let listed = self.approver.run("approver/bookingsToRelease", page).await.ok();
        listed.data("/bookingsToRelease/totalCount").as_i64().unwrap()
    }

    async fn release(&self) -> Answer {
        let input = json!({ "approvalId": self.approval, "reason": "Tuottajan toiminta on keskeytetty." });
        self.approver
            .run("approver/releaseBookings", json!({ "input": input }))
            .await
    }

    async fn states(&self) -> [String; 2] {
        let mut states = Vec::new();
        for (resident, booking) in self.residents.iter().zip(&self.bookings) {
            let page = json!({ "first": 10 });
            let seen = resident.run("resident/myBookings", page).await.ok();
            assert_eq!(seen.data("/myBookings/nodes/0/id"), booking.as_str());
            states.push(seen.text("/myBookings/nodes/0/state"));
        }
        states.try_into().unwrap()
    }
}

#[tokio::test]
async fn bookings_of_a_suspended_company_are_released_once() {
    both(async |app| {
        let stage = Stage::open(app).await;
        assert_eq!(stage.listed().await, 0);
        assert_eq!(stage.release().await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        suspend(&stage.approver, &stage.approval).await;
        assert_eq!(stage.listed().await, 2);
        // Asked for twice, and the two jobs at once.
        stage.release().await.ok();
        stage.release().await.ok();
        tokio::join!(app.run_jobs(), app.run_jobs());
        assert_eq!(stage.states().await, ["CANCELLED_BY_PROVIDER"; 2]);
        for resident in &stage.residents {
            assert_eq!(stage.market.balance(resident).await, (10_000, 0));
        }
        assert_eq!(stage.listed().await, 0);
        assert_eq!(stage.release().await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        app.run_jobs().await;
        let told = app.mails();
        for resident in &stage.residents {
            let letters = told
                .iter()
                .filter(|mail| mail.to == resident.email && mail.subject == "Palveluntuottaja perui varauksesi");
            assert_eq!(letters.count(), 1, "{}", resident.email);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_covered_again_stays_and_what_a_resident_cancels_goes_once() {
    both(async |app| {
        let stage = Stage::open(app).await;
        suspend(&stage.approver, &stage.approval).await;
        stage.release().await.ok();
        let input = json!({ "approvalId": stage.approval, "expectedVersion": 2, "reason": "Asiat ovat kunnossa." });
        done(&stage.approver, "approver/reinstateApproval", input).await;
        app.run_jobs().await;
        assert_eq!(stage.states().await, ["CONFIRMED", "REQUESTED"]);

        let input = json!({ "approvalId": stage.approval, "expectedVersion": 3, "reason": "Asiakkaat ovat vaarassa." });
        done(&stage.approver, "approver/suspendApproval", input).await;
        stage.release().await.ok();
        let (_, cancelled) = tokio::join!(
            app.run_jobs(),
            stage.market.cancel(&stage.residents[0], &stage.bookings[0], "cancel")
        );
        let [first, second] = stage.states().await;
        let by_resident = cancelled.user_errors().is_empty();
        assert_eq!(
            first,
            if by_resident {
                "CANCELLED_BY_CLIENT"
            } else {
                "CANCELLED_BY_PROVIDER"
            }
        );
        assert_eq!(second, "CANCELLED_BY_PROVIDER");
        for resident in &stage.residents {
            assert_eq!(stage.market.balance(resident).await, (10_000, 0));
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_long_list_of_them_costs_as_many_statements_as_a_short_one() {
    both(async |app| {
        let terms = Terms {
            value: 20_000,
            price: 1_000,
            capacity: 30,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        for number in 0..20 {
            market.book(&resident, &voucher, &format!("book-{number}")).await.ok();
        }
        let page = json!({ "cityId": market.city.id, "first": 10 });
        let listed = app.anyone().run("anyone/approvedProviders", page).await.ok();
        let approval = listed.text("/approvedProviders/edges/0/node/id");
        let approver = app.sign_in("approver@example.org").await;
        suspend(&approver, &approval).await;
        let cost = async |first: u32| {
            let before = app.statements();
            let page = json!({ "approvalId": approval, "first": first });
            let listed = approver.run("approver/bookingsToRelease", page).await.ok();
            let rows = listed.data("/bookingsToRelease/edges").as_array().unwrap().len();
            (rows, app.statements() - before)
        };
        let ((two, few), (twenty, many)) = (cost(2).await, cost(20).await);
        assert_eq!((two, twenty), (2, 20));
        assert!(many <= few + 1, "{few} statements for two rows, {many} for twenty");
        app.run_jobs().await;
    })
    .await;
}
