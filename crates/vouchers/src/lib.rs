//! Service vouchers (palveluseteli): what a city granted a resident, and what of it is left.
//!
//! ```text
//! ACTIVE ──expire (the day after its last, a job)──▶ EXPIRED
//!  │ ▲ ├───revoke (an officer, with a reason)──────▶ REVOKED
//!  │ │ └───decline (its resident, while unused)────▶ DECLINED
//!  ▼ └─reinstate─┐
//!  suspend ──▶ SUSPENDED ──expire, revoke──▶ as above
//! ```
//!
//! A resident applies for one, or an officer grants it without:
//!
//! ```text
//! SUBMITTED ──ask──▶ INFO_REQUESTED ──answer──▶ INFO_PROVIDED
//!     └──────────┬─────────┴───────────────────────┘
//!                ├──grant (an officer)───▶ GRANTED, with a voucher
//!                ├──reject (an officer)──▶ REJECTED
//!                └──withdraw─────────────▶ WITHDRAWN
//! ```
//!
//! Where the budget does not carry a grant, an officer decides what is to be granted and puts the application on the waiting
//! list ([`model::waiting`]); what comes back to the budget is set aside for the first who fits, and she is asked:
//!
//! ```text
//! SUBMITTED … INFO_PROVIDED ──waitlist──▶ WAITING ──offer (a job)──▶ OFFERED ──accept──▶ GRANTED, with a voucher
//!     ▲                                   │  │  └──withdraw──▶ WITHDRAWN ◀──withdraw──┤
//!     └──send back (a job: not eligible)──┘  └──reject──▶ REJECTED                    └──lapse (a job)──▶ LAPSED
//! ```
//!
//! Both decisions are frozen as a document with its digest ([`Decision`]), and say how to ask for rectification
//! ([`Rectification`]). Another officer decides on such a request: the decision goes on the chain, and says how to appeal to
//! a court.
//!
//! A voucher owns two accounts ([`accounts`]): what may be spent, and what bookings have reserved. Granting moves its
//! value from `programme.available`; expiry, revocation and refusal move the rest back in the same transaction. What is reserved
//! stays until its booking ends: delivered to the company, or, when cancelled after the voucher's end, back to the
//! programme ([`spend::release`]).
//!
//! In a programme in visits or hours a voucher is granted a number of them, and the money that these can cost at most. Both
//! move together (`funding`, [`spend`]): a booking reserves the units it takes and its share of the money; with the last
//! unit that is used, the money that is left returns to the programme.
//!
//! What it is worth is decided by the value rule of the programme's terms ([`model::decision`]): one sum that is granted
//! whole, or the value of each visit by the resident's assessment, paid up to the amount that the officer grants.
//!
//! Many are granted from one list ([`model::mass_grant`]): an officer sends a file in, another confirms it, and a job grants its
//! rows, each at most once by its key.
//!
//! Where the terms say so, a job fills vouchers anew each month from the budget of the present year ([`model::replenishment`]).
//!
//! Where the terms say so, residents are asked for their income once a year, and what an officer decides values the visits from
//! the next month on ([`model::income_review`]); bookings that are made keep their price. Two officers may decide from a day that has
//! passed: what was delivered since is corrected by `bookings`.
//!
//! How to add a use case: a constant in [`policy`], a query in `store.rs`, the decision on the record in `model.rs`,
//! the use case in `voucher.rs` or, for what comes after the grant, `life.rs`; what bookings need inside their transaction stands in [`spend`].

pub mod accounts;
mod application;
mod attachment;
mod check;
mod consent;
mod eligible;
mod error;
mod events;
mod funding;
mod income_review;
mod jobs;
mod leftovers;
mod letters;
mod life;
mod mass_grant;
pub mod model;
mod moved;
mod offering;
pub mod policy;
mod print;
mod rectification;
mod replenish;
mod retroactive;
mod ruling;
pub mod spend;
mod store;
mod tasks;
mod voucher;
mod waiting;

pub use crate::events::{VoucherRevalued, VoucherShortened};
pub use crate::jobs::{EXPIRE, NUMBER};
pub use application::{NewApplication, QueueFilter};
pub use check::check;
pub use consent::ConsentsOf;
pub use error::Error;
pub use income_review::{NewAssessment, REVIEW_INCOMES};
pub use leftovers::{FORGET_FILE, Forgotten, SWEEP_FILES};
pub use life::NewMove;
pub use mass_grant::{Fault, MASS_GRANT, MassGrantWork, Progress};
pub use model::application::{Event as ApplicationEvent, Model as Application, State as ApplicationState};
pub use model::attachment::{MediaType, Model as Attachment};
pub use model::decision::{Circumstances, Raise};
pub use model::income_review::{Event as IncomeReviewEvent, Model as IncomeReview, State as IncomeReviewState};
pub use model::mass_grant::row::{Model as MassGrantRow, State as MassGrantRowState};
pub use model::mass_grant::{Model as MassGrant, State as MassGrantState};
pub use model::message::{Kind as MessageKind, Model as Message};
pub use model::number::Number;
pub use model::print::Model as Print;
pub use model::rectification::{Event as RectificationEvent, Model as Rectification, State as RectificationState};
pub use model::replenishment::Model as VoucherReplenishment;
pub use model::ruling::{Model as Decision, Outcome, Ruling};
pub use model::task::{Kind as TaskKind, Model as Task, State as TaskState};
pub use model::waiting::Model as WaitingPlace;
pub use model::{Model as Voucher, State, Worth};
pub use offering::WAITING_LISTS;
pub use rectification::{NewRequest, NewVerdict, Verdict};
pub use replenish::REPLENISH;
pub use retroactive::{NewRetroactive, Revaluation, revaluation};
pub use ruling::{NewGrant, Rejection};
pub use voucher::{Balance, NewVoucher, UnitBalance};
pub use waiting::{NewPlace, OFFER, OfferWork, Waiting};

/// The use cases on vouchers.
#[derive(Clone)]
pub struct Vouchers {
    db: db::Db,
    identity: identity::Identity,
    cities: cities::Cities,
    files: files::Files,
}

impl Vouchers {
    /// Uses `db` for its records, `identity` to find residents, `cities` for the civil day and `files` for what comes with
    /// applications.
    pub fn new(db: db::Db, identity: identity::Identity, cities: cities::Cities, files: files::Files) -> Self {
        Self {
            db,
            identity,
            cities,
            files,
        }
    }
}
