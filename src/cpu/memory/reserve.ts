/** What holds the guest's pages, and r14's tables below them: it can be made ahead of the machine that takes it. */
import { FRAMES_BASE } from '../layout.js';

/** Bytes that a guest may touch, unless it is told otherwise. */
export const DEFAULT_MEMORY = 2 * 2 ** 30;

const PAGE = 65536;
let reserved: WebAssembly.Memory | undefined;

const pagesFor = (limit: number): number => Math.min(65536, Math.ceil((FRAMES_BASE + limit) / PAGE) + 1);

function make(limit: number): WebAssembly.Memory {
  const pages = pagesFor(limit);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/**
 * Makes the memory of the next machine now. V8 looks through its whole heap when it makes something so large, which takes the less the
 * sooner it is: before a program's symbols are read and its sources assembled.
 */
export function reserveMemory(limit = DEFAULT_MEMORY): void {
  reserved = make(limit);
}

/** Memory for a guest that may touch so many bytes: what is reserved, if it has that size. */
export function takeMemory(limit: number): WebAssembly.Memory {
  const taken = reserved;
  reserved = undefined;
  return taken?.buffer.byteLength === pagesFor(limit) * PAGE ? taken : make(limit);
}
