//! The numbers of a map's mappings: that they are numbers, and stay where lines and columns are.
//!
//! The library reads them again; it adds them up without a look at their size.

use super::outline::Unreadable;

/// Digits of a number: with six of them, of five bits each, everything up to [`MAX`] can be written.
const DIGITS: u32 = 7;
/// Greatest line, column or index.
const MAX: i64 = (1 << 30) - 1;

/// Counts mappings and lines.
///
/// # Errors
/// When a number cannot be read, or makes a line or column that no file has.
pub fn count(text: &str) -> Result<usize, Unreadable> {
    let wrong = |what: &str| Unreadable(format!("`mappings` has {what}"));
    let mut count = 0;
    // Column of the script; then source, line, column and name, which go on from line to line.
    let mut running = [0_i64; 5];
    for line in text.split(';') {
        count += 1;
        running[0] = 0;
        for segment in line.split(',').filter(|segment| !segment.is_empty()) {
            count += 1;
            let mut fields = 0;
            let mut digits = segment.bytes();
            while digits.len() > 0 {
                let change = number(&mut digits).ok_or_else(|| wrong("a number that cannot be read"))?;
                let field = running.get_mut(fields).ok_or_else(|| wrong("a mapping of too many numbers"))?;
                *field += change;
                if !(0..=MAX).contains(field) {
                    return Err(wrong("a line, column or index beyond all bounds"));
                }
                fields += 1;
            }
            if !matches!(fields, 1 | 4 | 5) {
                return Err(wrong("a mapping of neither 1, 4 nor 5 numbers"));
            }
        }
    }
    Ok(count)
}

/// The next number (base 64, least digits first, the sign in the lowest bit). `None` when there is none.
fn number(digits: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let mut value = 0;
    for place in 0..DIGITS {
        let digit = match digits.next()? {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'a'..=b'z' => letter - b'a' + 26,
            figure @ b'0'..=b'9' => figure - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        value |= i64::from(digit & 31) << (5 * place);
        if digit & 32 == 0 {
            return Some(if value & 1 == 0 { value >> 1 } else { -(value >> 1) });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sourcemap::vlq;

    use super::*;

    #[test]
    fn mappings_and_lines_are_counted() {
        assert_eq!(count(""), Ok(1));
        assert_eq!(count(";;AAAA,CACA;;A"), Ok(5 + 3));
    }

    #[test]
    fn what_is_no_mapping_is_told() {
        for text in ["!", "AA", "AAA", "AAAAAA", "AAAg", "D", "AADA", "ggggggggA", "AAAA\u{e9}", "A A"] {
            assert!(count(text).is_err(), "{text}");
        }
        let far = vlq::generate_vlq_segment(&[MAX + 1]).unwrap();
        assert!(count(&far).is_err());
        assert!(count(&format!("{0},{0}", vlq::generate_vlq_segment(&[MAX]).unwrap())).is_err(), "added up");
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_the_library(value in -MAX..=MAX) {
            let text = vlq::generate_vlq_segment(&[value]).unwrap();
            prop_assert_eq!(number(&mut text.bytes()), Some(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9+/,;!]{0,60}") {
            // Nothing to expect but an end: the library panics on some of these.
            let _ = count(&text);
        }
    }
}
