/** Standard input of guests, from files and from what r14's own standard input is. */
import { fstatSync, openSync, readSync, statSync } from 'node:fs';
import { AwaitedInput, type InputClock } from '../awaited-input.js';
import type { HostInput, InputPiece } from '../input.js';
import type { GuestInput } from '../input-log.js';

/** Bytes that are read ahead of the guest. */
const AHEAD = 2 ** 20;

/** A file that is read as the guest reads: nothing is taken of it that the guest has not asked for. Throws the system's errors. */
export function fileInput(path: string): HostInput {
  if (statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  return descriptorInput(openSync(path, 'r'));
}

function descriptorInput(descriptor: number): HostInput {
  return {
    take: (most): InputPiece => {
      const bytes = new Uint8Array(Math.min(most, AHEAD));
      return { bytes: bytes.subarray(0, readSync(descriptor, bytes)), closed: true };
    },
    passed: () => true,
  };
}

/** What comes to a queue while somebody waits for it. */
export class QueuedInput extends AwaitedInput {
  constructor(stretches: boolean, begin?: () => void) {
    super(NODE_CLOCK, stretches, begin);
  }
}

const NODE_CLOCK: InputClock = {
  soon: action => void setImmediate(action),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

interface OwnInput {
  readonly input: GuestInput;
  wait(idle: number | undefined, most?: number): Promise<void>;
  /** Lets r14 end although more could come. */
  end(): void;
}

/** r14's own standard input as the guest's. */
export function ownInput(): OwnInput {
  let begun = false;
  const kind = kindOfStdin();
  if (kind === 'none' || kind === 'file') {
    const input = kind === 'none' ? new Uint8Array(0) : descriptorInput(0);
    return { input, wait: () => Promise.resolve(), end: () => undefined };
  }
  const typed = new QueuedInput(kind === 'stream', () => {
    if (typed.queue.size < AHEAD) process.stdin.resume();
    if (begun) return;
    begun = true;
    process.stdin.on('data', (bytes: Buffer) => {
      typed.queue.push(new Uint8Array(bytes));
      if (typed.queue.size >= AHEAD) process.stdin.pause();
    });
    for (const event of ['end', 'error', 'close']) process.stdin.on(event, () => typed.queue.close());
  });
  return {
    input: typed.queue,
    wait: (idle, most) => typed.wait(idle, most),
    end: () => {
      if (begun) process.stdin.destroy();
    },
  };
}

/** Files and devices are read at once, streams as they come. */
function kindOfStdin(): 'none' | 'file' | 'terminal' | 'stream' {
  try {
    const stat = fstatSync(0);
    if (stat.isFile()) return 'file';
    if (process.stdin.isTTY) return 'terminal';
    return stat.isCharacterDevice() ? 'file' : stat.isDirectory() ? 'none' : 'stream';
  } catch {
    return 'none';
  }
}
