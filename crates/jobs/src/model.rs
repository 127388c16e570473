use chrono::{DateTime, TimeDelta, Utc};
use kernel::JobId;
use sea_orm::entity::prelude::*;

/// How often a job is tried before it is parked. With the pauses between them, the tries span about three hours.
pub(crate) const MAX_ATTEMPTS: i32 = 12;

/// The pause after the first failure, in seconds.
const SHORTEST_PAUSE: i64 = 10;

/// No pause is longer, in seconds.
pub(crate) const LONGEST_PAUSE: i64 = 3600;

/// Where a job stands. One that is done is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It runs when its time has come.
    Waiting,
    /// A worker has it in hand.
    Running,
    /// It failed for good and waits for a person.
    Dead,
}

/// A piece of work that is not done yet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// Its id, in the order of creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// What the handler has to know, as JSON.
    pub payload: Json,
    /// Unique among the jobs of its kind that are not done.
    pub key: Option<String>,
    /// Where it stands.
    pub state: State,
    /// When a worker may take it: the planned instant, or for a running job the end of its lease. A dead one is never
    /// due, so the search for work does not pass over it.
    pub due_at: Option<DateTime<Utc>>,
    /// How often it was begun.
    pub attempts: i32,
    /// Names one claim by one worker; only the worker that holds it may record an outcome.
    pub claim: Option<JobId>,
    /// Why the last try failed, at most 500 characters.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
}

/// A job refers to other records by its payload only.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How long a job rests after its failure number `attempts`: twice as long each time, shortened by up to a half at
/// `random`, so that jobs that failed together do not come back together.
pub(crate) fn pause_after(attempts: i32, random: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).clamp(0, 16);
    let longest = (SHORTEST_PAUSE << doublings).min(LONGEST_PAUSE);
    let pause = longest - i64::from(random) % (longest / 2 + 1);
    TimeDelta::seconds(pause.max(SHORTEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_ten_seconds_to_an_hour() {
        let longest: Vec<_> = (1..=MAX_ATTEMPTS)
            .map(|attempt| pause_after(attempt, 0).num_seconds())
            .collect();
        assert_eq!(longest, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
    }

    #[test]
    fn jitter_takes_away_at_most_a_half() {
        for attempt in [1, 2, 9, MAX_ATTEMPTS, i32::MAX] {
            let longest = pause_after(attempt, 0);
            for random in [1, 7, 12345, u32::MAX] {
                let pause = pause_after(attempt, random);
                assert!(pause <= longest && pause * 2 >= longest, "{attempt} {random} {pause}");
                assert!(pause >= TimeDelta::seconds(SHORTEST_PAUSE));
            }
        }
        assert_ne!(pause_after(9, 1), pause_after(9, 2));
    }
}
