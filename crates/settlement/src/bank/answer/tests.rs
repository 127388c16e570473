use proptest::prelude::*;

use super::{AnswerEntry, AnswerError as E, AnswerKind, Outcome, Unmatched, read_answer};

const PAIN_002: &str = include_str!("../fixtures/pain002.xml");
const CAMT_054: &str = include_str!("../fixtures/camt054.xml");

fn entry(id: &str, outcome: Outcome, reason: Option<&str>, amount_cents: Option<i64>) -> AnswerEntry {
    AnswerEntry {
        end_to_end_id: id.to_owned(),
        outcome,
        reason: reason.map(str::to_owned),
        amount_cents,
    }
}

fn unknown(code: &str) -> Outcome {
    Outcome::Unknown(code.to_owned())
}

/// The fixture with one text replaced, which must be there.
fn changed(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from:?} is not in the fixture");
    xml.replacen(from, to, 1)
}

fn error(xml: &str) -> E {
    read_answer(xml.as_bytes()).unwrap_err()
}

/// A status report with the given statuses at the levels of the file and of its instruction.
fn report(group: &str, instructions: &str) -> String {
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
        <GrpHdr><MsgId>S</MsgId></GrpHdr>
        <OrgnlGrpInfAndSts><OrgnlMsgId>RUN</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>{instructions}
        </CstmrPmtStsRpt></Document>"#
    )
}

#[test]
fn reads_a_status_report() {
    let answer = read_answer(PAIN_002.as_bytes()).unwrap();
    assert_eq!(answer.kind, AnswerKind::StatusReport);
    assert_eq!(answer.message_id, "BANK-STATUS-1");
    assert_eq!(answer.original_message_id.as_deref(), Some("RUN-2026-11-7"));
    assert_eq!((answer.whole_message, answer.reason), (None, None));
    assert_eq!(
        answer.entries,
        [
            entry(
                "P1",
                Outcome::Rejected,
                Some("AC04: Account & holder closed; X9"),
                Some(12_345)
            ),
            entry("P2", Outcome::Paid, None, None),
            entry("P3", Outcome::Pending, None, None),
            entry("P4", unknown("ZZZZ"), None, None),
        ]
    );
}

#[test]
fn reads_a_notification() {
    let answer = read_answer(CAMT_054.as_bytes()).unwrap();
    assert_eq!(answer.kind, AnswerKind::Notification);
    assert_eq!(answer.message_id, "BANK-BOOKED-1");
    assert_eq!((answer.original_message_id, answer.whole_message), (None, None));
    assert_eq!(
        answer.entries,
        [
            entry("P1", Outcome::Paid, None, Some(12_345)),
            entry("P2", Outcome::Paid, None, Some(1050)),
            entry("P3", Outcome::Paid, None, None),
            entry("P4", Outcome::Returned, Some("AC01: No such account"), Some(700)),
            entry("P5", Outcome::Returned, None, Some(800)),
            entry("P6", Outcome::Returned, None, Some(900)),
            entry("P7", Outcome::Pending, None, Some(100)),
            entry("P8", unknown("INFO"), None, Some(200)),
            entry("P9", unknown("RvslInd"), None, Some(300)),
        ]
    );
}

#[test]
fn movements_without_an_id_are_listed_apart() {
    let nameless = Unmatched {
        amount_cents: None,
        reason: None,
    };
    let fee = changed(
        CAMT_054,
        "<b:NtryDtls><b:TxDtls><b:Refs><b:EndToEndId>P1</b:EndToEndId></b:Refs></b:TxDtls></b:NtryDtls>",
        "<b:AddtlNtryInf>PALVELUMAKSU</b:AddtlNtryInf>",
    );
    let answer = read_answer(fee.as_bytes()).unwrap();
    let fee = Unmatched {
        amount_cents: Some(12_345),
        reason: Some("PALVELUMAKSU".to_owned()),
    };
    assert_eq!(answer.unmatched, [fee, nameless]);
    assert_eq!(answer.entries.len(), 8);
    assert_eq!(answer.entries[0].end_to_end_id, "P2");
}

