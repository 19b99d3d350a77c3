//! Messages about configurations: where (file, line, column, an arrow), what, and what to do about it.

use std::fmt::Write as _;
use std::ops::Range;

/// The texts that a configuration was composed from: files, and the `--set` assignments of the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    entries: Vec<(String, String)>,
}

/// A place in one of the [`Sources`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Index of the source.
    pub source: usize,
    /// Byte range in its text.
    pub span: Range<usize>,
}

impl Sources {
    /// Adds a text under the name that messages show and returns its index.
    pub(crate) fn add(&mut self, name: String, text: String) -> usize {
        self.entries.push((name, text));
        self.entries.len() - 1
    }

    /// Name shown for a source.
    pub(crate) fn name(&self, source: usize) -> &str {
        self.entries.get(source).map_or("?", |(name, _)| name)
    }

    /// Text of a source.
    pub(crate) fn text(&self, source: usize) -> &str {
        self.entries.get(source).map_or("", |(_, text)| text)
    }

    /// 1-based line and column of an origin.
    pub(crate) fn line_column(&self, origin: &Origin) -> (usize, usize) {
        let text = self.entries.get(origin.source).map_or("", |(_, text)| text);
        let before = text.get(..origin.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// `file:line` of an origin.
    pub(crate) fn place(&self, origin: &Origin) -> String {
        format!("{}:{}", self.name(origin.source), self.line_column(origin).0)
    }

    fn line(&self, origin: &Origin) -> (&str, usize) {
        let text = self.entries.get(origin.source).map_or("", |(_, text)| text.as_str());
        let start = origin.span.start.min(text.len());
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = &text[line_start..line_end];
        let shown_end = origin.span.end.clamp(start, line_end);
        (line, text[start..shown_end].chars().count().max(1))
    }
}

/// One thing wrong with a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// Where, most important first, each with a few words under the arrow.
    pub labels: Vec<(Origin, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A message with no place yet.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds an arrow.
    pub(crate) fn at(mut self, origin: &Origin, label: impl Into<String>) -> Self {
        self.labels.push((origin.clone(), label.into()));
        self
    }

    /// Adds the remedy.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a remedy where there is none yet.
    pub(crate) fn or_help(mut self, help: &str) -> Self {
        self.help.get_or_insert_with(|| help.to_owned());
        self
    }

    /// The message with its arrows, ready to print, without a newline at the end.
    pub(crate) fn render(&self, sources: &Sources) -> String {
        let mut text = format!("error: {}", self.message);
        let width = self
            .labels
            .iter()
            .map(|(origin, _)| sources.line_column(origin).0.to_string().len())
            .max()
            .unwrap_or(1);
        let margin = " ".repeat(width);
        for (at, (origin, label)) in self.labels.iter().enumerate() {
            let (line, column) = sources.line_column(origin);
            let (content, length) = sources.line(origin);
            let arrow = if at == 0 { "-->" } else { ":::" };
            // Tabs keep their place under the line, so that the arrow lines up.
            let pad: String =
                content.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let _ = write!(
                text,
                "\n{margin}{arrow} {}:{line}:{column}\n{margin} |\n{line:>width$} | {content}\n{margin} | {pad}{} {label}",
                sources.name(origin.source),
                "^".repeat(length),
            );
        }
        if let Some(help) = &self.help {
            let _ = write!(text, "\n{margin} = help: {help}");
        }
        text
    }
}

/// The known name nearest to `word`, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "did you mean `x`?" where there is a near name, else the list of all known names.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known here: {}", list(known)),
    }
}

/// Names in backticks, separated by commas.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = names.into_iter().map(|n| format!("`{n}`")).collect();
    if quoted.is_empty() { "none".to_owned() } else { quoted.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_line_up_and_stop_at_the_end_of_the_line() {
        let mut sources = Sources::default();
        let text = "a = 1\n\tdepht = [1,\n 2]\n".to_owned();
        let start = text.find("depht").unwrap();
        let source = sources.add("x.toml".to_owned(), text);
        let origin = Origin { source, span: start..start + 14 };
        let shown = Diagnostic::new("wrong").at(&origin, "here").help("do this").render(&sources);
        assert_eq!(
            shown,
            "error: wrong\n --> x.toml:2:2\n  |\n2 | \tdepht = [1,\n  | \t^^^^^^^^^^^ here\n  = help: do this"
        );
    }

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("depht", ["depth", "threads"]), Some("depth"));
        assert_eq!(nearest("zzz", ["depth", "threads"]), None);
    }
}
