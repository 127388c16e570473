//! Records looked up in batches, one statement for all rows of a list. Each context decides what the caller may see.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    AnswerId, ApplicationId, ApprovalId, BookingId, CityId, CompanyId, HearingId, MassGrantId, OccurrenceId, OfferId,
    PersonId, ProgrammeId, ResignationId, RunId, SanctionId, StatementId, TaskId, TermsId, VoucherId,
};

use crate::bookings::{Booking, DeliveriesOf, Delivery, Visit, VisitsOf};
use crate::cities::City;
use crate::context::Session;
use crate::error::Failure;
use crate::offers::{Occurrence, OccurrencesOf, Offer};
use crate::people::Person;
use crate::programmes::{Budget, BudgetsOf, Programme, ProgrammeTerms, TermsOf};
use crate::providers::{
    AppealOf, Application, ApplicationMessage, Approval, ApprovalOf, ApprovalPeriod, ChecklistItem, ChecklistOf,
    Company, Hearing, MessagesOf, PeriodsOf, PublicCompany, Resignation, ResignationOf, Sanction, SanctionAppeal,
    ServicesOf,
};
use crate::scalars::Money;
use crate::settlement::{
    BankAnswer, Payment, PaymentOf, RunTotal, SetAside, SetAsideOf, SettlementRun, Statement, TotalOf,
};
use crate::vouchers::{
    BalanceOf, MassGrant, MassGrantProgress, OfficerTask, OwnPurse, ProgressOf, Voucher, VoucherBalance,
};

/// The batch functions of one request.
pub struct Batch(pub(crate) Session);

/// Groups rows by their key.
pub(crate) fn grouped<K: std::hash::Hash + Eq, V>(rows: impl IntoIterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in rows {
        groups.entry(key).or_default().push(value);
    }
    groups
}

impl Loader<CityId> for Batch {
    type Value = City;
    type Error = Failure;

    async fn load(&self, _keys: &[CityId]) -> Result<HashMap<CityId, City>, Failure> {
        // There are few cities: all of them are one small statement.
        let cities = self.0.app.cities.list().await?;
        Ok(cities.into_iter().map(|city| (city.id, city.into())).collect())
    }
}

/// The record that leads to a person decides who sees her.
impl Loader<PersonId> for Batch {
    type Value = Person;
    type Error = Failure;

    async fn load(&self, keys: &[PersonId]) -> Result<HashMap<PersonId, Person>, Failure> {
        let persons = self.0.app.identity.persons_by_ids(keys).await?;
        Ok(persons.into_iter().map(|(id, person)| (id, person.into())).collect())
    }
}

impl Loader<ProgrammeId> for Batch {
    type Value = Programme;
    type Error = Failure;

    async fn load(&self, keys: &[ProgrammeId]) -> Result<HashMap<ProgrammeId, Programme>, Failure> {
        let rows = self.0.app.programmes.by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<BudgetsOf> for Batch {
    type Value = Vec<Budget>;
    type Error = Failure;

    async fn load(&self, keys: &[BudgetsOf]) -> Result<HashMap<BudgetsOf, Vec<Budget>>, Failure> {
        let programmes: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .programmes
            .budgets(self.0.actor().await?, &programmes)
            .await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (BudgetsOf(row.budget.programme_id), row.into())),
        ))
    }
}

impl Loader<TermsId> for Batch {
    type Value = ProgrammeTerms;
    type Error = Failure;

    async fn load(&self, keys: &[TermsId]) -> Result<HashMap<TermsId, ProgrammeTerms>, Failure> {
        let rows = self.0.app.programmes.terms_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<TermsOf> for Batch {
    type Value = Vec<ProgrammeTerms>;
    type Error = Failure;

    async fn load(&self, keys: &[TermsOf]) -> Result<HashMap<TermsOf, Vec<ProgrammeTerms>>, Failure> {
        let programmes: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .programmes
            .terms_of(self.0.actor().await?, &programmes)
            .await?;
        Ok(grouped(
            rows.into_iter().map(|row| (TermsOf(row.programme_id), row.into())),
        ))
    }
}

impl Loader<CompanyId> for Batch {
    type Value = Company;
    type Error = Failure;

    async fn load(&self, keys: &[CompanyId]) -> Result<HashMap<CompanyId, Company>, Failure> {
        let rows = self
            .0
            .app
            .providers
            .companies_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<PublicCompany> for Batch {
    type Value = Company;
    type Error = Failure;

    async fn load(&self, keys: &[PublicCompany]) -> Result<HashMap<PublicCompany, Company>, Failure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .companies_by_ids(&kernel::Actor::nobody(""), &ids)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (PublicCompany(row.id), row.into()))
            .collect())
    }
}

impl Loader<ApplicationId> for Batch {
    type Value = Application;
    type Error = Failure;

