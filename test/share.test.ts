/** Links of the terminal: `share` prints one, `r14 open` comes to the same place. */
import { expect, it } from 'vitest';
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
