//! Persons, their accounts and their sessions.

mod account;
mod acting;
mod record;
mod session;

pub(crate) use record::RecordQuery;

use std::sync::Arc;

use async_graphql::{Context, ID, MergedObject, Object, SimpleObject};
use kernel::{CityId, CompanyId, Denied, Requires};

use crate::auth::auth;
use crate::cities::{City, StaffRole};
use crate::context::ContextExt;
use crate::error::{Failure, UserError, outcome};
use crate::providers::{Company, CompanyRole};
use crate::scalars::{Lang, show};

/// A natural person. Who may see her is decided by the record that leads here.
#[derive(Clone)]
pub struct Person(pub(crate) Arc<identity::Person>);

impl From<identity::Person> for Person {
    fn from(person: identity::Person) -> Self {
        Self(Arc::new(person))
    }
}

impl Person {
    /// The person as a company that serves her may see her: without an address that has to stay with the city (G6).
    pub(crate) fn for_provider(self) -> Self {
        if self.0.non_disclosure {
            Self(Arc::new(self.0.without_address()))
        } else {
            self
        }
    }
}

#[Object]
impl Person {
    /// Her id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// Her given name.
    async fn given_name(&self) -> &str {
        &self.0.given_name
    }
    /// Her family name.
    async fn family_name(&self) -> &str {
        &self.0.family_name
    }
    /// Her address; none for a person without an account, such as a child, and none for a company when it has to stay
    /// with the city (turvakielto).
    async fn email(&self) -> Option<&str> {
        self.0.has_account().then_some(self.0.email.as_str())
    }
    /// The language of her letters.
    async fn lang(&self) -> Lang {
        self.0.lang.into()
    }
}

/// The person who signed in, with what only she herself sees: her roles as they are now.
pub struct Viewer(Person);

#[Object]
impl Viewer {
    /// She herself.
    async fn person(&self) -> &Person {
        &self.0
    }
    /// For whom she may act now: the id of the principal goes into the header `X-Acting-For`.
    async fn acting_for(&self, ctx: &Context<'_>) -> Result<Vec<acting::Relation>, Failure> {
        let rights = ctx.app().identity.rights_held(&ctx.session().person().await?).await?;
        Ok(rights.into_iter().map(Into::into).collect())
    }
    /// Who may act for her now.
    async fn acted_for_by(&self, ctx: &Context<'_>) -> Result<Vec<acting::Relation>, Failure> {
        let rights = ctx.app().identity.rights_given(&ctx.session().person().await?).await?;
        Ok(rights.into_iter().map(Into::into).collect())
    }
    /// Where she lives and lived, as far as it is recorded; the present home first.
    async fn homes(&self, ctx: &Context<'_>) -> Result<Vec<record::Home>, Failure> {
        let homes = ctx.app().identity.own_homes(&ctx.session().person().await?).await?;
        Ok(homes.into_iter().map(Into::into).collect())
    }
    /// Her confirmed roles in the staff of cities.
    async fn staff_roles(&self, ctx: &Context<'_>) -> Result<Vec<OwnStaffRole>, Failure> {
        let actor = ctx.session().actor().await?;
        Ok(actor
            .staff
            .iter()
            .map(|(city, role)| OwnStaffRole {
                city: *city,
                role: (*role).into(),
            })
            .collect())
    }
    /// Her confirmed roles in companies; `myCompanies` also shows those that wait.
    async fn companies(&self, ctx: &Context<'_>) -> Result<Vec<OwnCompanyRole>, Failure> {
        let actor = ctx.session().actor().await?;
        Ok(actor
            .companies
            .iter()
            .map(|(company, role)| OwnCompanyRole {
                company: *company,
                role: (*role).into(),
            })
            .collect())
    }
}

/// A role of the person who signed in, in the staff of a city.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct OwnStaffRole {
    #[graphql(skip)]
    city: CityId,
    /// The role.
    role: StaffRole,
}

#[async_graphql::ComplexObject]
impl OwnStaffRole {
    /// The city.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.city).await
    }
}

/// A role of the person who signed in, in a company.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct OwnCompanyRole {
    #[graphql(skip)]
    company: CompanyId,
    /// The role.
    role: CompanyRole,
}

#[async_graphql::ComplexObject]
impl OwnCompanyRole {
    /// The company.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>, Failure> {
        ctx.loader().load_one(self.company).await
    }
}

/// What a change of an account or a session answers: there is no object to show.
#[derive(SimpleObject)]
pub struct AccountPayload {
    /// True when it was done. It does not say whether an address has an account: only the letter does.
    ok: bool,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

impl AccountPayload {
    /// Wraps the outcome of the use case behind `operation`.
    async fn of(
        ctx: &Context<'_>,
        operation: &'static str,
        result: Result<(), Failure>,
    ) -> async_graphql::Result<Self> {
        let (done, user_errors) = outcome(ctx, operation, result).await?;
        Ok(Self {
            ok: done.is_some(),
            user_errors,
        })
    }
}

/// Queries on persons.
#[derive(Default)]
pub struct PeopleQuery;

#[Object]
impl PeopleQuery {
    /// The person who signed in and her roles, also while she acts for another: then she has no roles.
    #[graphql(directive = auth::apply(Requires::SignedIn.to_string()))]
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Viewer>, Failure> {
        let me = ctx.session().person().await?.signed_in().map_err(Denied)?;
        Ok(ctx.loader().load_one(me).await?.map(Viewer))
    }
}

/// Mutations on accounts and sessions.
#[derive(MergedObject, Default)]
pub struct PeopleMutation(
    account::AccountMutation,
    session::SessionMutation,
    acting::ActingMutation,
    record::RecordMutation,
);
