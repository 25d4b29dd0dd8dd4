/** Decompresses all of `packed`. Throws when it is corrupt or holds more than `most` bytes. */
export type Unpacker = (packed: Uint8Array, most: number) => Uint8Array;

/** Decompression; what is missing cannot be done here. */
export interface Unpack {
  /** RFC 1950. */
  readonly zlib?: Unpacker | undefined;
  /** RFC 8878. */
  readonly zstd?: Unpacker | undefined;
}
