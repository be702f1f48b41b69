//! A `keepalived.conf` as YAML, with what did not carry over and what stays with keepalived.

use std::collections::BTreeMap;

use director_core::definitions::{Definitions, Placed};
use director_core::diagnostic::Place;
use director_core::model::HookWay;

use super::{remarks, take_what_was_lacking};
use crate::loader::{Loaded, Mails, Remarks, emit};

/// The text of the YAML file.
pub(super) fn converted(loaded: &Loaded) -> String {
    let file = &loaded.report.file;
    let mut text = format!("# Converted from {file} by ipvsctl convert.\n");
    for line in left_to_keepalived(&loaded.not_ours) {
        text.push_str(&format!("# {line}\n"));
    }
    for line in remarks::lines(loaded) {
        text.push_str(&format!("# {line}\n"));
    }
    let mut definitions = Definitions::clone(&loaded.definitions);
    take_what_was_lacking(&mut definitions);
    let comments = KeepalivedComments::of(loaded);
    let remarks = Remarks {
        reload_on_change: false,
        mails: mails(&definitions),
        on_change: None,
        comments: &|place| comments.above(place),
    };
    for comment in &comments.head {
        text.push_str(&format!("{comment}\n"));
    }
    text.push_str(&emit(&definitions, &remarks));
    text
}

/// A line for each keyword of keepalived's other halves, with its places, in their order.
fn left_to_keepalived(blocks: &[Placed<String>]) -> Vec<String> {
    let mut keywords: Vec<(&str, Vec<u32>)> = Vec::new();
    for block in blocks {
        match keywords.iter_mut().find(|(known, _)| *known == block.value) {
            Some((_, lines)) => lines.push(block.place.line),
            None => keywords.push((&block.value, vec![block.place.line])),
        }
    }
    let said = keywords.into_iter().map(|(keyword, lines)| {
        let stays = if lines.len() == 1 { "stays" } else { "stay" };
        format!(
            "{}: {keyword} {stays} with keepalived",
            remarks::places(&lines)
        )
    });
    said.collect()
}

fn mails(definitions: &Definitions) -> Option<Mails> {
    definitions.notify.iter().find_map(|hook| match &hook.way {
        Some(HookWay::Mail { to, from, relay }) => Some(Mails {
            to: to.clone(),
            from: from.clone(),
            relay: relay.as_ref().map(|(host, port)| format!("{host}:{port}")),
        }),
        _ => None,
    })
}

/// The comments of all files, each at the block that it stands above or in.
struct KeepalivedComments {
    head: Vec<String>,
    blocks: BTreeMap<(String, u32), Vec<String>>,
}

impl KeepalivedComments {
    fn of(loaded: &Loaded) -> Self {
        let mut comments = Self {
            head: Vec::new(),
            blocks: BTreeMap::new(),
        };
        let main = loaded.report.text.clone();
        comments.read(&loaded.report.file, &main);
        for (file, text) in &loaded.report.included {
            comments.read(file, text);
        }
        comments
    }

    /// KeepalivedComments in a virtual server belong to it, those above a block to that block, and those of other programs' blocks to nothing.
    fn read(&mut self, file: &str, text: &str) {
        let mut pending: Vec<String> = Vec::new();
        let mut depth = 0_usize;
        let mut block = None;
        let mut is_group = false;
        for (line, number) in text.lines().zip(1..) {
            let content = line.trim();
            if let Some(comment) = content.strip_prefix(['#', '!']) {
                let comment = comment.trim_start_matches(['#', '!']);
                let comment = comment.trim().replace(char::is_control, " ");
                if !comment.is_empty() {
                    pending.push(format!("# {comment}"));
                }
            } else if content.is_empty() {
                if depth == 0 {
                    self.head.append(&mut pending);
                }
            } else if depth == 0 {
                let is_ours = content.starts_with("virtual_server");
                block = is_ours.then_some(number);
                // The services of a group stand at the lines of its addresses.
                is_group = content.starts_with("virtual_server_group")
                    || content.starts_with("virtual_server group");
                if !is_ours
                    && !content.starts_with(['$', '@', '~'])
                    && !content.starts_with("include")
                {
                    pending.clear();
                }
            }
            match block {
                Some(_) if is_group => self.head.append(&mut pending),
                Some(block) => {
                    let own = self.blocks.entry((file.to_owned(), block)).or_default();
                    own.append(&mut pending);
                }
                None if depth > 0 => pending.clear(),
                None => {}
            }
            depth = depth_after(content, depth);
            if depth == 0 && content.ends_with('}') {
                block = None;
            }
        }
        self.head.append(&mut pending);
    }

    fn above(&self, place: &Place) -> Vec<String> {
        let key = (place.file.to_string(), place.line);
        self.blocks.get(&key).cloned().unwrap_or_default()
    }
}

fn depth_after(content: &str, depth: usize) -> usize {
    let end = content.find(['#', '!']).unwrap_or(content.len());
    let mut depth = depth;
    for sign in content[..end].chars() {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}
