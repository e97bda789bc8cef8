//! Index lists of MediaPipe's 478 landmarks: which landmark lies where on the face.

/// The face oval, 36 points, clockwise in the picture from the top of the forehead.
pub const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// Middle of the forehead's upper end.
pub const FOREHEAD: usize = 10;
/// Tip of the chin.
pub const CHIN: usize = 152;
/// Base of the nose, where it ends above the lip.
pub const NOSE_BASE: usize = 2;
/// Tip of the nose.
pub const NOSE_TIP: usize = 4;
/// Middle of the upper lip's inner border.
pub const UPPER_LIP: usize = 13;
/// Middle of the lower lip's inner border.
pub const LOWER_LIP: usize = 14;
/// Where the lips' inner borders meet, at the picture's left and right.
pub const INNER_MOUTH_CORNERS: [usize; 2] = [78, 308];
/// Where the lips' outer borders meet, at the picture's left and right.
pub const MOUTH_CORNERS: [usize; 2] = [61, 291];
/// The eyes' corners beside the temples, at the picture's left and right.
pub const OUTER_EYE_CORNERS: [usize; 2] = [33, 263];

/// The inner border of the lips, 20 points: from the corner at the picture's left
/// (78) along the lower lip to the other corner (308) and back along the upper lip.
pub const INNER_LIPS: [usize; 20] =
    [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191];

/// The outer border of the lips, 20 points in the order of [`INNER_LIPS`].
pub const OUTER_LIPS: [usize; 20] =
    [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];

/// Upper inner lip without the corners, left to right, facing [`LOWER_INNER_LIP`].
pub const UPPER_INNER_LIP: [usize; 9] = [191, 80, 81, 82, 13, 312, 311, 310, 415];
/// Lower inner lip without the corners, left to right.
pub const LOWER_INNER_LIP: [usize; 9] = [95, 88, 178, 87, 14, 317, 402, 318, 324];

/// All landmarks of the lips.
pub const LIPS: [usize; 80] = [
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409, 76, 77, 90, 180, 85, 16,
    315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408, 62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292,
    183, 42, 41, 38, 12, 268, 271, 272, 407, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13,
    82, 81, 80, 191,
];

/// One eye's landmarks.
#[derive(Debug, Clone, Copy)]
pub struct Eye {
    /// The lid line, 16 points: from the first corner along the lower lid to the
    /// second corner (index 8) and back along the upper lid.
    pub lids: [usize; 16],
    /// The corners, at the picture's left and right for a face seen from the front.
    pub corners: [usize; 2],
    /// Middle of the upper lid.
    pub upper: usize,
    /// Middle of the lower lid.
    pub lower: usize,
    /// Iris: centre, then four points of its border.
    pub iris: [usize; 5],
    /// The brow's border, 10 points: from the temple along the lower edge to the nose (index 5) and back along the
    /// upper edge.
    pub brow: [usize; 10],
    /// Middle of the cheek below the eye.
    pub cheek: usize,
}

/// The eyes: the person's right eye (at the picture's left) first.
pub const EYES: [Eye; 2] = [
    Eye {
        lids: [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
        corners: [33, 133],
        upper: 159,
        lower: 145,
        iris: [468, 469, 470, 471, 472],
        brow: [46, 53, 52, 65, 55, 107, 66, 105, 63, 70],
        cheek: 50,
    },
    Eye {
        lids: [362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398],
        corners: [362, 263],
        upper: 386,
        lower: 374,
        iris: [473, 474, 475, 476, 477],
        brow: [276, 283, 282, 295, 285, 336, 296, 334, 293, 300],
        cheek: 280,
    },
];
