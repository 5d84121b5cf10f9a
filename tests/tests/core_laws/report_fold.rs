//! The status of a report: the same and valid on every replica, whatever steps it has and in whatever order they came.

use automerge::transaction::Transactable;
use automerge::{AutoCommit, ObjType, ROOT};
use gridwalk_core::cases::{Folded, FoldedStep, To, fold};
use gridwalk_core::documents::Map;
use gridwalk_core::reports::PROCESS;
use gridwalk_tests::harness::MORNING;
use proptest::prelude::*;

use super::lab::{cases, id_of};

#[derive(Debug, Clone)]
struct Step {
    id: String,
    kind: String,
    order: Option<i64>,
    covers: String,
    lead: Option<u64>,
}

fn step(n: u64, kind: &str, order: i64) -> Step {
    Step { id: id_of(1, n).to_string(), kind: kind.into(), order: Some(order), covers: String::new(), lead: None }
}

fn dispatch(n: u64, order: i64, lead: u64) -> Step {
    Step { lead: Some(lead), ..step(n, "dispatch", order) }
}

fn settled(n: u64, order: i64, covers: &[&Step]) -> Step {
    let covers = covers.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(" ");
    Step { covers, ..step(n, "settled", order) }
}

fn report(steps: &[Step]) -> Map {
    let mut doc = AutoCommit::new();
    doc.put(ROOT, "at", MORNING).unwrap();
    let container = doc.put_object(ROOT, "steps", ObjType::Map).unwrap();
    for step in steps {
        let map = doc.put_object(&container, &step.id, ObjType::Map).unwrap();
        doc.put(&map, "kind", step.kind.as_str()).unwrap();
        doc.put(&map, "at", step.order.unwrap_or(0)).unwrap();
        if let Some(order) = step.order {
            doc.put(&map, "order", order).unwrap();
        }
        if let Some(lead) = step.lead {
            doc.put(&map, "lead", id_of(7, lead).to_string()).unwrap();
            doc.put(&map, "assisting", format!("{} nonsense", id_of(7, lead + 100))).unwrap();
        }
        if step.kind == "whistle" {
            doc.put(&map, "whistle", 2).unwrap();
        }
        if !step.covers.is_empty() {
            doc.put(&map, "covers", step.covers.as_str()).unwrap();
        }
    }
    Map::of(doc.document())
}

fn folded(steps: &[Step]) -> Folded {
    fold(&PROCESS, &report(steps))
}

/// The states of a report in the order of the columns below, but for `closed`.
const STATES: [&str; 12] =
    ["raised", "declined", "withdrawn", "merged", "accepted", "studying", "whistled", "dispatched", "handling", "suspended", "answered", "verified"];

/// Where each step leads from each of them, and from `closed` last, written by hand: `.` it does not apply, `=` it stays.
const LEADS: &[(&str, &str)] = &[
    // step             rai dec wit mer acc stu whi dis han sus ans ver clo
    ("accept", "acc  .   .   .   .   .   .   .   .   .   .   .   . "),
    ("decline", "dec  =   .   .   .   .   .   .   .   .   .   .   . "),
    ("withdraw", "wit  .   .   .  wit  .   .   .   .   .   .   .   . "),
    ("study", " .   .   .   .  stu  .   .   .  stu  .   .   .   . "),
    ("handle", " .   .   .   .  han han  .  han  =   .  han  .   . "),
    ("feed_back", "ans  .   .   .  ans ans  .  ans ans  .   .   .   . "),
    ("rework", " .   .   .   .   .   .   .   .   .   .  han han  . "),
    ("verify", " .   .   .   .   .   .   .   .   .   .  ver  .   . "),
    ("close", " .   .   .   .   .   .   .   .  clo  .  clo clo  = "),
    ("whistle", "whi  .   .   .  whi whi  .   .  whi  .  whi  .   . "),
    ("dispatch", " .   .   .   .   .   .  dis  =   .   .   .   .   . "),
    ("ask", " .   .   .   .   .   .   .   =   =   .   .   .   . "),
    ("take_on", " .   .   .   .   .   .   .   =   =   .   .   .   . "),
    ("arrive", " .   .   .   .   .   .   .  han  =   .   .   .   . "),
    ("return", " .   .   .   .   .   .   .   =   =   .   .   .   . "),
    ("send_back", " .   .   .   .   .   .  acc  .   .   .   .   .   . "),
    ("meet", " .   .   .   .   .   .   .   =   =   .   .   .   . "),
    ("settle_part", " .   .   .   .   .   .   .  han  =   .   .   .   . "),
    ("share_out", " .   .   .   .   .   .   .   =   =   .   .   .   . "),
    ("stage", " .   .   .   .   .   .   .  han  =   .   .   .   . "),
    ("stage_done", " .   .   .   .   .   .   .   =   =   .   .   .   . "),
    ("defer", " .   .   .   .   =   =   .   =   =   .   .   .   . "),
    ("suspend", " .   .   .   .  sus sus  .  sus sus  .   .   .   . "),
    ("resume", " .   .   .   .   .   .   .   .   .  bef  .   .   . "),
    ("supervise", " .   .   .   .   .   .   =   =   =   =   =   .   . "),
    ("reopen", " .  rai  .   .   .   .   .   .   .   .   .   .  acc"),
    ("evaluate", " .   =   .   .   .   .   .   .   .   .   .   .   = "),
    ("appraise", " .   .   .   .   .   .   .   .   .   .   =   =   = "),
    ("merge", "mer  .   .   .  mer mer  .   .  mer  .   .   .   . "),
    ("take_apart", " .   .   .  bef  .   .   .   .   .   .   .   .   . "),
    ("note", " =   =   =   =   =   =   =   =   =   =   =   =   = "),
    ("calendar", " =   =   =   =   =   =   =   =   =   =   =   =   = "),
    ("settled", " =   =   =   =   =   =   =   =   =   =   =   =   = "),
];

