use std::collections::BTreeSet;

use super::*;

#[test]
fn every_fault_comes_up_and_the_same_seed_makes_the_same_box() {
    let faults: BTreeSet<Fault> = (0..SEEDS).map(|seed| Ward::new(seed).fault).collect();
    assert_eq!(faults.len(), Fault::ALL.len());
    for seed in 0..SEEDS {
        let ward = Ward::new(seed);
        assert_eq!(ward, Ward::new(seed + SEEDS));
        assert_eq!(ward.offered().iter().copied().collect::<BTreeSet<_>>().len(), Fault::ALL.len());
    }
}

#[test]
fn typed_digits_are_the_seed() {
    assert_eq!(Ward::new(7).digit(4).digit(2), Ward::new(42));
    assert_eq!(Ward::new(99).another().seed(), 0);
}

#[test]
fn a_box_that_cannot_be_made_is_spared_until_none_can() {
    let mut ward = Ward::new(0);
    for spared in 1..Fault::ALL.len() {
        ward = ward.spare().unwrap();
        assert_eq!(ward.spared().len(), spared);
        assert!(!ward.spared().contains(&ward.fault));
        assert!(!ward.spared().contains(&ward.another().fault));
    }
    assert_eq!(ward.spare(), None);
}

#[test]
fn a_mend_is_tried_once_at_a_time_until_one_holds() {
    let mut ward = Ward::new(3);
    assert!(ward.choose());
    assert!(!ward.choose());
    ward.settled(false);
    ward.move_by(1);
    assert!(ward.choose());
    ward.settled(true);
    assert_eq!(ward.tries(), 2);
    assert!(matches!(ward.outcome(), Outcome::Holds(fault) if fault == ward.offered()[1]));
    assert!(!ward.choose(), "it is mended");
}

#[test]
fn every_fault_has_a_mend_and_words() {
    for fault in Fault::ALL {
        assert!(!fault.mends().is_empty());
        for lang in Lang::ALL {
            assert_ne!(fault.label(lang), fault.name());
            assert_ne!(fault.about(lang), fault.name());
        }
    }
}
