//! What a resolver finds in its context: the app, who is calling, from where, in which language.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;
use identity::{Authenticated, RequestOrigin};
use kernel::{Actor, ErrorCode, Lang};
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
    actor: Arc<OnceCell<Actor>>,
}

impl Session {
    pub(crate) fn new(app: App, info: Option<RequestInfo>, lang: Lang) -> Self {
        Self {
            app,
            lang,
            info,
            authenticated: Arc::default(),
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
        match self.authenticated().await? {
            Some(signed_in) => Ok(Actor::person(signed_in.person, self.request_id())),
            None => Err(Failure::from(kernel::Denied(ErrorCode::Unauthenticated))),
        }
    }

    /// The caller with all roles as they are now, or nobody.
    pub(crate) async fn actor(&self) -> Result<&Actor, Failure> {
        let lookup = async || {
            let Some(signed_in) = self.authenticated().await? else {
                return Ok::<_, Failure>(Actor::nobody(self.request_id()));
            };
            let mut actor = Actor::person(signed_in.person, self.request_id());
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
