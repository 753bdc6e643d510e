use proptest::{collection::vec, prelude::*};

use super::*;

#[test]
fn the_order_of_the_list_works_and_has_no_reason_not_to() {
    let assembly = Assembly { order: Piece::ALL.to_vec(), ..Assembly::new(1) };
    let late = |at: usize| assembly.order.get(at) != Some(&Piece::Program);
    assert!((0..Piece::ALL.len()).filter(|at| late(*at)).all(|at| assembly.reason(at).is_none()));
}

#[test]
fn a_piece_in_the_hand_moves_with_the_cursor() {
    let mut assembly = Assembly::new(5);
    let first = assembly.order[0];
    assembly.take();
    assembly.move_by(1);
    assembly.move_by(1);
    assembly.take();
    assembly.move_by(-9);
    assert_eq!((assembly.order[2], assembly.cursor()), (first, 0));
}

#[test]
fn each_piece_that_held_leads_to_the_next_and_the_first_that_did_not_ends_it() {
    let mut assembly = Assembly { order: Piece::ALL.to_vec(), ..Assembly::new(1) };
    assembly.start();
    let lab = assembly.lab();
    assert_eq!(lab.steps.len(), Piece::ALL.len());
    assert_eq!(lab.steps[0].prepare, scene());
    assembly.settled(true);
    assert_eq!(assembly.verdict(), Verdict::Running(1));
    assembly.settled(false);
    assert_eq!((assembly.verdict(), assembly.cursor()), (Verdict::Failed(1), 1));
    assembly.settled(true);
    assert_eq!(assembly.verdict(), Verdict::Failed(1), "it is over");
    assembly.start();
    (0..Piece::ALL.len()).for_each(|_| assembly.settled(true));
    assert_eq!(assembly.verdict(), Verdict::Holds);
}

#[test]
fn a_cgroup_that_cannot_be_made_is_taken_out_and_stays_out() {
    let mut assembly = Assembly { order: Piece::ALL.to_vec(), ..Assembly::new(1) };
    assembly.start();
    assert!(assembly.leave_out());
    assert!(!assembly.leave_out(), "it is out");
    assert_eq!((assembly.verdict(), assembly.left_out()), (Verdict::Untried, &[Piece::Limit][..]));
    assert_eq!(assembly.order().len(), Piece::ALL.len() - 1);
    let another = assembly.another(7);
    assert!(!another.order().contains(&Piece::Limit));
    let expects = |assembly: &Assembly| assembly.lab().steps.iter().map(|s| s.expect.len()).sum::<usize>();
    assert_eq!(expects(&another) + limit_holds().len(), expects(&Assembly::new(7)));
}

#[test]
fn an_overlay_is_taken_out_where_no_order_is_to_blame() {
    use Piece::{Fork, Overlay, Pivot, Program, Root, Walls};
    let at = |order: &[Piece], done| {
        let mut assembly = Assembly { order: order.to_vec(), ..Assembly::new(1) };
        assembly.verdict = Verdict::Running(done);
        assembly
    };
    assert!(!at(&[Overlay, Walls, Fork, Root, Pivot, Program], 0).leave_out(), "there are no walls");
    let mut assembly = at(&[Walls, Fork, Overlay, Root, Pivot, Program], 2);
    assert!(assembly.leave_out());
    assert_eq!((assembly.left_out(), assembly.order().len()), (&[Overlay][..], 5));
    let root = &assembly.lab().steps[2];
    assert!(
        root.actions.contains(&Action::Mount { what: MountKind::Tmpfs, at: Place::Box }),
        "a place of its own"
    );
    assert!(!assembly.another(3).order().contains(&Overlay));
}

#[test]
fn a_root_is_filled_in_the_overlay_or_on_a_tmpfs_and_never_on_the_disk() {
    use Piece::{Overlay, Root, Walls};
    let tmpfs = Action::Mount { what: MountKind::Tmpfs, at: Place::Box };
    assert!(Root.actions(&[Walls]).contains(&tmpfs));
    assert_eq!(Root.actions(&[Walls, Overlay]), [Action::FurnishRoot {}]);
    assert!(Overlay.actions(&[Walls, Root]).contains(&tmpfs));
}

#[test]
fn a_wrong_order_has_its_reason() {
    use Piece::{Fork, Lo, Name, Overlay, Pivot, Program, Rights, Root, Walls};
    let of = |order: &[Piece], at| Assembly { order: order.to_vec(), ..Assembly::new(1) }.reason(at);
    assert_eq!(of(&[Name, Walls, Fork, Root, Pivot, Lo, Program], 0), Some(Reason::NoWalls));
    assert_eq!(of(&[Walls, Root, Fork, Pivot, Name, Lo, Program], 1), Some(Reason::NotFirst));
    assert_eq!(of(&[Fork, Walls, Root, Pivot, Name, Lo, Program], 2), Some(Reason::NotFirst));
    assert_eq!(of(&[Walls, Fork, Pivot, Root, Name, Lo, Program], 2), Some(Reason::NoRoot));
    assert_eq!(of(&[Walls, Fork, Root, Rights, Pivot, Name, Lo, Program], 4), Some(Reason::NoRights));
    assert_eq!(of(&[Overlay, Walls, Fork, Root, Pivot, Program], 0), Some(Reason::NoWalls));
    assert_eq!(of(&[Walls, Fork, Root, Pivot, Overlay, Program], 4), Some(Reason::Pivoted));
    assert_eq!(of(&[Walls, Fork, Overlay, Pivot, Root, Program], 4), Some(Reason::Pivoted));
    assert_eq!(of(&[Walls, Fork, Root, Overlay, Pivot, Program], 5), Some(Reason::Covered));
    assert_eq!(of(&[Walls, Fork, Root, Overlay, Program, Pivot], 4), Some(Reason::TooEarly));
    assert_eq!(of(&[Program, Walls, Fork, Root, Pivot, Name, Lo], 0), Some(Reason::TooEarly));
}

#[test]
fn everything_has_words_in_both_languages() {
    for lang in Lang::ALL {
        for piece in Piece::ALL {
            assert_ne!(piece.label(lang), piece.name());
            assert!(!piece.actions(&[]).is_empty());
        }
    }
}

proptest! {
    #[test]
    fn no_piece_is_ever_lost_and_no_shuffle_works(seed: u32, moves in vec((any::<bool>(), -3..3_isize), 0..30)) {
        let mut assembly = Assembly::new(seed);
        prop_assert_ne!(assembly.order().last(), Some(&Piece::Program));
        for (take, by) in moves {
            if take {
                assembly.take();
            }
            assembly.move_by(by);
            let mut pieces = assembly.order().to_vec();
            pieces.sort_unstable();
            prop_assert_eq!(pieces, Piece::ALL.to_vec());
            prop_assert!(assembly.cursor() < Piece::ALL.len());
        }
    }
}
