//! The characters of a file: which encoding it is in, and where bytes do not decode.
//!
//! Nothing is replaced silently. What does not decode is marked with its place, and costs the row that it stands in.

use std::ops::Range;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, WINDOWS_1252};

/// Stands where bytes do not decode.
const MARK: char = char::REPLACEMENT_CHARACTER;
const GROWTH: usize = 64 * 1024;
/// Bytes that are not ASCII, below which a guess is taken for one in the commonest encoding alone.
const EVIDENCE: usize = 10;
/// Characters of the line that shows what a guess made of the file.
const SHOWN: usize = 80;

/// An encoding by its WHATWG label: `utf-8`, `windows-1252`, `latin1`, `utf-16le`, `shift_jis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named(&'static Encoding);

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(label: &str) -> Result<Self, String> {
        // Labels of encodings that nothing should be read in all name "replacement".
        let encoding = Encoding::for_label_no_replacement(label.as_bytes());
        let unknown =
            || format!("there is no encoding \"{label}\"; utf-8, windows-1252 and utf-16le are some");
        encoding.map(Self).ok_or_else(unknown)
    }
}

/// How the encoding of a file came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The command or the mapping names it.
    Asked,
    /// The file begins with a byte order mark.
    Marked,
    /// The bytes are UTF-8, or mostly.
    Valid,
    /// By what is most likely in such a text.
    Guessed,
}

/// The encoding that a file was read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadAs {
    /// As WHATWG writes it: `UTF-8`, `windows-1252`.
    pub name: &'static str,
    pub origin: Origin,
}

/// Bytes that do not decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    /// Where their mark stands in the text.
    at: usize,
    /// Where they begin in the file, from 0.
    byte: usize,
}

/// A file's text.
#[derive(Debug)]
pub(super) struct Decoded {
    pub text: String,
    pub read_as: ReadAs,
    faults: Vec<Fault>,
}

impl Decoded {
    /// The first line with letters beyond ASCII, for a person to see whether they are right.
    pub fn sample(&self) -> Option<String> {
        let line = self.text.lines().find(|line| !line.is_ascii())?;
        let shown = line.trim().chars().filter(|c| !c.is_control());
        Some(shown.take(SHOWN).collect())
    }

    /// What is wrong with the characters of a part of the text, if anything is.
    pub fn fault_in(&self, range: Range<usize>) -> Option<String> {
        let part = &self.text[range.clone()];
        let (at, found) = part.char_indices().find(|(_, c)| is_damage(*c))?;
        let character = part[..at].chars().count() + 1;
        let name = self.read_as.name;
        let known = self
            .faults
            .binary_search_by_key(&(range.start + at), |fault| fault.at);
        Some(match known.ok().and_then(|index| self.faults.get(index)) {
            Some(fault) => format!(
                "does not decode as {name} at character {character}, byte {} of the file; save the file as UTF-8, or name \
                 its encoding with --encoding",
                fault.byte + 1
            ),
            None => format!(
                "holds U+{:04X} at character {character}, which is no text: the file was damaged before, or is not in {name}; \
                 name its encoding with --encoding",
                u32::from(found)
            ),
        })
    }
}

/// Whether a character shows that a text was damaged or did not decode.
pub(super) fn is_damage(c: char) -> bool {
    c == MARK || (c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
}

/// Decodes a file in the encoding that is asked for, or in the one that it seems to be in.
///
/// # Errors
/// If it cannot be said which: the file seems to be in UTF-16 and has no byte order mark, or holds too little to guess from.
pub(super) fn decode(bytes: &[u8], asked: Option<Named>) -> Result<Decoded, String> {
    let (encoding, origin) = match asked {
        Some(Named(encoding)) => (encoding, Origin::Asked),
        None => detect(bytes)?,
    };
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut text = String::with_capacity(bytes.len() + GROWTH);
    let (mut faults, mut read) = (Vec::new(), 0);
    loop {
        let (result, taken) = decoder.decode_to_string_without_replacement(
            bytes.get(read..).unwrap_or_default(),
            &mut text,
            true,
        );
        read += taken;
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => text.reserve(GROWTH),
            DecoderResult::Malformed(length, behind) => {
                let back = usize::from(length) + usize::from(behind);
                let byte = read.saturating_sub(back);
                faults.push(Fault { at: text.len(), byte });
                text.push(MARK);
            }
        }
    }
    let name = encoding.name();
    Ok(Decoded {
        text,
        read_as: ReadAs { name, origin },
        faults,
    })
}

