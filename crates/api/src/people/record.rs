//! What is recorded of a person: her homes, and what officers see beside them.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use identity::{NewHome, NewSegment, policy};

use super::Person;
use super::acting::PersonPayload;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::scalars::{Date, id};

/// From where a record comes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "identity::home::Origin")]
pub enum RecordOrigin {
    /// An officer recorded it with grounds.
    Officer,
    /// The population register says so.
    Register,
}

/// A home municipality (kotikunta) for some days.
#[derive(SimpleObject)]
pub struct Home {
    /// The municipality code, three digits.
    municipality: String,
    /// The first day.
    from: Date,
    /// The last day; until further notice when there is none.
    until: Option<Date>,
    /// From where it is known.
    origin: RecordOrigin,
}

impl From<identity::Home> for Home {
    fn from(home: identity::Home) -> Self {
        Self {
            municipality: home.municipality,
            from: Date(home.from_day),
            until: home.until_day.map(Date),
            origin: home.origin.into(),
        }
    }
}

/// What is recorded of a person, for officers of a city that has recorded her.
pub struct PersonRecord(identity::PersonRecord);

#[Object]
impl PersonRecord {
    /// The person.
    async fn person(&self) -> Person {
        self.0.person.clone().into()
    }
    /// Her personal identity code with everything but the day of birth hidden, as `131052-****`; none where none is
    /// recorded.
    async fn masked_code(&self) -> Option<&str> {
        self.0.masked_code.as_deref()
    }
    /// True when her contact has to stay with the city (turvakielto).
    async fn non_disclosure(&self) -> bool {
        self.0.person.non_disclosure
    }
    /// Her homes, the present one first.
    async fn homes(&self) -> Vec<Home> {
        self.0.homes.iter().cloned().map(Into::into).collect()
    }
    /// How many persons live in her household, as the population register said last.
    async fn household_size(&self) -> Option<i32> {
        self.0.register.as_ref().and_then(|register| register.household_size)
    }
    /// Her segments in the city.
    async fn segments(&self) -> Vec<SegmentMembership> {
        let shown = |segment: &identity::Segment| SegmentMembership {
            segment: segment.segment.clone(),
            from: Date(segment.from_day),
            until: segment.until_day.map(Date),
            grounds: segment.grounds.clone(),
        };
        self.0.segments.iter().map(shown).collect()
    }
    /// The day of her death, likewise.
    async fn deceased_on(&self) -> Option<Date> {
        let register = self.0.register.as_ref();
        register.and_then(|register| register.deceased_on).map(Date)
    }
}

/// A segment of a person in the city for some days.
#[derive(SimpleObject)]
pub struct SegmentMembership {
    /// The name of the segment.
    segment: String,
    /// The first day.
    from: Date,
    /// The last day; until further notice when there is none.
    until: Option<Date>,
    /// On what grounds.
    grounds: String,
}

/// A segment of a person to record.
#[derive(InputObject)]
pub struct RecordSegmentInput {
    /// The city, whose programmes read it.
    city_id: ID,
    /// The verified address of the person, or the id of one without an account.
    resident: String,
    /// The name of the segment, as the rules of programmes spell it, at most 60 characters.
    segment: String,
    /// Her first day in it.
    from: Date,
    /// Her last day in it; until further notice when it is left out.
    until: Option<Date>,
    /// On what grounds, at most 2 000 characters.
    grounds: String,
}

/// A home municipality to record.
#[derive(InputObject)]
pub struct RecordHomeMunicipalityInput {
    /// The city that records it.
    city_id: ID,
    /// The verified address of the person, or the id of one without an account.
    resident: String,
    /// The municipality code, three digits.
    municipality: String,
    /// Her first day there; the present home ends the day before.
    since: Date,
    /// Where the officer knows it from, at most 2 000 characters.
    grounds: String,
}

/// Queries on what is recorded of persons.
#[derive(Default)]
pub struct RecordQuery;

#[Object]
impl RecordQuery {
    /// What is recorded of a person whom the city has recorded; every look is audited.
    #[graphql(directive = auth::apply(policy::RECORD.to_string()))]
    async fn person_record(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        #[graphql(desc = "The verified address of the person, or the id of one without an account.")] resident: String,
    ) -> Result<PersonRecord, Failure> {
        let actor = ctx.session().actor().await?;
        let city = id("cityId", &city_id)?;
        Ok(PersonRecord(
            ctx.app().identity.person_record(actor, city, &resident).await?,
        ))
    }
}

/// Mutations on what is recorded of persons.
#[derive(Default)]
pub struct RecordMutation;

#[Object]
impl RecordMutation {
    /// Records where a person lives. Vouchers of a city that she has left end with her last day there.
    #[graphql(directive = auth::apply(policy::RECORD.to_string()))]
    async fn record_home_municipality(
        &self,
        ctx: &Context<'_>,
        input: RecordHomeMunicipalityInput,
    ) -> Result<PersonPayload> {
        let result = async {
            let new = NewHome {
                city: id("cityId", &input.city_id)?,
                resident: input.resident,
                municipality: input.municipality,
                since: input.since.0,
                grounds: input.grounds,
            };
            let actor = ctx.session().actor().await?;
            Ok(ctx.app().identity.record_home(actor, new).await?)
        };
        PersonPayload::of(ctx, "recordHomeMunicipality", result.await).await
    }

    /// Records that a person is in a segment of the city for some days, in the place of what was recorded of it before.
    #[graphql(directive = auth::apply(policy::RECORD.to_string()))]
    async fn record_segment(&self, ctx: &Context<'_>, input: RecordSegmentInput) -> Result<PersonPayload> {
        let result = async {
            let new = NewSegment {
                city: id("cityId", &input.city_id)?,
                resident: input.resident,
                segment: input.segment,
                from: input.from.0,
                until: input.until.map(|day| day.0),
                grounds: input.grounds,
            };
            let actor = ctx.session().actor().await?;
            Ok(ctx.app().identity.record_segment(actor, new).await?)
        };
        PersonPayload::of(ctx, "recordSegment", result.await).await
    }
}
