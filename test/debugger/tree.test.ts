/** Values as data: the tree that JSON has of `p`, `locals`, `args` and `display`. */
import { beforeAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, type Toolchain, toolchains } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

interface Node {
  readonly name?: string;
  readonly type: string;
  readonly kind: string;
  readonly value: string;
  readonly address: string | null;
  readonly length?: number;
  readonly capacity?: number;
  readonly pointer?: string;
  readonly lost?: string;
  readonly why?: string;
  readonly children?: readonly Node[];
  readonly truncated?: boolean;
}

const childNamed = (node: Node, name: string): Node => {
  const found = node.children?.find(each => each.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${JSON.stringify(node)}`);
  return found;
};

/** The expression that a part of a value is. */
function expressionOf(whole: string, { name = '' }: Node): string {
  if (name === '*') return `(*${whole})`;
  return /^[[.]/.test(name) ? `${whole}${name}` : `${whole}.${name}`;
}

/** Every part that has none of its own, with its expression. */
function* leaves(node: Node, expression: string): Generator<readonly [string, Node]> {
  if (node.children === undefined) yield [expression, node];
  for (const child of node.children ?? []) yield* leaves(child, expressionOf(expression, child));
}

const SCALARS = new Set(['bool', 'int', 'uint', 'float', 'complex', 'string']);

describe.each(toolchains())('the tree of a Go value, %s', (toolchain: Toolchain) => {
  let at: Debugging;
  const p = (expression: string): Promise<Node> => at.data(`p ${expression}`);

  beforeAll(async () => {
    at = debug(buildGo('values', { toolchain, gcflags: '-N -l' }));
    await at.text('break runtime.Breakpoint');
    await at.text('continue');
    await at.text('frame function main.callee');
  });

  it('has kind, type, place, length and capacity', async () => {
    expect(await p('main.ints')).toMatchObject({
      kind: 'slice',
      type: '[]int',
      length: 5,
      capacity: 5,
      address: expect.stringMatching(/^0x/),
    });
    expect(await p('main.arr')).toMatchObject({ kind: 'array', length: 3 });
    expect(await p('main.m')).toMatchObject({ kind: 'map', length: 1 });
    expect(await p('main.ch')).toMatchObject({ kind: 'chan', capacity: 11 });
    expect(await p('main.str')).toMatchObject({ kind: 'string', length: 17 });
    expect(await p('1 + 2')).toMatchObject({ kind: 'constant', value: '3', address: null });
  });

  it('has fields, elements, entries, what pointers lead to and interfaces hold', async () => {
    const holder = await p('main.holder');
    const wide = childNamed(holder, 'W');
    expect(childNamed(childNamed(wide, 'M'), '["k"]')).toMatchObject({ kind: 'int', value: '1' });
    expect(childNamed(childNamed(wide, 'Names'), '[0]')).toMatchObject({ kind: 'string', value: '"n"' });
    expect(childNamed(childNamed(wide, 'Any'), '.(data)')).toMatchObject({ value: '5' });
    const target = childNamed(childNamed(holder, 'Pi'), '*');
    expect(childNamed(target, 'X')).toMatchObject({ value: '3' });
    expect(target.address).toBe(childNamed(holder, 'Pi').pointer);
  });

  it('has parts that are what their expressions say', async () => {
    const wholes = [
      't',
      'pt',
      'ppt',
      'wide',
      'tree',
      'ts',
      'cube',
      'deep',
      'anys',
      'list',
      'lpoint',
      'mstruct',
      'mkey',
      'arr2',
      'anon',
      'cplx',
    ];
    let compared = 0;
    for (const whole of wholes) {
      for (const [expression, leaf] of leaves(await p(`main.${whole}`), `main.${whole}`)) {
        if (!SCALARS.has(leaf.kind) || leaf.lost !== undefined || expression.includes('main.Key')) continue;
        expect([expression, await at.text(`p ${expression}`)]).toEqual([expression, leaf.value]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });

  it('ends, and says where it is cut', async () => {
    const loop = await p('main.loop');
    const depth = (node: Node): number => 1 + Math.max(0, ...(node.children ?? []).map(depth));
    expect(depth(loop)).toBeLessThan(10);
    const many = await p('main.manyints');
    expect(many).toMatchObject({ length: 100, truncated: true });
    expect(many.children).toHaveLength(64);
    const whole = await p('runtime.curg');
    const parts = (node: Node): number => (node.children ?? []).reduce((sum, child) => sum + 1 + parts(child), 0);
    expect(parts(whole)).toBeLessThanOrEqual(400);
    expect(JSON.stringify(whole)).toContain('"truncated":true');
    // What is near comes first: the cut leaves no field of the whole out.
    expect(whole.children!.map(({ name }) => name)).toEqual((await at.data('ptype runtime.g')).fields.map(({ name }: Node) => name));
  });

  it('says why a part cannot be read', async () => {
    const node = await p('*(*main.Tree)(0x10)');
    expect(childNamed(node, 'Value')).toMatchObject({ lost: 'unreadable', why: expect.stringContaining('8 bytes at 0x') });
  });

  it('is what locals, args and display have as well', async () => {
    const args: readonly Node[] = await at.data('args');
    const tt = args.find(({ name }) => name === 'tt')!;
    expect(childNamed(tt, 'A')).toMatchObject({ value: await at.text('p tt.A') });
    const locals: readonly Node[] = await at.data('locals');
    expect(locals.find(({ name }) => name === 'local')).toMatchObject({ kind: 'int', value: await at.text('p local') });
    expect(await at.data('display tt')).toMatchObject({ id: 1, expression: 'tt', kind: 'struct', children: tt.children });
    await at.text('display n');
    expect(await at.data('display')).toMatchObject([
      { id: 1, kind: 'struct' },
      { id: 2, expression: 'n', kind: 'int' },
    ]);
  });
});

describe('the tree of a C value', () => {
  const why = missing('gcc');

  it.skipIf(why)(`has fields with bits as its printer has them${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = debug(buildC('values', { flags: ['-O0', '-g'] }));
    const types = await at.data('vars');
    const structs = (types as readonly Node[]).filter(each => each.kind === 'struct' && each.name !== undefined && each.lost === undefined);
    expect(structs.length).toBeGreaterThan(0);
    for (const { name } of structs) {
      const whole: Node = await at.data(`p ${name}`);
      for (const child of whole.children ?? [])
        if (SCALARS.has(child.kind)) expect(whole.value).toContain(`${child.name} = ${child.value}`);
    }
  });
});

describe('a register that is lost', () => {
  it('says how and why', async () => {
    const at = debugBundled('newproc-race');
    await at.text('continue');
    await at.text('frame 4');
    expect(await at.data('p RCX')).toMatchObject({
      lost: 'clobbered',
      why: expect.stringContaining("Go's convention"),
      value: '<clobbered>',
    });
  });
});

describe('a command that fails', () => {
  it('says why, and where, as data', async () => {
    const at = debugBundled('newproc-race');
    expect(await at.run('p 1 +')).toMatchObject({ ok: false, data: { error: expect.any(String), column: 5, own: false } });
    expect(await at.data('p 1')).not.toHaveProperty('error');
  });
});
