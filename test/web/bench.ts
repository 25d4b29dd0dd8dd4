/** The page's figures beside those of an empty React page and of the terminal, in Chromium: `npm run bench:page [-- ROUNDS]`. Medians, as ratios. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build as makePage } from 'vite';
import { openTerminal } from '../../scripts/terminal.js';
import { median, printTable, r14, rounds, time } from '../bench/timing.js';
import { buildGo } from '../support/build.js';
import { builtPage, LONG, launched, noBrowser, opened, served } from './browser.js';

interface PageRow {
  readonly what: string;
  readonly figure: string;
  readonly promised: string;
}

const LIBRARIES = ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6'];
const STEPS = 20;
/** A lesson to step through. */
const STEPPED = 'closures';

/** A page with nothing but a word that React has put there, built as r14's. */
async function emptyPage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'r14-empty-'));
  const packages = createRequire(import.meta.url);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><div id="page"></div><script type="module" src="./main.js"></script>');
  writeFileSync(
    join(folder, 'main.js'),
    `import { createElement } from '${packages.resolve('react')}'; import { createRoot } from '${packages.resolve('react-dom/client')}';
     createRoot(document.getElementById('page')).render(createElement('p', { className: 'there' }, 'nothing'));`,
  );
  await makePage({ configFile: false, root: folder, base: './', logLevel: 'error', mode: 'production', build: { outDir: 'out' } });
  return folder;
}

/** Milliseconds from a new profile's navigation to an element of the page. */
async function arrival(browser: Browser, url: string, selector: string): Promise<number> {
  const { page, context } = await opened(browser);
  const begun = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForSelector(selector, { timeout: LONG });
  const took = performance.now() - begun;
  await context.close();
  return took;
}

type Terminal = ReturnType<typeof openTerminal>;

/** What `timed` finds on a terminal's screen where r14 runs, of the page's size. */
async function onTerminal<T>(
  args: readonly string[],
  timed: (terminal: Terminal, shows: (wanted: RegExp) => Promise<void>) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'r14-'));
  const terminal = openTerminal(155, 40, process.execPath, [r14, ...args], home);
  const result = await timed(terminal, async wanted => {
    while (!wanted.test(terminal.text())) await new Promise(setImmediate);
  });
  terminal.close();
  rmSync(home, { recursive: true, force: true });
  return result;
}

/** Milliseconds from a key to the screen after a step, for some steps of the lesson that the page steps through. */
const terminalSteps = (): Promise<number[]> =>
  onTerminal(['lesson', STEPPED], async terminal => {
    await terminal.settles(/registers/);
    const head = (): string => terminal.text().split('\n', 1)[0]!;
    const took: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const before = head();
      const begun = performance.now();
      terminal.type('s');
      while (head() === before) await new Promise(setImmediate);
      took.push(performance.now() - begun);
      await new Promise(done => setTimeout(done, 50));
    }
    return took;
  });

/** Milliseconds from the command to the screen with the crash, for which the reader presses what the page's does. */
async function terminalCrash(program: string): Promise<number> {
  const begun = performance.now();
  return onTerminal(['exec', program], async (terminal, shows) => {
    await shows(/─1 code/);
    terminal.type('c');
    await shows(/SIGSEGV/);
    return performance.now() - begun;
  });
}

const ratio = (own: number, other: number): string => `${(own / other).toFixed(2)} times (${own.toFixed(0)} and ${other.toFixed(0)} ms)`;