fn detect(bytes: &[u8]) -> Result<(&'static Encoding, Origin), String> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok((encoding, Origin::Marked));
    }
    if let Some(label) = seems_utf_16(bytes) {
        return Err(format!(
            "every other byte is zero, as in UTF-16, and there is no byte order mark; say --encoding {label}"
        ));
    }
    if is_mostly_utf_8(bytes) {
        return Ok((UTF_8, Origin::Valid));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let evidence = bytes
        .iter()
        .filter(|byte| !byte.is_ascii())
        .take(EVIDENCE)
        .count();
    if guess != WINDOWS_1252 && evidence < EVIDENCE {
        return Err(format!(
            "the file is not UTF-8, and holds too few letters beyond ASCII to tell its encoding; say --encoding windows-1252 if \
             it comes from western Europe ({} fits, too)",
            guess.name()
        ));
    }
    Ok((guess, Origin::Guessed))
}

/// The label of the UTF-16 that a text in mostly ASCII would be in.
fn seems_utf_16(bytes: &[u8]) -> Option<&'static str> {
    let zeros = |first: usize| {
        bytes
            .iter()
            .skip(first)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let many = bytes.len() / 4;
    match (even > many, odd > many) {
        (false, true) => Some("utf-16le"),
        (true, false) => Some("utf-16be"),
        _ => None,
    }
}

