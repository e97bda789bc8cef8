/** An error of this package. `message` is a sentence for the user. */
export class RitrattoError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string);
}

/** What can go wrong. */
export type ErrorCode =
  /** No WebGPU, or no adapter, where only a GPU will do. */
  | "no-gpu"
  /** The GPU refused work or was lost. A lost one has the worker started again. */
  | "gpu"
  /** The canvas has a context, or belongs to another portrait: create() needs a new one. */
  | "canvas"
  /** The browser is too old: its WebAssembly cannot run the module. */
  | "unsupported"
  /** The module or a model could not be fetched. */
  | "network"
  /** A model is not there. */
  | "model-missing"
  /** A model has not the bytes this version was built for (SHA-256). */
  | "model-corrupt"
  /** The layers of a net do not fit together. */
  | "net"
  /** The photo is no JPEG, PNG, WebP, GIF or BMP, or it is damaged. */
  | "not-an-image"
  /** The photo has more than 25 million pixels. */
  | "image-too-large"
  | "no-face"
  | "face-too-small"
  | "face-cut-off"
  /** The face is turned too far to the side. */
  | "face-turned"
  /** The motion file cannot be used, or there is no such built-in motion. */
  | "motion"
  /** The driver is of an unknown kind. */
  | "driver"
  /** The browser cannot decode the video. */
  | "video"
  /** The browser cannot record. */
  | "recording"
  /** No face came while a motion was recorded. */
  | "no-face-in-driver"
  /** A call came before what it needs, for example a frame before a photo. */
  | "not-ready"
  /** An option that does not exist or has a wrong value. */
  | "option"
  | "io"
  /** The worker stopped and could not be started again. The same is said of every later call. */
  | "crashed"
  | "disposed"
  | "internal";

/** What a face does at one moment. */
export interface Motion {
  /** Whether the driver's frame shows a face; without one nothing else is there. */
  face: boolean;
  /** 478 landmarks, x and y in turn. In shares of the frame's width and height; of a motion
   *  file or built-in motion, in a unit square around the face. */
  landmarks?: Float32Array;
  /** 52 expression coefficients in [0, 1] (ARKit's names; MediaPipe's order, with the tongue first). */
  coefficients?: Float32Array;
  /** Head rotation, unit quaternion w, x, y, z; camera frame (x right, y up, z towards the viewer). */
  rotation?: Float32Array;
  /** Head position, centimetres, camera frame. */
  translation?: Float32Array;
  /** Yaw (> 0: towards the picture's right), pitch (> 0: up), roll (> 0: counter-clockwise), degrees. */
  angles?: Float32Array;
}

/** Where a face is in a picture. Places are in shares of the picture's width and height. */
export interface Face {
  /** Left, top, right, bottom. */
  bounds: Float32Array;
  /** x and y in turn: the person's right and left eye, nose tip, mouth, right and left ear. */
  keypoints: Float32Array;
  /** How sure it is, in [0, 1]. */
  score: number;
}

/** What was found in the photo. */
export interface Photo {
  /** Size of the result, pixels: the photo's own, at most 2048 on the long side. */
  width: number;
  height: number;
  /** Number of faces; the largest that can be used is animated. */
  faces: number;
  /** 478 landmarks, x and y in turn, in shares of width and height. */
  landmarks: Float32Array;
  /** The 52 expression coefficients that it shows. */
  coefficients: Float32Array;
}

/** How a driver's motion is put on the portrait. Strengths lie in [0, 2]: 0 keeps the photo's own, 1 (default) is the driver's. */
export interface TransferOptions {
  /**
   * "absolute" (default): the portrait shows the driver's expression, whatever the photo shows.
   * "relative": the photo's expression changes by as much as the driver's does from its neutral face.
   */
  mode: "absolute" | "relative";
  /** Strength of the whole expression. */
  expression: number;
  /** Strength of the head's motion. */
  pose: number;
  /** Strength of lids and gaze, within the expression. */
  eyes: number;
  /** Strength of mouth and jaw, within the expression. */
  lips: number;
  /** Swap left and right, as a mirror does (default false). */
  mirror: boolean;
}