    async fn load(&self, keys: &[ApplicationId]) -> Result<HashMap<ApplicationId, Application>, Failure> {
        let rows = self
            .0
            .app
            .providers
            .applications_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<MessagesOf> for Batch {
    type Value = Vec<ApplicationMessage>;
    type Error = Failure;

    async fn load(&self, keys: &[MessagesOf]) -> Result<HashMap<MessagesOf, Vec<ApplicationMessage>>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .messages(self.0.actor().await?, &applications)
            .await?;
        Ok(grouped(
            rows.into_iter().map(|row| (MessagesOf(row.application_id), row.into())),
        ))
    }
}

impl Loader<ChecklistOf> for Batch {
    type Value = Vec<ChecklistItem>;
    type Error = Failure;

    async fn load(&self, keys: &[ChecklistOf]) -> Result<HashMap<ChecklistOf, Vec<ChecklistItem>>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .checklists(self.0.actor().await?, &applications)
            .await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (ChecklistOf(row.application_id), row.into())),
        ))
    }
}

impl Loader<ApprovalId> for Batch {
    type Value = Approval;
    type Error = Failure;

    async fn load(&self, keys: &[ApprovalId]) -> Result<HashMap<ApprovalId, Approval>, Failure> {
        let rows = self
            .0
            .app
            .providers
            .approvals_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ApprovalOf> for Batch {
    type Value = Approval;
    type Error = Failure;

    async fn load(&self, keys: &[ApprovalOf]) -> Result<HashMap<ApprovalOf, Approval>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .approvals_of_applications(self.0.actor().await?, &applications)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (ApprovalOf(row.application_id), row.into()))
            .collect())
    }
}

impl Loader<PeriodsOf> for Batch {
    type Value = Vec<ApprovalPeriod>;
    type Error = Failure;

    async fn load(&self, keys: &[PeriodsOf]) -> Result<HashMap<PeriodsOf, Vec<ApprovalPeriod>>, Failure> {
        let approvals: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.providers.periods(self.0.actor().await?, &approvals).await?;
        Ok(grouped(
            rows.into_iter().map(|row| (PeriodsOf(row.approval_id), row.into())),
        ))
    }
}

impl Loader<SanctionId> for Batch {
    type Value = Sanction;
    type Error = Failure;

