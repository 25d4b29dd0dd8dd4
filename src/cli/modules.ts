/**
 * WebAssembly with the machine code that V8's optimising compiler has made when r14 was built: the interpreter and iced-x86 are fast from the first
 * instruction on, and no thread is busy with compiling them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';

/** Calls one of V8's runtime functions (src/runtime/runtime-test-wasm.cc). Throws SyntaxError where V8 has none of that name with so many arguments. */
export function callRuntime(name: string, ...values: readonly unknown[]): unknown {
  setFlagsFromString('--allow-natives-syntax');
  try {
    const names = values.map((_, index) => `value${index}`).join(', ');
    return runInThisContext(`((${names}) => %${name}(${names}))`)(...values);
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

/** Where a module's machine code is kept, with the module behind it. V8 promises nothing of it from one release to the next. */
export const machineCodeFile = (module: Uint8Array): string => `module-${module.length}-${process.version}-${process.arch}.compiled`;

/** WebAssembly, whose modules take their machine code from `folder`, where it is there and belongs to them. */
export function compiledWebAssembly(folder: string): typeof WebAssembly {
  const Module = new Proxy(WebAssembly.Module, {
    construct: (plain, [module]: [Uint8Array]) => precompiled(folder, module) ?? new plain(module),
  });
  return Object.create(WebAssembly, { Module: { value: Module } });
}

/** The module with its machine code; undefined without that. V8 itself looks whether it is of its release, for its flags and for this processor. */
export function precompiled(folder: string, module: Uint8Array): WebAssembly.Module | undefined {
  try {
    const file = readFileSync(join(folder, machineCodeFile(module)));
    const end = file.length - module.length;
    if (!file.subarray(end).equals(module)) return undefined;
    const code = Uint8Array.prototype.slice.call(file, 0, end);
    return callRuntime('DeserializeWasmModule', code.buffer, module) as WebAssembly.Module | undefined;
  } catch {
    return undefined;
  }
}
