/**
 * Packages of Go's standard library that take assembly of x86-64-v3, their own tests as guests: the same pass as on the host. A sample runs here;
 * R14_STD=all runs each, which takes ten minutes.
 */
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { missing } from '../support/build.js';
import { expectSameVerdicts, standardTests } from '../support/go-tests.js';

/** What of a package's tests is left out, and why. */
const ALL: Readonly<Record<string, string>> = {
  bytes: '',
  'crypto/aes': '',
  'crypto/ecdh': '',
  'crypto/internal/boring/bcache': '',
  'crypto/internal/fips140/aes': '',
  'crypto/internal/fips140/bigmod': '',
  'crypto/internal/fips140/ecdh': '',
  'crypto/internal/fips140/ecdsa': '',
  'crypto/internal/fips140/edwards25519': '',
  'crypto/internal/fips140/edwards25519/field': '',
  'crypto/internal/fips140/mldsa': '',
  'crypto/internal/fips140/mlkem': '',
  'crypto/internal/fips140/nistec': '',
  'crypto/internal/fips140/rsa': '',
  'crypto/internal/fips140cache': '',
  // Starts the go command, which a guest has not.
  'crypto/internal/fips140deps': 'TestImports',
  'crypto/internal/fips140only': '',
  // Starts the go command.
  'crypto/internal/fips140test': 'TestAllCASTs',
  'crypto/internal/sysrand': '',
  'encoding/base64': '',
  // Starts the go command.
  'math/big': 'TestEscape',
  strings: '',
};
const SAMPLE: Readonly<Record<string, string>> = {
  'crypto/internal/boring': '',
  'crypto/internal/fips140/subtle': '',
  'crypto/sha256': '',
  'hash/crc32': '',
};

const why = missing('go1.26');

describe.skipIf(why)(`packages of the standard library for x86-64-v3${why ? ` (skipped: ${why})` : ''}`, () => {
  for (const [name, skip] of Object.entries(process.env.R14_STD === 'all' ? { ...SAMPLE, ...ALL } : SAMPLE))
    it(name, { timeout: 600_000 }, () => {
      const { binary, folder, goroot } = standardTests(name, 'v3');
      // Tests of one package look at another's sources.
      expectSameVerdicts(binary, folder, ['--overlay', join(goroot, 'src')], skip);
    });
});
