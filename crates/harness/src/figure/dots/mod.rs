//! Rows of dots: for each row, what each series or column measures, side by side on one axis.
//!
//! Ratios ([`super::ratios`]) are drawn the same way, beside a line where both sides are equal.

mod draw;

use serde_json::Value as Json;

use super::{
    Mark, Pivot, Quantity, SEVERAL, by_round, distinct, mark, measured_rows, quantities, series_name,
};
use crate::column::{Column, ColumnKind, Role};
use crate::config::{PlotSpec, Spacing};
use crate::error::HarnessError;
use crate::stats::geometric_mean;
use crate::table::Table;
use crate::units;

/// Rows of dots.
#[derive(Clone, Debug)]
pub(super) struct Dots {
    pub(super) x: Quantity,
    /// Columns that name the rows.
    pub(super) row_columns: String,
    /// The rows, from above.
    pub(super) rows: Vec<String>,
    /// What tells the colours apart.
    pub(super) series: String,
    /// The colours' names.
    pub(super) names: Vec<String>,
    pub(super) dots: Vec<Dot>,
    /// What everything is compared with, where the values are ratios.
    pub(super) base: Option<String>,
}

/// One dot; its mark's `y` is the value.
#[derive(Clone, Debug)]
pub(super) struct Dot {
    pub(super) row: usize,
    pub(super) name: usize,
    pub(super) mark: Mark,
    /// Both sides of a ratio: that of the base, and the other.
    pub(super) sides: Option<(f64, f64)>,
}

/// Collects the dots; also how many a logarithmic axis cannot show.
pub(super) fn collect(
    table: &Table,
    spec: &PlotSpec,
    rows: &[String],
    pool: &[String],
) -> Result<(Dots, usize), String> {
    let needed: Vec<&str> = pool.iter().map(String::as_str).collect();
    let chosen = measured_rows(table, spec, &needed)?;
    let columns = spec.measured();
    let places = Places::of(table, &chosen, rows);
    let mut dots = Dots::new(quantities(table, &columns, &spec.x_label, spec.x_axis), rows, &places);
    dots.series = spec.series.join(", ");
    if columns.len() > 1 && spec.series.is_empty() {
        // In their order, whichever the first row has.
        dots.names = columns.iter().map(|column| (*column).to_owned()).collect();
    }
    let mut cells: Vec<(usize, String, Vec<usize>)> = Vec::new();
    for row in chosen {
        let Some(place) = places.find(table, row) else { continue };
        let series = series_name(table, &spec.series, row);
        match cells.iter_mut().find(|(at, name, _)| *at == place && *name == series) {
            Some((.., rows)) => rows.push(row),
            None => cells.push((place, series, vec![row])),
        }
    }
    let mut left_out = 0;
    for (place, series, rows) in cells {
        by_round(table, pool, &rows, &super::place(&series, &dots.rows[place]))?;
        for column in &columns {
            let Some(mark) = mark(table, spec, column, 0.0, &rows) else { continue };
            let own = if columns.len() > 1 { column } else { "" };
            let name: Vec<&str> = [own, &series].into_iter().filter(|part| !part.is_empty()).collect();
            left_out += usize::from(!dots.push(place, &name.join(", "), mark, None));
        }
    }
    if dots.dots.is_empty() {
        return Err("no value can be shown on a logarithmic axis".to_owned());
    }
    dots.sort_names();
    Ok((dots, left_out))
}

/// The rows of a figure, in order: numbers by size, words as they appear.
pub(super) struct Places {
    columns: Vec<String>,
    labels: Vec<String>,
    keys: Vec<Vec<String>>,
}

