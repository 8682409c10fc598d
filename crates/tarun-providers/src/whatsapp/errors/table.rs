//! The table: one row a code or range of codes, sorted. From Meta's error reference (September 2026) and, for what to
//! do, from its pages on throughput, quality and registration.

use super::Action::{Fault, Never, PauseNumber, PauseTemplates, SlowNumber, Template, WaitForUser};
use super::{Action, Lesson, Policy};

pub(super) struct Row {
    pub first: i64,
    pub last: i64,
    pub policy: Policy,
}

const fn row(code: i64, action: Action, words: &'static str) -> Row {
    range(code, code, action, words)
}

const fn range(first: i64, last: i64, action: Action, words: &'static str) -> Row {
    Row { first, last, policy: Policy { action, lesson: Lesson::None, words, given_up: words } }
}

/// What passes: other words while it is tried again than when it is given up.
const fn passing(code: i64, action: Action, words: &'static str, given_up: &'static str) -> Row {
    Row { first: code, last: code, policy: Policy { action, lesson: Lesson::None, words, given_up } }
}

const fn lesson(code: i64, action: Action, lesson: Lesson, words: &'static str) -> Row {
    Row { first: code, last: code, policy: Policy { action, lesson, words, given_up: words } }
}

/// The usual retry: 2 s, doubling, five times.
const RETRY: Action = Action::Retry { after: 2, attempts: 5 };

pub(super) const UNKNOWN: Policy = Policy { action: Never, lesson: Lesson::None, words: REFUSED, given_up: REFUSED };

pub(super) const UNKNOWN_PASSING: Policy = Policy {
    action: Action::Retry { after: 2, attempts: 3 },
    lesson: Lesson::None,
    words: "WhatsApp has a problem of its own. The message is tried again by itself.",
    given_up: GIVEN_UP,
};

const REFUSED: &str =
    "WhatsApp refused the message for a reason that is new to Tarun. Read the details and tell an admin.";
const GIVEN_UP: &str = "WhatsApp had a problem of its own and did not take the message. Send it again.";
const LOST: &str = "The connection to WhatsApp is lost. An admin must renew the access token.";
const FORBIDDEN: &str =
    "WhatsApp no longer allows this number to be used with the access token. An admin must check its permissions.";
const BUSY: &str = "WhatsApp is busy. The message is tried again by itself.";
const SLOW: &str = "The limit of calls to WhatsApp is reached. Sending goes on by itself in some minutes.";
const TOO_SLOW: &str = "The limit of calls to WhatsApp was reached. Wait some minutes, then send it again.";
const PARAMETERS: &str =
    "The template was filled in differently from how it was approved. Fetch the templates again and check the values.";
const OURS: &str = "WhatsApp could not read the message as it was sent. Tell an admin, it is not your mistake.";

