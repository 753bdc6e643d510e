//! A system call filter of our own, `seccomp(2)`: a program for the small machine that the kernel runs before every
//! system call (classic BPF, `linux/filter.h`). It reads `struct seccomp_data { int nr; __u32 arch; … }` and returns what
//! is to become of the call.

use serde::{Deserialize, Serialize};

/// A call that a filter may deny. None that the subject itself needs is in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denied {
    /// Making directories: `mkdir(2)` and its newer form `mkdirat(2)`.
    Mkdir,
    /// `sethostname(2)`.
    Sethostname,
    /// `mount(2)`, and the newer calls that do the same: `fsmount(2)`, `move_mount(2)`.
    Mount,
    /// `umount2(2)`.
    Umount,
    /// `unshare(2)`.
    Unshare,
    /// `ptrace(2)`.
    Ptrace,
    /// `keyctl(2)`, `add_key(2)`, `request_key(2)`: keys have no namespace.
    Keyctl,
    /// `ioctl(2)` with `TIOCSTI` or `TIOCLINUX`: keys typed, text pasted for whoever reads the same terminal next,
    /// `ioctl_tty(2)`.
    TypeForOthers,
}

/// A processor whose calls have numbers that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arch {
    /// `AUDIT_ARCH_X86_64`, `linux/audit.h`.
    pub audit: u32,
    /// Numbers from this on are another way to call (x32), which would walk around the filter. None where there is none.
    pub other_abi: Option<u32>,
    /// Numbers of `prctl(2)` and `seccomp(2)`, which put a filter in place.
    pub installs: [u32; 2],
    /// Numbers of the calls, in the order of [`Denied`].
    numbers: [&'static [u32]; 7],
    /// Number of `ioctl(2)`, of which the request decides.
    pub ioctl: u32,
}

/// x86-64: `arch/x86/entry/syscalls/syscall_64.tbl`.
pub const X86_64: Arch = Arch {
    audit: 0xc000_003e,
    other_abi: Some(0x4000_0000),
    installs: [157, 317],
    numbers: [&[83, 258], &[170], &[165, 429, 432], &[166], &[272], &[101], &[248, 249, 250]],
    ioctl: 16,
};

/// 64-bit ARM: `include/uapi/asm-generic/unistd.h`.
pub const AARCH64: Arch = Arch {
    audit: 0xc000_00b7,
    other_abi: None,
    installs: [167, 277],
    numbers: [&[34], &[161], &[40, 429, 432], &[39], &[97], &[117], &[217, 218, 219]],
    ioctl: 29,
};

impl Arch {
    /// The one that this program was built for, if it is known.
    pub const fn own() -> Option<Self> {
        if cfg!(target_arch = "x86_64") {
            Some(X86_64)
        } else if cfg!(target_arch = "aarch64") {
            Some(AARCH64)
        } else {
            None
        }
    }

    /// The numbers of a call and of its other forms.
    pub const fn numbers(&self, call: Denied) -> &'static [u32] {
        let [mkdir, sethostname, mount, umount, unshare, ptrace, keyctl] = self.numbers;
        match call {
            Denied::Mkdir => mkdir,
            Denied::Sethostname => sethostname,
            Denied::Mount => mount,
            Denied::Umount => umount,
            Denied::Unshare => unshare,
            Denied::Ptrace => ptrace,
            Denied::Keyctl => keyctl,
            Denied::TypeForOthers => &[],
        }
    }
}

impl Denied {
    /// The name of its manual page.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mkdir => "mkdir",
            Self::Sethostname => "sethostname",
            Self::Mount => "mount",
            Self::Umount => "umount2",
            Self::Unshare => "unshare",
            Self::Ptrace => "ptrace",
            Self::Keyctl => "keyctl",
            Self::TypeForOthers => "ioctl",
        }
    }
}

/// `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What to do.
    pub code: u16,
    /// How many instructions to skip if a comparison holds.
    pub if_true: u8,
    /// How many if it does not.
    pub if_false: u8,
    /// The constant.
    pub k: u32,
}

/// `BPF_LD | BPF_W | BPF_ABS`: load the word at `k`.
const LOAD: u16 = 0x20;
/// `BPF_JMP | BPF_JEQ | BPF_K`.
const JUMP_EQUAL: u16 = 0x15;
/// `BPF_JMP | BPF_JGE | BPF_K`.
const JUMP_AT_LEAST: u16 = 0x35;
/// `BPF_RET | BPF_K`.
const RETURN: u16 = 0x06;

/// Offset of `nr` in `struct seccomp_data`.
const NUMBER: u32 = 0;
/// Offset of `arch`.
const ARCH: u32 = 4;

/// Offset of the second argument, the lower half: the kernel looks at no more of a request.
const REQUEST: u32 = 24;
/// `TIOCSTI` and `TIOCLINUX`, `asm-generic/ioctls.h`.
pub const REQUESTS: [u32; 2] = [0x5412, 0x541c];

/// `SECCOMP_RET_ALLOW`.
pub const ALLOW: u32 = 0x7fff_0000;
/// `SECCOMP_RET_ERRNO` with `EPERM`: the call is not made and fails with that error.
pub const DENY: u32 = 0x0005_0001;
/// `SECCOMP_RET_KILL_PROCESS`.
pub const KILL: u32 = 0x8000_0000;

/// A filter: the program, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What fails with `EPERM`; everything else is allowed.
    pub denied: Vec<Denied>,
    /// The program.
    pub program: Vec<Instruction>,
}

