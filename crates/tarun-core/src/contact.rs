//! Whether what WhatsApp shows of two people is one person, and what people wish.

use time::OffsetDateTime;

/// What about a contact's number people had better know. It is told in the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Somebody else writes from it now.
    NumberReassigned,
    /// It belongs to another contact already.
    NumberOfAnother,
}

impl Doubt {
    /// The word in the line's content.
    #[must_use]
    pub fn event(self) -> &'static str {
        match self {
            Self::NumberReassigned => "number_reassigned",
            Self::NumberOfAnother => "number_of_another",
        }
    }

    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::NumberReassigned => {
                "Somebody else writes from this customer's phone number now, in a conversation of their own. What is \
                 written here no longer goes to that number."
            }
            Self::NumberOfAnother => {
                "WhatsApp shows this customer with a phone number that belongs to another contact here: look whether \
                 the two are one person."
            }
        }
    }
}

/// A user id that a contact holds.
#[derive(Debug, Clone, Copy)]
pub struct HeldId<'a> {
    /// The id, or a hash of it.
    pub id: &'a [u8],
    /// The WhatsApp account among whose numbers it was seen; `None` where nobody noted it.
    pub scope: Option<&'a str>,
}

/// Whether somebody who is seen with a contact's phone number and with a user id that is new here is another person.
///
/// WhatsApp gives each person one id per business portfolio and keeps it as long as the person keeps the number. So two ids
/// among the numbers of one account are two people: the number was given to a new one. Ids from different accounts may be of
/// different portfolios and tell nothing, nor does one of which nobody knows where it was seen: then it is the same person.
#[must_use]
pub fn is_another(held: &[HeldId<'_>], shown: &[u8], scope: &str) -> bool {
    held.iter().all(|h| h.id != shown) && held.iter().any(|h| h.scope == Some(scope))
}

/// What somebody told WhatsApp about marketing messages of a business. It concerns those only: service goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Stop,
    /// To get them again, or to get them at all.
    Resume,
}

impl Wish {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Resume => "RESUME",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Stop, Self::Resume].into_iter().find(|w| w.as_str() == text)
    }
}

/// A wish and when it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marketing {
    pub wish: Wish,
    pub at: OffsetDateTime,
}

impl Marketing {
    /// Which of two wishes holds: the newer one, in whichever order they came. WhatsApp gives whole seconds; of two in one
    /// second the refusal holds.
    #[must_use]
    pub fn newer(self, other: Self) -> Self {
        match self.at.cmp(&other.at) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal if other.wish == Wish::Stop => other,
            std::cmp::Ordering::Equal => self,
        }
    }

    /// Since when the person wants none.
    #[must_use]
    pub fn opted_out_at(self) -> Option<OffsetDateTime> {
        (self.wish == Wish::Stop).then_some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_wish_holds_and_of_two_at_once_the_refusal() {
        let wish = |wish, second| Marketing { wish, at: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second) };
        for (one, other, holds) in [
            (wish(Wish::Stop, 1), wish(Wish::Resume, 2), Wish::Resume),
            (wish(Wish::Stop, 2), wish(Wish::Resume, 1), Wish::Stop),
            (wish(Wish::Stop, 1), wish(Wish::Resume, 1), Wish::Stop),
            (wish(Wish::Resume, 1), wish(Wish::Resume, 1), Wish::Resume),
        ] {
            assert_eq!((one.newer(other).wish, other.newer(one).wish), (holds, holds), "{one:?} {other:?}");
        }
        assert_eq!(Wish::parse("STOP"), Some(Wish::Stop));
        assert_eq!(wish(Wish::Resume, 1).opted_out_at(), None);
    }

    #[test]
    fn two_ids_of_one_account_are_two_people_and_of_two_accounts_may_be_one() {
        let held = |id, scope| HeldId { id, scope };
        let a: &[u8] = b"IN.A";
        for (ids, another) in [
            (vec![], false),
            (vec![held(a, Some("100"))], true),
            (vec![held(a, Some("200"))], false),
            (vec![held(a, None)], false),
            (vec![held(a, Some("200")), held(b"IN.C", Some("100"))], true),
            (vec![held(b"IN.B", Some("100")), held(a, Some("100"))], false),
        ] {
            assert_eq!(is_another(&ids, b"IN.B", "100"), another, "{ids:?}");
        }
    }
}
