//! Variables for every document of `graphql/operations` with which it succeeds for whoever is entitled.

use api::http::Operations;
use serde_json::{Value, json};
use support::PASSWORD;
use support::market::{Terms, key_of, programme_content, rulebook_content, terms_content};

use crate::town::{MEMBERS, ROLES, Town};

/// All documents in order.
pub(crate) fn documents() -> Vec<&'static str> {
    let mut paths: Vec<_> = Operations::embedded().iter().map(|(path, _)| path).collect();
    paths.sort_unstable();
    paths
}

/// Whoever runs the documents of a folder.
pub(crate) fn owner(document: &str) -> &'static str {
    match document.split('/').next() {
        Some("anyone") => "nobody",
        Some("resident") => "resident",
        Some("provider") => "signatory",
        Some("officer") => "officer",
        Some("approver") => "approver",
        Some("clerk") => "clerk",
        Some("auditor") => "auditor",
        Some("advisor") => "advisor",
        _ => "administrator",
    }
}

impl Town<'_> {
    /// Variables of a document for a role. Members of the company change records of their own number; what is made anew
    /// (accounts, companies, keys) differs from role to role.
    pub(crate) async fn variables(&self, document: &str, role: &str) -> Value {
        let (folder, name) = document.split_once('/').expect("a folder and a name");
        let number = MEMBERS.iter().position(|member| *member == role).unwrap_or_default();
        let maker = ROLES.iter().position(|known| *known == role).expect("a role");
        let found = match folder {
            "anyone" => self.of_anyone(name, role, maker).await,
            "resident" => self
                .of_resident(name, maker)
                .or_else(|| self.of_voucher_life(name, maker))
                .or_else(|| self.of_acting(name, maker))
                .or_else(|| self.of_applicant(name))
                .or_else(|| self.of_waiting_list(name, maker))
                .or_else(|| self.of_income_reviews(name, maker))
                .or_else(|| self.of_rectifications(name, maker))
                .or_else(|| self.of_population(name, maker))
                .or_else(|| self.of_attachments(name))
                .or_else(|| self.of_consents(name)),
            "provider" => self
                .of_provider(name, role, maker)
                .or_else(|| self.of_offers(name, number))
                .or_else(|| self.of_voucher_life(name, maker)),
            "officer" => self
                .of_officer(name, maker)
                .or_else(|| self.of_voucher_life(name, maker))
                .or_else(|| self.of_mass_grants(name, maker))
                .or_else(|| self.of_acting(name, maker))
                .or_else(|| self.of_applications(name, maker))
                .or_else(|| self.of_waiting_list(name, maker))
                .or_else(|| self.of_income_reviews(name, maker))
                .or_else(|| self.of_rectifications(name, maker))
                .or_else(|| self.of_budgets(name, maker))
                .or_else(|| self.of_canvas(name))
                .or_else(|| self.of_population(name, maker)),
            "approver" => self.of_approver(name),
            "clerk" => self
                .of_clerk(name, maker)
                .or_else(|| self.of_income_reviews(name, maker)),
            "advisor" => self.of_acting(name, maker),
            _ => self.of_administration(name),
        };
        let found = found.or_else(|| self.of_duties(name, number, maker));
        let found = found
            .or_else(|| self.of_sanctions(name))
            .or_else(|| self.of_releases(name))
            .or_else(|| self.of_resignations(name))
            .or_else(|| self.of_reciprocals(name));
        let found = match found {
            None => self.of_accounts(name).await,
            found => found,
        };
        found.unwrap_or_else(|| panic!("add variables for {document} to tests/it/inputs.rs"))
    }

    fn page(&self, of: &str, id: &str) -> Value {
        json!({ of: self.id(id), "first": 10 })
    }

    async fn of_anyone(&self, name: &str, role: &str, maker: usize) -> Option<Value> {
        Some(match name {
            "cities" => json!({}),
            "city" => json!({ "code": "837" }),
            "approvedProviders" | "programmes" => self.page("cityId", "city"),
            "company" => json!({ "id": self.id("company") }),
            "programmeRulebooks" => json!({ "programmeId": self.id("fourth programme") }),
            "programmeTerms" => json!({ "programmeId": self.id("programme") }),
            "whatWouldIPay" => json!({ "input": { "programmeId": self.id("programme"), "price": 13_000 } }),
            "node" => json!({ "id": self.id("to renew booking") }),
            "offer" => json!({ "id": self.id("offer"), "deliveredOn": "2027-04-01" }),
            "offers" => json!({ "filter": { "cityId": self.id("city") }, "first": 10 }),
            "register" => json!({ "input": {
                "email": format!("uusi{maker}@example.org"), "password": PASSWORD, "givenName": "Uusi",
                "familyName": "Asiakas", "lang": "FI",
            }}),
            "requestPasswordReset" | "resendVerification" => json!({ "input": { "email": "other@example.org" } }),
            "signIn" => json!({ "input": { "email": "newcomer@example.org", "password": PASSWORD } }),
            "refreshSession" => {
                let signed_in = json!({ "input": { "email": "third@example.org", "password": PASSWORD } });
                let session = self.app.anyone().run("anyone/signIn", signed_in).await.ok();
                json!({ "input": { "refreshToken": session.data("/signIn/session/refreshToken") } })
            }
            "verifyEmail" => {
                let email = format!("odottava{maker}@example.org");
                let account = json!({
                    "email": email, "password": PASSWORD, "givenName": "Uusi", "familyName": role, "lang": "FI",
                });
                self.app
                    .anyone()
                    .run("anyone/register", json!({ "input": account }))
                    .await
                    .ok();
                json!({ "input": { "token": self.link_to(&email).await } })
            }
            "resetPassword" => {
                let asked = json!({ "input": { "email": "third@example.org" } });
                self.app.anyone().run("anyone/requestPasswordReset", asked).await.ok();
                json!({ "input": { "token": self.link_to("third@example.org").await, "newPassword": PASSWORD } })
            }
            _ => return None,
        })
    }

    /// The token of the newest link that came to an address.
    async fn link_to(&self, address: &str) -> String {
        self.app.run_jobs().await;
        let mails = self.app.mails();
        let letter = mails
            .iter()
            .rev()
            .filter(|mail| mail.to == address)
            .find_map(|mail| mail.text.split_once("?token="));
        let (_, rest) = letter.expect("a letter with a link came");
        rest.chars().take_while(char::is_ascii_hexdigit).collect()
    }

    fn of_resident(&self, name: &str, maker: usize) -> Option<Value> {
        let key = key_of(&format!("{name}-{maker}"));
        Some(match name {
            "bookOffer" => json!({ "input": {
                "occurrenceId": self.id("free occurrence"), "voucherId": self.id("voucher"), "idempotencyKey": key,
            }}),
            "bookingPreview" => json!({ "occurrenceId": self.id("free occurrence"), "voucherId": self.id("voucher") }),
            "cancelBooking" => json!({ "input": { "bookingId": self.id("to cancel booking"), "idempotencyKey": key } }),
            "renewDeliveryCode" => json!({ "input": { "bookingId": self.id("to renew booking") } }),
            "changePassword" => {
                json!({ "input": { "currentPassword": PASSWORD, "newPassword": "neljä sinistä pöytää" } })
            }
            "me" | "signOut" | "signOutEverywhere" => json!({}),
            "myBookings" | "myVouchers" => json!({ "first": 10 }),
            "offersWithMyVoucher" => json!({
                "filter": { "cityId": self.id("city") }, "voucherId": self.id("voucher"), "first": 10,
            }),
            _ => return None,
        })
    }

    fn of_provider(&self, name: &str, role: &str, maker: usize) -> Option<Value> {
        let company = || self.page("companyId", "company");
        Some(match name {
            "application" => json!({ "id": self.id("asked application") }),
            "acceptRulebook" => json!({ "input": {
                "companyId": self.id("company"), "rulebookId": self.id("rulebook"),
            }}),
            "rulebookAcceptances" => json!({ "companyId": self.id("company") }),
            "companyApplications" | "companyBookings" | "companyMembers" | "companyOffers" | "companyStatements" => {
                company()
            }
            "myCompanies" => json!({}),
            "ownCompany" => json!({ "id": self.id("company") }),
            "statement" => self.page("statementId", "statement"),
            "offerSchedule" => self.page("offerId", "offer"),
            "applyToProgramme" => json!({ "input": {
                "programmeId": self.id("fourth programme"), "companyId": self.id("company"), "statement": "Osaamme.",
            }}),
            "provideInformation" => json!({ "input": {
                "applicationId": self.id("asked application"), "expectedVersion": 2, "answer": "Kokenut ohjaaja.",
            }}),
            "withdrawApplication" => {
                json!({ "input": { "applicationId": self.id("waiting application"), "expectedVersion": 1 } })
            }
            // The manager changes the company before the signatory does.
            "updateCompany" => json!({ "input": {
                "companyId": self.id("company"), "expectedVersion": if role == "signatory" { 3 } else { 2 }, "name": "Palvelu Oy",
                "email": "palvelu@example.org", "lang": "FI",
            }}),
            "confirmMember" => json!({ "input": { "memberId": self.id("joining member") } }),
            "removeMember" => json!({ "input": { "memberId": self.id("leaving member") } }),
            "joinCompany" => json!({ "input": { "businessId": support::business_id(400), "role": "MANAGER" } }),
            "registerCompany" => json!({ "input": self.new_company(500 + u32::try_from(maker).expect("few roles")) }),
            _ => return None,
        })
    }

    fn of_offers(&self, name: &str, number: usize) -> Option<Value> {
        let own = |name: &str| self.id(&format!("{name} {}", number.min(1)));
        let offer = |name: &str, version: i32| json!({ "input": { "offerId": own(name), "expectedVersion": version } });
        let occurrence = |name: &str| self.id(&format!("{name} {} occurrence", number.min(1)));
        let booking = |name: &str| self.id(&format!("{name} {} booking", number.min(1)));
        let key = key_of(&format!("{name}-{number}"));
        Some(match name {
            "createOffer" => json!({ "input": {
                "companyId": self.id("company"), "programmeId": self.id("programme"), "content": offer_content(),
            }}),
            "updateOffer" => json!({ "input": {
                "offerId": own("to update"), "expectedVersion": 1, "content": offer_content(),
            }}),
            "publishOffer" => offer("to publish", 1),
            "archiveOffer" => offer("to archive", 1),
            "pauseOffer" => offer("to pause", 2),
            "addOccurrences" => json!({ "input": { "offerId": self.id("offer"), "occurrences": [{
                "startsAt": format!("2027-05-0{}T10:00:00Z", number + 1),
                "endsAt": format!("2027-05-0{}T11:00:00Z", number + 1), "capacity": 5,
            }]}}),
            "changeCapacity" => json!({ "input": {
                "occurrenceId": occurrence("to resize"), "expectedVersion": 1, "capacity": 8,
            }}),
            "cancelOccurrence" => {
                json!({ "input": { "occurrenceId": occurrence("to call off"), "expectedVersion": 1 } })
            }
            "confirmBooking" => json!({ "input": { "bookingId": booking("to confirm") } }),
            "declineBooking" => json!({ "input": {
                "bookingId": booking("to decline"), "idempotencyKey": key, "reason": "Ohjaaja on sairaana.",
            }}),
            "cancelBookingAsProvider" => json!({ "input": {
                "bookingId": booking("to give up"), "idempotencyKey": key, "reason": "Ohjaaja on sairaana.",
            }}),
            "recordDelivery" => json!({ "input": {
                "bookingId": self.id(&format!("to deliver {number} booking")),
                "code": self.id(&format!("to deliver {number} code")), "idempotencyKey": key, "claimReference": "Kuitti 7",
            }}),
            _ => return None,
        })
    }

    fn of_officer(&self, name: &str, maker: usize) -> Option<Value> {
        let content = || programme_content(Terms::default());
        Some(match name {
            "programmeBudgets" => json!({ "programmeId": self.id("programme") }),
            "programmeVouchers" => self.page("programmeId", "programme"),
            "createProgramme" => json!({ "input": { "cityId": self.id("city"), "content": content() } }),
            "updateProgramme" => json!({ "input": {
                "programmeId": self.id("own draft programme"), "expectedVersion": 1, "content": content(),
            }}),
            "publishProgramme" => json!({ "input": {
                "programmeId": self.id("draft programme"), "expectedVersion": 1, "idempotencyKey": key_of(&format!("publish-{maker}")),
            }}),
            "draftProgrammeTerms" => json!({ "input": {
                "programmeId": self.id("programme"), "validFrom": "2027-06-01",
                "terms": terms_content(&json!({ "flat": { "value": 5_000 } })),
            }}),
            "updateProgrammeTerms" => json!({ "input": {
                "termsId": self.id("own draft terms"), "expectedVersion": 1, "validFrom": "2027-06-01",
                "terms": terms_content(&json!({ "flat": { "value": 5_000 } })),
            }}),
            "publishProgrammeTerms" => json!({ "input": { "termsId": self.id("draft terms"), "expectedVersion": 1 } }),
            "endProgrammeTerms" => json!({ "input": {
                "termsId": self.id("terms"), "expectedVersion": 2, "validUntil": "2027-05-31",
            }}),
            "withdrawProgrammeTerms" => {
                json!({ "input": { "termsId": self.id("coming terms"), "expectedVersion": 2 } })
            }
            "draftRulebook" => json!({ "input": {
                "programmeId": self.id("programme"), "content": rulebook_content(),
            }}),
            "updateRulebook" => json!({ "input": {
                "rulebookId": self.id("own draft rulebook"), "expectedVersion": 1, "content": rulebook_content(),
            }}),
            "publishRulebook" => json!({ "input": { "rulebookId": self.id("draft rulebook"), "expectedVersion": 1 } }),
            "closeProgramme" => json!({ "input": { "programmeId": self.id("draft programme"), "expectedVersion": 2 } }),
            "grantVoucher" => json!({ "input": {
                "cityId": self.id("city"), "programmeId": self.id("programme"), "residentEmail": "other@example.org",
                "grounds": "Ikä täyttää ehdot.", "idempotencyKey": key_of("grant-other"),
            }}),
            "revokeVoucher" => json!({ "input": {
                "voucherId": self.id("idle voucher"), "expectedVersion": 1, "reason": "Muutti pois.",
                "idempotencyKey": key_of(&format!("revoke-{maker}")),
            }}),
            _ => return None,
        })
    }

    fn of_approver(&self, name: &str) -> Option<Value> {
        let approval = |version: i32| {
            json!({ "input": {
                "approvalId": self.id("approval"), "expectedVersion": version, "reason": "Vakuutus päättyi.",
            }})
        };
        let application = |which: &str, field: &str| {
            json!({ "input": {
                "applicationId": self.id(&format!("{which} application")), "expectedVersion": 1, field: "Edellytykset on tutkittu.",
            }})
        };
        Some(match name {
            "applications" | "signatoryClaims" => self.page("cityId", "city"),
            "approval" => json!({ "id": self.id("approval") }),
            "requestInformation" => application("first", "question"),
            "rejectApplication" => application("third", "grounds"),
            "approveApplication" => {
                let mut variables = application("second", "grounds");
                variables["input"]["validFrom"] = json!("2027-04-01");
                variables["input"]["validUntil"] = json!("2027-12-31");
                variables
            }
            "suspendApproval" => approval(1),
            "reinstateApproval" => approval(2),
            "confirmSignatory" => json!({ "input": { "memberId": self.id("first claim") } }),
            "rejectSignatory" => json!({ "input": { "memberId": self.id("second claim") } }),
            _ => return None,
        })
    }

    /// Rights to act for another, and what officers record for them.
    fn of_acting(&self, name: &str, maker: usize) -> Option<Value> {
        let city = self.id("city");
        Some(match name {
            "giveMandate" => json!({ "input": {
                "holderId": self.person("deputy").id, "theme": "ALL", "validUntil": "2028-01-01T00:00:00Z",
            }}),
            "revokeMandate" => json!({ "input": { "relationId": self.id("given relation") } }),
            "recordPersonalCode" => json!({ "input": {
                "cityId": city, "email": "third@example.org", "personalCode": "150180-906B", "nonDisclosure": true,
                "grounds": "Henkilöllisyystodistus.",
            }}),
            "recordGuardianship" => json!({ "input": {
                "cityId": city, "guardianEmail": "third@example.org", "givenName": "Lapsi", "familyName": "Esimerkki",
                "personalCode": "010516B903X", "lang": "FI", "grounds": "Väestötietojärjestelmän ote.",
            }}),
            "recordTrustee" => json!({ "input": {
                "cityId": city, "trusteeEmail": "third@example.org", "givenName": "Päämies", "familyName": "Esimerkki",
                "personalCode": "160180-9071", "lang": "FI", "until": "2028-06-30", "grounds": "Edunvalvontapäätös.",
            }}),
            "endRelation" => json!({ "input": {
                "relationId": self.id("guardian relation"), "reason": "Käräjäoikeuden päätös.",
            }}),
            "openAssistedSession" => json!({ "input": {
                "cityId": city, "residentEmail": "other@example.org", "consent": format!("Suullisesti, {maker}."),
                "minutes": 30,
            }}),
            _ => return None,
        })
    }

    fn of_clerk(&self, name: &str, maker: usize) -> Option<Value> {
        let run = |month: &str, version: i32| {
            json!({ "input": {
                "runId": self.id(&format!("{month} run")), "expectedVersion": version,
                "idempotencyKey": key_of(&format!("{name}-{month}-{maker}")),
            }})
        };
        Some(match name {
            "settlementRuns" | "bankAnswers" => self.page("cityId", "city"),
            "settlementRun" => self.page("runId", "january run"),
            "paymentFile" => json!({ "runId": self.id("january run") }),
            "bankAnswer" => json!({ "answerId": self.id("answer"), "first": 10, "afterLine": 0 }),
            "confirmSettlementRun" => run("february", 1),
            "sendSettlementRun" => run("february", 2),
            "cancelSettlementRun" => run("march", 1),
            "createSettlementRun" => json!({ "input": {
                "cityId": self.id("city"), "year": 2027, "month": 3, "idempotencyKey": key_of("march-again"),
            }}),
            "uploadBankAnswer" => {
                let key = key_of(&format!("upload-{maker}"));
                json!({ "input": {
                    "cityId": self.id("city"), "content": self.report("B2", "ACTC"), "idempotencyKey": key,
                }})
            }
            _ => return None,
        })
    }

    fn of_administration(&self, name: &str) -> Option<Value> {
        Some(match name {
            "staff" | "auditRecords" | "ledgerAccounts" => self.page("cityId", "city"),
            "ledgerTransfers" => json!({ "cityId": self.id("city"), "accountId": self.id("account"), "first": 10 }),
            "proposeStaffRole" => json!({ "input": {
                "cityId": self.id("city"), "email": "newcomer@example.org", "role": "ADVISOR",
            }}),
            "confirmStaffRole" => json!({ "input": { "staffMemberId": self.id("proposed staff") } }),
            "revokeStaffRole" => json!({ "input": { "staffMemberId": self.id("active staff") } }),
            _ => return None,
        })
    }

    /// The input that registers a company whose business id begins with about `number`.
    pub(crate) fn new_company(&self, number: u32) -> Value {
        json!({
            "cityId": self.id("city"), "businessId": support::business_id(number), "name": "Siivous Oy", "kind": "COMPANY",
            "email": "siivous@example.org", "iban": "FI2112345600000785", "lang": "SV",
        })
    }

    /// A status report of the bank on the payment of January.
    pub(crate) fn report(&self, message: &str, status: &str) -> String {
        let payment = self.id("payment");
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>{message}</MsgId>\
             </GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>any</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts>\
             <OrgnlEndToEndId>{payment}</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>\
             </CstmrPmtStsRpt></Document>"
        )
    }
}

/// The content of an offer below the ceiling.
pub(crate) fn offer_content() -> Value {
    json!({
        "name": { "fi": "Vesijumppa", "sv": "Vattengymnastik", "en": "Water aerobics" },
        "description": { "fi": "Kevyttä liikuntaa.", "sv": "Lätt motion.", "en": "Light exercise." },
        "keywords": ["uinti"], "price": 1_000, "vatClass": "REDUCED",
        "place": {
            "name": "Uimahalli", "street": "Allaskatu 1", "postalCode": "33100",
            "coordinates": { "latitudeE6": 61_498_000, "longitudeE6": 23_760_000 },
        },
    })
}
