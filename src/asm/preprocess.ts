/** Go assembly's preprocessor: #include, #define (with and without parameters), #undef, #ifdef, #ifndef, #else, #endif. */
import type { Diagnostics } from './diagnostics.js';
import { nearest } from './diagnostics.js';
import { stringTokenBytes, type Token, tokenize, tokenLines } from './lexer.js';

interface Macro {
  readonly parameters: readonly string[] | undefined;
  readonly body: readonly Token[];
}

/** Finds an included file, or undefined. `from` is the file that asks; the name of what is found is what its own includes are from. */
export type Includes = (name: string, from: string) => { readonly file: string; readonly text: string } | undefined;

/** Flags of TEXT and GLOBL by the names that `textflag.h` gives them (Go's runtime/textflag.h), and what `funcdata.h` adds. */
export const TEXT_FLAGS: Readonly<Record<string, number>> = {
  NOPROF: 1,
  DUPOK: 2,
  NOSPLIT: 4,
  RODATA: 8,
  NOPTR: 16,
  WRAPPER: 32,
  NEEDCTXT: 64,
  TLSBSS: 256,
  NOFRAME: 512,
  REFLECTMETHOD: 1024,
  TOPFRAME: 2048,
  ABIWRAPPER: 4096,
};
/** Macros of the files whose contents are built in. What funcdata.h says to Go's garbage collector means nothing here. */
const BUILT_IN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'textflag.h': Object.fromEntries(Object.entries(TEXT_FLAGS).map(([name, value]) => [name, String(value)])),
  'funcdata.h': { NO_LOCAL_POINTERS: '', GO_ARGS: '', GO_RESULTS_INITIALIZED: '' },
  'go_tls.h': { 'get_tls(r)': 'MOVQ TLS, r', 'g(r)': '0(r)(TLS*1)' },
  'go_asm.h': {},
  'asm_amd64.h': {},
};
/** The file that defines a name, of those that are built in. */
export const builtInFileOf = (name: string): string | undefined =>
  Object.keys(BUILT_IN).find(file => Object.keys(BUILT_IN[file]).some(head => head.split('(')[0] === name));

const MAX_INCLUDE = 16;
const MOST_INCLUDES = 1000;
/** No macro is being expanded. */
const NONE: ReadonlySet<string> = new Set();
/** Tokens that macros may put into one line. */
const MOST_EXPANDED = 10_000;

export class Preprocessor {
  private readonly macros = new Map<string, Macro>();
  private included = 0;
  /** Tokens that macros have put into the present line. */
  private spent = 0;
  /** All files read, by name. */
  readonly sources = new Map<string, string>();

  constructor(
    private readonly includes: Includes,
    private readonly diagnostics: Diagnostics,
    defines: Readonly<Record<string, string>> = {},
  ) {
    this.predefine(defines);
  }

  private predefine(macros: Readonly<Record<string, string>>): void {
    for (const [head, body] of Object.entries(macros)) {
      const [name, parameters] = head.split('(');
      this.macros.set(name, {
        parameters: parameters?.slice(0, -1).split(','),
        body: tokenize('<built in>', body, this.diagnostics).filter(token => token.kind !== 'newline'),
      });
    }
  }

  /** The lines of a file with directives carried out and macros expanded; each ends with its newline. */
  lines(file: string, source: string): Generator<readonly Token[]> {
    return this.file(file, source, 0);
  }

  private *file(file: string, source: string, depth: number): Generator<readonly Token[]> {
    this.sources.set(file, source);
    /** One entry an open #if: whether its branch is taken. */
    const conditions: { taken: boolean; at: Token }[] = [];
    for (const line of tokenLines(file, source, this.diagnostics)) {
      const newline = line.pop()!;
      const active = conditions.every(condition => condition.taken);
      if (line[0]?.text === '#' && line[0].kind === 'punctuation') {
        const included = this.directive(line, conditions, active, depth);
        if (included !== undefined) yield* this.file(included.file, included.text, depth + 1);
        continue;
      }
      if (!active) continue;
      this.spent = 0;
      const out: Token[] = [];
      this.expand(line, out, NONE);
      out.push(newline);
      yield out;
    }
    for (const { at: open } of conditions) this.diagnostics.report(open.at, `${open.text} without #endif`);
  }

