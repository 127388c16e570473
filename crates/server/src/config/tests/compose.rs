//! `docker-compose.yml` sets only settings that exist.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<String>,
}

fn compose() -> Compose {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docker-compose.yml");
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn compose_sets_only_settings_that_exist() {
    let known: Vec<_> = settings().into_iter().map(|(key, _)| variable(&key)).collect();
    let services = compose().services;
    let set: Vec<_> = services
        .values()
        .flat_map(|service| service.environment.keys())
        .collect();
    let ours: Vec<_> = set
        .into_iter()
        .filter(|name| name.starts_with("PALVELUTORI_"))
        .collect();
    assert!(!ours.is_empty());
    for name in ours {
        assert!(known.contains(name), "{name} is no setting");
    }
}

#[test]
fn compose_values_are_accepted() {
    let server = &compose().services["server"];
    // Its secrets are files of the container.
    let environment: Vec<_> = server
        .environment
        .iter()
        .filter(|(name, _)| !name.ends_with("_FILE"))
        .collect();
    let environment: Vec<_> = environment
        .into_iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let config = load(&environment).unwrap();
    assert_eq!(config.mail.transport, Transport::Smtp);
}

#[test]
fn compose_publishes_ports_to_this_machine_only() {
    let services = compose().services;
    let ports: Vec<_> = services.values().flat_map(|service| &service.ports).collect();
    assert!(!ports.is_empty());
    assert!(ports.iter().all(|port| port.starts_with("127.0.0.1:")), "{ports:?}");
}
