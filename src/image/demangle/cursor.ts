/** Reading a mangled name from left to right. */

/** Names deeper than a compiler makes are refused rather than followed. */
const DEPTH_LIMIT = 256;

/** The name is not mangled as r14 understands it: it stays as it is. */
export class UnsupportedName extends Error {}

export class MangledCursor {
  protected at = 2;
  private depth = 0;

  constructor(protected readonly input: string) {}

  protected peek(text: string): boolean {
    return this.input.startsWith(text, this.at);
  }

  protected eat(text: string): boolean {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  protected need(text: string): void {
    if (!this.eat(text)) throw new UnsupportedName();
  }

  protected nest<T>(read: () => T): T {
    if (++this.depth > DEPTH_LIMIT) throw new UnsupportedName();
    const result = read();
    this.depth--;
    return result;
  }

  protected match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.input)?.[0];
    if (found === undefined) throw new UnsupportedName();
    this.at += found.length;
    return found;
  }

  protected number(): number {
    return Number(this.match(/\d+/y));
  }

  /** `_` is 0, `0_` is 1, in base 36 for substitutions. */
  protected sequence(radix: number): number {
    if (this.eat('_')) return 0;
    const digits = this.match(radix === 36 ? /[0-9A-Z]+/y : /\d+/y);
    this.need('_');
    return Number.parseInt(digits, radix) + 1;
  }
}
