use audit::Act;
use db::Tx;
use kernel::{Actor, CityId, Page, PageRequest, PersonId, StaffMemberId, StaffRole};

use crate::model::staff::{Model as StaffMember, State, appoint};
use crate::{Cities, Error, policy, store};

impl Cities {
    /// The confirmed roles of a person, for the actor of a request.
    pub async fn roles_of(&self, person: PersonId) -> Result<Vec<(CityId, StaffRole)>, Error> {
        Ok(store::roles(self.db.read(), person).await?)
    }

    /// Those who hold a role in a city now; for the letters of upper contexts.
    pub async fn holders_of(&self, city: CityId, role: StaffRole) -> Result<Vec<PersonId>, Error> {
        Ok(store::holders(self.db.read(), city, role).await?)
    }

    /// The staff of a city with proposed and confirmed roles; the look at each of them is recorded.
    pub async fn staff(
        &self,
        actor: &Actor,
        city: CityId,
        page: PageRequest<StaffMemberId>,
    ) -> Result<Page<StaffMember>, Error> {
        policy::SEE_STAFF.in_city(actor, city)?;
        let rows = store::staff(self.db.read(), city, page).await?;
        let look = Act::new("readStaff", city).in_city(city);
        let looks = look.about_each(actor, rows.items.iter().map(|row| row.person_id));
        audit::record_reads(&self.db, actor, &looks).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::staff`].
    pub async fn count_staff(&self, actor: &Actor, city: CityId) -> Result<u64, Error> {
        policy::SEE_STAFF.in_city(actor, city)?;
        Ok(store::count_staff(self.db.read(), city).await?)
    }

    /// A role in a city whose staff the actor may see.
    pub async fn staff_member(&self, actor: &Actor, id: StaffMemberId) -> Result<Option<StaffMember>, Error> {
        Ok(store::staff_member(self.db.read(), &policy::SEE_STAFF.cities(actor), id).await?)
    }

    /// Proposes a role for the person with this verified address; another administrator has to confirm it.
    ///
    /// # Errors
    /// `NotFound` when nobody has the address, `AlreadyExists` when she has the role or it waits.
    pub async fn propose_role(
        &self,
        actor: &Actor,
        city: CityId,
        email: &str,
        role: StaffRole,
    ) -> Result<StaffMember, Error> {
        let administrator = policy::MANAGE_STAFF.in_city(actor, city)?;
        let person = self
            .identity
            .find_verified_by_email(email)
            .await?
            .ok_or(Error::NotFound)?;
        self.db
            .write(async |tx: &Tx| {
                let member = StaffMember {
                    id: tx.new_id(),
                    city_id: city,
                    person_id: person.id,
                    role,
                    state: State::Proposed,
                    proposed_by: Some(administrator),
                    proposed_at: tx.now(),
                };
                if !store::insert_staff(tx, member.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                let act = Act::new("proposeStaffRole", member.id).in_city(city).about(person.id);
                audit::record(tx, actor, act).await?;
                Ok(member)
            })
            .await
    }

    /// Confirms a proposed role.
    ///
    /// # Errors
    /// `FourEyes` for the administrator who proposed it and for the person who gets it.
    pub async fn confirm_role(&self, actor: &Actor, id: StaffMemberId) -> Result<StaffMember, Error> {
        let administrator = policy::MANAGE_STAFF.signed_in(actor)?;
        self.change_role(actor, "confirmStaffRole", id, |member| member.confirm(administrator))
            .await
    }

    /// Takes a role away at once.
    pub async fn revoke_role(&self, actor: &Actor, id: StaffMemberId) -> Result<StaffMember, Error> {
        policy::MANAGE_STAFF.signed_in(actor)?;
        self.change_role(actor, "revokeStaffRole", id, StaffMember::revoke)
            .await
    }

    async fn change_role(
        &self,
        actor: &Actor,
        action: &'static str,
        id: StaffMemberId,
        decide: impl Fn(&StaffMember) -> Result<State, crate::model::staff::Refusal> + Clone,
    ) -> Result<StaffMember, Error> {
        let cities = policy::MANAGE_STAFF.cities(actor);
        self.db
            .write(async |tx: &Tx| {
                let member = store::staff_for_update(tx, &cities, id).await?.ok_or(Error::NotFound)?;
                let state = decide(&member)?;
                let act = Act::new(action, id).in_city(member.city_id).about(member.person_id);
                audit::record(tx, actor, act).await?;
                Ok(store::set_state(tx, member, state).await?)
            })
            .await
    }

    /// Makes the person with this verified address an administrator at once; for the `admin` command only: a city
    /// without two administrators has nobody who could propose and confirm one.
    ///
    /// # Errors
    /// `NotFound` when nobody has the address, `State` when the city has two administrators, `AlreadyExists` when she
    /// has the role or it waits.
    pub async fn make_administrator(&self, city: CityId, email: &str) -> Result<StaffMember, Error> {
        let person = self.identity.find_verified_by_email(email).await?;
        let person = person.ok_or(Error::NotFound)?.id;
        self.db
            .write(async |tx: &Tx| {
                // Commands given at once count one after the other.
                store::city_for_update(tx, city).await?.ok_or(Error::NotFound)?;
                let state = appoint(store::count_administrators(tx, city).await?)?;
                let member = StaffMember {
                    state,
                    ..installed(tx, city, person, StaffRole::Administrator)
                };
                if install(tx, "operator", &member).await? {
                    Ok(member)
                } else {
                    Err(Error::AlreadyExists)
                }
            })
            .await
    }

    /// Makes a person the holder of a role without a proposal, unless she has it; for the people of the demo only.
    pub async fn install_role(&self, city: CityId, person: PersonId, role: StaffRole) -> Result<(), Error> {
        self.db
            .write(async |tx: &Tx| {
                install(tx, "seed", &installed(tx, city, person, role)).await?;
                Ok(())
            })
            .await
    }
}

/// A role that nobody has proposed.
fn installed(tx: &Tx, city: CityId, person: PersonId, role: StaffRole) -> StaffMember {
    StaffMember {
        id: tx.new_id(),
        city_id: city,
        person_id: person,
        role,
        state: State::Active,
        proposed_by: None,
        proposed_at: tx.now(),
    }
}

/// True when the role went in; false when the person has it or it waits.
async fn install(tx: &Tx, by: &'static str, member: &StaffMember) -> Result<bool, Error> {
    if !store::insert_staff(tx, member.clone()).await? {
        return Ok(false);
    }
    let act = Act::new("installStaffRole", member.id)
        .in_city(member.city_id)
        .about(member.person_id);
    audit::record(tx, &Actor::system(by), act).await?;
    Ok(true)
}
