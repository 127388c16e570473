//! The main job from end to end, through the documents that clients run: a voucher becomes a booking, a delivery, a
//! settlement and a payment that the bank confirms. `check` is clean after every step.

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::{Terms, VISIT, key_of, programme_content};
use support::{Answer, PASSWORD, Person, TestApp, both, business_id};

/// Registers as anybody would: a form, a letter, a link, a sign-in.
async fn register<'a>(app: &'a TestApp, name: &str) -> Person<'a> {
    let email = format!("{name}@example.org");
    let account =
        json!({ "email": email, "password": PASSWORD, "givenName": name, "familyName": "Esimerkki", "lang": "EN" });
    app.anyone()
        .run("anyone/register", json!({ "input": account }))
        .await
        .ok();
    app.run_jobs().await;
    let mails = app.mails();
    let letter = mails.iter().rev().find(|mail| mail.to == email).expect("a letter");
    let (_, token) = letter.text.split_once("token=").expect("a link");
    let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
    app.anyone()
        .run("anyone/verifyEmail", json!({ "input": { "token": token } }))
        .await
        .ok();
    app.sign_in(&email).await
}

/// Runs a mutation with its input, which must succeed.
async fn done(person: &Person<'_>, document: &str, input: Value) -> Answer {
    person.run(document, json!({ "input": input })).await.ok()
}

/// The bank's booking of a payment (camt.054).
fn booked(end_to_end_id: &str, euros: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><GrpHdr>\
         <MsgId>BOOKED</MsgId><CreDtTm>2027-03-02T20:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>1</Id><Ntry>\
         <Amt Ccy=\"EUR\">{euros}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls><Refs>\
         <EndToEndId>{end_to_end_id}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
}

