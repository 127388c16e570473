use email_address::{EmailAddress, Options};
use kernel::{ErrorCode, FieldError};

/// The longest address that a mail server takes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const MAX_CHARS: usize = 254;

/// An e-mail address that a letter can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    written: String,
    folded: String,
}

impl Email {
    /// Takes an address as people write it. The part before the `@` is ASCII without quotes, the domain has a dot.
    ///
    /// Characters that only look like others (full-width letters, ligatures) are refused: a letter would go
    /// elsewhere than the folded, unique form says.
    ///
    /// # Errors
    /// `InvalidFormat` or `TooLong` on the field `email`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let written = text.trim();
        if written.len() > MAX_CHARS {
            return Err(FieldError::new("email", ErrorCode::TooLong).with("max", MAX_CHARS));
        }
        let options = Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        let folded = kernel::fold(written);
        let good = EmailAddress::parse_with_options(written, options)
            .is_ok_and(|address| address.local_part().is_ascii() && !address.local_part().contains('"'));
        // What stands for the missing address of a person without an account is nobody's.
        let nobody = folded.ends_with(super::person::NO_ACCOUNT);
        if !good || nobody || folded != written.to_lowercase() {
            return Err(FieldError::new("email", ErrorCode::InvalidFormat));
        }
        Ok(Self {
            written: written.to_owned(),
            folded,
        })
    }

    /// As its owner writes it: where letters go.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The form that is unique among accounts.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ordinary_addresses() {
        let email = Email::parse("  Asiakas.Yksi+seteli@Esimerkki.FI ").unwrap();
        assert_eq!(email.written(), "Asiakas.Yksi+seteli@Esimerkki.FI");
        assert_eq!(email.folded(), "asiakas.yksi+seteli@esimerkki.fi");
        assert!(Email::parse("info@pyörä.fi").is_ok());
    }

    #[test]
    fn refuses_what_could_reach_somebody_else() {
        for text in [
            "",
            "asiakas",
            "asiakas@localhost",
            "@esimerkki.fi",
            "a@b@esimerkki.fi",
            "a b@esimerkki.fi",
            "a@esimerkki.fi\r\nBcc: b@esimerkki.fi",
            "a\0@esimerkki.fi",
            "Asiakas <a@esimerkki.fi>",
            "a@[192.0.2.1]",
            "\"a b\"@esimerkki.fi",
            "ａsiakas@esimerkki.fi",
            "asiakas@ﬁrma.fi",
            "ääkkönen@esimerkki.fi",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert!(Email::parse(&format!("a@{}.fi", "e".repeat(260))).is_err());
    }
}
