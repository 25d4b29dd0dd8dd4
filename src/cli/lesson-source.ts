/** Where a lesson comes from: a bundled program's, or anybody's Markdown with programs beside it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AssemblyError } from '../asm/diagnostics.js';
import { CallError } from '../asm/invoke.js';
import { LessonError, parseLesson } from '../debugger/lesson/lesson.js';
import type { LessonStage } from '../debugger/lesson/run.js';
import { sessionsStage } from '../debugger/lesson/stage.js';
import type { Launcher } from '../debugger/session/host.js';
import { assembledLauncher, launcher } from '../debugger/session/launcher.js';
import { Session } from '../debugger/session/session.js';
import { nodeAssets } from '../host/node/assets.js';
import { Told } from '../host/told.js';
import { type AssemblyRuntime, wishesOf } from '../runtime/bundled/assembly-text.js';
import { Catalog } from '../runtime/bundled/catalog.js';
import { type Parsed, UsageError } from './flags.js';
import { nodeHost } from './host.js';
import { isElf, type LessonSource, realLesson } from './lesson-real.js';
import type { Outlet } from './output.js';
import { processOptions } from './process-options.js';
import { readText } from './read-text.js';

/** `path`: a bundled program, a file of Markdown, a folder with a lesson.md, or a program of the reader's own. Throws Told; LessonError for what is wrong in it. */
export function lessonSource(parsed: Parsed, path: string): LessonSource {
  const catalog = new Catalog(nodeAssets);
  const file = fileOf(path);
  if (file !== undefined) return isElf(file) ? realLesson(parsed, file) : ownLesson(parsed, file);
  const { file: bundled, text } = catalog.lesson(path);
  return {
    key: path,
    name: path,
    lesson: parseLesson(bundled, text),
    launch: once((variant, race) => assembledLauncher(catalog.build(path, { variant, race }), processOptions(parsed, path))),
  };
}

/** Each build is made once, however often the lesson starts it. */
function once(launch: LessonSource['launch']): LessonSource['launch'] {
  const made = new Map<string, Launcher>();
  return (variant, race) => {
    const key = `${variant} ${race}`;
    const known = made.get(key) ?? launch(variant, race);
    made.set(key, known);
    return known;
  };
}