#[test]
fn from_each_state_each_step_leads_where_it_should() {
    for (code, leads) in LEADS {
        let step = PROCESS.step(code).unwrap_or_else(|| panic!("no step {code}"));
        let told: Vec<&str> = leads.split_whitespace().collect();
        assert_eq!(told.len(), 13, "{code}");
        for (state, told) in STATES.iter().chain(&["closed"]).zip(told) {
            let found = match step.leads_from(state) {
                None => ".",
                Some(To::Stay) => "=",
                Some(To::State(next)) if next == *state => "=",
                Some(To::State(next)) => &next[..3],
                Some(To::Before(_)) => "bef",
            };
            assert_eq!(found, told, "{code} from {state}");
        }
    }
    let named: Vec<&str> = LEADS.iter().map(|(code, _)| *code).collect();
    assert!(PROCESS.steps.iter().all(|step| named.contains(&step.code.code)) && PROCESS.steps.len() == named.len());
    assert!(PROCESS.step("from a newer app").is_none());
    let codes = PROCESS.steps.iter().map(|s| s.code).chain(PROCESS.states.iter().map(|s| s.code));
    assert!(codes.into_iter().all(|c| c.code.is_ascii() && !c.label.zh.is_ascii() && c.label.en.is_ascii()));
}

#[test]
fn a_case_from_beginning_to_end() {
    let table: [(&[&str], &str); 16] = [
        (&["decline", "reopen", "accept"], "accepted"),
        (&["feed_back", "close", "reopen"], "accepted"),
        (&["feed_back", "close", "handle", "reopen", "feed_back"], "answered"),
        (&["reopen", "accept", "reopen"], "accepted"),
        (&["accept", "whistle", "dispatch", "handle", "feed_back", "close"], "closed"),
        (&["accept", "whistle", "dispatch", "return"], "dispatched"),
        (&["accept", "dispatch", "whistle", "handle", "close"], "whistled"),
        (&[], "raised"),
        (&["accept"], "accepted"),
        (&["decline"], "declined"),
        (&["accept", "handle"], "handling"),
        (&["feed_back"], "answered"),
        (&["accept", "handle", "feed_back", "close"], "closed"),
        (&["accept", "handle", "feed_back", "handle"], "handling"),
        (&["accept", "close"], "accepted"),
        (&["note", "accept", "note", "from a newer app", "handle"], "unknown"),
    ];
    for (kinds, status) in table {
        let steps: Vec<Step> = kinds.iter().zip(1..).map(|(kind, n)| step(n, kind, n as i64)).collect();
        assert_eq!(folded(&steps).status, status, "{kinds:?}");
    }
    let done = folded(&[step(1, "accept", 1), step(2, "feed_back", 5), step(3, "close", 9)]);
    assert_eq!((done.since, done.answered_at), (9, Some(5)));
    assert_eq!(folded(&[]).since, MORNING);
}

#[test]
fn a_step_that_came_too_late_stays_visible_as_such() {
    // Two offline: one closes, another accepts what is accepted already.
    let steps = [step(1, "accept", 10), step(2, "handle", 20), step(3, "close", 30), step(4, "accept", 25), step(5, "handle", 40)];
    let folded = folded(&steps);
    assert_eq!(folded.status, "closed");
    let applied: Vec<bool> = folded.steps.iter().map(|s| s.without.is_none()).collect();
    assert_eq!(applied, [true, true, false, true, false]);
    assert_eq!(folded.steps.len(), 5);
}

