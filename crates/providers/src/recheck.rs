//! The nightly look at what approved companies owe: reminders, a warning, a suspension (A5, A12).

use audit::Act;
use chrono::NaiveDate;
use db::Tx;
use kernel::{Actor, CompanyId};
use sea_orm::ActiveEnum;

use crate::approvals::begin;
use crate::company_register::Entry;
use crate::letters::{self, Duty};
use crate::model::approval::{Event, Lines, Model as Approval, State};
use crate::model::company::Model as Company;
use crate::model::item::Model as Item;
use crate::sanctions::{is_warned_by_city, suspended_by_check};
use crate::{Error, Providers, checklist, store};

/// The job that checks approvals.
pub const RECHECK: &str = "providers.recheck";

impl Providers {
    /// Checks every approval that counts. Safe to run twice and at once: each approval has a transaction
    /// of its own and is judged under its lock, and each letter is written once.
    pub async fn run_recheck(&self) -> Result<(), Error> {
        let (mut after, mut failed) = (None, None);
        loop {
            let page = store::approvals::approved(self.db.read(), after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for approval in page {
                // One approval that cannot be checked does not keep the others.
                if let Err(error) = self.recheck(&approval).await {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn recheck(&self, seen: &Approval) -> Result<(), Error> {
        let company = store::companies::addressee(self.db.read(), seen.city_id, seen.company_id)
            .await?
            .ok_or(Error::NotFound)?;
        let city = self.cities.find(seen.city_id).await?.ok_or(Error::NotFound)?;
        // Without the register the rest is checked all the same.
        let (entry, unread) = match self.entry(&company.business_id) {
            Ok(entry) => (entry, None),
            Err(error) => (None, Some(error)),
        };
        self.db
            .write(async |tx: &Tx| {
                // In the order of locks: application, approval.
                let application = match seen.application_id {
                    Some(id) => store::applications::lock_in_city(tx, seen.city_id, id).await?,
                    None => None,
                };
                let found = store::approvals::lock(tx, seen.city_id, seen.id).await?;
                let approval = found.ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                if !State::APPROVED.contains(&approval.state) {
                    return Ok(());
                }
                if approval.is_over(today) {
                    return expire(tx, &approval).await;
                }
                remind_of_end(tx, &company, &approval, today).await?;
                // The requirements of one that relies on another city's approval are checked there.
                let Some(application) = application else {
                    return Ok(());
                };
                let checklist = checklist::refreshed(tx, application.id, entry.as_ref()).await?;
                remind(tx, &company, &approval, &checklist, today).await?;
                judge(tx, &company, &approval, Item::lines(&checklist, today), today).await
            })
            .await?;
        unread.map_or(Ok(()), Err)
    }

    /// What the public register says about a company that the caller has authorized.
    pub(crate) async fn entry_of(&self, company: CompanyId) -> Result<Option<Entry>, Error> {
        let company = store::companies::find(self.db.read(), company).await?;
        self.entry(&company.ok_or(Error::NotFound)?.business_id)
    }

    /// What the public register says about a company; none where there is no register or it does not know it.
    pub(crate) fn entry(&self, business_id: &str) -> Result<Option<Entry>, Error> {
        match &self.register {
            Some(register) => Ok(register.find(business_id)?),
            None => Ok(None),
        }
    }
}

/// Reminds of what ends soon, once for each line, day of its end and distance.
async fn remind(
    tx: &Tx,
    company: &Company,
    approval: &Approval,
    checklist: &[Item],
    today: NaiveDate,
) -> Result<(), Error> {
    for item in checklist {
        let Some((days, until)) = item.reminder(today).zip(item.valid_until) else {
            continue;
        };
        // What holds as long as the approval is a matter of the next one.
        if until >= approval.valid_until {
            continue;
        }
        let requirement = item.requirement.to_value();
        let key = format!("{}-{requirement}-{until}-{days}", approval.id);
        tell(tx, company, approval, &key, Duty::EndsSoon).await?;
    }
    Ok(())
}

/// Reminds of the end of the approval itself, once for each distance, unless the one that follows it is decided or applied
/// for.
async fn remind_of_end(tx: &Tx, company: &Company, approval: &Approval, today: NaiveDate) -> Result<(), Error> {
    let Some(days) = approval.reminder(today) else {
        return Ok(());
    };
    let (company_id, programme) = (approval.company_id, approval.programme_id);
    let others = store::approvals::standing(tx.conn(), company_id, programme).await?;
    let followed = others.iter().any(|other| other.follows(approval));
    if followed || store::applications::is_open(tx, company_id, programme).await? {
        return Ok(());
    }
    let key = format!("{}-end-{}-{days}", approval.id, approval.valid_until);
    tell(tx, company, approval, &key, Duty::ApprovalEnds).await
}

/// Ends an approval whose days are over when the one that follows it has taken its place.
async fn expire(tx: &Tx, approval: &Approval) -> Result<(), Error> {
    let others = store::approvals::standing(tx.conn(), approval.company_id, approval.programme_id).await?;
    if !others.iter().any(|other| other.follows(approval)) {
        return Ok(());
    }
    let actor = Actor::system(RECHECK);
    let state = approval.on(Event::Expire, approval.version)?;
    let reason = "Seuraava hyväksyntä on alkanut. Nästa godkännande har börjat. The next approval has begun.";
    begin(tx, &actor, approval, state, reason.to_owned()).await?;
    let act = Act::new("expireApproval", approval.id).in_city(approval.city_id);
    audit::record(tx, &actor, act).await?;
    Ok(())
}

/// Warns, suspends or clears an approval, as its state and days say.
async fn judge(tx: &Tx, company: &Company, approval: &Approval, lines: Lines, today: NaiveDate) -> Result<(), Error> {
    // A stop or a warning by the city stays as it is; the days until a suspension begin and end with what fails.
    let by_city = match approval.state {
        State::BookingsStopped => true,
        State::Warned => is_warned_by_city(tx, approval).await?,
        _ => false,
    };
    let since = match (approval.state, lines, approval.failing_since) {
        (State::Warned | State::BookingsStopped, Lines::Failing, None) => Some(Some(today)),
        (State::Warned | State::BookingsStopped, Lines::Holding, Some(_)) if by_city => Some(None),
        _ => None,
    };
    if let Some(since) = since {
        store::approvals::set_failing_since(tx, approval.id, since).await?;
        return Ok(());
    }
    let Some(event) = approval.recheck(lines, today) else {
        return Ok(());
    };
    let actor = Actor::system(RECHECK);
    let state = approval.on(event, approval.version)?;
    let (action, reason, since) = match event {
        Event::Warn => (
            "warnApproval",
            "Edellytys ei täyty. Ett krav är inte uppfyllt. A requirement is not met.",
            Some(today),
        ),
        Event::Suspend => (
            "suspendApproval",
            "Edellytys ei täyttynyt määräajassa. Ett krav uppfylldes inte i tid. A requirement was not met in time.",
            approval.failing_since,
        ),
        _ => (
            "clearApproval",
            "Edellytykset täyttyvät taas. Kraven är uppfyllda igen. The requirements are met again.",
            None,
        ),
    };
    let changed = begin(tx, &actor, approval, state, reason.to_owned()).await?;
    store::approvals::set_failing_since(tx, changed.id, since).await?;
    let about = format!("{}-{}", changed.id, changed.version);
    match event {
        Event::Warn => tell(tx, company, approval, &about, Duty::Fails).await?,
        Event::Suspend => {
            suspended_by_check(tx, &changed, reason.to_owned(), today).await?;
            tell(tx, company, approval, &about, Duty::Suspended).await?;
        }
        _ => {}
    }
    audit::record(tx, &actor, Act::new(action, changed.id).in_city(changed.city_id)).await?;
    Ok(())
}

async fn tell(tx: &Tx, company: &Company, approval: &Approval, key: &str, duty: Duty) -> Result<(), Error> {
    let programme = programmes::get(tx.conn(), approval.city_id, approval.programme_id).await?;
    if let Some(programme) = programme {
        mail::enqueue_once(tx, key, letters::duty(company, &programme.name, duty)).await?;
    }
    Ok(())
}
