//! The two exercises: every order of the pieces is really carried out, and every mend on every broken box.

use korobka::lab::{
    action::Action,
    assemble::{Piece, scene, whole},
    expectation::{Expectation, Moments},
    fact::{Fact, FactId},
    mend::Fault,
    trace::Failure,
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

fn unmet(act: &Act) -> Vec<Expectation> {
    let moments = Moments { before: &act.before, after: &act.after, traces: &act.traces, by_hand: false };
    whole().into_iter().filter(|expectation| !expectation.met(moments)).collect()
}

fn carry_out(stage: &Stage, order: &[Piece]) -> Became {
    stage.open(&scene());
    for piece in order {
        let act = stage.act(&piece.actions());
        if let Some(Failure { operation, errno, .. }) = &act.failure {
            assert_ne!(operation, "guard", "{order:?}: {piece:?}: the kernel itself must refuse it");
            let errno = ["EPERM", "EINVAL", "ENOENT", "EBUSY"].into_iter().find(|name| name == errno);
            return Became::Refused(*piece, errno.unwrap_or("another error"));
        }
        if *piece == Piece::Program && !unmet(&act).is_empty() {
            return Became::Unfinished;
        }
    }
    Became::Whole
}

pub(crate) fn an_order_holds_or_fails_for_the_kernels_own_reason() {
    use Piece::{Fork, Lo, Name, Pivot, Program, Root, Walls};
    let stage = Stage::start();
    let host = stage.open(&[]).get(FactId::host(Fact::Hostname)).cloned();
    for (order, became) in [
        (Piece::ALL, Became::Whole),
        ([Walls, Lo, Fork, Name, Root, Pivot, Program], Became::Whole),
        ([Name, Walls, Fork, Root, Pivot, Lo, Program], Became::Refused(Name, "EPERM")),
        ([Lo, Walls, Fork, Root, Pivot, Name, Program], Became::Refused(Lo, "EPERM")),
        ([Root, Walls, Fork, Pivot, Name, Lo, Program], Became::Refused(Root, "EPERM")),
        ([Pivot, Walls, Fork, Root, Name, Lo, Program], Became::Refused(Pivot, "EPERM")),
        ([Walls, Root, Fork, Pivot, Name, Lo, Program], Became::Refused(Root, "EPERM")),
        ([Fork, Walls, Root, Pivot, Name, Lo, Program], Became::Refused(Root, "EPERM")),
        ([Walls, Fork, Pivot, Root, Name, Lo, Program], Became::Refused(Pivot, "EINVAL")),
        ([Walls, Fork, Root, Pivot, Name, Program, Lo], Became::Unfinished),
        ([Walls, Fork, Program, Root, Pivot, Name, Lo], Became::Unfinished),
    ] {
        assert_eq!(carry_out(&stage, &order), became, "{order:?}");
    }
    assert_eq!(stage.open(&[]).get(FactId::host(Fact::Hostname)).cloned(), host, "the host is as it was");
}

pub(crate) fn each_mend_holds_on_its_own_box_and_on_no_other() {
    let stage = Stage::start();
    for fault in Fault::ALL {
        for mend in Fault::ALL {
            stage.open(&fault.breaks());
            let nothing: &[Action] = &[];
            let broken = stage.act(nothing);
            assert!(!unmet(&broken).is_empty(), "{fault:?} shows nowhere");
            let act = stage.act(&mend.mends());
            let holds = act.failure.is_none() && unmet(&act).is_empty();
            assert_eq!(holds, fault == mend, "{mend:?} on {fault:?}: {:?} {:?}", act.failure, unmet(&act));
        }
    }
}
