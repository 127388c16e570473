use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::{AMOUNT_MAX, Debtor, Payment, PaymentFile, PaymentFileError as E, Remittance};
use crate::bank::amount::parse_cents;
use crate::bank::charset::is_allowed;
use crate::bank::reference::CreditorReference;

const IBANS: [&str; 3] = ["FI2112345600000785", "FI42 5000 1510 0000 23", "FI5542345670000081"];

fn payment(id: &str, amount_cents: i64, remittance: Remittance) -> Payment {
    Payment {
        end_to_end_id: id.to_owned(),
        amount_cents,
        creditor_name: "Höyläämö & Pojat Oy".to_owned(),
        creditor_iban: IBANS[1].to_owned(),
        remittance,
    }
}

fn file(payments: Vec<Payment>) -> PaymentFile {
    PaymentFile {
        message_id: "RUN-2026-11-7".to_owned(),
        created_at: DateTime::from_timestamp(1_795_435_200, 987_654_000).unwrap(),
        execution_date: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
        initiator: "Espoon kaupunki".to_owned(),
        debtor: Debtor {
            name: "Espoon kaupunki".to_owned(),
            iban: IBANS[0].to_owned(),
            bic: None,
        },
        payments,
    }
}

fn two_payments() -> Vec<Payment> {
    vec![
        payment(
            "P1",
            12_345,
            Remittance::Reference(CreditorReference::parse("RF341234561").unwrap()),
        ),
        payment(
            "P2",
            5,
            Remittance::Text("Palveluseteli 10/2026 – jälkitilitys".to_owned()),
        ),
    ]
}

fn write(file: &PaymentFile) -> Result<String, E> {
    let mut bytes = Vec::new();
    let result = file.write(&mut bytes);
    assert!(result.is_ok() || bytes.is_empty(), "a refused file was begun");
    result.map(|()| String::from_utf8(bytes).unwrap())
}

/// The texts of all leaves by the name of their element, in the order of the file.
fn leaves(xml: &str) -> HashMap<String, Vec<String>> {
    let mut leaves: HashMap<String, Vec<String>> = HashMap::new();
    let mut reader = Reader::from_str(xml);
    let (mut text, mut is_leaf) = (String::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(_) => (text, is_leaf) = (String::new(), true),
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(reference) => assert_eq!(&*reference, "apos", "only the apostrophe needs escaping"),
            Event::End(end) if std::mem::take(&mut is_leaf) => {
                let name = end.local_name().into_inner().to_owned();
                leaves.entry(name).or_default().push(std::mem::take(&mut text));
            }
            Event::Eof => return leaves,
            _ => {}
        }
    }
}

#[test]
fn writes_the_expected_bytes() {
    assert_eq!(
        write(&file(two_payments())).unwrap(),
        include_str!("../fixtures/pain001.xml").trim_end()
    );
}

#[test]
fn names_the_debtors_bank_where_it_is_known() {
    let mut file = file(two_payments());
    file.debtor.bic = Some("NDEAFIHH".to_owned());
    let leaves = leaves(&write(&file).unwrap());
    assert_eq!(leaves["BICFI"], ["NDEAFIHH"]);
    assert!(!leaves.contains_key("Othr"));
}

#[test]
fn refuses_bad_files() {
    let with = |change: fn(&mut PaymentFile)| {
        let mut file = file(two_payments());
        change(&mut file);
        write(&file).unwrap_err()
    };
    assert!(matches!(with(|f| f.payments.clear()), E::NoPayments));
    assert!(matches!(with(|f| f.message_id = "x".repeat(36)), E::Id(_)));
    assert!(matches!(
        with(|f| f.payments[1].end_to_end_id = "ä".to_owned()),
        E::Id(_)
    ));
    assert!(matches!(
        with(|f| f.payments[1].end_to_end_id = "NOTPROVIDED".to_owned()),
        E::Id(_)
    ));
    assert!(matches!(
        with(|f| f.payments[1].end_to_end_id = "P1".to_owned()),
        E::DuplicateId(_)
    ));
    assert!(matches!(
        with(|f| f.payments[0].amount_cents = 0),
        E::Amount { cents: 0, .. }
    ));
    assert!(matches!(with(|f| f.payments[0].amount_cents = -1), E::Amount { .. }));
    assert!(matches!(
        with(|f| f.payments[0].amount_cents = AMOUNT_MAX + 1),
        E::Amount { .. }
    ));
    assert!(matches!(
        with(|f| f.payments[0].amount_cents = i64::MAX),
        E::Amount { .. }
    ));
    assert!(matches!(
        with(|f| f.payments[0].creditor_name = " \t".to_owned()),
        E::Name(_)
    ));
    assert!(matches!(with(|f| f.initiator.clear()), E::Name(_)));
    assert!(matches!(with(|f| f.debtor.name.clear()), E::Name(_)));
    assert!(matches!(
        with(|f| f.debtor.iban = "FI2112345600000786".to_owned()),
        E::Iban(_)
    ));
    assert!(matches!(
        with(|f| f.payments[1].creditor_iban = "FI21123456000007850".to_owned()),
        E::Iban(_)
    ));
    for bic in ["NDEAFIH", "ndeafihh", "NDEA1IHH", "NDEAFIHHXX", ""] {
        let mut file = file(two_payments());
        file.debtor.bic = Some(bic.to_owned());
        assert!(matches!(write(&file), Err(E::Bic(_))), "{bic}");
    }
}

