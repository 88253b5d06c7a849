//! What one side wrote anew: a difference by words, for two texts shown side by side.

/// Texts longer than this are shown without marks: the comparison grows with the product of both lengths.
const LONGEST: usize = 1_500;

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// Not in the text that both began with.
    pub added: bool,
}

/// `side` in pieces, those that are not in `base` marked.
pub fn additions(base: &str, side: &str) -> Vec<Piece> {
    let (old, new) = (words(base), words(side));
    if new.len() > LONGEST || old.len() > LONGEST {
        return vec![Piece {
            text: side.to_owned(),
            added: false,
        }];
    }
    let kept = common(&old, &new);
    let mut pieces: Vec<Piece> = Vec::new();
    for (word, kept) in new.iter().zip(kept) {
        let added = !kept && !word.trim().is_empty();
        match pieces.last_mut() {
            // White space joins whatever it follows.
            Some(last) if last.added == added || word.trim().is_empty() => last.text.push_str(word),
            _ => pieces.push(Piece {
                text: (*word).to_owned(),
                added,
            }),
        }
    }
    tidy(pieces)
}

/// Spaces at the end of an added run belong to what follows: a mark ends with its word.
fn tidy(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut carried = String::new();
    for mut piece in pieces {
        piece.text.insert_str(0, &std::mem::take(&mut carried));
        if piece.added {
            let end = piece.text.trim_end().len();
            carried = piece.text.split_off(end);
        }
        let leading = piece.text.len() - piece.text.trim_start().len();
        if piece.added && leading > 0 {
            let rest = piece.text.split_off(leading);
            let space = std::mem::replace(&mut piece.text, rest);
            match out.last_mut() {
                Some(last) => last.text.push_str(&space),
                None => out.push(Piece {
                    text: space,
                    added: false,
                }),
            }
        }
        out.push(piece);
    }
    if !carried.is_empty() {
        out.push(Piece {
            text: carried,
            added: false,
        });
    }
    out
}

/// Words and the white space between them.
fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut in_space = None;
    for (at, letter) in text.char_indices() {
        let space = letter.is_whitespace();
        if in_space.is_some_and(|was| was != space) {
            out.push(&text[start..at]);
            start = at;
        }
        in_space = Some(space);
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

/// For each new word, whether it is part of the longest common subsequence.
fn common(old: &[&str], new: &[&str]) -> Vec<bool> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i * width + j] = if old[i] == new[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let mut kept = vec![false; new.len()];
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            kept[j] = true;
            i += 1;
            j += 1;
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks additions with brackets.
    fn marked(base: &str, side: &str) -> String {
        additions(base, side)
            .into_iter()
            .map(|piece| {
                if piece.added {
                    format!("[{}]", piece.text)
                } else {
                    piece.text
                }
            })
            .collect()
    }

    #[test]
    fn added_words_are_marked_and_nothing_is_lost() {
        let table = [
            ("", "", ""),
            ("same words", "same words", "same words"),
            ("", "all new", "[all new]"),
            ("Drier found.", "Drier replaced.", "Drier [replaced.]"),
            ("a b c", "a x b c y", "a [x] b c [y]"),
            ("a b c", "a c", "a c"),
            (
                "line one\nline two",
                "line one\nline 2\nline three",
                "line one\nline [2\nline three]",
            ),
        ];
        for (base, side, expected) in table {
            assert_eq!(marked(base, side), expected, "{base:?} → {side:?}");
            let whole: String = additions(base, side)
                .into_iter()
                .map(|piece| piece.text)
                .collect();
            assert_eq!(whole, side);
        }
    }

    #[test]
    fn a_very_long_text_is_shown_as_it_is() {
        let long = "word ".repeat(LONGEST);
        assert_eq!(
            additions("", &long),
            vec![Piece {
                text: long.clone(),
                added: false
            }]
        );
    }
}
