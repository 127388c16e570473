//! A register as JSON: providers, their programmes, their services.

use kernel::{Cents, CompanyId, LocalizedText, OfferId, ProgrammeId};
use offers::{Register, RegisterRow};
use providers::CompanyKind;
use serde::Serialize;
use serde_json::json;

use super::LICENCE;
use super::stream::WriteError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    id: CompanyId,
    business_id: String,
    name: String,
    kind: CompanyKind,
    programmes: Vec<Programme>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Programme {
    id: ProgrammeId,
    name: LocalizedText,
    approved_from: String,
    approved_until: String,
    services: Vec<Service>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    id: OfferId,
    name: LocalizedText,
    price_cents: Cents,
    /// Euros with a decimal point, as a text so that no reader rounds it.
    price: String,
    currency: &'static str,
}

/// Everything before the providers.
pub(super) fn begin(register: &Register, text: &mut String) -> Result<(), WriteError> {
    let head = json!({
        "city": { "code": register.city.code, "name": register.city.name },
        "date": register.day.to_string(),
        "servicesAsOf": register.today.to_string(),
        "licence": LICENCE,
    });
    let head = serde_json::to_string(&head)?;
    text.push_str(head.strip_suffix('}').unwrap_or(&head));
    text.push_str(",\"providers\":[");
    Ok(())
}

/// Gathers the rows of one provider.
#[derive(Default)]
pub(super) struct Json {
    provider: Option<Provider>,
    /// True once a provider has been written.
    several: bool,
}

impl Json {
    pub(super) fn row(&mut self, row: &RegisterRow, text: &mut String) -> Result<(), WriteError> {
        if self
            .provider
            .as_ref()
            .is_none_or(|provider| provider.id != row.company_id)
        {
            self.flush(text)?;
        }
        let provider = self.provider.get_or_insert_with(|| Provider {
            id: row.company_id,
            business_id: row.business_id.clone(),
            name: row.company.clone(),
            kind: row.kind,
            programmes: Vec::new(),
        });
        let service = match (row.offer_id, &row.service, row.price) {
            (Some(id), Some(name), Some(price)) => Some(Service {
                id,
                name: name.clone(),
                price_cents: price,
                price: price.to_string(),
                currency: "EUR",
            }),
            _ => None,
        };
        match provider.programmes.last_mut() {
            Some(programme) if programme.id == row.programme_id => programme.services.extend(service),
            _ => provider.programmes.push(Programme {
                id: row.programme_id,
                name: row.programme.clone(),
                approved_from: row.approved_from.to_string(),
                approved_until: row.approved_until.to_string(),
                services: service.into_iter().collect(),
            }),
        }
        Ok(())
    }

    pub(super) fn end(&mut self, text: &mut String) -> Result<(), WriteError> {
        self.flush(text)?;
        text.push_str("]}\n");
        Ok(())
    }

    fn flush(&mut self, text: &mut String) -> Result<(), WriteError> {
        let Some(provider) = self.provider.take() else {
            return Ok(());
        };
        text.push_str(if self.several { ",\n" } else { "\n" });
        text.push_str(&serde_json::to_string(&provider)?);
        self.several = true;
        Ok(())
    }
}
