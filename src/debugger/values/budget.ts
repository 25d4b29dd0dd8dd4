/** What printing one value may cost, however its parts lie in each other: limits of each kind multiply. */
export class PrintBudget {
  /** Values that may still be printed: twice what a user may cut out. */
  #values = 1 << 17;
  /** Characters that may still be made, those of types and names among them. */
  #characters = 1 << 22;

  /** True when nothing is left: what has not been printed is told by number. */
  get spent(): boolean {
    return this.#values <= 0 || this.#characters <= 0;
  }

  /** Begins with another value. False when it is not to be printed. */
  take(): boolean {
    this.#values--;
    return !this.spent;
  }

  /** The text of a value, which has been made. */
  made(text: string): string {
    this.#characters -= text.length;
    return text;
  }
}

/** What stands for a value that is left out. */
export const LEFT_OUT = '...';