  /** Carries a directive out. Returns the file that it includes. */
  private directive(
    line: readonly Token[],
    conditions: { taken: boolean; at: Token }[],
    active: boolean,
    depth: number,
  ): ReturnType<Includes> {
    const [hash, name, argument] = line;
    const word = name?.text ?? '';
    if (word === 'ifdef' || word === 'ifndef') {
      conditions.push({ taken: this.macros.has(argument?.text ?? '') === (word === 'ifdef'), at: name });
      return undefined;
    }
    if (word === 'else' || word === 'endif') {
      const open = conditions[conditions.length - 1];
      if (open === undefined) this.diagnostics.report(hash.at, `#${word} without #ifdef`);
      else if (word === 'else') open.taken = !open.taken;
      else conditions.pop();
      return undefined;
    }
    if (!active) return undefined;
    if (word === 'include') return this.include(argument, hash, depth);
    if (word === 'define') this.define(line);
    else if (word === 'undef') this.macros.delete(argument?.text ?? '');
    else {
      const near = nearest(word, ['include', 'define', 'undef', 'ifdef', 'ifndef', 'else', 'endif']);
      this.diagnostics.report((name ?? hash).at, `unknown directive #${word}`, near === undefined ? undefined : `did you mean #${near}?`);
    }
    return undefined;
  }

  private include(argument: Token | undefined, hash: Token, depth: number): ReturnType<Includes> {
    if (argument?.kind !== 'string') {
      this.diagnostics.report((argument ?? hash).at, '#include wants a file name in double quotes');
      return undefined;
    }
    if (depth >= MAX_INCLUDE) {
      this.diagnostics.report(argument.at, `includes are nested deeper than ${MAX_INCLUDE}`, 'does a file include itself?');
      return undefined;
    }
    if (++this.included > MOST_INCLUDES) {
      if (this.included === MOST_INCLUDES + 1) this.diagnostics.report(argument.at, `there are more than ${MOST_INCLUDES} includes`);
      return undefined;
    }
    const name = new TextDecoder().decode(stringTokenBytes(argument.text));
    const found = this.includes(name, argument.at.file);
    if (found !== undefined) return found;
    if (Object.hasOwn(BUILT_IN, name)) this.predefine(BUILT_IN[name]);
    else this.diagnostics.report(argument.at, `cannot find ${name}`);
    return undefined;
  }

  private define(line: readonly Token[]): void {
    const [hash, , name, open] = line;
    if (name?.kind !== 'name') {
      this.diagnostics.report((name ?? hash).at, '#define wants a name');
      return;
    }
    let parameters: string[] | undefined;
    let body = 3;
    if (open?.text === '(' && open.glued) {
      const close = line.findIndex(token => token.text === ')');
      if (close < 0) {
        this.diagnostics.report(open.at, "the macro's parameters are not closed", 'add )');
        return;
      }
      parameters = line
        .slice(4, close)
        .filter(token => token.text !== ',')
        .map(token => token.text);
      body = close + 1;
    }
    this.macros.set(name.text, { parameters, body: line.slice(body) });
  }

  private expand(line: readonly Token[], out: Token[], busy: ReadonlySet<string>): void {
    for (let at = 0; at < line.length; at++) {
      const token = line[at];
      const macro = token.kind === 'name' && !busy.has(token.text) ? this.macros.get(token.text) : undefined;
      if (macro === undefined || (macro.parameters !== undefined && line[at + 1]?.text !== '(')) {
        out.push(token);
        continue;
      }
      this.spent += 1 + macro.body.length;
      if (this.spent > MOST_EXPANDED) {
        // Once a line is enough.
        if (this.spent < Number.POSITIVE_INFINITY) this.diagnostics.report(token.at, `macro ${token.text} expands without end`);
        this.spent = Number.POSITIVE_INFINITY;
        return;
      }
      const written = token.written ?? token.text;
      let body: readonly Token[] = macro.body.map(part => ({ ...part, written }));
      if (macro.parameters !== undefined) {
        const call = callArguments(line, at + 1);
        if (call === undefined || call.values.length !== macro.parameters.length) {
          const found = call === undefined ? 'they are not closed' : `${call.values.length} are given`;
          this.diagnostics.report(token.at, `macro ${token.text} takes ${macro.parameters.length} arguments; ${found}`);
          return;
        }
        const { parameters } = macro;
        body = body.flatMap(part => {
          const number = part.kind === 'name' ? parameters.indexOf(part.text) : -1;
          return number < 0 ? [part] : call.values[number];
        });
        at = call.end;
      }
      // What a macro expands to stands where the macro was used: errors and lines are its user's.
      this.expand(
        body.map((part, index) => ({ ...part, at: token.at, glued: index === 0 ? token.glued : part.glued })),
        out,
        new Set([...busy, token.text]),
      );
    }
  }
}

/** Arguments between the parenthesis at `open` and its partner, whose index is `end`. */
function callArguments(line: readonly Token[], open: number): { values: Token[][]; end: number } | undefined {
  const values: Token[][] = [[]];
  let depth = 0;
  for (let at = open; at < line.length; at++) {
    const { text, kind } = line[at];
    if (kind === 'punctuation' && text === '(' && depth++ === 0) continue;
    if (kind === 'punctuation' && text === ')' && --depth === 0)
      return { values: values.length === 1 && values[0].length === 0 ? [] : values, end: at };
    if (kind === 'punctuation' && text === ',' && depth === 1) values.push([]);
    else values[values.length - 1].push(line[at]);
  }
  return undefined;
}