impl Places {
    /// The places of these rows of the table by the values of `columns`.
    pub(super) fn of(table: &Table, rows: &[usize], columns: &[String]) -> Self {
        let values: Vec<Vec<String>> = columns
            .iter()
            .map(|column| {
                let numbers = rows.iter().all(|row| table.number(*row, column).is_some());
                if numbers {
                    return distinct(table, rows.iter().copied(), column)
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                }
                let mut words: Vec<String> = Vec::new();
                for row in rows {
                    let word = table.text(*row, column);
                    if !words.contains(&word) {
                        words.push(word);
                    }
                }
                words
            })
            .collect();
        let key = |row: usize| -> Vec<String> { columns.iter().map(|c| table.text(row, c)).collect() };
        let mut keys: Vec<Vec<String>> = Vec::new();
        for row in rows {
            let key = key(*row);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let order = |key: &Vec<String>| -> Vec<Option<usize>> {
            key.iter().zip(&values).map(|(value, values)| values.iter().position(|v| v == value)).collect()
        };
        keys.sort_by_key(order);
        let part = |(value, column): (&String, &String)| {
            let number = value.parse::<f64>().is_ok();
            if number { format!("{column} = {value}") } else { value.clone() }
        };
        let label = |key: &Vec<String>| {
            let parts: Vec<String> =
                key.iter().zip(columns).map(part).filter(|part| !part.is_empty()).collect();
            parts.join(", ")
        };
        Self { columns: columns.to_vec(), labels: keys.iter().map(label).collect(), keys }
    }

    /// The place of a row of the table, where it has one.
    pub(super) fn find(&self, table: &Table, row: usize) -> Option<usize> {
        let key: Vec<String> = self.columns.iter().map(|c| table.text(row, c)).collect();
        self.keys.iter().position(|known| *known == key)
    }

    /// What a place is called.
    pub(super) fn label(&self, place: usize) -> &str {
        self.labels.get(place).map_or("", String::as_str)
    }
}

impl Dots {
    /// Without dots yet.
    pub(super) fn new(x: Quantity, row_columns: &[String], places: &Places) -> Self {
        Self {
            x,
            row_columns: row_columns.join(", "),
            rows: places.labels.clone(),
            series: String::new(),
            names: Vec::new(),
            dots: Vec::new(),
            base: None,
        }
    }

    /// Adds a dot, unless the axis cannot show it; whether it was added.
    pub(super) fn push(&mut self, row: usize, name: &str, mut mark: Mark, sides: Option<(f64, f64)>) -> bool {
        if self.x.spacing != Spacing::Linear {
            if mark.y <= 0.0 {
                return false;
            }
            mark.bar = mark.bar.filter(|(low, _)| *low > 0.0);
        }
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.dots.push(Dot { row, name: at, mark, sides });
        true
    }

    /// Puts the colours in order where all names are numbers; words stay in the order of the table.
    fn sort_names(&mut self) {
        let numbers: Option<Vec<f64>> = self.names.iter().map(|name| name.parse().ok()).collect();
        let Some(numbers) = numbers else { return };
        let mut order: Vec<usize> = (0..numbers.len()).collect();
        order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
        self.names = order.iter().map(|at| self.names[*at].clone()).collect();
        for dot in &mut self.dots {
            dot.name = order.iter().position(|at| *at == dot.name).unwrap_or(dot.name);
        }
    }

    pub(super) fn table(&self) -> Result<Table, HarnessError> {
        let column = |name: &str, kind| Column::new(name, kind, Role::Parameter, "", "");
        let mut columns = vec![
            column("row", ColumnKind::Text),
            column("series", ColumnKind::Text),
            column("value", ColumnKind::Float),
            column("low", ColumnKind::Float),
            column("high", ColumnKind::Float),
            column("n", ColumnKind::Int),
        ];
        if self.base.is_some() {
            columns.extend([column("base", ColumnKind::Float), column("other", ColumnKind::Float)]);
        }
        Table::build(columns, self.dots.len(), |row, column| {
            let dot = &self.dots[row];
            match column {
                "row" => Some(self.rows[dot.row].as_str().into()),
                "series" => Some(self.names[dot.name].as_str().into()),
                "value" => Some(dot.mark.y.into()),
                "low" => dot.mark.bar.map(|(low, _)| low.into()),
                "high" => dot.mark.bar.map(|(_, high)| high.into()),
                "n" => Some(Json::from(dot.mark.n)),
                "base" => dot.sides.map(|(base, _)| base.into()),
                _ => dot.sides.map(|(_, other)| other.into()),
            }
        })
    }

    pub(super) fn pivot(&self, title: &str) -> Pivot {
        let name = |name: &String| if name.is_empty() { self.x.name.clone() } else { name.clone() };
        let header = std::iter::once(self.row_columns.clone()).chain(self.names.iter().map(name)).collect();
        let cell = |row: usize, name: usize| {
            let dot = self.dots.iter().find(|dot| dot.row == row && dot.name == name);
            dot.map_or_else(String::new, |dot| {
                let value = units::quantity(dot.mark.y, &self.x.unit);
                match dot.mark.bar.filter(|_| self.base.is_some()) {
                    Some((low, high)) => {
                        let end = |x: f64| units::quantity(x, &self.x.unit);
                        format!("{value} ({} .. {})", end(low), end(high))
                    }
                    None => value,
                }
            })
        };
        let row = |at: usize| {
            std::iter::once(self.rows[at].clone()).chain((0..self.names.len()).map(|n| cell(at, n))).collect()
        };
        Pivot { title: title.to_owned(), header, rows: (0..self.rows.len()).map(row).collect() }
    }

