// Takes the pixels of a picture (worker side).

/** Frames of a live driver are scaled down to this long side, pixels: the nets see a face at 256. */
const FRAME_SIDE = 640;

let context = null;

/** Draws a picture at the encoder's size, flipped or not, and takes its pixels; closes the picture. */
export function pixels(picture, flipped) {
  const [fullWidth, fullHeight] = [picture.displayWidth ?? picture.width, picture.displayHeight ?? picture.height];
  const scale = Math.min(1, FRAME_SIDE / Math.max(fullWidth, fullHeight));
  const width = Math.max(1, Math.round(fullWidth * scale));
  const height = Math.max(1, Math.round(fullHeight * scale));
  if (!context || context.canvas.width !== width || context.canvas.height !== height) {
    context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    // Nothing of the frame before shows through one that is transparent in places.
    context.globalCompositeOperation = "copy";
  }
  context.setTransform(flipped ? -1 : 1, 0, 0, 1, flipped ? width : 0, 0);
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  return context.getImageData(0, 0, width, height);
}
