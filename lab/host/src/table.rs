//! Plain text tables: columns as wide as their widest cell.

/// Lays rows out under a header; the last column is not padded.
pub fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let columns = header.len();
    let mut widths: Vec<usize> = header.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let lay = |cells: &[String]| {
        let mut line = String::new();
        for (i, cell) in cells.iter().take(columns).enumerate() {
            line.push_str(cell);
            if i + 1 < columns {
                let gap = widths[i].saturating_sub(cell.chars().count()) + 2;
                line.extend(std::iter::repeat_n(' ', gap));
            }
        }
        line.trim_end().to_string()
    };
    let header: Vec<String> = header.iter().map(|h| h.to_string()).collect();
    let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    let mut lines = vec![lay(&header), lay(&rule)];
    lines.extend(rows.iter().map(|r| lay(r)));
    lines.join("\n")
}

/// The same as a table of Markdown.
pub fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |", cells.join(" | "));
    let mut lines = vec![line(header.to_vec()), line(vec!["---"; header.len()])];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// A number of things: `1 file`, `2 files`.
pub fn count(n: u64, thing: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {thing}{s}")
}

/// A number of bytes for people: `1.5 MiB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.2} MiB", n as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![vec!["a".into(), "1".into()], vec!["longer".into(), "22".into()]];
        let text = render(&["name", "n"], &rows);
        assert_eq!(text, "name    n\n------  --\na       1\nlonger  22");
    }

    #[test]
    fn markdown_has_a_rule_below_its_header() {
        let rows = vec![vec!["a".into(), "1".into()]];
        assert_eq!(markdown(&["name", "n"], &rows), "| name | n |\n| --- | --- |\n| a | 1 |");
    }

    #[test]
    fn sizes_for_people() {
        assert_eq!([count(0, "file"), count(1, "file")], ["0 files", "1 file"]);
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(3 << 20), "3.00 MiB");
    }
}
