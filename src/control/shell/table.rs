//! Text in aligned columns.

use crate::control::figures::grouped;

/// Which edge of a column its cells share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows below headings; each column is as wide as its widest cell.
#[derive(Clone, Debug)]
pub(super) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Appends a row; a cell that is missing is empty.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table, without a line end.
    pub(super) fn render(&self) -> String {
        let head: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut widths = vec![0; self.columns.len()];
        for row in std::iter::once(&head).chain(&self.rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &Vec<String>| {
            let mut text = String::new();
            for (place, ((_, align), width)) in self.columns.iter().zip(&widths).enumerate() {
                let cell = row.get(place).map_or("", String::as_str);
                if place != 0 {
                    text.push_str("  ");
                }
                let gap = " ".repeat(width.saturating_sub(cell.chars().count()));
                match align {
                    Align::Left => text.extend([cell, &gap]),
                    Align::Right => text.extend([&gap, cell]),
                }
            }
            text.trim_end().to_owned()
        };
        let headed = head.iter().any(|name| !name.is_empty());
        let lines: Vec<String> = headed.then_some(&head).into_iter().chain(&self.rows).map(line).collect();
        lines.join("\n")
    }
}

/// Names and values in two columns, values to the left.
pub(super) fn pairs(rows: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
    for (name, value) in rows {
        table.row([name.to_owned(), value]);
    }
    table.render()
}

/// Names and numbers in two columns, numbers to the right.
pub(super) fn numbers<'a>(rows: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let mut table = Table::new(&[("", Align::Left), ("", Align::Right)]);
    for (name, value) in rows {
        table.row([name.to_owned(), grouped(value)]);
    }
    table.render()
}

/// `part` of `whole` in percent, or `-` of nothing.
#[allow(clippy::cast_precision_loss)] // a figure for people
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1}%", part as f64 * 100.0 / whole as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&[("name", Align::Left), ("packets", Align::Right), ("note", Align::Left)]);
        table.row(["Größe".to_owned(), grouped(12_345_678), "x".to_owned()]);
        table.row(["b".to_owned(), "7".to_owned()]);
        assert_eq!(table.render(), "name      packets  note\nGröße  12,345,678  x\nb               7");
        assert_eq!(Table::new(&[("a", Align::Left)]).render(), "a");
    }

    #[test]
    fn pairs_have_no_heading() {
        assert_eq!(numbers([("flow.total", 1_000), ("x", 2)]), "flow.total  1,000\nx               2");
        assert_eq!(pairs([("a", "1".to_owned()), ("long", "2".to_owned())]), "a     1\nlong  2");
    }

    #[test]
    fn parts_of_nothing_have_no_percentage() {
        assert_eq!((percent(1, 3).as_str(), percent(0, 0).as_str()), ("33.3%", "-"));
    }
}
