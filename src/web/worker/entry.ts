/** What a page's worker begins with: what the engine is made of is fetched first, then the engine itself is loaded. */
import { packedAssets } from '../../host/web/assets.js';
import type { FromEngine, ToEngine } from '../messages.js';

/** What of a worker's global object is used here. */
interface Scope {
  postMessage(message: FromEngine): void;
  onmessage: ((event: { readonly data: ToEngine }) => void) | null;
  /** iced-x86 waits for it when it is loaded: see scripts/web.ts. */
  icedModule?: Promise<WebAssembly.Module>;
}
const scope = self as unknown as Scope;

/** Beside this file, made by the build: all files in one, and r14's version. */
declare const ASSETS: string;
declare const R14_VERSION: string;

const early: ToEngine[] = [];
scope.onmessage = ({ data }) => void early.push(data);

async function fetched(): Promise<Uint8Array> {
  const response = await fetch(new URL(ASSETS, import.meta.url));
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${response.statusText}`);
  const plain = response.body.pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

async function begin(): Promise<void> {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(SIMD))
    throw new Error('this browser has no WebAssembly SIMD, in which r14 emulates: Chrome 91, Firefox 89, Safari 16.4 and later have it');
  const coming = fetched().then(packedAssets);
  scope.icedModule = coming.then(assets => WebAssembly.compile(assets.read('iced_x86_bg.wasm') as Uint8Array<ArrayBuffer>));
  const [assets, { Engine }] = await Promise.all([coming, import('./engine.js')]);
  const engine = new Engine(assets, R14_VERSION, message => scope.postMessage(message));
  scope.onmessage = ({ data }) => void engine.receive(data);
  for (const message of early) void engine.receive(message);
}

/** The smallest module with an instruction of SIMD: (func (result v128) (v128.const 0)). */
const SIMD = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 22, 1, 20, 0, 0xfd, 12, ...Array<number>(16).fill(0), 11],
]);

begin().catch((error: Error) => scope.postMessage({ kind: 'fault', text: `r14 cannot start here: ${error.message}` }));
