use serde_json::{Value, json};
use support::Answer;
use support::process::{Caller, Door, Lost};

use crate::load::Worker;

/// Somebody who looks at the offers of the demo, on a new connection each time.
#[derive(Clone)]
pub(crate) struct Visitor {
    caller: Caller,
    variables: Value,
}

impl Visitor {
    /// A visitor of the first city behind the door.
    pub(crate) async fn at(door: &Door) -> Self {
        let caller = Caller::anyone(door);
        let cities = caller.run("anyone/cities", json!({})).await.expect("an answer").ok();
        let filter = json!({ "cityId": cities.text("/cities/0/id") });
        Self {
            caller,
            variables: json!({ "filter": filter, "first": 20 }),
        }
    }

    /// Asks for the first page.
    ///
    /// # Errors
    /// When no answer comes.
    pub(crate) async fn look(&self) -> Result<Answer, Lost> {
        self.caller.run("anyone/offers", self.variables.clone()).await
    }
}

impl Worker for Visitor {
    async fn work(&mut self) {
        self.look().await.expect("an answer").ok();
    }
}
