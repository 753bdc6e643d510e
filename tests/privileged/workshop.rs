//! The two exercises: orders of the pieces are really carried out, and every mend on every broken box.

use korobka::{
    lab::{
        action::{Action, MountKind, Place},
        assemble::{Piece, limit_holds, overlay_holds, rights_hold, scene, whole},
        expectation::{Expectation, Moments},
        fact::{Fact, FactId},
        mend::Fault,
        observation::Observation,
        sight::Sight,
        trace::Failure,
    },
    stage::protocol::{Event, Request},
};

use super::engine::{Act, Stage};

/// What became of an order.
#[derive(Debug, PartialEq, Eq)]
enum Became {
    Whole,
    /// The kernel refused a call of the piece.
    Refused(Piece, &'static str),
    /// The program found an unfinished box.
    Unfinished,
}

fn unmet(act: &Act, wanted: Vec<Expectation>) -> Vec<Expectation> {
    let moments = Moments { before: &act.before, after: &act.after, traces: &act.traces, by_hand: false };
    wanted.into_iter().filter(|expectation| !expectation.met(moments)).collect()
}

/// As the exercises open it: with an eye on the limits.
fn open(stage: &Stage, replay: &[Action]) -> Result<Observation, Failure> {
    let sights = vec![Sight::Walls, Sight::Limits];
    stage.client.request(&Request::Open { replay: replay.to_vec(), sights }, None).unwrap();
    match stage.next() {
        Event::Opened { observation } => Ok(observation),
        Event::Failed { failure } => Err(failure),
        other => panic!("not opened: {other:?}"),
    }
}

/// Whether a cgroup can be made here; the failure is said.
fn cgroups(stage: &Stage) -> bool {
    let made = open(stage, &Piece::Limit.actions(&[]));
    if let Err(failure) = &made {
        assert!(!nix::unistd::geteuid().is_root(), "{failure:?}");
        println!("  no cgroups here: {} {}", failure.operation, failure.errno);
    }
    made.is_ok()
}

/// Whether a user namespace may mount an overlay here (Linux 5.11); the failure is said.
fn overlays(stage: &Stage) -> bool {
    let (walls, overlay) = (Piece::Walls.actions(&[]), Piece::Overlay.actions(&[Piece::Walls]));
    let made = open(stage, &[scene(), walls, overlay].concat());
    if let Err(failure) = &made {
        println!("  no overlay in a user namespace here: {} {}", failure.operation, failure.errno);
    }
    made.is_ok()
}

fn carry_out(stage: &Stage, order: &[Piece]) -> Became {
    open(stage, &scene()).unwrap();
    let limit = if order.contains(&Piece::Limit) { limit_holds() } else { Vec::new() };
    let wanted = [whole(), rights_hold(), limit].concat();
    for (at, piece) in order.iter().enumerate() {
        let act = stage.act(&piece.actions(&order[..at]));
        if let Some(Failure { operation, errno, .. }) = &act.failure {
            assert_ne!(operation, "guard", "{order:?}: {piece:?}: the kernel itself must refuse it");
            let errno = ["EPERM", "EINVAL", "ENOENT", "EBUSY"].into_iter().find(|name| name == errno);
            return Became::Refused(*piece, errno.unwrap_or("another error"));
        }
        let unmet = unmet(&act, wanted.clone());
        if *piece == Piece::Overlay {
            let unmet = self::unmet(&act, overlay_holds());
            assert!(unmet.is_empty(), "{order:?}: the kernel's list of mounts shows it: {unmet:?}");
        }
        if *piece == Piece::Program && !unmet.is_empty() {
            println!("  {order:?}: {unmet:?}");
            return Became::Unfinished;
        }
    }
    Became::Whole
}

pub(crate) fn an_order_holds_or_fails_for_the_kernels_own_reason() {
    use Piece::{Fork, Limit, Lo, Name, Pivot, Program, Rights, Root, Walls};
    let stage = Stage::start();
    let host = stage.open(&[]).get(FactId::host(Fact::Hostname)).cloned();
    for (order, became) in [
        ([Walls, Fork, Root, Pivot, Name, Lo, Rights, Program], Became::Whole),
        ([Walls, Lo, Fork, Name, Root, Pivot, Rights, Program], Became::Whole),
        ([Name, Walls, Fork, Root, Pivot, Lo, Rights, Program], Became::Refused(Name, "EPERM")),
        ([Lo, Walls, Fork, Root, Pivot, Name, Rights, Program], Became::Refused(Lo, "EPERM")),
        ([Root, Walls, Fork, Pivot, Name, Lo, Rights, Program], Became::Refused(Root, "EPERM")),
        ([Pivot, Walls, Fork, Root, Name, Lo, Rights, Program], Became::Refused(Pivot, "EPERM")),
        ([Walls, Root, Fork, Pivot, Name, Lo, Rights, Program], Became::Refused(Root, "EPERM")),
        ([Fork, Walls, Root, Pivot, Name, Lo, Rights, Program], Became::Refused(Root, "EPERM")),
        ([Walls, Fork, Pivot, Root, Name, Lo, Rights, Program], Became::Refused(Pivot, "EINVAL")),
        ([Rights, Walls, Fork, Root, Pivot, Name, Lo, Program], Became::Refused(Walls, "EPERM")),
        ([Walls, Fork, Rights, Root, Pivot, Name, Lo, Program], Became::Refused(Root, "EPERM")),
        ([Walls, Fork, Root, Rights, Pivot, Name, Lo, Program], Became::Refused(Pivot, "EPERM")),
        ([Walls, Fork, Root, Pivot, Rights, Name, Lo, Program], Became::Refused(Name, "EPERM")),
        ([Walls, Fork, Root, Pivot, Name, Rights, Lo, Program], Became::Refused(Lo, "EPERM")),
        ([Walls, Fork, Root, Pivot, Name, Lo, Program, Rights], Became::Unfinished),
        ([Walls, Fork, Root, Pivot, Name, Program, Lo, Rights], Became::Unfinished),
        ([Walls, Fork, Program, Root, Pivot, Name, Lo, Rights], Became::Unfinished),
    ] {
        assert_eq!(carry_out(&stage, &order), became, "{order:?}");
    }
    let overlays = overlays(&stage);
    if overlays {
        orders_with_an_overlay(&stage);
    }
    if cgroups(&stage) {
        if overlays {
            assert_eq!(carry_out(&stage, &Piece::ALL), Became::Whole);
        }
        for (order, became) in [
            ([Walls, Fork, Root, Pivot, Name, Lo, Rights, Limit, Program], Became::Whole),
            ([Walls, Fork, Root, Pivot, Name, Lo, Rights, Program, Limit], Became::Unfinished),
        ] {
            assert_eq!(carry_out(&stage, &order), became, "{order:?}");
        }
    }
    assert_eq!(stage.open(&[]).get(FactId::host(Fact::Hostname)).cloned(), host, "the host is as it was");
}

fn orders_with_an_overlay(stage: &Stage) {
    use Piece::{Fork, Lo, Name, Overlay, Pivot, Program, Rights, Root, Walls};
    for (order, became) in [
        ([Walls, Fork, Overlay, Root, Pivot, Name, Lo, Rights, Program], Became::Whole),
        ([Walls, Overlay, Fork, Root, Name, Lo, Pivot, Rights, Program], Became::Whole),
        ([Overlay, Walls, Fork, Root, Pivot, Name, Lo, Rights, Program], Became::Refused(Overlay, "EPERM")),
        ([Walls, Fork, Rights, Overlay, Root, Pivot, Name, Lo, Program], Became::Refused(Overlay, "EPERM")),
        ([Walls, Fork, Pivot, Overlay, Root, Name, Lo, Rights, Program], Became::Refused(Pivot, "EINVAL")),
        ([Walls, Fork, Overlay, Pivot, Root, Name, Lo, Rights, Program], Became::Refused(Root, "ENOENT")),
        ([Walls, Fork, Root, Pivot, Overlay, Name, Lo, Rights, Program], Became::Refused(Overlay, "ENOENT")),
        ([Walls, Fork, Root, Overlay, Pivot, Name, Lo, Rights, Program], Became::Unfinished),
    ] {
        assert_eq!(carry_out(stage, &order), became, "{order:?}");
    }
}

pub(crate) fn each_mend_holds_on_its_own_box_and_on_no_other() {
    let stage = Stage::start();
    let cgroups = cgroups(&stage);
    for fault in Fault::ALL {
        if fault == Fault::LimitElsewhere && !cgroups {
            assert!(open(&stage, &fault.breaks()).is_err(), "another box must be drawn");
            continue;
        }
        for mend in Fault::ALL {
            open(&stage, &fault.breaks()).unwrap();
            let nothing: &[Action] = &[];
            let broken = stage.act(nothing);
            assert!(!unmet(&broken, fault.wanted()).is_empty(), "{fault:?} shows nowhere");
            let act = stage.act(&[mend.mends(), fault.rest()].concat());
            let unmet = unmet(&act, fault.wanted());
            let holds = act.failure.is_none() && unmet.is_empty();
            assert_eq!(holds, fault == mend, "{mend:?} on {fault:?}: {:?} {unmet:?}", act.failure);
        }
    }
}

/// What broke the box is the kernel's own word, and it stays until upper lies elsewhere.
pub(crate) fn an_upper_directory_on_an_overlay_is_refused() {
    let stage = Stage::start();
    open(&stage, &Fault::UpperOnOverlay.breaks()).unwrap();
    for mend in [Vec::new(), Fault::LoDown.mends()] {
        let act = stage.act(&[mend, Fault::UpperOnOverlay.rest()].concat());
        let failure = act.failure.expect("refused");
        assert_eq!((failure.operation.as_str(), failure.errno.as_str()), ("mount", "EINVAL"));
    }
    let tmpfs = Action::Mount { what: MountKind::Tmpfs, at: Place::Box };
    let act = stage.act(&[vec![tmpfs], Fault::UpperOnOverlay.rest()].concat());
    assert_eq!(act.failure, None);
}