/** An expression set by hand. */
export interface Expression {
  /** Some coefficients by name (see `expressionNames`), the others are the photo's own; or all 52 in their order. Kept within [0, 1]. */
  coefficients?: Record<string, number> | readonly number[] | Float32Array;
  /** Head turn from the photo's pose, degrees (default 0); signs as in `Motion.angles`. Larger turns are softly limited to what one photo can show. */
  yaw?: number;
  pitch?: number;
  roll?: number;
}

/** What is drawn of a frame, so that frames keep up. */
export interface Tier {
  /** Whether frames are refined. */
  refined: boolean;
  /** The refiner's nets look at one of so many frames: 1, 2, or 0 where frames are not refined. */
  interval: number;
  /** Pixels of the photo that a pixel of the canvas covers along each axis: 1, 1.5 or 2. */
  scale: number;
}

export type RitrattoEvent =
  /** A frame was drawn. */
  | { type: "frame"; motion: Motion }
  /** The face left the driver's picture (the portrait eases to rest) or came back; told anew of another driver after one that it had left. */
  | { type: "face"; visible: boolean }
  /** Something else is drawn from now on: at first, after an option, or because frames did not keep up or do so again. */
  | ({ type: "tier" } & Tier)
  /** A motion that does not loop came to its end. */
  | { type: "ended" }
  /**
   * The worker stopped, or lost its GPU, and is started again; `canvas` has taken the old canvas's place. It gets the photo, the options, the
   * driver and the expression that were there. Recordings end with the old one: see record() and recordMotion().
   */
  | { type: "restart"; error: RitrattoError; canvas: HTMLCanvasElement | null }
  /** Something failed outside a call. */
  | { type: "error"; error: RitrattoError };

export interface CreateOptions {
  /** Shows the result. It must be new: no context, not transferred. Without it, use saveFrame(). */
  canvas?: HTMLCanvasElement;
  /**
   * Folder with worker.js, the module and the models, with or without a slash at its end (default: this module's). Same origin as the
   * page. On a page with `Cross-Origin-Embedder-Policy: require-corp` all its files need that header too, or the worker cannot be loaded.
   */
  baseUrl?: string | URL;
  /** Bytes of the module and the models, while they load. */
  onProgress?: (progress: { loaded: number; total: number }) => void;
  onEvent?: (event: RitrattoEvent) => void;
  /** Where frames are drawn; "auto" (default) is the GPU unless there is none or only a software one, which is slower than the CPU alone. */
  draw?: "auto" | "gpu" | "cpu";
  /** Where the nets run; "auto" (default) as for `draw`. */
  nets?: "auto" | "gpu" | "cpu";
}

/** A single frame of a driver. */
export type Frame = ImageBitmap | ImageData | VideoFrame | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas;

/** A recording under way. */
export interface Recording {
  /** Ends it; resolves to a WebM or MP4 file. */
  stop(): Promise<Blob>;
}

/** A recording of the driver's motion under way. */
export interface MotionRecording {
  /**
   * Ends it; resolves to a motion file (`.rmotion`), which drive() plays: numbers, without a
   * picture of the face. Rejects with "no-face-in-driver" if no face came, with "motion" if no frame came at
   * all, and with "not-ready" if it was ended before, replaced by another or lost in a restart of the worker.
   */
  stop(): Promise<Blob>;
}

/** A living portrait on a canvas. All work happens in a worker on this machine. */
export class Ritratto {
  private constructor();

  /** Loads the module and the models, and opens the GPU if there is one. */
  static create(options?: CreateOptions): Promise<Ritratto>;

  /** The canvas on the page. */
  readonly canvas: HTMLCanvasElement | null;
  /** Names of the built-in motions, for drive(). */
  readonly motions: readonly string[];
  /** Names of the 52 expression coefficients, in their order. */
  readonly expressionNames: readonly string[];

  /**
   * Sets the portrait: a JPEG, PNG, WebP, GIF or BMP file, or its URL. If this fails, the one before stays. A call whose
   * photo is still being read or fetched when a newer one is made gives way to it, and settles as the newer one does.
   */
  setPhoto(photo: Blob | ArrayBuffer | ArrayBufferView | string | URL): Promise<Photo>;

