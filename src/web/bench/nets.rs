//! Each net by itself on our own kernels: numbers in, numbers out, so that a page can time it against another runtime.

use std::hint::black_box;
use std::sync::Arc;

use burn::tensor::Device;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::catalog::convolutions;
use crate::encoder::nets::{BlendshapeNet, DetectorNet, LandmarkNet, POINTS, prepared, rate};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::models::load_net;
use crate::nets::{Cost, GpuNet, Graph, Kernels, Net, threads};
use crate::refiner::code::CODE;
use crate::refiner::masks::MASKS;
use crate::refiner::net::{RGB, RefinerNet};
use crate::refiner::{self, Nets, Part};
use crate::web::clock::Stopwatch;
use crate::web::model_files::ModelFiles;

/// Length of the arrays that are copied to measure bandwidth, numbers: more than caches hold.
const NUMBERS: usize = 16 << 20;
/// Patches in one run of the eyes' net.
const EYES: usize = 2;

/// Where nets run.
#[derive(Debug)]
enum Place {
    Thread,
    Threads,
    Gpu(Gpu, Arc<Kernels>),
}

/// A net where it runs.
#[derive(Debug)]
enum Runner {
    Cpu(Box<Net>),
    Gpu(Box<GpuNet>),
}

impl Runner {
    /// Prepares a net for runs on this many pictures.
    fn new(graph: &Graph, place: &Place, pictures: usize) -> Result<Self> {
        Ok(match place {
            Place::Gpu(gpu, kernels) => Self::Gpu(Box::new(GpuNet::new(graph, gpu, kernels, pictures)?)),
            Place::Threads => Self::Cpu(Box::new(Net::on_cpu(graph)?)),
            Place::Thread => Self::Cpu(Box::new(Net::on_one_thread(graph)?)),
        })
    }

    /// Runs the net and returns all results of all pictures. `pictures` has the first inputs of each picture, `kept`
    /// the others; a GPU has been given those already.
    async fn run(&self, pictures: &[Vec<Vec<f32>>], kept: &[Vec<Vec<f32>>]) -> Result<Vec<f32>> {
        match self {
            Self::Cpu(net) => {
                let mut values = Vec::new();
                for (picture, inputs) in pictures.iter().enumerate() {
                    let rest = kept.get(picture).map(Vec::as_slice).unwrap_or_default();
                    let inputs: Vec<&[f32]> = inputs.iter().chain(rest).map(Vec::as_slice).collect();
                    let mut results = vec![0.0; net.output_len()];
                    net.run(&inputs, &mut results)?;
                    values.append(&mut results);
                }
                Ok(values)
            }
            Self::Gpu(net) => {
                for (picture, inputs) in pictures.iter().enumerate() {
                    for (index, values) in inputs.iter().enumerate() {
                        net.write(index, picture, values)?;
                    }
                }
                net.run().await
            }
        }
    }
}

/// One of the refiner's nets.
#[derive(Debug)]
struct Patches {
    features: Runner,
    grid: Runner,
    /// Numbers of each level of one patch's features.
    levels: Vec<usize>,
    /// The features of each patch.
    kept: Vec<Vec<Vec<f32>>>,
    count: usize,
    pixels: usize,
}

impl Patches {
    fn new(net: &RefinerNet, part: Part, count: usize, place: &Place) -> Result<Self> {
        let features = net.features_graph(part.side())?;
        Ok(Self {
            levels: features.outputs().iter().map(|level| features.size(*level).len()).collect(),
            features: Runner::new(&features, place, count)?,
            grid: Runner::new(&net.graph(part.side())?, place, count)?,
            kept: Vec::new(),
            count,
            pixels: part.side() * part.side(),
        })
    }

    async fn set_photo(&mut self, photo: &[f32]) -> Result<()> {
        sized(photo, self.count * RGB * self.pixels)?;
        let patches: Vec<_> =
            photo.chunks(RGB * self.pixels).map(|planes| vec![rows(&[(planes, RGB)], self.pixels)]).collect();
        let features = self.features.run(&patches, &[]).await?;
        let mut rest = features.as_slice();
        self.kept = (0..self.count)
            .map(|_| {
                let level = |count: &usize| {
                    let (level, after) = rest.split_at((*count).min(rest.len()));
                    rest = after;
                    level.to_vec()
                };
                self.levels.iter().map(level).collect()
            })
            .collect();
        if let Runner::Gpu(net) = &self.grid {
            for (patch, levels) in self.kept.iter().enumerate() {
                for (level, values) in levels.iter().enumerate() {
                    // Inputs 0 and 1 are the picture and the code.
                    net.write(2 + level, patch, values)?;
                }
            }
        }
        Ok(())
    }

