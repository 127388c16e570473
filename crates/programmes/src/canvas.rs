use audit::Act;
use db::Tx;
use kernel::{Actor, ProgrammeId};

use crate::model::canvas::{Content, Model as Canvas, next_version};
use crate::{Error, Programme, Programmes, policy, store};

impl Programmes {
    /// Writes the next version of the canvas of a programme in any state (P8).
    ///
    /// # Errors
    /// `Stale` when somebody has written one since `expected_version`, which is 0 where there was none; `Field`.
    pub async fn save_canvas(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        expected_version: i32,
        content: Content,
    ) -> Result<Canvas, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let visible = self.find(actor, programme).await?.ok_or(Error::NotFound)?;
        let city = self.cities.find(visible.city_id).await?.ok_or(Error::NotFound)?;
        let content = content.checked(city.bilingual)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_for_update(tx, &cities, programme).await?;
                let programme = found.ok_or(Error::NotFound)?;
                let latest = store::canvas::latest(tx.conn(), programme.id).await?;
                let latest = latest.map_or(0, |canvas| canvas.version);
                let canvas = Canvas {
                    id: tx.new_id(),
                    city_id: programme.city_id,
                    programme_id: programme.id,
                    version: next_version(latest, expected_version)?,
                    content: content.clone(),
                    written_by: officer,
                    written_at: tx.now(),
                };
                store::canvas::insert(tx, canvas.clone()).await?;
                let act = Act::new("saveProgrammeCanvas", programme.id).in_city(programme.city_id);
                audit::record(tx, actor, act).await?;
                Ok(canvas)
            })
            .await
    }

    /// A version of the canvas of a programme for the staff of its city, the latest where none is named.
    pub async fn canvas(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        version: Option<i32>,
    ) -> Result<Option<Canvas>, Error> {
        let city = self.city_to_see(actor, programme).await?;
        Ok(store::canvas::find(self.db.read(), &[city], programme, version).await?)
    }

    /// The latest canvas of a programme that everybody may see, with the programme, for open data.
    pub async fn public_canvas(&self, programme: ProgrammeId) -> Result<Option<(Programme, Canvas)>, Error> {
        let Some(programme) = crate::find_public(self.db.read(), programme).await? else {
            return Ok(None);
        };
        let canvas = store::canvas::latest(self.db.read(), programme.id).await?;
        Ok(canvas.map(|canvas| (programme, canvas)))
    }
}
