import { describe, expect, it } from 'vitest';
import { debugBundled } from '../../../test/support/debug.js';
import { complete } from './completion.js';

const at = debugBundled('newproc-race');
const words = (line: string): readonly string[] => complete(at.session, line, start => [`${start}.file`]).words;
/** The line with its only completion. */
const completed = (line: string): string => {
  const { words: found, start } = complete(at.session, line, () => []);
  expect(found).toHaveLength(1);
  return line.slice(0, start) + found[0];
};

describe('completion', () => {
  it('knows commands, in two words too', () => {
    expect(words('disas')).toEqual(['disas', 'disass', 'disassemble']);
    expect(completed('info reg')).toBe('info registers');
    expect(words('nosuch thing')).toEqual([]);
  });

  it('knows functions by every spelling that break takes, and source files', () => {
    expect(completed('b trace.Ta')).toBe('b trace.TakeSnapShot');
    expect(completed('tbreak TakeS')).toBe('tbreak TakeSnapShot');
    expect(words('b main.')).toContain('main.main');
    expect(completed('b trace.s')).toBe('b trace.s:');
    expect(completed('b main.main if EFLA')).toBe('b main.main if EFLAGS');
  });

  it('knows the fields of what stands before a dot', async () => {
    await at.text('continue');
    expect(completed('p (*runtime.g)(R14).m.cur')).toBe('p (*runtime.g)(R14).m.curg');
    expect(completed('p 1+(*runtime.g)($r14).m.curg.racec')).toBe('p 1+(*runtime.g)($r14).m.curg.racectx');
    expect(completed('frame 0 p ((*runtime.g)(R14))->racec')).toBe('frame 0 p ((*runtime.g)(R14))->racectx');
    expect(words('p (*runtime.g)(R14).')).toContain('racectx');
    expect(words('p RSP.nothing')).toEqual([]);
  });

  it('knows registers in the spelling that was begun, types and variables', () => {
    expect(words('x/4gx $rs')).toEqual(['$rsi', '$rsp']);
    expect(words('regs R1')).toEqual(['R10', 'R11', 'R12', 'R13', 'R14', 'R15']);
    expect(completed('p *(*runtime.gob')).toBe('p *(*runtime.gobuf');
    expect(completed('ptype runtime.gob')).toBe('ptype runtime.gobuf');
  });

  it('completes the command behind a frame, a goroutine or a breakpoint', async () => {
    await at.text('break mine main.main');
    expect(completed('goroutine 1 backt')).toBe('goroutine 1 backtrace');
    expect(completed('frame 2 disas trace.Ta')).toBe('frame 2 disas trace.TakeSnapShot');
    expect(completed('on mi')).toBe('on mine');
    expect(completed('on mine backt')).toBe('on mine backtrace');
    expect(completed('condition mine EFLA')).toBe('condition mine EFLAGS');
  });

  it('knows what is caught, signals, settings and their values', () => {
    expect(words('catch s')).toEqual(['signal', 'stack-switch', 'syscall']);
    expect(words('catch syscall openat')).toEqual(['openat', 'openat2']);
    expect(words('catch signal SIGU')).toEqual(['SIGURG', 'SIGUSR1', 'SIGUSR2']);
    expect(completed('handle SIGURG nost')).toBe('handle SIGURG nostop');
    expect(completed('config disassemble-flavor in')).toBe('config disassemble-flavor intel');
    expect(words('source a')).toEqual(['a.file']);
  });
});
