/**
 * C++ names as people read them: the Itanium C++ ABI's mangling, chapter 5.1, as far as compilers emit it for functions and objects of
 * libstdc++ and the ThreadSanitizer runtime. What is not understood stays as it is. Spelling follows `c++filt`.
 */
import { UnsupportedName } from './cursor.js';
import { NameParser } from './name-parser.js';

const cache = new Map<string, string>();
/** Characters of names and of what they mean. */
const CACHE_LIMIT = 16 * 2 ** 20;
let cached = 0;
/** Longer names than a compiler makes are left alone. */
const LENGTH_LIMIT = 100_000;

/** The readable form of a link name; the name itself when it is not a mangled C++ name. */
export function demangle(name: string): string {
  if (!name.startsWith('_Z')) return name;
  let result = cache.get(name);
  if (result === undefined) {
    if (cached >= CACHE_LIMIT) {
      cache.clear();
      cached = 0;
    }
    cache.set(name, (result = parse(name) ?? name));
    cached += name.length + result.length;
  }
  return result;
}

/** A demangled function name without its parameters: `__tsan::ThreadStart` of `__tsan::ThreadStart(int)`. Template arguments stay. */
export function withoutParameters(name: string): string {
  if (name.endsWith(']') || !name.includes('(')) return name;
  let depth = 0;
  for (let i = name.lastIndexOf(')'); i >= 0; i--) {
    if (name[i] === ')') depth++;
    else if (name[i] === '(' && --depth === 0) return i > 0 ? name.slice(0, i) : name;
  }
  return name;
}

function parse(name: string): string | undefined {
  if (name.length > LENGTH_LIMIT) return undefined;
  try {
    return new NameParser(name).parse();
  } catch (error) {
    if (error instanceof UnsupportedName) return undefined;
    throw error;
  }
}