    pub(super) fn findings(&self) -> Vec<String> {
        match &self.base {
            Some(base) => (0..self.names.len()).filter_map(|name| self.comparison(name, base)).collect(),
            None => {
                let mut found: Vec<String> = (0..self.names.len()).filter_map(|n| self.range(n)).collect();
                found.extend(self.order());
                found
            }
        }
    }

    fn of(&self, name: usize) -> impl Iterator<Item = &Dot> {
        self.dots.iter().filter(move |dot| dot.name == name)
    }

    /// Least and greatest of one colour.
    fn range(&self, name: usize) -> Option<String> {
        let least = self.of(name).min_by(|a, b| a.mark.y.total_cmp(&b.mark.y))?;
        let most = self.of(name).max_by(|a, b| a.mark.y.total_cmp(&b.mark.y))?;
        let told =
            |dot: &Dot| format!("{} ({})", units::quantity(dot.mark.y, &self.x.unit), self.rows[dot.row]);
        let parts = [self.x.plain.as_str(), self.names[name].as_str()];
        // The names of several columns say what they are.
        let parts = parts.into_iter().filter(|part| !part.is_empty() && *part != SEVERAL);
        let what = parts.collect::<Vec<_>>().join(", ");
        Some(format!("{what}: from {} to {}.", told(least), told(most)))
    }

    /// How often the first colour stays at or below the second, where there are two.
    fn order(&self) -> Option<String> {
        let [first, second] = self.names.as_slice() else { return None };
        let pairs: Vec<(f64, f64)> = self
            .of(0)
            .filter_map(|a| Some((a.mark.y, self.of(1).find(|b| b.row == a.row)?.mark.y)))
            .collect();
        let below = pairs.iter().filter(|(a, b)| a <= b).count();
        (!pairs.is_empty())
            .then(|| format!("{first} is at most {second} in {below} of {} rows.", pairs.len()))
    }

    /// How one that is compared stands to the base: on the whole, at best and at worst, and where it is the lesser one.
    fn comparison(&self, name: usize, base: &str) -> Option<String> {
        let ratios: Vec<f64> = self.of(name).map(|dot| dot.mark.y).collect();
        let mean = geometric_mean(&ratios)?;
        let mut dots: Vec<&Dot> = self.of(name).collect();
        dots.sort_by(|a, b| a.mark.y.total_cmp(&b.mark.y));
        let (least, most) = (dots.first()?, dots.last()?);
        let factor = |x: f64| units::number((100.0 * x).round() / 100.0);
        let told = |dot: &Dot| format!("{} ({})", factor(dot.mark.y), self.rows[dot.row]);
        let other = &self.names[name];
        let mut text = format!(
            "{}: that of {other} is {} times that of {base} in the geometric mean of {} rows, from {} to {}.",
            self.x.plain,
            factor(mean),
            dots.len(),
            told(least),
            told(most)
        );
        let behind: Vec<String> = dots
            .iter()
            .filter(|dot| dot.mark.bar.map_or(dot.mark.y, |(_, high)| high) < 1.0)
            .map(|dot| self.rows[dot.row].clone())
            .collect();
        if !behind.is_empty() {
            text.push_str(&format!(" That of {other} is less in: {}.", behind.join("; ")));
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_say_who_is_ahead_and_where() {
        let mark = |y: f64| Mark { x: 0.0, y, bar: Some((0.9 * y, 1.1 * y)), n: 9 };
        let dots = draw::example(&["add", "turn"], &["peer"], |row, _| mark([0.5, 8.0][row]));
        let dots = Dots { base: Some("us".to_owned()), ..dots };
        assert_eq!(
            dots.findings(),
            [
                "wall time: that of peer is 2 times that of us in the geometric mean of 2 rows, from 0.5 (add) to 8 (turn). \
              That of peer is less in: add."
            ]
        );
    }

    #[test]
    fn two_colours_are_put_in_order() {
        let mark = |y: f64| Mark { x: 0.0, y, bar: None, n: 1 };
        let values = [[1.0, 2.0], [5.0, 3.0]];
        let dots = draw::example(&["a", "b"], &["one", "two"], |row, name| mark(values[row][name]));
        let found = dots.findings();
        assert_eq!(found.last().map(String::as_str), Some("one is at most two in 1 of 2 rows."));
    }
}