/// Whether a text is UTF-8, apart from damage: what is not ASCII decodes at least as often as it does not. By chance, in
/// another encoding, it hardly ever does.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad == 0 || good >= bad
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], label: Option<&str>) -> (String, &'static str, Origin) {
        let decoded = decode(bytes, label.map(|label| label.parse().unwrap())).unwrap();
        (decoded.text, decoded.read_as.name, decoded.read_as.origin)
    }

    #[test]
    fn an_encoding_is_asked_marked_valid_or_guessed() {
        let cafe = "Größe,Café\nSchlüssel für Lüftung,é";
        let latin: Vec<u8> = cafe
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect();
        let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> { cafe.encode_utf16().flat_map(order).collect() };
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        let utf_8 = cafe.as_bytes();
        let table: Vec<(Vec<u8>, Option<&str>, &str, Origin)> = vec![
            (utf_8.to_vec(), None, "UTF-8", Origin::Valid),
            (marked(b"\xef\xbb\xbf", utf_8), None, "UTF-8", Origin::Marked),
            (
                marked(b"\xef\xbb\xbf", utf_8),
                Some("utf8"),
                "UTF-8",
                Origin::Asked,
            ),
            (
                marked(b"\xff\xfe", &wide(u16::to_le_bytes)),
                None,
                "UTF-16LE",
                Origin::Marked,
            ),
            (
                marked(b"\xfe\xff", &wide(u16::to_be_bytes)),
                None,
                "UTF-16BE",
                Origin::Marked,
            ),
            (wide(u16::to_le_bytes), Some("utf-16"), "UTF-16LE", Origin::Asked),
            (
                wide(u16::to_be_bytes),
                Some("UTF-16BE"),
                "UTF-16BE",
                Origin::Asked,
            ),
            (latin.clone(), None, "windows-1252", Origin::Guessed),
            (latin, Some("latin1"), "windows-1252", Origin::Asked),
        ];
        for (bytes, label, name, origin) in table {
            assert_eq!(read(&bytes, label), (cafe.to_owned(), name, origin), "{label:?}");
        }
        for text in [&b""[..], b"plain"] {
            assert_eq!(read(text, None).2, Origin::Valid);
        }
    }

    #[test]
    fn other_scripts_are_guessed() {
        let table = [
            (
                "windows-1251",
                "Экскаватор, замена фильтра гидравлики и масла двигателя",
            ),
            (
                "Shift_JIS",
                "油圧ショベルのフィルターを交換しました。エンジンオイルも交換。",
            ),
            ("GBK", "更换挖掘机液压滤清器和发动机机油，检查履带张力"),
            (
                "windows-1250",
                "Výměna filtru, kontrola těsnění a žárovky; příští údržba v září",
            ),
        ];
        for (name, text) in table {
            let encoding = Encoding::for_label(name.as_bytes()).unwrap();
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost, "{name}");
            assert_eq!(
                read(&bytes, None),
                (text.to_owned(), encoding.name(), Origin::Guessed)
            );
        }
    }

    #[test]
    fn what_does_not_decode_is_marked_with_its_place() {
        let decoded = decode("Größe ok\nGr\u{f6}".as_bytes(), None).unwrap();
        assert_eq!(decoded.fault_in(0..decoded.text.len()), None);
        // UTF-8 with one row that is not.
        let decoded = decode(b"Gr\xc3\xb6\xc3\x9fe\nab\xf6c\nd", None).unwrap();
        assert_eq!(decoded.read_as.name, "UTF-8");
        let lines: Vec<_> = decoded.text.split('\n').collect();
        let start = lines[0].len() + 1;
        assert_eq!(decoded.fault_in(0..start), None);
        let told = decoded.fault_in(start..start + lines[1].len()).unwrap();
        assert!(
            told.contains("does not decode as UTF-8 at character 3, byte 11 of the file"),
            "{told}"
        );
        // A replacement character that was there before, controls, half a pair of UTF-16, and an end in the middle.
        for (bytes, label, reason) in [
            (&b"a\xef\xbf\xbdb"[..], None, "holds U+FFFD at character 2"),
            (b"abcdefgh\x00b", None, "holds U+0000 at character 9"),
            (b"\x1b$B%\x1b(B", None, "holds U+001B at character 1"),
            (b"a\x81b", Some("latin1"), "holds U+0081 at character 2"),
            (
                b"a\x00\x00\xd8b\x00",
                Some("utf-16le"),
                "does not decode as UTF-16LE at character 2, byte 3",
            ),
            (
                b"ab\xc3",
                Some("utf-8"),
                "does not decode as UTF-8 at character 3, byte 3",
            ),
            (
                b"a\x00b",
                Some("utf-16le"),
                "does not decode as UTF-16LE at character 2",
            ),
        ] {
            let decoded = decode(bytes, label.map(|label| label.parse().unwrap())).unwrap();
            let told = decoded.fault_in(0..decoded.text.len()).unwrap_or_default();
            assert!(told.starts_with(reason), "{bytes:?}: {told}");
        }
    }

    #[test]
    fn utf_16_without_a_mark_and_unknown_labels_are_refused() {
        let bytes: Vec<u8> = "Day,Machine\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert!(
            decode(&bytes, None)
                .unwrap_err()
                .ends_with("say --encoding utf-16le")
        );
        let bytes: Vec<u8> = "Day,Machine\n"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert!(
            decode(&bytes, None)
                .unwrap_err()
                .ends_with("say --encoding utf-16be")
        );
        // One letter, which could be many.
        let refused = decode(b"clearance 10 \xb5m", None).unwrap_err();
        assert!(refused.contains("say --encoding windows-1252"), "{refused}");
        assert_eq!(
            read(b"clearance 10 \xb5m", Some("windows-1252")).0,
            "clearance 10 µm"
        );
        assert_eq!(read(b"Caf\xe9", None).0, "Café");
        for label in ["", "klingon", "iso-2022-kr", "replacement"] {
            assert!(label.parse::<Named>().is_err(), "{label}");
        }
    }
}
