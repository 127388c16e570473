//! The consent of every guardian of a child, where the programme asks for it (G2).

use std::collections::HashMap;

use db::Tx;
use kernel::{Actor, Denied, ErrorCode, PersonId, VoucherApplicationId};

use crate::application::record;
use crate::model::application::Model as Application;
use crate::model::consent::{Model as Consent, missing};
use crate::voucher::{applicant, terms_on};
use crate::{Error, Vouchers, store};

impl Vouchers {
    /// Consents as a guardian to what another guardian, or the child, has applied for. Twice is as once.
    ///
    /// # Errors
    /// `NotFound` when it is not the principal's, `Denied` with `Forbidden` for who is no guardian of hers, `Refused` when
    /// a voucher is granted or it was withdrawn.
    pub async fn consent(&self, actor: &Actor, id: VoucherApplicationId) -> Result<Application, Error> {
        let guardian = actor.signed_in().map_err(Denied)?;
        let own = store::application::of_resident(applicant(actor)?);
        self.db
            .write(async |tx: &Tx| {
                let found = store::application::find_for_update(tx, own.clone(), id).await?;
                let application = found.ok_or(Error::NotFound)?;
                application.takes_consent()?;
                let guardians = guardians(tx.conn(), &application, tx.now()).await?;
                if !guardians.contains(&guardian) {
                    return Err(Denied(ErrorCode::Forbidden).into());
                }
                let consent = Consent {
                    application_id: id,
                    guardian_id: guardian,
                    consented_at: tx.now(),
                };
                if store::consent::insert(tx, consent).await? {
                    record(tx, actor, "consentToVoucherApplication", &application).await?;
                }
                Ok(application)
            })
            .await
    }

    /// How many guardians have not consented to each of some applications that the caller was shown.
    pub async fn consents_missing(&self, of: &[ConsentsOf]) -> Result<HashMap<ConsentsOf, usize>, Error> {
        let ids: Vec<_> = of.iter().map(|of| of.application).collect();
        let residents: Vec<_> = of.iter().map(|of| of.resident).collect();
        let consents = store::consent::of(self.db.read(), &ids).await?;
        let now = self.db.clock().now();
        let guardians = identity::guardians_of(self.db.read(), &residents, now).await?;
        let count = |of: &ConsentsOf| {
            let of_child = guardians.iter().filter(|(_, child)| *child == of.resident);
            let of_child: Vec<_> = of_child.map(|(guardian, _)| *guardian).collect();
            let given = consents
                .iter()
                .filter(|consent| consent.application_id == of.application);
            let given: Vec<_> = given.map(|consent| consent.guardian_id).collect();
            missing(&of_child, of.sender, &given).len()
        };
        Ok(of.iter().map(|of| (*of, count(of))).collect())
    }

    /// The guardians of a resident who read that another one has applied for her.
    pub(crate) async fn guardians_to_tell(&self, resident: PersonId) -> Result<Vec<identity::Person>, Error> {
        let now = self.db.clock().now();
        let pairs = identity::guardians_of(self.db.read(), &[resident], now).await?;
        let mut guardians = Vec::new();
        for (guardian, _) in pairs {
            guardians.extend(self.identity.person(guardian).await?);
        }
        Ok(guardians)
    }
}

/// An application and whose consent to it does not have to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsentsOf {
    /// The application.
    pub application: VoucherApplicationId,
    /// For whom it is.
    pub resident: PersonId,
    /// Who sent it.
    pub sender: PersonId,
}

async fn guardians(
    conn: &impl sea_orm::ConnectionTrait,
    application: &Application,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<PersonId>, Error> {
    let pairs = identity::guardians_of(conn, &[application.resident_id], now).await?;
    Ok(pairs.into_iter().map(|(guardian, _)| guardian).collect())
}

/// Refuses a voucher on a locked application while a guardian of the child has not consented, where the terms in force ask
/// for all of them.
pub(crate) async fn require(tx: &Tx, city: &cities::City, application: &Application) -> Result<(), Error> {
    let programme = programmes::get(tx.conn(), application.city_id, application.programme_id).await?;
    let terms = terms_on(tx, &programme.ok_or(Error::NotFound)?, city.day_of(tx.now())).await?;
    if !terms.parameters.all_guardians {
        return Ok(());
    }
    let given = store::consent::of(tx.conn(), &[application.id]).await?;
    let given: Vec<_> = given.iter().map(|consent| consent.guardian_id).collect();
    let guardians = guardians(tx.conn(), application, tx.now()).await?;
    match missing(&guardians, application.created_by, &given).len() {
        0 => Ok(()),
        missing => Err(Error::ConsentMissing(missing)),
    }
}
