import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demangle, withoutParameters } from './demangle.js';

const LIBSTDCXX = '/usr/lib/x86_64-linux-gnu/libstdc++.so.6';
const CXXFILT = 'c++filt';
const NM = 'nm';
const missing =
  process.env.CI === 'true' || (existsSync(LIBSTDCXX) && spawnSync(CXXFILT, ['--version']).status === 0)
    ? ''
    : ' (skipped: needs binutils and libstdc++6)';

describe('demangle', () => {
  it.each([
    ['main.main', 'main.main'],
    ['_Z', '_Z'],
    ['_Z1fv', 'f()'],
    ['_ZN6__tsan3ctxE', '__tsan::ctx'],
    ['_ZN6__tsanL9ctx_dummyE', '__tsan::ctx_dummy'],
    [
      '_ZN6__tsan11ThreadStartEPNS_11ThreadStateEjyN11__sanitizer10ThreadTypeE',
      '__tsan::ThreadStart(__tsan::ThreadState*, unsigned int, unsigned long long, __sanitizer::ThreadType)',
    ],
    ['_ZNK1S3getEv', 'S::get() const'],
    ['_ZN1SIiEC2Ev', 'S<int>::S()'],
    ['_ZN1SIiED0Ev', 'S<int>::~S()'],
    ['_Z1gPFivE', 'g(int (*)())'],
    ['_Z1gRA3_Kc', 'g(char const (&) [3])'],
    ['_Z1fIJicEEvDpT_', 'void f<int, char>(int, char)'],
    ['_ZZ4mainENKUliE_clEi', 'main::{lambda(int)#1}::operator()(int) const'],
    ['_Z3foov.constprop.0', 'foo() [clone .constprop.0]'],
    ['_ZTV1A', 'vtable for A'],
    ['_ZThn8_N1A1fEv', 'non-virtual thunk to A::f()'],
    ['_Z1fILi3ELb1EEvv', 'void f<3, true>()'],
  ])('%s', (name, want) => expect(demangle(name)).toBe(want));

  it('leaves what it does not understand', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'NSTEIZ_1234abiKPRvDpLXJFM'), maxLength: 40 }), tail => {
        expect(typeof demangle(`_Z${tail}`)).toBe('string');
      }),
      { numRuns: 2000 },
    );
    expect(demangle(`_Z${'P'.repeat(5000)}i`)).toBe(`_Z${'P'.repeat(5000)}i`);
  });

  it('cuts off parameters', () => {
    expect(withoutParameters('a::b(int, c<d>) const')).toBe('a::b');
    expect(withoutParameters('a::operator()(int (*)(char))')).toBe('a::operator()');
    expect(withoutParameters('vtable for A')).toBe('vtable for A');
  });

  it.skipIf(missing)(`says what c++filt says of libstdc++${missing}`, () => {
    const symbols = execFileSync(NM, ['-D', LIBSTDCXX], { encoding: 'utf8', maxBuffer: 1e8 });
    const names = [...new Set(symbols.match(/_Z\w+/g))];
    const wanted = execFileSync(CXXFILT, { input: names.join('\n'), encoding: 'utf8', maxBuffer: 1e8 }).split('\n');
    const wrong = names.filter((name, i) => demangle(name) !== wanted[i]);
    expect(names.length).toBeGreaterThan(4000);
    // c++filt spells inherited constructors and empty packs in ways of its own.
    expect(wrong.length / names.length).toBeLessThan(0.01);
  });
});
