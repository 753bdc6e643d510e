//! The actions of the closed list that the lab does not use, or uses in one form only.

use korobka::{
    kernel::{Call, Kernel, Linux, attempt::attempt, call::make_private},
    lab::{
        action::{Action, IdMap, IpcKind, MountKind, Place},
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::Value,
    },
    probe::mountinfo,
};
use nix::{errno::Errno, mount::MsFlags};

use super::engine::Stage;

/// A box whose walls are there and whose root is not built yet.
fn walls() -> Vec<Action> {
    vec![
        Action::Unshare { ns: vec![Namespace::User, Namespace::Mnt, Namespace::Pid, Namespace::Ipc] },
        Action::MapIds { map: IdMap::Single },
        Action::Clone { ns: Vec::new() },
        Action::MakePrivate {},
    ]
}

fn seen(stage: &Stage, actions: &[Action], fact: Fact) -> Value {
    let act = stage.act(actions);
    assert_eq!(act.failure, None, "{actions:?}: {:#?}", act.traces);
    act.after.get(FactId::subject(fact)).cloned().unwrap_or_else(|| panic!("{fact:?} was not looked at"))
}

pub(crate) fn each_kind_of_mount_can_be_made() {
    let stage = Stage::start();
    stage.open(&walls());
    let mount = |what, at| Action::Mount { what, at };
    // A bind mount of the box directory on itself shows the file system below it.
    assert_ne!(
        seen(&stage, &[mount(MountKind::Bind, Place::Box)], Fact::BoxMount),
        Value::Text("no".to_owned())
    );
    let tmpfs = mount(MountKind::Tmpfs, Place::Box);
    assert_eq!(
        seen(&stage, &[tmpfs.clone(), mount(MountKind::Overlay, Place::Box)], Fact::BoxMount),
        Value::Text("overlay".to_owned())
    );
    assert_eq!(
        seen(&stage, &[tmpfs, Action::FurnishRoot {}], Fact::BoxMount),
        Value::Text("tmpfs".to_owned())
    );
    let Value::Number(before) = seen(&stage, &[], Fact::Mounts) else { panic!("mounts are a number") };
    let more = [mount(MountKind::Devpts, Place::BoxDevPts), mount(MountKind::Proc, Place::BoxProc)];
    assert_eq!(seen(&stage, &more, Fact::Mounts), Value::Number(before + 2));
}

/// A directory of the programs may be a file system of its own, which a read-only bind mount above it leaves as it was.
pub(crate) fn what_is_mounted_below_the_programs_cannot_be_written_either() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let mount = |source: &str, target: &str, fstype: &str| Call::Mount {
        source: source.to_owned(),
        target: target.to_owned(),
        fstype: fstype.to_owned(),
        flags: MsFlags::empty(),
        data: String::new(),
    };
    let outcome = attempt(|| {
        Linux.call(&Call::Unshare(vec![Namespace::Mnt]))?;
        Linux.call(&make_private())?;
        Linux.call(&mount("tmpfs", "/usr/local", "tmpfs"))?;
        let stage = Stage::start();
        stage.open(&walls());
        let tmpfs = Action::Mount { what: MountKind::Tmpfs, at: Place::Box };
        let act = stage.act(&[tmpfs, Action::FurnishRoot {}]);
        assert_eq!(act.failure, None, "{:#?}", act.traces);
        let mounts = mountinfo::parse(&std::fs::read(format!("/proc/{}/mountinfo", act.after.pid)).unwrap());
        let mut inside = mounts.iter().filter(|mount| mount.point.ends_with("box/usr/local"));
        if inside.next().is_some_and(|mount| mount.read_only) { Ok(()) } else { Err(Errno::ENOTUNIQ) }
    });
    assert_eq!(outcome, Ok(()));
}

/// Each file is a call, and all calls of an act must fit a packet.
pub(crate) fn a_tree_of_many_files_is_deleted_and_told_in_short() {
    let stage = Stage::start();
    stage.open(&walls());
    let act = stage.act(&[Action::Mount { what: MountKind::Tmpfs, at: Place::Box }]);
    assert_eq!(act.failure, None, "{:#?}", act.traces);
    let target = act.traces[0].args[1].trim_matches('"').to_owned();
    let dir = std::path::PathBuf::from(format!("/proc/{}/root{target}/merged/d", act.after.pid));
    std::fs::create_dir_all(&dir).unwrap();
    for number in 0..2000 {
        std::fs::write(dir.join(format!("{number:0100}")), "").unwrap();
    }
    let delete = serde_json::json!({ "do": "file", "op": "delete", "path": "d" });
    let act = stage.act(&[serde_json::from_value(delete).unwrap()]);
    assert_eq!(act.failure, None);
    assert!(!dir.exists() && dir.parent().unwrap().exists());
    let last = act.traces.last().map(|trace| (trace.call.as_str(), trace.args.len()));
    assert_eq!(last, Some(("…", 1)), "{} calls", act.traces.len());
}

pub(crate) fn each_kind_of_ipc_object_can_be_made() {
    for (kind, call, listed) in [
        (IpcKind::Queue, "msgget", Some("msg")),
        (IpcKind::Segment, "shmget", Some("shm")),
        (IpcKind::PosixQueue, "mq_open", None),
    ] {
        let stage = Stage::start();
        stage.open(&walls());
        let act = stage.act(&[Action::CreateIpc { kind }]);
        assert_eq!(act.failure, None, "{kind:?}");
        assert_eq!(act.traces.iter().map(|trace| trace.call.as_str()).collect::<Vec<_>>(), [call]);
        if let Some(listed) = listed {
            let Some(Value::List(objects)) = act.after.get(FactId::subject(Fact::Ipc)) else {
                panic!("a list")
            };
            assert!(objects.iter().any(|object| object.contains(listed)), "{objects:?}");
        }
    }
}

/// `clone3(2)` with every flag at once is what `unshare(2)` and `fork(2)` do one after the other.
pub(crate) fn a_clone_may_name_all_eight_namespaces() {
    let stage = Stage::start();
    let bare = stage.open(&[]);
    let act =
        stage.act(&[Action::Clone { ns: Namespace::ALL.to_vec() }, Action::MapIds { map: IdMap::Single }]);
    assert_eq!(act.failure, None, "{:#?}", act.traces);
    assert_eq!(act.traces.first().map(|trace| trace.call.as_str()), Some("clone3"));
    for ns in Namespace::ALL {
        let id = FactId::subject(Fact::of_namespace(ns));
        assert_ne!(act.after.get(id), bare.get(id), "{id}");
    }
    assert_eq!(act.after.get(FactId::subject(Fact::Pid)), Some(&Value::Number(1)));
    assert_eq!(act.after.get(FactId::subject(Fact::Uid)), Some(&Value::Number(0)));
}
