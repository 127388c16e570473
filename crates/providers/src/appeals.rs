//! Requests for rectification of decisions about approvals (434/2003 49 b §).

use audit::Act;
use db::Tx;
use kernel::{Actor, ErrorCode, FieldError, SanctionId, field};

use crate::applications::MAX_TEXT;
use crate::events::News;
use crate::model::appeal::{Model as Appeal, State};
use crate::model::approval::{Model as Approval, State as ApprovalState};
use crate::model::sanction::Model as Sanction;
use crate::sanctions::{lift, refuse_near, tell, today};
use crate::{Error, Providers, policy, store};

impl Providers {
    /// Asks for rectification of a decision about the actor's company, once and until its last day of appeal. The
    /// decision holds meanwhile.
    ///
    /// # Errors
    /// `TooLate` after the last day, `State` for a lift, `AlreadyExists` the second time.
    pub async fn appeal_sanction(&self, actor: &Actor, id: SanctionId, text: &str) -> Result<Sanction, Error> {
        let signatory = policy::ANSWER.signed_in(actor)?;
        let text = field::text("text", text, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let sanction = visible(tx, actor, id).await?;
                policy::ANSWER.in_company(actor, sanction.company_id)?;
                sanction.appeal(today(tx, sanction.city_id).await?)?;
                let appeal = Appeal {
                    sanction_id: id,
                    city_id: sanction.city_id,
                    company_id: sanction.company_id,
                    text: text.clone(),
                    filed_by: signatory,
                    filed_at: tx.now(),
                    state: State::Open,
                    grounds: None,
                    ruled_by: None,
                    ruled_at: None,
                    version: 1,
                };
                if !store::sanctions::insert_appeal(tx, appeal).await? {
                    return Err(Error::AlreadyExists);
                }
                let act = Act::new("appealSanction", id).in_city(sanction.city_id);
                audit::record(tx, actor, act).await?;
                Ok(sanction)
            })
            .await
    }

    /// Rules on a request for rectification. Lifting the decision reinstates the approval by a decision of its own,
    /// unless something has happened to it since. The company is told by mail.
    ///
    /// # Errors
    /// `FourEyes` for the officer who decided and those who work for the company, `AlreadyExists` when a revocation is to
    /// be lifted and another approval of the company has its days, `State` when it is ruled, `Stale`.
    pub async fn rule_on_appeal(
        &self,
        actor: &Actor,
        id: SanctionId,
        expected_version: i32,
        ruling: State,
        grounds: &str,
    ) -> Result<Sanction, Error> {
        let officer = policy::REVIEW.signed_in(actor)?;
        let grounds = field::text("grounds", grounds, MAX_TEXT)?;
        if ruling == State::Open {
            return Err(FieldError::new("ruling", ErrorCode::InvalidFormat).into());
        }
        self.db
            .write(async |tx: &Tx| {
                let sanction = visible(tx, actor, id).await?;
                policy::REVIEW.in_city(actor, sanction.city_id)?;
                refuse_near(tx, officer, sanction.company_id).await?;
                // In the order of locks: approval, appeal.
                let approval = store::approvals::lock(tx, sanction.city_id, sanction.approval_id).await?;
                let appeal = store::sanctions::lock_appeal(tx, id).await?;
                let (approval, appeal) = approval.zip(appeal).ok_or(Error::NotFound)?;
                appeal.rule(&sanction, actor, expected_version)?;
                if ruling == State::Lifted {
                    undo(tx, actor, &sanction, &approval, &grounds).await?;
                }
                store::sanctions::set_ruling(tx, &appeal, ruling, officer, grounds.clone()).await?;
                tell(tx, sanction.approval_id, News::Ruling, id).await?;
                let act = Act::new("ruleOnAppeal", id).in_city(sanction.city_id);
                audit::record(tx, actor, act.because(grounds.clone())).await?;
                Ok(sanction)
            })
            .await
    }

    /// The requests against those of `sanctions` that the actor may see, in no order.
    pub async fn appeals_of(&self, actor: &Actor, sanctions: &[SanctionId]) -> Result<Vec<Appeal>, Error> {
        Ok(store::sanctions::appeals(self.db.read(), store::sanctions::visible(actor), sanctions).await?)
    }
}

/// Lifts the decision where it is still what the approval stands by.
async fn undo(tx: &Tx, actor: &Actor, sanction: &Sanction, approval: &Approval, grounds: &str) -> Result<(), Error> {
    // What the nightly check has warned of and then suspended for begins anew as a whole.
    let before = match sanction.decided_by {
        Some(_) => store::approvals::state_before(tx, approval.id, sanction.approval_version).await?,
        None => None,
    };
    let Some(state) = sanction.annulled(approval, before.unwrap_or(ApprovalState::Active)) else {
        return Ok(());
    };
    let revoked = approval.state == ApprovalState::Revoked;
    // What comes back must not take days that another approval has by now.
    let others = store::approvals::open(tx, approval.company_id, approval.programme_id).await?;
    let apart = |other: &Approval| other.id == approval.id || other.follows(approval) || approval.follows(other);
    if revoked && !others.iter().all(apart) {
        return Err(Error::AlreadyExists);
    }
    let appealed = Some(sanction.id);
    lift(tx, actor, "ruleOnAppeal", approval, state, grounds.to_owned(), appealed).await?;
    Ok(())
}

/// The decision if the actor may see it; it never changes, so that nothing is locked.
async fn visible(tx: &Tx, actor: &Actor, id: SanctionId) -> Result<Sanction, Error> {
    let found = store::sanctions::by_ids(tx.conn(), store::sanctions::visible(actor), &[id]).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}