async function pageRows(): Promise<readonly PageRow[]> {
  const empty = await emptyPage();
  const [server, other] = [await served(builtPage()), await served(join(empty, 'out'))];
  const browser = await launched();
  const rows: PageRow[] = [];
  try {
    const own: number[] = [];
    const live: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      theirs.push(await arrival(browser, other.url, '.there'));
      own.push(await arrival(browser, server.url, '[data-pane=code]'));
      live.push(await arrival(browser, server.url, '.machine[aria-busy=false]'));
    }
    rows.push({
      what: 'first lesson on the screen, beside an empty React page',
      figure: ratio(median(own), median(theirs)),
      promised: '<= 4 times',
    });
    rows.push({ what: 'the engine behind it answers', figure: ratio(median(live), median(theirs)), promised: '' });

    server.sent();
    const blocked = await browser.newContext({ serviceWorkers: 'block' });
    const first = await blocked.newPage();
    await first.goto(server.url);
    await first.waitForSelector('.machine[aria-busy=false]', { timeout: LONG });
    rows.push({ what: 'transferred for it, compressed', figure: `${(server.sent() / 1e6).toFixed(2)} MB`, promised: '<= 2.5 MB' });
    await blocked.close();

    const crash = buildGo('crash', { race: true });
    const terminal = time(process.execPath, [r14, 'exec', '--batch', '-ex', 'continue', crash]).seconds * 1000;
    const files = [crash, ...LIBRARIES].map(path => ({
      name: basename(path),
      mimeType: 'application/octet-stream',
      buffer: readFileSync(path),
    }));
    const { page, context } = await opened(browser);
    // tsx gives functions their names by this one.
    await context.addInitScript('globalThis.__name = named => named');
    await page.goto(`${server.url}#open`);
    const reached: number[] = [];
    const screened: number[] = [];
    for (let round = 0; round < rounds; round++) {
      screened.push(await terminalCrash(crash));
      await page.reload();
      await page.waitForSelector('.opening', { timeout: LONG });
      await page.waitForFunction(() => document.querySelectorAll('.bar option').length > 5, undefined, { timeout: LONG });
      // The browser has the files before the clock runs, as the disk has the terminal's.
      await page.evaluate(() => {
        const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'given' });
        document.body.append(input);
      });
      await page.locator('#given').setInputFiles(files);
      reached.push(
        await page.evaluate(async () => {
          const frames = async (until: () => boolean | undefined): Promise<void> => {
            while (!until()) await new Promise(done => requestAnimationFrame(done));
          };
          const { files } = document.querySelector<HTMLInputElement>('#given')!;
          const drop = new Event('drop', { cancelable: true });
          Object.defineProperty(drop, 'dataTransfer', { value: { files } });
          const begun = performance.now();
          dispatchEvent(drop);
          await frames(() => document.querySelector('[data-pane=code]') !== null);
          document.querySelector('.screen')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'c', bubbles: true }));
          await frames(() => document.querySelector('.told')!.textContent!.includes('SIGSEGV'));
          return performance.now() - begun;
        }),
      );
    }
    rows.push({
      what: "the crash from the dropped file, beside the terminal's screen",
      figure: ratio(median(reached), median(screened)),
      promised: '<= 1.5 times',
    });
    rows.push({ what: 'the same beside r14 exec --batch, which draws no screen', figure: ratio(median(reached), terminal), promised: '' });

    await page.goto(`${server.url}#lesson=${STEPPED}`);
    await page.waitForSelector('[data-pane=code]', { timeout: LONG });
    const steps: number[] = await page.evaluate(async count => {
      const head = () => document.querySelector('.cellhead .row')?.textContent;
      const took: number[] = [];
      for (let step = 0; step < count; step++) {
        const before = head();
        const begun = performance.now();
        [...document.querySelectorAll('button')].find(each => each.textContent === 'Step')!.click();
        while (head() === before) await new Promise(done => requestAnimationFrame(done));
        took.push(performance.now() - begun);
        await new Promise(done => setTimeout(done, 50));
      }
      return took;
    }, STEPS);
    rows.push({
      what: "a step painted, beside the terminal's",
      figure: ratio(median(steps), median(await terminalSteps())),
      promised: '<= 2 times',
    });

    await page.goto(`${server.url}#play`);
    await page.locator('[aria-label=examples] option').nth(1).waitFor({ state: 'attached', timeout: LONG });
    await page.locator('.editor.source .cm-content').fill('TEXT ·Loop(SB), 4, $0-0\nloop:\n\tINCQ AX\n\tJMP loop\n');
    await page.locator('.editor.types .cm-content').fill('package main\nfunc Loop()\n');
    await page.locator('.calls input').fill('Loop()');
    await page.locator('.asks button.main').click();
    await page.waitForFunction(() => document.querySelector('.cellhead')?.textContent?.includes('main.Loop'), undefined, { timeout: LONG });
    const stopped: number[] = [];
    let frames = 0;
    for (let round = 0; round < rounds; round++) {
      await page.locator('.screen').press('c');
      await page.waitForFunction(() => document.querySelector('.cellhead')?.textContent?.includes('M/s'), undefined, { timeout: LONG });
      const seen = await page.evaluate(async () => {
        let count = 0;
        const until = performance.now() + 1000;
        while (performance.now() < until) {
          await new Promise(done => requestAnimationFrame(done));
          count++;
        }
        const begun = performance.now();
        document.querySelector<HTMLButtonElement>('button.stop')!.click();
        while (document.querySelector('.machine')!.getAttribute('data-running') !== 'false') await new Promise(done => setTimeout(done, 1));
        return { count, took: performance.now() - begun };
      });
      frames = Math.max(frames, seen.count);
      stopped.push(seen.took);
    }
    rows.push({ what: 'Stop of a loop answers', figure: `${median(stopped).toFixed(0)} ms`, promised: '<= 100 ms' });
    rows.push({ what: 'frames in a second while it runs', figure: `${frames}`, promised: '60' });
    await context.close();
    return rows;
  } finally {
    await browser.close();
    await server.close();
    await other.close();
    rmSync(empty, { recursive: true });
  }
}

if (noBrowser !== undefined) throw new Error(noBrowser);
execFileSync('npx', ['tsx', 'scripts/build.ts'], { stdio: 'inherit' });
printTable([['', 'the page', 'promised'], ...(await pageRows()).map(({ what, figure, promised }) => [what, figure, promised])]);
