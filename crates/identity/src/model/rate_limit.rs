//! Counters of tries.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::settings::Limit;

/// The tries of one kind by one party since the window began.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_limit")]
pub(crate) struct Model {
    /// What is counted, followed by a digest of whose: no address or network can be read from it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: String,
    pub window_start: DateTime<Utc>,
    /// How often, the present try included.
    pub hits: i32,
}

/// A counter refers to no other record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A try that is not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub bucket: String,
    /// Seconds until the window ends, at least one.
    pub retry_after_seconds: i64,
    /// True for the first refusal of the window, the one that is recorded: a flood must not flood the record.
    pub first: bool,
}

impl Model {
    /// Decides whether the try just counted is let through.
    pub(crate) fn judge(self, limit: Limit, now: DateTime<Utc>) -> Option<Refusal> {
        let left = self.window_start + limit.window - now;
        (self.hits > limit.tries).then(|| Refusal {
            bucket: self.bucket,
            retry_after_seconds: (left.num_seconds() + 1).clamp(1, limit.window.num_seconds().max(1)),
            first: self.hits == limit.tries.saturating_add(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone};

    use super::*;

    #[test]
    fn lets_the_limit_through_and_says_when_to_come_back() {
        let limit = Limit {
            tries: 2,
            window: Duration::minutes(1),
        };
        let start = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap();
        let judge = |hits, seconds| {
            let row = Model {
                bucket: "b".into(),
                window_start: start,
                hits,
            };
            row.judge(limit, start + Duration::seconds(seconds))
                .map(|refusal| (refusal.retry_after_seconds, refusal.first))
        };
        assert_eq!(judge(2, 0), None);
        assert_eq!(judge(3, 0), Some((60, true)));
        assert_eq!(judge(4, 45), Some((16, false)));
        assert_eq!(judge(4, -86_400), Some((60, false)), "after the clock was set back");
    }
}
