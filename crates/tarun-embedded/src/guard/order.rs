//! What a guard is told, as command line arguments (both directions, so that they cannot drift apart).

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use nix::sys::signal::Signal;

use super::GuardError;
use crate::account::Account;

/// One order to a guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Pid of the process that gives the order; a guard whose parent is another one ends at once.
    pub parent: u32,
    /// Signal that tells the server to stop cleanly; also sent by the kernel when the parent dies.
    pub stop_signal: Signal,
    /// The user to become; none to stay who we are.
    pub account: Option<Account>,
    /// Lock file to hold for the server's life.
    pub lock: Option<PathBuf>,
    pub task: Task,
}

/// What the guard is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// Run this program.
    Serve { program: PathBuf, args: Vec<OsString> },
    /// Only try that these paths can be reached as the user.
    Reach(Vec<PathBuf>),
}

impl Order {
    /// The arguments after [`super::REQUEST`].
    pub fn to_args(&self) -> Vec<OsString> {
        let mut args: Vec<OsString> = Vec::new();
        args.extend(["--parent".into(), self.parent.to_string().into()]);
        args.extend(["--signal".into(), self.stop_signal.as_str().into()]);
        if let Some(account) = &self.account {
            args.extend(["--user".into(), account.name.as_str().into()]);
            args.extend([
                "--uid".into(),
                account.uid.to_string().into(),
                "--gid".into(),
                account.gid.to_string().into(),
            ]);
        }
        if let Some(lock) = &self.lock {
            args.extend(["--lock".into(), lock.as_os_str().to_os_string()]);
        }
        match &self.task {
            Task::Serve { program, args: own } => {
                args.extend(["--serve".into(), program.as_os_str().to_os_string()]);
                args.extend(own.iter().cloned());
            }
            Task::Reach(paths) => {
                args.push("--reach".into());
                args.extend(paths.iter().map(|path| path.as_os_str().to_os_string()));
            }
        }
        args
    }

    /// Reads [`Order::to_args`] back.
    pub fn parse(args: Vec<OsString>) -> Result<Self, GuardError> {
        let mut args = args.into_iter();
        let (mut parent, mut stop_signal, mut lock) = (None, None, None);
        let (mut user, mut uid, mut gid) = (None, None, None);
        while let Some(name) = args.next() {
            let misuse = || GuardError::Misuse(name.to_string_lossy().into_owned());
            let mut value = || args.next().ok_or_else(misuse);
            match name.to_str() {
                Some("--parent") => parent = Some(number(&value()?)?),
                Some("--signal") => stop_signal = Some(text(&value()?)?.parse::<Signal>().map_err(|_| misuse())?),
                Some("--user") => user = Some(text(&value()?)?),
                Some("--uid") => uid = Some(number(&value()?)?),
                Some("--gid") => gid = Some(number(&value()?)?),
                Some("--lock") => lock = Some(PathBuf::from(value()?)),
                Some("--serve") => {
                    let program = PathBuf::from(value()?);
                    let task = Task::Serve { program, args: args.collect() };
                    return Self::assemble(parent, stop_signal, (user, uid, gid), lock, task);
                }
                Some("--reach") => {
                    let task = Task::Reach(args.map(PathBuf::from).collect());
                    return Self::assemble(parent, stop_signal, (user, uid, gid), lock, task);
                }
                _ => return Err(misuse()),
            }
        }
        Err(GuardError::Misuse("no task".into()))
    }

    fn assemble(
        parent: Option<u32>,
        stop_signal: Option<Signal>,
        account: (Option<String>, Option<u32>, Option<u32>),
        lock: Option<PathBuf>,
        task: Task,
    ) -> Result<Self, GuardError> {
        let account = match account {
            (None, None, None) => None,
            (Some(name), Some(uid), Some(gid)) => Some(Account { name, uid, gid }),
            _ => return Err(GuardError::Misuse("an incomplete user".into())),
        };
        let parent = parent.ok_or_else(|| GuardError::Misuse("no parent".into()))?;
        let stop_signal = stop_signal.ok_or_else(|| GuardError::Misuse("no signal".into()))?;
        Ok(Self { parent, stop_signal, account, lock, task })
    }
}

fn text(value: &OsStr) -> Result<String, GuardError> {
    value.to_str().map(str::to_owned).ok_or_else(|| GuardError::Misuse(value.to_string_lossy().into_owned()))
}

fn number(value: &OsStr) -> Result<u32, GuardError> {
    text(value)?.parse().map_err(|_| GuardError::Misuse(value.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_survives_the_command_line() {
        let serve = Task::Serve { program: "/bin/x".into(), args: vec!["--lock".into(), "".into(), "ä b".into()] };
        let account = Account { name: "nobody".into(), uid: 65534, gid: 65534 };
        for (account, lock, task) in [
            (Some(account), Some(PathBuf::from("/a b/x.lock")), serve.clone()),
            (None, None, serve),
            (None, None, Task::Reach(vec!["/a".into(), "/b c".into()])),
        ] {
            let order = Order { parent: 7, stop_signal: Signal::SIGINT, account, lock, task };
            assert_eq!(Order::parse(order.to_args()).unwrap(), order);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for args in [
            vec![],
            vec!["--parent"],
            vec!["--what"],
            vec!["--parent", "1", "--serve", "/x"],
            vec!["--parent", "1", "--signal", "SIGINT", "--uid", "0", "--serve", "/x"],
        ] {
            assert!(Order::parse(args.into_iter().map(OsString::from).collect()).is_err());
        }
    }
}
