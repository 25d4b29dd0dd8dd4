/**
 * What may differ between two honest runs of one program, and nothing more. Each masker names one reason.
 */
export type Masker = (text: string) => string;

/** Heap and stack addresses: seven digits and more. Code of our small programs, which must agree, lies below. */
export const addresses: Masker = text => text.replace(/\b0x0*[0-9a-f]{7,}\b/g, '0xADDR');

/** Values that a traceback marks as possibly stale (`0x1?`): what was left in a register or spill slot. */
const staleValues: Masker = text => text.replace(/\b0x[0-9a-fA-F]+\?/g, '0xSTALE');

/** Goroutine numbers: each M takes ids in batches, so they depend on which thread started a goroutine. */
const goroutineNumbers: Masker = text => text.replace(/\b([Gg]oroutine) \d+\b/g, '$1 N');

/** Number and state of the M that died, and the addresses of g and m on the same line. */
const machine: Masker = text =>
  text
    .replace(/\bm=\d+\b/g, 'm=M')
    .replace(/\bmp=\S+/g, 'mp=M')
    .replace(/\bgp=\S+/g, 'gp=G');

/** The register dump of a fatal signal. */
const registerDump: Masker = text => text.replace(/^(r[a-z0-9]{1,2}|rflags|cs|fs|gs|eflags) +0x[0-9a-f]+$/gm, '$1 0xREG');

/** What the race detector says of a goroutine's life: it may have ended between access and report. */
const racingLife: Masker = text => text.replace(/\((running|finished)\) created/g, '(LIFE) created');

/** What a fatal signal or error tells of goroutines besides the one that runs: how far the runtime's own have come by then. */
const otherGoroutines: Masker = text =>
  /^(PC=|\[signal |fatal error: (?!all goroutines are asleep))/m.test(text)
    ? text.replace(/\n\ngoroutine (?!\d+ (gp=\S+ m=\S+ (mp=\S+ )?)?\[running)[\s\S]*?(?=\n\n|\n?$(?![\s\S]))/g, '')
    : text;

const compose =
  (...maskers: Masker[]): Masker =>
  text =>
    maskers.reduce((masked, masker) => masker(masked), text);

/** For stderr of a Go program that panicked or died of a signal. */
export const traceback = compose(otherGoroutines, registerDump, machine, staleValues, addresses, goroutineNumbers);

/** For stderr of a program built with -race. */
export const raceReport = compose(traceback, racingLife);