/// The bank's refusal of a payment (pain.002).
fn rejected(message_id: &str, end_to_end_id: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>STATUS</MsgId>\
         <CreDtTm>2027-03-02T06:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{message_id}\
         </OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf>\
         <Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

/// What stands between two marks of a file.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    text.split_once(from)
        .and_then(|(_, rest)| rest.split_once(to))
        .expect("both marks")
        .0
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story is told in one piece")]
async fn a_voucher_becomes_a_payment() {
    both(async |app| {
        let city = app.city("091").await;
        let staff = async |role, name: &str| app.staff(&city, role, name).await.email;
        let officer = staff(StaffRole::ProgrammeOfficer, "officer").await;
        let deputy = staff(StaffRole::ProgrammeOfficer, "deputy").await;
        let approver = staff(StaffRole::Approver, "approver").await;
        let clerk = staff(StaffRole::SettlementClerk, "clerk").await;
        let colleague = staff(StaffRole::SettlementClerk, "colleague").await;
        let auditor = staff(StaffRole::Auditor, "auditor").await;

        // 1. One officer drafts a programme, another publishes it.
        let officer = app.sign_in(&officer).await;
        let content = programme_content(Terms::default());
        let drafted = done(
            &officer,
            "officer/createProgramme",
            json!({ "cityId": city.id, "content": content }),
        )
        .await;
        let programme = drafted.text("/createProgramme/programme/id");
        let publish = json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) });
        let own = officer
            .run("officer/publishProgramme", json!({ "input": publish }))
            .await;
        assert_eq!(own.user_errors(), ["FOUR_EYES"]);
        done(&app.sign_in(&deputy).await, "officer/publishProgramme", publish).await;
        app.check().await;

        // 2. A company registers; its signatory sees nothing until an approver confirms her; then it is approved.
        let approver = app.sign_in(&approver).await;
        let signatory = register(app, "signatory").await;
        let company = json!({
            "cityId": city.id, "businessId": business_id(42), "name": "Uimakoulu Esimerkki Oy", "kind": "COMPANY",
            "email": "uimakoulu@example.org", "iban": "FI2112345600000785", "lang": "FI",
        });
        let claim = done(&signatory, "provider/registerCompany", company).await;
        let member = claim.text("/registerCompany/member/id");
        let mine = signatory.run("provider/myCompanies", json!({})).await.ok();
        assert!(!mine.body.to_string().contains("FI2112345600000785"), "{:#}", mine.body);
        done(&approver, "approver/confirmSignatory", json!({ "memberId": member })).await;
        let mine = signatory.run("provider/myCompanies", json!({})).await.ok();
        let company = mine.text("/myCompanies/0/company/id");
        let apply = json!({ "programmeId": programme, "companyId": company, "statement": "Koulutetut ohjaajat." });
        let applied = done(&signatory, "provider/applyToProgramme", apply).await;
        let application = applied.text("/applyToProgramme/application/id");
        let version = |answer: &Answer, field: &str| answer.data(&format!("/{field}/application/version")).clone();
        let ask = json!({ "applicationId": application, "question": "Onko vakuutus voimassa?",
            "expectedVersion": version(&applied, "applyToProgramme") });
        let asked = done(&approver, "approver/requestInformation", ask).await;
        let answer = json!({ "applicationId": application, "answer": "On.",
            "expectedVersion": version(&asked, "requestInformation") });
        let told = done(&signatory, "provider/provideInformation", answer).await;
        let approve = json!({ "applicationId": application, "validFrom": "2027-01-01", "validUntil": "2027-12-31",
            "grounds": "Ehdot täyttyvät.", "expectedVersion": version(&told, "provideInformation") });
        done(&approver, "approver/approveApplication", approve).await;
        let public = app
            .anyone()
            .run("anyone/approvedProviders", json!({ "cityId": city.id, "first": 10 }))
            .await
            .ok();
        assert_eq!(
            public.data("/approvedProviders/edges/0/node/company/name"),
            "Uimakoulu Esimerkki Oy"
        );
        app.check().await;

        // 3. The company publishes offers of 130 and 80 euros.
        let mut occurrences = Vec::new();
        for (name, price) in [("Uimakoulu", 13_000), ("Vesijuoksu", 8_000)] {
            let text = json!({ "fi": name, "sv": "Simskola", "en": "Swimming" });
            let content = json!({ "name": text, "description": text, "price": price, "vatClass": "REDUCED",
                "place": { "name": "Uimahalli", "street": "Allaskatu 1", "postalCode": "00100",
                    "coordinates": { "latitudeE6": 60_187_000, "longitudeE6": 24_930_000 } } });
            let new = json!({ "companyId": company, "programmeId": programme, "content": content });
            let created = done(&signatory, "provider/createOffer", new).await;
            let offer = created.text("/createOffer/offer/id");
            let times = json!([{ "startsAt": VISIT, "endsAt": "2027-02-01T11:00:00Z", "capacity": 5 }]);
            let added = done(
                &signatory,
                "provider/addOccurrences",
                json!({ "offerId": offer, "occurrences": times }),
            )
            .await;
            let version = created.data("/createOffer/offer/version");
            done(
                &signatory,
                "provider/publishOffer",
                json!({ "offerId": offer, "expectedVersion": version }),
            )
            .await;
            occurrences.push(added.text("/addOccurrences/occurrences/0/id"));
        }

        // 4. Residents get vouchers; the budget is committed at once.
        let (resident, saver) = (register(app, "resident").await, register(app, "saver").await);
        let mut vouchers = Vec::new();
        for person in [&resident, &saver] {
            let grant = json!({ "cityId": city.id, "programmeId": programme, "residentEmail": person.email,
                "grounds": "Ikä.", "idempotencyKey": key_of(&person.id.to_string()) });
            vouchers.push(
                done(&officer, "officer/grantVoucher", grant)
                    .await
                    .text("/grantVoucher/voucher/id"),
            );
        }
        let budget = officer
            .run("officer/programmeBudgets", json!({ "programmeId": programme }))
            .await
            .ok();
        assert_eq!(budget.data("/node/budgets/0/available/cents"), 5_000_000 - 20_000);
        app.check().await;

        // 5. They see their shares before booking, then book: 100 + 30, and 80 + 0 with 20 left.
        let filter = json!({ "cityId": city.id, "text": "uimakoulu" });
        let seen = json!({ "filter": filter, "voucherId": vouchers[0], "first": 10 });
        let found = resident.run("resident/offersWithMyVoucher", seen).await.ok();
        assert_eq!(found.data("/offers/nodes/0/quote/ownShare/cents"), 3_000);
        let mut bookings = Vec::new();
        for (number, (person, shares)) in [(&resident, (10_000, 3_000)), (&saver, (8_000, 0))]
            .into_iter()
            .enumerate()
        {
            let place = json!({ "occurrenceId": occurrences[number], "voucherId": vouchers[number] });
            let preview = person.run("resident/bookingPreview", place.clone()).await.ok();
            let cents = |name: &str| preview.data(&format!("/bookingPreview/{name}/cents")).as_i64();
            assert_eq!(
                (cents("voucherShare"), cents("ownShare")),
                (Some(shares.0), Some(shares.1))
            );
            let mut input = place;
            input["idempotencyKey"] = json!(key_of("the-same-word"[..].get(number..).expect("long enough")));
            let booked = done(person, "resident/bookOffer", input.clone()).await;
            assert_eq!(done(person, "resident/bookOffer", input).await.body, booked.body);
            bookings.push((
                booked.text("/bookOffer/booking/id"),
                booked.text("/bookOffer/booking/code"),
            ));
        }
        let wallet = saver.run("resident/myVouchers", json!({ "first": 1 })).await.ok();
        assert_eq!(wallet.data("/myVouchers/nodes/0/balance/available/cents"), 2_000);
        app.check().await;

        // 6. The provider confirms and, when the time has come, delivers with the one-time codes.
        for (booking, _) in &bookings {
            done(&signatory, "provider/confirmBooking", json!({ "bookingId": booking })).await;
        }
        app.run_jobs().await;
        app.clock.set("2027-02-01T10:30:00Z".parse().expect("an instant"));
        let signatory = app.sign_in(&signatory.email).await;
        for (number, (booking, code)) in bookings.iter().enumerate() {
            let input = json!({ "bookingId": booking, "code": code, "claimReference": format!("A-{number}"),
                "idempotencyKey": key_of(&format!("deliver-{number}")) });
            done(&signatory, "provider/recordDelivery", input).await;
        }
        app.run_jobs().await;
        app.check().await;

        // 7. The month is settled: made, confirmed by another clerk, sent, refused once, settled again, paid.
        app.clock.set("2027-03-01T08:00:00Z".parse().expect("an instant"));
        let clerk = app.sign_in(&clerk).await;
        let colleague = app.sign_in(&colleague).await;
        let first = settle(&clerk, &colleague, &city.id.to_string(), 2).await;
        assert_eq!(first.total, 18_000);
        app.check().await;
        let mut answer = json!({
            "cityId": city.id, "content": rejected(&first.message_id, &first.end_to_end_id),
            "idempotencyKey": key_of("rejected"),
        });
        let taken = done(&clerk, "clerk/uploadBankAnswer", answer.clone()).await;
        assert_eq!(taken.data("/uploadBankAnswer/answer/entries/0/effect"), "APPLIED");
        let again = done(&clerk, "clerk/uploadBankAnswer", answer.clone()).await;
        assert_eq!(again.body, taken.body);
        answer["idempotencyKey"] = json!(key_of("rejected-again"));
        let again = clerk.run("clerk/uploadBankAnswer", json!({ "input": answer })).await;
        assert_eq!(again.user_errors(), ["DUPLICATE_FILE"]);
        app.run_jobs().await;
        app.check().await;

        app.clock.set("2027-04-01T08:00:00Z".parse().expect("an instant"));
        let (clerk, colleague) = (app.sign_in(&clerk.email).await, app.sign_in(&colleague.email).await);
        let second = settle(&clerk, &colleague, &city.id.to_string(), 3).await;
        assert_eq!(second.total, 18_000);
        assert_ne!(second.end_to_end_id, first.end_to_end_id);
        let answer = json!({
            "cityId": city.id, "content": booked(&second.end_to_end_id, "180.00"), "idempotencyKey": key_of("booked"),
        });
        done(&clerk, "clerk/uploadBankAnswer", answer).await;
        let run = json!({ "runId": second.id, "first": 10 });
        let paid = clerk.run("clerk/settlementRun", run).await.ok();
        assert_eq!(paid.data("/settlementRun/state"), "PAID");
        assert_eq!(paid.data("/settlementRun/payments/nodes/0/state"), "PAID");
        app.run_jobs().await;
        app.check().await;

        // 8. The ledger shows where each cent of the budget is.
        let auditor = app.sign_in(&auditor).await;
        let books = auditor
            .run("auditor/ledgerAccounts", json!({ "cityId": city.id, "first": 100 }))
            .await
            .ok();
        let accounts = books.data("/ledgerAccounts");
        let rows = accounts["nodes"]
            .as_array()
            .or(accounts["edges"].as_array())
            .expect("rows");
        let balance = |kind: &str| -> i64 {
            let node = |row: &Value| row.get("node").unwrap_or(row).clone();
            rows.iter()
                .map(node)
                .filter(|row| row["kind"] == kind)
                .filter_map(|row| row["balance"].as_i64())
                .sum()
        };
        assert_eq!(balance("appropriation"), -5_000_000);
        assert_eq!(balance("programme.available"), 4_980_000);
        assert_eq!(balance("voucher.available"), 2_000);
        assert_eq!(
            balance("booking.reserved") + balance("provider.payable") + balance("run.clearing"),
            0
        );
        assert_eq!(balance("paid"), 18_000);
    })
    .await;
}

