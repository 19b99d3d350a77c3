//! Plot tables: `[plot.NAME]` says which columns go on which axis; nothing about them is built in.

use super::node::Item;
use super::section::Section;
use crate::diagnostic::{Diagnostic, Origin, suggest};
use crate::filter::Filter;

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Equal differences.
    Linear,
    /// Powers of two.
    Log2,
    /// Powers of ten.
    Log10,
}

/// What stands for the repetitions of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistic {
    /// The median, with its 95% interval where there are enough samples.
    Median,
    /// The mean, with its 95% interval: for results whose spread is of interest, never for times.
    Mean,
    /// The smallest, without a bar.
    Min,
    /// The largest, without a bar.
    Max,
}

/// What kind of figure it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PlotKind {
    /// `y` against `x`, one curve per combination of the `series` columns.
    Lines {
        /// Further columns on the vertical axis, each with curves of its own.
        also: Vec<String>,
    },
    /// A cell for each `x` and `y`, coloured by `value`; cells of points that were not run are hatched.
    Heatmap {
        /// Column of the colour.
        value: String,
    },
    /// A dot for each point, stage and operation, both axes measured, with the front of the best compromises.
    Scatter {
        /// Columns that name the dots on the front.
        labels: Vec<String>,
        /// Larger values of `y` are better.
        higher_is_better: bool,
    },
    /// A row for each combination of the `rows` columns, and in it a dot for each series and column.
    Dots {
        /// Columns that name the rows.
        rows: Vec<String>,
        /// Further columns on the horizontal axis.
        also: Vec<String>,
        /// Columns of repeated rounds, whose samples are taken together.
        pool: Vec<String>,
    },
    /// How many times the `x` of `base` that of the others is: a row for each combination of the `rows` columns.
    Ratios {
        /// Columns that name the rows.
        rows: Vec<String>,
        /// Column that tells apart what is compared.
        versus: String,
        /// The value of `versus` that the others are compared with.
        base: String,
        /// Columns of repeated rounds, whose samples are taken together.
        pool: Vec<String>,
    },
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct PlotSpec {
    /// Name, and stem of the files.
    pub id: String,
    /// Kind, with what only that kind needs.
    pub kind: PlotKind,
    /// Column of the horizontal axis.
    pub x: String,
    /// Column of the vertical axis; empty where the kind has rows instead.
    pub y: String,
    /// Columns that tell curves apart.
    pub series: Vec<String>,
    /// Rows it is drawn from.
    pub filter: Filter,
    /// Spacing of the horizontal axis.
    pub x_axis: Spacing,
    /// Spacing of the vertical axis.
    pub y_axis: Spacing,
    /// Spacing of the colours of a heat map.
    pub value_axis: Spacing,
    /// What stands for repetitions.
    pub statistic: Statistic,
    /// Whether the sizes of measured values are drawn, without their signs.
    pub magnitude: bool,
    /// Title; the id where it is empty.
    pub title: String,
    /// The question it answers; may be empty.
    pub question: String,
    /// Label of the horizontal axis; the column's meaning where it is empty.
    pub x_label: String,
    /// Label of the vertical axis; the column's meaning where it is empty.
    pub y_label: String,
    /// Label of the colours; the column's meaning where it is empty.
    pub value_label: String,
}

impl PlotSpec {
    /// The columns that have to hold measured numbers.
    pub(crate) fn measured(&self) -> Vec<&str> {
        match &self.kind {
            PlotKind::Lines { also } => with(&self.y, also),
            PlotKind::Heatmap { value } => vec![value],
            PlotKind::Scatter { .. } => vec![&self.x, &self.y],
            PlotKind::Dots { also, .. } => with(&self.x, also),
            PlotKind::Ratios { .. } => vec![&self.x],
        }
    }

    /// Whether a row needs a number in every measured column; otherwise one is enough.
    pub(crate) fn needs_all(&self) -> bool {
        matches!(self.kind, PlotKind::Scatter { .. })
    }
}

fn with<'a>(first: &'a str, also: &'a [String]) -> Vec<&'a str> {
    std::iter::once(first).chain(also.iter().map(String::as_str)).collect()
}

