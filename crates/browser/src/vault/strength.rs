//! Which passcodes are too easy to guess to be set. Those that were set earlier keep unlocking.
//!
//! A list of the commonest passcodes would cost more download than the rule is worth. So a passcode is read as the pieces
//! that people make one of: runs (`4567`, `aaaa`), lines of a keyboard or keypad (`qwert`, `258`), years and common words,
//! each worth no more than one character. It is weak if too few pieces are left, and if it is a date or is made by repeating,
//! mirroring, doubling or interleaving something weak.

/// The shortest passcode: a PIN of six.
pub const MIN_PASSCODE: usize = 6;

/// Fewer pieces than this are guessed early.
const MIN_PIECES: usize = 4;

/// A shorter part of a line is a coincidence.
const MIN_LINE: usize = 3;

/// Neighbours on keyboards and keypads. Digits in order are runs, so they are not listed.
const LINES: &str = "qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn \
    1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p 147 2580 369 159 357 !@#$%^&*()";

/// Common words and codes that no other rule finds.
const WORDS: &str = "password passwort passcode letmein welcome iloveyou admin monkey dragon football baseball sunshine \
    princess master shadow superman batman trustno secret hello hallo login holdfast changeme default geheim freedom \
    michael computer internet 112358 314159 271828 520131 135790 024680";

/// Digits and signs that stand for letters in a disguised word.
const DISGUISES: [(char, &str); 9] = [
    ('0', "o"),
    ('1', "il"),
    ('3', "e"),
    ('4', "a"),
    ('5', "s"),
    ('7', "t"),
    ('@', "a"),
    ('$', "s"),
    ('!', "i"),
];

/// Whether a passcode is shorter than [`MIN_PASSCODE`] or easy to guess.
pub fn is_weak(passcode: &str) -> bool {
    let separators = |c: char| c.is_whitespace() || "-_./,:;".contains(c);
    let plain = passcode.chars().filter(|c| !separators(*c));
    let code: Vec<char> = plain.map(|c| c.to_ascii_lowercase()).collect();
    passcode.chars().count() < MIN_PASSCODE || is_guessable(&code)
}

fn is_guessable(code: &[char]) -> bool {
    let mut distinct = code.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    // What it is made from; shorter each time, so this ends.
    let made_from_weak =
        |part: Option<&[char]>| part.is_some_and(|part| part.len() < MIN_PASSCODE || is_guessable(part));
    distinct.len() < 3
        || pieces(code) < MIN_PIECES
        || is_date(code)
        || is_interleaved(code)
        || made_from_weak(repeated(code))
        || made_from_weak(mirrored(code))
        || made_from_weak(undoubled(code).as_deref())
}

/// How many pieces a code is made of, taking the longest one first from the left.
fn pieces(code: &[char]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < code.len() {
        at += piece(&code[at..]);
        count += 1;
    }
    count
}

/// The length of the longest piece that a code begins with.
fn piece(code: &[char]) -> usize {
    let parts = [run(code), line(code), word(code), year(code)];
    parts
        .into_iter()
        .filter(|length| *length >= MIN_LINE)
        .max()
        .unwrap_or(1)
}

/// Characters that are the same, or that follow on each other up or down; digits go on beyond 9 and 0.
fn run(code: &[char]) -> usize {
    let step = |pair: &[char]| {
        let step = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
        let digits = pair.iter().all(char::is_ascii_digit);
        if digits && step.abs() == 9 {
            -step.signum()
        } else {
            step
        }
    };
    let mut steps = code.windows(2).map(step);
    match steps.next() {
        Some(first @ -1..=1) => 2 + steps.take_while(|step| *step == first).count(),
        _ => 1,
    }
}

/// Neighbours on a keyboard, in either direction.
fn line(code: &[char]) -> usize {
    let longest = |line: &[char]| {
        (0..line.len())
            .map(|from| common(&line[from..], code))
            .max()
            .unwrap_or(0)
    };
    let either = |line: &str| {
        let forward: Vec<char> = line.chars().collect();
        let backward: Vec<char> = line.chars().rev().collect();
        longest(&forward).max(longest(&backward))
    };
    LINES.split(' ').map(either).max().unwrap_or(0)
}

/// How long both begin alike.
fn common(one: &[char], other: &[char]) -> usize {
    one.iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}

/// A common word that the code begins with, plain or disguised.
fn word(code: &[char]) -> usize {
    let begins = |word: &&str| {
        word.len() <= code.len()
            && word
                .chars()
                .zip(code)
                .all(|(letter, typed)| reads_as(*typed, letter))
    };
    WORDS.split(' ').filter(begins).map(str::len).max().unwrap_or(0)
}

fn reads_as(typed: char, letter: char) -> bool {
    typed == letter
        || DISGUISES
            .iter()
            .any(|(sign, letters)| *sign == typed && letters.contains(letter))
}

/// A year that somebody living remembers.
fn year(code: &[char]) -> usize {
    match code {
        ['1', '9', rest @ ..] | ['2', '0', rest @ ..] if rest.len() >= 2 && number(&rest[..2]).is_some() => 4,
        _ => 0,
    }
}

/// Day, month and year in any usual order, the year in two digits or four.
fn is_date(code: &[char]) -> bool {
    let (day_first, month_first) = match code.len() {
        6 | 8 => (code, [&code[2..4], &code[..2], &code[4..]].concat()),
        _ => return false,
    };
    let year_first = [
        &code[code.len() - 2..],
        &code[code.len() - 4..code.len() - 2],
        &code[..code.len() - 4],
    ]
    .concat();
    [day_first, &month_first, &year_first]
        .into_iter()
        .any(is_day_month_year)
}

fn is_day_month_year(code: &[char]) -> bool {
    let (Some(day), Some(month)) = (number(&code[..2]), number(&code[2..4])) else {
        return false;
    };
    let is_year = match code[4..].len() {
        2 => number(&code[4..]).is_some(),
        _ => year(&code[4..]) == 4,
    };
    (1..=31).contains(&day) && (1..=12).contains(&month) && is_year
}

fn number(digits: &[char]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |sum, digit| Some(sum * 10 + digit.to_digit(10)?))
}

/// Two pieces in turn, such as `142536`, `102030` or `1q2w3e`.
fn is_interleaved(code: &[char]) -> bool {
    let every_other = |from: usize| code.iter().copied().skip(from).step_by(2).collect::<Vec<_>>();
    let in_one_piece = |part: Vec<char>| part.len() >= MIN_LINE && pieces(&part) == 1;
    in_one_piece(every_other(0)) && in_one_piece(every_other(1))
}

/// What is said twice or more, the last time perhaps not to its end.
fn repeated(code: &[char]) -> Option<&[char]> {
    let repeats = |period: &usize| {
        code[*period..]
            .iter()
            .zip(code)
            .all(|(later, earlier)| later == earlier)
    };
    let period = (1..=code.len() / 2).find(repeats)?;
    Some(&code[..period])
}

/// The first half of what reads the same backwards.
fn mirrored(code: &[char]) -> Option<&[char]> {
    let mirrors = code.iter().eq(code.iter().rev());
    mirrors.then(|| &code[..code.len().div_ceil(2)])
}

/// A code of which each character stands there at least twice, once each.
fn undoubled(code: &[char]) -> Option<Vec<char>> {
    let groups: Vec<&[char]> = code.chunk_by(|one, next| one == next).collect();
    let doubled = groups.iter().all(|group| group.len() > 1);
    doubled.then(|| groups.iter().map(|group| group[0]).collect())
}

#[cfg(test)]
mod tests;
