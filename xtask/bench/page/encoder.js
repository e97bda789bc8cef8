// Following a face: our encoder against MediaPipe's Face Landmarker, on the same moving picture.

export const WIDTH = 640;
export const HEIGHT = 480;

/** A canvas on which a portrait moves by a few pixels a frame, and what moves it. */
export function movingFace(picture) {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const height = HEIGHT * 1.15;
  const width = (height * picture.width) / picture.height;
  let number = 0;
  return {
    canvas,
    /** The next frame's pixels. */
    next() {
      const turn = number++ / 8;
      context.fillStyle = "#808080";
      context.fillRect(0, 0, WIDTH, HEIGHT);
      context.drawImage(picture, (WIDTH - width) / 2 + 20 * Math.sin(turn), -30 + 8 * Math.cos(turn), width, height);
    },
    pixels: () => context.getImageData(0, 0, WIDTH, HEIGHT).data,
  };
}

/** Our detector, landmark and blendshape nets with the tracker, pixels included. */
export function ours(core, session, face) {
  const follower = new core.Follower();
  return async () => {
    face.next();
    if (!(await session.encodeFrame(follower, face.pixels(), WIDTH, HEIGHT))) throw new Error("our encoder lost the face");
  };
}

/** MediaPipe's Face Landmarker with coefficients and pose. @param {"CPU" | "GPU"} delegate */
export async function rival(delegate, face) {
  const { FaceLandmarker, FilesetResolver } = await import("/mediapipe/vision_bundle.mjs");
  const files = await FilesetResolver.forVisionTasks("/mediapipe/wasm");
  const landmarker = await FaceLandmarker.createFromOptions(files, {
    baseOptions: { modelAssetPath: "/face_landmarker.task", delegate },
    canvas: new OffscreenCanvas(WIDTH, HEIGHT),
    runningMode: "VIDEO",
    numFaces: 1,
    outputFaceBlendshapes: true,
    outputFacialTransformationMatrixes: true,
  });
  let time = 0;
  return async () => {
    face.next();
    time += 33;
    const { faceLandmarks } = landmarker.detectForVideo(face.canvas, time);
    if (faceLandmarks.length !== 1) throw new Error("MediaPipe lost the face");
  };
}
