use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::AnswerId;
use settlement::policy;

use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::scalars::{DateTime, Money, id, show};

/// A bank's answer that a city has taken in.
#[derive(Clone)]
pub struct BankAnswer(pub(crate) Arc<settlement::BankAnswer>);

impl From<settlement::BankAnswer> for BankAnswer {
    fn from(answer: settlement::BankAnswer) -> Self {
        Self(Arc::new(answer))
    }
}

/// Which message an answer is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::AnswerKind")]
pub enum BankAnswerKind {
    /// `pain.002`: what the bank thinks of a payment file.
    StatusReport,
    /// `camt.054`: what was booked on the city's account.
    Notification,
}

/// How far an answer has been worked through.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::AnswerState")]
pub enum BankAnswerState {
    /// It is stored; some entries may not have had their effect yet.
    Received,
    /// Every entry has had its effect.
    Applied,
}

/// What a bank says about a payment.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::EntryOutcome")]
pub enum BankOutcome {
    /// It has not decided.
    Pending,
    /// The money has left.
    Paid,
    /// It will not pay.
    Rejected,
    /// The money left and came back.
    Returned,
    /// A code or a movement that has no meaning here.
    Unknown,
}

/// What an entry of an answer did.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::EntryEffect")]
pub enum BankEffect {
    /// The payment changed its state.
    Applied,
    /// The payment still waits for the bank.
    Waits,
    /// It was known already; nothing moved.
    Duplicate,
    /// The city has no payment with this id; nothing moved.
    UnknownPayment,
    /// The bank names another amount than the payment has; nothing moved.
    WrongAmount,
    /// It cannot be true beside what the bank said before; nothing moved.
    Contradiction,
    /// The bank's code has no meaning here; nothing moved.
    NotUnderstood,
    /// A booked movement that names no payment, such as a fee; nothing moved.
    NoPaymentNamed,
}

/// One entry of an answer and what it did.
#[derive(SimpleObject)]
pub struct BankAnswerEntry {
    /// Its place in the answer, from 1.
    line: i32,
    /// The payment it names.
    end_to_end_id: Option<String>,
    /// What the bank says.
    outcome: BankOutcome,
    /// Why, in the bank's code and words.
    reason: Option<String>,
    /// The amount the bank names.
    amount: Option<Money>,
    /// What it did; none until it has been worked through.
    effect: Option<BankEffect>,
}

impl From<settlement::BankAnswerEntry> for BankAnswerEntry {
    fn from(entry: settlement::BankAnswerEntry) -> Self {
        Self {
            line: entry.line,
            end_to_end_id: entry.end_to_end_id,
            outcome: entry.outcome.into(),
            reason: entry.reason,
            amount: entry.amount_cents.map(Money),
            effect: entry.effect.map(BankEffect::from),
        }
    }
}

#[Object]
impl BankAnswer {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// Which message it is.
    async fn kind(&self) -> BankAnswerKind {
        self.0.kind.into()
    }
    /// The bank's own id of it.
    async fn message_id(&self) -> &str {
        &self.0.message_id
    }
    /// How far it has been worked through.
    async fn state(&self) -> BankAnswerState {
        self.0.state.into()
    }
    /// The SHA-256 of the file in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }
    /// The clerk who uploaded it.
    async fn uploaded_by(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.uploaded_by).await
    }
    /// When.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }
    /// What it says about payments, in the order of the file: the first entries after the place `afterLine`.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        first: i32,
        #[graphql(default = 0)] after_line: i32,
    ) -> Result<Vec<BankAnswerEntry>, Failure> {
        let first = kernel::field::number("first", first, 1, 100)?.unsigned_abs();
        let actor = ctx.session().actor().await?;
        let rows = ctx
            .app()
            .settlement
            .entries(actor, self.0.id, after_line, u64::from(first))
            .await?;
        Ok(rows.into_iter().map(BankAnswerEntry::from).collect())
    }
}

/// Queries on answers.
#[derive(Default)]
pub struct AnswerQuery;

#[Object]
impl AnswerQuery {
    /// The bank's answers that a city has taken in, oldest first.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn bank_answers(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<BankAnswer>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let settlement = &ctx.app().settlement;
        let rows = settlement.bank_answers(actor, city, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            settlement.count_bank_answers(actor, city),
        )
        .await
    }

    /// An answer of the bank; null when there is none or the caller may not see it.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn bank_answer(&self, ctx: &Context<'_>, answer_id: ID) -> Result<Option<BankAnswer>, Failure> {
        let answer: AnswerId = id("answerId", &answer_id)?;
        ctx.loader().load_one(answer).await
    }
}

/// A bank's answer to take in.
#[derive(InputObject)]
pub struct UploadBankAnswerInput {
    /// The city whose payments it is about.
    city_id: ID,
    /// The file as text: `pain.002.001.10` or `camt.054.001.08` in UTF-8.
    content: String,
    /// 16 to 64 characters of the caller's choice; the same key again gives the same answer.
    idempotency_key: String,
}

payload! {
    /// What taking in an answer answers.
    BankAnswerPayload { answer: BankAnswer }
}

/// Mutations on answers.
#[derive(Default)]
pub struct AnswerMutation;

#[Object]
impl AnswerMutation {
    /// Takes in an answer of the bank; each entry has its effect on the payment it names, once.
    #[graphql(directive = auth::apply(policy::SETTLE.to_string()))]
    async fn upload_bank_answer(&self, ctx: &Context<'_>, input: UploadBankAnswerInput) -> Result<BankAnswerPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let city = id("cityId", &input.city_id)?;
            Ok(ctx
                .app()
                .settlement
                .take_bank_answer(actor, &input.idempotency_key, city, input.content.as_bytes())
                .await?)
        };
        BankAnswerPayload::of(ctx, "uploadBankAnswer", result.await).await
    }
}
