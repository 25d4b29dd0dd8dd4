/** What r14's core needs of where it runs: small interfaces, which `node/` implements. Everything else the core makes itself. */
import type { Assets } from './assets.js';
import type { Digest } from './digest.js';
import type { HostFiles } from './files.js';
import type { Unpack } from './unpack.js';

export interface Ports {
  readonly files: HostFiles;
  readonly assets: Assets;
  readonly unpack: Unpack;
  /** Compresses as RFC 1950 has it; absent: not here. */
  readonly pack?: (plain: Uint8Array) => Uint8Array;
  readonly digest: () => Digest;
}
