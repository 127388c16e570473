use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Helsinki;
use db::{Db, Error, Tx};
use kernel::civil_day;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::queue::{Job, enqueue};

/// What seems to lie further ahead than this was written by a clock that has been set back since. The clocks of two
/// instances differ by far less.
pub(crate) const CLOCK_WAS_SET_BACK: TimeDelta = TimeDelta::hours(1);

/// When something is done again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// At every multiple of this time since 1970; whole seconds.
    Every(Duration),
    /// Each day at this time in Helsinki. A time that a clock change skips is kept an hour later by the clock, one
    /// that it repeats is kept the first time.
    Daily {
        /// 0 to 23.
        hour: u32,
        /// 0 to 59.
        minute: u32,
    },
}

impl Plan {
    pub(crate) fn is_valid(self) -> bool {
        match self {
            Self::Every(period) => i64::try_from(period.as_secs()).is_ok_and(|seconds| seconds > 0),
            Self::Daily { hour, minute } => NaiveTime::from_hms_opt(hour, minute, 0).is_some(),
        }
    }

    /// The last planned instant that is not after `now`.
    fn latest(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Every(period) => {
                let period = i64::try_from(period.as_secs()).ok()?;
                let seconds = now.timestamp();
                DateTime::from_timestamp(seconds - seconds.checked_rem_euclid(period)?, 0)
            }
            Self::Daily { hour, minute } => {
                let time = NaiveTime::from_hms_opt(hour, minute, 0)?;
                let today = civil_day(now, Helsinki);
                on_day(today, time)
                    .filter(|instant| *instant <= now)
                    .or_else(|| on_day(today.checked_sub_days(Days::new(1))?, time))
            }
        }
    }
}

/// When a clock in Helsinki first shows `time` on a day, or an hour later where that day skips it.
fn on_day(day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    let local = day.and_time(time);
    Helsinki
        .from_local_datetime(&local)
        .earliest()
        .or_else(|| Helsinki.from_local_datetime(&(local + TimeDelta::hours(1))).earliest())
        .map(|instant| instant.to_utc())
}

/// A kind of job and when it is enqueued.
pub(crate) struct Schedule {
    pub(crate) kind: &'static str,
    pub(crate) plan: Plan,
}

/// How far a plan has been kept, by whichever instance.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_schedule")]
pub(crate) struct Model {
    /// The kind of job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The last planned instant that was enqueued, or before which the plan was first seen.
    pub last_planned: DateTime<Utc>,
}

/// A plan refers to no other record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Enqueues what has become due. Instances race here; the row of the schedule lets one of them win.
pub(crate) async fn enqueue_due(db: &Db, schedules: &[Schedule]) -> Result<(), Error> {
    if schedules.is_empty() {
        return Ok(());
    }
    let now = db.clock().now();
    let kept = Entity::find().all(db.read()).await?;
    for schedule in schedules {
        let Some(latest) = schedule.plan.latest(now) else {
            continue;
        };
        match kept.iter().find(|row| row.kind == schedule.kind) {
            None => begin(db, schedule.kind, latest).await?,
            Some(row) if row.last_planned < latest || row.last_planned > now + CLOCK_WAS_SET_BACK => {
                keep(db, row, schedule.kind, latest).await?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn begin(db: &Db, kind: &'static str, latest: DateTime<Utc>) -> Result<(), Error> {
    db.write(async |tx: &Tx| {
        let row = ActiveModel {
            kind: Set(kind.to_owned()),
            last_planned: Set(latest),
        };
        Entity::insert(row)
            .on_conflict(OnConflict::column(Column::Kind).do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?;
        Ok(())
    })
    .await
}

async fn keep(db: &Db, row: &Model, kind: &'static str, latest: DateTime<Utc>) -> Result<(), Error> {
    db.write(async |tx: &Tx| {
        let changes = ActiveModel {
            last_planned: Set(latest),
            ..Default::default()
        };
        let updated = Entity::update_many()
            .set(changes)
            .filter(Column::Kind.eq(kind))
            .filter(Column::LastPlanned.eq(row.last_planned))
            .exec(tx.conn())
            .await?;
        if updated.rows_affected == 1 {
            enqueue(tx, Job::new(kind, &()).key(latest.to_rfc3339())).await?;
        }
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn daily(hour: u32, minute: u32) -> Plan {
        Plan::Daily { hour, minute }
    }

    #[test]
    fn a_daily_plan_follows_the_clock_of_helsinki() {
        let plan = daily(3, 0);
        assert_eq!(
            plan.latest(utc("2026-01-15T01:00:00Z")),
            Some(utc("2026-01-15T01:00:00Z"))
        );
        assert_eq!(
            plan.latest(utc("2026-01-15T00:59:59Z")),
            Some(utc("2026-01-14T01:00:00Z"))
        );
        assert_eq!(
            plan.latest(utc("2026-07-15T00:00:00Z")),
            Some(utc("2026-07-15T00:00:00Z"))
        );
        assert_eq!(
            plan.latest(utc("2028-02-29T12:00:00Z")),
            Some(utc("2028-02-29T01:00:00Z"))
        );
    }

    /// Walks through a day in steps of five minutes and collects the planned instants.
    fn planned(plan: Plan, from: &str, to: &str) -> Vec<DateTime<Utc>> {
        let (mut now, end) = (utc(from), utc(to));
        let mut seen = vec![plan.latest(now).unwrap()];
        while now < end {
            now += TimeDelta::minutes(5);
            let latest = plan.latest(now).unwrap();
            if seen.last() != Some(&latest) {
                seen.push(latest);
            }
        }
        seen.split_off(1)
    }

    #[test]
    fn a_skipped_time_is_kept_once_an_hour_later() {
        // On 29 March 2026 the clock goes from 3:00 to 4:00.
        let kept = planned(daily(3, 30), "2026-03-28T22:00:00Z", "2026-03-29T20:55:00Z");
        assert_eq!(kept, [utc("2026-03-29T01:30:00Z")]);
    }

    #[test]
    fn a_repeated_time_is_kept_once() {
        // On 25 October 2026 the clock goes from 4:00 to 3:00.
        let kept = planned(daily(3, 30), "2026-10-24T21:00:00Z", "2026-10-25T21:55:00Z");
        assert_eq!(kept, [utc("2026-10-25T00:30:00Z")]);
    }

    #[test]
    fn a_period_does_not_care_about_clock_changes() {
        let plan = Plan::Every(Duration::from_hours(1));
        assert_eq!(planned(plan, "2026-10-24T21:30:00Z", "2026-10-25T21:30:00Z").len(), 24);
        assert_eq!(
            plan.latest(utc("2026-10-25T00:59:59.999Z")),
            Some(utc("2026-10-25T00:00:00Z"))
        );
    }

    #[test]
    fn impossible_plans_are_found() {
        for plan in [daily(24, 0), daily(3, 60), Plan::Every(Duration::from_millis(10))] {
            assert!(!plan.is_valid(), "{plan:?}");
        }
        assert!(daily(0, 0).is_valid());
    }
}