    async fn run(&self, values: &[f32]) -> Result<Vec<f32>> {
        if self.kept.is_empty() {
            return Err(Error::NotReady { needed: "The refiner's photo" });
        }
        let (pictures, masks) = (self.count * RGB * self.pixels, self.count * MASKS * self.pixels);
        sized(values, pictures + masks + self.count * CODE)?;
        let (pictures, rest) = values.split_at(pictures);
        let (masks, codes) = rest.split_at(masks);
        let each = pictures.chunks(RGB * self.pixels).zip(masks.chunks(MASKS * self.pixels)).zip(codes.chunks(CODE));
        let patches: Vec<_> = each
            .map(|((planes, masks), code)| vec![rows(&[(planes, RGB), (masks, MASKS)], self.pixels), code.to_vec()])
            .collect();
        self.grid.run(&patches, &self.kept).await
    }
}

/// Planes of pixels as rows of pixels with the channels of all of them last.
fn rows(planes: &[(&[f32], usize)], pixels: usize) -> Vec<f32> {
    let pixel =
        |k: usize| planes.iter().flat_map(move |(plane, count)| (0..*count).map(move |c| plane[c * pixels + k]));
    (0..pixels).flat_map(pixel).collect()
}

fn sized(values: &[f32], count: usize) -> Result<()> {
    let error = Error::Option { option: "values", expected: "as many numbers as the net's input has" };
    if values.len() == count { Ok(()) } else { Err(error) }
}

/// The nets on one device.
#[wasm_bindgen]
#[derive(Debug)]
pub struct NetBench {
    detector: Runner,
    landmarks: Runner,
    blendshapes: Runner,
    mouth: Patches,
    eyes: Patches,
    place: Place,
    /// Operations and bytes of a run of each net.
    costs: Vec<(&'static str, Cost)>,
}

#[wasm_bindgen]
impl NetBench {
    /// Loads the nets on the GPU, or on the CPU with or without the threads that were started before; the files holds the
    /// refiner's model too.
    ///
    /// # Errors
    /// `no-gpu`, `gpu`, `model-missing`, `model-corrupt`.
    pub async fn create(files: ModelFiles, on_gpu: bool, threaded: bool) -> std::result::Result<Self, JsValue> {
        let place = if on_gpu {
            let gpu = Gpu::open().await?;
            let kernels = Arc::new(Kernels::new(&gpu));
            Place::Gpu(gpu, kernels)
        } else if threaded {
            Place::Threads
        } else {
            Place::Thread
        };
        let (device, models) = (&Device::flex(), &files.models);
        let detector = load_net(DetectorNet::new(device), models, "face_detector.safetensors")?;
        let landmarks = load_net(LandmarkNet::new(device), models, "face_landmarks.safetensors")?;
        let blendshapes = load_net(BlendshapeNet::new(device), models, "face_blendshapes.safetensors")?;
        let refiner = load_net(Nets::new(device), models, refiner::FILE)?;
        let [detector, landmarks, blendshapes] = [detector.graph()?, landmarks.graph()?, blendshapes.graph()?];
        let patches = |net: &RefinerNet, part: Part, count: u64| -> Result<Cost> {
            let Cost { flop, bytes } = net.graph(part.side())?.cost();
            Ok(Cost { flop: count * flop, bytes: count * bytes })
        };
        Ok(Self {
            costs: vec![
                ("detector", detector.cost()),
                ("landmarks", landmarks.cost()),
                ("blendshapes", blendshapes.cost()),
                ("mouth", patches(&refiner.mouth, Part::Mouth, 1)?),
                ("eye", patches(&refiner.eye, Part::RightEye, EYES as u64)?),
            ],
            detector: Runner::new(&detector, &place, 1)?,
            landmarks: Runner::new(&landmarks, &place, 1)?,
            blendshapes: Runner::new(&blendshapes, &place, 1)?,
            mouth: Patches::new(&refiner.mouth, Part::Mouth, 1, &place)?,
            eyes: Patches::new(&refiner.eye, Part::RightEye, EYES, &place)?,
            place,
        })
    }

