// Every call of the package as a TypeScript user writes it. Checked with `tsc`, never run.

import { Ritratto, RitrattoError } from "ritratto";
import type { CreateOptions, ErrorCode, Expression, Face, Frame, Motion, MotionRecording } from "ritratto";
import type { Photo, Recording, RitrattoEvent, TransferOptions } from "ritratto";

/** Fails to compile unless every property and call of a portrait is in the list. */
const members: Record<keyof Ritratto, true> = {
  canvas: true,
  motions: true,
  expressionNames: true,
  setPhoto: true,
  drive: true,
  faces: true,
  motion: true,
  options: true,
  setTransfer: true,
  setExpression: true,
  expressionAsMotion: true,
  setNeutral: true,
  pause: true,
  saveFrame: true,
  record: true,
  recordMotion: true,
  stop: true,
  statistics: true,
  dispose: true,
};

function heard(event: RitrattoEvent): string {
  switch (event.type) {
    case "frame":
      return landmarks(event.motion);
    case "face":
      return event.visible ? "back" : "gone";
    case "tier":
      return `${event.refined} ${event.scale}`;
    case "ended":
      return "at its end";
    case "restart":
      return `${event.error.message} ${event.canvas?.width ?? 0}`;
    case "error":
      return event.error.code;
  }
}

function landmarks({ face, landmarks, coefficients, rotation, translation, angles }: Motion): string {
  const lists: (Float32Array | undefined)[] = [landmarks, coefficients, rotation, translation, angles];
  return `${face} ${lists.map((list) => list?.length).join()}`;
}

async function photos(portrait: Ritratto, file: File): Promise<number> {
  const photo: Photo = await portrait.setPhoto(file);
  const buffer = await file.arrayBuffer();
  for (const source of [buffer, new Uint8Array(buffer), "photo.jpg", new URL("https://example.org/photo.jpg")]) {
    await portrait.setPhoto(source);
  }
  return photo.width * photo.height * photo.faces * photo.landmarks.length * photo.coefficients.length;
}

async function drivers(portrait: Ritratto, video: HTMLVideoElement, file: File): Promise<void> {
  await portrait.drive(video);
  await portrait.drive(await navigator.mediaDevices.getUserMedia({ video: true }));
  const { seconds } = await portrait.drive(portrait.motions[0] ?? "hello", { at: 1.5, loop: false });
  await portrait.drive(file, { at: seconds / 2 });
  await portrait.drive(await file.arrayBuffer());
  await portrait.drive(new Uint8Array(4), {});
  const frames: Frame[] = [await createImageBitmap(file), new ImageData(8, 8), new VideoFrame(video)];
  frames.push(new Image(), document.createElement("canvas"), new OffscreenCanvas(8, 8));
  for (const frame of frames) {
    const { motion } = await portrait.drive(frame);
    if (motion) landmarks(motion);
    const faces: Face[] = await portrait.faces(frame);
    const [left, top, right, bottom] = faces[0]?.bounds ?? [];
    console.log(left, top, right, bottom, faces[0]?.keypoints.length, faces[0]?.score);
  }
}

async function expressions(portrait: Ritratto): Promise<void> {
  const usual: TransferOptions = await portrait.setTransfer({});
  const { mode, expression, pose, eyes, lips, mirror } = await portrait.setTransfer({ mode: "relative", lips: 1.3 });
  console.log(mode, expression, pose, eyes, lips, mirror);
  await portrait.setTransfer(usual);
  const smile: Expression = { coefficients: { mouthSmileLeft: 0.7, mouthSmileRight: 0.7 }, yaw: 8, pitch: 0, roll: -2 };
  await portrait.setExpression(smile);
  await portrait.setExpression({ coefficients: portrait.expressionNames.map(() => 0) });
  await portrait.setExpression({ coefficients: new Float32Array(52) });
  await portrait.setExpression();
  const files: Uint8Array[] = [await portrait.expressionAsMotion(smile), await portrait.expressionAsMotion()];
  for (const file of files) await portrait.drive(file, { loop: false });
}

async function recordings(portrait: Ritratto): Promise<void> {
  const clip: Recording = portrait.record();
  const motion: MotionRecording = await portrait.recordMotion();
  const files: Blob[] = [await clip.stop(), await motion.stop(), await portrait.saveFrame()];
  for (const { size, type } of files) console.log(size, type);
  const { seconds } = await portrait.drive(await (await portrait.recordMotion()).stop());
  console.log(seconds);
}

export async function everything(canvas: HTMLCanvasElement, video: HTMLVideoElement, file: File): Promise<void> {
  const options: CreateOptions = {
    canvas,
    baseUrl: new URL("/pkg/", location.href),
    onProgress: ({ loaded, total }) => console.log(loaded / total),
    onEvent: (event) => console.log(heard(event)),
    draw: "auto",
    nets: "auto",
  };
  const portrait = await Ritratto.create(options);
  const hidden: Ritratto = await Ritratto.create();
  hidden.dispose();
  try {
    await photos(portrait, file);
    await drivers(portrait, video, file);
    await expressions(portrait);
    await recordings(portrait);
    await portrait.options({ mark: true, mirrored: false });
    await portrait.options({});
    await portrait.setNeutral();
    await portrait.pause();
    await portrait.pause(false);
    const { memoryBytes, frames, device } = await portrait.statistics();
    const motion: Motion | null = portrait.motion();
    console.log(memoryBytes, frames, device, motion?.face, portrait.canvas?.width, members);
    await portrait.stop();
  } catch (error) {
    if (!(error instanceof RitrattoError)) throw error;
    const code: ErrorCode = error.code;
    const message: string = error.message;
    const needed = code === "no-gpu" || code === "unsupported" ? "another browser" : code === "canvas" ? "a new canvas" : "";
    console.log(code, message, needed);
  }
  // @ts-expect-error: a motion is no photo
  await portrait.setPhoto({ face: true });
  // @ts-expect-error: there is no such option
  await portrait.options({ colour: true });
  // @ts-expect-error: there is no such mode
  await portrait.setTransfer({ mode: "sideways" });
  // @ts-expect-error: an expression has no jaw of its own
  await portrait.setExpression({ jawOpen: 1 });
  // @ts-expect-error: the names are not the caller's
  portrait.expressionNames.push("grin");
  // @ts-expect-error: only create() makes a portrait
  new Ritratto();
  // @ts-expect-error: there is no such place
  await Ritratto.create({ nets: "abacus" });
  // @ts-expect-error: the list of motions is not the caller's
  portrait.motions.push("dance");
  portrait.dispose();
}
