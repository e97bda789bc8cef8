/** An error with a stable `code` for programs and a `message` for people. */
export class RitrattoError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "RitrattoError";
    this.code = code;
  }

  /** Any thrown value as a RitrattoError. */
  static from(thrown, code = "internal") {
    if (thrown instanceof RitrattoError) return thrown;
    return new RitrattoError(thrown?.code && typeof thrown.code === "string" ? thrown.code : code, String(thrown?.message ?? thrown));
  }
}