#[test]
fn a_credit_under_an_id_like_ours_is_for_a_person_to_look_at() {
    let credit = |id: &str| {
        let credit = changed(
            CAMT_054,
            "<b:NtryDtls><b:TxDtls><b:Refs><b:EndToEndId>P1</b:EndToEndId></b:Refs></b:TxDtls></b:NtryDtls>",
            &format!(
                "<b:NtryDtls><b:TxDtls><b:Refs><b:EndToEndId>{id}</b:EndToEndId></b:Refs>\
                 <b:CdtDbtInd>CRDT</b:CdtDbtInd></b:TxDtls></b:NtryDtls>"
            ),
        );
        read_answer(credit.as_bytes()).unwrap().entries
    };
    let ours = "0199a1b2c3d47e5f8091a2b3c4d5e6f7";
    assert_eq!(credit(ours)[0], entry(ours, unknown("CRDT"), None, Some(12_345)));
    assert_eq!(
        credit("INVOICE 7")[0].end_to_end_id,
        "P2",
        "somebody's payment to the city"
    );
}

#[test]
fn knows_every_status_code() {
    let pending = ["ACTC", "ACCP", "ACSP", "PDNG", "RCVD"].map(|code| (code, Outcome::Pending));
    let final_ones = [
        ("RJCT", Outcome::Rejected),
        ("ACSC", Outcome::Paid),
        ("CANC", unknown("CANC")),
    ];
    for (code, outcome) in pending.into_iter().chain(final_ones) {
        let answer = read_answer(report(&format!("<GrpSts>{code}</GrpSts>"), "").as_bytes()).unwrap();
        assert_eq!(answer.whole_message, Some(outcome.clone()));
        let xml = changed(PAIN_002, "<TxSts>RJCT</TxSts>", &format!("<TxSts>{code}</TxSts>"));
        assert_eq!(read_answer(xml.as_bytes()).unwrap().entries[0].outcome, outcome);
    }
}

#[test]
fn a_rejected_file_or_instruction_is_rejected_as_a_whole() {
    let status = "<StsRsnInf><Rsn><Cd>AM18</Cd></Rsn><AddtlInf>Count</AddtlInf></StsRsnInf>";
    let group = format!("<GrpSts>RJCT</GrpSts>{status}");
    let instruction = format!("<OrgnlPmtInfAndSts><PmtInfSts>RJCT</PmtInfSts>{status}</OrgnlPmtInfAndSts>");
    for xml in [
        report(&group, ""),
        report("", &instruction),
        report("<GrpSts>ACTC</GrpSts>", &instruction),
    ] {
        let answer = read_answer(xml.as_bytes()).unwrap();
        assert_eq!(answer.original_message_id.as_deref(), Some("RUN"));
        assert_eq!(answer.whole_message, Some(Outcome::Rejected));
        assert_eq!(answer.reason.as_deref(), Some("AM18: Count"));
        assert!(answer.entries.is_empty());
    }
    let settled = "<OrgnlPmtInfAndSts><PmtInfSts>ACSC</PmtInfSts></OrgnlPmtInfAndSts>";
    assert!(matches!(error(&report(&group, settled)), E::Contradiction));
}

#[test]
fn a_payment_without_status_has_that_of_the_level_above() {
    let group = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>";
    let listed =
        "<OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>P1</OrgnlEndToEndId></TxInfAndSts></OrgnlPmtInfAndSts>";
    let answer = read_answer(report(group, listed).as_bytes()).unwrap();
    assert_eq!(answer.entries, [entry("P1", Outcome::Rejected, Some("FF01"), None)]);
    assert!(matches!(error(&report("", listed)), E::Missing("TxSts")));
}

