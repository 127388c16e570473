//! Cities and their staff.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};

use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::scalars::{self, DateTime, Lang, LocalizedText, id, show};

/// A city that grants vouchers, approves companies and pays them.
#[derive(Clone)]
pub struct City(pub(crate) Arc<cities::City>);

impl From<cities::City> for City {
    fn from(city: cities::City) -> Self {
        Self(Arc::new(city))
    }
}

#[Object]
impl City {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The municipality code, three digits.
    async fn code(&self) -> &str {
        &self.0.code
    }
    /// Its name in one language.
    async fn name(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.name.get(scalars::lang(lang, ctx.session().lang))
    }
    /// Its name in all languages.
    async fn names(&self) -> LocalizedText {
        self.0.name.clone().into()
    }
    /// True where Swedish texts are mandatory.
    async fn bilingual(&self) -> bool {
        self.0.bilingual
    }
    /// The zone of its civil days, an IANA name.
    async fn zone(&self) -> &str {
        self.0.zone.0.name()
    }
}

/// A role in the staff of a city.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "kernel::StaffRole")]
pub enum StaffRole {
    /// Plans programmes and grants vouchers.
    ProgrammeOfficer,
    /// Decides on providers and their signatories.
    Approver,
    /// Makes settlement runs and reads the bank's answers.
    SettlementClerk,
    /// Helps residents.
    Advisor,
    /// Reads everything about money, changes nothing.
    Auditor,
    /// Gives and takes staff roles.
    Administrator,
}

/// How far a role has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "cities::StaffState")]
pub enum StaffState {
    /// One administrator wants it.
    Proposed,
    /// Another one has confirmed it.
    Active,
    /// It does not count any more.
    Revoked,
}

/// A person's role in the staff of a city.
#[derive(Clone)]
pub struct StaffMember(Arc<cities::StaffMember>);

impl From<cities::StaffMember> for StaffMember {
    fn from(member: cities::StaffMember) -> Self {
        Self(Arc::new(member))
    }
}

#[Object]
impl StaffMember {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The person.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.person_id).await
    }
    /// The role.
    async fn role(&self) -> StaffRole {
        self.0.role.into()
    }
    /// How far it has come.
    async fn state(&self) -> StaffState {
        self.0.state.into()
    }
    /// When it was proposed.
    async fn proposed_at(&self) -> DateTime {
        DateTime(self.0.proposed_at)
    }
}

/// Queries on cities.
#[derive(Default)]
pub struct CityQuery;

#[Object]
impl CityQuery {
    /// Every city, in the order of municipality codes.
    #[graphql(directive = auth::apply(cities::policy::LIST_CITIES.to_string()))]
    async fn cities(&self, ctx: &Context<'_>) -> Result<Vec<City>, Failure> {
        Ok(ctx.app().cities.list().await?.into_iter().map(City::from).collect())
    }

    /// A city by its municipality code.
    #[graphql(directive = auth::apply(cities::policy::LIST_CITIES.to_string()))]
    async fn city(&self, ctx: &Context<'_>, code: String) -> Result<Option<City>, Failure> {
        Ok(ctx.app().cities.find_by_code(&code).await?.map(City::from))
    }

    /// The staff of a city, oldest first.
    #[graphql(directive = auth::apply(cities::policy::SEE_STAFF.to_string()))]
    async fn staff(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<StaffMember>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx.app().cities.staff(actor, city, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().cities.count_staff(actor, city),
        )
        .await
    }
}

/// A role to propose.
#[derive(InputObject)]
pub struct ProposeStaffRoleInput {
    /// The city.
    city_id: ID,
    /// The verified address of the person.
    email: String,
    /// The role.
    role: StaffRole,
}

/// A role to confirm or revoke.
#[derive(InputObject)]
pub struct StaffRoleInput {
    /// The role's id.
    staff_member_id: ID,
}

payload! {
    /// What a change of a staff role answers.
    StaffRolePayload { staff_member: StaffMember }
}

/// Mutations on cities.
#[derive(Default)]
pub struct CityMutation;

#[Object]
impl CityMutation {
    /// Proposes a role in the staff; another administrator has to confirm it.
    #[graphql(directive = auth::apply(cities::policy::MANAGE_STAFF.to_string()))]
    async fn propose_staff_role(&self, ctx: &Context<'_>, input: ProposeStaffRoleInput) -> Result<StaffRolePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let city = id("cityId", &input.city_id)?;
            Ok(ctx
                .app()
                .cities
                .propose_role(actor, city, &input.email, input.role.into())
                .await?)
        };
        StaffRolePayload::of(ctx, "proposeStaffRole", result.await).await
    }

    /// Confirms a role that another administrator proposed.
    #[graphql(directive = auth::apply(cities::policy::MANAGE_STAFF.to_string()))]
    async fn confirm_staff_role(&self, ctx: &Context<'_>, input: StaffRoleInput) -> Result<StaffRolePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .cities
                .confirm_role(actor, id("staffMemberId", &input.staff_member_id)?)
                .await?)
        };
        StaffRolePayload::of(ctx, "confirmStaffRole", result.await).await
    }

    /// Takes a role away at once.
    #[graphql(directive = auth::apply(cities::policy::MANAGE_STAFF.to_string()))]
    async fn revoke_staff_role(&self, ctx: &Context<'_>, input: StaffRoleInput) -> Result<StaffRolePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .cities
                .revoke_role(actor, id("staffMemberId", &input.staff_member_id)?)
                .await?)
        };
        StaffRolePayload::of(ctx, "revokeStaffRole", result.await).await
    }
}
