//! Relay's `node`: any record by its id, if the caller may see it.

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Interface, Object};
use kernel::{
    AnswerId, ApplicationId, ApprovalId, BookingId, CityId, CompanyId, DecisionId, ErrorCode, HearingId,
    IncomeReviewId, MassGrantId, OccurrenceId, OfferId, PersonId, ProgrammeId, RectificationId, Requires,
    ResignationId, RulebookId, RunId, SanctionId, StatementId, TaskId, TermsId, TypedId, VoucherApplicationId,
    VoucherId,
};

use crate::auth::auth;
use crate::bookings::Booking;
use crate::cities::City;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::loaders::Batch;
use crate::offers::{Occurrence, Offer};
use crate::people::Person;
use crate::programmes::{Programme, ProgrammeTerms, Rulebook};
use crate::providers::{Application, Approval, Company, Hearing, Resignation, Sanction};
use crate::settlement::{BankAnswer, SettlementRun, Statement};
use crate::vouchers::{
    IncomeReview, MassGrant, OfficerTask, Rectification, Voucher, VoucherApplication, VoucherDecision,
};

/// A record with an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id."))]
pub enum Node {
    /// A city.
    City(City),
    /// A person.
    Person(Person),
    /// A programme.
    Programme(Programme),
    /// Terms of a programme.
    ProgrammeTerms(ProgrammeTerms),
    /// A version of a rulebook.
    Rulebook(Rulebook),
    /// A company.
    Company(Company),
    /// An application of a company.
    Application(Application),
    /// An approval of a company.
    Approval(Approval),
    /// A decision about an approval.
    Sanction(Sanction),
    /// A hearing before such a decision.
    Hearing(Hearing),
    /// A company's resignation from a programme.
    Resignation(Resignation),
    /// An offer.
    Offer(Offer),
    /// An occurrence of an offer.
    Occurrence(Occurrence),
    /// A voucher.
    Voucher(Voucher),
    /// A list from which many vouchers are granted.
    MassGrant(MassGrant),
    /// A task of a city's officers.
    OfficerTask(OfficerTask),
    /// An application for a voucher.
    VoucherApplication(VoucherApplication),
    /// A decision on such an application.
    VoucherDecision(VoucherDecision),
    /// A request for rectification of a decision.
    Rectification(Rectification),
    /// A review of an income.
    IncomeReview(IncomeReview),
    /// A booking.
    Booking(Booking),
    /// A settlement run.
    SettlementRun(SettlementRun),
    /// A statement of a settlement run.
    Statement(Statement),
    /// An answer of a city's bank.
    BankAnswer(BankAnswer),
}

impl Node {
    /// The city whose staff looks after it; none for persons and companies.
    pub(crate) fn city_id(&self) -> Option<CityId> {
        match self {
            Self::City(city) => Some(city.0.id),
            Self::Person(_) | Self::Company(_) => None,
            Self::Programme(programme) => Some(programme.0.city_id),
            Self::ProgrammeTerms(terms) => Some(terms.0.city_id),
            Self::Rulebook(rulebook) => Some(rulebook.0.city_id),
            Self::Application(application) => Some(application.0.city_id),
            Self::Approval(approval) => Some(approval.0.city_id),
            Self::Sanction(sanction) => Some(sanction.0.city_id),
            Self::Hearing(hearing) => Some(hearing.0.city_id),
            Self::Resignation(resignation) => Some(resignation.0.city_id),
            Self::Offer(offer) => Some(offer.0.city_id),
            Self::Occurrence(occurrence) => Some(occurrence.0.city_id),
            Self::Voucher(voucher) => Some(voucher.0.city_id),
            Self::MassGrant(list) => Some(list.0.city_id),
            Self::OfficerTask(task) => Some(task.0.city_id),
            Self::VoucherApplication(application) => Some(application.0.city_id),
            Self::VoucherDecision(decision) => Some(decision.0.city_id),
            Self::Rectification(request) => Some(request.0.city_id),
            Self::IncomeReview(review) => Some(review.0.city_id),
            Self::Booking(booking) => Some(booking.0.city_id),
            Self::SettlementRun(run) => Some(run.0.city_id),
            Self::Statement(statement) => Some(statement.0.city_id),
            Self::BankAnswer(answer) => Some(answer.0.city_id),
        }
    }
}

