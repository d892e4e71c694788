//! What was found, for people and for programs.

use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::Sums;
use super::found::{File, Finding, Leaf};
use crate::cmd::arguments::Scan;
use crate::cmd::output::{Failure, print};
use crate::control::figures::grouped;
use crate::event::Dictionaries;
use crate::event::eve::Text;

/// The flag of a file that could not be read, or not to its end.
const UNREADABLE: &str = "unreadable";

/// Writes what was found in one file after the other.
pub(super) struct Show<'a> {
    json: bool,
    text: bool,
    dictionaries: &'a Dictionaries,
    sums: Sums,
    progress: ProgressBar,
}

impl<'a> Show<'a> {
    pub(super) fn new(options: &Scan, dictionaries: &'a Dictionaries, files: usize) -> Self {
        let progress = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
        // A bar between lines on the same terminal would be in their way.
        if std::io::stderr().is_terminal() && !std::io::stdout().is_terminal() {
            progress.set_draw_target(ProgressDrawTarget::stderr());
        }
        let style = ProgressStyle::with_template("{bar:32} {percent:>3}%  {pos} of {len} files  {eta} left");
        progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { json: options.json, text: options.text, dictionaries, sums: Sums::default(), progress }
    }

    pub(super) fn file(&mut self, file: &File) -> Result<(), Failure> {
        let sums = &mut self.sums;
        sums.files += 1;
        sums.bytes += file.size;
        sums.leaves += file.leaves.len() as u64;
        sums.cuts += file.cuts.len() as u64;
        sums.cuts += file.leaves.iter().map(|leaf| leaf.cuts.len() as u64).sum::<u64>();
        sums.findings += file.leaves.iter().map(|leaf| leaf.findings.len() as u64).sum::<u64>();
        sums.unread += u64::from(file.unread.is_some());
        self.progress.inc(1);
        if self.json { self.lines(file) } else { self.tree(file) }
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        self.progress.finish_and_clear();
        let Sums { files, leaves, bytes, cuts, findings, unread } = self.sums;
        if !self.json {
            let [files, leaves, bytes, cuts, findings] = [files, leaves, bytes, cuts, findings].map(grouped);
            print(&format!("{files} files, {bytes} bytes: {leaves} leaves, {cuts} cut short, {findings} findings"))?;
        }
        if unread == 0 { Ok(()) } else { Err(Failure::Running(anyhow::anyhow!("{unread} files could not be read"))) }
    }

    /// One JSON object a leaf, one for each object that was cut and has none, and one where the file could not be read.
    fn lines(&self, file: &File) -> Result<(), Failure> {
        let name = name(&file.name).to_string();
        for leaf in &file.leaves {
            let mut line = json!({
                "file": name,
                "path": leaf.path,
                "type": leaf.kind.name(),
                "size": leaf.size,
                "flags": flags(leaf),
                "findings": leaf.findings.iter().map(|finding| self.finding(finding)).collect::<Vec<_>>(),
            });
            if self.text
                && let Some(line) = line.as_object_mut()
            {
                line.insert("text".to_owned(), Value::from(String::from_utf8_lossy(&leaf.text)));
            }
            print(&line.to_string())?;
        }
        let cut = |path: &str, flag| {
            let flags = [flag];
            json!({ "file": name, "path": path, "type": "cut", "size": 0, "flags": flags, "findings": [] })
        };
        for (path, reason) in &file.cuts {
            print(&cut(path, reason.name()).to_string())?;
        }
        if let Some(reason) = &file.unread {
            let mut line = cut("", UNREADABLE);
            if let Some(line) = line.as_object_mut() {
                line.insert("error".to_owned(), Value::from(reason.as_str()));
            }
            print(&line.to_string())?;
        }
        Ok(())
    }

    fn finding(&self, finding: &Finding) -> Value {
        let crossing = &finding.crossing;
        let Some(dictionary) = self.dictionaries.get(usize::from(crossing.dictionary)) else { return Value::Null };
        let hits = crossing.hits.iter().take(usize::from(crossing.hit_count));
        let keywords: Vec<_> = hits
            .filter_map(|hit| {
                let keyword = dictionary.keywords.get(usize::try_from(hit.keyword).ok()?)?;
                let text = String::from_utf8_lossy(&keyword.bytes);
                Some(json!({ "keyword": text, "count": hit.count, "weight": keyword.weight }))
            })
            .collect();
        json!({
            "dictionary": dictionary.name,
            "score": crossing.score,
            "threshold": dictionary.threshold,
            "offset": finding.offset,
            "keywords": keywords,
        })
    }

    /// A file with its leaves below it.
    fn tree(&self, file: &File) -> Result<(), Failure> {
        let mut text = format!("{}  {} bytes\n", name(&file.name), grouped(file.size));
        let mut lines: Vec<String> = file.leaves.iter().map(|leaf| self.leaf(leaf)).collect();
        lines.extend(file.cuts.iter().map(|(path, cut)| format!("{path}  {}", cut.name())));
        lines.extend(file.unread.iter().map(|reason| format!("{UNREADABLE}: {reason}")));
        let last = lines.len().saturating_sub(1);
        for (number, line) in lines.iter().enumerate() {
            text.push_str(if number == last { "\u{2514}\u{2500} " } else { "\u{251c}\u{2500} " });
            text.push_str(line);
            text.push('\n');
        }
        text.pop();
        print(&text)
    }

    fn leaf(&self, leaf: &Leaf) -> String {
        let path = if leaf.path.is_empty() { "(as it is)" } else { &leaf.path };
        let mut line = format!("{path}  {}, {} bytes", leaf.kind.name(), grouped(leaf.size));
        for flag in flags(leaf) {
            line.push_str(", ");
            line.push_str(flag);
        }
        for finding in &leaf.findings {
            if let Some(dictionary) = self.dictionaries.get(usize::from(finding.crossing.dictionary)) {
                let (score, threshold) = (finding.crossing.score, dictionary.threshold);
                line.push_str(&format!("  !! {} {score} of {threshold} at {}", dictionary.name, finding.offset));
            }
        }
        if self.text {
            for text in String::from_utf8_lossy(&leaf.text).lines() {
                line.push_str("\n     ");
                line.push_str(&printable(text));
            }
        }
        line
    }
}

/// What there is to say of a leaf besides its type.
fn flags(leaf: &Leaf) -> Vec<&'static str> {
    let mut flags: Vec<_> = leaf.cuts.iter().map(|cut| cut.name()).collect();
    if !leaf.complete && flags.is_empty() {
        flags.push("incomplete");
    }
    if leaf.text_cut {
        flags.push("text_cut");
    }
    flags
}

/// A file's name as events have names: what is no text, or would break a line, as `\xNN`.
pub(super) fn name(path: &Path) -> Text<'_> {
    Text(path.as_os_str().as_bytes())
}

/// Without what a terminal would take for a command.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() && char != '\t' { '\u{fffd}' } else { char }).collect()
}
