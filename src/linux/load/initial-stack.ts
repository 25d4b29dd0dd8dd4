import { AT } from '../abi/constants.js';
import { STACK_TOP } from './layout.js';

export interface StackContents {
  /** The path that was given to execve. */
  readonly execfn: string;
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** 16 bytes for AT_RANDOM. */
  readonly random: Uint8Array;
  /** Entries with the places of strings left to us: RANDOM, EXECFN and PLATFORM take any value. */
  readonly auxv: readonly (readonly [type: number, value: bigint])[];
}

export interface InitialStack {
  /** RSP at the first instruction: argc lies there. */
  readonly sp: bigint;
  /** Contents from `sp` to STACK_TOP. */
  readonly bytes: Uint8Array;
  /** The auxiliary vector as /proc/self/auxv shows it. */
  readonly auxv: Uint8Array;
}

const encoder = new TextEncoder();

/**
 * The stack of a new program as Linux makes it (fs/exec.c, fs/binfmt_elf.c create_elf_tables): from the top down a zero word, the path, the
 * environment strings, the argument strings, the platform's name, the random bytes, and on a 16-byte boundary argc, argv, envp and auxv.
 */
export function buildInitialStack(contents: StackContents): InitialStack {
  const pieces: { readonly at: bigint; readonly bytes: Uint8Array }[] = [];
  let top = STACK_TOP - 8n;
  const push = (bytes: Uint8Array): bigint => {
    top -= BigInt(bytes.length);
    pieces.push({ at: top, bytes });
    return top;
  };
  const string = (text: string): bigint => push(encoder.encode(`${text}\0`));

  const execfn = string(contents.execfn);
  const env = contents.env.toReversed().map(string).reverse();
  const args = contents.args.toReversed().map(string).reverse();
  top &= ~15n;
  const platform = string('x86_64');
  const random = push(contents.random);

  const places = new Map<number, bigint>([
    [AT.EXECFN, execfn],
    [AT.PLATFORM, platform],
    [AT.RANDOM, random],
  ]);
  const auxv = new BigUint64Array(
    [...contents.auxv, [AT.NULL, 0n] as const].flatMap(([type, value]) => [BigInt(type), places.get(type) ?? value]),
  );
  const words = new BigUint64Array([BigInt(args.length), ...args, 0n, ...env, 0n, ...auxv]);
  const auxvBytes = new Uint8Array(auxv.buffer);
  const sp = (top - BigInt(words.byteLength)) & ~15n;
  const bytes = new Uint8Array(Number(STACK_TOP - sp));
  bytes.set(new Uint8Array(words.buffer), 0);
  for (const piece of pieces) bytes.set(piece.bytes, Number(piece.at - sp));
  return { sp, bytes, auxv: auxvBytes };
}
