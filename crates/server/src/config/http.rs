//! How the API is reached.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};
use url::{Host, Url};

use super::Mode;
use super::error::Problems;

/// How the API is reached (verkkopalvelu).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Where the server listens.
    pub bind: SocketAddr,
    /// The address people reach the server by.
    pub public_url: Url,
    /// Web pages that may call the API from a browser.
    pub cors_origins: Vec<Origin>,
    /// Proxies whose `X-Forwarded-For` is believed and which may hold all connections; a single address is a network of one.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the schema may be asked for through the API.
    pub introspection: bool,
    /// Whether the GraphiQL page is served.
    pub graphiql: bool,
    /// Whether only stored operations are run.
    pub require_persisted: bool,
    /// Open connections; further ones are answered 503, also those of an address that holds a quarter of them.
    pub max_connections: NonZeroUsize,
    /// Requests worked on at the same time; further ones are answered 503.
    pub max_concurrent_requests: NonZeroUsize,
}

/// A web page's scheme, host and port in the form of the `Origin` header, such as `https://asiointi.example.fi`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl Origin {
    /// The text a browser sends.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = Url::parse(&text).map_err(|error| format!("`{text}` is no origin: {error}"))?;
        let origin = url.origin().ascii_serialization();
        let web = matches!(url.scheme(), "http" | "https");
        if web && text.trim_end_matches('/') == origin {
            Ok(Self(origin))
        } else {
            Err(format!(
                "`{text}` is no origin: it must be a lower-case scheme and host with nothing behind"
            ))
        }
    }
}

impl Http {
    /// How many connections an address that is no trusted proxy may hold: a quarter of all, so that no single one locks the
    /// others out.
    pub fn max_connections_per_address(&self) -> usize {
        (self.max_connections.get() / 4).max(1)
    }

    pub(super) fn check(&self, mode: Mode, problems: &mut Problems) {
        if !matches!(self.public_url.scheme(), "http" | "https") {
            problems.add("http.public_url", "must begin with http:// or https://");
        }
        if mode == Mode::Demo {
            return;
        }
        if self.public_url.scheme() == "http" && !self.public_url.host().is_some_and(|host| is_loopback(&host)) {
            problems.add("http.public_url", "must begin with https:// in production");
        }
        if self.graphiql {
            problems.add("http.graphiql", "must be false in production");
        }
    }
}

/// Whether `host` can only be this machine.
pub(super) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: &String| {
        let network = text
            .parse::<IpNet>()
            .ok()
            .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.ok_or_else(|| de::Error::custom(format!("`{text}` is neither an address nor a network")))
    };
    texts.iter().map(network).collect()
}
