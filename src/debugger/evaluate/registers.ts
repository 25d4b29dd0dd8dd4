/** Registers as expressions name them: `RDI`, `$rdi`, `rdi`, `_R14`, `EAX`, `$pc`, `XMM0`, `Y0`, and their views (`RAX.uint8`, `$xmm0.v2_int64`). */
import { registerCalled, registerNamed } from '../../abi/registers.js';
import { GPR_NAMES } from '../../cpu/api.js';
import type { Field, Type } from '../../image/api.js';
import { partOf } from '../values/source.js';
import { arrayOf, basicType, CODE_ADDRESS, DATA_ADDRESS, FLAGS } from '../values/types.js';
import type { Value } from '../values/value.js';
import type { FrameContext } from './context.js';
import { registerSize, registerSource } from './location.js';

interface Named {
  /** Name of the whole register. */
  readonly register: string;
  readonly offset: number;
  /** In bytes; undefined: all of it. */
  readonly size?: number;
}

/** Parts of general registers: EAX, AX, AL, AH, R8D, R8W, R8B. */
const PARTS: ReadonlyMap<string, Named> = new Map(
  GPR_NAMES.flatMap((register, i): [string, Named][] => {
    if (i >= 8) {
      return [
        [`${register}d`, { register, offset: 0, size: 4 }],
        [`${register}w`, { register, offset: 0, size: 2 }],
        [`${register}b`, { register, offset: 0, size: 1 }],
      ];
    }
    const short = register.slice(1);
    const letter = short[0]!;
    const wide: [string, Named][] = [
      [`e${short}`, { register, offset: 0, size: 4 }],
      [short, { register, offset: 0, size: 2 }],
    ];
    if (!short.endsWith('x')) return [...wide, [`${short}l`, { register, offset: 0, size: 1 }]];
    return [...wide, [`${letter}l`, { register, offset: 0, size: 1 }], [`${letter}h`, { register, offset: 1, size: 1 }]];
  }),
);

/** With `$`, any spelling; without, all upper or all lower case, whole registers in lower case and as Delve lists them (`Rip`) too. */
export function findRegister(name: string, dollar: boolean): Named | undefined {
  const bare = dollar ? name : name.replace(/^_+(?=[A-Z])/, '');
  const lower = bare.toLowerCase();
  if (!dollar && bare !== lower && bare !== bare.toUpperCase()) {
    const listed = bare === `${lower[0]!.toUpperCase()}${lower.slice(1)}` ? (lower === 'rflags' ? 'eflags' : lower) : '';
    return registerNamed(listed) && { register: listed, offset: 0 };
  }
  // `sp`, `pc`, `ax` and the like are too common as names of variables to be registers without a mark.
  const marked = dollar || bare !== lower;
  const row = marked ? registerCalled(lower) : registerNamed(lower);
  if (row !== undefined) return { register: row.name, offset: 0 };
  return marked ? PARTS.get(lower) : undefined;
}

const VIEW: Readonly<Record<string, string>> = {
  float: 'float32',
  double: 'float64',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
};

const UINT128: Type = { kind: 'uint', name: 'uint128', size: 16 };
const FLOAT80: Type = { kind: 'float', name: 'long double', size: 16 };

/** gdb's vec64, vec128 and vec256: the register seen as every kind of vector. */
function vectorType(size: number): Type {
  const field = (name: string, type: Type): Field => ({ name, type, offset: 0, embedded: false });
  const lanes = (name: string, type: Type): Field => field(`v${size / type.size}_${name}`, arrayOf(type, size / type.size));
  const words = Object.entries(VIEW)
    .map(([name, elem]) => [name, basicType(elem)!] as const)
    .filter(([, elem]) => elem.size < size)
    .map(([name, elem]) => lanes(name, elem));
  const whole =
    size < UINT128.size
      ? field('uint64', basicType('uint64')!)
      : size > UINT128.size
        ? lanes('int128', UINT128)
        : field('uint128', UINT128);
  return { kind: 'union', name: `vec${8 * size}`, size, fields: [...words, whole] };
}
const VECTORS: Readonly<Record<number, Type>> = { 64: vectorType(8), 128: vectorType(16), 256: vectorType(32) };

function typeOf(register: string): Type {
  switch (registerNamed(register)?.kind) {
    case 'vector':
    case 'mmx':
      return VECTORS[registerNamed(register)!.bits]!;
    case 'x87':
      return FLOAT80;
    case 'pointer':
      return CODE_ADDRESS;
    case 'base':
      return DATA_ADDRESS;
    case 'flags':
      return FLAGS;
    case 'control':
      return basicType('uint32')!;
    default:
      return register === 'rsp' || register === 'rbp' ? DATA_ADDRESS : basicType('uint64')!;
  }
}

export function registerValue(frame: FrameContext, named: Named): Value {
  const source = partOf(registerSource(frame, named.register), named.offset);
  if (named.size !== undefined) return { type: basicType(`uint${8 * named.size}`)!, source, loose: true };
  const type = typeOf(named.register);
  return { type, source, ...(type.kind === 'uint' && { loose: true as const }) };
}

/** `RAX.uint8` and `XMM0.float64` are the register's lanes; `$xmm0.v4_int32` is gdb's spelling. undefined: no such view. */
export function registerView(frame: FrameContext, named: Named, view: string): Value | undefined {
  const size = named.size ?? registerSize(named.register);
  const source = partOf(registerSource(frame, named.register), named.offset);
  if (view === 'uint128' && size === 16) return { type: UINT128, source };
  if (view === 'v2_int128' && size === 32) return { type: arrayOf(UINT128, 2), source };
  const gdb = /^v(\d+)_(\w+)$/.exec(view);
  const delve = /^(?:int|uint)(?:8|16|32|64)$|^float(?:32|64)$/.test(view);
  const elem = basicType(gdb ? (VIEW[gdb[2]!] ?? '') : delve ? view : '');
  if (elem === undefined || elem.size > size) return undefined;
  const count = gdb ? Number(gdb[1]) : Math.floor(size / elem.size);
  if (count * elem.size > size || count === 0) return undefined;
  // One lane is a number, so that it can be computed with.
  return count === 1 ? { type: elem, source } : { type: arrayOf(elem, count), source };
}