#[test]
fn refuses_what_lacks_an_id_or_a_status() {
    for (xml, part, element) in [
        (PAIN_002, "<OrgnlEndToEndId>P1</OrgnlEndToEndId>", "OrgnlEndToEndId"),
        (PAIN_002, "<MsgId>BANK-STATUS-1</MsgId>", "GrpHdr/MsgId"),
        (
            PAIN_002,
            "<OrgnlMsgId>RUN-2026-11-7</OrgnlMsgId>",
            "OrgnlGrpInfAndSts/OrgnlMsgId",
        ),
        (CAMT_054, "<b:MsgId>BANK-BOOKED-1</b:MsgId>", "GrpHdr/MsgId"),
        (CAMT_054, "<b:CdtDbtInd>DBIT</b:CdtDbtInd>", "CdtDbtInd"),
        (CAMT_054, "<b:Sts><b:Cd>BOOK</b:Cd></b:Sts>", "Sts"),
    ] {
        let error = error(&changed(xml, part, ""));
        assert!(
            matches!(error, E::Missing(missing) if missing == element),
            "{part}: {error}"
        );
    }
    assert!(matches!(error(&changed(PAIN_002, ">P1<", "> <")), E::Missing(_)));
    assert!(matches!(
        error(&changed(PAIN_002, ">P1<", &format!(">{}<", "P".repeat(36)))),
        E::Id(_)
    ));
}