    async fn load(&self, keys: &[SanctionId]) -> Result<HashMap<SanctionId, Sanction>, Failure> {
        let providers = &self.0.app.providers;
        let rows = providers.sanctions_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<AppealOf> for Batch {
    type Value = SanctionAppeal;
    type Error = Failure;

    async fn load(&self, keys: &[AppealOf]) -> Result<HashMap<AppealOf, SanctionAppeal>, Failure> {
        let sanctions: Vec<_> = keys.iter().map(|key| key.0).collect();
        let providers = &self.0.app.providers;
        let rows = providers.appeals_of(self.0.actor().await?, &sanctions).await?;
        Ok(rows
            .into_iter()
            .map(|row| (AppealOf(row.sanction_id), row.into()))
            .collect())
    }
}

impl Loader<HearingId> for Batch {
    type Value = Hearing;
    type Error = Failure;

    async fn load(&self, keys: &[HearingId]) -> Result<HashMap<HearingId, Hearing>, Failure> {
        let providers = &self.0.app.providers;
        let rows = providers.hearings_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ResignationId> for Batch {
    type Value = Resignation;
    type Error = Failure;

    async fn load(&self, keys: &[ResignationId]) -> Result<HashMap<ResignationId, Resignation>, Failure> {
        let providers = &self.0.app.providers;
        let rows = providers.resignations_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ResignationOf> for Batch {
    type Value = Resignation;
    type Error = Failure;

    async fn load(&self, keys: &[ResignationOf]) -> Result<HashMap<ResignationOf, Resignation>, Failure> {
        let approvals: Vec<_> = keys.iter().map(|key| key.0).collect();
        let providers = &self.0.app.providers;
        let rows = providers.resignations_of(self.0.actor().await?, &approvals).await?;
        // The newest of each comes last.
        Ok(rows
            .into_iter()
            .map(|row| (ResignationOf(row.approval_id), row.into()))
            .collect())
    }
}

impl Loader<ServicesOf> for Batch {
    type Value = Vec<Offer>;
    type Error = Failure;

    async fn load(&self, keys: &[ServicesOf]) -> Result<HashMap<ServicesOf, Vec<Offer>>, Failure> {
        let approved: Vec<_> = keys.iter().map(|key| (key.0, key.1)).collect();
        let rows = self.0.app.offers.services_of(&approved).await?;
        let key = |offer: &offers::Offer| ServicesOf(offer.company_id, offer.programme_id);
        Ok(grouped(rows.into_iter().map(|row| (key(&row), row.into()))))
    }
}

impl Loader<OfferId> for Batch {
    type Value = Offer;
    type Error = Failure;

    async fn load(&self, keys: &[OfferId]) -> Result<HashMap<OfferId, Offer>, Failure> {
        let rows = self.0.app.offers.offers_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<OccurrenceId> for Batch {
    type Value = Occurrence;
    type Error = Failure;

    async fn load(&self, keys: &[OccurrenceId]) -> Result<HashMap<OccurrenceId, Occurrence>, Failure> {
        let rows = self
            .0
            .app
            .offers
            .occurrences_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<OccurrencesOf> for Batch {
    type Value = Vec<Occurrence>;
    type Error = Failure;

    async fn load(&self, keys: &[OccurrencesOf]) -> Result<HashMap<OccurrencesOf, Vec<Occurrence>>, Failure> {
        let offers: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.offers.occurrences_of(&offers).await?;
        Ok(grouped(
            rows.into_iter().map(|row| (OccurrencesOf(row.offer_id), row.into())),
        ))
    }
}

impl Loader<VoucherId> for Batch {
    type Value = Voucher;
    type Error = Failure;

    async fn load(&self, keys: &[VoucherId]) -> Result<HashMap<VoucherId, Voucher>, Failure> {
        let rows = self.0.app.vouchers.by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<BalanceOf> for Batch {
    type Value = VoucherBalance;
    type Error = Failure;

    async fn load(&self, keys: &[BalanceOf]) -> Result<HashMap<BalanceOf, VoucherBalance>, Failure> {
        let vouchers: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let balances: HashMap<_, _> = self.0.app.vouchers.balances(&vouchers).await?.into_iter().collect();
        let found = |key: &BalanceOf| Some((key.clone(), (*balances.get(&key.0.id)?).into()));
        Ok(keys.iter().filter_map(found).collect())
    }
}

impl Loader<TaskId> for Batch {
    type Value = OfficerTask;
    type Error = Failure;

    async fn load(&self, keys: &[TaskId]) -> Result<HashMap<TaskId, OfficerTask>, Failure> {
        let rows = self.0.app.vouchers.tasks_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<MassGrantId> for Batch {
    type Value = MassGrant;
    type Error = Failure;

    async fn load(&self, keys: &[MassGrantId]) -> Result<HashMap<MassGrantId, MassGrant>, Failure> {
        let vouchers = &self.0.app.vouchers;
        let rows = vouchers.mass_grants_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ProgressOf> for Batch {
    type Value = MassGrantProgress;
    type Error = Failure;

    async fn load(&self, keys: &[ProgressOf]) -> Result<HashMap<ProgressOf, MassGrantProgress>, Failure> {
        let lists: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.vouchers.progress(self.0.actor().await?, &lists).await?;
        Ok(rows
            .into_iter()
            .map(|(list, progress)| (ProgressOf(list), progress.into()))
            .collect())
    }
}

impl Loader<OwnPurse> for Batch {
    type Value = ::bookings::Purse;
    type Error = Failure;

    async fn load(&self, keys: &[OwnPurse]) -> Result<HashMap<OwnPurse, Self::Value>, Failure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let purses = self.0.app.bookings.purses(&self.0.person().await?, &ids).await?;
        Ok(purses
            .into_iter()
            .map(|purse| (OwnPurse(purse.voucher.id), purse))
            .collect())
    }
}

impl Loader<BookingId> for Batch {
    type Value = Booking;
    type Error = Failure;

    async fn load(&self, keys: &[BookingId]) -> Result<HashMap<BookingId, Booking>, Failure> {
        let rows = self.0.app.bookings.by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<VisitsOf> for Batch {
    type Value = Vec<Visit>;
    type Error = Failure;

    async fn load(&self, keys: &[VisitsOf]) -> Result<HashMap<VisitsOf, Vec<Visit>>, Failure> {
        let bookings: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let rows = self.0.app.bookings.visits_of(&bookings).await?;
        let visits = grouped(rows.into_iter().map(|row| (row.booking_id, row.into())));
        let found = |key: &VisitsOf| Some((key.clone(), visits.get(&key.0.id)?.clone()));
        Ok(keys.iter().filter_map(found).collect())
    }
}

impl Loader<DeliveriesOf> for Batch {
    type Value = Vec<Delivery>;
    type Error = Failure;

    async fn load(&self, keys: &[DeliveriesOf]) -> Result<HashMap<DeliveriesOf, Vec<Delivery>>, Failure> {
        let bookings: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let rows = self.0.app.bookings.deliveries_of(&bookings).await?;
        let deliveries = grouped(rows.into_iter().map(|row| (row.booking_id, row.into())));
        let found = |key: &DeliveriesOf| Some((key.clone(), deliveries.get(&key.0.id)?.clone()));
        Ok(keys.iter().filter_map(found).collect())
    }
}

impl Loader<RunId> for Batch {
    type Value = SettlementRun;
    type Error = Failure;

    async fn load(&self, keys: &[RunId]) -> Result<HashMap<RunId, SettlementRun>, Failure> {
        let rows = self.0.app.settlement.runs_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<TotalOf> for Batch {
    type Value = RunTotal;
    type Error = Failure;

    async fn load(&self, keys: &[TotalOf]) -> Result<HashMap<TotalOf, RunTotal>, Failure> {
        let runs: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.settlement.totals(self.0.actor().await?, &runs).await?;
        let total = |(run, count, amount)| {
            let statements = i32::try_from(count).unwrap_or(i32::MAX);
            (
                TotalOf(run),
                RunTotal {
                    statements,
                    amount: Money(amount),
                },
            )
        };
        Ok(rows.into_iter().map(total).collect())
    }
}

impl Loader<SetAsideOf> for Batch {
    type Value = Vec<SetAside>;
    type Error = Failure;

    async fn load(&self, keys: &[SetAsideOf]) -> Result<HashMap<SetAsideOf, Vec<SetAside>>, Failure> {
        let runs: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.settlement.set_aside(self.0.actor().await?, &runs).await?;
        Ok(grouped(
            rows.into_iter().map(|row| (SetAsideOf(row.run_id), row.into())),
        ))
    }
}

impl Loader<AnswerId> for Batch {
    type Value = BankAnswer;
    type Error = Failure;

    async fn load(&self, keys: &[AnswerId]) -> Result<HashMap<AnswerId, BankAnswer>, Failure> {
        let rows = self
            .0
            .app
            .settlement
            .answers_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<StatementId> for Batch {
    type Value = Statement;
    type Error = Failure;

    async fn load(&self, keys: &[StatementId]) -> Result<HashMap<StatementId, Statement>, Failure> {
        let rows = self
            .0
            .app
            .settlement
            .statements_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<PaymentOf> for Batch {
    type Value = Payment;
    type Error = Failure;

    async fn load(&self, keys: &[PaymentOf]) -> Result<HashMap<PaymentOf, Payment>, Failure> {
        let statements: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .settlement
            .payments_of_statements(self.0.actor().await?, &statements)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (PaymentOf(row.statement_id), row.into()))
            .collect())
    }
}
