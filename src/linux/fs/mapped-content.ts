/** Bytes of r14's own that a file shows and may change. What has been saved is left alone: the next change is made in a copy. */
export class MappedContent {
  private saved = false;
  /** The file, and room behind it, which is zeros: what grows a little each time is not copied each time. */
  private current: Uint8Array;
  private size: number;

  /** `seals`: of a file of memfd_create(2), the bits of F_SEAL; undefined: it has none and gets none. */
  constructor(
    bytes: Uint8Array,
    public seals?: number,
  ) {
    this.current = bytes;
    this.size = bytes.length;
  }

  get bytes(): Uint8Array {
    return this.current.subarray(0, this.size);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.saved) this.copy(this.current.length);
    this.current.set(bytes, offset);
  }

  resize(size: number): void {
    if (this.saved || size > this.current.length) this.copy(size > this.current.length ? Math.max(size, 2 * this.size) : size);
    else if (size < this.size) this.current.fill(0, size, this.size);
    this.size = size;
  }

  private copy(room: number): void {
    const bytes = new Uint8Array(room);
    bytes.set(this.bytes.subarray(0, room));
    this.current = bytes;
    this.saved = false;
  }

  save(): Uint8Array {
    this.saved = true;
    return this.bytes;
  }
}
