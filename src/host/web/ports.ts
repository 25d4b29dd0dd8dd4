/** What r14's core needs of its surroundings, in a page: nothing of it leaves the browser. */
import { unzlibSync, zlibSync } from 'fflate';
import type { Assets } from '../assets.js';
import type { HostFiles } from '../files.js';
import type { Ports } from '../ports.js';
import { Told } from '../told.js';
import { Sha256 } from './digest.js';
import { unzstd } from './zstd.js';

export const webPorts = (assets: Assets, files: HostFiles): Ports & Required<Pick<Ports, 'pack'>> => ({
  files,
  assets,
  unpack: { zlib: inflated, zstd: unzstd },
  pack: plain => zlibSync(plain, { level: 9 }),
  digest: () => new Sha256(),
});

/** Of RFC 1950. Throws when it is corrupt or more than `most`. */
function inflated(packed: Uint8Array, most: number): Uint8Array {
  const bytes = unzlibSync(packed, { out: new Uint8Array(most + 1) });
  if (bytes.length > most) throw new Told(`more than ${most} bytes`);
  return bytes;
}
