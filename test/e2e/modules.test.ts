/**
 * Go modules with much assembly, their own tests as guests: the same tests pass as on the host. A sample runs here; R14_MODULES=all runs each, which
 * takes some minutes. They come through the module proxy, at these versions.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { missing, moduleFolder, output, toolchain } from '../support/build.js';
import { expectSameVerdicts } from '../support/go-tests.js';

interface Module {
  readonly module: string;
  /** Folders of packages in it, and what of their tests is left out: it takes too long, or wants what no guest has. */
  readonly packages: Readonly<Record<string, string>>;
  readonly sample?: true;
}

const MODULES: readonly Module[] = [
  { module: 'github.com/cespare/xxhash/v2@v2.3.0', packages: { '.': 'TestInlining' } },
  { module: 'github.com/zeebo/xxh3@v1.0.2', packages: { '.': 'TestCompatWithC|TestHasher' } },
  { module: 'github.com/zeebo/blake3@v0.2.4', packages: { '.': 'TestHasher_Vector|TestSum512|TestAPI_Vector' } },
  { module: 'github.com/minio/highwayhash@v1.0.3', packages: { '.': '' }, sample: true },
  { module: 'github.com/minio/sha256-simd@v1.0.1', packages: { '.': '' }, sample: true },
  { module: 'golang.org/x/crypto@v0.43.0', packages: { chacha20poly1305: '', blake2b: '' } },
  { module: 'github.com/cloudflare/circl@v1.6.1', packages: { 'math/fp25519': '', 'dh/x25519': '' } },
  {
    module: 'github.com/klauspost/compress@v1.18.0',
    packages: {
      huff0: 'TestRoundtrip',
      s2: 'TestDecoderMaxBlockSize|Fuzz|TestEncoder|TestDecoder|TestWriter|TestBig|TestRound',
      zstd: 'Encod|Fuzz|TestNewDecoder|Memory|Concurrent|Large|Padding|MultiFrame|Convert',
    },
  },
  {
    module: 'github.com/klauspost/reedsolomon@v1.12.4',
    packages: { '.': 'TestEncoding$|TestGenGalois|TestEncoderReconstructLeo|TestSliceGalAdd' },
  },
  { module: 'github.com/minio/simdjson-go@v0.4.5', packages: { '.': 'TestDeSerializeJSON|Fuzz|TestVerifyTape' } },
  { module: 'github.com/segmentio/asm@v1.2.0', packages: { base64: '', ascii: '', utf8: '' } },
  { module: 'github.com/kelindar/bitmap@v1.5.2', packages: { '.': '' }, sample: true },
];

const all = process.env.R14_MODULES === 'all';
const why = missing('go1.26');

/** The module's own folder, which can be written. */
function copyOf(module: string): string {
  const folder = join(output, 'modules', module.replaceAll('/', '_'));
  if (existsSync(folder)) return folder;
  const source = moduleFolder(module);
  if (source === undefined) throw new Error(`${module} does not come through the module proxy`);
  const temporary = `${folder}.${process.pid}`;
  mkdirSync(join(output, 'modules'), { recursive: true });
  cpSync(source, temporary, { recursive: true });
  spawnSync('chmod', ['-R', 'u+w', temporary]);
  if (existsSync(folder)) rmSync(temporary, { recursive: true });
  else renameSync(temporary, folder);
  return folder;
}

function testsOf(folder: string, name: string): string {
  const binary = join(folder, name, 'r14.test');
  if (existsSync(binary)) return binary;
  const { go, env } = toolchain('go1.26')!;
  const made = spawnSync(go, ['test', '-c', '-o', binary, `./${name}`], {
    cwd: folder,
    env: { ...process.env, ...env, GOFLAGS: '-mod=mod -buildvcs=false' },
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`${name}: ${made.stderr}`);
  return binary;
}

describe.skipIf(why)(`modules of assembly${why ? ` (skipped: ${why})` : ''}`, () => {
  for (const { module, packages, sample } of MODULES) {
    if (!all && sample !== true) continue;
    for (const [name, skip] of Object.entries(packages))
      it(`${module} ${name}`, { timeout: 600_000 }, () => {
        const folder = copyOf(module);
        const binary = testsOf(folder, name);
        expectSameVerdicts(binary, join(folder, name), ['--overlay', folder], skip);
      });
  }
});
