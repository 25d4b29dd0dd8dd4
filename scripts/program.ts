/**
 * Builds a guest program and prints the path of its binary:
 * `npm run -s program -- crash --race`, `npm run -s program -- c/hello --static`. Without a name: lists the programs.
 */
import { parseArgs } from 'node:util';
import { buildC, buildGo, type CrashVariant, cPrograms, goPrograms, TOOLCHAINS, type Toolchain, VARIANTS } from '../test/support/build.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    race: { type: 'boolean' },
    static: { type: 'boolean' },
    toolchain: { type: 'string' },
    variant: { type: 'string' },
    ldflags: { type: 'string' },
    gcflags: { type: 'string' },
  },
});

function oneOf<T extends string>(value: string | undefined, names: readonly T[], what: string): T | undefined {
  if (value === undefined || names.includes(value as T)) return value as T | undefined;
  throw new Error(`no ${what} is called ${value}; there are ${names.join(', ')}`);
}

try {
  const name = positionals[0];
  if (!name) {
    console.log(goPrograms().join('\n'));
    for (const program of cPrograms()) console.log(`c/${program}`);
  } else if (name.startsWith('c/')) {
    console.log(buildC(oneOf(name.slice(2), cPrograms(), 'C program')!, { static: values.static }));
  } else {
    const toolchain: Toolchain | undefined = oneOf(values.toolchain, TOOLCHAINS, 'toolchain');
    const variant: CrashVariant | undefined = oneOf(values.variant, VARIANTS, 'variant');
    const { race, ldflags, gcflags } = values;
    console.log(buildGo(oneOf(name, goPrograms(), 'Go program')!, { race, ldflags, gcflags, toolchain, variant }));
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
