// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what terminals speak in
/** What a terminal sends, as keys, mouse reports and pastes: xterm's control sequences (ECMA-48 grammar, SGR mouse, bracketed paste). */

export type Input =
  /** A named key (`up`, `ctrl-a`, `alt-b`), or a character: its name is empty then. */
  | { readonly kind: 'key'; readonly name: string; readonly text: string }
  /** The left button went down. Rows and columns count from 0. */
  | { readonly kind: 'click'; readonly row: number; readonly column: number }
  | { readonly kind: 'wheel'; readonly row: number; readonly column: number; readonly by: 1 | -1; readonly modified?: true }
  /** Text as it was pasted: lines end in `\n`, and control characters may be among it. */
  | { readonly kind: 'paste'; readonly text: string };

const PASTE = { begin: '\x1b[200~', end: '\x1b[201~' } as const;
/** Characters of a paste that are kept. */
const PASTE_MOST = 65_536;
/** An unfinished sequence longer than this is no sequence. */
const SEQUENCE_MOST = 1024;

const CSI = /\x1b\[([0-?]*)[ -/]*([@-~])/y;
const SS3 = /\x1bO([ -~])/y;
/** The Linux console's function keys, and mouse reports in the old form, whose three bytes would look like keys. */
const ODD = /\x1b\[\[[A-E]|\x1b\[M[\s\S]{3}/y;
/** Answers to questions that somebody else asked: operating system command, device control, application and privacy strings. */
const STRING = /\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)/y;
/** What may still become one of these when more arrives. */
const UNFINISHED = /^\x1b(?:\[(?:\[|M[\s\S]{0,2}|[0-?]*[ -/]*)?|O|[\]P^_X][^\x07\x1b]*\x1b?)?$/;

const FINAL: Readonly<Record<string, string>> = { A: 'up', B: 'down', C: 'right', D: 'left', F: 'end', H: 'home', Z: 'shift-tab' };
const NUMBERED: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
};
const CONTROL: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  '\x7f': 'backspace',
};

/** Cuts what arrives into inputs. A sequence may arrive in pieces: `waiting` tells that one has begun, `flush` that no more of it comes. */
export class InputDecoder {
  #rest = '';
  #paste: string | undefined;

  get waiting(): boolean {
    return this.#rest !== '' || this.pasting;
  }

  get pasting(): boolean {
    return this.#paste !== undefined;
  }

  push(chunk: string): Input[] {
    const text = this.#rest + chunk;
    this.#rest = '';
    const inputs: Input[] = [];
    let at = 0;
    while (at < text.length) {
      if (this.#paste !== undefined) at = this.#pasted(text, at, inputs);
      else if (text.startsWith(PASTE.begin, at)) {
        this.#paste = '';
        at += PASTE.begin.length;
      } else if (text[at] === '\x1b') {
        const next = sequence(text, at, inputs);
        if (next === undefined) {
          this.#rest = text.slice(at);
          break;
        }
        at = next;
      } else {
        const character = String.fromCodePoint(text.codePointAt(at)!);
        inputs.push(...keyOf(character));
        at += character.length;
      }
    }
    return inputs;
  }

  /** After silence: a lone escape is the key, a paste without its end is a paste, and the beginning of anything else is nothing. */
  flush(): Input[] {
    const rest = this.#rest;
    this.#rest = '';
    if (this.#paste !== undefined) {
      const text = this.#paste + rest;
      this.#paste = undefined;
      return [pasteOf(text)];
    }
    if (rest === '\x1b') return [key('escape')];
    return rest.length === 2 ? [key(`alt-${rest[1]}`)] : [];
  }

  /** Takes the paste up to its end. Returns where it goes on. */
  #pasted(text: string, at: number, inputs: Input[]): number {
    const end = text.indexOf(PASTE.end, at);
    if (end >= 0) {
      inputs.push(pasteOf(this.#paste + text.slice(at, end)));
      this.#paste = undefined;
      return end + PASTE.end.length;
    }
    // The end may have begun.
    let stop = text.length;
    for (let length = Math.min(PASTE.end.length - 1, stop - at); length > 0; length--) {
      if (PASTE.end.startsWith(text.slice(stop - length))) {
        stop -= length;
        break;
      }
    }
    this.#paste = (this.#paste + text.slice(at, stop)).slice(0, PASTE_MOST);
    this.#rest = text.slice(stop);
    return text.length;
  }
}

const key = (name: string, text = ''): Input => ({ kind: 'key', name, text });

const pasteOf = (text: string): Input => ({ kind: 'paste', text: text.slice(0, PASTE_MOST).replace(/\r\n?/g, '\n') });

/** The input that begins with an escape at `at`: where it ends, or undefined when it has not ended yet. */
function sequence(text: string, at: number, inputs: Input[]): number | undefined {
  const matches = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const ignored = matches(ODD) ?? matches(STRING);
  if (ignored !== null) return at + ignored[0].length;
  const control = matches(CSI) ?? matches(SS3);
  if (control !== null) {
    const [whole, first = '', final] = control;
    const input = final === undefined ? named(FINAL[first], '') : controlOf(first, final);
    if (input !== undefined) inputs.push(input);
    return at + whole.length;
  }
  if (text.length - at <= SEQUENCE_MOST && UNFINISHED.test(text.slice(at))) return undefined;
  const character = String.fromCodePoint(text.codePointAt(at + 1)!);
  if (character === '\x1b') {
    inputs.push(key('escape'));
    return at + 1;
  }
  inputs.push(...keyOf(character).map(each => key(`alt-${each.kind === 'key' && each.name !== '' ? each.name : character}`)));
  return at + 1 + character.length;
}

/** A control sequence with parameters: a mouse report, or a key with its modifiers. */
function controlOf(parameters: string, final: string): Input | undefined {
  if (parameters.startsWith('<')) return mouse(parameters.slice(1).split(';').map(Number), final);
  const [first = '', modifiers = ''] = parameters.split(';');
  return final === '~' ? named(NUMBERED[first], modifiers) : named(FINAL[final], modifiers);
}

/** Modifiers are a bit set plus 1: shift 1, alt 2, control 4. */
function named(name: string | undefined, modifiers: string): Input | undefined {
  if (name === undefined) return undefined;
  const bits = Math.max(0, Number(modifiers || 1) - 1);
  return key(`${bits & 4 ? 'ctrl-' : ''}${bits & 2 ? 'alt-' : ''}${bits & 1 ? 'shift-' : ''}${name}`);
}

/** SGR mouse report: button, column and row from 1; `M` pressed, `m` released. Bits of the button: 3 which, 4-16 modifiers, 32 motion, 64 wheel. */
function mouse([button = 0, x = 0, y = 0]: readonly number[], final: string): Input | undefined {
  const place = { row: Math.max(0, y - 1), column: Math.max(0, x - 1) };
  const which = button & ~0b11100;
  if (final !== 'M') return undefined;
  if (which === 0) return { kind: 'click', ...place };
  if (which === 64 || which === 65) {
    // Shift is the terminal's own.
    const modified = button & 0b11000 ? ({ modified: true } as const) : {};
    return { kind: 'wheel', ...place, by: which === 64 ? -1 : 1, ...modified };
  }
  return undefined;
}

/** A character, or the key behind a control character. */
function keyOf(character: string): Input[] {
  const name = CONTROL[character];
  if (name !== undefined) return [key(name)];
  if (character === '\0') return [key('ctrl-space')];
  if (character < ' ') return [key(`ctrl-${String.fromCharCode(character.charCodeAt(0) + 0x40).toLowerCase()}`)];
  if (character >= '\x80' && character < '\xa0') return [];
  return [key('', character)];
}
