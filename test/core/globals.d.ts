/** The globals that the core may use besides those of the language: any browser's worker has them, and Node. `WebAssembly` is declared in src/cpu/wasm. */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(encoding?: 'utf-8' | 'latin1', options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}

declare const performance: { now(): number };
