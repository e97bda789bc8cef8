//! The data set's index.

use std::path::Path;

use anyhow::{Context, Result};

/// One file of the data set.
#[derive(Debug, Clone)]
pub struct Row {
    pub path: String,
    pub still: bool,
    pub source: String,
    pub person: String,
    pub train: bool,
    pub yaw: f32,
    pub jaw_open: f32,
    pub smile: f32,
    pub blink: f32,
    pub brow_down: f32,
    /// The tongue: 1 where it is out, 0.5 where it is seen inside the mouth, else 0.
    pub tongue: f32,
}

/// Values of the jaw's and the lids' coefficients above which a face counts as rare.
const WIDE: f32 = 0.2;
const CLOSED: f32 = 0.45;

impl Row {
    /// Whether the picture shows what the data has little of: a tongue, closed eyes or a wide mouth.
    pub fn is_rare(&self) -> bool {
        self.tongue > 0.0 || self.blink > CLOSED || self.jaw_open > WIDE
    }

    /// Whether the face makes an expression, so that it is a good driver for others.
    pub fn is_lively(&self) -> bool {
        self.is_rare() || self.smile > 0.5 || self.brow_down > 0.3
    }

    /// File name without folder and ending.
    pub fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// Reads `index.tsv` of the data set.
pub fn read(data: &Path) -> Result<Vec<Row>> {
    let path = data.join("index.tsv");
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} is needed", path.display()))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).with_context(|| format!("no column {name}"));
    let names = ["path", "kind", "source", "person", "split", "yaw", "jawOpen", "mouthSmile", "eyeBlink", "browDown"];
    let [path, kind, source, person, split, yaw, jaw, smile, blink, brow] = {
        let mut places = [0; 10];
        for (place, name) in places.iter_mut().zip(names) {
            *place = column(name)?;
        }
        places
    };
    let tongue = column("tongue")?;
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let text = |k: usize| cells.get(k).copied().unwrap_or_default();
        let number = |k: usize| text(k).parse().unwrap_or(0.0_f32);
        Row {
            path: text(path).into(),
            still: text(kind) == "still",
            source: text(source).into(),
            person: text(person).into(),
            train: text(split) == "train",
            yaw: number(yaw),
            jaw_open: number(jaw),
            smile: number(smile),
            blink: number(blink),
            brow_down: number(brow),
            tongue: number(tongue) / 2.0,
        }
    };
    Ok(lines.map(row).collect())
}
