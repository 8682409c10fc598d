//! Looking at other processes: is it alive, is it still the one we wrote down, what was it started with.

use std::fmt;
use std::str::FromStr;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process together with its start time: a pid alone may by now belong to somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub pid: u32,
    /// What the system says about its start; opaque, only compared. Empty when the process is gone.
    started: String,
}

impl Record {
    pub fn of(pid: u32) -> Self {
        Self { pid, started: start_mark(pid).unwrap_or_default() }
    }

    /// Whether exactly this process still runs.
    pub fn is_running(&self) -> bool {
        !self.started.is_empty() && start_mark(self.pid).as_ref() == Some(&self.started)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pid, self.started)
    }
}

impl FromStr for Record {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (pid, started) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        Ok(Self { pid: pid.parse()?, started: started.to_owned() })
    }
}

/// Sends a signal; a process that is gone already is no error.
pub(crate) fn signal(pid: u32, signal: Signal) {
    if let Err(error) = kill(Pid::from_raw(pid.cast_signed()), signal)
        && error != nix::errno::Errno::ESRCH
    {
        tracing::warn!(pid, %signal, %error, "cannot signal process");
    }
}

#[cfg(target_os = "linux")]
mod system {
    /// Start time in clock ticks since boot: field 22 of /proc/pid/stat, counted after the parenthesised name.
    pub(crate) fn start_mark(pid: u32) -> Option<String> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
        let state = fields.next()?;
        if state == "Z" { None } else { fields.nth(18).map(str::to_owned) }
    }

    /// The arguments a process was started with (or shows), space separated. Readable for every user's processes.
    pub(crate) fn command_line(pid: u32) -> Option<String> {
        let raw = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        Some(String::from_utf8_lossy(&raw).replace('\0', " "))
    }

    /// Every process with the command line it shows.
    pub(crate) fn all() -> Vec<(u32, String)> {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter_map(|pid| Some((pid, command_line(pid)?))).collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::process::Command;

    pub(crate) fn start_mark(pid: u32) -> Option<String> {
        ps(&["-o", "lstart=", "-p", &pid.to_string()])
    }

    pub(crate) fn command_line(pid: u32) -> Option<String> {
        ps(&["-ww", "-o", "args=", "-p", &pid.to_string()])
    }

    pub(crate) fn all() -> Vec<(u32, String)> {
        let text = ps(&["-A", "-o", "pid=,args="]).unwrap_or_default();
        let parse =
            |line: &str| line.trim().split_once(' ').and_then(|(pid, args)| Some((pid.parse().ok()?, args.to_owned())));
        text.lines().filter_map(parse).collect()
    }

    /// In a fixed time zone and language: the guard and the supervisor compare what they are told.
    fn ps(args: &[&str]) -> Option<String> {
        let mut command = Command::new("/bin/ps");
        let out = command.args(args).env_clear().env("TZ", "UTC").env("LC_ALL", "C").output().ok()?;
        let text = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        (out.status.success() && !text.is_empty()).then_some(text)
    }
}

pub(crate) use system::{all, command_line, start_mark};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_recognises_its_process_and_no_other() {
        let own = Record::of(std::process::id());
        assert!(own.is_running());
        assert_eq!(own.to_string().parse::<Record>().unwrap(), own);
        assert!(!Record { pid: own.pid, started: "1".into() }.is_running());
        assert!(!Record::of(u32::MAX / 2).is_running());
        assert!(command_line(own.pid).unwrap().contains("tarun"));
        assert!(all().iter().any(|(pid, line)| *pid == own.pid && line.contains("tarun")));
    }
}
