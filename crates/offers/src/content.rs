use kernel::{Cents, ErrorCode, FieldError, LocalizedText, field};

use crate::model::offer::{Keywords, Model as Offer};
use crate::model::vat::VatClass;

/// The most keywords of an offer.
const MAX_KEYWORDS: usize = 20;

/// What a company writes into its offer.
#[derive(Clone, Debug)]
pub struct OfferContent {
    /// Its name, at most 200 characters a language.
    pub name: LocalizedText,
    /// What the resident gets, at most 5 000 characters a language.
    pub description: LocalizedText,
    /// Words under which it is found as well, at most 20 of at most 50 characters.
    pub keywords: Vec<String>,
    /// The price of one unit with VAT, at least a cent and at most the ceiling of the programme.
    pub price: Cents,
    /// Its class of VAT.
    pub vat_class: VatClass,
    /// The venue; none where the service comes to the resident's home.
    pub place: Option<Place>,
}

/// The venue of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name, at most 200 characters.
    pub name: String,
    /// Its street address, at most 200 characters.
    pub street: String,
    /// Its postal code, five digits.
    pub postal_code: String,
    /// Where it lies, if the company says so.
    pub coordinates: Option<Coordinates>,
}

/// A point in Finland (WGS 84) in millionths of a degree, which is about a tenth of a metre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coordinates {
    /// North, 59 to 71 degrees: the land's extent, which also catches swapped numbers.
    pub latitude_e6: i32,
    /// East, 19 to 32 degrees.
    pub longitude_e6: i32,
}

impl OfferContent {
    /// Checks every field; the rules stand beside the fields. The ceiling is for [`crate::model::offer::fits`].
    pub(crate) fn checked(self, bilingual: bool) -> Result<Self, FieldError> {
        if self.keywords.len() > MAX_KEYWORDS {
            return Err(FieldError::new("keywords", ErrorCode::TooManyItems).with("max", MAX_KEYWORDS));
        }
        let keywords = self
            .keywords
            .iter()
            .map(|word| field::line("keywords", word, 50))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: self.name.checked_line("name", 200, bilingual)?,
            description: self.description.checked("description", 5_000, bilingual)?,
            keywords,
            price: field::cents("price", self.price, Cents(1), Cents::MAX_INPUT)?,
            vat_class: self.vat_class,
            place: self.place.map(Place::checked).transpose()?,
        })
    }

    /// Writes the content into an offer.
    pub(crate) fn write_to(self, offer: &Offer) -> Offer {
        let search_text = self.search_text();
        let coordinates = self.place.as_ref().and_then(|place| place.coordinates);
        let (place_name, street, postal_code) = match self.place {
            Some(place) => (Some(place.name), Some(place.street), Some(place.postal_code)),
            None => (None, None, None),
        };
        Offer {
            name: self.name,
            description: self.description,
            keywords: Keywords(self.keywords),
            search_text,
            price_cents: self.price,
            vat_class: self.vat_class,
            place_name,
            street,
            postal_code,
            latitude_e6: coordinates.map(|point| point.latitude_e6),
            longitude_e6: coordinates.map(|point| point.longitude_e6),
            ..*offer
        }
    }

    /// Everything a search looks into, folded as its words are.
    fn search_text(&self) -> String {
        let texts = [&self.name, &self.description];
        let mut words: Vec<&str> = texts
            .into_iter()
            .flat_map(|text| [Some(text.fi.as_str()), text.sv.as_deref(), text.en.as_deref()])
            .flatten()
            .collect();
        if let Some(place) = &self.place {
            words.extend([place.name.as_str(), place.street.as_str(), place.postal_code.as_str()]);
        }
        words.extend(self.keywords.iter().map(String::as_str));
        kernel::fold(&words.join(" "))
    }
}

impl Place {
    fn checked(self) -> Result<Self, FieldError> {
        let postal_code = field::line("place.postalCode", &self.postal_code, 5)?;
        if postal_code.len() != 5 || !postal_code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FieldError::new("place.postalCode", ErrorCode::InvalidFormat));
        }
        if let Some(point) = self.coordinates {
            field::number(
                "place.coordinates.latitudeE6",
                point.latitude_e6,
                59_000_000,
                71_000_000,
            )?;
            field::number(
                "place.coordinates.longitudeE6",
                point.longitude_e6,
                19_000_000,
                32_000_000,
            )?;
        }
        Ok(Self {
            name: field::line("place.name", &self.name, 200)?,
            street: field::line("place.street", &self.street, 200)?,
            postal_code,
            coordinates: self.coordinates,
        })
    }
}

