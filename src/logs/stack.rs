//! The stack of one exception with the places in the source code, where source maps tell them.

use poem_openapi::types::ToJSON;
use sea_orm::DbErr;
use serde::Deserialize;
use serde_json::Value;

use super::Logs;
use super::line::{LogKind, LogLine};
use crate::telemetry::Frame;

impl Logs {
    /// Adds `original` to the frames that a map of the application's version tells of; every other line stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resolved_stack(&self, mut line: LogLine) -> Result<LogLine, DbErr> {
        if line.kind != LogKind::Exception {
            return Ok(line);
        }
        let frames = line.fields.get_mut("frames").and_then(Value::as_array_mut);
        let Some(shown) = frames.filter(|frames| !frames.is_empty()) else { return Ok(line) };
        let frames = shown.iter().map(|frame| Frame::deserialize(frame).unwrap_or_default()).collect();
        let stack = self.telemetry.source_maps().stack(&line.app, &line.app_version, frames).await?;
        for (shown, frame) in shown.iter_mut().zip(stack) {
            if let (Some(shown), Some(original)) = (shown.as_object_mut(), frame.original) {
                shown.insert("original".to_owned(), original.to_json().unwrap_or_default());
            }
        }
        Ok(line)
    }
}
