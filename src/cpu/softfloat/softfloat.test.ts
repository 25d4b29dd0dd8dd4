import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as sf from './index.js';
import { EXCEPTION_FLAG, F32, F64, FloatEnv, ROUND, X80 } from './index.js';

const view = new DataView(new ArrayBuffer(8));

function bits64(x: number): bigint {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
}

function bits32(x: number): bigint {
  view.setFloat32(0, x);
  return BigInt(view.getUint32(0));
}

const real = fc.double({ noNaN: true });
const single = fc.float({ noNaN: true });

/** JavaScript does not tell NaNs apart, so neither do these comparisons. */
function expectBits64(actual: bigint, expected: number): void {
  if (Number.isNaN(expected)) expect(sf.unpack(F64, actual).class).toBe('quiet');
  else expect(actual).toBe(bits64(expected));
}

describe('binary64 to nearest is JavaScript arithmetic', () => {
  it.each([
    ['add', sf.add, (a: number, b: number) => a + b],
    ['sub', sf.sub, (a: number, b: number) => a - b],
    ['mul', sf.mul, (a: number, b: number) => a * b],
    ['div', sf.div, (a: number, b: number) => a / b],
  ] as const)('%s', (_, soft, native) => {
    fc.assert(fc.property(real, real, (a, b) => expectBits64(soft(new FloatEnv(), F64, bits64(a), bits64(b)), native(a, b))));
  });

  it('sqrt', () => {
    fc.assert(fc.property(real, a => expectBits64(sf.sqrt(new FloatEnv(), F64, bits64(a)), Math.sqrt(a))));
  });

  it('binary32 by way of binary64', () => {
    fc.assert(
      fc.property(single, single, (a, b) => {
        const product = Math.fround(a * b);
        if (!Number.isNaN(product)) expect(sf.mul(new FloatEnv(), F32, bits32(a), bits32(b))).toBe(bits32(product));
      }),
    );
    fc.assert(
      fc.property(real, a => {
        expect(sf.convertFloat(new FloatEnv(), F64, F32, bits64(a))).toBe(bits32(Math.fround(a)));
      }),
    );
  });
});

describe('the formats', () => {
  it('hold each other: float to double to extended and back changes nothing', () => {
    fc.assert(
      fc.property(real, a => {
        const env = new FloatEnv();
        const wide = sf.convertFloat(env, F64, X80, bits64(a));
        expect(sf.convertFloat(env, X80, F64, wide)).toBe(bits64(a));
        expect(env.flags & ~EXCEPTION_FLAG.denormal).toBe(0);
      }),
    );
  });

  it('convert integers both ways', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), n => {
        const env = new FloatEnv();
        expect(sf.toInt(env, X80, sf.fromInt(env, X80, n), 64, false)).toBe(BigInt.asUintN(64, n));
        expect(env.flags).toBe(0);
        expectBits64(sf.fromInt(env, F64, n), Number(n));
      }),
    );
  });

  it('convert packed decimals both ways', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 18n) + 1n, 10n ** 18n - 1n), n => {
        const env = new FloatEnv();
        const packed = sf.toDecimal(env, sf.fromInt(env, X80, n));
        expect(packed & (X80.signBit - 1n)).toBe(BigInt(`0x${(n < 0n ? -n : n).toString()}`));
        expect(sf.fromDecimal(env, packed)).toBe(sf.fromInt(env, X80, n));
        expect(env.flags).toBe(0);
      }),
    );
  });
});

describe('rounding', () => {
  it('brackets the nearest result between down and up, and zero is one of them', () => {
    fc.assert(
      fc.property(real, real, (a, b) => {
        const by = (rounding: number): FloatEnv & { result: bigint } => {
          const env = Object.assign(new FloatEnv(), { rounding, result: 0n });
          env.result = sf.mul(env, F64, bits64(a), bits64(b));
          return env;
        };
        const [nearest, down, up, zero] = [ROUND.nearest, ROUND.down, ROUND.up, ROUND.zero].map(by);
        expect([down!.result, up!.result]).toContain(nearest!.result);
        expect([down!.result, up!.result]).toContain(zero!.result);
        if ((nearest!.flags & EXCEPTION_FLAG.inexact) === 0) expect(down!.result).toBe(up!.result);
      }),
    );
  });

  it('says so in the flags', () => {
    const env = new FloatEnv();
    sf.div(env, F64, bits64(1), bits64(3));
    expect(env.flags).toBe(EXCEPTION_FLAG.inexact);
    sf.div(env, F64, bits64(1), bits64(0));
    expect(env.flags).toBe(EXCEPTION_FLAG.inexact | EXCEPTION_FLAG.divideByZero);
    sf.mul(env, F64, bits64(1e300), bits64(1e300));
    expect(env.flags).toBe(EXCEPTION_FLAG.inexact | EXCEPTION_FLAG.divideByZero | EXCEPTION_FLAG.overflow);
  });
});

describe('transcendental functions', () => {
  /** Within two units in the last place of a double: JavaScript's own are no better. */
  function expectNear(actual: bigint, expected: number): void {
    view.setBigUint64(0, sf.convertFloat(new FloatEnv(), X80, F64, actual));
    const got = view.getFloat64(0);
    expect(Math.abs(got - expected)).toBeLessThanOrEqual(Math.abs(expected) * 2 ** -50 + Number.MIN_VALUE);
  }
  const wide = (x: number): bigint => sf.convertFloat(new FloatEnv(), F64, X80, bits64(x));
  const moderate = fc.double({ min: -1e100, max: 1e100, noNaN: true });
  const positive = fc.double({ min: 1e-100, max: 1e100, noNaN: true });

  it('F2XM1', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), x => {
        expectNear(sf.exp2m1(new FloatEnv(), wide(x)), Math.expm1(x * Math.LN2));
      }),
    );
  });

  it('FYL2X', () => {
    fc.assert(
      fc.property(moderate, positive, (y, x) => {
        expectNear(sf.yLog2(new FloatEnv(), wide(y), wide(x)), y * Math.log2(x));
      }),
    );
  });

  it('FYL2XP1', () => {
    const small = fc.double({ min: -0.29, max: 0.29, noNaN: true });
    fc.assert(
      fc.property(small, x => {
        expectNear(sf.yLog2Plus1(new FloatEnv(), wide(1), wide(x)), Math.log1p(x) / Math.LN2);
      }),
    );
  });

  it('FYL2XP1 beyond the range that the manual gives it, in bounded time', () => {
    for (const x of [-1 + 2 ** -53, -0.75, 0.75, 2 ** 28, 1e300])
      expectNear(sf.yLog2Plus1(new FloatEnv(), wide(1), wide(x)), Math.log1p(x) / Math.LN2);
  });

  it('FPATAN', () => {
    fc.assert(
      fc.property(moderate, moderate, (y, x) => {
        expectNear(sf.arcTangent(new FloatEnv(), wide(y), wide(x)), Math.atan2(y, x));
      }),
    );
  });
});