impl Filter {
    /// Assembles a filter. A program of another architecture is killed: its calls have other numbers, and those of the
    /// filter would mean something else.
    pub fn denying(denied: &[Denied], arch: &Arch) -> Self {
        let numbers: Vec<u32> = denied.iter().flat_map(|call| arch.numbers(*call)).copied().collect();
        let mut program = vec![
            statement(LOAD, ARCH),
            jump(JUMP_EQUAL, arch.audit, 1, 0),
            statement(RETURN, KILL),
            statement(LOAD, NUMBER),
        ];
        let requests = if denied.contains(&Denied::TypeForOthers) { by_request(arch) } else { Vec::new() };
        // Each comparison skips those after it, and ALLOW.
        let mut left = numbers.len() + usize::from(arch.other_abi.is_some()) + requests.len();
        let mut to_deny = || {
            let skip = u8::try_from(left).unwrap_or(u8::MAX);
            left = left.saturating_sub(1);
            skip
        };
        program.extend(arch.other_abi.map(|from| jump(JUMP_AT_LEAST, from, to_deny(), 0)));
        program.extend(numbers.iter().map(|number| jump(JUMP_EQUAL, *number, to_deny(), 0)));
        program.extend(requests);
        program.extend([statement(RETURN, ALLOW), statement(RETURN, DENY)]);
        Self { denied: denied.to_vec(), program }
    }
}

/// Looks at what is requested of a terminal; ALLOW and DENY come next.
fn by_request(arch: &Arch) -> Vec<Instruction> {
    let [sti, linux] = REQUESTS;
    vec![
        jump(JUMP_EQUAL, arch.ioctl, 0, 3),
        statement(LOAD, REQUEST),
        jump(JUMP_EQUAL, sti, 2, 0),
        jump(JUMP_EQUAL, linux, 1, 0),
    ]
}

const fn statement(code: u16, k: u32) -> Instruction {
    Instruction { code, if_true: 0, if_false: 0, k }
}

const fn jump(code: u16, k: u32, if_true: u8, if_false: u8) -> Instruction {
    Instruction { code, if_true, if_false, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Denied; 8] = [
        Denied::Mkdir,
        Denied::Sethostname,
        Denied::Mount,
        Denied::Umount,
        Denied::Unshare,
        Denied::Ptrace,
        Denied::Keyctl,
        Denied::TypeForOthers,
    ];

    /// The kernel's small machine, as far as a filter uses it.
    fn verdict(filter: &Filter, arch: u32, number: u32) -> u32 {
        verdict_on(filter, arch, number, 0)
    }

    fn verdict_on(filter: &Filter, arch: u32, number: u32, request: u32) -> u32 {
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let now = filter.program.get(at).expect("a filter ends in a return");
            let holds = match now.code {
                LOAD if now.k == NUMBER => {
                    accumulator = number;
                    false
                }
                LOAD if now.k == REQUEST => {
                    accumulator = request;
                    false
                }
                LOAD if now.k == ARCH => {
                    accumulator = arch;
                    false
                }
                JUMP_EQUAL => accumulator == now.k,
                JUMP_AT_LEAST => accumulator >= now.k,
                RETURN => return now.k,
                _ => panic!("not a filter's instruction: {now:?}"),
            };
            at += 1 + usize::from(if holds { now.if_true } else { now.if_false });
        }
    }

    #[test]
    fn only_what_is_denied_fails_and_everything_else_is_allowed() {
        for arch in [X86_64, AARCH64] {
            for one in ALL {
                let filter = Filter::denying(&[one], &arch);
                for number in 0..600 {
                    let expected = if arch.numbers(one).contains(&number) { DENY } else { ALLOW };
                    assert_eq!(verdict(&filter, arch.audit, number), expected, "{one:?} {number}");
                }
            }
            let (every, none) = (Filter::denying(&ALL, &arch), Filter::denying(&[], &arch));
            for number in ALL.iter().flat_map(|one| arch.numbers(*one)) {
                assert_eq!(verdict(&every, arch.audit, *number), DENY);
                assert_eq!(verdict(&none, arch.audit, *number), ALLOW);
            }
        }
    }

    #[test]
    fn of_the_requests_to_a_terminal_only_typing_for_others_is_denied() {
        for arch in [X86_64, AARCH64] {
            let filter = Filter::denying(&ALL, &arch);
            for request in 0x5400..0x5480 {
                let expected = if REQUESTS.contains(&request) { DENY } else { ALLOW };
                assert_eq!(verdict_on(&filter, arch.audit, arch.ioctl, request), expected, "{request:#x}");
                assert_eq!(verdict_on(&filter, arch.audit, arch.ioctl + 1, request), ALLOW);
            }
            for number in ALL.iter().flat_map(|one| arch.numbers(*one)) {
                assert_eq!(verdict(&filter, arch.audit, *number), DENY);
            }
        }
    }

    #[test]
    fn there_is_no_way_around_by_another_architecture_nor_by_x32() {
        let filter = Filter::denying(&[Denied::Mkdir], &X86_64);
        for arch in [AARCH64.audit, 0x4000_0003, 0] {
            assert_eq!(verdict(&filter, arch, 0), KILL, "i386 and its like have other numbers");
        }
        assert_eq!(verdict(&filter, X86_64.audit, 0x4000_0000 + 83), DENY);
        assert_eq!(verdict(&filter, X86_64.audit, u32::MAX), DENY);
    }
}
