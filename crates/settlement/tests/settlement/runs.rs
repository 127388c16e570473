use kernel::{Cents, Coded, ErrorCode, PageRequest, StaffRole};
use settlement::{RunState, SetAsideReason};

use crate::stage::{IBANS, key, stage};

#[tokio::test]
async fn a_month_becomes_one_payment_for_each_company() {
    let stage = stage().await;
    let (first, second) = (stage.company(IBANS[0]).await, stage.company(IBANS[1]).await);
    stage.deliver(first, "2027-01-31", 1_001).await;
    stage.deliver(first, "2026-12-31", 2_000).await;
    stage.deliver(second, "2027-01-15", 33).await;
    stage.deliver(second, "2027-02-01", 5_000).await;
    let run = stage.create("a", 1).await.unwrap();
    assert_eq!((run.state, stage.money().await), (RunState::Draft, [8_034, 0, 0]));
    stage.check().await;

    let statements = stage.statements(&stage.clerk, run.id).await;
    let mut seen: Vec<_> = statements
        .iter()
        .map(|s| (s.number, s.company_id, s.total_cents))
        .collect();
    seen.sort();
    let mut totals = [(first, Cents(3_001)), (second, Cents(33))];
    totals.sort();
    assert_eq!(seen, [(1, totals[0].0, totals[0].1), (2, totals[1].0, totals[1].1)]);

    let refused = stage
        .settlement
        .confirm_run(&stage.clerk, &key("confirm", &run), run.id, run.version)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::FourEyes);
    let outdated = stage
        .settlement
        .confirm_run(&stage.second, &key("confirm", &run), run.id, 9)
        .await
        .unwrap_err();
    assert_eq!(outdated.code(), ErrorCode::Conflict);
    let run = stage
        .settlement
        .confirm_run(&stage.second, &key("confirm", &run), run.id, run.version)
        .await
        .unwrap();
    assert_eq!(
        (run.state, stage.money().await),
        (RunState::Confirmed, [5_000, 3_034, 0])
    );
    stage.check().await;

    let run = stage
        .settlement
        .send_run(&stage.clerk, &key("send", &run), run.id, run.version)
        .await
        .unwrap();
    assert_eq!(run.state, RunState::Sent);
    let file = stage
        .settlement
        .payment_file(&stage.clerk, run.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(file.name, "maksut-091-2027-01.xml");
    assert!(file.content.contains("<CtrlSum>30.34</CtrlSum>") && file.content.contains("<NbOfTxs>2</NbOfTxs>"));
    assert!(file.content.contains("Esimerkkila + Hoyla"));
    let again = stage
        .settlement
        .payment_file(&stage.second, run.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again, file);
    let twice = stage
        .settlement
        .send_run(&stage.clerk, &key("twice", &run), run.id, run.version)
        .await
        .unwrap_err();
    assert_eq!(twice.code(), ErrorCode::NotAllowedInState);
    stage.check().await;
}

#[tokio::test]
async fn a_month_is_settled_once() {
    let stage = stage().await;
    assert_eq!(
        stage.create("a", 1).await.unwrap_err().code(),
        ErrorCode::NothingToSettle
    );
    let company = stage.company(IBANS[0]).await;
    stage.deliver(company, "2027-01-31", 1_000).await;
    assert_eq!(stage.create("a", 2).await.unwrap_err().code(), ErrorCode::TooEarly);
    let run = stage.create("a", 1).await.unwrap();
    assert_eq!(
        stage.create("a", 1).await.unwrap(),
        run,
        "the same key answers the same run"
    );
    assert_eq!(stage.create("b", 1).await.unwrap_err().code(), ErrorCode::AlreadyExists);
    assert_eq!(stage.create("c", 1).await.unwrap_err().code(), ErrorCode::AlreadyExists);
    stage.clock.set("2027-03-01T10:00:00Z".parse().unwrap());
    assert_eq!(
        stage.create("c", 2).await.unwrap_err().code(),
        ErrorCode::NothingToSettle
    );
    stage.deliver(company, "2027-01-31", 700).await;
    let next = stage.create("c", 2).await.unwrap();
    let statements = stage.statements(&stage.clerk, next.id).await;
    assert_eq!((statements[0].number, statements[0].total_cents), (2, Cents(700)));
    stage.check().await;
}

