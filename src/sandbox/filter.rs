//! Which calls of the system a command may make, as a filter of the kernel: what is here answers `EPERM`, all else is allowed.
//! The numbers are those of the kernel's tables, which never change.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

use crate::protocol::sandbox::Network;

/// "Operation not permitted".
const EPERM: u32 = 1;

/// Pushes a byte into the input of the terminal, as if it were typed; and what the console's own call can do of that.
const TERMINAL_INPUT: [u64; 2] = [0x5412, 0x541c];

/// Families of addresses that are left when the network is on: IPv4, IPv6 and what tells of the machine's own interfaces. Sockets
/// of the machine itself stay shut: behind them sit agents with keys, and services that start programs.
const FAMILIES: [u64; 3] = [2, 10, 16];

#[cfg(target_arch = "x86_64")]
mod number {
    pub(crate) const SOCKET: i64 = 41;
    pub(crate) const IOCTL: &[i64] = &[16, X32 + 514];
    /// The second table of this architecture: the same numbers with one bit more, but for a few.
    pub(crate) const X32: i64 = 0x4000_0000;
    pub(crate) const ALSO: &[i64] = &[
        X32 + 521, // ptrace
        X32 + 528, // kexec_load
        X32 + 539, // process_vm_readv
        X32 + 540, // process_vm_writev
    ];
    pub(crate) const DENIED: &[i64] = &[
        101, // ptrace
        155, // pivot_root
        165, // mount
        166, // umount2
        167, // swapon
        168, // swapoff
        169, // reboot
        175, // init_module
        176, // delete_module
        246, // kexec_load
        248, // add_key
        249, // request_key
        250, // keyctl
        298, // perf_event_open
        304, // open_by_handle_at
        308, // setns
        310, // process_vm_readv
        311, // process_vm_writev
        312, // kcmp
        313, // finit_module
        320, // kexec_file_load
        321, // bpf
        323, // userfaultfd
    ];
}

#[cfg(target_arch = "aarch64")]
mod number {
    pub(crate) const SOCKET: i64 = 198;
    pub(crate) const IOCTL: &[i64] = &[29];
    pub(crate) const X32: i64 = 0;
    pub(crate) const ALSO: &[i64] = &[];
    pub(crate) const DENIED: &[i64] = &[
        39,  // umount2
        40,  // mount
        41,  // pivot_root
        104, // kexec_load
        105, // init_module
        106, // delete_module
        117, // ptrace
        142, // reboot
        217, // add_key
        218, // request_key
        219, // keyctl
        224, // swapon
        225, // swapoff
        241, // perf_event_open
        265, // open_by_handle_at
        268, // setns
        270, // process_vm_readv
        271, // process_vm_writev
        272, // kcmp
        273, // finit_module
        280, // bpf
        282, // userfaultfd
        294, // kexec_file_load
    ];
}

/// From 424 on the kernel numbers its calls alike everywhere.
const DENIED_EVERYWHERE: &[i64] = &[
    425, // io_uring_setup: it can do what is filtered here without the calls that are
    426, // io_uring_enter
    427, // io_uring_register
    428, // open_tree
    429, // move_mount
    430, // fsopen
    431, // fsconfig
    432, // fsmount
    433, // fspick
    438, // pidfd_getfd
    442, // mount_setattr
];

pub(crate) fn apply(network: Network) -> Result<(), String> {
    let program = program(network).map_err(|error| error.to_string())?;
    apply_filter(&program).map_err(|error| error.to_string())
}

fn program(network: Network) -> Result<BpfProgram, Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let both = |number: i64| [number, number | number::X32];
    let denied = number::DENIED.iter().chain(DENIED_EVERYWHERE);
    for number in denied
        .copied()
        .flat_map(both)
        .chain(number::ALSO.iter().copied())
    {
        rules.insert(number, Vec::new());
    }
    for number in both(number::SOCKET) {
        let rule = match network {
            Network::Off => Vec::new(),
            // Every family that is none of these.
            Network::On => {
                let others = FAMILIES.map(|family| argument(0, SeccompCmpOp::Ne, family));
                let others = others.into_iter().collect::<Result<Vec<_>, _>>()?;
                vec![SeccompRule::new(others).map_err(Error::Backend)?]
            }
        };
        rules.insert(number, rule);
    }
    for number in number::IOCTL {
        let inputs = TERMINAL_INPUT.map(|what| {
            let what = argument(1, SeccompCmpOp::Eq, what)?;
            SeccompRule::new(vec![what]).map_err(Error::Backend)
        });
        let inputs = inputs.into_iter().collect::<Result<Vec<_>, _>>()?;
        rules.insert(*number, inputs);
    }
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(Error::Backend)?;
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(EPERM),
        arch,
    );
    let filter = filter.map_err(Error::Backend)?;
    BpfProgram::try_from(filter).map_err(Error::Backend)
}

/// Only the lower half is looked at, as the kernel does with these two.
fn argument(index: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, Error> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value).map_err(Error::Backend)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_filter_is_within_what_the_kernel_takes() {
        for network in [Network::Off, Network::On] {
            let program = program(network).unwrap();
            // 4096 instructions are the most.
            assert!((50..2000).contains(&program.len()), "{}", program.len());
        }
    }
}
