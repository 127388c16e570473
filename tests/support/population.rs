//! A population register in memory.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Mutex;

use identity::{PopulationRegister, RegisterEntry};
use serde_json::Value;

/// Who is in the register, by code.
#[derive(Default)]
pub struct Population {
    entries: Mutex<HashMap<String, RegisterEntry>>,
}

impl Population {
    /// Puts a person in, or in the place of her entry; the fields are those of a line of the file.
    pub fn put(&self, entry: Value) {
        let entry: RegisterEntry = serde_json::from_value(entry).expect("an entry");
        let mut entries = self.entries.lock().expect("nobody has panicked");
        entries.insert(entry.personal_code.clone(), entry);
    }

    /// Takes a person out.
    pub fn remove(&self, code: &str) {
        self.entries.lock().expect("nobody has panicked").remove(code);
    }
}

impl PopulationRegister for Population {
    fn find(&self, codes: &HashSet<String>) -> io::Result<HashMap<String, RegisterEntry>> {
        let entries = self.entries.lock().expect("nobody has panicked");
        let asked = entries.iter().filter(|(code, _)| codes.contains(*code));
        Ok(asked.map(|(code, entry)| (code.clone(), entry.clone())).collect())
    }
}
