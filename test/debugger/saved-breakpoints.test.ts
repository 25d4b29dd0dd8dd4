/** `breakpoints -save`, and `source` of what it has written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTIES } from '../../src/debugger/commands/breakpoint-properties.js';
import type { Breakpoint } from '../../src/debugger/session/breakpoints.js';
import { type Debugging, debugBundled } from '../support/debug.js';

/** All that a user has set, and nothing of what has happened since. */
function setBy(all: readonly Breakpoint[]): unknown {
  return all.map(each => {
    const { kind, name, spec } = each;
    const properties = PROPERTIES.filter(property => property.name !== 'hits').map(property => [property.name, property.data(each)]);
    const own =
      each.kind === 'break'
        ? each.addresses
        : each.kind === 'watch'
          ? [each.watch, each.onlyChanges]
          : each.kind === 'register'
            ? each.part
            : [each.event, ...each.numbers];
    return { kind, name, spec, own, ...Object.fromEntries(properties) };
  });
}

/** Saves, forgets, and sources; what was set before and what is after. */
async function savedAndSourced({ session, text, files }: Debugging): Promise<readonly [before: unknown, after: unknown]> {
  const before = setBy(session.breakpoints.all);
  await text('breakpoints -save kept');
  const saved = files.get('kept');
  await text('delete');
  await text('source kept');
  await text('breakpoints -save again');
  expect(files.get('again')).toBe(saved);
  return [before, setBy(session.breakpoints.all)];
}

const maybe = (line: string) => fc.constantFrom(...[[], [line]]);
const condition = fc.constantFrom('$rdi == 0', '$rip != 1 && $rsp > 4096', '"if" == "if"');
const count = fc.nat(1000);
const operator = fc.constantFrom('>', '>=', '<', '<=', '==', '!=', '%');
const command = fc.constantFrom('bt 1', 'p $rax', 'trace main.main', 'condition 1 $rax == 0', '-- x', 'p "a;b"');

/** Lines that set a breakpoint of some kind. */
const setting = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('break', 'tbreak', 'trace'),
      fc.constantFrom('main.main', '*main.main', 'runtime.newproc'),
      maybe('thread 1'),
      condition,
    )
    .chain(([verb, place, thread, test]) => maybe(`if ${test}`).map(tested => [verb, place, ...thread, ...tested].join(' '))),
  fc.constantFrom('dprintf main.main,"at %x; %s",$rip,"a"', 'rbreak ^main.main$', 'break entry main.main'),
  fc
    .tuple(fc.constantFrom('watch', 'watch -w', 'rwatch', 'awatch'), fc.constantFrom('*0x400000', 'runtime.g0'), condition)
    .chain(([verb, what, test]) => maybe(`if ${test}`).map(tested => [verb, what, ...tested].join(' '))),
  fc.constantFrom('catch signal', 'catch signal SIGSEGV 11', 'catch syscall write', 'catch syscall', 'tcatch thread'),
);

/** Lines that change the newest. */
const changes = fc
  .tuple(
    condition.chain(test => maybe(`condition $bpnum ${test}`)),
    fc
      .tuple(fc.constantFrom('-hitcount', '-per-g-hitcount'), operator, count)
      .chain(parts => maybe(`condition ${parts[0]} $bpnum ${parts[1]} ${parts[2]}`)),
    count.chain(times => maybe(`ignore $bpnum ${times}`)),
    maybe('disable $bpnum'),
    maybe('on $bpnum trace'),
    fc.array(
      command.map(line => `on $bpnum -- ${line}`),
      { maxLength: 3 },
    ),
  )
  .map(lines => lines.flat());

describe('breakpoints that are saved and sourced', () => {
  it('are those that were set, whatever was set of them', async () => {
    const at = debugBundled('newproc-race');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(setting, changes), { maxLength: 4 }), async all => {
        await at.text('delete');
        const named = new Set<string>();
        for (const [line, more] of all) {
          if (line.startsWith('break entry') && named.size > 0) continue;
          if (line.startsWith('break entry')) named.add(line);
          await at.text(line);
          for (const change of more) await at.text(change);
        }
        const [before, after] = await savedAndSourced(at);
        expect(after).toEqual(before);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('keep thread, hits, message, state and commands under their new numbers', async () => {
    const at = debugBundled('newproc-race');
    await at.text('break runtime.main');
    await at.text('delete');
    await at.text('break main.main thread 1 if $rsp > 0');
    await at.text('condition -hitcount 2 > 3');
    await at.text('on 2 bt 1');
    await at.text('dprintf main.main,"rip %x",$rip');
    await at.text('disable 3');
    const [before, after] = await savedAndSourced(at);
    expect(after).toEqual(before);
    expect(await at.data('breakpoints')).toMatchObject([
      { id: 4, condition: '$rsp > 0', thread: 1, hitCondition: { operator: '>', count: 3 }, commands: ['bt 1'] },
      { id: 5, message: '"rip %x",$rip', enabled: false, trace: true },
    ]);
  });
});
