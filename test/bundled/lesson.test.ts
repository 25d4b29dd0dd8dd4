import { describe, expect, it } from 'vitest';
import { runR14 } from '../support/build.js';

describe('r14 lesson', () => {
  it('--check prints each step with its line, and the sum', () => {
    const { stdout, stderr, status } = runR14(['lesson', '--check', 'closures']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ok +\d+ {2}break main\.count$/);
    expect(lines.at(-1)).toMatch(/^What DX is for: \d+ steps, all as the lesson says$/);
    expect(lines.slice(0, -1).every(line => line.startsWith('ok '))).toBe(true);
  });

  it('without a screen walks a step an Enter, with commands of the reader in between, and ends with the input', () => {
    const { stdout, stderr, status } = runR14(['lesson', 'closures'], '\n\np 40 + 2\nnosuch\n');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('# What DX is for');
    expect(stdout).toContain('(r14) break main.count\n');
    expect(stdout).toContain('✓ expect at main.count\n');
    expect(stdout).toContain('\n42\n');
    expect(stdout).toContain('nosuch');
    expect(stdout).not.toContain('An interface call');
  });

  it('walks to the end', () => {
    const { stdout, status } = runR14(['lesson', 'systemstack'], '\n'.repeat(60));
    expect(status).toBe(0);
    expect(stdout).toContain('\n3\n');
    expect(stdout).toContain('✓ expect exit 0\n');
    expect(stdout.trimEnd()).toMatch(/to\senter\sthe\snext\.$/);
    expect(stdout).not.toContain('✗');
  });

  it('--print makes a handout: text, steps with their answers, exercises without solutions', () => {
    const { stdout, stderr, status } = runR14(['lesson', '--print', 'closures']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^# What DX is for\n/);
    const answer = runR14(['exec', 'closures', '--batch', '-ex', 'break main.count']).stdout.trim();
    expect(stdout).toContain(`\`\`\`text\n(r14) break main.count\n${answer}\n\`\`\``);
    expect(stdout).toContain('**Exercise 1.** Which register holds');
    expect(stdout).not.toContain('solution');
  });

  it('--print --html makes a page of it, with the screens of its stops', () => {
    const { stdout, stderr, status } = runR14(['lesson', '--print', '--html', 'closures']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^<!doctype html>[\s\S]*<h1>What DX is for<\/h1>[\s\S]*<\/html>\n$/);
    const pictures = stdout.match(/<svg [\s\S]*?<\/svg>/g)!;
    const times = runR14(['lesson', '--print', 'closures']).stdout.match(/^t=[\d,]+ {2}(?!the program exited)/gm)!;
    expect(pictures.map(each => /at t=(\d+)/.exec(each)![1])).toEqual(times.map(each => each.replace(/[^\d]/g, '')));
    expect(pictures[0]).toMatch(/─1 code/);
    expect(stdout).not.toContain('solution');
    expect(runR14(['lesson', '--html', 'closures'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^r14: --html is of --print/),
    });
  });

  it('q ends it', () => {
    expect(runR14(['lesson', 'systemstack'], 'q\n\n\n')).toMatchObject({ stderr: '', status: 0 });
  });

  it('says what is wrong with a name', () => {
    expect(runR14(['lesson', 'nosuch'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^r14: no bundled program "nosuch"; there are abi0-wrapper, .*\n$/),
    });
    expect(runR14(['lesson'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/^r14: r14 lesson wants the name/) });
    expect(runR14(['lesson', '../etc'])).toMatchObject({ status: 2, stdout: '' });
    expect(runR14(['exec', '--check', 'closures'])).toMatchObject({ status: 2, stdout: '' });
  });
});
