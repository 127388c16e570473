use audit::Act;
use db::Tx;
use kernel::{Actor, CityId, CompanyId, CompanyRole, Lang};

use crate::model::company::{self, Details, Model as Company};
use crate::model::member::{Model as Member, State};
use crate::{Error, Providers, business_id, letters, policy, record, store};

/// A company to register, and who says so.
#[derive(Clone, Debug)]
pub struct NewCompany {
    /// The city whose approver confirms that the actor signs for the company.
    pub city: CityId,
    /// Its business id (Y-tunnus).
    pub business_id: String,
    /// What the actor says about it.
    pub details: Details,
}

/// What those who keep a company's data may change.
#[derive(Clone, Debug)]
pub struct CompanyChange {
    /// Its name, at most 200 characters.
    pub name: String,
    /// Its public contact address.
    pub email: String,
    /// The language of letters to it.
    pub lang: Lang,
}

impl Providers {
    /// Registers a company and claims to sign for it. Where the business id is known already, the claim joins the
    /// company there is and nothing of it is shown or changed (A1). Name and form come from the public register of
    /// companies where that knows it. The claim gives no right until an approver of the
    /// city has confirmed it.
    ///
    /// # Errors
    /// `State` when the company has ceased or is bankrupt, `AlreadyExists` when the actor is a member of this company or
    /// her claim waits, `Field` for a wrong business id
    /// or account number.
    pub async fn register_company(&self, actor: &Actor, new: NewCompany) -> Result<Member, Error> {
        let person = policy::JOIN.signed_in(actor)?;
        let business_id = business_id::parse(&new.business_id)?;
        let details = self.entry(&business_id)?.map_or(Ok(new.details.clone()), |entry| {
            if entry.ended {
                return Err(Error::State);
            }
            Ok(Details {
                name: entry.name.unwrap_or_else(|| new.details.name.clone()),
                kind: entry.kind.unwrap_or(new.details.kind),
                ..new.details.clone()
            })
        })?;
        let details = details.checked()?;
        let city = self.cities.find(new.city).await?.ok_or(Error::NotFound)?;
        self.db
            .write(async |tx: &Tx| {
                let now = tx.now();
                let company = Company::new(tx.new_id(), business_id.clone(), details.clone(), now);
                let company_id = store::companies::insert_or_find(tx, company).await?;
                let claim = Member {
                    id: tx.new_id(),
                    company_id,
                    person_id: person,
                    role: CompanyRole::Signatory,
                    state: State::Claimed,
                    claim_city_id: Some(city.id),
                    claimed_details: Some(details.clone()),
                    confirmed_by: None,
                    created_at: now,
                };
                if !store::members::insert(tx, claim.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                let act = Act::new("registerCompany", claim.id).in_city(city.id).about(person);
                audit::record(tx, actor, act).await?;
                Ok(claim)
            })
            .await
    }

    /// Changes a company's name, contact address or language. The old address is told when another one takes its
    /// place.
    ///
    /// # Errors
    /// `Stale` when somebody changed the company since `expected_version`.
    pub async fn update_company(
        &self,
        actor: &Actor,
        id: CompanyId,
        expected_version: i32,
        change: CompanyChange,
    ) -> Result<Company, Error> {
        policy::MANAGE_COMPANY.in_company(actor, id)?;
        let (name, email) = (company::name(&change.name)?, company::email(&change.email)?);
        self.db
            .write(async |tx: &Tx| {
                let company = store::companies::lock(tx, id).await?.ok_or(Error::NotFound)?;
                company.change(expected_version)?;
                let details = Details {
                    name: name.clone(),
                    email: email.clone(),
                    lang: change.lang,
                    ..company.details()
                };
                if details.email != company.email {
                    mail::enqueue(tx, letters::email_changed(&company)).await?;
                }
                record::for_its_cities(tx, actor, id, Act::new("updateCompany", id)).await?;
                Ok(store::companies::set_details(tx, &company, details).await?)
            })
            .await
    }

    /// A company that works for a city, with its contact address; for the letters of upper contexts.
    pub async fn contact(&self, city: CityId, id: CompanyId) -> Result<Option<Company>, Error> {
        Ok(store::companies::addressee(self.db.read(), city, id).await?)
    }

    /// The companies among `ids` that the actor may see, in no order: one that some city has approved is public, others
    /// are for their members and for the approvers they have turned to.
    pub async fn companies_by_ids(&self, actor: &Actor, ids: &[CompanyId]) -> Result<Vec<Company>, Error> {
        Ok(store::companies::by_ids(self.db.read(), store::companies::visible(actor), ids).await?)
    }
}
