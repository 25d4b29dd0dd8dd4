/** Links of the terminal: `share` prints one, `r14 open` comes to the same place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { placeOfLink } from '../src/debugger/session/share.js';
import { nodePorts } from '../src/host/node/ports.js';
import { buildC, missing, runR14 } from './support/build.js';

const said = (args: readonly string[]) => {
  const { status, stdout, stderr } = runR14(args);
  return { status, text: stdout.toString(), complaint: stderr.toString() };
};
const REGISTERS = ['-ex', 'info registers'];
const linkIn = (text: string): string => text.trimEnd().split('\n').at(-1)!;

it('a bundled program is opened where it was left, in its build', () => {
  const moves = ['break main.main', 'continue', 'stepi 5', 'up'].flatMap(line => ['-ex', line]);
  const here = said(['exec', '--batch', '--variant', 'clean', '--race=false', 'newproc-race', ...moves, ...REGISTERS, '-ex', 'share']);
  expect(here.status).toBe(0);
  const link = linkIn(here.text);
  expect(link).toMatch(/^http:\/\/localhost:8014\/#r14=1\.\d+\.[\w-]+$/);
  const there = said(['open', '--batch', link, ...REGISTERS]);
  expect(there.status).toBe(0);
  expect(there.text).toContain(here.text.slice(here.text.indexOf('\nrax') + 1, here.text.indexOf(link)));
});

const gap = missing('gcc');
it.skipIf(gap)(`a program of one's own is asked for, and must be the same${gap ? ` (skipped: ${gap})` : ''}`, () => {
  const program = buildC('loop', { static: true, flags: ['-O2'] });
  const link = linkIn(said(['exec', '--batch', program, '-ex', 'break main', '-ex', 'continue', '-ex', 'share']).text);
  expect(said(['open', '--batch', link])).toMatchObject({ status: 2, complaint: expect.stringContaining('is not in it') });
  expect(said(['open', '--batch', link, buildC('hello', { static: true })])).toMatchObject({
    status: 2,
    complaint: expect.stringContaining('is not the loop'),
  });
  for (const [wrong, why] of [
    ['/dev/zero', 'it is a device, pipe or socket, not a file'],
    ['/nowhere', 'no such file'],
  ] as const)
    expect(said(['open', '--batch', link, wrong])).toMatchObject({ status: 2, complaint: `r14: ${wrong}: ${why}\n` });
  expect(said(['open', '--batch', link, program])).toMatchObject({ status: 0, text: expect.stringContaining('in main') });
});

it.skipIf(gap)(`what the program was given is in it${gap ? ` (skipped: ${gap})` : ''}`, () => {
  const program = buildC('input', { static: true });
  const folder = mkdtempSync(join(tmpdir(), 'r14-share-'));
  const file = join(folder, 'lines');
  writeFileSync(file, 'one\ntwo\n');
  const here = said(['exec', '--batch', '--seed', '7', '--cpus', '1', program, '-ex', `run <${file}`, '-ex', 'share', '--', 'a b']);
  const typed = said(['exec', '--batch', '--stdin', file, program, '-ex', 'continue', '-ex', 'share']);
  rmSync(folder, { recursive: true });
  expect(here.text).toContain('read: 8 bytes');
  // Whoever opens it has no such file.
  const there = said(['open', '--batch', linkIn(here.text), program]);
  expect(there).toEqual({ ...here, text: here.text.slice(0, here.text.indexOf('http:')) });
  for (const { text } of [here, typed]) {
    const again = said(['open', '--batch', linkIn(text), program, '-ex', 'share']);
    expect(linkIn(again.text)).toBe(linkIn(text));
  }
  expect(placeOfLink(linkIn(here.text), nodePorts).given).toMatchObject({ args: ['a b'], seed: 7, cpus: 1 });
});

it('what a link cannot say is refused', () => {
  const { complaint } = said(['exec', '--batch', '--env', 'A=1', 'closures', '-ex', 'share']);
  expect(complaint).toContain('cannot be opened elsewhere by a link');
});

it('a link that was cut, and a word that is none, are told in one line', () => {
  const link = linkIn(said(['exec', '--batch', 'closures', '-ex', 'share']).text);
  for (const [wrong, why] of [
    [link.slice(0, -5), 'this link was cut'],
    ['https://example.org/', 'this is no link of r14'],
  ] as const) {
    const { status, complaint } = said(['open', wrong]);
    expect({ status, lines: complaint.trimEnd().split('\n').length }).toEqual({ status: 2, lines: 1 });
    expect(complaint).toContain(why);
  }
});
