import type { Refusal } from './api.js';

/** System calls that were refused or are unknown, each told once with a count. */
export class Refusals {
  private readonly entries = new Map<string, { syscall: string; detail: string; errno: string; count: number }>();

  add(syscall: string, detail: string, errno: string): void {
    const key = `${syscall}\0${detail}\0${errno}`;
    const entry = this.entries.get(key);
    if (entry) entry.count++;
    else if (this.entries.size < 1000) this.entries.set(key, { syscall, detail, errno, count: 1 });
  }

  get list(): readonly Refusal[] {
    return [...this.entries.values()];
  }
}
