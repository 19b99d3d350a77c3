//! Values of the command line as TOML.

use crate::value::Value;

/// A command-line value as TOML: bare words become strings, `a,b` a list; an axis always gets a list.
pub(super) fn literal(text: &str, axis: bool) -> String {
    let pieces = split_top(text);
    let written: Vec<String> = pieces.iter().map(|piece| word(piece)).collect();
    let compound = text.starts_with(['[', '{']);
    if written.len() > 1 || (axis && !compound) {
        format!("[{}]", written.join(", "))
    } else {
        written.concat()
    }
}

/// A bare word in quotes; anything else as it is.
fn word(piece: &str) -> String {
    let number = piece.parse::<f64>().is_ok() || piece == "true" || piece == "false";
    let bare = piece.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '.' || c == '/')
        && piece.chars().all(|c| c.is_ascii_alphanumeric() || "_-./+".contains(c));
    if bare && !number { Value::Text(piece.to_owned()).to_toml() } else { piece.to_owned() }
}

/// Splits at commas outside brackets and quotes.
fn split_top(text: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start, mut pieces) = (0_usize, None, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                pieces.push(text[start..at].trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    pieces.push(text[start..].trim());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_values_read_as_toml() {
        for (text, axis, expected) in [
            ("14", false, "14"),
            ("ternary", false, "\"ternary\""),
            ("4,8", true, "[4, 8]"),
            ("14", true, "[14]"),
            ("[1, 2]", true, "[1, 2]"),
            ("{ from = 1, to = 3 }", true, "{ from = 1, to = 3 }"),
            ("direct,blocked", false, "[\"direct\", \"blocked\"]"),
            ("true", false, "true"),
            ("\"a,b\"", false, "\"a,b\""),
        ] {
            assert_eq!(literal(text, axis), expected, "{text}");
        }
    }
}
