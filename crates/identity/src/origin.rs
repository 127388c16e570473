use std::net::{IpAddr, Ipv6Addr};

use kernel::{Actor, PersonId};

/// The longest description of a browser that is kept, in characters.
const USER_AGENT_CHARS: usize = 200;

/// Where a request comes from, as the HTTP layer found out.
#[derive(Clone, Debug)]
pub struct RequestOrigin {
    /// The client's address; behind a proxy the one that a configured proxy reports.
    pub ip: IpAddr,
    /// How the client describes itself.
    pub user_agent: Option<String>,
    /// The request's id, for the audit record.
    pub request_id: String,
}

impl RequestOrigin {
    /// The network that limits count: an IPv4 address, or the /64 of an IPv6 address.
    pub(crate) fn network(&self) -> String {
        match self.ip.to_canonical() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => {
                let network = Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64));
                format!("{network}/64")
            }
        }
    }

    /// The browser's description, cut and without control characters: it is shown to the person later.
    pub(crate) fn browser(&self) -> Option<String> {
        let text = self.user_agent.as_ref()?;
        Some(
            text.chars()
                .filter(|c| !c.is_control())
                .take(USER_AGENT_CHARS)
                .collect(),
        )
    }

    pub(crate) fn nobody(&self) -> Actor {
        Actor::nobody(self.request_id.clone())
    }

    pub(crate) fn person(&self, person: PersonId) -> Actor {
        Actor::person(person, self.request_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_network() {
        let network = |ip: &str| {
            let origin = RequestOrigin {
                ip: ip.parse().unwrap(),
                user_agent: None,
                request_id: String::new(),
            };
            origin.network()
        };
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
    }
}