    /// What the nets run on, for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.place {
            Place::Thread => "CPU".into(),
            Place::Threads => format!("CPU, {} threads", threads::count()),
            Place::Gpu(gpu, _) => gpu.describe(),
        }
    }

    /// Floating-point operations and bytes of one run of a net, counted as the native benchmark counts them.
    ///
    /// # Errors
    /// `option` for another net.
    pub fn cost(&self, net: &str) -> std::result::Result<Vec<f64>, JsValue> {
        let (_, cost) = self.costs.iter().find(|(name, _)| *name == net).ok_or_else(unknown)?;
        Ok(vec![cost.flop as f64, cost.bytes as f64])
    }

    /// Floating-point operations and bytes a second that the kernels and the device reach at most: the best of several runs of
    /// large convolutions, and of copies of what fits no cache.
    ///
    /// # Errors
    /// `gpu`.
    pub async fn peak(&self) -> std::result::Result<Vec<f64>, JsValue> {
        // On the CPU the picture has 25 rows, no multiple of four: so it is summed in the plain way, not by Winograd's
        // method, which would save products.
        let on_gpu = matches!(self.place, Place::Gpu(..));
        let graph = if on_gpu { convolutions([64, 64, 64], 2) } else { convolutions([25, 24, 64], 8) };
        let runner = Runner::new(&graph, &self.place, 1)?;
        let input = vec![vec![vec![1.0; graph.size(graph.inputs()[0]).len()]]];
        let (mut quickest, mut copied) = (f64::MAX, f64::MAX);
        for _ in 0..if on_gpu { 3 } else { 60 } {
            let mut watch = Stopwatch::start();
            runner.run(&input, &[]).await?;
            quickest = quickest.min(watch.lap());
        }
        let (from, mut to) = (vec![1.0_f32; NUMBERS], vec![0.0_f32; NUMBERS]);
        for _ in 0..8 {
            let mut watch = Stopwatch::start();
            to.copy_from_slice(black_box(&from));
            black_box(&to);
            copied = copied.min(watch.lap());
        }
        let bytes = (2 * NUMBERS * size_of::<f32>()) as f64;
        Ok(vec![1e3 * graph.cost().flop as f64 / quickest, 1e3 * bytes / copied])
    }

    /// Prepares `"mouth"` (`[1, 3, 96, 96]`) or `"eye"` (`[2, 3, 64, 64]`) for a photo, RGB in \[0, 1\].
    ///
    /// # Errors
    /// `option` for another net or number of values, `gpu`.
    #[wasm_bindgen(js_name = setPhoto)]
    pub async fn set_photo(&mut self, net: &str, photo: Vec<f32>) -> std::result::Result<(), JsValue> {
        match net {
            "mouth" => Ok(self.mouth.set_photo(&photo).await?),
            "eye" => Ok(self.eyes.set_photo(&photo).await?),
            _ => Err(unknown().into()),
        }
    }

    /// Runs a net once, from numbers to numbers. In and out, one after the other:
    ///
    /// - `"detector"`: `[1, 128, 128, 3]` in \[-1, 1\]; `[1, 896, 17]`
    /// - `"landmarks"`: `[1, 256, 256, 3]` in \[0, 1\]; `[478, 3]`, presence and tongue
    /// - `"blendshapes"`: `[146, 2]`; `[52]`
    /// - `"mouth"`: render `[1, 3, 96, 96]`, masks `[1, 2, 96, 96]`, code `[1, 108]`; grid `[1, 24, 24, 52]`
    /// - `"eye"`: the same for two patches of 64 x 64
    ///
    /// # Errors
    /// `option` for another net or number of values, `not-ready` for a refiner without its photo, `gpu`.
    pub async fn run(&self, net: &str, values: Vec<f32>) -> std::result::Result<Vec<f32>, JsValue> {
        Ok(self.output(net, values).await?)
    }
}

impl NetBench {
    async fn output(&self, net: &str, values: Vec<f32>) -> Result<Vec<f32>> {
        match net {
            "detector" => {
                let mut candidates = self.detector.run(&[vec![values]], &[]).await?;
                rate(&mut candidates);
                Ok(candidates)
            }
            "landmarks" => self.landmarks.run(&[vec![values]], &[]).await,
            "blendshapes" => {
                sized(&values, 2 * POINTS.len())?;
                let points: Vec<[f32; 2]> = values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
                self.blendshapes.run(&[vec![prepared(&points)]], &[]).await
            }
            "mouth" => self.mouth.run(&values).await,
            "eye" => self.eyes.run(&values).await,
            _ => Err(unknown()),
        }
    }
}

const fn unknown() -> Error {
    Error::Option { option: "net", expected: "detector, landmarks, blendshapes, mouth or eye" }
}
