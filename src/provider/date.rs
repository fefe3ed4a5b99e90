//! The dates of HTTP, in each of the three forms that a reader must know (RFC 9110, 5.6.7).

use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// Older forms, both in universal time: that of RFC 850, and that of C's `asctime`.
const OLDER: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// A date as an instant in milliseconds.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(instant) = DateTimeParser::new().parse_timestamp(text) {
        return Some(instant.as_millisecond());
    }
    let read = |form: &&str| {
        let parts = BrokenDownTime::parse(form, text).ok()?;
        let at: DateTime = parts.to_datetime().ok()?;
        let at = at.to_zoned(TimeZone::UTC).ok()?;
        Some(at.timestamp().as_millisecond())
    };
    OLDER.iter().find_map(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_each_of_its_forms() {
        let then = Some(784_111_777_000);
        let cases = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", then),
            ("Sunday, 06-Nov-94 08:49:37 GMT", then),
            ("Sun Nov  6 08:49:37 1994", then),
            (" Sun Nov 16 08:49:37 2025 ", Some(1_763_282_977_000)),
            ("Wed Nov 16 08:49:37 1994", Some(784_975_777_000)),
            ("Friday, 27-Nov-26 08:00:00 GMT", Some(1_795_766_400_000)),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(instant(text), expected, "{text}");
        }
    }
}
