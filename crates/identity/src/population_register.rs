//! The population register (väestötietojärjestelmä): who somebody is, where she lives, whose guardian she is.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use chrono::NaiveDate;
use kernel::{Lang, field};
use serde::Deserialize;

use crate::model::home::is_municipality;

/// The largest household that is believed.
const HOUSEHOLD: i32 = 50;

/// A person as the register shows her. It has no `Debug`, so that no log shows it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Her personal identity code.
    pub personal_code: String,
    /// Given names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// The code of her home municipality, three digits; none where the register has no word on it.
    pub home_municipality: Option<String>,
    /// Since when.
    pub home_since: Option<NaiveDate>,
    /// Her language, `fi` or `sv`; others are written to in Finnish.
    pub language: Option<String>,
    /// True when her contact has to stay with the organiser (turvakielto).
    pub non_disclosure: bool,
    /// The codes of the guardians of a child.
    pub guardians: Vec<String>,
    /// The codes of the children whose guardian she is.
    pub dependants: Vec<String>,
    /// How many persons live in her household.
    pub household_size: Option<i32>,
    /// The day of her death.
    pub deceased_on: Option<NaiveDate>,
}

impl Entry {
    /// Given and family name.
    pub(crate) fn names(&self) -> (String, String) {
        (self.given_name.clone(), self.family_name.clone())
    }

    /// Where she lives since when.
    pub(crate) fn home(&self) -> Option<(&str, NaiveDate)> {
        self.home_municipality.as_deref().zip(self.home_since)
    }

    pub(crate) fn lang(&self) -> Lang {
        if self.language.as_deref() == Some("sv") {
            Lang::Sv
        } else {
            Lang::Fi
        }
    }

    fn is_good(&self) -> bool {
        let good = |name: &str| field::line("name", name, super::records::NAME_CHARS).is_ok();
        good(&self.given_name)
            && good(&self.family_name)
            && self.home_municipality.as_deref().is_none_or(is_municipality)
            && self.home_municipality.is_some() == self.home_since.is_some()
            && self.household_size.is_none_or(|size| (1..=HOUSEHOLD).contains(&size))
    }
}

/// Where the service looks persons up.
pub trait PopulationRegister: Send + Sync {
    /// The persons of these codes, by code; those whom the register does not know are left out.
    ///
    /// # Errors
    /// When the register cannot be read. Nothing is known then.
    fn find(&self, codes: &HashSet<String>) -> io::Result<HashMap<String, Entry>>;
}

/// A file with one person in each line, as JSON with the fields of [`Entry`] in camel case. No file is named after a
/// person. Whoever fetches the data replaces the file while the service runs; it is read when persons are asked for.
pub struct RegisterFile(pub PathBuf);

impl RegisterFile {
    /// Reads the whole file; answers how many lines are no good. For the start of the service.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn check(&self) -> io::Result<u64> {
        let mut broken = 0;
        for line in BufReader::new(File::open(&self.0)?).lines() {
            let line = line?;
            broken += u64::from(!line.trim().is_empty() && read(&line).is_none());
        }
        Ok(broken)
    }
}

impl PopulationRegister for RegisterFile {
    fn find(&self, codes: &HashSet<String>) -> io::Result<HashMap<String, Entry>> {
        let mut found = HashMap::new();
        for line in BufReader::new(File::open(&self.0)?).lines() {
            // A line that is no good tells of nobody; `check` counts those.
            if let Some(entry) = read(&line?).filter(|entry| codes.contains(&entry.personal_code)) {
                found.insert(entry.personal_code.clone(), entry);
            }
        }
        Ok(found)
    }
}

/// The person of a line; none where it is no good.
fn read(line: &str) -> Option<Entry> {
    let mut entry: Entry = serde_json::from_str(line).ok()?;
    entry.personal_code = entry.personal_code.to_ascii_uppercase();
    entry.is_good().then_some(entry)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const GOOD: &str = r#"{"personalCode":"131052-308T","givenName":"Anna","familyName":"Esimerkki",
        "homeMunicipality":"837","homeSince":"2020-01-01","nonDisclosure":false,"guardians":[],"dependants":[]}"#;

    #[test]
    fn a_broken_line_tells_of_nobody_and_keeps_no_other() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let good = GOOD.replace('\n', " ");
        for line in [
            "{",
            "",
            &good
                .replace("131052-308T", "131052Y308T")
                .replace("\"837\"", "\"Tampere\""),
            &good
                .replace("131052-308T", "131052X308T")
                .replace("\"nonDisclosure\":false,", ""),
            &good,
        ] {
            writeln!(file, "{line}").unwrap();
        }
        let register = RegisterFile(file.path().to_owned());
        assert_eq!(register.check().unwrap(), 3);
        let codes = ["131052-308T", "131052Y308T", "131052X308T"].map(str::to_owned).into();
        let found = register.find(&codes).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found["131052-308T"].home(),
            Some(("837", "2020-01-01".parse().unwrap()))
        );
        assert!(RegisterFile("no/such/file".into()).find(&codes).is_err());
    }
}