impl Offer {
    /// The venue; none where the service comes to the resident's home.
    pub fn place(&self) -> Option<Place> {
        let coordinates = match (self.latitude_e6, self.longitude_e6) {
            (Some(latitude_e6), Some(longitude_e6)) => Some(Coordinates {
                latitude_e6,
                longitude_e6,
            }),
            _ => None,
        };
        Some(Place {
            name: self.place_name.clone()?,
            street: self.street.clone()?,
            postal_code: self.postal_code.clone()?,
            coordinates,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> OfferContent {
        let text = |fi: &str, sv: Option<&str>| LocalizedText {
            fi: fi.into(),
            sv: sv.map(Into::into),
            en: None,
        };
        OfferContent {
            name: text("Siivous", Some("Städning")),
            description: text("Koti kuntoon", None),
            keywords: vec!["Ikkunat".into()],
            price: Cents(4_500),
            vat_class: VatClass::General,
            place: Some(Place {
                name: "Palvelutori".into(),
                street: "Torikatu 1".into(),
                postal_code: "20100".into(),
                coordinates: Some(Coordinates {
                    latitude_e6: 60_451_800,
                    longitude_e6: 22_266_600,
                }),
            }),
        }
    }

    fn refused(change: impl FnOnce(&mut OfferContent)) -> (&'static str, ErrorCode) {
        let mut content = content();
        change(&mut content);
        let error = content.checked(false).unwrap_err();
        (error.field, error.code)
    }

    #[test]
    fn names_the_field_at_fault() {
        assert!(content().checked(false).is_ok());
        assert_eq!(content().checked(true).unwrap_err().code, ErrorCode::SwedishMissing);
        assert_eq!(refused(|c| c.name.fi = " ".into()), ("name", ErrorCode::Required));
        assert_eq!(refused(|c| c.price = Cents(0)), ("price", ErrorCode::OutOfRange));
        assert_eq!(refused(|c| c.price = Cents(-1)), ("price", ErrorCode::OutOfRange));
        assert_eq!(
            refused(|c| c.keywords = vec!["a".into(); 21]),
            ("keywords", ErrorCode::TooManyItems)
        );
        assert_eq!(
            refused(|c| c.keywords = vec!["a\nb".into()]),
            ("keywords", ErrorCode::ControlCharacters)
        );
    }

    #[test]
    fn takes_finnish_postal_codes_and_points_only() {
        let place = |change: fn(&mut Place)| refused(|c| change(c.place.as_mut().unwrap()));
        assert_eq!(
            place(|p| p.postal_code = "2010".into()),
            ("place.postalCode", ErrorCode::InvalidFormat)
        );
        assert_eq!(
            place(|p| p.postal_code = "2010a".into()),
            ("place.postalCode", ErrorCode::InvalidFormat)
        );
        assert_eq!(
            place(|p| p.postal_code = "２０１００".into()),
            ("place.postalCode", ErrorCode::InvalidFormat)
        );
        let swapped = Coordinates {
            latitude_e6: 22_266_600,
            longitude_e6: 60_451_800,
        };
        assert_eq!(
            refused(|c| c.place.as_mut().unwrap().coordinates = Some(swapped)).0,
            "place.coordinates.latitudeE6"
        );
        let east = Coordinates {
            latitude_e6: 60_451_800,
            longitude_e6: 32_000_001,
        };
        assert_eq!(
            refused(|c| c.place.as_mut().unwrap().coordinates = Some(east)).0,
            "place.coordinates.longitudeE6"
        );
    }

    #[test]
    fn is_found_by_every_text_place_and_keyword() {
        let text = content().search_text();
        for word in [
            "siivous",
            "städning",
            "koti kuntoon",
            "palvelutori",
            "torikatu 1",
            "20100",
            "ikkunat",
        ] {
            assert!(text.contains(word), "{word} in {text}");
        }
    }
}
