//! Texts that somebody else wrote, as crema's messages quote them.

use std::borrow::Cow;

/// Maximum characters of a quote; a longer one helps nobody to find what is meant.
const LONGEST_QUOTE: usize = 200;

/// A text in quotes, cut if it is long.
pub fn quoted(text: &str) -> String {
    quoted_to(text, LONGEST_QUOTE)
}

/// A text in quotes, cut after this many characters.
pub fn quoted_to(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The text; if it has more than `most` bytes, its beginning and how many are left out.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(most);
    Cow::Owned(format!("{}… ({} more bytes)", &text[..end], text.len() - end))
}

/// Does the same in place.
pub fn cut_to(text: &mut String, most: usize) {
    if let Cow::Owned(shorter) = cut(text, most) {
        *text = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_two_characters_and_a_short_one_stays() {
        assert_eq!(quoted("a\nb"), r#""a\nb""#);
        assert_eq!(quoted(&"あ".repeat(300)), format!("{:?}…", "あ".repeat(200)));
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("あいう", 4), "あ… (6 more bytes)");
        let mut text = "x".repeat(50);
        cut_to(&mut text, 50);
        assert_eq!(text.len(), 50);
        cut_to(&mut text, 10);
        assert_eq!(text, format!("{}… (40 more bytes)", "x".repeat(10)));
    }
}
