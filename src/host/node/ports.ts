/** What r14's core needs of its surroundings, from Node. Modules that not every run needs are loaded when they are: node:crypto takes longer than to start a small program. */
import type { Ports } from '../ports.js';
import { unzstd } from '../web/zstd.js';
import { nodeAssets } from './assets.js';
import { nodeFiles } from './files.js';

type Zstd = (packed: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const zlib = () => process.getBuiltinModule('node:zlib');
/** Node 22.15 and later have zstd, 20 has not. */
const zstd = () => (zlib() as { zstdDecompressSync?: Zstd }).zstdDecompressSync;

export const nodePorts: Ports = {
  files: nodeFiles,
  assets: nodeAssets,
  unpack: {
    zlib: (packed, most) => zlib().inflateSync(packed, { maxOutputLength: most }),
    get zstd() {
      const decompress = zstd();
      return decompress === undefined ? unzstd : (packed: Uint8Array, most: number) => decompress(packed, { maxOutputLength: most });
    },
  },
  pack: plain => zlib().deflateSync(plain, { level: 9 }),
  digest: () => {
    const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
    return { update: data => void hash.update(data), hex: () => hash.digest('hex') };
  },
};
