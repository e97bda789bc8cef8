//! Folders of numbered frames.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use ritratto::{Error, Result};

use super::io;

const PICTURES: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];

/// Whether the file's ending is that of a still picture or of one that may be animated.
pub fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|e| PICTURES.contains(&e.as_str()))
}

/// The pictures of a folder in the order of their numbers.
pub fn pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && is_picture(&path) && path.is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(Error::Driver {
            reason: format!("the folder {} has no pictures ({})", folder.display(), PICTURES.join(", ")),
        });
    }
    found.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(found)
}

/// Natural order: runs of digits compare as numbers, so that 9 comes before 10.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n) = (take_digits(&mut left), take_digits(&mut right));
            let (m, n) = (m.trim_start_matches('0'), n.trim_start_matches('0'));
            let order = m.len().cmp(&n.len()).then_with(|| m.cmp(n));
            if order != Ordering::Equal {
                return order;
            }
        } else if x != y {
            return x.cmp(&y);
        } else {
            left = &left[x.len_utf8()..];
            right = &right[y.len_utf8()..];
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

fn take_digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_compare_as_numbers() {
        let mut names = ["f10.png", "f9.png", "f010b.png", "f1.png", "e2.png", "f.png", "10.png", "2.png"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["2.png", "10.png", "e2.png", "f.png", "f1.png", "f9.png", "f10.png", "f010b.png"]);
    }

    proptest! {
        #[test]
        fn order_is_total(a in "[a0-3é.]{0,6}", b in "[a0-3é.]{0,6}", c in "[a0-3é.]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b) != Ordering::Greater && natural(&b, &c) != Ordering::Greater {
                prop_assert_ne!(natural(&a, &c), Ordering::Greater);
            }
        }
    }
}
