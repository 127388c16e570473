//! The roots of the schema.

use async_graphql::{EmptySubscription, MergedObject};

use crate::{bookings, books, cities, node, offers, people, programmes, providers, settlement, values, vouchers};

/// Everything that can be read.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    people::PeopleQuery,
    people::RecordQuery,
    cities::CityQuery,
    programmes::ProgrammeQuery,
    programmes::RulebookQuery,
    programmes::BudgetQuery,
    programmes::CanvasQuery,
    programmes::EligibilityQuery,
    values::ValueQuery,
    providers::ProviderQuery,
    offers::OfferQuery,
    vouchers::VoucherQuery,
    vouchers::NumberQuery,
    vouchers::TaskQuery,
    vouchers::MassGrantQuery,
    vouchers::VoucherApplicationQuery,
    vouchers::VoucherDecisionQuery,
    vouchers::RectificationQuery,
    vouchers::IncomeReviewQuery,
    bookings::BookingQuery,
    bookings::ReleaseQuery,
    bookings::CorrectionQuery,
    settlement::SettlementQuery,
    books::BookQuery,
);

/// Everything that can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(
    people::PeopleMutation,
    cities::CityMutation,
    programmes::ProgrammeMutation,
    programmes::TermsMutation,
    programmes::RulebookMutation,
    programmes::BudgetMutation,
    programmes::CanvasMutation,
    providers::ProviderMutation,
    offers::OfferMutation,
    vouchers::VoucherMutation,
    vouchers::LifeMutation,
    vouchers::TaskMutation,
    vouchers::MassGrantMutation,
    vouchers::VoucherApplicationMutation,
    vouchers::AttachmentMutation,
    vouchers::ConsentMutation,
    vouchers::RectificationMutation,
    vouchers::WaitingMutation,
    vouchers::IncomeReviewMutation,
    bookings::BookingMutation,
    bookings::ReleaseMutation,
    settlement::SettlementMutation,
);

/// The schema with its roots.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema. The limits on depth and complexity are the second line behind the HTTP layer's check of documents.
pub fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .limit_depth(20)
        .limit_recursive_depth(64)
        .finish()
}

/// The schema as text, sorted, as it stands in `graphql/schema.graphql`.
pub fn sdl() -> String {
    schema().sdl_with_options(
        async_graphql::SDLExportOptions::new()
            .sorted_fields()
            .sorted_arguments()
            .sorted_enum_items(),
    )
}
