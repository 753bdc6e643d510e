//! Shell lines of the actions on cgroups. `$CG` begins the path of every cgroup of the lab in the unified hierarchy. What
//! v1 calls its files is in the trace.

use crate::lab::{
    action::Action,
    limit::{Group, Hierarchy, Setting},
};

pub(super) fn lines(action: &Action) -> Vec<String> {
    let line = match action {
        Action::MakeCgroup { group } => format!("mkdir \"$CG{}\"", group.name()),
        Action::JoinCgroup { group } => format!("echo $$ > {}", file(*group, "cgroup.procs")),
        Action::SetLimit { group, limit, to } => {
            let settings = limit.settings(Hierarchy::V2, to, "$DISK").unwrap_or_default();
            let said =
                |text: &str| if text.contains([' ', '$']) { format!("\"{text}\"") } else { text.to_owned() };
            let line = |s: &Setting| format!("echo {} > {}", said(&s.text), file(*group, s.file));
            return settings.iter().map(line).collect();
        }
        Action::Freeze { group } => format!("echo 1 > {}", file(*group, "cgroup.freeze")),
        Action::Thaw { group } => format!("echo 0 > {}", file(*group, "cgroup.freeze")),
        Action::KillCgroup { group } => format!("echo 1 > {}", file(*group, "cgroup.kill")),
        Action::TryDelegate { group } => format!("echo +memory > {}", file(*group, "cgroup.subtree_control")),
        Action::LetRun { ms } => format!("sleep {}.{:03}", ms / 1000, ms % 1000),
        _ => return Vec::new(),
    };
    vec![line]
}

fn file(group: Group, name: &str) -> String {
    format!("\"$CG{}/{name}\"", group.name())
}
