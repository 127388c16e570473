//! How companies commit themselves to the rulebooks of programmes.

use audit::Act;
use db::Tx;
use kernel::{Actor, CompanyId, RulebookId};
use programmes::RulebookPublished;

use crate::model::acceptance::Model as Acceptance;
use crate::{Error, Providers, letters, policy, store};

impl Providers {
    /// Accepts a version of a programme's rulebook for a company (P2). Doing it again answers what there is.
    ///
    /// # Errors
    /// `NotFound` when no such version is published.
    pub async fn accept_rulebook(
        &self,
        actor: &Actor,
        company: CompanyId,
        rulebook: RulebookId,
    ) -> Result<Acceptance, Error> {
        let signatory = policy::APPLY.in_company(actor, company)?;
        self.db
            .write(async |tx: &Tx| {
                let found = programmes::published_rulebook(tx.conn(), rulebook).await?;
                let (found, number) = found
                    .and_then(|found| found.accept().map(|number| (found, number)))
                    .ok_or(Error::NotFound)?;
                let acceptance = Acceptance {
                    company_id: company,
                    rulebook_id: rulebook,
                    city_id: found.city_id,
                    programme_id: found.programme_id,
                    number,
                    accepted_by: signatory,
                    accepted_at: tx.now(),
                };
                if store::acceptances::insert(tx, acceptance.clone()).await? {
                    let act = Act::new("acceptRulebook", rulebook).in_city(found.city_id);
                    audit::record(tx, actor, act).await?;
                    return Ok(acceptance);
                }
                let before = store::acceptances::find(tx.conn(), company, rulebook).await?;
                before.ok_or(Error::NotFound)
            })
            .await
    }

    /// What a company has accepted, newest version first, for those who keep its data; at most 100.
    pub async fn acceptances(&self, actor: &Actor, company: CompanyId) -> Result<Vec<Acceptance>, Error> {
        policy::SEE_APPLICATIONS.in_company(actor, company)?;
        Ok(store::acceptances::of_company(self.db.read(), company).await?)
    }

    /// Tells every company with an approval in the programme that there is a new version, once each.
    pub async fn tell_of_rulebook(&self, published: RulebookPublished) -> Result<(), Error> {
        let rulebook = programmes::published_rulebook(self.db.read(), published.rulebook).await?;
        let Some(rulebook) = rulebook else { return Ok(()) };
        let programme = programmes::find_public(self.db.read(), rulebook.programme_id).await?;
        let name = programme.ok_or(Error::NotFound)?.name;
        let mut after = None;
        loop {
            let companies = store::acceptances::committed(self.db.read(), rulebook.programme_id, after).await?;
            let Some(last) = companies.last() else { return Ok(()) };
            after = Some(last.id);
            self.db
                .write(async |tx: &Tx| {
                    for company in &companies {
                        let key = format!("{}-{}", rulebook.id, company.id);
                        let letter = letters::rulebook(company, &name, rulebook.accept_by);
                        mail::enqueue_once(tx, &key, letter).await?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
    }
}