#[tokio::test]
async fn rivals_make_one_run() {
    let stage = stage().await;
    let company = stage.company(IBANS[0]).await;
    for _ in 0..20 {
        stage.deliver(company, "2027-01-31", 100).await;
        stage.deliver(company, "2026-12-31", 100).await;
    }
    let december = stage
        .settlement
        .create_run(&stage.second, "settlement-run-december", stage.city, 2026, 12);
    let outcomes = tokio::join!(
        stage.create("a", 1),
        stage.create("b", 1),
        stage.create("c", 1),
        december
    );
    let runs = [outcomes.0, outcomes.1, outcomes.2, outcomes.3];
    let mut total = Cents::ZERO;
    for run in runs.iter().flatten() {
        total = total
            + stage
                .statements(&stage.clerk, run.id)
                .await
                .iter()
                .map(|s| s.total_cents)
                .sum();
    }
    assert_eq!(total, Cents(4_000), "each delivery is on one statement");
    assert_eq!(runs[..3].iter().flatten().count(), 1);
    stage.check().await;
}

#[tokio::test]
async fn a_cancelled_run_frees_everything() {
    let stage = stage().await;
    let company = stage.company(IBANS[0]).await;
    stage.deliver(company, "2027-01-31", 1_000).await;
    let draft = stage.create("a", 1).await.unwrap();
    let cancelled = stage
        .settlement
        .cancel_run(&stage.clerk, &key("cancel", &draft), draft.id, draft.version)
        .await
        .unwrap();
    assert_eq!(cancelled.state, RunState::Cancelled);
    let run = stage.create("b", 1).await.unwrap();
    let run = stage
        .settlement
        .confirm_run(&stage.second, &key("confirm", &run), run.id, run.version)
        .await
        .unwrap();
    assert_eq!(stage.money().await, [0, 1_000, 0]);
    stage
        .settlement
        .cancel_run(&stage.clerk, &key("cancel", &run), run.id, run.version)
        .await
        .unwrap();
    assert_eq!(stage.money().await, [1_000, 0, 0]);
    stage.check().await;
    let run = stage.create("c", 1).await.unwrap();
    assert_eq!(stage.statements(&stage.clerk, run.id).await[0].number, 3);
    let (run, _) = stage.confirm_and_send(run).await;
    let late = stage
        .settlement
        .cancel_run(&stage.clerk, &key("cancel", &run), run.id, run.version)
        .await
        .unwrap_err();
    assert_eq!(late.code(), ErrorCode::NotAllowedInState);
    stage.check().await;
}

#[tokio::test]
async fn each_step_happens_once_under_its_key() {
    let stage = stage().await;
    let company = stage.company(IBANS[0]).await;
    stage.deliver(company, "2027-01-31", 1_000).await;
    let (settlement, draft) = (&stage.settlement, stage.create("a", 1).await.unwrap());
    let (id, confirm, send) = (draft.id, key("confirm", &draft), key("send", &draft));
    let confirmed = settlement.confirm_run(&stage.second, &confirm, id, 1).await.unwrap();
    let again = settlement.confirm_run(&stage.second, &confirm, id, 1).await.unwrap();
    assert_eq!((&again, stage.money().await), (&confirmed, [0, 1_000, 0]));
    let sent = settlement.send_run(&stage.clerk, &send, id, 2).await.unwrap();
    assert_eq!(settlement.send_run(&stage.clerk, &send, id, 2).await.unwrap(), sent);
    let late = settlement.confirm_run(&stage.second, &confirm, id, 1).await.unwrap();
    assert_eq!(late, confirmed, "the answer is that of the first time");
    for refused in [
        settlement.send_run(&stage.clerk, &confirm, id, 2).await,
        settlement.send_run(&stage.clerk, &send, id, 3).await,
        settlement.cancel_run(&stage.clerk, &send, id, 3).await,
    ] {
        assert_eq!(refused.unwrap_err().code(), ErrorCode::KeyReused);
    }

    stage.clock.set("2027-03-01T10:00:00Z".parse().unwrap());
    stage.deliver(company, "2027-02-01", 500).await;
    let draft = stage.create("b", 2).await.unwrap();
    let cancel = key("cancel", &draft);
    let cancelled = settlement.cancel_run(&stage.clerk, &cancel, draft.id, 1).await.unwrap();
    let again = settlement.cancel_run(&stage.clerk, &cancel, draft.id, 1).await.unwrap();
    assert_eq!(again, cancelled);
    stage.check().await;
}