  /**
   * Sets what moves the portrait. A video or stream is followed until the next drive() or stop(); the caller plays the video and
   * owns the stream. The calmest part of its first second with a face counts as neutral, of single frames too; see setNeutral().
   * A new photo keeps it.
   *
   * A call that still waits for its video or file gives way to the next drive() or stop() as well: it resolves then, with
   * `seconds` 0 or `motion` null, and fails no more. Single frames do not give way to each other. If a call fails, the
   * driver before goes on.
   */
  drive(source: HTMLVideoElement | MediaStream): Promise<object>;
  /** Follows the face in one frame, for callers with frames of their own. */
  drive(source: Frame): Promise<{ motion: Motion | null }>;
  /**
   * Plays a motion file (of `ritratto track` or recordMotion()), which brings its own neutral face, or a built-in motion: from `at`
   * seconds (default 0), again and again (`loop`, default true) or once, up to the event "ended".
   */
  drive(
    source: Blob | ArrayBuffer | ArrayBufferView | string,
    options?: { at?: number; loop?: boolean },
  ): Promise<{ seconds: number }>;

  /** Finds the faces in one frame, the largest first, without driving the portrait. */
  faces(picture: Frame): Promise<Face[]>;

  /** The motion of the last frame, or null. */
  motion(): Motion | null;

  /**
   * `mark`: draw "AI-animated" (default true). `mirrored`: flip live frames, like a mirror (default false).
   * `refine`: whether a net repairs mouth and eyes of each frame (default "auto"); "auto": on a real GPU, each frame, every
   * second one or none, as frames keep up; "half": every second one; "on": each. In between, what the net said last moves on with the face. Its model is fetched when it is first wanted, after the portrait is on show.
   * `size`: "auto" (default) draws fewer pixels while frames do not keep up; "full" never does. Saved frames are always in full size.
   */
  options(values: { mark?: boolean; mirrored?: boolean; refine?: "auto" | "on" | "half" | "off"; size?: "auto" | "full" }): Promise<void>;

  /**
   * Sets some of the transfer options, from the driver's next frame on; the others stay as they are.
   * Resolves to all of them. Rejects with "option" for an unknown one or a strength out of [0, 2].
   */
  setTransfer(values: Partial<TransferOptions>): Promise<TransferOptions>;

  /**
   * Shows the portrait with this expression; without one, as the photo shows it. A driver that runs
   * waits until pause(false), the next drive() or stop(). A new photo takes the expression away.
   *
   * Calls never queue up: of those made while one is under way only the newest is drawn, and all of
   * them resolve with it; none is drawn once a driver, a photo or stop() has taken its place. Rejects with "option", or "not-ready" before a photo.
   */
  setExpression(expression?: Expression): Promise<void>;

  /**
   * A motion file that holds an expression for one second: this one; without one that set by hand which is on show, or else
   * the photo's own. A coefficient that is not named is the photo's own.
   */
  expressionAsMotion(expression?: Expression): Promise<Uint8Array>;

  /** Takes the driver's next frame as its neutral face: what the portrait's own expression stands for. */
  setNeutral(): Promise<void>;

  /** Freezes the portrait (`on`, default true), or lets it go on. It stays frozen with another driver. */
  pause(on?: boolean): Promise<void>;

  /** The picture on show as a PNG file. */
  saveFrame(): Promise<Blob>;

  /**
   * Records the canvas from now on, in the size that it has. Throws a RitrattoError where the browser cannot. Where the
   * worker is started again ("restart"), the recording ends; its stop() then resolves to what was recorded until then.
   * The file's metadata says that it is AI-animated, as saveFrame()'s do.
   */
  record(): Recording;

  /**
   * Records the driver's motion from now on, at 30 frames a second, relative to the driver's neutral face
   * of now. Takes nothing more once the driver changes or after two hours; pauses are left
   * out. Replaces a recording that is under way. Rejects with "not-ready" without a driver.
   */
  recordMotion(): Promise<MotionRecording>;

  /** Lets the driver go, and one that is on its way; the portrait rests. */
  stop(): Promise<void>;

  /** For figures: memory of the module, frames drawn, what the work runs on, and the tier. */
  statistics(): Promise<{ memoryBytes: number; frames: number; device: string } & Tier>;

  /** Ends the worker. Every later call rejects with "disposed". */
  dispose(): void;
}