/// The kinds by the word a configuration writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Lines,
    Heatmap,
    Scatter,
    Dots,
    Ratios,
}

/// The words; the configuration's schema lists them too.
pub(crate) const KIND_NAMES: [&str; 5] = ["lines", "heatmap", "scatter", "dots", "ratios"];
const KINDS: [(&str, Word); 5] = [
    (KIND_NAMES[0], Word::Lines),
    (KIND_NAMES[1], Word::Heatmap),
    (KIND_NAMES[2], Word::Scatter),
    (KIND_NAMES[3], Word::Dots),
    (KIND_NAMES[4], Word::Ratios),
];
const SPACINGS: [(&str, Spacing); 3] =
    [("linear", Spacing::Linear), ("log2", Spacing::Log2), ("log10", Spacing::Log10)];
pub(super) const STATISTICS: [(&str, Statistic); 4] = [
    ("median", Statistic::Median),
    ("mean", Statistic::Mean),
    ("min", Statistic::Min),
    ("max", Statistic::Max),
];

/// Reads one `[plot.ID]`; `columns` are the columns the results will have.
pub(crate) fn read(
    id: &str,
    item: &Item,
    columns: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<PlotSpec> {
    let before = problems.len();
    let name = format!("[plot.{id}]");
    let mut section = Section::new(&name, Some(item), problems);
    let word = section.choice("kind", &KINDS).unwrap_or(Word::Lines);
    let mut reader = Reader { name: &name, table: item, columns, section: &mut section };
    let axes = reader.axes(word);
    let kind = reader.kind(word, axes.as_ref());
    let series = match word {
        Word::Heatmap | Word::Ratios => Vec::new(),
        Word::Lines | Word::Scatter | Word::Dots => reader.list("series"),
    };
    let filter = filter(&mut section, "where", columns);
    let mut axis = |wanted: bool, key| {
        let found = if wanted { section.choice(key, &SPACINGS) } else { None };
        found.unwrap_or(Spacing::Linear)
    };
    let (mapped, upright) = (word == Word::Heatmap, matches!(word, Word::Lines | Word::Scatter));
    let (x_axis, y_axis, value_axis) =
        (axis(!mapped, "x_axis"), axis(upright, "y_axis"), axis(mapped, "value_axis"));
    let statistic = match word {
        Word::Ratios => Statistic::Median,
        Word::Lines | Word::Heatmap | Word::Scatter | Word::Dots => {
            section.choice("statistic", &STATISTICS).unwrap_or(Statistic::Median)
        }
    };
    let magnitude = section.flag("magnitude").unwrap_or(false);
    let mut words = |wanted: bool, key| {
        let found = if wanted { section.text(key) } else { None };
        found.unwrap_or_default().to_owned()
    };
    let (title, question) = (words(true, "title"), words(true, "question"));
    let (x_label, y_label) = (words(true, "x_label"), words(upright || mapped, "y_label"));
    let value_label = words(mapped, "value_label");
    section.finish();
    if problems.len() > before {
        return None;
    }
    let (x, y) = axes?;
    Some(PlotSpec {
        id: id.to_owned(),
        kind: kind?,
        x: x.into_iter().next()?,
        y: y.into_iter().next().unwrap_or_default(),
        series,
        filter,
        x_axis,
        y_axis,
        value_axis,
        statistic,
        magnitude,
        title,
        question,
        x_label,
        y_label,
        value_label,
    })
}

/// What the keys of one plot are read with.
struct Reader<'r, 'a, 'p> {
    name: &'r str,
    table: &'r Item,
    columns: &'r [String],
    section: &'r mut Section<'a, 'p>,
}

