use audit::Act;
use db::Tx;
use kernel::{Actor, CityId, CompanyId, CompanyRole, ErrorCode, FieldError, MemberId, Page, PageRequest, PersonId};
use sea_orm::Condition;

use crate::model::member::{Model as Member, State};
use crate::{Error, Providers, business_id, policy, record, store};

impl Providers {
    /// The confirmed roles of a person in companies, for the actor of a request.
    pub async fn memberships_of(&self, person: PersonId) -> Result<Vec<(CompanyId, CompanyRole)>, Error> {
        Ok(store::members::active_of(self.db.read(), person).await?)
    }

    /// The actor's own memberships, oldest first, with those that wait to be confirmed; at most 100.
    pub async fn my_companies(&self, actor: &Actor) -> Result<Vec<Member>, Error> {
        let person = policy::JOIN.signed_in(actor)?;
        Ok(store::members::of_person(self.db.read(), person).await?)
    }

    /// The members of a company, also those who wait to be confirmed, for its signatories; the look at each of them is
    /// recorded in every city of the company.
    pub async fn members(
        &self,
        actor: &Actor,
        company: CompanyId,
        page: PageRequest<MemberId>,
    ) -> Result<Page<Member>, Error> {
        policy::MANAGE_MEMBERS.in_company(actor, company)?;
        let rows = store::members::page(self.db.read(), store::members::of_company(company), page).await?;
        let look = Act::new("readMembersOfCompany", company);
        let looks = look.about_each(actor, rows.items.iter().map(|row| row.person_id));
        record::looks_in_its_cities(&self.db, actor, company, looks).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::members`].
    pub async fn count_members(&self, actor: &Actor, company: CompanyId) -> Result<u64, Error> {
        policy::MANAGE_MEMBERS.in_company(actor, company)?;
        Ok(store::members::count(self.db.read(), store::members::of_company(company)).await?)
    }

    /// The claims to sign for a company that wait for an approver of the city, oldest first; the look at each person is
    /// recorded.
    pub async fn signatory_claims(
        &self,
        actor: &Actor,
        city: CityId,
        page: PageRequest<MemberId>,
    ) -> Result<Page<Member>, Error> {
        policy::REVIEW.in_city(actor, city)?;
        let rows = store::members::page(self.db.read(), store::members::claims_of_city(city), page).await?;
        let look = Act::new("readSignatoryClaims", city).in_city(city);
        let looks = look.about_each(actor, rows.items.iter().map(|row| row.person_id));
        audit::record_reads(&self.db, actor, &looks).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::signatory_claims`].
    pub async fn count_signatory_claims(&self, actor: &Actor, city: CityId) -> Result<u64, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::members::count(self.db.read(), store::members::claims_of_city(city)).await?)
    }

    /// A claim to sign for a company that was or is for the actor's city to decide.
    pub async fn claim(&self, actor: &Actor, id: MemberId) -> Result<Option<Member>, Error> {
        let scope = store::members::in_cities(&policy::REVIEW.cities(actor));
        Ok(store::members::find(self.db.read(), scope, id).await?)
    }

    /// Asks to work for a company in any role but that of a signatory; one of its signatories has to confirm it.
    ///
    /// # Errors
    /// `NotFound` when no company of this business id has a confirmed signatory (business ids are public),
    /// `AlreadyExists` when the actor is a member or waits to be one, `Field` for the role of a signatory, which a
    /// city confirms.
    pub async fn join_company(&self, actor: &Actor, business_id: &str, role: CompanyRole) -> Result<Member, Error> {
        let person = policy::JOIN.signed_in(actor)?;
        let business_id = business_id::parse(business_id)?;
        if role == CompanyRole::Signatory {
            return Err(FieldError::new("role", ErrorCode::InvalidFormat).into());
        }
        self.db
            .write(async |tx: &Tx| {
                let company = store::companies::with_signatory(tx, &business_id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let claim = Member {
                    id: tx.new_id(),
                    company_id: company.id,
                    person_id: person,
                    role,
                    state: State::Claimed,
                    claim_city_id: None,
                    claimed_details: None,
                    confirmed_by: None,
                    created_at: tx.now(),
                };
                if !store::members::insert(tx, claim.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                record_change(tx, actor, "joinCompany", &claim).await?;
                Ok(claim)
            })
            .await
    }

    /// Confirms that a person signs for a company. What the first one says about the company becomes its data.
    ///
    /// # Errors
    /// `FourEyes` for the approver's own claim, that of somebody near to her and her own company, `State` when it is decided already.
    pub async fn confirm_signatory(&self, actor: &Actor, id: MemberId) -> Result<Member, Error> {
        let approver = policy::REVIEW.signed_in(actor)?;
        let scope = store::members::in_cities(&policy::REVIEW.cities(actor));
        self.db
            .write(async |tx: &Tx| {
                let (company, claim) = store::members::lock(tx, scope.clone(), id)
                    .await?
                    .ok_or(Error::NotFound)?;
                claim.judge(actor)?;
                refuse_near_claim(tx, approver, &claim).await?;
                let signatories = store::members::signatories(tx, company.id).await?;
                if let Some(details) = claim.brings(signatories) {
                    store::companies::set_details(tx, &company, details).await?;
                }
                record_change(tx, actor, "confirmSignatory", &claim).await?;
                Ok(store::members::decide(tx, id, State::Active, Some(approver)).await?)
            })
            .await
    }

    /// Rejects a person's claim to sign for a company.
    ///
    /// # Errors
    /// As [`Self::confirm_signatory`].
    pub async fn reject_signatory(&self, actor: &Actor, id: MemberId) -> Result<Member, Error> {
        let approver = policy::REVIEW.signed_in(actor)?;
        let scope = store::members::in_cities(&policy::REVIEW.cities(actor));
        self.db
            .write(async |tx: &Tx| {
                let (_, claim) = store::members::lock(tx, scope.clone(), id)
                    .await?
                    .ok_or(Error::NotFound)?;
                claim.judge(actor)?;
                refuse_near_claim(tx, approver, &claim).await?;
                record_change(tx, actor, "rejectSignatory", &claim).await?;
                Ok(store::members::decide(tx, id, State::Removed, None).await?)
            })
            .await
    }

    /// Confirms a member, other than a signatory, of a company whose signatory the actor is.
    ///
    /// # Errors
    /// `State` when it is decided already or for a signatory, whom a city confirms.
    pub async fn confirm_member(&self, actor: &Actor, id: MemberId) -> Result<Member, Error> {
        let signatory = policy::MANAGE_MEMBERS.signed_in(actor)?;
        let scope = store::members::in_companies(&policy::MANAGE_MEMBERS.companies(actor));
        self.db
            .write(async |tx: &Tx| {
                let (_, claim) = store::members::lock(tx, scope.clone(), id)
                    .await?
                    .ok_or(Error::NotFound)?;
                claim.confirm()?;
                record_change(tx, actor, "confirmMember", &claim).await?;
                Ok(store::members::decide(tx, id, State::Active, Some(signatory)).await?)
            })
            .await
    }

    /// Ends a membership or refuses a claim; signatories do so in their company, everybody with what is her own.
    ///
    /// # Errors
    /// `State` when it has ended already and for the last signatory.
    pub async fn remove_member(&self, actor: &Actor, id: MemberId) -> Result<Member, Error> {
        let person = policy::REMOVE_MEMBER.signed_in(actor)?;
        let scope = Condition::any()
            .add(store::members::in_companies(&policy::MANAGE_MEMBERS.companies(actor)))
            .add(store::members::own(person));
        self.db
            .write(async |tx: &Tx| {
                let (company, member) = store::members::lock(tx, scope.clone(), id)
                    .await?
                    .ok_or(Error::NotFound)?;
                member.remove(store::members::signatories(tx, company.id).await?)?;
                record_change(tx, actor, "removeMember", &member).await?;
                Ok(store::members::decide(tx, id, State::Removed, member.confirmed_by).await?)
            })
            .await
    }
}

/// Refuses an approver who stands near to who claims to sign: what she confirms can bring an account with it.
async fn refuse_near_claim(tx: &Tx, approver: PersonId, claim: &Member) -> Result<(), Error> {
    if identity::is_near(tx, approver, claim.person_id).await? {
        return Err(Error::FourEyes);
    }
    Ok(())
}

/// Records a change of a membership in the city that decides on it, otherwise in the cities of the company.
async fn record_change(tx: &Tx, actor: &Actor, action: &'static str, member: &Member) -> Result<(), db::Error> {
    let act = Act::new(action, member.id).about(member.person_id);
    match member.claim_city_id {
        Some(city) => audit::record(tx, actor, act.in_city(city)).await,
        None => record::for_its_cities(tx, actor, member.company_id, act).await,
    }
}
