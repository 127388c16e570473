//! Fills a new run with statements and lines.

use std::collections::BTreeSet;

use bookings::model::delivery::Model as Delivery;
use db::Tx;

use crate::model::line::{self, Model as Line};
use crate::model::plan::{Share, shares};
use crate::model::run::Model as Run;
use crate::model::statement::set_aside::Model as SetAside;
use crate::model::statement::{Model as Statement, reference};
use crate::{Error, store};

/// Writes statements and lines of a new run.
pub(crate) async fn fill(tx: &Tx, run: &Run, year: i32) -> Result<(), Error> {
    // From here on no other run of the city can look for deliveries and failed payments.
    let last = store::statement::last_number(tx, run.city_id, year).await?;
    let failed = store::payment::failed_for_update(tx, run.city_id).await?;
    let deliveries = store::run::unsettled(tx, run.city_id, run.period_until).await?;
    let companies: BTreeSet<_> = deliveries
        .iter()
        .map(|delivery| delivery.company_id)
        .chain(failed.iter().map(|payment| payment.company_id))
        .collect();
    if companies.is_empty() {
        return Err(Error::NothingToSettle);
    }
    let payees = store::run::payees(tx, &Vec::from_iter(companies)).await?;
    let mut number = last;
    let (mut statements, mut lines, mut left_out, mut carried) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for share in shares(deliveries, &failed, payees) {
        if let Some(reason) = share.obstacle() {
            left_out.push(SetAside {
                run_id: run.id,
                company_id: share.payee.id,
                city_id: run.city_id,
                total_cents: share.total(),
                company_name: share.payee.name,
                reason,
            });
            continue;
        }
        number += 1;
        let statement = statement(tx, run, &share, year, number)?;
        lines.extend(
            share
                .deliveries
                .into_iter()
                .map(|delivery| line(tx, &statement, delivery)),
        );
        carried.push((statement.id, share.carried));
        statements.push(statement);
    }
    store::statement::set_last_number(tx, run.city_id, year, number).await?;
    store::statement::insert(tx, &statements).await?;
    if !store::statement::insert_lines(tx, &lines).await? {
        return Err(Error::Taken);
    }
    for (statement, payments) in carried {
        store::payment::carry(tx, &payments, statement).await?;
    }
    store::run::insert_set_aside(tx, left_out).await?;
    Ok(())
}

fn statement(tx: &Tx, run: &Run, share: &Share, year: i32, number: i32) -> Result<Statement, Error> {
    Ok(Statement {
        id: tx.new_id(),
        run_id: run.id,
        city_id: run.city_id,
        company_id: share.payee.id,
        period_from: run.period_from,
        period_until: run.period_until,
        year,
        number,
        company_name: share.payee.name.clone(),
        business_id: share.payee.business_id.clone(),
        iban: share.payee.iban.clone(),
        reference: reference(year, number)?.to_string(),
        lines_cents: share.lines,
        brought_forward_cents: share.brought_forward,
        total_cents: share.total(),
    })
}

fn line(tx: &Tx, statement: &Statement, delivery: Delivery) -> Line {
    Line {
        id: tx.new_id(),
        statement_id: statement.id,
        run_id: statement.run_id,
        city_id: statement.city_id,
        company_id: statement.company_id,
        delivery_id: delivery.id,
        kind: line::Kind::Original,
        original_line_id: None,
        day: delivery.day,
        price_cents: delivery.price_cents,
        voucher_share_cents: delivery.voucher_share_cents,
        own_share_cents: delivery.own_share_cents,
        vat_class: delivery.vat_class,
        vat_bp: delivery.vat_bp,
        claim_reference: delivery.claim_reference,
        voided_at: None,
    }
}