/// Looks any record up.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// A record by its id; null when there is none or the caller may not see it.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>, Failure> {
        find(ctx, &id).await
    }
}

/// A record by its id, if the caller may see it.
pub(crate) async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, Failure> {
    let (kind, _) = id.as_str().split_once('_').unwrap_or_default();
    Ok(match kind {
        CityId::PREFIX => load::<CityId>(ctx, id).await?.map(Node::City),
        PersonId::PREFIX => myself(ctx, id).await?.map(Node::Person),
        ProgrammeId::PREFIX => load::<ProgrammeId>(ctx, id).await?.map(Node::Programme),
        TermsId::PREFIX => load::<TermsId>(ctx, id).await?.map(Node::ProgrammeTerms),
        RulebookId::PREFIX => load::<RulebookId>(ctx, id).await?.map(Node::Rulebook),
        CompanyId::PREFIX => load::<CompanyId>(ctx, id).await?.map(Node::Company),
        ApplicationId::PREFIX => load::<ApplicationId>(ctx, id).await?.map(Node::Application),
        ApprovalId::PREFIX => load::<ApprovalId>(ctx, id).await?.map(Node::Approval),
        SanctionId::PREFIX => load::<SanctionId>(ctx, id).await?.map(Node::Sanction),
        HearingId::PREFIX => load::<HearingId>(ctx, id).await?.map(Node::Hearing),
        ResignationId::PREFIX => load::<ResignationId>(ctx, id).await?.map(Node::Resignation),
        OfferId::PREFIX => load::<OfferId>(ctx, id).await?.map(Node::Offer),
        OccurrenceId::PREFIX => load::<OccurrenceId>(ctx, id).await?.map(Node::Occurrence),
        MassGrantId::PREFIX => load::<MassGrantId>(ctx, id).await?.map(Node::MassGrant),
        TaskId::PREFIX => load::<TaskId>(ctx, id).await?.map(Node::OfficerTask),
        VoucherId::PREFIX => load::<VoucherId>(ctx, id).await?.map(Node::Voucher),
        VoucherApplicationId::PREFIX => load::<VoucherApplicationId>(ctx, id)
            .await?
            .map(Node::VoucherApplication),
        DecisionId::PREFIX => load::<DecisionId>(ctx, id).await?.map(Node::VoucherDecision),
        RectificationId::PREFIX => load::<RectificationId>(ctx, id).await?.map(Node::Rectification),
        IncomeReviewId::PREFIX => load::<IncomeReviewId>(ctx, id).await?.map(Node::IncomeReview),
        BookingId::PREFIX => load::<BookingId>(ctx, id).await?.map(Node::Booking),
        RunId::PREFIX => load::<RunId>(ctx, id).await?.map(Node::SettlementRun),
        StatementId::PREFIX => load::<StatementId>(ctx, id).await?.map(Node::Statement),
        AnswerId::PREFIX => load::<AnswerId>(ctx, id).await?.map(Node::BankAnswer),
        _ => None,
    })
}

/// Loads a record whose loader decides what the caller may see.
async fn load<T>(ctx: &Context<'_>, id: &ID) -> Result<Option<<Batch as Loader<T>>::Value>, Failure>
where
    T: TypedId + 'static,
    Batch: Loader<T, Error = Failure>,
{
    match id.as_str().parse::<T>() {
        Ok(id) => match ctx.loader().load_one(id).await {
            // What is shown to its owner only is nothing to somebody who has not signed in; a bad token stays an error.
            Err(failure) if failure.code == ErrorCode::Unauthenticated => {
                ctx.session().authenticated().await?;
                Ok(None)
            }
            loaded => loaded,
        },
        Err(_invalid) => Ok(None),
    }
}

/// The caller herself: nobody else is found by her id alone.
async fn myself(ctx: &Context<'_>, id: &ID) -> Result<Option<Person>, Failure> {
    match ctx.session().authenticated().await? {
        Some(caller) if caller.person.to_string() == id.as_str() => ctx.loader().load_one(caller.person).await,
        _ => Ok(None),
    }
}
