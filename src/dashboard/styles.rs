//! All stylesheets as one file: what a page needs before it is painted comes in one answer.

use super::assets;

/// Where it is served: beside the others, as it names typefaces and pictures relative to them.
pub const ALL: &str = "css/all.css";

/// Stylesheets in their order; the layers in `tokens.css` decide who wins.
const STYLES: [&str; 31] = [
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/controls.css",
    "css/tile.css",
    "css/panel.css",
    "css/table.css",
    "css/chip.css",
    "css/float.css",
    "css/palette.css",
    "css/line.css",
    "css/stack.css",
    "css/person.css",
    "css/connection.css",
    "css/chart.css",
    "css/entry.css",
    "css/overview.css",
    "css/chat.css",
    "css/message.css",
    "css/accounts.css",
    "css/monitoring.css",
    "css/fleet.css",
    "css/client.css",
    "css/logs.css",
    "css/errors.css",
    "css/agenda.css",
    "css/agenda-event.css",
    "css/agenda-form.css",
    "css/terminal.css",
    "css/settings.css",
    "vendor/uplot/uPlot.min.css",
];

/// Their content, one after the other.
pub fn all() -> String {
    let text = |path: &&str| assets::text(path).expect("a test reads every stylesheet");
    STYLES.iter().map(text).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stylesheet_of_ours_is_there_once() {
        let mut files: Vec<String> = assets::names("css/").into_iter().map(|(path, _)| path).collect();
        files.push("vendor/uplot/uPlot.min.css".to_owned());
        files.sort_unstable();
        let mut listed = STYLES.to_vec();
        listed.sort_unstable();
        assert_eq!(listed, files);
        let all = all();
        // Both would hold for the first file alone, or not at all.
        assert!(!all.contains("@import") && !all.contains("@charset"));
    }
}