/// What a run became.
struct Sent {
    id: String,
    total: i64,
    message_id: String,
    end_to_end_id: String,
}

/// Makes the run of a month, has it confirmed by another clerk, sends it and reads its payment file twice.
async fn settle(clerk: &Person<'_>, colleague: &Person<'_>, city: &str, month: i32) -> Sent {
    let key = key_of(&format!("run-of-{month}"));
    let new = json!({ "cityId": city, "year": 2027, "month": month, "idempotencyKey": key });
    let made = done(clerk, "clerk/createSettlementRun", new).await;
    let id = made.text("/createSettlementRun/run/id");
    let version = made.data("/createSettlementRun/run/version");
    let key = key_of(&format!("confirm-{month}"));
    let confirm = json!({ "runId": id, "expectedVersion": version, "idempotencyKey": key });
    let own = clerk
        .run("clerk/confirmSettlementRun", json!({ "input": confirm }))
        .await;
    assert_eq!(own.user_errors(), ["FOUR_EYES"]);
    let confirmed = done(colleague, "clerk/confirmSettlementRun", confirm).await;
    let version = confirmed.data("/confirmSettlementRun/run/version");
    done(
        clerk,
        "clerk/sendSettlementRun",
        json!({ "runId": id, "expectedVersion": version, "idempotencyKey": key_of(&format!("send-{month}")) }),
    )
    .await;
    let file = clerk.run("clerk/paymentFile", json!({ "runId": id })).await.ok();
    let same = clerk.run("clerk/paymentFile", json!({ "runId": id })).await.ok();
    assert_eq!(file.body, same.body);
    let xml = file.text("/settlementRun/paymentFile/content");
    Sent {
        total: made
            .data("/createSettlementRun/run/total/amount/cents")
            .as_i64()
            .expect("an amount"),
        message_id: between(&xml, "<MsgId>", "</MsgId>").to_owned(),
        end_to_end_id: between(&xml, "<EndToEndId>", "</EndToEndId>").to_owned(),
        id,
    }
}
