//! Acting for another person: mandates, guardians, trustees, assisted sessions.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use identity::{NewAssistedSession, NewMandate, NewRecord, NewRelation, policy};
use kernel::PersonId;

use super::Person;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Date, DateTime, Lang, id, show};

/// By what somebody acts for another.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "identity::relation::Kind")]
pub enum RelationKind {
    /// A guardian (huoltaja) of a child, until it comes of age.
    Guardian,
    /// A trustee (edunvalvoja) of an adult.
    Trustee,
    /// A mandate (valtuus) that the person has given.
    Mandate,
    /// An assisted session of an advisor of the city.
    Assisted,
}

/// In which matters somebody acts for another.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "identity::relation::Matters")]
pub enum RelationTheme {
    /// Using vouchers: booking, cancelling.
    Bookings,
    /// Applying for vouchers.
    Applications,
    /// Both.
    All,
}

/// A right to act for another person.
#[derive(Clone)]
pub struct Relation(Arc<identity::Relation>);

impl From<identity::Relation> for Relation {
    fn from(relation: identity::Relation) -> Self {
        Self(Arc::new(relation))
    }
}

/// A person as far as the other side of a relation sees her.
pub struct RelatedPerson(Person);

#[Object]
impl RelatedPerson {
    /// Her id; of a principal it goes into the header `X-Acting-For`.
    async fn id(&self) -> ID {
        show(self.0.0.id)
    }
    /// Her given name.
    async fn given_name(&self) -> &str {
        &self.0.0.given_name
    }
    /// Her family name.
    async fn family_name(&self) -> &str {
        &self.0.0.family_name
    }
}

#[Object]
impl Relation {
    /// Its id.
    async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// By what.
    async fn relation(&self) -> RelationKind {
        self.0.kind.into()
    }
    /// In which matters.
    async fn theme(&self) -> RelationTheme {
        self.0.theme.into()
    }
    /// Who acts.
    async fn holder(&self, ctx: &Context<'_>) -> Result<Option<RelatedPerson>, Failure> {
        related(ctx, self.0.holder_id).await
    }
    /// For whom.
    async fn principal(&self, ctx: &Context<'_>) -> Result<Option<RelatedPerson>, Failure> {
        related(ctx, self.0.principal_id).await
    }
    /// From when on.
    async fn valid_from(&self) -> DateTime {
        DateTime(self.0.valid_from)
    }
    /// Until when, not included; none is without an end.
    async fn valid_until(&self) -> Option<DateTime> {
        self.0.valid_until.map(DateTime)
    }
    /// True when the population register says so, and not an officer.
    async fn from_register(&self) -> bool {
        self.0.from_register
    }
    /// When it was ended before its time.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}

async fn related(ctx: &Context<'_>, person: PersonId) -> Result<Option<RelatedPerson>, Failure> {
    Ok(ctx.loader().load_one(person).await?.map(RelatedPerson))
}

/// A mandate to give.
#[derive(InputObject)]
pub struct GiveMandateInput {
    /// Who shall act. She tells her id herself: it stands in her `me`.
    holder_id: ID,
    /// In which matters.
    theme: RelationTheme,
    /// From when on; now when it is left out.
    valid_from: Option<DateTime>,
    /// Until when, not included; at most five years ahead.
    valid_until: DateTime,
}

/// A mandate or an assisted session to end.
#[derive(InputObject)]
pub struct RevokeMandateInput {
    /// Its id.
    relation_id: ID,
}

/// What an officer records of a person with an account.
#[derive(InputObject)]
pub struct RecordPersonalCodeInput {
    /// The city that records it.
    city_id: ID,
    /// The verified address of the person.
    email: String,
    /// Her personal identity code (henkilötunnus). No answer ever shows it.
    #[graphql(secret)]
    personal_code: String,
    /// True when no provider may learn her address (turvakielto).
    non_disclosure: bool,
    /// True to show again what was hidden. A false `nonDisclosure` alone lifts nothing.
    #[graphql(default)]
    lifts_non_disclosure: bool,
    /// Where the officer knows it from, at most 2 000 characters.
    grounds: String,
}

/// A guardian of a child.
#[derive(InputObject)]
pub struct RecordGuardianshipInput {
    /// The city that records it.
    city_id: ID,
    /// The verified address of the guardian.
    guardian_email: String,
    /// Given names of the child, used when it is not known yet.
    given_name: String,
    /// Family name of the child, likewise.
    family_name: String,
    /// The personal identity code of the child. No answer ever shows it.
    #[graphql(secret)]
    personal_code: String,
    /// The language of letters about the child, likewise.
    lang: Lang,
    /// The grounds, at most 2 000 characters.
    grounds: String,
}

/// A trustee of an adult.
#[derive(InputObject)]
pub struct RecordTrusteeInput {
    /// The city that records it.
    city_id: ID,
    /// The verified address of the trustee.
    trustee_email: String,
    /// Given names of the one acted for, used when she is not known yet.
    given_name: String,
    /// Family name, likewise.
    family_name: String,
    /// Her personal identity code. No answer ever shows it.
    #[graphql(secret)]
    personal_code: String,
    /// The language of letters about her, likewise.
    lang: Lang,
    /// The last day of the task; without an end when it is left out.
    until: Option<Date>,
    /// The grounds, such as the decision of a court, at most 2 000 characters.
    grounds: String,
}

/// What an officer ends.
#[derive(InputObject)]
pub struct EndRelationInput {
    /// The right.
    relation_id: ID,
    /// Why, at most 2 000 characters.
    reason: String,
}

/// An assisted session to open.
#[derive(InputObject)]
pub struct OpenAssistedSessionInput {
    /// The city of the advisor.
    city_id: ID,
    /// The verified address of the resident.
    resident_email: String,
    /// How the resident gave her consent, at most 500 characters.
    consent: String,
    /// How long, 1 to 60 minutes.
    minutes: i32,
}

payload! {
    /// What a change of a right to act for another answers.
    RelationPayload { relation: Relation }
}

payload! {
    /// What the record of a person answers.
    PersonPayload { person: Person }
}

/// Mutations on rights to act for another.
#[derive(Default)]
pub struct ActingMutation;

#[Object]
impl ActingMutation {
    /// Gives another person a mandate for a matter and a time.
    #[graphql(directive = auth::apply(policy::OWN.to_string()))]
    async fn give_mandate(&self, ctx: &Context<'_>, input: GiveMandateInput) -> Result<RelationPayload> {
        let result = async {
            let actor = ctx.session().person().await?;
            let new = NewMandate {
                holder: id("holderId", &input.holder_id)?,
                theme: input.theme.into(),
                from: input.valid_from.map(|from| from.0),
                until: input.valid_until.0,
            };
            Ok(ctx.app().identity.give_mandate(&actor, new).await?)
        };
        RelationPayload::of(ctx, "giveMandate", result.await).await
    }

