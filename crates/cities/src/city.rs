use db::Tx;
use kernel::{Actor, CityId, LocalizedText};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use crate::model::city::{Model as City, Zone};
use crate::{Cities, Error, store};

/// The file that says which cities there are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityData {
    /// Its cities.
    pub city: Vec<NewCity>,
}

/// A city as data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCity {
    /// The municipality code (kuntakoodi), three digits.
    pub code: String,
    /// Its name in all languages.
    pub name: LocalizedText,
    /// Its business id (Y-tunnus).
    pub business_id: String,
    /// The zone of its civil days.
    pub zone: Zone,
    /// True where Swedish texts are mandatory.
    pub bilingual: bool,
    /// The account it pays from (IBAN).
    pub iban: String,
}

/// The ids of all cities; for jobs that go through them one by one.
pub async fn ids(conn: &impl ConnectionTrait) -> Result<Vec<CityId>, db::Error> {
    Ok(store::cities(conn).await?.into_iter().map(|city| city.id).collect())
}

/// A city by its id; for contexts that need its civil day inside their transaction.
pub async fn find(conn: &impl ConnectionTrait, id: CityId) -> Result<Option<City>, db::Error> {
    store::city(conn, id).await
}

impl Cities {
    /// Every city, in the order of municipality codes.
    pub async fn list(&self) -> Result<Vec<City>, Error> {
        Ok(store::cities(self.db.read()).await?)
    }

    /// A city by its id.
    pub async fn find(&self, id: CityId) -> Result<Option<City>, Error> {
        Ok(store::city(self.db.read(), id).await?)
    }

    /// A city by its municipality code.
    pub async fn find_by_code(&self, code: &str) -> Result<Option<City>, Error> {
        Ok(store::city_by_code(self.db.read(), code).await?)
    }

    /// Takes a city in, or brings it up to date; for the `seed` command only.
    pub async fn put(&self, data: NewCity) -> Result<City, Error> {
        self.db
            .write(async |tx: &Tx| {
                let city = City {
                    id: tx.new_id(),
                    code: data.code.clone(),
                    name: data.name.clone(),
                    business_id: data.business_id.clone(),
                    zone: data.zone,
                    bilingual: data.bilingual,
                    iban: data.iban.clone(),
                };
                let city = store::put_city(tx, city).await?;
                audit::record(
                    tx,
                    &Actor::system("seed"),
                    audit::Act::new("putCity", city.id).in_city(city.id),
                )
                .await?;
                Ok(city)
            })
            .await
    }
}