impl Reader<'_, '_, '_> {
    /// The columns of both axes: several where the kind takes them, none where it has no such axis.
    fn axes(&mut self, word: Word) -> Option<(Vec<String>, Vec<String>)> {
        let x = if word == Word::Dots { self.several("x") } else { self.one("x").map(|x| vec![x]) };
        let y = match word {
            Word::Lines => self.several("y"),
            Word::Heatmap | Word::Scatter => self.one("y").map(|y| vec![y]),
            Word::Dots | Word::Ratios => Some(Vec::new()),
        };
        Some((x?, y?))
    }

    fn kind(&mut self, word: Word, axes: Option<&(Vec<String>, Vec<String>)>) -> Option<PlotKind> {
        let also = |columns: &[String]| columns.iter().skip(1).cloned().collect();
        match word {
            Word::Lines => axes.map(|(_, y)| PlotKind::Lines { also: also(y) }),
            Word::Heatmap => self.one("value").map(|value| PlotKind::Heatmap { value }),
            Word::Scatter => {
                let labels = self.list("labels");
                let better = self.section.choice("better", &[("lower", false), ("higher", true)]);
                Some(PlotKind::Scatter { labels, higher_is_better: better.unwrap_or(false) })
            }
            Word::Dots => {
                let (rows, pool) = (self.several("rows"), self.list("pool"));
                axes.zip(rows).map(|((x, _), rows)| PlotKind::Dots { rows, also: also(x), pool })
            }
            Word::Ratios => {
                let (rows, versus, pool) = (self.several("rows"), self.one("versus"), self.list("pool"));
                let base = self.section.text("base").map(str::to_owned);
                if base.is_none() && self.section.item("base").is_none() {
                    self.missing("base", "a value of the `versus` column, that the others are compared with");
                }
                Some(PlotKind::Ratios { rows: rows?, versus: versus?, base: base?, pool })
            }
        }
    }

    /// A list of columns, or a single one; empty where the key is not there.
    fn list(&mut self, key: &'static str) -> Vec<String> {
        let mut found = Vec::new();
        for (text, origin) in self.section.texts(key).unwrap_or_default() {
            if self.columns.iter().any(|c| c == text) {
                found.push(text.to_owned());
            } else {
                let what = format!("{} names the unknown column `{text}`", self.name);
                self.section.problem(unknown(what, text, origin, self.columns));
            }
        }
        found
    }

    /// As [`Reader::list`], and at least one.
    fn several(&mut self, key: &'static str) -> Option<Vec<String>> {
        if self.section.item(key).is_none() {
            self.missing(key, "`sweep schema --columns` lists the columns");
            return None;
        }
        Some(self.list(key)).filter(|columns| !columns.is_empty())
    }

    /// One column.
    fn one(&mut self, key: &'static str) -> Option<String> {
        let Some(item) = self.section.item(key) else {
            self.missing(key, "`sweep schema --columns` lists the columns");
            return None;
        };
        let text = self.section.text(key)?;
        if self.columns.iter().any(|c| c == text) {
            return Some(text.to_owned());
        }
        let what = format!("`{key}` names the unknown column `{text}`");
        self.section.problem(unknown(what, text, &item.origin, self.columns));
        None
    }

    fn missing(&mut self, key: &str, which: &str) {
        self.section.problem(
            Diagnostic::new(format!("a plot needs `{key}`"))
                .at(&self.table.key, format!("no `{key}`"))
                .help(format!("add `{key} = \"...\"`; {which}")),
        );
    }
}

/// A column that the results do not have.
pub(super) fn unknown(what: String, text: &str, origin: &Origin, columns: &[String]) -> Diagnostic {
    Diagnostic::new(what)
        .at(origin, "not a column of the results")
        .help(suggest(text, columns.iter().map(String::as_str)))
}

/// A condition on columns of the results.
pub(super) fn filter(section: &mut Section<'_, '_>, key: &'static str, columns: &[String]) -> Filter {
    let Some(item) = section.item(key) else { return Filter::default() };
    let Some(text) = section.text(key) else { return Filter::default() };
    match Filter::parse(text) {
        Ok(filter) => {
            if let Some(name) = filter.names().find(|name| !columns.iter().any(|c| c == name)) {
                let what = format!("`{key}` names the unknown column `{name}`");
                section.problem(unknown(what, name, &item.origin, columns));
            }
            filter
        }
        Err(message) => {
            section.problem(
                Diagnostic::new(format!("`{key}` is not a condition"))
                    .at(&item.origin, message)
                    .help(format!("write `{key} = \"stage == solve and size <= 14\"`")),
            );
            Filter::default()
        }
    }
}
