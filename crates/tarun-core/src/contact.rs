//! Whether what WhatsApp shows of two people is one person.

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

#[cfg(test)]
mod tests {
    use super::*;

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
