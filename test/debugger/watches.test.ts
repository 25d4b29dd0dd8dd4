/** Watchpoints on variables: along with a stack that moves, up to the end of their frame, and told by type. The values are those of the source. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, toolchains } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';

const why = missing('go1.26', 'go1.19', 'gcc');

interface Change {
  readonly reason: string;
  readonly function: string;
  readonly output: string;
}

async function next(at: Debugging): Promise<Change> {
  const { output, data } = await at.run('continue');
  return { ...(data as { reason: string; function: string }), output };
}

/** To a line of a function of package main, and a watchpoint there. */
async function watching(path: string, location: string, command: string): Promise<Debugging> {
  const at = debug(path);
  await at.text(`tbreak ${location}`);
  await at.text('continue');
  await at.text(command);
  return at;
}

describe.skipIf(why)(`watchpoints${why ? ` (skipped: ${why})` : ''}`, () => {
  describe.each(toolchains())('%s', toolchain => {
    const path = buildGo('watches', { toolchain, gcflags: 'all=-N -l' });

    it('follow a variable whose stack is copied, and end with its frame', async () => {
      const at = await watching(path, 'main.go:20', 'watch x');
      const told: string[] = [];
      at.session.events.on('message', ({ text }) => told.push(text));
      const { address } = (await at.data('breakpoints')).at(-1);
      for (const change of ['1 (0x1) -> 2 (0x2)', '2 (0x2) -> 3 (0x3)']) {
        const { reason, function: name, output } = await next(at);
        expect({ reason, name }).toEqual({ reason: 'watchpoint', name: 'main.grow' });
        expect(output).toContain(change);
      }
      // Several copies, the last of which is where the variable is.
      expect(told.length).toBeGreaterThan(1);
      expect((await at.data('breakpoints')).at(-1).address).not.toBe(address);
      expect(told.at(-1)).toContain((await at.data('breakpoints')).at(-1).address);
      expect(await at.text('x/1gx &x')).toContain((await at.data('breakpoints')).at(-1).address);
      const ended = await next(at);
      expect(ended).toMatchObject({ reason: 'scope', function: 'main.main' });
      expect(ended.output).toContain('as main.grow has returned');
      expect(await at.text('breakpoints')).toBe('No breakpoints.');
      // What another goroutine does in the same function is none of its business.
      expect((await next(at)).reason).toBe('exited');
    });

    it('end too when a panic leaves the frame: the next call of the function is another', async () => {
      const at = await watching(path, 'main.go:36', 'watch y');
      expect((await next(at)).output).toContain('5 (0x5) -> 7 (0x7)');
      expect(await next(at)).toMatchObject({ reason: 'scope' });
      expect(await at.text('breakpoints')).toBe('No breakpoints.');
      expect((await next(at)).reason).toBe('exited');
    });

    it('tell values by their type, and where they have changed', async () => {
      const at = await watching(path, 'main.main', 'watch main.all.number');
      await at.text('watch main.all.ratio');
      expect((await next(at)).output).toContain('0 (0x0) -> -5 (0xfffffffffffffffb)');
      expect((await next(at)).output).toContain('0 -> 1.5');
      await at.text('restart');
      await at.text('delete');
      await at.text('tbreak main.main');
      await at.text('continue');
      await at.text('watch main.all.name');
      let last = await next(at);
      while (!last.output.includes('"first" -> "other"')) {
        expect(last.reason).toBe('watchpoint');
        last = await next(at);
      }
    });

    it('all that see one write are told', async () => {
      const at = await watching(path, 'main.main', 'watch main.all');
      await at.text('watch main.all.number');
      const { output } = await next(at);
      const [whole, part] = (await at.data('breakpoints')).map(({ id }: { id: number }) => id);
      expect(output).toContain(`watchpoint ${whole} (main.all) and ${part} (main.all.number) written`);
      expect((await at.data('breakpoints')).map(({ hits }: { hits: number }) => hits)).toEqual([1, 1]);
    });

    it('with -l an address is watched, and not its variable', async () => {
      const at = await watching(path, 'main.go:20', 'watch -l x');
      const { address, until } = (await at.data('breakpoints')).at(-1);
      expect(until).toBe(null);
      for (let stop = await next(at); stop.reason !== 'exited'; stop = await next(at)) expect(stop.reason).toBe('watchpoint');
      expect((await at.data('breakpoints')).at(-1).address).toBe(address);
    });
  });

  it("end with C's frames as well", async () => {
    const at = debug(buildC('loop', { flags: ['-O0', '-g'] }));
    await at.text('break main');
    await at.text('continue');
    await at.text('next');
    await at.text('watch sum');
    await at.text('condition 2 sum == 12345678901');
    const { reason, output } = await next(at);
    expect(reason).toBe('scope');
    expect(output).toContain('(sum) ends, as main has returned');
  });

  describe('on expressions', () => {
    /** A value without what only one of the two says of it. */
    const shown = (value: string): string =>
      value
        .replace('true', '1')
        .replace('false', '0')
        .replace(/ \(0x\w+\)$/, '')
        .replace(/^\(.*\*\) /, '')
        .replace(/ <\w+>$/, '')
        .replace(/^<.*>$/, '<unreadable>');

    const path = () => buildC('watched', { flags: ['-g', '-O0', '-no-pie'] });

    it.each([
      'a > b',
      'head->v + 1',
      's > 10 && i < 9',
      'a + b * 2',
      'i == 3',
      'head->v == 7 ? 1 : 2',
      '-head->next->v',
      'head->v',
      'row[which]',
      '*(row + which)',
      'head->next',
    ])('%s: stops where gdb does, with its values', async expression => {
      const commands = ['break main', 'run', `watch ${expression}`, ...Array.from({ length: 12 }, () => 'continue')];
      const gdb = spawnSync('gdb', ['-batch', '-nx', ...commands.flatMap(each => ['-ex', each]), path()], {
        encoding: 'utf8',
      }).stdout;
      const expected = [...gdb.matchAll(/^Old value = (.*)\nNew value = (.*)$/gm)].map(([, before, after]) => [before!, after!].map(shown));
      const at = await watching(path(), 'main', `watch ${expression}`);
      const found: (readonly string[])[] = [];
      // Of 12 stops gdb has spent one on the watchpoint's end.
      while (found.length < expected.length) {
        const { reason, output } = await next(at);
        expect(reason).toBe('watchpoint');
        const [, before, after] = /: (.*) -> (.*)$/m.exec(output)!;
        found.push([before!, after!].map(shown));
      }
      expect(found).toEqual(expected);
    });

    it('that cannot be watched say why', async () => {
      const at = await watching(path(), 'main', 'p a');
      expect((await at.run('watch 5 > 3')).output).toContain('5 > 3 reads no memory, so it never changes');
      expect((await at.run('watch $rax + 1')).output).toContain('$rax is a register, which cannot be watched');
      expect((await at.run('rwatch a > b')).output).toContain('watched for changes of its value alone');
      expect(await at.data('breakpoints')).toEqual([]);
    });

    it.each(toolchains())('follow a stack that is copied, and end with the frame, %s', async toolchain => {
      const at = await watching(buildGo('watches', { toolchain, gcflags: 'all=-N -l' }), 'main.grow', 'next');
      await at.text('next');
      await at.text('watch x * 2 > 3');
      const { reason, output } = await next(at);
      expect(reason).toBe('watchpoint');
      expect(output).toContain('false -> true');
      expect(await next(at)).toMatchObject({ reason: 'scope' });
    });
  });
});
