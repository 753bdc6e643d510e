//! The engine on the real kernel, as whoever runs the tests: root or not. After each test the machine must be as before:
//! the same mounts, links, cgroups, IPC objects and processes.
//!
//! A harness of its own: the program starts itself again in other roles, so here `main` must know them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and this one is its own harness"
)]

use std::{process::ExitCode, time::Instant};

#[path = "support/machine.rs"]
mod kind;
#[path = "support/patience.rs"]
mod patience;
#[path = "support/skip.rs"]
mod skip;

mod privileged {
    pub(crate) mod actions;
    pub(crate) mod anyone;
    pub(crate) mod by_hand;
    pub(crate) mod cgroups;
    pub(crate) mod controls;
    pub(crate) mod dial;
    pub(crate) mod disturbed;
    pub(crate) mod engine;
    pub(crate) mod farewell;
    pub(crate) mod faults;
    pub(crate) mod kills;
    pub(crate) mod leaks;
    pub(crate) mod lesson;
    pub(crate) mod machine;
    pub(crate) mod ranges;
    pub(crate) mod strace;
    pub(crate) mod whole;
    pub(crate) mod workshop;
}

use privileged::{
    actions, anyone, by_hand, cgroups, controls, dial, disturbed, engine, farewell, faults, kills,
    leaks::Snapshot, lesson, ranges, strace, whole, workshop,
};

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    ("every_lab_passes_step_by_step", lesson::every_lab_passes_step_by_step),
    ("each_step_passes_by_hand_in_the_box", by_hand::each_step_passes_by_hand_in_the_box),
    ("every_lab_passes_by_hand_beside_the_box", by_hand::every_lab_passes_by_hand_beside_the_box),
    (
        "each_box_of_the_dial_starts_by_hand_and_its_step_passes_by_enter",
        by_hand::each_box_of_the_dial_starts_by_hand_and_its_step_passes_by_enter,
    ),
    ("each_kind_of_mount_can_be_made", actions::each_kind_of_mount_can_be_made),
    (
        "a_tree_of_many_files_is_deleted_and_told_in_short",
        actions::a_tree_of_many_files_is_deleted_and_told_in_short,
    ),
    (
        "what_is_mounted_below_the_programs_cannot_be_written_either",
        actions::what_is_mounted_below_the_programs_cannot_be_written_either,
    ),
    ("each_kind_of_ipc_object_can_be_made", actions::each_kind_of_ipc_object_can_be_made),
    ("a_clone_may_name_all_eight_namespaces", actions::a_clone_may_name_all_eight_namespaces),
    ("an_action_on_the_host_is_refused", engine::an_action_on_the_host_is_refused),
    ("a_try_on_the_host_is_not_made", engine::a_try_on_the_host_is_not_made),
    ("a_failed_act_is_rolled_back", engine::a_failed_act_is_rolled_back),
    ("every_call_of_every_lab_can_fail", faults::every_call_of_every_lab_can_fail),
    ("every_call_of_a_whole_box_can_fail", whole::every_call_of_a_whole_box_can_fail),
    ("a_killed_program_leaves_nothing", kills::a_killed_program_leaves_nothing),
    (
        "a_killed_stage_leaves_only_what_the_janitor_takes",
        kills::a_killed_stage_leaves_only_what_the_janitor_takes,
    ),
    (
        "a_stage_killed_while_it_acts_leaves_nothing_else",
        kills::a_stage_killed_while_it_acts_leaves_nothing_else,
    ),
    (
        "anyone_may_be_killed_and_another_subject_can_start",
        anyone::anyone_may_be_killed_and_another_subject_can_start,
    ),
    (
        "a_killed_box_of_the_dial_is_said_and_the_next_one_answers",
        anyone::a_killed_box_of_the_dial_is_said_and_the_next_one_answers,
    ),
    (
        "what_was_made_by_hand_goes_with_a_killed_stage",
        anyone::what_was_made_by_hand_goes_with_a_killed_stage,
    ),
    ("a_killed_subject_is_said_and_another_can_start", kills::a_killed_subject_is_said_and_another_can_start),
    ("strace_sees_the_same_calls_in_the_same_order", strace::strace_sees_the_same_calls_in_the_same_order),
    ("a_range_of_ids_is_mapped", ranges::a_range_of_ids_is_mapped),
    ("processes_that_have_ended_are_forgotten", disturbed::processes_that_have_ended_are_forgotten),
    ("a_shell_that_ends_during_a_look_is_said", disturbed::a_shell_that_ends_during_a_look_is_said),
    (
        "the_end_of_one_shell_is_not_taken_for_the_next",
        disturbed::the_end_of_one_shell_is_not_taken_for_the_next,
    ),
    ("a_stopped_subject_does_not_hold_the_stage", disturbed::a_stopped_subject_does_not_hold_the_stage),
    ("a_death_is_said_once", disturbed::a_death_is_said_once),
    ("a_daemon_of_a_killed_subject_ends", disturbed::a_daemon_of_a_killed_subject_ends),
    ("a_shell_that_ends_with_its_subject_is_said", disturbed::a_shell_that_ends_with_its_subject_is_said),
    ("a_child_that_is_not_the_stages_lives_on", disturbed::a_child_that_is_not_the_stages_lives_on),
    ("a_look_does_not_fork_in_the_subject", disturbed::a_look_does_not_fork_in_the_subject),
    ("a_shell_has_nothing_open_but_its_terminal", disturbed::a_shell_has_nothing_open_but_its_terminal),
    ("a_mount_does_not_spread_to_the_host", disturbed::a_mount_does_not_spread_to_the_host),
    ("a_group_is_limited_joined_emptied_and_removed", cgroups::a_group_is_limited_joined_emptied_and_removed),
    ("a_frozen_group_does_not_hold_the_stage", cgroups::a_frozen_group_does_not_hold_the_stage),
    ("a_group_goes_when_it_is_dropped", cgroups::a_group_goes_when_it_is_dropped),
    ("the_janitor_removes_the_cgroups_of_the_dead", cgroups::the_janitor_removes_the_cgroups_of_the_dead),
    (
        "a_killed_stage_leaves_its_cgroups_to_the_janitor",
        cgroups::a_killed_stage_leaves_its_cgroups_to_the_janitor,
    ),
    ("the_guard_holds_greedy_programs_back", cgroups::the_guard_holds_greedy_programs_back),
    ("two_programs_of_one_number_do_not_meet", cgroups::two_programs_of_one_number_do_not_meet),
    ("no_control_frees_a_greedy_program", cgroups::no_control_frees_a_greedy_program),
    ("a_directory_is_noted_before_it_is_made", cgroups::a_directory_is_noted_before_it_is_made),
    (
        "every_control_is_done_or_explained_and_taken_back",
        controls::every_control_is_done_or_explained_and_taken_back,
    ),
    ("a_plain_process_is_the_host", dial::a_plain_process_is_the_host),
    ("each_switch_takes_an_answer_away", dial::each_switch_takes_an_answer_away),
    ("whoever_is_only_in_a_chroot_climbs_out", dial::whoever_is_only_in_a_chroot_climbs_out),
    ("a_farewell_is_heard_between_two_boxes", farewell::a_farewell_is_heard_between_two_boxes),
    ("a_farewell_ends_what_only_takes_time", farewell::a_farewell_ends_what_only_takes_time),
    ("a_stage_that_stands_still_is_given_up", farewell::a_stage_that_stands_still_is_given_up),
    ("every_call_of_a_box_can_fail", dial::every_call_of_a_box_can_fail),
    (
        "an_order_holds_or_fails_for_the_kernels_own_reason",
        workshop::an_order_holds_or_fails_for_the_kernels_own_reason,
    ),
    (
        "each_mend_holds_on_its_own_box_and_on_no_other",
        workshop::each_mend_holds_on_its_own_box_and_on_no_other,
    ),
    ("an_upper_directory_on_an_overlay_is_refused", workshop::an_upper_directory_on_an_overlay_is_refused),
    ("the_stage_refuses_a_stranger", engine::the_stage_refuses_a_stranger),
];

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("@program") => {
            let mut words = std::env::args().skip(2);
            let (station, beside) = (words.next().unwrap(), words.next().unwrap());
            let below = words.next().unwrap();
            kills::be_a_program(station.parse().unwrap(), beside.parse().unwrap(), below.as_ref());
            return ExitCode::SUCCESS;
        }
        Some(role) if role.starts_with('@') => return korobka::role::dispatch(),
        _ => korobka::kernel::descent::adopt_orphans().unwrap(),
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let chosen: Vec<&Test> = TESTS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|want| name.contains(want.as_str())))
        .collect();
    println!("\nrunning {} tests", chosen.len());
    let failed = chosen.iter().filter(|test| !passes(test)).count();
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {} passed; {failed} failed; 0 ignored\n", chosen.len() - failed);
    ExitCode::from(u8::from(failed > 0))
}

/// Runs a test and counts what it left.
fn passes((name, test): &Test) -> bool {
    let before = Snapshot::take();
    let started = Instant::now();
    let outcome = std::panic::catch_unwind(test);
    let left = before.left_behind();
    let good = outcome.is_ok() && left.is_empty();
    println!("test {name} ... {} ({} ms)", if good { "ok" } else { "FAILED" }, started.elapsed().as_millis());
    for what in left {
        println!("  left behind: {what}");
    }
    good
}
