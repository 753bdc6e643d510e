//! Shell lines of the actions on cgroups. `$CG` begins the path of every cgroup of the lab in the unified hierarchy,
//! `$CG_memory`, `$CG_blkio` and so on in those of v1; `$DISK` is the disk that limits are about, and `$SCRATCH` a directory on it.

use crate::lab::{
    action::Action,
    limit::{Amount, Controller, Group, Hierarchy, Limit, Seats, Setting},
};

pub(super) fn lines(action: &Action, seats: Seats) -> Vec<String> {
    let line = match action {
        Action::MakeCgroup { group } => return make(*group, seats),
        Action::JoinCgroup { group } => join(*group, "$$", seats),
        Action::SetLimit { group, limit, to } => {
            let hierarchy = seats.of(limit.controller());
            // Where this kind of hierarchy has no such limit, there is nothing to type.
            let settings = limit.settings(hierarchy, to, "$DISK").unwrap_or_default();
            let said =
                |text: &str| if text.contains([' ', '$']) { format!("\"{text}\"") } else { text.to_owned() };
            let at = |file: &str| path(*group, limit.controller(), file, seats);
            let text = |s: &Setting| match s.plus {
                Some(plus) => format!("$(($(cat {}) + {}))", at(plus), s.text),
                None => said(&s.text),
            };
            let lines = settings.iter().map(|s| format!("echo {} > {}", text(s), at(s.file)));
            if *limit == Limit::MemoryMax && *to != Amount::Max {
                return std::iter::once(without_swap(&at, hierarchy)).chain(lines).collect();
            }
            return lines.collect();
        }
        Action::Freeze { group } => freezer(*group, "FROZEN", "1", seats),
        Action::Thaw { group } => freezer(*group, "THAWED", "0", seats),
        Action::KillCgroup { group } => match seats.of(Controller::Freezer) {
            Hierarchy::V1 => {
                let members = path(*group, Controller::Freezer, "cgroup.procs", seats);
                format!("kill -9 $(cat {members})")
            }
            Hierarchy::V2 => {
                format!("echo 1 > {}", path(*group, Controller::Freezer, "cgroup.kill", seats))
            }
        },
        Action::TryDelegate { group } => {
            if seats.of(Controller::Memory) == Hierarchy::V1 {
                return Vec::new();
            }
            format!("echo +memory > {}", path(*group, Controller::Memory, "cgroup.subtree_control", seats))
        }
        Action::LetRun { ms, .. } => format!("sleep {}.{:03}", ms / 1000, ms % 1000),
        _ => return Vec::new(),
    };
    vec![line]
}

/// What may not be in memory would be in swap, and the limit none. Not every kernel has an account of swap.
fn without_swap(at: &dyn Fn(&str) -> String, hierarchy: Hierarchy) -> String {
    let file = at(match hierarchy {
        Hierarchy::V1 => "memory.swappiness",
        Hierarchy::V2 => "memory.swap.max",
    });
    format!("[ ! -e {file} ] || echo 0 > {file}")
}

/// The line that puts a process into a group: in v1 into one of each hierarchy.
pub(super) fn join(group: Group, pid: &str, seats: Seats) -> String {
    match everywhere(seats) {
        None => format!("echo {pid} > \"${{CG}}{}/cgroup.procs\"", group.name()),
        Some(all) => {
            format!("for dir in {all}; do echo {pid} > \"${{dir}}{}/cgroup.procs\"; done", group.name())
        }
    }
}

fn make(group: Group, seats: Seats) -> Vec<String> {
    let name = group.name();
    let Some(all) = everywhere(seats) else { return vec![format!("mkdir \"${{CG}}{name}\"")] };
    // Controllers may share a hierarchy, and then its directories.
    let mut lines = vec![format!("for dir in {all}; do mkdir -p \"${{dir}}{name}\"; done")];
    if seats.within(Hierarchy::V1).contains(&Controller::Cpuset) {
        // Nobody may join before both are set, cpusets.rst.
        lines.push(format!(
            "for file in cpuset.cpus cpuset.mems; \
             do cat \"${{CG_cpuset%/*}}/$file\" > \"${{CG_cpuset}}{name}/$file\"; done"
        ));
    }
    lines
}

