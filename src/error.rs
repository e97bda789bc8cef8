//! The one error type of the crate.
//!
//! Every variant has a stable [`code`](Error::code) for programs and a message
//! that tells a person what was wrong and what to do about it.

/// What can go wrong, from the photo to the canvas.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a picture that can be read.
    #[error("This file is not a picture that can be read ({reason}). Use a JPEG, PNG, WebP, GIF or BMP file.")]
    NotAnImage {
        /// What the decoder said.
        reason: String,
    },
    /// The picture has more pixels than are accepted.
    #[error("This picture is too large: {width} x {height} pixels. Use one of at most {limit_megapixels} megapixels.")]
    ImageTooLarge {
        /// Width from the header, pixels.
        width: u32,
        /// Height from the header, pixels.
        height: u32,
        /// The limit, in millions of pixels.
        limit_megapixels: u32,
    },
    /// No face was found in the photo.
    #[error(
        "There is no face in this photo, or it is turned too far away or too small in it. Use a photo that shows the face from the front, and cut a large one closer to it."
    )]
    NoFace,
    /// The face in the photo is too small to animate.
    #[error(
        "The face in this photo is too small: {found:.0} pixels wide in a picture of {} x {}, at least {needed:.0} are needed. Cut the photo closer to the face, or use a larger one.", picture.0, picture.1
    )]
    FaceTooSmall {
        /// Width between the outer ears, pixels.
        found: f32,
        /// The smallest accepted width, pixels.
        needed: f32,
        /// Width and height of the picture that is animated: a large photo is scaled down first.
        picture: (u32, u32),
    },
    /// The face in the photo reaches far over the picture's border.
    #[error("The face in this photo is cut by the border. Use a photo that shows the whole face.")]
    FaceCutOff,
    /// The face in the photo shows too little of its far side.
    #[error(
        "The face in this photo is turned {found:.0} degrees to the side, and at most {most:.0} can be animated. Use a photo that shows it more from the front."
    )]
    FaceTurned {
        /// How far it is turned to either side, degrees.
        found: f64,
        /// The farthest accepted turn, degrees.
        most: f64,
    },
    /// No GPU adapter can be had.
    #[error(
        "No usable GPU was found ({reason}). In a browser, use one with WebGPU (Chrome, Edge, Safari 26 or newer); natively, install a Vulkan driver (Debian: mesa-vulkan-drivers)."
    )]
    NoGpu {
        /// What the adapter request said.
        reason: String,
    },
    /// The GPU refused or lost a piece of work.
    #[error(
        "The GPU could not finish its work ({reason}). Reload and try again, with a smaller output size if it happens again."
    )]
    Gpu {
        /// What the device said.
        reason: String,
    },
    /// The canvas cannot be drawn on.
    #[error("The picture cannot be shown on this canvas ({reason}). Use a new canvas that nothing else draws on.")]
    Canvas {
        /// What the browser said.
        reason: String,
    },
    /// A model file is missing.
    #[error("The model file {name} is missing. It belongs beside the program, in models/.")]
    ModelMissing {
        /// File name of the model.
        name: String,
    },
    /// A model file is not the one this version was built for.
    #[error("The model file {name} is damaged or of another version: {reason}. Download it again.")]
    ModelCorrupt {
        /// File name of the model.
        name: String,
        /// Hash difference or what the reader said.
        reason: String,
    },
    /// The layers of a net do not fit together, or it was given values of another size.
    #[error("A net cannot be run: {reason}. Its model file or what was given to it does not fit this version.")]
    Net {
        /// What does not fit.
        reason: &'static str,
    },
    /// A motion file cannot be used.
    #[error("This motion file cannot be used: {reason}.")]
    Motion {
        /// What is wrong with it.
        reason: String,
    },
    /// A driver (folder, video, frame) cannot be used.
    #[error("This driver cannot be used: {reason}.")]
    Driver {
        /// What is wrong with it.
        reason: String,
    },
    /// No frame of the driver shows a face.
    #[error("No face was found anywhere in the driver. Use a video that shows one face from the front.")]
    NoFaceInDriver,
    /// A call came before what it needs.
    #[error("{needed} is needed before this call.")]
    NotReady {
        /// What has to be there first.
        needed: &'static str,
    },
    /// An option is out of its range.
    #[error("{option} must be {expected}.")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// What is accepted.
        expected: &'static str,
    },
    /// The user ended the program before its work was done.
    #[error("Stopped before the end. Nothing was written.")]
    Interrupted,
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// The operating system's word.
        source: std::io::Error,
    },
}

/// Result with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl From<ritratto_nets::Misfit> for Error {
    fn from(ritratto_nets::Misfit(reason): ritratto_nets::Misfit) -> Self {
        Self::Net { reason }
    }
}

impl Error {
    /// A stable name for programs, in kebab case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnImage { .. } => "not-an-image",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::NoFace => "no-face",
            Self::FaceTooSmall { .. } => "face-too-small",
            Self::FaceCutOff => "face-cut-off",
            Self::FaceTurned { .. } => "face-turned",
            Self::NoGpu { .. } => "no-gpu",
            Self::Gpu { .. } => "gpu",
            Self::Canvas { .. } => "canvas",
            Self::ModelMissing { .. } => "model-missing",
            Self::ModelCorrupt { .. } => "model-corrupt",
            Self::Net { .. } => "net",
            Self::Motion { .. } => "motion",
            Self::Driver { .. } => "driver",
            Self::NoFaceInDriver => "no-face-in-driver",
            Self::NotReady { .. } => "not-ready",
            Self::Option { .. } => "option",
            Self::Interrupted => "interrupted",
            Self::Io { .. } => "io",
        }
    }
}