#[test]
fn what_was_settled_does_not_flip() {
    let (accept, handle, close) = (step(1, "accept", 100), step(2, "handle", 110), step(3, "close", 120));
    let late = step(9, "decline", 5);
    let open = [accept.clone(), handle.clone(), close.clone(), late.clone()];
    assert_eq!(folded(&open).status, "declined", "without it, an early decline that comes late would win");
    let pin = settled(10, 130, &[&accept, &handle, &close]);
    let pinned = [accept.clone(), handle.clone(), close.clone(), late, pin];
    let result = folded(&pinned);
    assert_eq!((result.status, result.since), ("closed", 120));
    assert_eq!(result.steps.last().map(|s| s.without.is_none()), Some(true));
    assert!(result.steps.iter().any(|s| s.code == "decline" && s.without.is_some()));
    // A second settlement adds to the first and takes nothing back.
    let second = settled(11, 50, &[&close]);
    let both: Vec<Step> = pinned.iter().cloned().chain([second]).collect();
    assert_eq!(folded(&both).steps.len(), 6);
}

#[test]
fn who_has_a_report_is_who_the_last_step_that_applied_gave_it_to() {
    let whistle = step(1, "whistle", 10);
    let asked = |steps: &[Step]| {
        let folded = folded(steps);
        (folded.whistled, folded.lead(), folded.assisting())
    };
    assert_eq!(asked(&[]), (None, None, vec![]));
    assert_eq!(asked(&[dispatch(2, 5, 1)]), (None, None, vec![]), "nobody dispatches what was not whistled");
    assert_eq!(asked(std::slice::from_ref(&whistle)), (Some(2), None, vec![]));
    let first = dispatch(2, 20, 1);
    let given = |lead: u64| (Some(2), Some(id_of(7, lead)), vec![id_of(7, lead + 100)]);
    assert_eq!(asked(&[whistle.clone(), first.clone()]), given(1));
    assert_eq!(asked(&[whistle.clone(), first.clone(), dispatch(3, 30, 4)]), given(4), "another takes it over");
    assert_eq!(asked(&[whistle.clone(), first.clone(), step(4, "handle", 25), dispatch(3, 30, 4)]), given(1), "not what is handled already");
    assert_eq!(asked(&[whistle.clone(), first.clone(), step(5, "return", 30)]), (Some(2), None, vec![id_of(7, 101)]), "who assists goes on");
    assert_eq!(asked(&[whistle.clone(), step(5, "return", 30)]).0, Some(2), "the street keeps what it heard of");
    assert_eq!(asked(&[whistle, first, step(6, "feed_back", 40), step(7, "whistle", 50)]), (Some(2), None, vec![]), "whistled again");
}

#[test]
fn what_is_said_after_the_end_waits_for_someone() {
    let base = [step(1, "accept", 10), step(2, "feed_back", 20), step(3, "close", 30)];
    let with = |more: &[Step]| {
        let folded = folded(&base.iter().chain(more).cloned().collect::<Vec<_>>());
        (folded.status, folded.notes_since, folded.is_done(&PROCESS))
    };
    let (first, second) = (step(4, "note", 40), step(5, "note", 50));
    assert_eq!(with(&[]), ("closed", 0, true));
    assert_eq!(with(std::slice::from_ref(&first)), ("closed", 1, false));
    assert_eq!(with(&[first.clone(), second.clone()]), ("closed", 2, false));
    assert_eq!(with(&[step(4, "note", 25)]), ("closed", 0, true), "what was said before it was closed was heard");
    assert_eq!(with(&[first.clone(), step(6, "close", 60)]), ("closed", 0, true), "closed once more answers it");
    assert_eq!(with(&[first.clone(), step(6, "close", 45), second.clone()]), ("closed", 1, false));
    assert_eq!(with(&[first.clone(), step(6, "reopen", 60)]), ("accepted", 0, false));
    assert_eq!(with(&[first, step(6, "reopen", 60), second]), ("accepted", 0, false));
    let declined = folded(&[step(1, "decline", 10), step(2, "note", 20)]);
    assert_eq!((declined.status, declined.notes_since), ("declined", 1));
}