#[test]
fn refuses_strange_amounts_and_values() {
    for amount in ["1.234", "-1", "1,50", "1e3", "NaN", "", "99999999999999999999"] {
        assert!(
            matches!(
                error(&changed(CAMT_054, ">123.45<", &format!(">{amount}<"))),
                E::Amount(_)
            ),
            "{amount}"
        );
    }
    assert!(matches!(error(&changed(CAMT_054, "EUR", "SEK")), E::Currency(currency) if currency == "SEK"));
    assert!(matches!(error(&changed(CAMT_054, r#" Ccy="EUR""#, "")), E::Currency(_)));
    assert!(matches!(
        error(&changed(CAMT_054, ">DBIT<", ">DEBIT<")),
        E::Value {
            element: "CdtDbtInd",
            ..
        }
    ));
    assert!(matches!(
        error(&changed(CAMT_054, ">true<", ">yes<")),
        E::Value { element: "RvslInd", .. }
    ));
}

#[test]
fn refuses_document_types_and_entities() {
    let doctype = |subset: &str| {
        changed(
            PAIN_002,
            "<Document",
            &format!("<!DOCTYPE Document [{subset}]><Document"),
        )
    };
    assert!(matches!(error(&doctype("")), E::DocumentType));
    let fetching = doctype(r#"<!ENTITY x SYSTEM "file:///etc/hostname">"#);
    assert!(matches!(error(&changed(&fetching, ">P1<", ">&x;<")), E::DocumentType));
    assert!(matches!(
        error(&doctype(r#"<!ENTITY a "aa"><!ENTITY b "&a;&a;">"#)),
        E::DocumentType
    ));
    assert!(matches!(error(&changed(PAIN_002, ">P1<", ">&x;<")), E::Entity(entity) if entity == "x"));
    assert!(matches!(
        error(&changed(PAIN_002, "<GrpHdr>", r#"<GrpHdr a="&x;">"#)),
        E::Syntax(_)
    ));
}

#[test]
fn refuses_other_messages_and_encodings() {
    for namespace in ["urn:iso:std:iso:20022:tech:xsd:pain.002.001.03", "urn:x", ""] {
        let xml = changed(PAIN_002, "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10", namespace);
        assert!(matches!(error(&xml), E::Namespace(found) if found == namespace));
    }
    assert!(matches!(error("<Document/>"), E::Namespace(_)));
    assert!(matches!(
        error(&changed(PAIN_002, "UTF-8", "ISO-8859-1")),
        E::Encoding(_)
    ));
    assert!(matches!(read_answer(&[b'<', 0xe4, b'>']), Err(E::NotUtf8(_))));
    let utf_16: Vec<u8> = PAIN_002.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(read_answer(&utf_16), Err(E::Structure(_))));
    assert_eq!(
        read_answer(format!("\u{feff}{PAIN_002}").as_bytes())
            .unwrap()
            .entries
            .len(),
        4
    );
}

#[test]
fn elements_of_another_namespace_say_nothing() {
    let foreign =
        r#"<SplmtryData xmlns:x="urn:x"><x:TxSts>RJCT</x:TxSts></SplmtryData><x:TxSts xmlns:x="urn:x">RJCT</x:TxSts>"#;
    let xml = changed(
        PAIN_002,
        "<TxSts>ACSC</TxSts>",
        &format!("<TxSts>ACSC</TxSts>{foreign}"),
    );
    assert_eq!(read_answer(xml.as_bytes()).unwrap().entries[1].outcome, Outcome::Paid);
}

#[test]
fn refuses_what_is_too_large_or_too_deep() {
    let mut large = PAIN_002.to_owned();
    large.extend(std::iter::repeat_n(' ', 10 * 1024 * 1024 + 1 - large.len()));
    assert!(matches!(error(&large), E::TooLarge));
    large.pop();
    assert!(read_answer(large.as_bytes()).is_ok());

    let nested = |levels: usize| {
        let nest = format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        changed(PAIN_002, "<GrpHdr>", &format!("{nest}<GrpHdr>"))
    };
    assert!(read_answer(nested(62).as_bytes()).is_ok());
    assert!(matches!(error(&nested(63)), E::TooDeep));
    assert!(matches!(error(&nested(100_000)), E::TooDeep));
}

#[test]
fn refuses_what_is_not_well_formed() {
    for xml in [
        "",
        "plain text",
        "<Document",
        &changed(PAIN_002, "</GrpHdr>", "</GrpHdX>"),
        &changed(PAIN_002, "<MsgId>", "<MsgId a='1' a='2'>"),
        &changed(PAIN_002, "<GrpHdr>", "<GrpHdr>text"),
        &changed(PAIN_002, "</GrpHdr>", "text</GrpHdr>"),
        &changed(PAIN_002, "<GrpHdr>", "<x:y/><GrpHdr>"),
        &changed(PAIN_002, "<GrpHdr>", "<a/b></a/b><GrpHdr>"),
        &changed(PAIN_002, ">P1<", ">P&#0;<"),
        &changed(PAIN_002, ">P1<", ">P&#7;<"),
        &changed(PAIN_002, ">P1<", ">P\u{0}<"),
        &changed(PAIN_002, ">P1<", ">P & Q<"),
        &format!("{PAIN_002}<Document/>"),
        &format!("{PAIN_002}text"),
        &format!("text{PAIN_002}"),
    ] {
        let error = error(xml);
        assert!(
            matches!(error, E::Syntax(_) | E::Structure(_) | E::Truncated),
            "{error}: {xml}"
        );
    }
}

#[test]
fn a_reason_stays_short() {
    let long = "w".repeat(100_000);
    let xml = changed(PAIN_002, "Account &amp; holder ", &long);
    assert_eq!(
        read_answer(xml.as_bytes()).unwrap().entries[0]
            .reason
            .as_ref()
            .unwrap()
            .len(),
        500
    );
}

#[test]
fn every_cut_of_a_file_is_refused() {
    for xml in [PAIN_002, CAMT_054] {
        let xml = xml.trim_end();
        for end in 0..xml.len() {
            assert!(read_answer(&xml.as_bytes()[..end]).is_err(), "cut at {end}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read_answer(&bytes).is_err());
    }

    #[test]
    fn damaged_files_are_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), camt in any::<bool>()) {
        let mut bytes = if camt { CAMT_054 } else { PAIN_002 }.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(answer) = read_answer(&bytes) {
            prop_assert!(answer.entries.iter().all(|entry| !entry.end_to_end_id.is_empty()));
        }
    }
}
