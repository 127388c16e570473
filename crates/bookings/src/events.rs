use jobs::Event;
use kernel::BookingId;
use serde::{Deserialize, Serialize};

use crate::model::booking::State;

/// A booking has come to a new state.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct BookingChanged {
    /// The booking.
    pub booking: BookingId,
    /// The state it came to.
    pub state: State,
}

impl Event for BookingChanged {
    const KIND: &'static str = "booking.changed";
}
