use audit::Act;
use db::Tx;
use kernel::{Actor, CityId, Page, PageRequest, TaskId, field};

use crate::model::task::{Model as Task, State};
use crate::{Error, Vouchers, policy, store};

impl Vouchers {
    /// The tasks of a city's officers, oldest first.
    pub async fn tasks(
        &self,
        actor: &Actor,
        city: CityId,
        state: Option<State>,
        page: PageRequest<TaskId>,
    ) -> Result<Page<Task>, Error> {
        policy::GRANT.in_city(actor, city)?;
        Ok(store::task::page(self.db.read(), city, state, page).await?)
    }

    /// How many there are in [`Self::tasks`].
    pub async fn count_tasks(&self, actor: &Actor, city: CityId, state: Option<State>) -> Result<u64, Error> {
        policy::GRANT.in_city(actor, city)?;
        Ok(store::task::count(self.db.read(), city, state).await?)
    }

    /// The tasks among `ids` that the actor may see, in no order.
    pub async fn tasks_by_ids(&self, actor: &Actor, ids: &[TaskId]) -> Result<Vec<Task>, Error> {
        policy::GRANT.signed_in(actor)?;
        Ok(store::task::by_ids(self.db.read(), &policy::GRANT.cities(actor), ids).await?)
    }

    /// Closes a task with what was done, at most 2 000 characters.
    pub async fn close_task(
        &self,
        actor: &Actor,
        id: TaskId,
        expected_version: i32,
        outcome: &str,
    ) -> Result<Task, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let outcome = field::text("outcome", outcome, 2_000)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::task::find_for_update(tx, &cities, id).await?;
                let task = found.ok_or(Error::NotFound)?;
                let state = task.close(expected_version)?;
                let act = Act::new("closeOfficerTask", id).in_city(task.city_id);
                audit::record(tx, actor, act.because(outcome.clone())).await?;
                Ok(store::task::set_closed(tx, &task, state, officer, outcome.clone()).await?)
            })
            .await
    }
}
