//! The public register of companies (YTJ): who a company is and where it is registered.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use crate::model::company::Kind;
use crate::model::requirement::Requirement;

/// Forms of non-profit associations in the code list YRMU: associations and their unions.
const ASSOCIATIONS: [&str; 2] = ["AYH", "ETY"];

/// Forms of businesses: limited companies, partnerships, cooperatives, by letters and, where they are known, numbers. Of any
/// other form the company says itself what it is.
const COMPANIES: [&str; 7] = ["OY", "OYJ", "16", "17", "AY", "KY", "OK"];

/// Codes of registers in the code list REK.
const PREPAYMENT: &str = "5";
const VAT: &str = "6";

/// A company as the public register shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its present name.
    pub name: Option<String>,
    /// Whether it is a business or an association, as far as its form is known.
    pub kind: Option<Kind>,
    /// Whether it is in the prepayment register (ennakkoperintärekisteri).
    pub prepayment: bool,
    /// Whether it is registered for value added tax.
    pub vat: bool,
    /// Whether it has ceased or is bankrupt.
    pub ended: bool,
}

impl Entry {
    /// Whether a company meets a requirement by what the register says; `None` for what no register knows.
    pub fn meets(&self, requirement: Requirement) -> Option<bool> {
        match requirement {
            Requirement::PrepaymentRegister => Some(self.prepayment && !self.ended),
            Requirement::VatRegister => Some(self.vat && !self.ended),
            _ => None,
        }
    }
}

/// Where the service looks companies up.
pub trait CompanyRegister: Send + Sync {
    /// The company of a checked business id; none where the register does not know it.
    ///
    /// # Errors
    /// When the register cannot be read. Nothing is known then, neither good nor bad.
    fn find(&self, business_id: &str) -> io::Result<Option<Entry>>;
}

/// A folder with one file for each company, `0201256-6.json`: the answer of the open data API of YTJ, version 3, to
/// `companies?businessId=`. Whoever fetches them replaces files while the service runs; they are read when asked for.
pub struct Folder(pub PathBuf);

impl CompanyRegister for Folder {
    fn find(&self, business_id: &str) -> io::Result<Option<Entry>> {
        match fs::read_to_string(self.0.join(format!("{business_id}.json"))) {
            Ok(text) => read(&text, business_id),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(text: &str, business_id: &str) -> io::Result<Option<Entry>> {
    let answer: Answer = serde_json::from_str(text)?;
    let found = answer
        .companies
        .into_iter()
        .find(|company| company.business_id.value == business_id);
    Ok(found.map(Entry::from))
}

#[derive(Deserialize)]
struct Answer {
    companies: Vec<Company>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Company {
    business_id: BusinessId,
    #[serde(default)]
    names: Vec<Name>,
    #[serde(default, rename = "companyForms")]
    forms: Vec<Coded>,
    #[serde(default, rename = "companySituations")]
    situations: Vec<Coded>,
    #[serde(default)]
    registered_entries: Vec<Registered>,
    end_date: Option<String>,
}

#[derive(Deserialize)]
struct BusinessId {
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    #[serde(rename = "name")]
    text: String,
    /// 1 is the name of the company, the others are parallel and auxiliary names.
    #[serde(rename = "type")]
    kind: String,
    /// 1 is the present name, higher numbers are those before.
    version: u32,
    end_date: Option<String>,
}

/// A form or a situation (reorganisation, liquidation, bankruptcy) by its code.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Coded {
    #[serde(rename = "type")]
    code: String,
    end_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    register: String,
    #[serde(rename = "type")]
    status: String,
    end_date: Option<String>,
}

impl From<Company> for Entry {
    fn from(company: Company) -> Self {
        let now = |coded: &&Coded| coded.end_date.is_none();
        // The status 0 is "not registered" in every register (code list REK_KDI).
        let registered = |register: &str| {
            let mut entries = company.registered_entries.iter();
            entries.any(|entry| entry.register == register && entry.status != "0" && entry.end_date.is_none())
        };
        let form = company.forms.iter().find(now);
        let mut situations = company.situations.iter().filter(now);
        Self {
            prepayment: registered(PREPAYMENT),
            vat: registered(VAT),
            ended: company.end_date.is_some() || situations.any(|situation| situation.code == "KONK"),
            kind: form.and_then(|form| match form.code.as_str() {
                code if ASSOCIATIONS.contains(&code) => Some(Kind::Association),
                code if COMPANIES.contains(&code) => Some(Kind::Company),
                _ => None,
            }),
            name: company
                .names
                .into_iter()
                .find(|name| name.kind == "1" && name.version == 1 && name.end_date.is_none())
                .map(|name| name.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPANY: &str = r#"{"totalResults":1,"companies":[{"businessId":{"value":"0201256-6","source":"3"},
        "names":[{"name":"Siivous Oy","type":"1","version":1,"source":"1"},
                 {"name":"Vanha Oy","type":"1","version":2,"endDate":"2019-01-01","source":"1"}],
        "companyForms":[{"type":"OY","version":1,"source":"1"}],
        "registeredEntries":[{"type":"1","register":"1","authority":"2","registrationDate":"2010-01-01"},
                             {"type":"1","register":"5","authority":"1","registrationDate":"2010-01-01"},
                             {"type":"1","register":"6","authority":"1","endDate":"2020-01-01"},
                             {"type":"0","register":"6","authority":"1"}],
        "tradeRegisterStatus":"1","lastModified":"2026-01-01T00:00:00"}]}"#;

    #[test]
    fn is_read_as_ytj_writes_it() {
        let entry = read(COMPANY, "0201256-6").unwrap().unwrap();
        let expected = Entry {
            name: Some("Siivous Oy".into()),
            kind: Some(Kind::Company),
            prepayment: true,
            vat: false,
            ended: false,
        };
        assert_eq!(entry, expected);
        assert_eq!(entry.meets(Requirement::PrepaymentRegister), Some(true));
        assert_eq!(entry.meets(Requirement::VatRegister), Some(false));
        assert_eq!(entry.meets(Requirement::TaxDebt), None);
        assert_eq!(read(COMPANY, "0101263-6").unwrap(), None);
        assert!(read("{", "0201256-6").is_err());
    }

    #[test]
    fn a_bankrupt_or_ceased_company_meets_nothing() {
        let bankrupt = COMPANY.replace(
            "\"companyForms\"",
            "\"companySituations\":[{\"type\":\"KONK\",\"source\":\"1\"}],\"companyForms\"",
        );
        let ceased = COMPANY.replace(
            "\"tradeRegisterStatus\"",
            "\"endDate\":\"2025-01-01\",\"tradeRegisterStatus\"",
        );
        for text in [bankrupt, ceased] {
            let entry = read(&text, "0201256-6").unwrap().unwrap();
            assert_eq!(entry.meets(Requirement::PrepaymentRegister), Some(false), "{text}");
        }
        let over = COMPANY.replace(
            "\"companyForms\"",
            "\"companySituations\":[{\"type\":\"KONK\",\"endDate\":\"2020-01-01\",\"source\":\"1\"}],\"companyForms\"",
        );
        assert!(!read(&over, "0201256-6").unwrap().unwrap().ended);
    }

    #[test]
    fn a_company_without_a_file_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let register = Folder(folder.path().to_owned());
        assert_eq!(register.find("0201256-6").unwrap(), None);
        fs::write(folder.path().join("0201256-6.json"), COMPANY).unwrap();
        assert!(register.find("0201256-6").unwrap().is_some());
    }
}
