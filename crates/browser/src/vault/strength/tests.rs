//! Passcodes that people choose, and those that they should.

use super::is_weak;

#[test]
fn what_is_guessed_early_is_refused() {
    let table = [
        ("too short", "12345 a1b2c 1-2-3"),
        ("one character", "000000 aaaaaaaaaa 1111111"),
        (
            "a run",
            "123456 654321 012345 567890 890123 321098 987654321 1234567890 abcdef fedcba ABCDEF 12-34-56 １２３４５６",
        ),
        ("a run and little else", "123456a a123456 12345a 1234ab 4567xy"),
        (
            "two runs",
            "123654 456123 123789 987123 123abc abc123 aaa111 000111 111222",
        ),
        (
            "repeated",
            "123123 121212 696969 420420 246246 12341234 1231231 1234512345 abcabc 147147 24682468",
        ),
        (
            "mirrored or doubled",
            "123321 135531 112233 115599 aabbcc 112233445566",
        ),
        ("interleaved", "142536 102030 010203 a1b2c3 1q2w3e 1q2w3e4r"),
        (
            "a keypad's lines",
            "147258 147852 258369 741852 963852 159753 159357 789456 258000",
        ),
        (
            "a keyboard's lines",
            "qwerty QWERTY qwertz azerty asdfgh zxcvbn poiuyt qazwsx 1qaz2wsx zaq12wsx !@#$%^ qweasd qweasdzxc",
        ),
        ("lines and runs", "qwe123 asd123 qwerty1 qwerty123 qwerty1!"),
        ("a year", "199001 011990 121987 198712 202512 19871987 19901991"),
        (
            "a date",
            "010190 311299 123199 900101 01011990 12311999 19900101 01.01.1990 1990-01-01 31/12/99 24122001",
        ),
        (
            "a word",
            "password Password letmein iloveyou passwort holdfast pass-word passwordpassword",
        ),
        (
            "a word and little else",
            "PASSWORD1 password123 Password123! welcome1 Welcome2024 admin123 Admin1! monkey7! trustno1 changeme!",
        ),
        (
            "a disguised word",
            "p@ssw0rd P4$$w0rd pa55word1 letme1n 4dm1n1 p@ssw0rd123",
        ),
        ("a common code", "112358 314159 271828 135790 024680 1123581"),
    ];
    for (why, codes) in table {
        for code in codes.split(' ') {
            assert!(is_weak(code), "{why}: {code:?} is not refused");
        }
    }
    for code in ["", "      ", "- - - -", "1 2 3 4 5 6", "p a s s w o r d"] {
        assert!(is_weak(code), "separators: {code:?} is not refused");
    }
}

#[test]
fn what_is_hard_to_guess_is_taken() {
    let codes =
        "246813 246810 135791 135792 975318 738264 840261 572936 61840273 90417362 470935 k7#qPz tR9!xw";
    let phrases = [
        "correct horse",
        "a long phrase",
        "torque 40 Nm",
        "my password is long",
        "correct horse correct horse",
        "Grüße vom Kran",
        "пять слонов",
        "漢字仮名交じり文",
    ];
    for code in codes.split(' ').chain(phrases) {
        assert!(!is_weak(code), "{code:?} is refused");
    }
}

#[test]
fn few_random_pins_are_refused() {
    let pins: Vec<u32> = (0..1_000_000).step_by(997).collect();
    let refused = pins.iter().filter(|pin| is_weak(&format!("{pin:06}"))).count();
    assert!(
        refused * 5 < pins.len(),
        "{refused} of {} are refused",
        pins.len()
    );
}
