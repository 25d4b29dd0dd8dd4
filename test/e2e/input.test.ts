/** Standard input as it comes: from a writer that is slow, from files, from a terminal, and kept for a run that goes back. The host's own run of the same program says what is right. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputQueue } from '../../src/host/input.js';
import { InputLog } from '../../src/host/input-log.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { resumeProcess, startProcess } from '../../src/linux/process.js';
import { buildC, GUEST_ENVIRONMENT, missing, runNative, runR14 } from '../support/build.js';
import { INPUT_WAYS } from '../support/cases.js';
import { openR14 } from '../support/pty.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-input-'));
afterAll(() => rmSync(folder, { recursive: true }));

const r14 = [process.execPath, 'bin/r14.js'] as const;
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** Runs a command whose input comes in parts, with time between them. */
async function slowly(command: readonly string[], parts: readonly string[]): Promise<{ stdout: string; status: number | null }> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], env: GUEST_ENVIRONMENT });
  let stdout = '';
  child.stdout.on('data', data => (stdout += data));
  child.stdin.on('error', () => undefined);
  const begun = new Promise(resolve => child.stdout.once('data', resolve));
  const ended = new Promise<number | null>(resolve => child.on('close', resolve));
  await begun;
  for (const part of parts) {
    await pause(400);
    child.stdin.write(part);
  }
  child.stdin.end();
  return { status: await ended, stdout };
}

const why = missing('gcc');