#[test]
fn totals_stay_exact_at_the_edge() {
    let largest = |count: usize| {
        let one = payment("", AMOUNT_MAX, Remittance::Text(String::new()));
        file(
            (0..count)
                .map(|at| Payment {
                    end_to_end_id: at.to_string(),
                    ..one.clone()
                })
                .collect(),
        )
    };
    assert_eq!(
        leaves(&write(&largest(3)).unwrap())["CtrlSum"],
        ["2999999999.97", "2999999999.97"]
    );
    let mut too_much = largest(2);
    too_much.payments[0].amount_cents = i64::MAX;
    assert!(matches!(too_much.total_cents(), Err(E::Total)));
}

fn any_payment() -> impl Strategy<Value = Payment> {
    let amount = prop_oneof![1..=AMOUNT_MAX, 1..=200_i64];
    let reference = "[0-9A-Z]{1,21}".prop_map(|body| CreditorReference::from_body(&body).unwrap());
    let remittance = prop_oneof![
        any::<String>().prop_map(Remittance::Text),
        reference.prop_map(Remittance::Reference)
    ];
    let name = any::<String>().prop_filter("a name is not blank", |name| !name.trim().is_empty());
    (amount, name, 0..IBANS.len(), remittance).prop_map(|(amount_cents, creditor_name, iban, remittance)| Payment {
        end_to_end_id: String::new(),
        amount_cents,
        creditor_name,
        creditor_iban: IBANS[iban].to_owned(),
        remittance,
    })
}

proptest! {
    #[test]
    fn counts_sums_and_characters_hold_for_any_texts(mut payments in prop::collection::vec(any_payment(), 1..20)) {
        for (at, payment) in payments.iter_mut().enumerate() {
            payment.end_to_end_id = format!("RUN-{at}");
        }
        let file = file(payments);
        let xml = write(&file).unwrap();
        prop_assert_eq!(&write(&file).unwrap(), &xml);
        let leaves = leaves(&xml);

        let total: i64 = file.payments.iter().map(|payment| payment.amount_cents).sum();
        prop_assert_eq!(&leaves["NbOfTxs"], &vec![file.payments.len().to_string(); 2]);
        for sum in &leaves["CtrlSum"] {
            prop_assert_eq!(parse_cents(sum), Some(total));
        }
        let amounts: Vec<_> = leaves["InstdAmt"].iter().map(|amount| parse_cents(amount).unwrap()).collect();
        let expected: Vec<_> = file.payments.iter().map(|payment| payment.amount_cents).collect();
        prop_assert_eq!(amounts, expected);
        let ids: Vec<_> = file.payments.iter().map(|payment| payment.end_to_end_id.clone()).collect();
        prop_assert_eq!(&leaves["EndToEndId"], &ids);
        prop_assert_eq!(leaves["Nm"].len(), file.payments.len() + 2);
        prop_assert_eq!(leaves["IBAN"].len(), file.payments.len() + 1);
        let remittances = ["Ustrd", "Ref"].map(|name| leaves.get(name).map_or(0, Vec::len));
        prop_assert_eq!(remittances.iter().sum::<usize>(), file.payments.len());
        for text in leaves.values().flatten() {
            prop_assert!(text.chars().all(is_allowed), "{}", text);
        }
    }
}
