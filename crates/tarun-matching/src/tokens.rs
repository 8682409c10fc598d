//! The words under which a text is found. The store keeps keyed hashes of them, never the words.

use unicode_normalization::UnicodeNormalization;

/// At most so many different words of one text are findable: a pasted book must not fill the index.
pub const MOST_TOKENS: usize = 64;
const LONGEST_TOKEN: usize = 32;

/// NFKC, lower case, without what can't be seen (zero-width joiners, direction marks, controls).
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).filter(|c| !is_invisible(*c)).collect()
}

/// The different words of a text, in order of appearance, at most [`MOST_TOKENS`].
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // A text can be long; what is looked at is bounded before anything is copied.
    let bound = text.char_indices().nth(20_000).map_or(text.len(), |(at, _)| at);
    for word in normalise(&text[..bound]).split(|c: char| !is_word(c)) {
        if word.is_empty() {
            continue;
        }
        let word: String = word.chars().take(LONGEST_TOKEN).collect();
        if !found.contains(&word) {
            found.push(word);
            if found.len() == MOST_TOKENS {
                break;
            }
        }
    }
    found
}

/// The words of a name with all their beginnings from the second letter on, so that "pri" finds "Priya".
#[must_use]
pub fn name_tokens(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in words(name).into_iter().take(6) {
        let ends: Vec<usize> = word.char_indices().map(|(at, c)| at + c.len_utf8()).skip(1).take(10).collect();
        found.extend(ends.iter().map(|end| format!("name:{}", &word[..*end])));
        if ends.last().is_none_or(|end| *end < word.len()) {
            found.push(format!("name:{word}"));
        }
    }
    found
}

/// The ends of a phone number of four digits and more, so that "41827" finds "+91 90000 41827".
#[must_use]
pub fn phone_tokens(digits: &str) -> Vec<String> {
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    (4..=digits.len()).map(|n| format!("phone:{}", &digits[digits.len() - n..])).collect()
}

/// What somebody typed into a search field, as tokens of messages and of contacts; all of one list must be there.
#[must_use]
pub fn query(text: &str) -> (Vec<String>, Vec<String>) {
    let words = words(text);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let only_digits = digits.len() >= 4 && text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
    let contact = if only_digits {
        vec![format!("phone:{digits}")]
    } else {
        words.iter().filter(|w| w.chars().count() >= 2).map(|w| format!("name:{w}")).collect()
    };
    (words, contact)
}

fn is_word(c: char) -> bool {
    // Vowel signs and viramas of Indic scripts are marks, not letters, and belong to the word.
    c.is_alphanumeric() || ('\u{900}'..='\u{dff}').contains(&c) && !matches!(c, '\u{964}' | '\u{965}')
}

fn is_invisible(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_languages_of_our_customers() {
        for (text, expected) in [
            ("Mera ORDER kab aayega?", vec!["mera", "order", "kab", "aayega"]),
            ("कृपया अभी सीरम बंद करें।", vec!["कृपया", "अभी", "सीरम", "बंद", "करें"]),
            ("வணக்கம், COD உண்டா?", vec!["வணக்கம்", "cod", "உண்டா"]),
            ("order order ORDER", vec!["order"]),
            ("NN-20418", vec!["nn", "20418"]),
            ("👍🙏 !!", vec![]),
            ("Ｆｕｌｌ ﬁne", vec!["full", "fine"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn names_are_found_by_their_beginnings_and_numbers_by_their_ends() {
        let tokens = name_tokens("Priya Sharma");
        assert!(["name:pr", "name:pri", "name:priya", "name:sharma"].iter().all(|t| tokens.iter().any(|f| f == t)));
        assert_eq!(query("Pri").1, ["name:pri"]);
        assert!(phone_tokens("+91 90000 41827").contains(&"phone:41827".to_owned()));
        assert_eq!(query("90000 41827").1, ["phone:9000041827"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_bounded_number_of_bounded_words(text in ".{0,3000}") {
            let found = words(&text);
            assert!(found.len() <= MOST_TOKENS && found.iter().all(|w| w.chars().count() <= LONGEST_TOKEN));
            let _ = (name_tokens(&text), phone_tokens(&text), query(&text));
        }
    }
}
