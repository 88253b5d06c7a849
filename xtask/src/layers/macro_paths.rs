//! Paths in what a macro is given, which is no Rust until the macro is expanded.

/// Names, alone or joined by `::`, outside of texts in quotes.
pub fn paths_in(tokens: &str) -> Vec<Vec<String>> {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut paths: Vec<Vec<String>> = Vec::new();
    let mut rest = tokens.trim_start();
    let mut continues = false;
    while let Some(first) = rest.chars().next() {
        let end = if is_of_name(first) {
            let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            let name = rest[..end].to_owned();
            match paths.last_mut().filter(|_| continues) {
                Some(path) => path.push(name),
                None => paths.push(vec![name]),
            }
            continues = false;
            end
        } else if first == '"' {
            continues = false;
            end_of_text(rest)
        } else {
            let is_joint = rest.starts_with("::");
            continues = is_joint;
            if is_joint { 2 } else { first.len_utf8() }
        };
        rest = rest[end..].trim_start();
    }
    paths
}

/// Where a text in quotes ends, at whose opening quote `rest` begins.
fn end_of_text(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_between_whatever_else_stands_there() {
        for (tokens, expected) in [
            (
                "< p > { crate :: format :: time ( super :: go ) } < / p >",
                vec!["p", "crate::format::time", "super::go", "p"],
            ),
            (
                r#""crate::engine \" {}" , [crate::json::GO] [0]"#,
                vec!["crate::json::GO", "0"],
            ),
            ("a . b :: < C > ()", vec!["a", "b", "C"]),
            ("", vec![]),
        ] {
            let found: Vec<String> = paths_in(tokens).iter().map(|path| path.join("::")).collect();
            assert_eq!(found, expected, "{tokens}");
        }
    }
}
