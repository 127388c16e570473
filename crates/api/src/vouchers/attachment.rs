//! Files that came with applications for vouchers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::VoucherApplicationId;

use super::application::VoucherApplicationPayload;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::loaders::{Batch, grouped};
use crate::scalars::{DateTime, id, show};

/// What an attachment is, by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::MediaType")]
pub enum VoucherAttachmentMediaType {
    /// A document.
    Pdf,
    /// A picture without loss.
    Png,
    /// A photograph.
    Jpeg,
}

/// A file that came with an application for a voucher. It is sent in by `POST /attachments/{voucherApplicationId}?name=…` and
/// read by `GET /attachments/{attachmentId}`.
#[derive(Clone, SimpleObject)]
pub struct VoucherAttachment {
    /// Its id.
    id: ID,
    /// What its sender calls it.
    name: String,
    /// What it is.
    media_type: VoucherAttachmentMediaType,
    /// Its length in bytes.
    size: i64,
    /// The SHA-256 of its bytes in hexadecimal digits.
    sha256: String,
    /// When it came.
    created_at: DateTime,
}

impl From<vouchers::Attachment> for VoucherAttachment {
    fn from(attachment: vouchers::Attachment) -> Self {
        Self {
            id: show(attachment.id),
            name: attachment.name,
            media_type: attachment.media_type.into(),
            size: attachment.size,
            sha256: attachment.sha256,
            created_at: DateTime(attachment.created_at),
        }
    }
}

/// Names the files of an application for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttachmentsOf(pub(crate) VoucherApplicationId);

impl Loader<AttachmentsOf> for Batch {
    type Value = Vec<VoucherAttachment>;
    type Error = Failure;

    async fn load(&self, keys: &[AttachmentsOf]) -> Result<HashMap<AttachmentsOf, Vec<VoucherAttachment>>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let actor = self.0.actor().await?;
        let rows = self.0.app.vouchers.attachments(actor, &applications).await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (AttachmentsOf(row.application_id), row.into())),
        ))
    }
}

/// An attachment to take away.
#[derive(InputObject)]
pub struct RemoveAttachmentInput {
    /// The attachment.
    attachment_id: ID,
}

/// Mutations on attachments.
#[derive(Default)]
pub struct AttachmentMutation;

#[Object]
impl AttachmentMutation {
    /// Takes a file away from an application that is not decided.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn remove_attachment(
        &self,
        ctx: &Context<'_>,
        input: RemoveAttachmentInput,
    ) -> Result<VoucherApplicationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            Ok(vouchers
                .remove_attachment(&actor, id("attachmentId", &input.attachment_id)?)
                .await?)
        };
        VoucherApplicationPayload::of(ctx, "removeAttachment", result.await).await
    }
}
