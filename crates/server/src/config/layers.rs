//! Puts the layers of settings on top of each other.

use std::path::Path;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::error::from_figment;
use super::{ConfigError, Mode};

/// Every setting with its default; the table `production` holds what differs in production.
pub(super) const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// Environment variables of this project that are no settings.
const NOT_SETTINGS: [&str; 2] = ["PALVELUTORI_CONFIG", "PALVELUTORI_SHARED"];

/// Settings that came from one place.
struct Layer {
    name: String,
    settings: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.settings.clone()))
    }
}

/// All layers, the most specific on top.
pub(super) fn figment(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Figment, ConfigError> {
    let mut defaults: Dict = Figment::from(Toml::string(DEFAULTS)).extract().map_err(from_figment)?;
    let in_production = defaults
        .remove("production")
        .and_then(Value::into_dict)
        .unwrap_or_default();
    let defaults = Figment::from(Layer {
        name: "the defaults".to_owned(),
        settings: defaults,
    });

    let mut given = Figment::new();
    if let Some(path) = file {
        given = given.merge(Toml::file_exact(path));
    }
    for (name, value) in environment {
        if let Some(layer) = environment_variable(&defaults, &name, &value) {
            given = given.merge(layer);
        }
    }

    let mode = defaults
        .clone()
        .merge(&given)
        .extract_inner("mode")
        .map_err(from_figment)?;
    Ok(match mode {
        Mode::Demo => defaults,
        Mode::Production => defaults.merge(Layer {
            name: "the defaults of production".to_owned(),
            settings: in_production,
        }),
    }
    .merge(&given))
}

/// The setting that an environment variable carries; `None` for variables that are not ours.
///
/// The default decides how the text is read, so that a password of digits stays a text.
fn environment_variable(defaults: &Figment, name: &str, value: &str) -> Option<Layer> {
    let key = name
        .strip_prefix("PALVELUTORI_")
        .filter(|_| !NOT_SETTINGS.contains(&name))?;
    let key = key.to_ascii_lowercase().replace("__", ".");
    let value = match defaults.find_value(&key) {
        Ok(Value::Bool(..)) => value.parse::<bool>().map_or_else(|_| Value::from(value), Value::from),
        Ok(Value::Num(..)) => value.parse::<i64>().map_or_else(|_| Value::from(value), Value::from),
        Ok(Value::Array(..)) => Value::from(
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .collect::<Vec<_>>(),
        ),
        _ => Value::from(value),
    };
    let settings = figment::util::nest(&key, value).into_dict()?;
    Some(Layer {
        name: format!("environment variable {name}"),
        settings,
    })
}
