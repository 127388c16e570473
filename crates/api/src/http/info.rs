//! What a resolver may know about the HTTP request.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, request::Parts};
use ipnet::IpNet;

use super::settings::HttpSettings;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Names the person for whom the caller acts.
pub(super) const ACTING_FOR: HeaderName = HeaderName::from_static("x-acting-for");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Facts about one HTTP request, found by resolvers in the data of the request and by other routes in its extensions.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestInfo {
    /// Names the request in the log, in the header `X-Request-Id` and in errors (`errorId`).
    pub request_id: String,
    /// The token of `Authorization: Bearer …`, not checked yet.
    pub bearer: Option<String>,
    /// For whom the caller wants to act, not checked yet: a person's id in the header `X-Acting-For`. A value that is no
    /// text counts as one that names nobody.
    pub acting_for: Option<String>,
    /// The address of the client: the peer of the connection, or what a trusted proxy says about it.
    pub client_ip: IpAddr,
    /// The languages the client asked for, as it wrote them.
    pub accept_language: Option<String>,
    /// The program of the client, as it names itself.
    pub user_agent: Option<String>,
}

impl fmt::Debug for RequestInfo {
    /// Leaves the token out, and what a client wrote into `X-Acting-For`, so that no log can hold them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestInfo")
            .field("request_id", &self.request_id)
            .field("bearer", &self.bearer.as_ref().map(|_| "…"))
            .field("acting_for", &self.acting_for.as_ref().map(|_| "…"))
            .field("client_ip", &self.client_ip)
            .field("accept_language", &self.accept_language)
            .field("user_agent", &self.user_agent)
            .finish()
    }
}

impl RequestInfo {
    /// Reads the head of a request; `fresh_id` names it unless a trusted proxy has named it already.
    pub(super) fn read(parts: &Parts, settings: &HttpSettings, fresh_id: impl FnOnce() -> String) -> Self {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|connection| connection.0.ip().to_canonical());
        let trusted = |ip: IpAddr| {
            settings
                .trusted_proxies
                .iter()
                .any(|network: &IpNet| network.contains(&ip))
        };
        let behind_proxy = peer.is_some_and(trusted);
        let given_id = text(&parts.headers, &REQUEST_ID).filter(|id| behind_proxy && is_request_id(id));
        Self {
            request_id: given_id.unwrap_or_else(fresh_id),
            bearer: bearer(&parts.headers),
            acting_for: parts
                .headers
                .get(ACTING_FOR)
                .map(|value| value.to_str().unwrap_or_default().to_owned()),
            client_ip: peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| {
                client_ip(peer, &parts.headers, trusted)
            }),
            accept_language: text(&parts.headers, &ACCEPT_LANGUAGE),
            user_agent: text(&parts.headers, &USER_AGENT),
        }
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

/// Walks `X-Forwarded-For` from the right, past trusted proxies, to the first address that none of them vouches for.
/// Addresses further left were written by the client itself and prove nothing.
fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let forwarded: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .map(str::trim)
        .collect();
    let mut client = peer;
    for text in forwarded.iter().rev() {
        if !trusted(client) {
            break;
        }
        let Some(previous) = address(text) else { break };
        client = previous;
    }
    client
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let ip = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(peer: &str, headers: &[(&'static str, &str)]) -> RequestInfo {
        let mut builder = Request::builder();
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (mut parts, ()) = builder.body(()).unwrap().into_parts();
        parts
            .extensions
            .insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        RequestInfo::read(
            &parts,
            &HttpSettings {
                trusted_proxies,
                ..HttpSettings::default()
            },
            || "fresh".to_owned(),
        )
    }

    #[test]
    fn only_trusted_proxies_may_name_the_client() {
        for (peer, forwarded, client) in [
            ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.7:4711, 10.2.3.4", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
            ("::ffff:10.0.0.1", "[2001:db8::1]:80", "2001:db8::1"),
            ("::1", "10.0.0.9", "10.0.0.9"),
        ] {
            let info = read(peer, &[("x-forwarded-for", forwarded)]);
            assert_eq!(info.client_ip, client.parse::<IpAddr>().unwrap(), "{peer} {forwarded}");
        }
        let lines = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-for", "10.9.9.9")];
        assert_eq!(
            read("10.0.0.1", &lines).client_ip,
            "198.51.100.7".parse::<IpAddr>().unwrap()
        );
    }

    #[test]
    fn a_request_id_is_taken_from_trusted_proxies_only() {
        assert_eq!(read("10.0.0.1", &[("x-request-id", "abc-1")]).request_id, "abc-1");
        assert_eq!(read("10.0.0.1", &[("x-request-id", "a b")]).request_id, "fresh");
        assert_eq!(read("192.0.2.1", &[("x-request-id", "abc-1")]).request_id, "fresh");
    }

    #[test]
    fn the_token_is_read_and_never_printed() {
        let info = read("192.0.2.1", &[("authorization", "bearer s3cret")]);
        assert_eq!(info.bearer.as_deref(), Some("s3cret"));
        assert!(!format!("{info:?}").contains("s3cret"));
        for other in ["Basic s3cret", "Bearer", "Bearer  "] {
            assert_eq!(read("192.0.2.1", &[("authorization", other)]).bearer, None, "{other}");
        }
    }
}
