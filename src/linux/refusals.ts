import type { Refusal } from './api.js';

/** System calls that were refused or are unknown, each told once with a count. */
export class Refusals {
  private readonly entries = new Map<string, Refusal & { count: number }>();

  add(syscall: string, detail: string, errno: string): void {
    const key = keyOf({ syscall, detail, errno });
    const entry = this.entries.get(key);
    if (entry) entry.count++;
    else if (this.entries.size < 1000) this.entries.set(key, { syscall, detail, errno, count: 1 });
  }

  /** Copies of the entries, in order. */
  save(): Refusal[] {
    return this.list.map(entry => ({ ...entry }));
  }

  restore(saved: readonly Refusal[]): void {
    this.entries.clear();
    for (const entry of saved) this.entries.set(keyOf(entry), { ...entry });
  }

  get list(): readonly Refusal[] {
    return [...this.entries.values()];
  }
}

const keyOf = ({ syscall, detail, errno }: Omit<Refusal, 'count'>): string => `${syscall}\0${detail}\0${errno}`;
