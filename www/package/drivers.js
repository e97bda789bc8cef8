// Drivers on the main thread: decides which of them the portrait follows. Frames of at most one driver are under way.

import { RitrattoError } from "./error.js";
import { FrameSource } from "./frames.js";
import { bytesOf, kindOf, stillOf } from "./source.js";

/** Result of a drive() whose driver gave way to a newer one before the worker was told of it. */
const GAVE_WAY = Object.freeze({ seconds: 0, motion: null });

/** The driver that the portrait follows, and those that are to come. */
export class Drivers {
  #call;
  #onChange;
  #onError;
  /**
   * The driver, or null: what drive() was given, its kind, the frames of a live one, whether the worker was told of it,
   * and whether it gave way to a newer one before it was ready.
   */
  #drive = null;
  #coming = new Set();
  /** The driver that the worker was told of last. */
  #told = null;
  #paused = false;

  /**
   * @param {{call: (name: string, args?: any[], transfer?: any[]) => Promise<any>, onChange: (another: boolean) => void, onError: (error: RitrattoError) => void}} about
   *   `call` calls the worker; `onChange` hears that the portrait follows another driver, or a frame of the same one; `onError` what went wrong with a frame
   */
  constructor({ call, onChange, onError }) {
    this.#call = call;
    this.#onChange = onChange;
    this.#onError = onError;
  }

  /** Whether there is a driver. */
  get any() {
    return this.#drive !== null;
  }

  async drive(source, { at, loop } = {}) {
    const drive = { source, at, loop, kind: kindOf(source), frames: null, told: false, over: false };
    for (const older of this.#coming) {
      // A driver that the worker was told of still starts, and gives way after that. Single frames that follow each
      // other count as one driver.
      if (!older.told && !(older.kind === "still" && drive.kind === "still")) this.#drop(older);
    }
    this.#coming.add(drive);
    try {
      return (await this.#begin(drive)) ?? GAVE_WAY;
    } catch (error) {
      drive.frames?.stop();
      if (drive.over) return GAVE_WAY;
      throw error;
    } finally {
      this.#coming.delete(drive);
    }
  }

  /** Lets the driver go, and those that are to come. */
  stop() {
    for (const drive of this.#coming) this.#drop(drive);
    this.#told = null;
    this.#follow(null);
  }

  /** Stops all frame sources, which belong to the page. */
  release() {
    for (const { frames } of [...this.#coming, this.#drive ?? {}]) frames?.stop();
  }

  pause(on) {
    this.#paused = on;
    this.#feed();
  }

  /** The worker is gone. Returns the driver that it had, for `restore`. */
  lost() {
    // A single frame is not shown again.
    const drive = this.#drive?.kind === "still" ? null : this.#drive;
    this.#told = null;
    this.#follow(null);
    this.#drive = drive;
    return drive;
  }

  /** Starts a driver that was lost again, unless there was another one or a stop meanwhile. */
  async restore(drive) {
    if (drive && drive === this.#drive && this.#coming.size === 0) await this.drive(drive.source, drive);
  }

  /** Starts a driver; resolves to nothing if it gave way before the worker was told of it. */
  async #begin(drive) {
    const { source, kind, at, loop } = drive;
    if (kind === "still") return this.#still(drive);
    if (kind === "motion") {
      const motion = typeof source === "string" ? source : await bytesOf(source, "motion file");
      return drive.over ? null : { seconds: await this.#change(drive, "startMotion", [motion, { at, loop }]) };
    }
    drive.frames = new FrameSource(source, (frame) => this.#send(drive, frame));
    await drive.frames.ready();
    if (drive.over) return null;
    await this.#change(drive, "startLive");
    return {};
  }

  async #still(drive) {
    const picture = await stillOf(drive.source);
    if (drive.over) return picture.close();
    const begun = this.#told?.kind === "still" ? null : this.#change(drive, "startLive");
    this.#onChange(false);
    // Both calls are made at once, so that no other call comes between them.
    const [motion] = await Promise.all([this.#call("frame", [picture], [picture]), begun]);
    return { motion };
  }

  /** Gives up a driver that is not there yet. */
  #drop(drive) {
    drive.over = true;
    drive.frames?.stop();
  }

  /** Tells the worker of a driver, which takes the place of the one before once the worker has it. */
  async #change(drive, name, args) {
    drive.told = true;
    this.#told = drive;
    this.#feed();
    try {
      const answer = await this.#call(name, args);
      if (!drive.over) this.#follow(drive);
      return answer;
    } catch (error) {
      // The driver before this one goes on.
      if (this.#told === drive) this.#told = this.#drive;
      this.#feed();
      throw error;
    }
  }

  #follow(drive) {
    this.#drive?.frames?.stop();
    this.#drive = drive;
    this.#onChange(true);
    drive?.frames?.start();
    this.#feed();
  }

  /** Lets a live driver's frames go, or keeps them back: after a change they would count as the new driver's. */
  #feed() {
    this.#drive?.frames?.pause(this.#paused || this.#told !== this.#drive);
  }

  async #send(drive, frame) {
    try {
      await this.#call("frame", [frame], [frame]);
    } catch (error) {
      const gone = this.#told !== drive || error.code === "disposed" || error.code === "crashed";
      if (!gone) this.#onError(error);
    }
  }
}
