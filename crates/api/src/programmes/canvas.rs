//! The canvas of a programme: what it is for, for whom, by whom, and how the city sees whether it helps.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use programmes::model::canvas::{Content, Indicator, Measurement};

use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Date, DateTime, LocalizedText, LocalizedTextInput, id, show};

/// A version of the canvas of a programme. Each save makes a new one.
#[derive(SimpleObject)]
pub struct ProgrammeCanvas {
    /// Its id.
    id: ID,
    /// 1 for the first version, one more for each that follows; goes into `expectedVersion`.
    version: i32,
    /// When it was written.
    written_at: DateTime,
    /// Whom the programme is for.
    target_group: LocalizedText,
    /// What they need.
    need: LocalizedText,
    /// What it promises them.
    value_promise: LocalizedText,
    /// How they learn of it and are served.
    channels: LocalizedText,
    /// With whom the city does it.
    partners: LocalizedText,
    /// What it takes: people, money, premises.
    resources: LocalizedText,
    /// By what the city sees whether it helps.
    indicators: Vec<CanvasIndicator>,
}

/// Something that is counted, in whole units.
#[derive(SimpleObject)]
pub struct CanvasIndicator {
    /// What is counted.
    name: LocalizedText,
    /// In what it is counted.
    unit: String,
    /// The value before the programme.
    baseline: i32,
    /// The value aimed at.
    target: i32,
    /// What was measured, in the order of days.
    measured: Vec<CanvasMeasurement>,
}

/// A value of an indicator on a day.
#[derive(SimpleObject)]
pub struct CanvasMeasurement {
    /// The day.
    day: Date,
    /// The value, in whole units.
    value: i32,
}

impl From<programmes::Canvas> for ProgrammeCanvas {
    fn from(canvas: programmes::Canvas) -> Self {
        let content = canvas.content;
        Self {
            id: show(canvas.id),
            version: canvas.version,
            written_at: DateTime(canvas.written_at),
            target_group: content.target_group.into(),
            need: content.need.into(),
            value_promise: content.value_promise.into(),
            channels: content.channels.into(),
            partners: content.partners.into(),
            resources: content.resources.into(),
            indicators: content.indicators.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Indicator> for CanvasIndicator {
    fn from(indicator: Indicator) -> Self {
        let measured = indicator.measured.into_iter().map(|measurement| CanvasMeasurement {
            day: Date(measurement.day),
            value: measurement.value,
        });
        Self {
            name: indicator.name.into(),
            unit: indicator.unit,
            baseline: indicator.baseline,
            target: indicator.target,
            measured: measured.collect(),
        }
    }
}

/// The content of a canvas; each text has at most 5 000 characters a language.
#[derive(InputObject)]
pub struct CanvasContentInput {
    /// Whom the programme is for.
    target_group: LocalizedTextInput,
    /// What they need.
    need: LocalizedTextInput,
    /// What it promises them.
    value_promise: LocalizedTextInput,
    /// How they learn of it and are served.
    channels: LocalizedTextInput,
    /// With whom the city does it.
    partners: LocalizedTextInput,
    /// What it takes: people, money, premises.
    resources: LocalizedTextInput,
    /// By what the city sees whether it helps, at most 50.
    indicators: Vec<CanvasIndicatorInput>,
}

/// Something that is counted, in whole units.
#[derive(InputObject)]
pub struct CanvasIndicatorInput {
    /// What is counted, at most 200 characters a language.
    name: LocalizedTextInput,
    /// In what it is counted, at most 40 characters.
    unit: String,
    /// The value before the programme.
    baseline: i32,
    /// The value aimed at.
    target: i32,
    /// What was measured, at most 50 days, each once.
    measured: Vec<CanvasMeasurementInput>,
}

/// A value of an indicator on a day.
#[derive(InputObject)]
pub struct CanvasMeasurementInput {
    /// The day.
    day: Date,
    /// The value, in whole units.
    value: i32,
}

impl From<CanvasContentInput> for Content {
    fn from(input: CanvasContentInput) -> Self {
        Self {
            target_group: input.target_group.into(),
            need: input.need.into(),
            value_promise: input.value_promise.into(),
            channels: input.channels.into(),
            partners: input.partners.into(),
            resources: input.resources.into(),
            indicators: input.indicators.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<CanvasIndicatorInput> for Indicator {
    fn from(input: CanvasIndicatorInput) -> Self {
        let measured = input.measured.into_iter().map(|measurement| Measurement {
            day: measurement.day.0,
            value: measurement.value,
        });
        Self {
            name: input.name.into(),
            unit: input.unit,
            baseline: input.baseline,
            target: input.target,
            measured: measured.collect(),
        }
    }
}

/// The next version of the canvas of a programme.
#[derive(InputObject)]
pub struct SaveProgrammeCanvasInput {
    /// The programme.
    programme_id: ID,
    /// The version that was read; 0 where there was none.
    expected_version: i32,
    /// Its content, whole.
    content: CanvasContentInput,
}

payload! {
    /// What saving a canvas answers.
    ProgrammeCanvasPayload { canvas: ProgrammeCanvas }
}

/// Queries on canvases.
#[derive(Default)]
pub struct CanvasQuery;

#[Object]
impl CanvasQuery {
    /// A version of the canvas of a programme, the latest where none is named, for the staff of its city. The latest of a
    /// published programme is open data as well: `/open-data/programmes/{id}/canvas.json`.
    #[graphql(directive = auth::apply(programmes::policy::SEE_DRAFTS.to_string()))]
    async fn programme_canvas(
        &self,
        ctx: &Context<'_>,
        programme_id: ID,
        version: Option<i32>,
    ) -> Result<Option<ProgrammeCanvas>, Failure> {
        let programme = id("programmeId", &programme_id)?;
        let actor = ctx.session().actor().await?;
        let canvas = ctx.app().programmes.canvas(actor, programme, version).await?;
        Ok(canvas.map(Into::into))
    }
}

/// Mutations on canvases.
#[derive(Default)]
pub struct CanvasMutation;

#[Object]
impl CanvasMutation {
    /// Writes the next version of the canvas of a programme.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn save_programme_canvas(
        &self,
        ctx: &Context<'_>,
        input: SaveProgrammeCanvasInput,
    ) -> Result<ProgrammeCanvasPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let programme = id("programmeId", &input.programme_id)?;
            let (version, content) = (input.expected_version, input.content.into());
            let saved = ctx.app().programmes.save_canvas(actor, programme, version, content);
            Ok(saved.await?)
        };
        let result: Result<_, Failure> = result.await;
        let result = result.map_err(|failure| failure.inside("content", &["programmeId", "expectedVersion"]));
        ProgrammeCanvasPayload::of(ctx, "saveProgrammeCanvas", result).await
    }
}
