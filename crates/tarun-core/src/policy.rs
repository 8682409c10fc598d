//! Who may do what, on one page. `tests/policy.out` shows the whole table and is reviewed like code.

use crate::ids::{ApiKeyId, SessionId, UserId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Owner,
    Admin,
    Agent,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Agent];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Agent => "AGENT",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }
}

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Read,
    Write,
    Admin,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::Admin => "ADMIN",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// Who acts: evidence is a session or a key, never something that a body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    User { id: UserId, role: Role, session: SessionId },
    ApiKey { id: ApiKeyId, scope: Scope },
}

impl Actor {
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::ApiKey { .. } => None,
        }
    }
}

macro_rules! actions {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// Everything that somebody can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($name),* }

        impl Action {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

actions! {
    ReadConversation = "conversation.read",
    ReadAllConversations = "conversation.read_all",
    WriteConversation = "conversation.write",
    AssignConversation = "conversation.assign",
    ReadContact = "contact.read",
    WriteContact = "contact.write",
    ReadUser = "user.read",
    ManageUser = "user.manage",
    ManageOwner = "owner.manage",
    ManageApiKey = "api_key.manage",
    ReadNumber = "number.read",
    ManageNumber = "number.manage",
    ManageTenant = "tenant.manage",
    ManageFailure = "failure.manage",
    ReadAudit = "audit.read",
    ManageOwnSessions = "session.manage_own",
}

/// The policy. Agents see conversations assigned to them and unassigned ones; `agents_see_all` (a tenant's setting) widens it.
#[must_use]
pub fn may(actor: &Actor, action: Action) -> bool {
    use Action::*;
    match actor {
        Actor::User { role, .. } => role_may(*role, action),
        Actor::ApiKey { scope, .. } => match scope {
            Scope::Read => {
                matches!(action, ReadConversation | ReadAllConversations | ReadContact | ReadUser | ReadNumber)
            }
            Scope::Write => matches!(
                action,
                ReadConversation
                    | ReadAllConversations
                    | WriteConversation
                    | AssignConversation
                    | ReadContact
                    | WriteContact
                    | ReadUser
                    | ReadNumber
            ),
            Scope::Admin => !matches!(action, ManageOwner | ManageOwnSessions),
        },
    }
}

/// The people's part of it.
#[must_use]
pub fn role_may(role: Role, action: Action) -> bool {
    use Action::*;
    match role {
        Role::Owner => true,
        Role::Admin => action != ManageOwner,
        Role::Agent => matches!(
            action,
            ReadConversation
                | WriteConversation
                | AssignConversation
                | ReadContact
                | WriteContact
                | ReadUser
                | ReadNumber
                | ManageOwnSessions
        ),
    }
}

/// Which conversations somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    All,
    /// Those assigned to this person, and unassigned ones.
    OwnAndUnassigned(UserId),
}

#[must_use]
pub fn sight(actor: &Actor, agents_see_all: bool) -> Sight {
    match actor {
        Actor::User { id, .. } if !agents_see_all && !may(actor, Action::ReadAllConversations) => {
            Sight::OwnAndUnassigned(*id)
        }
        // A key is nobody's and has no conversations of its own: its scope alone says whether it reads any.
        Actor::User { .. } | Actor::ApiKey { .. } => Sight::All,
    }
}

impl Sight {
    #[must_use]
    pub fn covers(self, assignee: Option<UserId>) -> bool {
        match self {
            Self::All => true,
            Self::OwnAndUnassigned(me) => assignee.is_none_or(|a| a == me),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn actors() -> Vec<(String, Actor)> {
        let users = Role::ALL.map(|role| {
            (role.as_str().to_owned(), Actor::User { id: UserId::fresh(), role, session: SessionId::fresh() })
        });
        let keys =
            Scope::ALL.map(|scope| (format!("key {}", scope.as_str()), Actor::ApiKey { id: ApiKeyId::fresh(), scope }));
        users.into_iter().chain(keys).collect()
    }

    /// C-076: the whole role × action table; `TARUN_UPDATE=1 cargo test -p tarun-core` writes it anew after a wanted change.
    #[test]
    fn the_policy_is_the_reviewed_table() {
        let actors = actors();
        let mut table = format!("{:24}", "action");
        for (name, _) in &actors {
            let _ = write!(table, "{name:11}");
        }
        table = table.trim_end().to_owned() + "\n";
        for action in Action::ALL {
            let mut line = format!("{:24}", action.as_str());
            for (_, actor) in &actors {
                let _ = write!(line, "{:11}", if may(actor, *action) { "yes" } else { "-" });
            }
            table += &(line.trim_end().to_owned() + "\n");
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy.out");
        if std::env::var_os("TARUN_UPDATE").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        println!("{table}");
        assert_eq!(table, std::fs::read_to_string(path).unwrap(), "the policy changed: review tests/policy.out");
    }

    #[test]
    fn agents_see_their_own_and_the_unassigned() {
        let me = UserId::fresh();
        let agent = Actor::User { id: me, role: Role::Agent, session: SessionId::fresh() };
        let narrow = sight(&agent, false);
        assert!(narrow.covers(None) && narrow.covers(Some(me)) && !narrow.covers(Some(UserId::fresh())));
        assert_eq!(sight(&agent, true), Sight::All);
    }

    #[test]
    fn whoever_the_table_lets_read_all_sees_all() {
        for (name, actor) in actors() {
            let all = sight(&actor, false) == Sight::All;
            assert_eq!(all, may(&actor, Action::ReadAllConversations), "{name}");
        }
    }
}
