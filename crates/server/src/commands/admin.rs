//! Gives a city its first two administrators, who give all other roles.

use cities::City;
use kernel::{Coded, ErrorCode, Lang};

use super::{Config, Site, print};
use crate::Failure;

/// Makes the person with this verified address an administrator of the city with this code or name, unless it has two.
pub(super) async fn admin(config: &Config, city: &str, email: &str) -> Result<(), Failure> {
    let Site { app, .. } = Site::open(config).await?;
    let known = app.cities.list().await?;
    let city = known
        .iter()
        .find(|known| is_called(known, city))
        .ok_or_else(|| format!("there is no city {city}; `palvelutori seed --cities FILE` takes cities in"))?;
    match app.cities.make_administrator(city.id, email).await {
        Ok(_) => print(&format!("{email} is an administrator of {}", city.name.get(Lang::Fi))),
        Err(error) if error.code() == ErrorCode::NotFound => {
            Err(format!("nobody has registered with {email} and verified the address").into())
        }
        Err(error) if error.code() == ErrorCode::AlreadyExists => {
            let city = city.name.get(Lang::Fi);
            Err(format!("{email} is an administrator of {city} already, or waits to be confirmed as one").into())
        }
        Err(error) if error.code() == ErrorCode::NotAllowedInState => {
            let city = city.name.get(Lang::Fi);
            Err(format!(
                "{city} has two administrators already; one proposes further ones in the API, the other confirms"
            )
            .into())
        }
        Err(error) => Err(error.into()),
    }
}

fn is_called(city: &City, name: &str) -> bool {
    let names = [Lang::Fi, Lang::Sv, Lang::En].map(|lang| kernel::fold(city.name.get(lang)));
    city.code == name || names.contains(&kernel::fold(name))
}
