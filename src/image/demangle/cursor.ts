/** Reading a mangled name from left to right. */

/** Names deeper than a compiler makes are refused rather than followed. */
const DEPTH_LIMIT = 256;

/**
 * What stands for something that was there before doubles a name each time: compilers' names are some times as long as what they are mangled to,
 * and one of a hundred characters can be made to stand for a gigabyte. A pack is read anew for each of its elements.
 */
const MOST_GROWTH = 16;
const SHORT = 1024;
const STEPS_LIMIT = 100_000;

/** The name is not mangled as r14 understands it: it stays as it is. */
export class UnsupportedName extends Error {}

export class MangledCursor {
  protected at = 2;
  private depth = 0;
  private steps = 0;
  private repeated = 0;

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
    if (++this.depth > DEPTH_LIMIT || ++this.steps > STEPS_LIMIT) throw new UnsupportedName();
    const result = read();
    this.depth--;
    return result;
  }

  /** Notes that text which was there before is there again. */
  protected repeat(length: number): void {
    this.repeated += length;
    if (this.repeated > SHORT + MOST_GROWTH * this.input.length) throw new UnsupportedName();
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
