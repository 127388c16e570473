//! What a resolver finds in its context: the app, who is calling, from where, in which language.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;
use identity::{Authenticated, RequestOrigin};
use kernel::{Actor, Denied, ErrorCode, Lang, PersonId};
use tokio::sync::OnceCell;

use crate::app::App;
use crate::error::Failure;
use crate::http::RequestInfo;
use crate::loaders::Batch;

/// One request and its caller. Cheap to clone; whatever is looked up is looked up once.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) app: App,
    pub(crate) lang: Lang,
    info: Option<RequestInfo>,
    authenticated: Arc<OnceCell<Option<Authenticated>>>,
    person: Arc<OnceCell<Actor>>,
    actor: Arc<OnceCell<Actor>>,
}

impl Session {
    pub(crate) fn new(app: App, info: Option<RequestInfo>, lang: Lang) -> Self {
        Self {
            app,
            lang,
            info,
            authenticated: Arc::default(),
            person: Arc::default(),
            actor: Arc::default(),
        }
    }

    /// Loaders live as long as the request: what one caller may see is never handed to another.
    pub(crate) fn loaders(&self) -> DataLoader<Batch> {
        DataLoader::new(Batch(self.clone()), tokio::spawn)
    }

    /// Where the request comes from.
    pub(crate) fn origin(&self) -> RequestOrigin {
        RequestOrigin {
            ip: self
                .info
                .as_ref()
                .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.client_ip),
            user_agent: self.info.as_ref().and_then(|info| info.user_agent.clone()),
            request_id: self.request_id(),
        }
    }

    /// Names the request in the log.
    pub(crate) fn request_id(&self) -> String {
        self.info
            .as_ref()
            .map(|info| info.request_id.clone())
            .unwrap_or_default()
    }

    /// Who signed in, if anybody has; a bad token is an error rather than nobody.
    pub(crate) async fn authenticated(&self) -> Result<Option<Authenticated>, Failure> {
        let lookup = async || match self.info.as_ref().and_then(|info| info.bearer.as_deref()) {
            Some(bearer) => Ok::<_, Failure>(Some(self.app.identity.authenticate(bearer).await?)),
            None => Ok(None),
        };
        Ok(*self.authenticated.get_or_try_init(lookup).await?)
    }

    /// The caller as a person without roles: enough for what is her own, and two statements cheaper.
    pub(crate) async fn person(&self) -> Result<Actor, Failure> {
        let lookup = async || match self.authenticated().await? {
            Some(signed_in) => self.caller(signed_in.person).await,
            None => Err(Failure::from(Denied(ErrorCode::Unauthenticated))),
        };
        Ok(self.person.get_or_try_init(lookup).await?.clone())
    }

    /// Whoever signed in, for herself or for whom the header `X-Acting-For` names. A name of nobody and a right that is
    /// not in force are an error, never the caller herself.
    async fn caller(&self, person: PersonId) -> Result<Actor, Failure> {
        let Some(principal) = self.info.as_ref().and_then(|info| info.acting_for.as_deref()) else {
            return Ok(Actor::person(person, self.request_id()));
        };
        let forbidden = || Failure::from(Denied(ErrorCode::Forbidden));
        let principal = principal.trim().parse().map_err(|_of_no_person| forbidden())?;
        let (actor, right) = self.app.identity.act_for(person, principal, self.request_id()).await?;
        // An assisted session ends with the role of the advisor.
        if let (identity::relation::Kind::Assisted, Some(city)) = (right.kind, right.city_id) {
            let mut advisor = Actor::person(person, self.request_id());
            advisor.staff = self.app.cities.roles_of(person).await?;
            identity::policy::ASSIST.in_city(&advisor, city)?;
        }
        Ok(actor)
    }

    /// Whose records are the caller's own in this request: hers, or those of whom she acts for.
    pub(crate) async fn principal(&self) -> Result<Option<PersonId>, Failure> {
        match self.authenticated().await? {
            Some(_) => Ok(self.person().await?.principal),
            None => Ok(None),
        }
    }

    /// The caller with all roles as they are now, or nobody. Whoever acts for another has none.
    pub(crate) async fn actor(&self) -> Result<&Actor, Failure> {
        let lookup = async || {
            let Some(signed_in) = self.authenticated().await? else {
                return Ok::<_, Failure>(Actor::nobody(self.request_id()));
            };
            let mut actor = self.person().await?;
            if actor.acting.is_some() {
                return Ok(actor);
            }
            actor.staff = self.app.cities.roles_of(signed_in.person).await?;
            actor.companies = self.app.providers.memberships_of(signed_in.person).await?;
            Ok(actor)
        };
        self.actor.get_or_try_init(lookup).await
    }
}

/// Shortcuts of resolvers.
pub(crate) trait ContextExt {
    /// The request and its caller.
    fn session(&self) -> &Session;
    /// The contexts.
    fn app(&self) -> &App {
        &self.session().app
    }
    /// Looks records up in batches.
    fn loader(&self) -> &DataLoader<Batch>;
}

impl ContextExt for Context<'_> {
    fn session(&self) -> &Session {
        self.data_unchecked()
    }
    fn loader(&self) -> &DataLoader<Batch> {
        self.data_unchecked()
    }
}