pub(super) const ROWS: &[Row] = &[
    row(0, PauseNumber, LOST),
    passing(
        1,
        Action::Retry { after: 2, attempts: 2 },
        "WhatsApp reports an unknown error. The message is tried again by itself.",
        GIVEN_UP,
    ),
    passing(2, RETRY, BUSY, GIVEN_UP),
    row(3, PauseNumber, FORBIDDEN),
    passing(4, SlowNumber { after: 300 }, SLOW, TOO_SLOW),
    row(10, PauseNumber, FORBIDDEN),
    row(
        33,
        PauseNumber,
        "WhatsApp does not know this number any more, or the token may not see it. An admin must check the number.",
    ),
    row(100, Fault, OURS),
    row(104, PauseNumber, LOST),
    row(190, PauseNumber, LOST),
    range(200, 299, PauseNumber, FORBIDDEN),
    row(368, PauseNumber, "WhatsApp has restricted this account. An admin must look into WhatsApp Manager."),
    row(2_500, PauseNumber, LOST),
    passing(80_007, SlowNumber { after: 300 }, SLOW, TOO_SLOW),
    passing(80_008, SlowNumber { after: 300 }, SLOW, TOO_SLOW),
    row(130_403, Never, "This business has blocked the customer. Unblock them to write."),
    passing(
        130_429,
        SlowNumber { after: 4 },
        "The number is sending too fast. Sending goes on by itself, more slowly.",
        "The number was sending too fast. Wait a minute, then send it again.",
    ),
    row(
        130_472,
        Never,
        "Meta is holding marketing back from this customer for an experiment. Use another kind of message; nothing was charged.",
    ),
    row(130_497, Never, "This account may not write to the customer's country. Reach them in another way."),
    passing(
        131_000,
        Action::Retry { after: 2, attempts: 3 },
        "WhatsApp reports an unknown failure. The message is tried again by itself.",
        GIVEN_UP,
    ),
    row(131_005, PauseNumber, FORBIDDEN),
    row(131_008, Fault, OURS),
    row(
        131_009,
        Fault,
        "WhatsApp does not accept a value of the message. Check the phone number, and tell an admin if it is right.",
    ),
    passing(131_016, RETRY, BUSY, GIVEN_UP),
    row(131_020, Never, "The group has no other member. Add someone before you write."),
    row(131_021, Never, "The recipient is the business's own number. Choose a customer's number."),
    lesson(
        131_026,
        Never,
        Lesson::MaybeUnreachable,
        "Not reachable on WhatsApp. Ask the customer in another way whether they use it and have updated it.",
    ),
    row(131_030, Fault, "This is a test number. Add the recipient in Meta's dashboard and send again."),
    row(131_031, PauseNumber, "WhatsApp has locked this account. An admin must look into WhatsApp Manager."),
    row(
        131_037,
        PauseNumber,
        "The number's display name is not approved yet. An admin must get it approved in WhatsApp Manager.",
    ),
    row(131_041, Never, "WhatsApp does not know this group. Write to the customer directly."),
    row(131_042, PauseNumber, "Meta has a billing problem with this account. An admin must check its payment method."),
    row(131_044, Never, "Meta has a billing problem with calls. An admin must check the payment method."),
    row(131_045, PauseNumber, "The number is not registered with WhatsApp. An admin must register it."),
    lesson(131_047, Never, Lesson::WindowClosed, "The 24-hour window is closed. Send a template."),
    row(
        131_048,
        PauseTemplates,
        "Customers have blocked or reported this number too often. Campaigns are stopped; an admin must review them.",
    ),
    lesson(
        131_049,
        Never,
        Lesson::MarketingHeldBack,
        "Meta held the message back because the customer got much marketing lately. Try again tomorrow at the earliest.",
    ),
    lesson(
        131_050,
        Never,
        Lesson::OptedOut,
        "The customer wants no marketing from this business. Send only replies and service messages.",
    ),
    row(131_051, Fault, "WhatsApp cannot send this kind of message. Send it as text or as a document."),
    row(131_052, Never, "WhatsApp could not fetch the file. Send it again, or ask the customer to."),
    row(131_053, Never, "WhatsApp does not accept this file. Check its type and size, and send another."),
    row(131_055, Fault, "This kind of message is not allowed on this route. Tell an admin, it is not your mistake."),
    passing(
        131_056,
        WaitForUser { base: 4 },
        "Too many messages went to this customer in a short time. This one follows by itself.",
        "Too many messages went to this customer in a short time. Wait a minute, then send it again.",
    ),
    passing(
        131_057,
        Action::Retry { after: 60, attempts: 5 },
        "WhatsApp is upgrading the number. The message is tried again in a minute.",
        "WhatsApp was upgrading the number. Wait some minutes, then send it again.",
    ),
    row(131_060, Never, "WhatsApp does not have this message any more. Ask the customer to send it again."),
    lesson(
        131_062,
        Never,
        Lesson::NeedsPhoneNumber,
        "This message needs a phone number, and the customer hides theirs. Ask them to share it.",
    ),
    row(
        131_063,
        Fault,
        "Marketing templates are switched off on this route. An admin must check the account's settings.",
    ),
    row(
        131_064,
        PauseTemplates,
        "Meta has limited the account for templates in a wrong category. An admin must correct them in WhatsApp Manager.",
    ),
    range(131_201, 131_207, Never, "WhatsApp could not do this with the group. Check the group and its members."),
    passing(
        131_208,
        SlowNumber { after: 60 },
        "The limit of group calls to WhatsApp is reached. Sending goes on by itself.",
        "The limit of group calls to WhatsApp was reached. Wait some minutes, then send it again.",
    ),
    range(131_209, 131_215, Never, "WhatsApp could not do this with the group. Check the group and its members."),
    row(132_000, Template, PARAMETERS),
    row(
        132_001,
        Template,
        "The template does not exist in this language or is not approved. Fetch the templates again and choose another.",
    ),
    row(132_005, Never, "The filled-in template is too long. Shorten the values and send again."),
    row(132_007, Template, "The template breaks a rule of WhatsApp. Change it and have it approved again."),
    row(132_008, Fault, "WhatsApp rejected a value of the template. Check the values and send again."),
    row(132_012, Template, PARAMETERS),
    row(
        132_015,
        Template,
        "WhatsApp has paused the template because of its quality. Choose another or wait until it is approved again.",
    ),
    row(132_016, Template, "WhatsApp has disabled the template for good. Choose or make another."),
    row(132_018, Template, PARAMETERS),
    row(
        132_068,
        Template,
        "WhatsApp has blocked the form in this template. An admin must repair it in WhatsApp Manager.",
    ),
    row(
        132_069,
        Template,
        "The form in this template is slowed down by WhatsApp. Wait an hour before you use it again.",
    ),
    row(
        133_000,
        Never,
        "An earlier removal of the number failed. An admin must remove it once more and register it again.",
    ),
    passing(133_004, RETRY, BUSY, GIVEN_UP),
    row(133_005, Never, "The PIN is wrong. Enter the number's two-step PIN."),
    row(133_006, Never, "The number must be verified first. Ask for a code and enter it."),
    range(133_008, 133_009, Never, "The PIN was tried too often. Wait as long as the details say."),
    row(133_010, PauseNumber, "The number is not registered with WhatsApp. An admin must register it."),
    passing(
        133_015,
        Action::Retry { after: 300, attempts: 3 },
        "WhatsApp is still removing the number. It is tried again in five minutes.",
        "WhatsApp was still removing the number. Wait until it has, then send it again.",
    ),
    row(133_016, Never, "The number was registered too often. Wait up to 72 hours before the next try."),
    row(134_011, Never, "The terms for payments are not accepted. An admin must accept them in WhatsApp Manager."),
    row(134_100, Fault, "Only marketing templates may take this route. Tell an admin, it is not your mistake."),
    passing(
        134_101,
        Action::Retry { after: 600, attempts: 3 },
        "WhatsApp is still preparing the template. The message is tried again in ten minutes.",
        "WhatsApp was still preparing the template. Wait ten minutes, then send it again.",
    ),
    row(134_102, Never, "The template cannot be used on this route. Choose another template."),
    passing(
        135_000,
        Action::Retry { after: 2, attempts: 2 },
        "WhatsApp could not read the message. It is tried once more.",
        "WhatsApp could not read the message. Tell an admin, or change it and send it again.",
    ),
    row(136_024, Never, "The number is verified already. Go on with the next step."),
    row(137_000, Never, "The customer's security code has changed. Confirm who they are before you write."),
    range(138_000, 138_999, Never, "The call could not be made. Write to the customer instead."),
    range(139_100, 139_103, Never, "The list of blocked customers could not be changed. Try again later."),
    range(147_001, 147_005, Never, "The business's username could not be set. Choose another or read the details."),
    passing(
        2_494_100,
        Action::Retry { after: 120, attempts: 5 },
        "WhatsApp is maintaining the number. The message is tried again in some minutes.",
        "WhatsApp was maintaining the number. Wait some minutes, then send it again.",
    ),
    range(
        2_593_107,
        2_593_108,
        Never,
        "Past chats can be fetched once, within a day of connecting. Disconnect the number and connect it again.",
    ),
    row(2_593_109, Never, "The owner did not share past chats. Nothing has to be done."),
];
