//! What the log says at its most talkative while people use secrets: none of them.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use support::PASSWORD;
use support::market::key_of;
use support::process::{Caller, Door, Instance, Site, eventually};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::town::Town;
use super::{PROGRAM, kinds};

const ADDRESS: &str = "uusi.asukas@example.org";
const FAMILY_NAME: &str = "Lokinen";
const WRONG_PASSWORD: &str = "nelja sinista poytaa";
const NEXT_PASSWORD: &str = "viisi vihreaa lamppua";
const WRONG_CODE: &str = "000000";

/// What is no bank's answer, with the account of somebody in it.
const WRONG_ANSWER: &str = "<Document><Acct>FI2112345600000785</Acct></Document>";

/// A run of the program with what must not be in its log.
struct Visit<'s> {
    site: &'s Site,
    door: Door,
    secrets: BTreeSet<String>,
}

impl Visit<'_> {
    fn hide(&mut self, secret: impl Into<String>) {
        self.secrets.insert(secret.into());
    }

    async fn ask(&self, caller: &Caller, document: &str, input: Value) -> support::Answer {
        let answer = caller.run(document, json!({ "input": input })).await;
        answer.expect("an answer")
    }

    /// The token of a link that no letter to the newcomer had before.
    async fn next_link(&mut self) -> String {
        let known = self.secrets.clone();
        let mut found = None;
        eventually(Duration::from_secs(20), "a letter with a link comes", async || {
            found = links(self.site).into_iter().find(|link| !known.contains(link));
            found.is_some()
        })
        .await;
        let link = found.expect("it was found");
        self.hide(&link);
        link
    }

    async fn sign_in(&mut self, password: &str) {
        let signed_in = Caller::anyone(&self.door).sign_in(ADDRESS, password).await;
        let signed_in = signed_in.expect("an answer").ok();
        let refresh_token = signed_in.text("/signIn/session/refreshToken");
        self.hide(signed_in.text("/signIn/session/accessToken"));
        self.hide(&refresh_token);
        let input = json!({ "refreshToken": refresh_token });
        let refreshed = self
            .ask(&Caller::anyone(&self.door), "anyone/refreshSession", input)
            .await
            .ok();
        self.hide(refreshed.text("/refreshSession/session/accessToken"));
        self.hide(refreshed.text("/refreshSession/session/refreshToken"));
    }

    /// Registers, mistypes a password, forgets it and sets another one.
    async fn account(&mut self) {
        let anyone = Caller::anyone(&self.door);
        let input = json!({
            "email": ADDRESS, "password": PASSWORD, "givenName": "Uusi", "familyName": FAMILY_NAME, "lang": "EN",
        });
        self.ask(&anyone, "anyone/register", input).await.ok();
        let token = self.next_link().await;
        self.ask(&anyone, "anyone/verifyEmail", json!({ "token": token }))
            .await
            .ok();
        self.sign_in(PASSWORD).await;
        let wrong = anyone.sign_in(ADDRESS, WRONG_PASSWORD).await.expect("an answer");
        assert_eq!(wrong.user_errors(), ["WRONG_CREDENTIALS"]);
        self.ask(&anyone, "anyone/requestPasswordReset", json!({ "email": ADDRESS }))
            .await
            .ok();
        let token = self.next_link().await;
        let input = json!({ "token": token, "newPassword": NEXT_PASSWORD });
        self.ask(&anyone, "anyone/resetPassword", input.clone()).await.ok();
        let again = self.ask(&anyone, "anyone/resetPassword", input).await;
        assert_eq!(again.user_errors(), ["INVALID_TOKEN"]);
        self.sign_in(NEXT_PASSWORD).await;
    }

    /// Books what begins in a moment, and delivers it with a wrong code and with the right one.
    async fn delivery(&mut self) {
        let town = Town::starting_in(&self.door, chrono::Duration::seconds(5)).await;
        let booked = town.book(0, "logged").await.expect("an answer").ok();
        let (booking, code) = (
            booked.text("/bookOffer/booking/id"),
            booked.text("/bookOffer/booking/code"),
        );
        self.hide(&code);
        let provider = Caller::signed_in(&self.door, "provider2.helsinki@example.org").await;
        let input = json!({ "bookingId": booking });
        self.ask(&provider, "provider/confirmBooking", input).await.ok();
        let record = async |code: &str| {
            let input = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of("deliver-logged") });
            self.ask(&provider, "provider/recordDelivery", input).await
        };
        eventually(Duration::from_secs(20), "the code is looked at", async || {
            let answer = record(WRONG_CODE).await;
            answer.user_errors() == ["WRONG_CODE"]
        })
        .await;
        record(&code).await.ok();
    }

    async fn bank(&self) {
        let clerk = Caller::signed_in(&self.door, "clerk1.helsinki@example.org").await;
        let me = clerk.run("resident/me", json!({})).await.expect("an answer").ok();
        let input = json!({
            "cityId": me.text("/me/staffRoles/0/city/id"), "content": WRONG_ANSWER, "idempotencyKey": key_of("wrong"),
        });
        let refused = self.ask(&clerk, "clerk/uploadBankAnswer", input).await;
        assert_eq!(refused.user_errors(), ["INVALID_BANK_FILE"]);
    }

    /// Breaks off in the middle of a request, of which only a talkative log speaks.
    async fn broken_connection(&self) {
        let mut stream = TcpStream::connect(self.door.address()).await.expect("it listens");
        stream.write_all(b"GET / HT").await.expect("it is open");
        drop(stream);
        eventually(Duration::from_secs(20), "it is logged", async || {
            self.log().contains(" DEBUG api::http::serve: a connection broke off")
        })
        .await;
    }

    fn log(&self) -> String {
        fs::read_to_string(self.site.folder().join("log")).expect("it has logged")
    }

    fn verify(&self) {
        let log = self.log();
        assert!(log.contains("/graphql"), "it logs each request");
        for secret in &self.secrets {
            let line = log.lines().find(|line| tells(line, secret));
            assert_eq!(line, None, "a line has {secret}");
        }
    }
}