    /// Ends a mandate or an assisted session at once; both sides may.
    #[graphql(directive = auth::apply(policy::OWN.to_string()))]
    async fn revoke_mandate(&self, ctx: &Context<'_>, input: RevokeMandateInput) -> Result<RelationPayload> {
        let result = async {
            let (actor, relation) = (ctx.session().person().await?, id("relationId", &input.relation_id)?);
            Ok(ctx.app().identity.revoke_mandate(&actor, relation).await?)
        };
        RelationPayload::of(ctx, "revokeMandate", result.await).await
    }

    /// Records the personal identity code of a person with an account, and whether her contact is hidden.
    #[graphql(directive = auth::apply(policy::RECORD.to_string()))]
    async fn record_personal_code(&self, ctx: &Context<'_>, input: RecordPersonalCodeInput) -> Result<PersonPayload> {
        let result = async {
            let new = NewRecord {
                city: id("cityId", &input.city_id)?,
                email: input.email,
                personal_code: input.personal_code,
                non_disclosure: input.non_disclosure,
                lifts_non_disclosure: input.lifts_non_disclosure,
                grounds: input.grounds,
            };
            let actor = ctx.session().actor().await?;
            Ok(ctx.app().identity.record_code(actor, new).await?)
        };
        PersonPayload::of(ctx, "recordPersonalCode", result.await).await
    }

    /// Records a guardian of a child, who may act for it from now on until it comes of age.
    #[graphql(directive = auth::apply(policy::RECORD.to_string()))]
    async fn record_guardianship(&self, ctx: &Context<'_>, input: RecordGuardianshipInput) -> Result<RelationPayload> {
        let result = async {
            let new = NewRelation {
                city: id("cityId", &input.city_id)?,
                holder_email: input.guardian_email,
                given_name: input.given_name,
                family_name: input.family_name,
                personal_code: input.personal_code,
                lang: input.lang.into(),
                until: None,
                grounds: input.grounds,
            };
            let actor = ctx.session().actor().await?;
            Ok(ctx.app().identity.record_guardianship(actor, new).await?)
        };
        let result = result
            .await
            .map_err(|failure: Failure| failure.renamed("holderEmail", "guardianEmail"));
        RelationPayload::of(ctx, "recordGuardianship", result).await
    }

    /// Records a trustee of an adult, who may act for her from now on.
    #[graphql(directive = auth::apply(policy::RECORD.to_string()))]
    async fn record_trustee(&self, ctx: &Context<'_>, input: RecordTrusteeInput) -> Result<RelationPayload> {
        let result = async {
            let new = NewRelation {
                city: id("cityId", &input.city_id)?,
                holder_email: input.trustee_email,
                given_name: input.given_name,
                family_name: input.family_name,
                personal_code: input.personal_code,
                lang: input.lang.into(),
                until: input.until.map(|day| day.0),
                grounds: input.grounds,
            };
            let actor = ctx.session().actor().await?;
            Ok(ctx.app().identity.record_trustee(actor, new).await?)
        };
        let result = result
            .await
            .map_err(|failure: Failure| failure.renamed("holderEmail", "trusteeEmail"));
        RelationPayload::of(ctx, "recordTrustee", result).await
    }

    /// Ends what an officer of the city has recorded, at once.
    #[graphql(directive = auth::apply(policy::RECORD.to_string()))]
    async fn end_relation(&self, ctx: &Context<'_>, input: EndRelationInput) -> Result<RelationPayload> {
        let result = async {
            let (actor, relation) = (ctx.session().actor().await?, id("relationId", &input.relation_id)?);
            Ok(ctx.app().identity.end_relation(actor, relation, &input.reason).await?)
        };
        RelationPayload::of(ctx, "endRelation", result.await).await
    }

    /// Opens a session in which an advisor acts for a resident with her consent; she gets a letter about it.
    #[graphql(directive = auth::apply(policy::ASSIST.to_string()))]
    async fn open_assisted_session(
        &self,
        ctx: &Context<'_>,
        input: OpenAssistedSessionInput,
    ) -> Result<RelationPayload> {
        let result = async {
            let new = NewAssistedSession {
                city: id("cityId", &input.city_id)?,
                resident_email: input.resident_email,
                consent: input.consent,
                minutes: input.minutes,
            };
            let actor = ctx.session().actor().await?;
            Ok(ctx.app().identity.open_assisted_session(actor, new).await?)
        };
        RelationPayload::of(ctx, "openAssistedSession", result.await).await
    }
}
