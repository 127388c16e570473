use audit::Act;
use db::Tx;
use files::{Bytes, Pieces};
use kernel::{Actor, AttachmentId, Denied, VoucherApplicationId};

use crate::application::record;
use crate::leftovers::forgetting;
use crate::model::application::Model as Application;
use crate::model::attachment::{MediaType, Model as Attachment, another, name};
use crate::voucher::applicant;
use crate::{Error, Vouchers, policy, store};

impl Vouchers {
    /// Decides whether the actor may send files with an application, before anything of a file is read.
    ///
    /// # Errors
    /// `NotFound` when it is not the principal's, `Refused` when it is decided.
    pub async fn may_attach(&self, actor: &Actor, application: VoucherApplicationId) -> Result<(), Error> {
        let own = store::application::of_resident(applicant(actor)?);
        let found = store::application::by_ids(self.db.read(), own, &[application]).await?;
        Ok(found.first().ok_or(Error::NotFound)?.is_open()?)
    }

    /// Takes a file in with an application that is not decided. The bytes are kept before the row: what a process leaves
    /// that dies between, [`SWEEP_FILES`](crate::SWEEP_FILES) removes. The same bytes come with an application once, whatever they are called.
    ///
    /// # Errors
    /// `InvalidAttachment` when it is no whole PDF, PNG or JPEG, `Field` for a bad name or the eleventh file, `Refused`
    /// when the application is decided.
    pub async fn attach(
        &self,
        actor: &Actor,
        application: VoucherApplicationId,
        called: &str,
        bytes: Bytes,
    ) -> Result<Attachment, Error> {
        let sender = actor.signed_in().map_err(Denied)?;
        let own = store::application::of_resident(applicant(actor)?);
        self.may_attach(actor, application).await?;
        let called = name(called)?;
        let media_type = MediaType::of(&bytes).ok_or(Error::InvalidAttachment)?;
        // A length in memory is below 2^63.
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let kept_on = self.db.clock().now().date_naive();
        // Bytes of a file too many are not kept in the first place; what comes at once is counted under the lock.
        let present = store::attachment::of(self.db.read(), own.clone(), &[application]).await?;
        let again = files::digest(&bytes);
        if present.iter().all(|present| present.sha256 != again) {
            another(present.len())?;
        }
        let kept = self.files.put(kept_on, bytes).await;
        let sha256 = kept.inspect_err(|error| tracing::error!(%error, "a file could not be kept"))?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::application::find_for_update(tx, own.clone(), application).await?;
                let application = found.ok_or(Error::NotFound)?;
                application.is_open()?;
                let present = store::attachment::of(tx.conn(), own.clone(), &[application.id]).await?;
                if let Some(same) = present.iter().find(|present| present.sha256 == sha256) {
                    return Ok(same.clone());
                }
                another(present.len())?;
                let attachment = Attachment {
                    id: tx.new_id(),
                    application_id: application.id,
                    city_id: application.city_id,
                    name: called.clone(),
                    media_type,
                    size,
                    sha256: sha256.clone(),
                    kept_on,
                    uploaded_by: sender,
                    created_at: tx.now(),
                };
                store::attachment::insert(tx, attachment.clone()).await?;
                record(tx, actor, "addAttachment", &application).await?;
                Ok(attachment)
            })
            .await
    }

    /// Takes a file away from an application that is not decided; its bytes follow when no other row names them.
    ///
    /// # Errors
    /// `NotFound` when it is with no application of the principal or gone already, `Refused` when the application is
    /// decided.
    pub async fn remove_attachment(&self, actor: &Actor, id: AttachmentId) -> Result<Application, Error> {
        let own = store::application::of_resident(applicant(actor)?);
        self.db
            .write(async |tx: &Tx| {
                let found = store::attachment::find(tx.conn(), own.clone(), id).await?;
                let of = found.ok_or(Error::NotFound)?.application_id;
                let found = store::application::find_for_update(tx, own.clone(), of).await?;
                let application = found.ok_or(Error::NotFound)?;
                application.is_open()?;
                // Another request may have taken it away before the lock.
                let found = store::attachment::find(tx.conn(), own.clone(), id).await?;
                let attachment = found.ok_or(Error::NotFound)?;
                store::attachment::delete(tx, attachment.id).await?;
                if let Some(job) = forgetting(&attachment, tx.now()) {
                    jobs::enqueue(tx, job).await?;
                }
                record(tx, actor, "removeAttachment", &application).await?;
                Ok(application)
            })
            .await
    }

    /// The files of those of `ids` that the actor may see, oldest first.
    pub async fn attachments(&self, actor: &Actor, ids: &[VoucherApplicationId]) -> Result<Vec<Attachment>, Error> {
        let scope = store::application::visible(applicant(actor)?, &policy::SEE.cities(actor));
        Ok(store::attachment::of(self.db.read(), scope, ids).await?)
    }

    /// A file that the actor may see, with its bytes; the look of anybody but the resident is recorded before the first
    /// byte is read.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see it, `Files` when its bytes are lost.
    pub async fn attachment(&self, actor: &Actor, id: AttachmentId) -> Result<(Attachment, Pieces), Error> {
        let scope = store::application::visible(applicant(actor)?, &policy::SEE.cities(actor));
        let found = store::attachment::find(self.db.read(), scope, id).await?;
        let attachment = found.ok_or(Error::NotFound)?;
        let of = [attachment.application_id];
        let application = self
            .visible_applications(actor, &of)
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        if Some(application.resident_id) != actor.principal || actor.acting.is_some() {
            let look = Act::new("readAttachment", attachment.id).in_city(attachment.city_id);
            audit::record_reads(&self.db, actor, &[look.about(application.resident_id)]).await?;
        }
        let bytes = self.files.get(attachment.kept_on, &attachment.sha256).await?;
        Ok((attachment, bytes))
    }
}
