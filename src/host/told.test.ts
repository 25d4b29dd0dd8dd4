import { describe, expect, it } from 'vitest';
import { ownFault, Told, told } from './told.js';

class Own extends Told {}

describe('errors', () => {
  it('that are meant for the user are answers, and no others', () => {
    const meant = new Own('no such file');
    expect(told(meant)).toBe(meant);
    const fault = new TypeError('x is not a function');
    expect(() => told(fault)).toThrow(fault);
  });

  it("of r14's own are one line that says what to send, with a stack only where it is wanted", () => {
    const fault = new TypeError('x is\nnot a function');
    expect(ownFault(fault, false)).toMatch(/^r14 itself is at fault: TypeError: x is not a function\. Please report it .*R14_DEBUG=1.*$/);
    expect(ownFault(fault, true)).toContain('told.test.ts');
    expect(ownFault('text', false)).toContain('Error: text');
  });
});