describe.skipIf(why)(`standard input${why ? ` (skipped: ${why})` : ''}`, () => {
  const parts = ['early\n', 'no newline', ' late\n'];

  it.each(INPUT_WAYS)('from a slow writer is as native: %s', async way => {
    const binary = buildC('input');
    const more = way === 'thread' ? ['too'] : [];
    const [native, emulated, debugged] = await Promise.all([
      slowly([binary, way, ...more], parts),
      slowly([...r14, 'run', binary, '--', way, ...more], parts),
      slowly([...r14, 'exec', '--batch', '-ex', 'continue', binary, '--', way, ...more], parts),
    ]);
    expect(native.stdout).toMatch(/: 22 bytes/);
    expect(emulated).toEqual(native);
    expect(debugged.stdout.replace(/^t=.*\n/m, '')).toBe(native.stdout);
  });

  it('is not awaited by who does not read it', async () => {
    const child = spawn(process.execPath, ['bin/r14.js', 'run', '/bin/true'], { stdio: ['pipe', 'ignore', 'inherit'] });
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(0);
    child.stdin.end();
  });

  it('is a file for run, exec and a program that is run again', () => {
    const binary = buildC('input');
    const file = join(folder, 'some text');
    writeFileSync(file, 'what is in the file\n'.repeat(9000));
    const { stdout } = runNative(binary, { args: ['poll'], stdin: 'what is in the file\n'.repeat(9000) });
    expect(runR14(['run', '--stdin', file, binary, '--', 'poll']).stdout).toBe(stdout);
    const exec = (...args: string[]) => runR14(['exec', '--batch', ...args], 'what is typed').stdout.replaceAll(/^t=.*\n/gm, '');
    expect(exec('-r', file, '-ex', 'continue', binary, '--', 'poll')).toBe(stdout);
    expect(exec('-r', `stdin:${file}`, '-ex', 'continue', '-ex', 'run', binary, '--', 'poll')).toBe(stdout + stdout);
    expect(exec('-ex', `run poll < '${file}'`, '-ex', `run poll <'${file}'`, binary)).toBe(stdout + stdout);
    // What is given anew replaces all that was given.
    expect(exec('-r', file, '-ex', 'run poll', binary)).toMatch(/^poll: 13 bytes/m);
  });

  it('reaches assembly too', async () => {
    const file = join(folder, 'copies.s');
    const call = (number: number, fd: number, length: string) =>
      [`\tMOVQ ${length}, DX`, `\tMOVQ $${number}, AX`, `\tMOVQ $${fd}, DI`, '\tLEAQ buffer<>(SB), SI', '\tSYSCALL'].join('\n');
    const lines = ['#include "textflag.h"', 'GLOBL buffer<>(SB), NOPTR, $64', 'TEXT ·main(SB), NOSPLIT, $0-0', 'again:', call(0, 0, '$64')];
    writeFileSync(file, [...lines, '\tTESTQ AX, AX', '\tJLE done', call(1, 1, 'AX'), '\tJMP again', 'done:', '\tRET', ''].join('\n'));
    const typed = await slowly([...r14, 'asm', '--batch', '-ex', 'echo begun\\n', '-ex', 'continue', file], ['early\n', 'late\n']);
    expect(typed.stdout).toMatch(/^begun\nearly\nlate\nt=/);
    expect(runR14(['asm', '--batch', '-r', file, '-ex', 'continue', file]).stdout).toContain(lines.slice(0, 4).join('\n'));
  });

  it('that cannot be had is a line, and nothing runs', () => {
    const binary = buildC('input');
    const none = join(folder, 'none');
    expect(runR14(['run', '--stdin', none, binary])).toEqual({ stdout: '', status: 2, stderr: `r14: cannot read ${none}: no such file\n` });
    expect(runR14(['run', '--stdin', folder, binary]).stderr).toBe(`r14: cannot read ${folder}: a directory, not a file\n`);
    expect(runR14(['exec', '--batch', '-r', none, binary])).toMatchObject({
      status: 2,
      stderr: `r14: cannot read ${none}: no such file\n`,
    });
    expect(runR14(['exec', '--batch', '-r', 'stdout:x', binary]).stderr).toMatch(/only standard input can be a file/);
    const commands = [`run < ${none}`, 'run <', 'run > out', 'info program'].flatMap(line => ['-ex', line]);
    const { stdout, stderr, status } = runR14(['exec', '--batch', ...commands, binary]);
    expect(stderr).toMatch(/cannot read .*none: no such file[\s\S]*< wants a file[\s\S]*only standard input can be a file/);
    expect(stdout).toMatch(/^t=0 /);
    expect(status).toBe(1);
  });

  it('is typed: for run, and at the prompt while the program waits, to Ctrl-D', async () => {
    const binary = buildC('input');
    const plain = openR14(100, 30, ['run', binary]);
    plain.type('one\rtwo\r');
    await plain.shows('two');
    plain.type('\x04');
    await plain.shows('read: 8 bytes');
    const prompt = openR14(100, 30, ['exec', '--line', binary]);
    await prompt.shows('(r14)');
    // Typed ahead: who reads first gets it.
    prompt.type('continue\rone\r');
    await prompt.shows(/continue\s+one/);
    prompt.type('two\r');
    // What the program says when it begins to read may come between.
    await prompt.shows(/one\s+(?:reading\s+)?two/);
    prompt.type('\x04');
    await prompt.shows(/read: 8 bytes[\s\S]*status 0/);
    prompt.type('restart\r');
    await prompt.shows('t=0');
    prompt.type('continue\rthree\r');
    await prompt.shows('three');
    prompt.type('\x03');
    await prompt.shows('interrupted');
    prompt.type('quit\r');
    expect(await prompt.exit()).toBe(0);
  });

  it('is typed in the screen', async () => {
    const screen = openR14(100, 30, ['exec', buildC('input')]);
    await screen.shows('─2 registers');
    screen.type('7c');
    await screen.shows(/the program waits for input[\s\S]*input: /);
    screen.type('quick\r');
    await screen.shows(/─7 output[\s\S]*quick/);
    screen.type('q\r');
    screen.type('\x04');
    await screen.shows(/read: 8 bytes/);
    screen.type('Rc');
    await screen.shows('the program waits for input');
    screen.type('\x03');
    await screen.shows('interrupted');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});

describe.skipIf(why)(`a run that has read${why ? ` (skipped: ${why})` : ''}`, () => {
  const text = Array.from({ length: 3000 }, (_, index) => `line ${index}\n`).join('');

  /** Input that comes in chunks whenever the program has found nothing. */
  function typing(chunks: string[]) {
    const queue = new InputQueue(
      () => 0,
      () => undefined,
      false,
    );
    const next = () => {
      const chunk = chunks.shift();
      if (chunk === undefined) queue.close();
      else queue.push(new TextEncoder().encode(chunk));
    };
    return { queue, next };
  }

  const options = (written: string[]) => ({
    host: nodePorts,
    path: buildC('input', { static: true }),
    args: ['input', 'epoll'],
    output: ({ bytes }: { bytes: Uint8Array }) => void written.push(new TextDecoder().decode(bytes)),
  });
  const chunks = () => text.match(/[\s\S]{1,997}/g)!;

  it('reads the same again: gone back, from its record alone, and resumed elsewhere', () => {
    const written: string[] = [];
    const { queue, next } = typing(chunks());
    const log = new InputLog(queue);
    const process = startProcess({ ...options(written), stdin: log });
    const finish = (run: typeof process, more: () => void = () => undefined) => {
      for (;;) {
        const stop = run.run({ budget: 1000 });
        if (stop.kind === 'input') more();
        else if (stop.kind !== 'budget') return { stop, t: run.t, hash: run.hash(), written: written.splice(0).join('') };
      }
    };
    let waits = 0;
    while (waits < 10) if (process.run({ budget: 1000 }).kind === 'input' && ++waits > 0) next();
    const saved = process.save();
    const bytes = saved.bytes();
    const left = typing([]);
    written.length = 0;
    const whole = finish(process, next);
    expect(whole.written).toMatch(new RegExp(`epoll: ${text.length} bytes`));
    process.restore(saved);
    expect(finish(process)).toEqual(whole);
    // Nobody types any more.
    const again = startProcess({ ...options(written), stdin: new InputLog(left.queue, structuredClone(log.record())) });
    expect(finish(again)).toEqual({ ...whole, written: `reading\n${whole.written}` });
    // Elsewhere goes on with what is typed there.
    const elsewhere = typing(['and more\n']);
    const resumed = resumeProcess(bytes, { ...options(written), stdin: elsewhere.queue });
    expect(finish(resumed, elsewhere.next).written).toMatch(/epoll: \d+ bytes/);
  });
});
