//! The walls of the kernel, raised around the process that calls: which files, which calls of the system, which signals. On
//! Linux these are Landlock and seccomp; elsewhere the command is started through what the system has, or nothing is raised.

use crate::sandbox::plan::Plan;

/// Raises what the kernel has. What it has not is no error: a canary tells what holds. The error is one line.
#[cfg(target_os = "linux")]
pub(crate) fn raise(plan: &Plan) -> Result<(), String> {
    linux::raise(plan)
}

/// The walls of another system are raised with the command itself.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux raising walls can fail")]
pub(crate) fn raise(_: &Plan) -> Result<(), String> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};

    use landlock::{
        ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, Ruleset,
        RulesetAttr, RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
    };
    use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, open, openat2};
    use rustix::io::Errno;
    use rustix::thread::{CapabilitySet, CapabilitySets};

    use crate::protocol::sandbox::Network;
    use crate::sandbox::filter;
    use crate::sandbox::ground::spread;
    use crate::sandbox::plan::Plan;

    /// The newest that is asked for; of an older kernel what it has.
    const NEWEST: ABI = ABI::V10;

    /// Devices that every program may use: nothing behind them belongs to anybody.
    const DEVICES: &[&str] = &[
        "/dev/null",
        "/dev/zero",
        "/dev/full",
        "/dev/random",
        "/dev/urandom",
    ];
    /// Shared memory, without which locks between processes of one program cannot be made.
    const SHARED_MEMORY: &str = "/dev/shm";

    /// What root keeps: a folder that belongs to others is its work too, as in a container. Files outside are held by the
    /// walls whatever it may.
    const KEPT: CapabilitySet = CapabilitySet::CHOWN
        .union(CapabilitySet::DAC_OVERRIDE)
        .union(CapabilitySet::FOWNER)
        .union(CapabilitySet::FSETID);

    pub(crate) fn raise(plan: &Plan) -> Result<(), String> {
        files(plan).map_err(|error| format!("Landlock cannot be applied: {error}"))?;
        capabilities().map_err(|error| format!("capabilities cannot be dropped: {error}"))?;
        filter::apply(plan.network).map_err(|error| format!("seccomp cannot be applied: {error}"))
    }

    /// Sets `no_new_privs` too.
    fn files(plan: &Plan) -> Result<(), RulesetError> {
        let all = AccessFs::from_all(NEWEST);
        let read = AccessFs::from_read(NEWEST);
        let device: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::WriteFile;
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(all)?
            .scope(Scope::from_all(NEWEST))?;
        if plan.network == Network::Off {
            ruleset = ruleset.handle_access(AccessNet::from_all(NEWEST))?;
        }
        let readable = plan.read.iter().flat_map(|path| spread(path, &plan.closed));
        ruleset
            .create()?
            .add_rules(beneath(readable, read))?
            .add_rules(path_beneath_rules(DEVICES, device))?
            .add_rules(path_beneath_rules([Path::new(SHARED_MEMORY)], all))?
            .add_rules(beneath(plan.write.iter().cloned(), all))?
            .restrict_self()?;
        Ok(())
    }

    /// Rules for these very paths. One that is not there is left out, and so is one with a link in it: the plan has none, so a
    /// command put it there meanwhile.
    fn beneath(
        paths: impl Iterator<Item = PathBuf>,
        access: BitFlags<AccessFs>,
    ) -> impl Iterator<Item = Result<PathBeneath<OwnedFd>, RulesetError>> {
        paths.filter_map(move |path| {
            let opened = opened(&path).ok()?;
            let kind = FileType::from_raw_mode(fstat(&opened).ok()?.st_mode);
            let access = match kind {
                FileType::Directory => access,
                _ => access & AccessFs::from_file(NEWEST),
            };
            Some(Ok(PathBeneath::new(opened, access)))
        })
    }

    fn opened(path: &Path) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let opened = openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS);
        match opened {
            // A container may keep this call from us.
            Err(Errno::NOSYS | Errno::PERM) => open(path, flags | OFlags::NOFOLLOW, Mode::empty()),
            opened => opened,
        }
    }

    fn capabilities() -> rustix::io::Result<()> {
        let has = rustix::thread::capabilities(None)?;
        rustix::thread::set_capabilities(
            None,
            CapabilitySets {
                effective: has.effective & KEPT,
                permitted: has.permitted & KEPT,
                inheritable: CapabilitySet::empty(),
            },
        )
    }
}