/// Where all hierarchies begin; none where there is but the unified one.
fn everywhere(seats: Seats) -> Option<String> {
    let legacy = seats.within(Hierarchy::V1);
    if legacy.is_empty() {
        return None;
    }
    let mut words: Vec<String> =
        legacy.iter().map(|c| format!("\"$CG_{}\"", c.name(Hierarchy::V1))).collect();
    if !seats.within(Hierarchy::V2).is_empty() {
        words.push("\"$CG\"".to_owned());
    }
    Some(words.join(" "))
}

fn freezer(group: Group, legacy: &str, unified: &str, seats: Seats) -> String {
    let (file, text) = match seats.of(Controller::Freezer) {
        Hierarchy::V1 => ("freezer.state", legacy),
        Hierarchy::V2 => ("cgroup.freeze", unified),
    };
    format!("echo {text} > {}", path(group, Controller::Freezer, file, seats))
}

fn path(group: Group, controller: Controller, file: &str, seats: Seats) -> String {
    match seats.of(controller) {
        Hierarchy::V1 => format!("\"${{CG_{}}}{}/{file}\"", controller.name(Hierarchy::V1), group.name()),
        Hierarchy::V2 => format!("\"${{CG}}{}/{file}\"", group.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn v1() -> Seats {
        Controller::ALL.into_iter().map(|controller| (controller, Hierarchy::V1)).collect()
    }

    fn limit(limit: Limit, to: &str) -> Action {
        Action::SetLimit { group: Group::Box, limit, to: Amount::try_from(to.to_owned()).unwrap() }
    }

    #[test]
    fn the_name_of_a_group_is_no_part_of_the_variable() {
        let all = Seats::default();
        let group = Group::Box;
        assert_eq!(lines(&Action::MakeCgroup { group }, all), ["mkdir \"${CG}box\""]);
        assert_eq!(lines(&Action::JoinCgroup { group }, all), ["echo $$ > \"${CG}box/cgroup.procs\""]);
        assert_eq!(
            lines(&limit(Limit::MemoryMax, "64M"), all),
            [
                "[ ! -e \"${CG}box/memory.swap.max\" ] || echo 0 > \"${CG}box/memory.swap.max\"",
                "echo 67108864 > \"${CG}box/memory.max\""
            ]
        );
        assert_eq!(lines(&limit(Limit::MemoryMax, "max"), all), ["echo max > \"${CG}box/memory.max\""]);
        assert_eq!(
            lines(&limit(Limit::IoWriteBps, "1M"), all),
            ["echo \"$DISK wbps=1048576\" > \"${CG}box/io.max\""]
        );
    }

    #[test]
    fn each_line_names_the_file_of_the_hierarchy_that_the_controller_is_in() {
        assert_eq!(
            lines(&limit(Limit::CpuMax, "0.5"), v1()),
            [
                "echo 100000 > \"${CG_cpu}box/cpu.cfs_period_us\"",
                "echo 50000 > \"${CG_cpu}box/cpu.cfs_quota_us\""
            ]
        );
        assert_eq!(
            lines(&Action::Freeze { group: Group::Left }, v1()),
            ["echo FROZEN > \"${CG_freezer}left/freezer.state\""]
        );
        assert_eq!(
            lines(&limit(Limit::SwapMax, "32M"), v1()),
            [
                "echo 60 > \"${CG_memory}box/memory.swappiness\"",
                "echo $(($(cat \"${CG_memory}box/memory.limit_in_bytes\") + 33554432)) > \
                 \"${CG_memory}box/memory.memsw.limit_in_bytes\"",
            ]
        );
        assert_eq!(lines(&limit(Limit::MemoryHigh, "32M"), v1()), Vec::<String>::new(), "v1 has none");
        let hybrid: Seats =
            [(Controller::Pids, Hierarchy::V1), (Controller::Memory, Hierarchy::V2)].into_iter().collect();
        assert_eq!(
            join(Group::Box, "$$", hybrid),
            "for dir in \"$CG_pids\" \"$CG\"; do echo $$ > \"${dir}box/cgroup.procs\"; done"
        );
        let memory = lines(&limit(Limit::MemoryMax, "64M"), hybrid);
        assert_eq!(memory.last().map(String::as_str), Some("echo 67108864 > \"${CG}box/memory.max\""));
    }
}
