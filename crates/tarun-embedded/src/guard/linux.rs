//! The guard on Linux: prepares the process, then becomes the server.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::sys::prctl::{set_no_new_privs, set_pdeathsig};
use nix::sys::signal::SigSet;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, getppid, setpgid};

use super::{GuardError, Order, privileges, take_lock};
use crate::process;

/// Replaces this process by the server.
///
/// The order of the steps matters: the lock is opened while we may still be root; the parent-death signal is set after
/// `setuid`, which would clear it; the parent is looked at last, to notice one that died before the signal was set.
pub(super) fn become_server(order: &Order, program: &Path, args: &[OsString]) -> Result<Infallible, GuardError> {
    SigSet::empty().thread_set_mask().map_err(GuardError::setup("clear the signal mask"))?;
    setpgid(Pid::from_raw(0), Pid::from_raw(0)).map_err(GuardError::setup("leave the terminal's process group"))?;
    umask(Mode::from_bits_truncate(0o077));
    let mut command = Command::new(program);
    command.args(args);
    if let Some(path) = &order.lock {
        let mut lock = take_lock(path)?;
        let record = process::Record::of(std::process::id()).to_string();
        let write = lock.set_len(0).and_then(|()| lock.write_all(record.as_bytes()));
        write.map_err(|source| GuardError::Lock { path: path.clone(), source })?;
        command.stdin(lock);
    }
    privileges::take_on(order.account.as_ref())?;
    set_no_new_privs().map_err(GuardError::setup("give up gaining privileges"))?;
    set_pdeathsig(order.stop_signal).map_err(GuardError::setup("ask to be stopped with the parent"))?;
    if getppid().as_raw().unsigned_abs() != order.parent {
        return Err(GuardError::ParentGone);
    }
    Err(GuardError::Exec { program: program.to_path_buf(), source: command.exec() })
}
