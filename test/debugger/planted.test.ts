/**
 * Faults that were planted, told by `why`: what it names is what the sources of programs/go/planted and programs/c/planted.c do wrong, by function and
 * line, which the tests take from the sources.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, type Toolchain, toolchains } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';

const programs = join(import.meta.dirname, '../../programs');

/** `main.go:63` for the line of a source that has a text, and nothing else like it. */
function lineOf(file: string, text: string): string {
  const lines = readFileSync(join(programs, file), 'utf8').split('\n');
  const at = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  if (at.length !== 1) throw new Error(`${text} is in ${at.length} lines of ${file}`);
  return `${file.split('/').at(-1)}:${at[0]}`;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Some text in which `«...»` is the place of what stands in there in a source, and the rest a pattern. */
const pattern = (file: string, text: string): RegExp =>
  new RegExp(
    text.replace(/«([^»]+)»/g, (_, source: string) => `\\((?:[^()]*inlined at )?${escaped(lineOf(file, source))}[^()]*\\)`),
    'm',
  );

/** What is told where the program has come to its end by itself: never more than fits. */
async function whyOf(at: Debugging, fault: string): Promise<string> {
  await at.text(`restart ${fault}`);
  await at.text('continue');
  const hash = at.session.target.process.hash();
  const lines: string[] = await at.data('why');
  expect(at.session.target.process.hash()).toBe(hash);
  expect(lines.length).toBeLessThanOrEqual(12);
  return lines.join('\n');
}

const GO = 'go/planted/main.go';

/** By the program's argument. */
const GO_FAULTS: Readonly<Record<string, readonly string[]>> = {
  map: [
    '\\b[mh] = nil',
    String.raw`main\.\(\*cache\)\.put\+\d+ «c.names[name] = c.hits»`,
    'allocated by main\\.newCache «return &cache{hits: 1}»',
  ],
  func: ['rdx = 0 = c\\.onHit', 'allocated by main\\.newCache'],
  other: [
    'main\\.clearNext\\+\\d+ «shared.next = nil», goroutine \\d+',
    'goroutine \\d+ was in main\\.clearNext «shared.next = nil», started by main\\.elsewhere «go func() {»',
  ],
  divide: [
    'the check is test .*main\\.ratio.*= 0 = main\\.divisor',
    'main\\.divisor .*main\\.setDivisor «divisor = n», goroutine \\d+',
    'started by main\\.elsewhere',
  ],
  index: ['the check is cmp .*main\\.pick.*= 8 = main\\.limit.*= 3 = list\\.len', 'main\\.limit .*= 8.*main\\.setLimit «limit = n»'],
  slice: ['the check is cmp .*= 9 = main\\.limit', 'main\\.setLimit «limit = n»'],
  make: ['runtime\\.makeslice was called with len = -2', 'main\\.limit .*main\\.setLimit «limit = n»'],
  assert: ['interface \\{\\} is int, not string', 'the check is cmp .*main\\.word.*value\\.type'],
  typednil: ['= 0 = m', '= 0: main\\.find\\+\\d+ «if name == ""»'],
  closed: ['c = 0x[0-9a-f]+, which is closed', 'runtime\\.closechan.*goroutine \\d+', 'was in main\\.closeIt «close(c)»'],
  unlock: ['asked for in main\\.(?:init|glob\\.)\\.func\\d+', 'the check is .*[uU]nlock', 'goroutine \\d+'],
  waitgroup: ['negative WaitGroup counter', 'the check is .*\\(\\*WaitGroup\\)\\.Add'],
  torn: [
    'through the interface main\\.speaker .*two stores',
    'main\\.tearType\\+\\d+ «(unsafe.Pointer(&louder))[0]», goroutine \\d+',
    'main\\.tearData\\+\\d+ «(unsafe.Pointer(&quieter))[1]», goroutine \\d+',
  ],
  unmapped: ['= page\\.ptr', 'was there until munmap at t=[\\d,]+, by main\\.unmap «syscall.Munmap(page)», goroutine 1'],
  truncated: ['= p$', 'made of .*main\\.short «func short»'],
  constant: ['mapped in .*but read-only', 'main\\.(?:init|glob\\.)\\.func\\d+\\+\\d+ «"constant":»'],
  args: ['reads 0x5.*= p$', '= 5: main\\.passesInRegisters\\+\\d+'],
  frame: ['the RET of main\\.tooSmallFrame', '= 0x1234 from .*main\\.tooSmallFrame\\+\\d+'],
  bp: ['rbp = 0x12c', 'rbp = 0x12c: main\\.clobbersBP\\+\\d+'],
  stale: ["the stack is goroutine 1's, and the thread's g is that of goroutine \\d+", 'g in the TLS of thread \\d+ .*main\\.setG\\+\\d+'],
  concurrent: [
    'concurrent map (?:writes|read and map write|iteration and map write)',
    'the check is .*runtime\\.map',
    'goroutine \\d+ was in main\\.',
  ],
  repanic: ['while panicking with read failed', 'asked for in main\\.(?:init|glob\\.)\\.func\\d+\\.1'],
  deadlock: ['all goroutines are asleep', 'goroutine 1 \\[chan receive\\] in main\\.(?:init|glob\\.)\\.func\\d+'],
};

const needsGo = missing('go1.26');
for (const toolchain of (needsGo ? [] : toolchains()) as readonly Toolchain[]) {
  describe(`why, at faults of Go that were planted, ${toolchain}`, () => {
    for (const [fault, told] of Object.entries(GO_FAULTS)) {
      it(fault, async () => {
        const text = await whyOf(debug(buildGo('planted', { toolchain })), fault);
        for (const each of told) expect(text).toMatch(pattern(GO, each));
      });
    }
  });
}

const C = 'c/planted.c';
const C_FAULTS: Readonly<Record<string, readonly string[]>> = {
  free: [
    'second\\+\\d+',
    'freed by drop «free(node); }», called by useAfterFree «drop(list);»',
    'allocated by make «malloc(sizeof *node)», called by useAfterFree «make(1, make(2, make(3»',
  ],
  double: ['double free detected', 'asked for in drop', 'freed by doubleFree «free(make(2»', 'allocated by make'],
  invalid: ['invalid pointer', 'free was called with 0x', 'main\\+\\d+ «drop((struct node *)((char *)node + 24))»'],
  smash: ['ret in smashed', 'fill\\+\\d+ «into[i] = with»'],
  guard: ['stack smashing detected', 'the check is .*guarded', 'fill\\+\\d+ «into[i] = with»'],
  uninit: ['which has not written it since it was called: leaves has left it there', 'leaves\\+\\d+ «room[i] = value»'],
  divide: ['ratio\\+\\d+', 'divisor .*= 0 from rdi: setDivisor «divisor = n»'],
  misaligned: ['not aligned to 16 bytes', 'was called by outOfStep\\+\\d+'],
  register: ['rdi = 0x3, argument 1', 'rdi = 3: inTheWrongRegister\\+\\d+'],
  bp: ['rbp = 0x2a: clobbers', 'clobbers was called with rbp = 0x7f[0-9a-f]+ and has returned without it'],
  truncated: ['= node', 'main\\+\\d+ «printf("%ld\\n", node->value);»'],
  local: ['leaves has left it there', 'leaves\\+\\d+ «room[i] = value»'],
  recursion: ['stack is used up .* frames are of deeper'],
  thread: ['= 0 = node\\.next', '= 0: clears\\+\\d+ «list->next = NULL»'],
  overflow: ['corrupted top size', 'fill\\+\\d+ «into[i] = with»', 'overflow\\+\\d+ «fill(one»'],
  constant: ['but read-only', 'main\\+\\d+ «fill(text»'],
  handler: ['not executable: the CALL of main', 'handler .*setHandler «handler = (void (*)(int))to»'],
  unmapped: ['until munmap at t=[\\d,]+, by unmapped «munmap(page, 4096)»'],
  assert: ['Assertion `n < 3. failed', 'the check is cmp .*check.*= 5 = n', '= 5: main\\+\\d+ «check(5)»'],
  format: ['= 3 from divisor .*main\\+\\d+ «(char *)divisor»'],
};

const needsC = missing('gcc');
describe.skipIf(needsC)(`why, at faults of C that were planted${needsC ? ` (skipped: ${needsC})` : ''}`, () => {
  for (const [fault, told] of Object.entries(C_FAULTS)) {
    it(fault, async () => {
      const text = await whyOf(debug(buildC('planted')), fault);
      for (const each of told) expect(text).toMatch(pattern(C, each));
    });
  }
});

/** Optimised, linked with its library and without lines: only names are left. And not optimised at all. */
const BUILDS: readonly (readonly [string, Parameters<typeof buildC>[1], Readonly<Record<string, readonly string[]>>])[] = [
  [
    'static -O2, without lines',
    { static: true, flags: ['-O2'] },
    {
      free: ['freed by main', 'allocated by make, called by main'],
      double: ['asked for in main', 'freed by main', 'allocated by make'],
      guard: ['asked for in guarded', 'the check is .* in guarded', 'fill\\+\\d+'],
      uninit: ['is in the frame of uninitialised, which has not written it since it was called: leaves has left it there'],
      bp: ['clobbers was called with rbp = 0x7f[0-9a-f]+ and has returned without it'],
      overflow: ['corrupted top size', 'the check is .*_int_malloc', 'made of rax: fill\\+\\d+', ': overflow\\+\\d+'],
      unmapped: ['until munmap at t=[\\d,]+, by main'],
    },
  ],
  [
    '-O0',
    { flags: ['-O0', '-g'] },
    {
      free: ['freed by drop «free(node); }», called by useAfterFree «drop(list);»'],
      divide: ['rcx from divisor|rcx = 0 from divisor', 'setDivisor\\+\\d+ «divisor = n»'],
      overflow: ["the allocator's own word before it was overwritten:\\n.*fill\\+\\d+ «into[i] = with»"],
      thread: ['clears\\+\\d+ «list->next = NULL»'],
      unmapped: ['by unmapped «munmap(page, 4096)»'],
      assert: ['the check is cmp.* in check', 'main\\+\\d+ «check(5)»'],
    },
  ],
];

for (const [build, options, faults] of needsC ? [] : BUILDS) {
  describe(`why, at faults of C that were planted, built ${build}`, () => {
    for (const [fault, told] of Object.entries(faults)) {
      it(fault, async () => {
        const text = await whyOf(debug(buildC('planted', options)), fault);
        for (const each of told) expect(text).toMatch(pattern(C, each));
      });
    }
  });
}
