/** Delve's and gdb's location specifications: functions of any language, `file:line`, lines, `*address`, `/regex/`. */
import type { Func } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import { CommandError } from '../errors.js';
import { servesArguments, wantedArguments } from '../evaluate/instances.js';

/** What a location may be relative to, and how its `*expression` is evaluated. */
export interface LocationScope {
  readonly images: Images;
  /** Where the selected frame is. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** Value of an address expression. Throws with a column relative to the expression. */
  address(expression: string): bigint;
}

export interface Resolved {
  readonly addresses: readonly bigint[];
  /** Functions, when functions were named. */
  readonly functions: readonly Func[];
  /** Type arguments that were named with them: their code may serve others as well. */
  readonly instance?: readonly string[];
}

/** Addresses that a location means. `atEntry` puts functions at their first instruction instead of behind the prologue. */
export function resolveLocation(spec: string, scope: LocationScope, column: number, atEntry = false): Resolved {
  const { images } = scope;
  const at = (addresses: readonly bigint[]): Resolved => ({ addresses, functions: [] });
  if (spec.startsWith('*')) return at([scope.address(spec.slice(1).trim())]);
  const pattern = /^\/(.*)\/$/.exec(spec);
  if (pattern) return inFunctions(images, matching(images, pattern[1]!, column + 1), atEntry);
  const relative = /^([+-]?)(\d+)$/.exec(spec);
  if (relative) return at(atLine(scope, relative[1]!, Number(relative[2]), column));
  const withLine = /^(.+):(\d+)$/.exec(spec);
  if (withLine) return at(fileOrFunctionLine(images, withLine[1]!, Number(withLine[2]), column));
  const name = ofC(images, spec) ?? spec;
  const functions = functionsCalled(images, name);
  const copies = atEntry ? [] : inlinedCopies(images, name, functions);
  const instance = images.functionsNamed(spec).length > 0 ? undefined : wantedArguments(spec);
  if (functions.length + copies.length > 0)
    return { ...inFunctions(images, functions, atEntry, copies), ...(instance === undefined ? {} : { instance }) };
  const symbols = images.symbolsNamed(spec).filter(symbol => symbol.kind === 'func');
  if (symbols.length > 0) return at(unique(symbols.map(symbol => symbol.address)));
  throw new CommandError(unknownLocation(images, spec), column);
}

function inFunctions(images: Images, functions: readonly Func[], atEntry: boolean, copies: readonly bigint[] = []): Resolved {
  const addresses = functions.map(func => (atEntry ? func.entry : images.afterPrologue(func)));
  return { addresses: unique([...addresses, ...copies]), functions };
}

function atLine(scope: LocationScope, sign: string, count: number, column: number): readonly bigint[] {
  const { file, line } = scope;
  if (file === undefined || line === undefined) throw uncounted(column);
  const wanted = sign === '+' ? line + count : sign === '-' ? line - count : count;
  const addresses = lineAddresses(scope.images, file, wanted);
  if (addresses.length === 0) throw new CommandError(`no code at line ${wanted} of ${file}`, column);
  return addresses;
}

function fileOrFunctionLine(images: Images, name: string, line: number, column: number): readonly bigint[] {
  const addresses = lineAddresses(images, name, line);
  if (addresses.length > 0) return addresses;
  // Delve's FUNC:LINE counts from the function's first line when LINE is not in its file's range.
  const func = functionsCalled(images, name)[0];
  if (func?.file !== undefined && func.line !== undefined) {
    const own = [line, func.line + line].flatMap(wanted =>
      lineAddresses(images, func.file!, wanted).filter(address => address >= func.entry && address < func.end),
    );
    if (own.length > 0) return [own[0]!];
  }
  const known = filesCalled(images, name).length > 0;
  throw new CommandError(known ? `no code at line ${line} of ${name}` : `no source file "${name}" (sources lists them)`, column);
}

/** Source files of that name, or whose paths end in it. */
function filesCalled(images: Images, name: string): readonly string[] {
  const files = new Set(images.all.flatMap(image => [...image.files()]));
  return files.has(name) ? [name] : [...files].filter(file => file.endsWith(`/${name}`));
}

/** Where the user's code begins: main.main of a Go program, else main. */
export const mainFunction = (images: Images): Func | undefined =>
  (images.goImage?.functionsNamed('main.main') ?? images.functionsNamed('main.main'))[0] ?? images.functionsNamed('main')[0];

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
}

/**
 * The source line that a location spells (`FILE:LINE`, `LINE`, `+LINES`, `-LINES`), whether or not it has code; undefined for other
 * locations, FUNCTION:LINE among them.
 */
