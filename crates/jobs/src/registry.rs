use std::collections::HashMap;
use std::fmt;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::queue::Event;
use crate::schedule::{Plan, Schedule};

/// Why a handler did not do its job.
///
/// Every error converts into one that is retried. Its text is stored and logged, so it carries no secrets.
#[derive(Debug)]
pub struct JobError {
    source: Box<dyn std::error::Error + Send + Sync>,
    permanent: bool,
}

impl JobError {
    /// A failure that no later try can cure: the job is parked at once.
    pub fn permanent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            permanent: true,
        }
    }

    /// A failure that a later try may cure.
    pub fn temporary(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            permanent: false,
        }
    }

    /// True when no later try can cure it.
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }
}

// It is no `Error` itself, so that it can be made from every error by `?`.
impl<E: std::error::Error + Send + Sync + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::temporary(error)
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// The wiring is wrong; found at start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two handlers want the same jobs.
    #[error("there is a handler for {0} already")]
    AlreadyHandled(String),
    /// A plan names no time of the day, or repeats more often than each second.
    #[error("the plan of {0} cannot be kept")]
    InvalidPlan(&'static str),
}

/// A handler whose type is forgotten.
pub(crate) type Handler = Box<dyn Fn(Value) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

/// What becomes of a job.
pub(crate) enum Route {
    /// One handler does it.
    Handler(Handler),
    /// Each listener gets a job of the kind named.
    Listeners(Vec<String>),
}

/// Who does which job, and what is to be done when: the wiring of the server.
#[derive(Default)]
pub struct Registry {
    routes: HashMap<String, Route>,
    pub(crate) schedules: Vec<Schedule>,
}

impl Registry {
    /// Nobody does anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `handler` do the jobs of `kind`; it is safe to run twice. A payload it cannot read parks the job.
    pub fn on<P, F, Fut>(&mut self, kind: impl Into<String>, handler: F) -> Result<(), RegistryError>
    where
        P: DeserializeOwned,
        F: Fn(P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |payload| match serde_json::from_value(payload) {
            Ok(payload) => handler(payload).boxed(),
            Err(error) => std::future::ready(Err(JobError::permanent(error))).boxed(),
        });
        let kind = kind.into();
        if self.routes.contains_key(&kind) {
            return Err(RegistryError::AlreadyHandled(kind));
        }
        self.routes.insert(kind, Route::Handler(handler));
        Ok(())
    }

    /// Lets `listener` hear events of a kind. Its name is stored with the jobs that are waiting for it, so it is
    /// stable; each listener of an event is retried alone.
    pub fn on_event<E, F, Fut>(&mut self, listener: &'static str, handler: F) -> Result<(), RegistryError>
    where
        E: Event,
        F: Fn(E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let kind = format!("{}>{listener}", E::KIND);
        let route = self
            .routes
            .entry(E::KIND.to_owned())
            .or_insert_with(|| Route::Listeners(Vec::new()));
        let Route::Listeners(listeners) = route else {
            return Err(RegistryError::AlreadyHandled(E::KIND.to_owned()));
        };
        listeners.push(kind.clone());
        self.on(kind, handler)
    }

    /// Enqueues a job of `kind` with the payload `null` each time that `plan` says, once for all instances. What came
    /// due while no instance ran is made up for once. A plan begins with its first instant after it was first seen.
    pub fn schedule(&mut self, kind: &'static str, plan: Plan) -> Result<(), RegistryError> {
        if !plan.is_valid() {
            return Err(RegistryError::InvalidPlan(kind));
        }
        self.schedules.push(Schedule { kind, plan });
        Ok(())
    }

    pub(crate) fn route(&self, kind: &str) -> Option<&Route> {
        self.routes.get(kind)
    }
}
