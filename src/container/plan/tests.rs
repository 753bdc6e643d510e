//! Plans, read: which calls a setting leads to, and in which order.

use nix::{errno::Errno, mount::MsFlags};
use proptest::prelude::*;

use super::*;
use crate::{
    container::{
        root::{MOST, size_of},
        start::steps,
    },
    kernel::{Failing, Recording},
    lab::dial::Preset,
};

fn host(uid: u32) -> Host {
    Host {
        uid,
        gid: uid,
        links: vec![("bin".to_owned(), "usr/bin".to_owned())],
        directories: vec![("usr".to_owned(), MsFlags::MS_NODEV)],
        files: vec![("etc/ld.so.cache".to_owned(), MsFlags::MS_NOSUID)],
        below: vec![("usr/local".to_owned(), MsFlags::MS_NOSUID)],
        sys: Some(MsFlags::MS_RELATIME),
        unified: false,
        masked: [("/proc/kcore", false), ("/proc/acpi", true), ("/sys/firmware", true)]
            .map(|(path, directory)| (path.to_owned(), directory))
            .to_vec(),
        read_only: vec!["/proc/sys".to_owned()],
        terminal: None,
        last_capability: 40,
        permitted: u64::MAX,
    }
}

fn plan(setting: Setting, uid: u32) -> Plan {
    let wish = Wish {
        setting,
        hostname: "box".to_owned(),
        dir: "/d".to_owned(),
        base: Base::Memory(MOST),
        in_user_namespace: false,
    };
    Plan::of(wish, &host(uid))
}

fn calls(plan: &Plan) -> Vec<&Call> {
    plan.inside.iter().chain(&plan.last).map(|step| &step.call).collect()
}

/// The names of the calls in order, equal neighbours once.
fn order(preset: Preset, uid: u32) -> String {
    let plan = plan(preset.setting(), uid);
    let mut names: Vec<&str> = calls(&plan).into_iter().map(Call::name).collect();
    names.dedup();
    names.join(" ")
}

#[test]
fn each_preset_has_its_calls_in_its_order() {
    let root = "mount mkdir chmod symlink write mount";
    assert_eq!(order(Preset::Plain, 0), "");
    assert_eq!(order(Preset::Chroot, 0), format!("{root} chroot chdir"));
    let pivot = "chdir pivot_root umount2 chdir";
    assert_eq!(order(Preset::Privileged, 0), format!("{root} {pivot} sethostname sendto unshare"));
    assert_eq!(
        order(Preset::Docker, 0),
        format!("{root} {pivot} mount sethostname sendto unshare prctl capset prctl seccomp")
    );
    assert_eq!(order(Preset::Rootless, 1000), order(Preset::Docker, 0));
}

#[test]
fn the_user_namespace_changes_the_maps_and_the_overlay_alone() {
    let (docker, rootless) = (plan(Preset::Docker.setting(), 0), plan(Preset::Rootless.setting(), 1000));
    assert!(docker.maps.is_empty() && !docker.namespaces.contains(&Namespace::User));
    assert_eq!(rootless.maps[1], ("uid_map", "0 1000 1".to_owned()));
    let overlay = |plan: &Plan| {
        let mount = calls(plan).into_iter().find_map(|call| match call {
            Call::Mount { fstype, data, .. } if fstype == "overlay" => Some(data.clone()),
            _ => None,
        });
        mount.expect("an overlay")
    };
    assert!(!overlay(&docker).contains("userxattr") && overlay(&rootless).ends_with(",userxattr"));
    let chroot = plan(Preset::Chroot.setting(), 1000);
    assert_eq!(chroot.namespaces, [Namespace::User, Namespace::Mnt], "they play the host");
}

/// What a box writes must not be able to fill the machine's memory.
#[test]
fn what_a_root_in_memory_may_hold_is_limited() {
    for preset in [Preset::Chroot, Preset::Docker, Preset::Rootless] {
        let plan = plan(preset.setting(), 1000);
        let bases: Vec<_> = calls(&plan)
            .into_iter()
            .filter_map(|call| match call {
                Call::Mount { fstype, target, data, .. } if fstype == "tmpfs" && target == "/d" => Some(data),
                _ => None,
            })
            .collect();
        assert_eq!(bases, ["mode=0755,size=268435456,nr_inodes=65536"]);
    }
    assert_eq!((size_of(Some(100 << 20)), size_of(Some(4096)), size_of(None)), (50 << 20, 1 << 20, MOST));
}

#[test]
fn a_new_proc_is_mounted_while_the_hosts_is_in_sight() {
    let plan = plan(Preset::Rootless.setting(), 1000);
    let at = |wanted: fn(&Call) -> bool| calls(&plan).into_iter().position(wanted).expect("it is there");
    let proc = at(|call| matches!(call, Call::Mount { fstype, .. } if fstype == "proc"));
    let pivot = at(|call| matches!(call, Call::PivotRoot { .. }));
    let masks = at(|call| call.path() == Some("/proc/kcore"));
    let private = at(|call| matches!(call, Call::Mount { flags, .. } if flags.contains(MsFlags::MS_PRIVATE)));
    assert!(private == 0 && proc < pivot && pivot < masks);
}