/** Names of programs come first: a file is named as one. */
function fileOf(path: string): string | undefined {
  if (/^[\w-]+$/.test(path) && new Catalog(nodeAssets).has(path)) return undefined;
  if (!existsSync(path)) {
    if (/\.md$/.test(path) || (path.includes('/') && !/^[\w./-]*\.\.\//.test(path)))
      throw new UsageError(`${path}: there is no such file or folder`);
    return undefined;
  }
  if (!statSync(path).isDirectory()) return path;
  const file = join(path, 'lesson.md');
  if (existsSync(file)) return file;
  const others = readdirSync(path).filter(name => name.endsWith('.md'));
  throw new UsageError(
    `${path} has no lesson.md${others.length > 0 ? `; name one of ${others.slice(0, 5).join(', ')}` : '; r14 lesson --new DIR writes one'}`,
  );
}

/** What an own lesson's programs are made of: the lines between two `---` at its beginning. */
interface Setting {
  readonly files: readonly string[];
  readonly calls: readonly string[];
  readonly runtime: AssemblyRuntime;
  readonly build: string | undefined;
}

const KEYS = ['program', 'variant', 'call', 'runtime', 'build'] as const;

function ownLesson(parsed: Parsed, file: string): LessonSource {
  const text = readText(file, true);
  const { settings, blanked } = settingsOf(file, text);
  const lesson = parseLesson(file, blanked);
  const folder = dirname(file);
  const [first] = settings.keys();
  if (first === undefined)
    throw new LessonError(`${file}:1: nothing says what the lesson is about: begin it with the lines ---, program: FILE.s, ---`);
  for (const part of lesson.parts) {
    if (part.kind === 'variant' && !settings.has(part.variant))
      throw new LessonError(`${file}:${part.line}: no variant "${part.variant}"; there are ${[...settings.keys()].join(', ')}`);
  }
  const built = new Set<string>();
  return {
    key: resolve(file),
    name: basename(folder) === '.' ? basename(file) : basename(resolve(folder)),
    lesson,
    tried: async (name, cases) => {
      const path = join(folder, name);
      if (!existsSync(path)) return cases.map(each => ({ ...each, ok: false, got: `there is no ${path} yet` }));
      const { triedCalls } = await import('./asm-cases.js');
      return triedCalls(parsed, path, cases);
    },
    launch: (variant, race) => {
      const { setting, line } = settings.get(variant ?? first)!;
      if (setting.build !== undefined && !built.has(setting.build)) {
        buildProgram(parsed, folder, `${file}:${line}`, setting.build);
        built.add(setting.build);
      }
      return launcherOf(parsed, folder, `${file}:${line}`, setting, race);
    },
  };
}

function settingsOf(file: string, text: string) {
  const lines = text.split(/\r?\n/);
  const settings = new Map<string, { setting: Setting; line: number }>();
  if (lines[0]?.trim() !== '---') return { settings, blanked: text };
  const end = lines.findIndex((line, index) => index > 0 && line.trim() === '---');
  if (end < 0) throw new LessonError(`${file}:1: the lines that begin here have no end: ---`);
  const problems: string[] = [];
  let name = '';
  for (const [index, line] of lines.slice(1, end).entries()) {
    const at = index + 2;
    const [, key = '', rest = ''] = /^\s*(\w+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    if (!(KEYS as readonly string[]).includes(key)) {
      problems.push(`${file}:${at}: "${line.trim()}": a line here is one of ${KEYS.map(each => `${each}: `).join(', ')}`);
      continue;
    }
    if (key === 'program' || key === 'variant') {
      const [, own, files = ''] = key === 'variant' ? (/^([\w-]+)\s+(.+)$/.exec(rest) ?? []) : ['', 'program', rest];
      if (own === undefined || files === '') {
        problems.push(`${file}:${at}: ${key === 'variant' ? 'variant: NAME FILE...' : 'program: FILE...'}`);
        continue;
      }
      name = own;
      settings.set(name, { setting: { files: files.split(/\s+/), calls: [], runtime: 'none', build: undefined }, line: at });
      continue;
    }
    const last = settings.get(name);
    if (last === undefined) {
      problems.push(`${file}:${at}: ${key} stands behind the program that it is of`);
      continue;
    }
    const { setting } = last;
    const runtimes: Readonly<Record<string, Setting['runtime']>> = { yes: 'plain', plain: 'plain', race: 'race', no: 'none' };
    if (key === 'runtime' && runtimes[rest] === undefined) {
      problems.push(`${file}:${at}: runtime is yes, race or no`);
      continue;
    }
    const changed: Setting =
      key === 'call'
        ? { ...setting, calls: [...setting.calls, rest] }
        : key === 'runtime'
          ? { ...setting, runtime: runtimes[rest]! }
          : { ...setting, build: rest };
    settings.set(name, { ...last, setting: changed });
  }
  if (problems.length > 0) throw new LessonError(problems.join('\n'));
  return { settings, blanked: [...lines.slice(0, end + 1).map(() => ''), ...lines.slice(end + 1)].join('\n') };
}

/** A command of somebody's lesson is run only when the user has said that it may be. */
function buildProgram(parsed: Parsed, folder: string, at: string, command: string): void {
  if (!parsed.values.has('allow-build'))
    throw new Told(`${at}: the lesson wants to run "${command}" in ${folder}, to build its program: --allow-build lets it`);
  try {
    execFileSync('/bin/sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    throw new Told(`${at}: "${command}" has failed: ${(stderr?.toString().trim() || String(error)).split('\n').slice(-3).join('; ')}`);
  }
}

function launcherOf(parsed: Parsed, folder: string, at: string, setting: Setting, race: boolean | undefined): Launcher {
  const paths = setting.files.map(each => join(folder, each));
  const missing = paths.find(path => !existsSync(path));
  if (missing !== undefined) throw new Told(`${at}: there is no ${missing}`);
  const options = processOptions(parsed, paths[0]!);
  if (!paths[0]!.endsWith('.s')) return launcher({ ...options, path: paths[0]!, args: [paths[0]!] });
  const { runtime } = setting;
  const built = race === undefined || runtime === 'none' ? runtime : race ? 'race' : 'plain';
  try {
    return assembledLauncher(assemblyOf(paths, setting.calls, wishesOf(built)).program, options);
  } catch (error) {
    if (!(error instanceof AssemblyError || error instanceof CallError)) throw error;
    throw new Told(`${at}: ${error.message.split('\n')[0]}`);
  }
}

/** Loaded when a lesson wants it. */
let assemblyOf: typeof import('./asm.js')['assembly'];
export async function prepareLessons(): Promise<void> {
  assemblyOf = (await import('./asm.js')).assembly;
}

/** Sessions of the lesson's programs; what they write is also seen in `outlet`. `limit`: instructions of each. `drawn`: the screen is shown of them. */
export function stageOf({ launch, tried }: LessonSource, outlet: Outlet | undefined, limit?: number, drawn = false): LessonStage {
  const stage = sessionsStage((variant, race, settings) => {
    const session = new Session(launch(variant, race), nodeHost(undefined, 0, drawn), limit, settings);
    outlet?.attend(session);
    return session;
  });
  return { ...stage, ...(tried === undefined ? {} : { tried }) };
}

const NEW_LESSON = `---
program: add.s
call: Add(2, 3)
---
# A lesson of your own

Text is Markdown. A block with the word \`r14\` has steps: commands of the debugger, and what they should show.

\`\`\`r14
break Add
continue
expect at main.Add
\`\`\`

## Arguments

Go's ABI0 passes arguments on the stack: the first word above the return address is \`x\`.

\`\`\`r14
x/2gd $rsp+8
expect shows 2
\`\`\`

\`\`\`exercise
ask How many bytes of arguments and results has Add? Type the number.
answer 24
wrong 16: those are the arguments; the result has its place behind them.
hint Look at the line that begins with TEXT: list Add shows it.
solution 24
\`\`\`

\`\`\`exercise
ask Run to where Add returns: RIP at the instruction RET.
expect *(*uint8)(RIP) == 0xc3
hint stepi runs one instruction.
hint There are three in front of it.
solution stepi 3
\`\`\`

\`\`\`r14
continue
expect exit 0
\`\`\`
`;
const NEW_CODE = `#include "textflag.h"

// func Add(x, y int) int
TEXT ·Add(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), AX
	ADDQ y+8(FP), AX
	MOVQ AX, ret+16(FP)
	RET
`;
const NEW_TYPES = `package main

func Add(x, y int) int
`;

/** Writes a small lesson that works. Returns what is to be said. */
export function newLesson(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const files = { 'lesson.md': NEW_LESSON, 'add.s': NEW_CODE, 'types.go': NEW_TYPES };
  const there = Object.keys(files).find(name => existsSync(join(folder, name)));
  if (there !== undefined) throw new UsageError(`${join(folder, there)} is there already: nothing was written`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { flag: 'wx' });
  return `${Object.keys(files)
    .map(name => join(folder, name))
    .join(
      ', ',
    )}\nr14 lesson ${folder} walks it, r14 lesson --check ${folder} tests it; docs/lessons.md tells all that a lesson can have.\n`;
}
