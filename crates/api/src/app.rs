use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError, Value};
use futures_util::FutureExt;

use crate::context::Session;
use crate::error::ErrorCode;
use crate::http::{Execute, RequestInfo};
use crate::order::{Order, Types, chosen};
use crate::schema::{Schema, schema};
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
    /// The files that come with applications.
    pub files: files::Files,
    /// Offers, their times and the catalogue.
    pub offers: offers::Offers,
    /// Residents' vouchers.
    pub vouchers: vouchers::Vouchers,
    /// Bookings and deliveries.
    pub bookings: bookings::Bookings,
    /// Settlement runs, payments and the bank's answers.
    pub settlement: settlement::Settlement,
}

impl App {
    /// Runs requests on the schema. It is a boxed function so that the resolvers, with all they call, are compiled here
    /// and not once more in every program that serves them.
    pub fn executor(self) -> Execute {
        let schema = schema();
        let types = Arc::new(Types::read(&schema.sdl()).expect("the text of the schema can be read"));
        Arc::new(move |request, document| {
            execute(schema.clone(), Arc::clone(&types), self.clone(), request, document).boxed()
        })
    }
}

/// Opens the session of the caller, runs the request, and puts the answer into order and the caller's language.
async fn execute(
    schema: Schema,
    types: Arc<Types>,
    app: App,
    mut request: Request,
    document: Arc<ExecutableDocument>,
) -> Response {
    let info = request
        .data
        .get(&std::any::TypeId::of::<RequestInfo>())
        .and_then(|info| info.downcast_ref::<RequestInfo>())
        .cloned();
    let lang = texts::preferred(info.as_ref().and_then(|info| info.accept_language.as_deref()));
    let session = Session::new(app, info, lang);
    request = request.data(session.loaders()).data(session);
    let misfit = misfit(&types, &request, &document);
    let order = Order::prepare(&types, &mut request, document);
    let mut response = match misfit {
        Some(error) => Response::from_errors(vec![error]),
        None => schema.execute(request).await,
    };
    if let Some(order) = order {
        order.arrange(&mut response);
    }
    for error in &mut response.errors {
        texts::classify(error);
        texts::translate(error, lang);
    }
    response
}

/// Refuses a variable that is not of its type where the library would not say which field of it.
fn misfit(types: &Types, request: &Request, document: &ExecutableDocument) -> Option<ServerError> {
    let operation = chosen(document, request.operation_name.as_deref())?;
    let misfit = operation.variable_definitions.iter().find_map(|definition| {
        let name = &definition.node.name.node;
        let misfit = types.misfit(&definition.node.var_type.node, request.variables.get(name)?)?;
        Some(misfit.below(name.to_string()))
    })?;
    let mut error = ServerError::new("a variable is not of its type", None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", ErrorCode::name(misfit.code));
    if misfit.code == kernel::ErrorCode::OutOfRange {
        extensions.set("min", i32::MIN);
        extensions.set("max", i32::MAX);
    }
    extensions.set(
        "field",
        Value::List(misfit.path().into_iter().map(Value::from).collect()),
    );
    Some(error)
}