#[test]
fn each_closing_is_settled() {
    let (answer, close, reopen, again) = (step(1, "feed_back", 10), step(2, "close", 20), step(3, "reopen", 30), step(4, "feed_back", 40));
    let first = [answer.clone(), close.clone()];
    assert!(folded(&first).unsettled);
    let pin = settled(8, 25, &[&answer, &close]);
    let pinned: Vec<Step> = first.iter().cloned().chain([pin.clone()]).collect();
    assert!(!folded(&pinned).unsettled);
    let second: Vec<Step> = pinned.into_iter().chain([reopen.clone(), again.clone(), step(5, "close", 50)]).collect();
    assert!(folded(&second).unsettled, "closed again, and not settled yet");
    let pins = settled(9, 60, &[&reopen, &again, &second[5]]);
    // Decided before it was closed at all, heard of last.
    let whole: Vec<Step> = second.iter().cloned().chain([pins, step(6, "decline", 5), step(7, "handle", 35)]).collect();
    let folded = folded(&whole);
    assert_eq!((folded.status, folded.since, folded.unsettled), ("closed", 50, false));
}

fn any_step() -> impl Strategy<Value = Step> {
    let kinds = prop::sample::select(vec![
        "accept",
        "decline",
        "handle",
        "feed_back",
        "close",
        "note",
        "newer",
        "",
        "whistle",
        "whistle",
        "dispatch",
        "dispatch",
        "return",
        "supervise",
        "reopen",
        "reopen",
    ]);
    (1u64..40, kinds, prop::option::weighted(0.95, prop_oneof![8 => 0i64..20, 1 => any::<i64>()])).prop_map(|(n, kind, order)| Step {
        order,
        lead: (kind == "dispatch").then_some(n),
        ..step(n, kind, 0)
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_steps_in_any_order_give_one_valid_status(mut steps in prop::collection::vec(any_step(), 0..12), keep in any::<u16>()) {
        steps.sort_by(|a, b| a.id.cmp(&b.id));
        steps.dedup_by(|a, b| a.id == b.id);
        let whole = folded(&steps);
        prop_assert_eq!(whole.steps.len(), steps.len(), "nothing disappears");
        let mut other = steps.clone();
        other.reverse();
        other.rotate_left(steps.len() / 3);
        prop_assert_eq!(&whole, &folded(&other));
        let newer = |f: &FoldedStep| steps.iter().any(|s| s.id == f.id && s.kind == "newer");
        // With a step that only a newer app knows nobody here can say where it stands.
        prop_assert_eq!(whole.status == "unknown", whole.steps.iter().any(newer));
        prop_assert!(PROCESS.state(whole.status).is_some());
        prop_assert_eq!(whole.answered_at.is_some(), whole.steps.iter().any(|s| s.without.is_none() && s.code == "feed_back"));
        // Who has it follows from the steps that applied, and from nothing else.
        prop_assert_eq!(whole.whistled.is_some(), whole.steps.iter().any(|s| s.without.is_none() && s.code == "whistle"));
        let handed = |s: &&FoldedStep| s.without.is_none() && ["whistle", "dispatch", "return", "send_back", "reopen"].contains(&&*s.code);
        let last = whole.steps.iter().rev().find(handed).filter(|s| s.code == "dispatch");
        let lead = last.and_then(|l| steps.iter().find(|s| s.id == l.id)).and_then(|s| s.lead).map(|n| id_of(7, n));
        prop_assert_eq!(whole.lead(), lead);
        prop_assert!(whole.parts.iter().filter(|part| part.until.is_none() && part.leads).count() <= 1);
        // Without its lead the case waits for the street.
        prop_assert!(whole.status != "dispatched" || whole.lead().is_some());
        // So is that of any part of them, for a replica that has not heard the rest.
        let part: Vec<Step> = steps.iter().enumerate().filter(|(n, _)| keep & (1 << n) != 0).map(|(_, s)| s.clone()).collect();
        prop_assert_eq!(folded(&part).steps.len(), part.len());
        // Once settled, nothing that comes later changes what the settled steps say.
        let part_now = folded(&part);
        let covered: Vec<&Step> = part_now.steps.iter().map(|f| steps.iter().find(|s| s.id == f.id).unwrap()).collect();
        if part_now.status == "closed" {
            let all: Vec<Step> = steps.iter().cloned().chain([settled(99, 50, &covered)]).collect();
            let after = folded(&all);
            // Only a person who takes it up again, and says so, undoes it.
            let reopened = after.steps.iter().skip(part.len()).any(|s| s.without.is_none() && s.code == "reopen");
            prop_assert!(reopened || after.status == "closed" && after.since == part_now.since);
            let unordered = |f: &Folded| f.steps.iter().take(part.len()).map(|s| (s.id.clone(), s.without.is_none())).collect::<Vec<_>>();
            prop_assert_eq!(unordered(&part_now), unordered(&after));
        }
    }
}