export function spelledLine(spec: string, scope: Omit<LocationScope, 'address'>, column: number): SourcePlace | undefined {
  const { images, file } = scope;
  const relative = /^([+-]?)(\d+)$/.exec(spec);
  if (relative !== null) {
    if (file === undefined || (relative[1] !== '' && scope.line === undefined)) throw uncounted(column);
    return { file, line: relative[1] === '' ? Number(relative[2]) : scope.line! + Number(spec) };
  }
  const withLine = /^([^*/].*|\/.*[^/]):(\d+)$/.exec(spec);
  if (withLine === null) return undefined;
  const line = Number(withLine[2]);
  const files = filesCalled(images, withLine[1]!);
  if (files.length < 2) return files[0] === undefined ? undefined : { file: files[0], line };
  // Of several, the frame's own, or the only one that has code there.
  const own = files.includes(file ?? '') ? [file!] : files.filter(each => images.addressesOf(each, line).length > 0);
  if (own.length === 1) return { file: own[0]!, line };
  const more = files.length > 3 ? `, and ${files.length - 3} more` : '';
  throw new CommandError(`several files end in ${withLine[1]}: ${files.slice(0, 3).join(', ')}${more}; give more of the path`, column);
}

const uncounted = (column: number): CommandError =>
  new CommandError('there is no source line here to count from; name the file: FILE:LINE', column);

/** Lines looked at behind one that has no code: a comment, a declaration, what was inlined away. */
const SLIDE = 20;
/** No file has more lines; beyond, numbers would stop to grow. */
const LAST_LINE = 2 ** 31;

/** Where a line's code is; where the next line's is, when it has none itself, as gdb does it. */
function lineAddresses(images: Images, file: string, line: number): readonly bigint[] {
  for (let wanted = Math.max(1, line); wanted <= Math.min(line + SLIDE, LAST_LINE); wanted++) {
    const found = images.addressesOf(file, wanted);
    if (found.length > 0) return unique(found);
  }
  return [];
}

function unique(addresses: readonly bigint[]): readonly bigint[] {
  return [...new Set(addresses)].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * Functions that a name means: the exact name or link name (`runtime.systemstack.abi0`), else the end of a name, cut at a `/` or a
 * `.` (`trace.(*T).M`, `(*T).M`, `T.M`, `M`).
 */
function functionsCalled(images: Images, name: string): readonly Func[] {
  const exact = images.functionsNamed(name);
  if (exact.length > 0) return preferReal(exact);
  const plain = simplify(name);
  const ends: Func[] = [];
  for (const func of images.functions()) {
    if (func.linkName === name) return [func];
    if (means(images, func.name, name, plain)) ends.push(func);
  }
  return preferReal(ends);
}

/** `C.name` is Delve's way to a function that cgo calls; undefined: it is none. */
function ofC(images: Images, spec: string): string | undefined {
  const name = /^C\.(\w+)$/.exec(spec)?.[1];
  if (name === undefined || images.functionsNamed(spec).length > 0) return undefined;
  const own = images.functionsNamed(name).some(({ language }) => language === 'c');
  return own || images.inlinedCopies(name).length > 0 ? name : undefined;
}

/** Where the functions were inlined; those that the name means, when no function of it is left in the code. */
function inlinedCopies(images: Images, name: string, functions: readonly Func[]): readonly bigint[] {
  const names = new Set(functions.map(func => func.name));
  if (names.size === 0) {
    const plain = simplify(name);
    const all = [...new Set(images.inlinedNames())];
    for (const each of all.includes(name) ? [name] : all.filter(full => means(images, full, name, plain))) names.add(each);
  }
  return [...names].flatMap(each => images.inlinedCopies(each));
}

/** A wrapper of the same name is not what one means when the real function is there. */
function preferReal(functions: readonly Func[]): readonly Func[] {
  const real = functions.filter(func => !func.wrapper);
  return real.length > 0 ? real : functions;
}

/** Whether a name means a function; `plain` is that name simplified. */
function means(images: Images, full: string, name: string, plain: string): boolean {
  if (endsInName(full, name)) return true;
  if (!endsInName(simplify(full), plain)) return false;
  const wanted = wantedArguments(name);
  return wanted === undefined || servesArguments(images, full, wanted);
}

/** `pkg.(*T).M` and `pkg.T.M` are the same to one who types them; type arguments, which have brackets of their own, are left out. */
function simplify(name: string): string {
  let plain = '';
  let depth = 0;
  for (const char of name) {
    if (char === '[') depth++;
    if (depth === 0) plain += char;
    if (char === ']') depth = Math.max(0, depth - 1);
  }
  return (depth === 0 ? plain : name).replace(/\(\*?([^()]*)\)/g, '$1');
}

function endsInName(full: string, end: string): boolean {
  if (end === '' || !full.endsWith(end)) return false;
  const before = full[full.length - end.length - 1];
  return before === undefined || before === '.' || before === '/';
}

function matching(images: Images, pattern: string, column: number): readonly Func[] {
  let regex: RegExp;
  try {
    regex = new RegExp(pattern);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(error.message, column);
  }
  const found = [...images.functions()].filter(func => regex.test(func.name));
  if (found.length === 0) throw new CommandError(`no function matches /${pattern}/`, column);
  return found;
}

function unknownLocation(images: Images, spec: string): string {
  const wanted = simplify(spec).toLowerCase();
  const near: string[] = [];
  for (const func of images.functions()) {
    if (simplify(func.name).toLowerCase().includes(wanted)) near.push(func.name);
    if (near.length === 3) break;
  }
  const hint = near.length > 0 ? `; there is ${near.join(', ')}` : '; funcs REGEX lists functions';
  return `no function, file or line "${spec}"${hint}`;
}
