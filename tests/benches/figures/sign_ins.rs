use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use identity::{Argon2Cost, Limit, Limits, NewAccount, SigningKeys};
use kernel::Lang;
use serde_json::json;
use support::{PASSWORD, TestApp};
use url::Url;

use crate::client::{Client, Request, serve};
use crate::load::{Done, run};
use crate::report::{ratio, row};

/// How often the two take turns.
const TURNS: usize = 3;

/// How long a turn lasts.
const TURN: Duration = Duration::from_secs(5);

/// Signs in through GraphQL on SQLite, in turns with hashing alone at the same cost on as many threads as there are cores.
pub(crate) async fn measure() {
    let app = TestApp::sqlite().await;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let keys = SigningKeys::generate(app.db().ids()).expect("a key can be made");
    let keys = SigningKeys::from_pems(&keys, &[]).expect("it is a key");
    let contexts = server::wiring::app(
        app.db().clone(),
        files::Files::in_memory(1024),
        settings(),
        keys,
        None,
        None,
    )
    .expect("the cost is in range");
    let address = serve(contexts.clone()).await;
    let mut clients = Vec::new();
    // Two for each core: while one's answer is on its way, another one's password is hashed.
    for number in 0..2 * threads {
        let email = format!("person{number}@example.org");
        contexts
            .identity
            .add_verified("bench", account(&email))
            .await
            .expect("a new address");
        let body = json!({
            "documentId": "anyone/signIn", "variables": { "input": { "email": email, "password": PASSWORD } },
        });
        let next = move || Request {
            token: None,
            body: body.clone(),
        };
        clients.push(Client::connect(address, app.clock.clone(), "\"accessToken\":\"", next).await);
    }
    let (mut sign_ins, mut hashes, mut hashing) = (Done::default(), 0, Duration::ZERO);
    for _ in 0..TURNS {
        let done;
        (clients, done) = run(clients, TURN).await;
        sign_ins.add(done);
        let begin = Instant::now();
        hashes += tokio::task::block_in_place(|| hash_on(threads));
        hashing += begin.elapsed();
    }
    let millis = u64::try_from(hashing.as_millis()).expect("a short time");
    let bare = hashes * 1_000_000 / millis;
    let what = format!("sign-ins, {} clients", 2 * threads);
    row(&format!("{what}, per second"), &sign_ins.per_second().to_string(), "");
    row(&format!("{what}, 99th percentile"), &sign_ins.p99(), "");
    row(
        &format!("password hashes alone on {threads} threads, per second"),
        &(bare / 1_000).to_string(),
        "",
    );
    row(
        "sign-ins : hashes alone",
        &ratio(sign_ins.per_thousand_seconds(), bare),
        ">= 0.90",
    );
}

fn hash_on(threads: usize) -> u64 {
    let cost = Argon2Cost::default();
    let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None).expect("in range");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let begin = Instant::now();
    let count = || {
        let mut count = 0;
        while begin.elapsed() < TURN {
            let mut hash = [0; 32];
            argon2
                .hash_password_into(PASSWORD.as_bytes(), &[7; 16], &mut hash)
                .expect("a password can be hashed");
            std::hint::black_box(hash);
            count += 1;
        }
        count
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
        all.into_iter()
            .map(|one| one.join().expect("hashing does not fail"))
            .sum()
    })
}

fn account(email: &str) -> NewAccount {
    NewAccount {
        email: email.to_owned(),
        password: PASSWORD.to_owned(),
        given_name: "Aino".to_owned(),
        family_name: "Esimerkki".to_owned(),
        lang: Lang::Fi,
    }
}

/// The settings of a server, but nobody is told to slow down.
fn settings() -> identity::Settings {
    let limit = Limit {
        tries: i32::MAX,
        window: chrono::Duration::hours(1),
    };
    identity::Settings {
        issuer: "https://palvelutori.example".to_owned(),
        audience: "palvelutori".to_owned(),
        access_token: chrono::Duration::minutes(10),
        refresh_token_days: 30,
        argon2: Argon2Cost::default(),
        public_url: Url::parse("https://palvelutori.example/").expect("a URL"),
        limits: Limits {
            guesses_of_network: limit,
            guesses_of_account_and_network: limit,
            guesses_of_account: limit,
            letters_to_address: limit,
            letters_from_network: limit,
        },
    }
}
