//! The system calls a command may not make.
//!
//! Namespaces hide the machine; this filter keeps the command from the parts of the kernel where escapes are found: mounting, new user
//! namespaces, keyrings, BPF, io_uring, kernel modules, and sockets of families that no network namespace confines (vsock and the
//! like). What is refused answers EPERM. `clone3` alone answers ENOSYS, because its flags lie in memory where no filter can read them
//! and the C library then falls back to `clone`, whose flags can be read. Debuggers work: `ptrace` stays allowed, it reaches only the
//! command's own processes and is itself filtered.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};

/// The bit that marks a call of the x32 ABI: the same calls under other numbers, to be refused alike.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;
/// x32 gives these calls numbers of their own (`ioctl`, `kexec_load`).
#[cfg(target_arch = "x86_64")]
const X32_IOCTL: i64 = X32 + 514;
#[cfg(target_arch = "x86_64")]
const X32_KEXEC_LOAD: i64 = X32 + 528;
/// Newer than the libc crate's tables; the number is the same on every architecture.
const OPEN_TREE_ATTR: i64 = 467;

const NAMESPACE_FLAGS: [i32; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];
/// Socket families a command may use; the network namespace confines each of them.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

const DENIED: &[i64] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    OPEN_TREE_ATTR,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ustat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    X32_KEXEC_LOAD,
];

/// The filters as the kernel reads them, in the order in which bubblewrap is to load them. An error names what this architecture lacks.
pub(super) fn programs() -> Result<Vec<Vec<u8>>, String> {
    let missing = errno(libc::ENOSYS);
    let refused = errno(libc::EPERM);
    Ok(vec![compile(with_x32([(libc::SYS_clone3, vec![])]), missing)?, compile(refusals()?, refused)?])
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.unsigned_abs())
}

fn refusals() -> Result<BTreeMap<i64, Vec<SeccompRule>>, String> {
    let mut rules: Vec<(i64, Vec<SeccompRule>)> = DENIED.iter().map(|call| (*call, vec![])).collect();
    let mut namespaces = Vec::new();
    for flag in NAMESPACE_FLAGS {
        let flag = u64::from(flag.unsigned_abs());
        namespaces.push(rule(vec![(0, SeccompCmpOp::MaskedEq(flag), flag)])?);
    }
    rules.push((libc::SYS_clone, namespaces));
    let other_family = FAMILIES.iter().map(|family| (0, SeccompCmpOp::Ne, u64::from(family.unsigned_abs()))).collect();
    rules.push((libc::SYS_socket, vec![rule(other_family)?]));
    let terminal = [libc::TIOCSTI, libc::TIOCLINUX]
        .into_iter()
        .map(|request| rule(vec![(1, SeccompCmpOp::Eq, request)]))
        .collect::<Result<Vec<_>, _>>()?;
    #[cfg(target_arch = "x86_64")]
    rules.push((X32_IOCTL, vec![]));
    rules.push((libc::SYS_ioctl, terminal));
    Ok(with_x32(rules))
}

/// One rule: all of the conditions (argument, comparison, value) on the low 32 bits.
fn rule(conditions: Vec<(u8, SeccompCmpOp, u64)>) -> Result<SeccompRule, String> {
    let conditions = conditions
        .into_iter()
        .map(|(argument, compare, value)| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    SeccompRule::new(conditions).map_err(|error| error.to_string())
}

fn with_x32(rules: impl IntoIterator<Item = (i64, Vec<SeccompRule>)>) -> BTreeMap<i64, Vec<SeccompRule>> {
    let mut all = BTreeMap::new();
    for (call, rules) in rules {
        #[cfg(target_arch = "x86_64")]
        if call < X32 {
            all.insert(call + X32, rules.clone());
        }
        all.insert(call, rules);
    }
    all
}

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>, on_match: SeccompAction) -> Result<Vec<u8>, String> {
    let target = TargetArch::try_from(ARCH).map_err(|error| error.to_string())?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, on_match, target).map_err(|error| error.to_string())?;
    let program: BpfProgram = filter.try_into().map_err(|error: seccompiler::BackendError| error.to_string())?;
    Ok(program
        .iter()
        .flat_map(|step| {
            let code = step.code.to_ne_bytes();
            let k = step.k.to_ne_bytes();
            [code[0], code[1], step.jt, step.jf, k[0], k[1], k[2], k[3]]
        })
        .collect())
}
