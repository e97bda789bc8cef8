// Draws landmarks: points, and the contours of the face.

const OVAL = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172,
  58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10,
];
const OUTER_LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61];
const INNER_LIPS = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78];
const EYES = [
  [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33],
  [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263],
];
const BROWS = [
  [70, 63, 105, 66, 107],
  [300, 293, 334, 296, 336],
];
const NOSE = [168, 6, 197, 195, 5, 4];
const CONTOURS = [OVAL, OUTER_LIPS, INNER_LIPS, ...EYES, ...BROWS, NOSE];
/** The skin's landmarks; the irises' follow, five for each. */
const SKIN = 468;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array | undefined} landmarks x and y in turn, in shares of the canvas
 */
export function drawFace(context, landmarks) {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  if (!landmarks) return;
  const unit = Math.max(width, height) / 500;
  const at = (index) => [landmarks[2 * index] * width, landmarks[2 * index + 1] * height];
  context.lineWidth = 1.4 * unit;
  context.lineJoin = "round";
  context.strokeStyle = "rgb(240 165 125 / 95%)";
  for (const contour of CONTOURS) {
    context.beginPath();
    for (const index of contour) context.lineTo(...at(index));
    context.stroke();
  }
  context.fillStyle = "rgb(255 255 255 / 55%)";
  for (let index = 0; index < SKIN; index++) {
    const [x, y] = at(index);
    context.fillRect(x - 0.7 * unit, y - 0.7 * unit, 1.4 * unit, 1.4 * unit);
  }
  context.strokeStyle = "#fff";
  for (const centre of [SKIN, SKIN + 5]) {
    if (landmarks.length < 2 * (centre + 5)) continue;
    const [x, y] = at(centre);
    const radius = [1, 2, 3, 4].reduce((sum, k) => sum + Math.hypot(at(centre + k)[0] - x, at(centre + k)[1] - y), 0) / 4;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}
