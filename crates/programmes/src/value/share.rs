//! How a price is divided between the voucher and the resident.

use kernel::Cents;

/// Who pays what the value does not cover; a setting of the programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The resident pays the rest (V1).
    Copay,
    /// The service is free of charge by law, so nothing may be left to the resident (rule L8, V5).
    ZeroCopay,
    /// The voucher pays up to the ceiling and the resident the rest, however high the price is (O8).
    NotToExceed {
        /// The most that the voucher pays of a price, in cents.
        ceiling: Cents,
    },
}

/// The parts of a price; together they are the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// What the voucher pays, in cents.
    pub voucher_share: Cents,
    /// What the resident pays (omavastuu), in cents.
    pub own_share: Cents,
}

/// Why a price cannot be paid with the voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The service is free of charge and its price is above the value.
    #[error("the price {price} is above the value {value} of a free service")]
    PriceAboveValue {
        /// The price, in cents.
        price: Cents,
        /// The value, in cents.
        value: Cents,
    },
}

/// Divides a price. The organiser never pays more than the price, and no change is given (rules L12 and L14).
///
/// # Errors
/// `PriceAboveValue` when something would be left to pay for a free service.
pub fn share(price: Cents, value: Cents, mode: Mode) -> Result<Shares, Refusal> {
    let (price, value) = (price.max(Cents::ZERO), value.max(Cents::ZERO));
    let voucher_share = match mode {
        Mode::Copay => price.min(value),
        Mode::ZeroCopay if price > value => return Err(Refusal::PriceAboveValue { price, value }),
        Mode::ZeroCopay => price,
        Mode::NotToExceed { ceiling } => price.min(value).min(ceiling.max(Cents::ZERO)),
    };
    Ok(Shares {
        voucher_share,
        own_share: price - voucher_share,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(price: i64, value: i64, mode: Mode) -> Result<(i64, i64), Refusal> {
        share(Cents(price), Cents(value), mode).map(|shares| (shares.voucher_share.0, shares.own_share.0))
    }

    #[test]
    fn the_resident_pays_the_rest() {
        assert_eq!(shares(2_500, 1_500, Mode::Copay), Ok((1_500, 1_000)));
        assert_eq!(shares(1_500, 2_500, Mode::Copay), Ok((1_500, 0)));
        assert_eq!(shares(1_500, -1, Mode::Copay), Ok((0, 1_500)));
    }

    #[test]
    fn a_free_service_leaves_nothing_to_pay() {
        assert_eq!(shares(1_500, 1_500, Mode::ZeroCopay), Ok((1_500, 0)));
        let refused = Refusal::PriceAboveValue {
            price: Cents(1_501),
            value: Cents(1_500),
        };
        assert_eq!(shares(1_501, 1_500, Mode::ZeroCopay), Err(refused));
    }

    #[test]
    fn the_ceiling_leaves_the_rest_to_the_resident() {
        let mode = Mode::NotToExceed { ceiling: Cents(2_000) };
        assert_eq!(shares(3_000, 2_500, mode), Ok((2_000, 1_000)));
        assert_eq!(shares(1_800, 2_500, mode), Ok((1_800, 0)));
        assert_eq!(shares(3_000, 1_000, mode), Ok((1_000, 2_000)));
    }
}
