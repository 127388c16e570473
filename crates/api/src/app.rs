use async_graphql::{Executor, Request, Response};
use futures_util::stream::{BoxStream, StreamExt};

use crate::context::Session;
use crate::http::RequestInfo;
use crate::schema::Schema;
use crate::texts;

/// The contexts that the API speaks to. Cloning is cheap: each holds handles.
#[derive(Clone)]
pub struct App {
    /// The database, for loaders and the audit of refusals.
    pub db: db::Db,
    /// Accounts and sign-in.
    pub identity: identity::Identity,
    /// Tenants and their staff.
    pub cities: cities::Cities,
    /// Voucher programmes.
    pub programmes: programmes::Programmes,
    /// Companies, applications and approvals.
    pub providers: providers::Providers,
    /// Offers, their times and the catalogue.
    pub offers: offers::Offers,
    /// Residents' vouchers.
    pub vouchers: vouchers::Vouchers,
    /// Bookings and deliveries.
    pub bookings: bookings::Bookings,
    /// Settlement runs, payments and the bank's answers.
    pub settlement: settlement::Settlement,
}

/// The schema together with what every request needs: the session of its caller and the language of its errors.
#[derive(Clone)]
pub struct Palvelutori {
    schema: Schema,
    app: App,
}

impl Palvelutori {
    /// Serves `schema` from `app`.
    pub fn new(schema: Schema, app: App) -> Self {
        Self { schema, app }
    }
}

impl Executor for Palvelutori {
    async fn execute(&self, mut request: Request) -> Response {
        let info = request
            .data
            .get(&std::any::TypeId::of::<RequestInfo>())
            .and_then(|info| info.downcast_ref::<RequestInfo>())
            .cloned();
        let lang = texts::preferred(info.as_ref().and_then(|info| info.accept_language.as_deref()));
        let session = Session::new(self.app.clone(), info, lang);
        request = request.data(session.loaders()).data(session);
        let mut response = self.schema.execute(request).await;
        for error in &mut response.errors {
            texts::translate(error, lang);
        }
        response
    }

    fn execute_stream(
        &self,
        request: Request,
        _session: Option<std::sync::Arc<async_graphql::Data>>,
    ) -> BoxStream<'static, Response> {
        let executor = self.clone();
        futures_util::stream::once(async move { executor.execute(request).await }).boxed()
    }
}