#[tokio::test]
async fn a_company_without_a_good_account_waits_for_the_next_run() {
    let stage = stage().await;
    let (good, bad) = (stage.company(IBANS[0]).await, stage.company("FI00").await);
    stage.deliver(bad, "2027-01-10", 900).await;
    let run = stage.create("a", 1).await.unwrap();
    let nobody = stage
        .settlement
        .confirm_run(&stage.second, &key("confirm", &run), run.id, run.version)
        .await
        .unwrap_err();
    assert_eq!(nobody.code(), ErrorCode::NothingToSettle);
    stage
        .settlement
        .cancel_run(&stage.clerk, &key("cancel", &run), run.id, run.version)
        .await
        .unwrap();
    stage.deliver(good, "2027-01-10", 100).await;
    let run = stage.create("b", 1).await.unwrap();
    let left_out = stage.settlement.set_aside(&stage.clerk, &[run.id]).await.unwrap();
    assert_eq!(
        (left_out[0].company_id, left_out[0].reason),
        (bad, SetAsideReason::NoValidIban)
    );
    assert_eq!(stage.statements(&stage.clerk, run.id).await.len(), 1);
    stage.change_iban(bad, IBANS[1]).await;
    stage.clock.set("2027-03-01T10:00:00Z".parse().unwrap());
    let next = stage.create("c", 2).await.unwrap();
    let statements = stage.statements(&stage.clerk, next.id).await;
    assert_eq!((statements[0].company_id, statements[0].total_cents), (bad, Cents(900)));
    stage.check().await;
}

#[tokio::test]
async fn who_sees_what() {
    let stage = stage().await;
    let (own, other) = (stage.company(IBANS[0]).await, stage.company(IBANS[1]).await);
    stage.deliver(own, "2027-01-31", 1_000).await;
    stage.deliver(other, "2027-01-31", 2_000).await;
    let run = stage.create("a", 1).await.unwrap();
    let member = stage.member(own);
    assert!(
        stage.statements(&member, run.id).await.is_empty(),
        "a draft is not shown"
    );
    let run = stage
        .settlement
        .confirm_run(&stage.second, &key("confirm", &run), run.id, run.version)
        .await
        .unwrap();
    let statements = stage.statements(&member, run.id).await;
    assert_eq!(statements.iter().map(|s| s.company_id).collect::<Vec<_>>(), [own]);
    let refused = stage.settlement.count_statements_of_company(&member, other).await;
    assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
    let payments = stage
        .settlement
        .payments_of_statements(&member, &[statements[0].id])
        .await
        .unwrap();
    assert_eq!(payments.len(), 1);
    let page = PageRequest { first: 10, after: None };
    let statement = statements[0].id;
    let lines = stage.settlement.lines(&member, statement, page).await.unwrap();
    assert_eq!(lines.items.len(), 1);
    let csv = stage.settlement.csv(&member, statement).await.unwrap();
    assert!(
        csv.contains(",ORIGINAL,2027-01-31,15.00,10.00,5.00,GENERAL,25.50,\"'=1+1\"\r\n"),
        "{csv}"
    );

    let auditor = stage.staff(stage.city, StaffRole::Auditor);
    assert!(stage.settlement.run(&auditor, run.id).await.unwrap().is_some());
    let forbidden = stage
        .settlement
        .send_run(&auditor, &key("send", &run), run.id, run.version)
        .await
        .unwrap_err();
    assert_eq!(forbidden.code(), ErrorCode::Forbidden);
    let foreign = stage.staff(stage.other_city().await, StaffRole::SettlementClerk);
    let hidden = stage
        .settlement
        .send_run(&foreign, &key("send", &run), run.id, run.version)
        .await
        .unwrap_err();
    assert_eq!(hidden.code(), ErrorCode::NotFound);
    assert!(stage.settlement.payment_file(&foreign, run.id).await.unwrap().is_none());
    assert!(stage.statements(&foreign, run.id).await.is_empty());
    let lines = stage.settlement.lines(&foreign, statement, page).await.unwrap();
    assert!(lines.items.is_empty());
    let csv = stage.settlement.csv(&foreign, statement).await.unwrap();
    assert_eq!(csv.lines().count(), 1, "nothing but the head: {csv}");
}