/// Where /sys is mounted, masked, and the cgroup in it.
fn sys(setting: &Setting, host: &Host) -> Vec<(String, String)> {
    let wish = Wish {
        setting: setting.clone(),
        hostname: "box".to_owned(),
        dir: "/d".to_owned(),
        base: Base::Memory(MOST),
        in_user_namespace: false,
    };
    let plan = Plan::of(wish, host);
    let at = calls(&plan).into_iter().filter_map(|call| match call {
        Call::Mount { fstype, target, flags, .. } if target.contains("/sys") && !target.contains("/proc") => {
            assert!(flags.contains(MsFlags::MS_RDONLY), "{call:?}");
            Some((fstype.clone(), target.clone()))
        }
        _ => None,
    });
    at.collect()
}

#[test]
fn a_box_has_a_sys_where_the_kernel_lets_it_have_one() {
    let pair = |fstype: &str, at: &str| (fstype.to_owned(), at.to_owned());
    let whole = [pair("sysfs", "/d/merged/sys"), pair("tmpfs", "/sys/firmware")];
    let (docker, rootless) = (Preset::Docker.setting(), Preset::Rootless.setting());
    assert_eq!(sys(&docker, &host(0)), whole);
    assert_eq!(sys(&rootless, &host(1000)), whole);
    let unified = Host { unified: true, ..host(1000) };
    assert_eq!(sys(&rootless, &unified), [&whole[..], &[pair("cgroup2", "/sys/fs/cgroup")]].concat());
    assert_eq!(sys(&Preset::Privileged.setting(), &host(0)), whole[..1]);

    let hidden = Host { sys: None, unified: true, ..host(1000) };
    assert_eq!(sys(&rootless, &hidden), []);
    assert_eq!(sys(&docker, &Host { sys: None, ..host(0) }), whole, "the kernel asks a user namespace alone");
    let without = |switch| Setting::turned(Preset::Rootless, &[], &[switch]);
    assert_eq!(sys(&without(Switch::Net), &unified), [], "it would tell of the host's links");
    assert_eq!(sys(&without(Switch::Root), &unified), []);
    assert_eq!(sys(&without(Switch::Cgroup), &unified), whole);
    assert_eq!(sys(&Preset::Chroot.setting(), &unified), []);
}

#[test]
fn in_v1_the_child_joins_first_and_in_v2_the_parent_moves_it() {
    let dir = |hierarchy| Directory { path: "/cg/box".into(), hierarchy, controllers: Vec::new() };
    let mut v1 = plan(Preset::Docker.setting(), 0);
    assert!(!v1.join(&[dir(Hierarchy::V1)]));
    assert_eq!(v1.inside[0].call, Call::Write { path: "/cg/box/tasks".to_owned(), text: "0".to_owned() });
    let mut hybrid = plan(Preset::Docker.setting(), 0);
    let before = hybrid.clone();
    assert!(hybrid.join(&[dir(Hierarchy::V1), dir(Hierarchy::V2)]));
    assert_eq!(hybrid, before);
}

/// Whether a call changes something that only a namespace of this kind keeps from the host.
fn needs(call: &Call) -> Option<Namespace> {
    match call {
        Call::SetHostname(_) => Some(Namespace::Uts),
        Call::LinkUp(_) => Some(Namespace::Net),
        Call::Mount { .. }
        | Call::Umount { .. }
        | Call::PivotRoot { .. }
        | Call::Mkdir(_)
        | Call::Create { .. }
        | Call::Symlink { .. } => Some(Namespace::Mnt),
        _ => None,
    }
}

proptest! {
    #[test]
    fn a_switch_that_is_off_makes_no_call_and_the_host_is_never_touched(
        bits in 0_u32..512, chroot: bool, uid in prop_oneof![Just(0_u32), Just(1000)],
    ) {
        let on = Switch::ALL.into_iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, s)| s);
        let setting = Setting { on: on.collect(), chroot };
        let plan = plan(setting.clone(), uid);
        for step in plan.inside.iter().chain(&plan.last) {
            prop_assert!(step.switch.is_none_or(|switch| setting.has(switch)), "{step:?}");
            if let Some(ns) = needs(&step.call) {
                prop_assert!(plan.namespaces.contains(&ns), "{step:?} in {:?}", plan.namespaces);
            }
        }
        let all = calls(&plan);
        let made = |wanted: fn(&Call) -> bool| all.iter().any(|call| wanted(call));
        prop_assert_eq!(made(|c| matches!(c, Call::PivotRoot { .. })), setting.has(Switch::Root));
        prop_assert_eq!(made(|c| matches!(c, Call::Chroot(_))), chroot && !setting.has(Switch::Root));
        prop_assert_eq!(made(|c| matches!(c, Call::NoNewPrivs)), setting.has(Switch::Rights));
        prop_assert_eq!(made(|c| matches!(c, Call::Mount { fstype, .. } if fstype == "proc")), setting.has(Switch::Proc));
        prop_assert_eq!(made(|c| matches!(c, Call::Mount { fstype, .. } if fstype == "overlay")), setting.has(Switch::Overlay));
    }
}

/// The child stops at the call that fails, whichever it is, and says on whose account it was.
#[test]
fn every_call_can_fail_and_is_the_last_then() {
    let plan = plan(Preset::Rootless.setting(), 1000);
    let all = calls(&plan).len();
    for at in 0..all {
        let mut kernel = Failing::new(Recording::default(), u32::try_from(at).ok(), Errno::EIO);
        let made = steps(&mut kernel, &plan.inside).and_then(|()| steps(&mut kernel, &plan.last));
        let refused = made.expect_err("one fails");
        assert_eq!((refused.failure.errno.as_str(), kernel.inner().calls.len()), ("EIO", at));
        assert!(refused.switch.is_some(), "{refused:?}");
    }
}
