//! The guard where the kernel has no parent-death signal (macOS): it stays as the server's parent, holds the reading
//! end of a pipe as its standard input and stops the server when the pipe closes, which it does when Tarun ends in
//! whatever way. Written for macOS and not run there; built on Linux in place of the other guard, it passed the tests.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, setpgid};

use super::{GuardError, Order, take_lock};
use crate::process;

/// Runs the server as a child and returns its exit code.
pub(super) fn watch_server(order: &Order, program: &Path, args: &[OsString]) -> Result<i32, GuardError> {
    setpgid(Pid::from_raw(0), Pid::from_raw(0)).map_err(GuardError::setup("leave the terminal's process group"))?;
    umask(Mode::from_bits_truncate(0o077));
    let mut command = Command::new(program);
    command.args(args).process_group(0);
    let lock = order.lock.as_deref().map(take_lock).transpose()?;
    if let Some(lock) = &lock {
        let inherited = lock.try_clone();
        command.stdin(inherited.map_err(|source| GuardError::Setup { what: "pass the lock on", source })?);
    }
    if let Some(account) = &order.account {
        command.uid(account.uid).gid(account.gid);
    }
    let exec = |source| GuardError::Exec { program: program.to_path_buf(), source };
    let mut server = command.spawn().map_err(exec)?;
    let pid = server.id();
    if let (Some(mut lock), Some(path)) = (lock, &order.lock) {
        let record = process::Record::of(pid).to_string();
        let write = lock.set_len(0).and_then(|()| lock.write_all(record.as_bytes()));
        write.map_err(|source| GuardError::Lock { path: path.clone(), source })?;
    }
    if order.lock.is_some() {
        let (raw, signal) = (Pid::from_raw(pid.cast_signed()), order.stop_signal);
        std::thread::spawn(move || stop_when_pipe_closes(raw, signal));
    }
    let status = server.wait().map_err(exec)?;
    Ok(status.code().unwrap_or(1))
}

fn stop_when_pipe_closes(server: Pid, signal: Signal) {
    let mut nothing = [0u8; 64];
    let mut pipe = std::io::stdin().lock();
    while pipe.read(&mut nothing).is_ok_and(|n| n > 0) {}
    if let Err(error) = kill(server, signal) {
        eprintln!("tarun guard: cannot stop the server: {error}");
    }
}
