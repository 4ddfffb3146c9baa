//! A stack as the API shows it: what was sent, with the places in the source code.

use poem_openapi::Object;
use sea_orm::DbErr;

use super::{Original, SourceMaps};
use crate::telemetry::signal::Frame;

/// One line of a stack
#[derive(Debug, Object)]
pub struct StackFrame {
    /// Function
    pub function: String,
    /// Module
    pub module: String,
    /// File or URL
    pub filename: String,
    /// Line, from 1
    pub lineno: Option<u32>,
    /// Column, from 1
    pub colno: Option<u32>,
    /// Where that is in the source code; null without a source map of the file in this version
    pub original: Option<OriginalFrame>,
}

/// A line of a stack as its source code says it
#[derive(Debug, Object)]
pub struct OriginalFrame {
    /// Source file, as the source map names it
    pub file: String,
    /// Line, from 1
    pub line: u32,
    /// Column, from 1
    pub column: u32,
    /// Function; null where the source map does not tell for sure: the frame's own name holds then
    pub function: Option<String>,
    /// Original name of what stands there, if it was renamed
    pub name: Option<String>,
    /// The line, and three on either side; empty when the source map has no sources
    pub source: Vec<SourceLine>,
}

/// A line of source code
#[derive(Debug, Object)]
pub struct SourceLine {
    /// Its number, from 1
    pub line: u32,
    /// Its text, the first 300 characters
    pub text: String,
}

impl StackFrame {
    fn new(frame: Frame, original: Option<Original>) -> Self {
        let Frame { function, module, filename, lineno, colno } = frame;
        Self { function, module, filename, lineno, colno, original: original.map(OriginalFrame::from) }
    }
}

impl From<Original> for OriginalFrame {
    fn from(original: Original) -> Self {
        let Original { file, line, column, function, name, source } = original;
        let source = source.into_iter().map(|(line, text)| SourceLine { line, text }).collect();
        Self { file, line, column, function, name, source }
    }
}

impl SourceMaps {
    /// A stack, the innermost frame first, with what the maps of this version tell of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stack(
        &self,
        app: &str,
        version: &str,
        frames: Vec<Frame>,
    ) -> Result<Vec<StackFrame>, DbErr> {
        let originals = self.resolve(app, version, &frames).await?;
        let both = frames.into_iter().zip(originals);
        Ok(both.map(|(frame, original)| StackFrame::new(frame, original)).collect())
    }
}
