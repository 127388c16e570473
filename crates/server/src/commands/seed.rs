//! Takes in data that comes as a file.

use std::path::Path;

use cities::{Cities, CityData};
use figment::Figment;
use figment::providers::{Format, Toml};

use super::{Config, Mode, Site, print};
use crate::{Failure, demo};

/// The cities that are taken in unless a file names others.
const CITIES: &str = include_str!("../../../../config/cities.toml");

/// Takes in the cities of `file`; the demo gets its own cities where none is named, and its people and offers.
pub(super) async fn seed(config: &Config, file: Option<&Path>) -> Result<(), Failure> {
    if config.mode == Mode::Production && file.is_none() {
        return Err("name the cities with --cities: those of the demo have invented bank accounts".into());
    }
    let Site { app, .. } = Site::open(config).await?;
    let count = put_cities(&app.cities, city_data(file)?).await?;
    if config.mode == Mode::Demo {
        demo::seed(&app).await?;
    }
    print(&format!("{count} cities taken in"))
}

/// The cities in `file`, or those that come with the program.
///
/// # Errors
/// When the file cannot be read or does not have the form of `config/cities.toml`.
pub fn city_data(file: Option<&Path>) -> Result<CityData, Box<figment::Error>> {
    let source = match file {
        Some(file) => Figment::from(Toml::file_exact(file)),
        None => Figment::from(Toml::string(CITIES)),
    };
    source.extract().map_err(Box::new)
}

/// Takes the cities in or brings them up to date; answers how many there are in the data.
///
/// # Errors
/// Those of the database.
pub async fn put_cities(cities: &Cities, data: CityData) -> Result<usize, cities::Error> {
    let count = data.city.len();
    for city in data.city {
        cities.put(city).await?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_cities_come_with_the_program() {
        let data = city_data(None).unwrap();
        let codes: Vec<_> = data.city.iter().map(|city| city.code.as_str()).collect();
        assert_eq!(codes, ["091", "049", "092", "837", "853", "564"]);
        assert!(data.city.iter().all(|city| city.name.sv.is_some()));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("cities.toml");
        std::fs::write(&file, CITIES.replace("bilingual", "biligual")).unwrap();
        assert!(city_data(Some(&file)).unwrap_err().to_string().contains("biligual"));
        assert!(city_data(Some(&folder.path().join("missing.toml"))).is_err());
    }

    #[test]
    fn an_unknown_zone_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("cities.toml");
        std::fs::write(&file, CITIES.replace("Europe/Helsinki", "Europe/Ankdamm")).unwrap();
        let error = city_data(Some(&file)).unwrap_err().to_string();
        assert!(error.contains("unknown zone \"Europe/Ankdamm\""), "{error}");
    }
}
