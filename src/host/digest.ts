/** A SHA-256 sum in the making. */
export interface Digest {
  /** Text counts as its UTF-8. */
  update(data: Uint8Array | string): void;
  /** The sum in lower-case hexadecimal digits; the last call. */
  hex(): string;
}