/// Whether a line has a secret in it. Six digits are a code only where they stand alone: instants have as many.
fn tells(line: &str, secret: &str) -> bool {
    if secret.chars().all(|letter| letter.is_ascii_digit()) {
        let mut words = line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
        return words.any(|word| word == secret);
    }
    line.contains(secret)
}

/// The tokens of the links in the letters to the newcomer.
fn links(site: &Site) -> BTreeSet<String> {
    let letters = fs::read_dir(site.folder().join("var/mail")).into_iter().flatten();
    let texts = letters.filter_map(|letter| fs::read_to_string(letter.ok()?.path()).ok());
    let to_her = texts.filter(|text| text.contains(&format!("To: {ADDRESS}")));
    to_her
        .filter_map(|text| {
            // Quoted-printable (RFC 2045, 6.7).
            let text = text.replace("=\r\n", "").replace("=3D", "=");
            let (_, rest) = text.split_once("?token=")?;
            Some(rest.chars().take_while(char::is_ascii_hexdigit).collect())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_stay_out_of_the_log() {
    for kind in kinds() {
        let site = Site::new(PROGRAM, kind).await;
        let mut command = site.command(&["serve"]);
        command.env("PALVELUTORI_LOG__LEVEL", "trace");
        let instance = Instance::listening(command).await;
        let mut visit = Visit {
            site: &site,
            door: Door::to(&instance),
            secrets: BTreeSet::new(),
        };
        for secret in [PASSWORD, WRONG_PASSWORD, NEXT_PASSWORD, FAMILY_NAME, WRONG_ANSWER] {
            visit.hide(secret);
        }
        // Parts of anybody's: addresses of the demo, access tokens, hashes of passwords, bank accounts.
        for part in [
            "@example.org",
            "eyJ",
            "$argon2",
            "FI2112345600000785",
            "FI4250001510000023",
        ] {
            visit.hide(part);
        }
        visit.account().await;
        visit.delivery().await;
        visit.bank().await;
        visit.broken_connection().await;
        assert!(instance.stop().await.success());
        visit.verify();
        site.finish().await;
    }
}
