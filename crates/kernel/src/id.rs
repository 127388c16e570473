//! Typed ids: a UUID of version 7 in the database, a TypeID (`booking_01h455vb4pex5vsknk084sn02q`) outside it.
//!
//! One Rust type for each kind of record, so a voucher's id cannot be handed to a function that wants a booking's.

use std::str::FromStr;

use uuid::Uuid;

/// The 32 digits of a TypeID's suffix: Crockford's base32 in lower case.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What all typed ids have in common.
pub trait TypedId:
    Copy + Eq + Ord + std::hash::Hash + std::fmt::Display + FromStr<Err = InvalidId> + Send + Sync
{
    /// The word before the underscore.
    const PREFIX: &'static str;
    /// The UUID that the database stores.
    fn uuid(self) -> Uuid;
    /// Wraps a UUID that is known to name this kind of record.
    fn from_uuid(uuid: Uuid) -> Self;
}

/// The text is no id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of kind {0}")]
pub struct InvalidId(pub &'static str);

/// Writes 128 bits as 26 base32 digits; the first digit carries only three bits.
fn encode(uuid: Uuid) -> String {
    let bits = uuid.as_u128();
    (0..26u32)
        .rev()
        .map(|place| {
            let digit = usize::try_from((bits >> (place * 5)) & 31).unwrap_or_default();
            char::from(DIGITS[digit])
        })
        .collect()
}

/// Reads 26 base32 digits; `None` for another length, a strange digit or more than 128 bits.
fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes()
        .try_fold(0u128, |bits, byte| {
            let digit = DIGITS.iter().position(|known| *known == byte)?;
            Some((bits << 5) | u128::try_from(digit).ok()?)
        })
        .map(Uuid::from_u128)
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(Uuid);

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> Uuid {
                self.0
            }
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}_{}", Self::PREFIX, encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self).ok_or(InvalidId(Self::PREFIX))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        // sea-orm asks this of every primary key; ours are never numbers.
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

typed_ids! {
    /// A natural person with an account.
    PersonId = "person";
    /// A sign-in session, the family of its refresh tokens.
    SessionId = "session";
    /// A right to act for another person.
    RelationId = "relation";
    /// A tenant: the organiser that grants vouchers and pays providers (järjestäjä).
    CityId = "city";
    /// A role of a person in the staff of a city.
    StaffMemberId = "staff";
    /// A voucher programme of a city.
    ProgrammeId = "programme";
    /// The terms of a programme for a period.
    TermsId = "terms";
    /// A version of the rulebook of a programme (sääntökirja).
    RulebookId = "rulebook";
    /// The budget of a programme for one fiscal year.
    BudgetId = "budget";
    /// A change of a budget by two officers.
    BudgetChangeId = "budgetchange";
    /// A version of the canvas of a programme (Kuntakanvas).
    CanvasId = "canvas";
    /// A company or an association that sells services (tuottaja).
    CompanyId = "company";
    /// A person's membership in a company.
    MemberId = "member";
    /// A company's application to a programme (hakeutuminen).
    ApplicationId = "application";
    /// A company's approval in a programme.
    ApprovalId = "approval";
    /// A decision of a city about an approval on the ladder of sanctions.
    SanctionId = "sanction";
    /// A hearing of a company before such a decision (kuuleminen).
    HearingId = "hearing";
    /// A company's resignation from a programme.
    ResignationId = "resignation";
    /// A change of the account that a company is paid to.
    AccountChangeId = "accountchange";
    /// A resident's service voucher (palveluseteli).
    VoucherId = "voucher";
    /// A month for which a voucher was filled anew.
    ReplenishmentId = "replenishment";
    /// A list from which many vouchers are granted.
    MassGrantId = "massgrant";
    /// Something that officers of a city have to see to.
    TaskId = "task";
    /// What a decision changes in the share of a delivery.
    CorrectionId = "correction";
    /// A review of an income.
    IncomeReviewId = "review";
    /// A resident's application for a voucher.
    VoucherApplicationId = "voucherapplication";
    /// A file that came with such an application.
    AttachmentId = "attachment";
    /// A decision in writing on such an application.
    DecisionId = "decision";
    /// A request for rectification of such a decision.
    RectificationId = "rectification";
    /// A service that a company lists.
    OfferId = "offer";
    /// A dated time of an offer with its places.
    OccurrenceId = "occurrence";
    /// A place taken by a resident (varaus).
    BookingId = "booking";
    /// One visit of a booking.
    VisitId = "visit";
    /// A delivered visit (tapahtuma).
    DeliveryId = "delivery";
    /// A settlement run (maksatusajo).
    RunId = "run";
    /// What a city owes one company in one run (tilitys).
    StatementId = "statement";
    /// A line of a statement.
    LineId = "line";
    /// A payment order to the bank.
    PaymentId = "payment";
    /// An uploaded answer of the bank.
    AnswerId = "answer";
    /// An account of the ledger.
    AccountId = "account";
    /// A transfer of the ledger.
    TransferId = "transfer";
    /// A row of the audit record.
    AuditId = "audit";
    /// A seal over rows of the ledger or the audit record.
    SealId = "seal";
    /// A job of the queue.
    JobId = "job";
    /// A mail of the outbox.
    MailId = "mail";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn follows_the_typeid_specification() {
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let booking = BookingId::from_uuid(uuid);
        assert_eq!(booking.to_string(), "booking_01h455vb4pex5vsknk084sn02q");
        assert_eq!("booking_01h455vb4pex5vsknk084sn02q".parse(), Ok(booking));
    }

    #[test]
    fn refuses_other_kinds_and_other_spellings() {
        for text in [
            "voucher_01h455vb4pex5vsknk084sn02q",
            "booking_01H455VB4PEX5VSKNK084SN02Q",
            "booking_81h455vb4pex5vsknk084sn02q",
            "booking_01h455vb4pex5vsknk084sn02",
            "booking_01h455vb4pex5vsknk084sn02u",
            "booking01h455vb4pex5vsknk084sn02q",
            "booking_ä1h455vb4pex5vsknk084sn02",
            "",
        ] {
            assert_eq!(text.parse::<BookingId>(), Err(InvalidId("booking")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn survives_the_round_trip_in_order(a: u128, b: u128) {
            let (a, b) = (VoucherId(Uuid::from_u128(a)), VoucherId(Uuid::from_u128(b)));
            prop_assert_eq!(a.to_string().parse::<VoucherId>(), Ok(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }
}
