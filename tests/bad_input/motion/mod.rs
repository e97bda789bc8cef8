//! Motion that is recorded, and motion files: whole, damaged and hostile.

mod faces;
mod files;
mod recorded;
mod sections;
