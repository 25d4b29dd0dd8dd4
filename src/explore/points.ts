/**
 * Where the order of goroutines matters: in the program's own code, in front of what `-race` instruments, and of calls that synchronise, start
 * goroutines, sleep or make system calls. What the standard library does inside of these is taken as it is.
 */
import type { AddressSpace } from '../cpu/api.js';
import { type Outline, outlinesOf } from '../cpu/effects/outline.js';
import type { Func, Image } from '../image/api.js';

/** Functions of the runtime whose calls are points, by name without `runtime.`: the compiler puts these calls in. */
const RUNTIME = new RegExp(
  `^runtime\\.(${[
    'raceacquire\\w*|racerelease\\w*',
    'newproc|gopark|goready|Gosched|block',
    'chan(send|recv)\\d?|closechan|select(go|nbsend|nbrecv|nbrecv2|recv)|selectn\\w*',
    'map(access|assign|delete|clear|iterinit|iterstart|iternext|IterStart|IterNext)\\w*',
  ].join('|')})$`,
);

/** Of these, by which chance comes into a program: which case of several it is, and with which entry a range over a map begins. */
const CHANCE = /^runtime\.(selectgo|map(iterinit|iterstart|IterStart))$/;

/** What `-race` has called in front of each access to memory, with the address in RAX. */
const ACCESS = /^runtime\.race(read|write)(range)?$/;

/** Packages whose functions are points as a whole. */
const PACKAGES = /^(internal\/)?(sync|sync\/atomic|runtime\/atomic|context|time|os|net|syscall|runtime\/internal\/atomic)$/;

/** Packages that come with Go, where their files do not tell: what stands in front of the first slash of their paths. */
const STANDARD = new Set(
  (
    'archive bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html image index internal io iter log maps ' +
    'math mime net os path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak'
  ).split(' '),
);

/** The import path of a function's package: `example.com/pool` of `example.com/pool.(*Pool).Put`. */
function packageOf(name: string): string {
  const plain = name.replace(/[[(].*$/s, '');
  const slash = plain.lastIndexOf('/');
  const dot = plain.indexOf('.', slash + 1);
  return dot < 0 ? '' : plain.slice(0, dot);
}

/** Whether a function is the program's own: not Go's, and not the compiler's or linker's. */
function ownFunction({ name, language, wrapper }: Func): boolean {
  const path = packageOf(name);
  return language !== 'c' && !wrapper && path !== '' && !/^(type[:.]|go[:.]|_cgo)/.test(name) && !STANDARD.has(path.split('/')[0]!);
}

/** Bytes of a function that are looked through. */
const MOST = 1 << 18;
const LOCK = 0xf0;

export interface Points {
  readonly points: ReadonlySet<bigint>;
  /** Of these, calls in front of an access to memory: RAX has its address. */
  readonly accesses: ReadonlySet<bigint>;
  /** Of these, calls of what chooses by chance. */
  readonly chance: ReadonlySet<bigint>;
  /** Of these, where main.main or a test has returned to. */
  readonly ends: ReadonlySet<bigint>;
}

/** The points of a program that is loaded; none in what is not Go's. */
export function pointsOf(image: Image, memory: AddressSpace): Points {
  const points = new Set<bigint>();
  const accesses = new Set<bigint>();
  const chance = new Set<bigint>();
  const wanted = new Map<bigint, 'access' | 'chance' | 'synchronises'>();
  for (const { name, entry } of image.functions()) {
    if (ACCESS.test(name)) wanted.set(entry, 'access');
    else if (CHANCE.test(name)) wanted.set(entry, 'chance');
    else if (RUNTIME.test(name) || PACKAGES.test(packageOf(name))) wanted.set(entry, 'synchronises');
  }
  for (const func of image.functions()) {
    if (!ownFunction(func)) continue;
    for (const { address, lock, flow, target } of outlines(func, memory)) {
      const called = flow === 'call' && target !== undefined ? wanted.get(target) : undefined;
      if (lock || called !== undefined) points.add(address);
      if (called === 'access') accesses.add(address);
      if (called === 'chance') chance.add(address);
    }
  }
  const ends = new Set<bigint>();
  for (const func of [...image.functionsNamed('runtime.main'), ...image.functionsNamed('testing.tRunner')]) {
    const end = behindProgram(func, memory, image);
    if (end !== undefined) ends.add(end);
  }
  for (const end of ends) points.add(end);
  return { points, accesses, chance, ends };
}

function* outlines(func: Func, memory: AddressSpace): Generator<Outline & { readonly lock: boolean }> {
  const length = Math.min(Number(func.end - func.entry), MOST);
  if (!memory.allows(func.entry, length, 'read')) return;
  const code = memory.read(func.entry, length);
  for (const outline of outlinesOf(code, func.entry)) yield { ...outline, lock: code[Number(outline.address - func.entry)] === LOCK };
}

/**
 * Behind the call of the program's code: runtime.main calls main.main through a variable, testing.tRunner the test. Of the indirect calls of both it is
 * the one on the last line.
 */
function behindProgram(func: Func, memory: AddressSpace, image: Image): bigint | undefined {
  let last = { line: 0, behind: undefined as bigint | undefined };
  for (const { address, length, flow, target } of outlines(func, memory)) {
    if (flow !== 'call' || target !== undefined || image.inlineFrames(address).length > 1) continue;
    const line = image.lineAt(address)?.line ?? 0;
    if (line > last.line) last = { line, behind: address + BigInt(length) };
  }
  return last.behind;
}
