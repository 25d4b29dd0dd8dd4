/** The page in a browser, as somebody uses it. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, runR14 } from '../support/build.js';
import { builtPage, command, headed, LONG, launched, noBrowser, opened, paneText, type Served, served, still } from './browser.js';

/** What Go's -race builds want of the system. */
const LIBRARIES = ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6'];

const EXAMPLES = JSON.parse(readFileSync('src/web/examples/examples.json', 'utf8')) as readonly { name: string; call: string }[];

/** Reads from its standard input. */
const READS = `#include "textflag.h"

TEXT ·Read(SB), NOSPLIT, $64-8
	XORL AX, AX
	XORL DI, DI
	LEAQ buf-64(SP), SI
	MOVL $64, DX
	SYSCALL
	MOVQ AX, n+0(FP)
	RET
`;

/** What r14 in a terminal says of an example's call. */
function terminalAnswer(name: string, call: string): string {
  const place = mkdtempSync(join(tmpdir(), 'r14-example-'));
  copyFileSync(`src/web/examples/${name}.s`, join(place, 'play.s'));
  copyFileSync(`src/web/examples/${name}.go`, join(place, 'types.go'));
  const { stdout, status } = runR14(['asm', '--batch', join(place, 'play.s'), '--call', call]);
  rmSync(place, { recursive: true });
  expect(status).toBe(0);
  return stdout.toString().trimEnd();
}

describe.skipIf(noBrowser !== undefined)(`the page${noBrowser ? ` (skipped: ${noBrowser})` : ''}`, () => {
  let server: Served;
  let browser: Browser;
  beforeAll(async () => {
    server = await served(builtPage());
    browser = await launched();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const open = async (fragment = '', width?: number, height?: number) => {
    const all = await opened(browser, width, height);
    await all.page.goto(`${server.url}${fragment}`);
    return all;
  };

  it('begins with the crash: space walks, the reader may leave and come back', async () => {
    const { page, context, faults } = await open();
    await page.waitForSelector('[data-pane=code]', { timeout: LONG });
    expect(await page.locator('.prose').textContent()).toContain('race-instrumented code on g0');
    await page.locator('button.main').click();
    await page.waitForFunction(() => document.querySelector('.note')?.textContent?.startsWith('2 of'), undefined, { timeout: LONG });
    await command(page, 'print 6*7');
    expect(await paneText(page, 'console')).toContain('42');
    await command(page, 'stepi 5');
    await page.waitForFunction(() => document.querySelector('.note')?.textContent?.includes('away'), undefined, { timeout: LONG });
    await page.locator('.screen').press('Space');
    await page.waitForFunction(() => document.querySelector('.note')?.textContent?.includes('away') === false, undefined, {
      timeout: LONG,
    });
    expect(faults).toEqual([]);
    await context.close();
  });

  /** The first lesson in a new profile, whose engine waits for `release`. */
  const prepared = async () => {
    const all = await opened(browser);
    let release = (): void => undefined;
    const held = new Promise<void>(done => {
      release = done;
    });
    await all.context.route('**/entry-*.js', route => held.then(() => route.continue()));
    await all.page.goto(server.url);
    await all.page.waitForSelector('.machine[aria-busy=true] [data-pane=code]', { timeout: LONG });
    return { ...all, release };
  };

  it('shows what was prepared until its engine comes, which shows the same: nothing moves', async () => {
    const { page, context, faults, release } = await prepared();
    const shown = () => page.evaluate(() => document.querySelector('main')!.innerHTML.replace(/ aria-busy="\w+"/, ''));
    const before = await shown();
    const shifted = page.evaluate(
      () =>
        new Promise<number>(done => {
          let sum = 0;
          new PerformanceObserver(list => {
            for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
          }).observe({ type: 'layout-shift', buffered: true });
          const looked = new MutationObserver(() => {
            if (document.querySelector('.machine')?.getAttribute('aria-busy') !== 'false') return;
            looked.disconnect();
            setTimeout(() => done(sum), 200);
          });
          looked.observe(document.body, { subtree: true, attributes: true });
        }),
    );
    release();
    await page.waitForSelector('.machine[aria-busy=false]', { timeout: LONG });
    expect(await shown()).toBe(before);
    expect(await shifted).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('does what was asked for before its engine was there', async () => {
    const { page, context, faults, release } = await prepared();
    await page.locator('.screen').press('Space');
    release();
    await page.waitForFunction(() => document.querySelector('.note')?.textContent?.startsWith('2 of'), undefined, { timeout: LONG });
    expect(faults).toEqual([]);
    await context.close();
  });

  const lessons = readdirSync('programs', { withFileTypes: true })
    .filter(entry => entry.isDirectory() && readdirSync(join('programs', entry.name)).includes('lesson.md'))
    .map(entry => entry.name);
  it('walks each lesson to its end, and all that they claim holds', async () => {
    const { page, context, faults } = await open();
    for (const name of lessons) {
      await page.evaluate(hash => {
        location.hash = hash;
      }, `lesson=${name}`);
      await page.waitForFunction(title => document.querySelector('.cellhead')?.textContent?.includes(title), name, { timeout: LONG });
      const walked = await page.evaluate(async () => {
        const wait = (milliseconds: number) => new Promise(done => setTimeout(done, milliseconds));
        const main = () => document.querySelector<HTMLButtonElement>('button.main')!;
        const note = () => document.querySelector('.note')!.textContent;
        for (let steps = 0; steps < 200; steps++) {
          for (let tries = 0; document.querySelector('.machine')!.getAttribute('data-running') !== 'false' && tries < 6000; tries++)
            await wait(10);
          if (main().disabled) break;
          const before = `${note()} ${document.querySelector('.prose')!.textContent!.length}`;
          const leave = [...document.querySelectorAll<HTMLButtonElement>('nav button')].find(each => each.textContent === 'leave it');
          (leave ?? main()).click();
          for (let tries = 0; `${note()} ${document.querySelector('.prose')!.textContent!.length}` === before && tries < 3000; tries++)
            await wait(10);
        }
        return document.querySelector('.prose')!.textContent!;
      });
      expect(walked, name).toContain('The lesson is over.');
      expect(walked, name).not.toContain('✗');
    }
    expect(faults).toEqual([]);
    await context.close();
  }, 300_000);

  it('assembles as one types, says what is wrong where it stands, and calls what is asked for', async () => {
    const { page, context, faults } = await open('#play');
    const editor = page.locator('.editor.source .cm-content');
    const wrong = page.locator('.problems li');
    await editor.waitFor({ timeout: LONG });
    await page.locator('[aria-label=examples] option').nth(1).waitFor({ state: 'attached', timeout: LONG });
    for (const { name, call } of EXAMPLES) {
      await page.locator('[aria-label=examples]').selectOption(name);
      await page.waitForFunction(text => document.querySelector<HTMLInputElement>('.calls input')?.value === text, call);
      await page.locator('.asks button.main').click();
      await page.waitForSelector('.machine[data-running=false] [data-pane=code]', { timeout: LONG });
      await page.waitForFunction(text => document.querySelector('.cellhead')?.textContent?.includes(`main.${text}`), call.split('(')[0]!, {
        timeout: LONG,
      });
      await command(page, 'continue');
      await headed(page, 'exited');
      const answer = terminalAnswer(name, call).split('\n').at(-1)!;
      expect(await paneText(page, 'console'), name).toContain(answer);
    }
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('MOVQ AXX, BX\n');
    await wrong.first().waitFor({ timeout: LONG });
    const lines = (await editor.locator('.cm-line').allTextContents()).findIndex(line => line.includes('AXX')) + 1;
    expect(await wrong.allTextContents()).toEqual([`play.s:${lines}:6: AXX is not a register or a constant`]);
    expect(await editor.locator('.cm-lintRange-error').allTextContents()).toEqual(['AXX']);
    await page.locator('[aria-label=examples]').selectOption('abi0');
    await wrong.first().waitFor({ state: 'detached', timeout: LONG });
    await page.locator('.calls input').fill('Nowhere(1)');
    await wrong.first().waitFor({ timeout: LONG });
    expect(await wrong.first().textContent()).toMatch(/^call: .*Nowhere/);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('a link leads a new profile, and a terminal, to the same screen', async () => {
    const one = await open('#lesson=closures');
    const { page } = one;
    await page.waitForSelector('[data-pane=code]', { timeout: LONG });
    const at = () => page.locator('.note').textContent();
    for (let step = 2; step < 5; step++) {
      const before = await at();
      await page.locator('button.main').click();
      await page.waitForFunction(text => document.querySelector('.note')?.textContent !== text, before, { timeout: LONG });
      await still(page);
    }
    await command(page, 'stepi 7');
    await command(page, 'config disassemble-flavor intel');
    await page.locator('.screen').press('5');
    await page.getByRole('button', { name: 'Share' }).click();
    const link = await page.locator('.link input').inputValue();
    const shown = async (there: Page) => ({
      head: await there.locator('.cellhead').textContent(),
      note: await there.locator('.note').textContent(),
      focused: await there.locator('.pane.focused').getAttribute('data-pane'),
      ...Object.fromEntries(
        await Promise.all(['code', 'registers', 'backtrace', 'memory'].map(async name => [name, await paneText(there, name)])),
      ),
    });
    const here = await shown(page);
    const other = await opened(browser);
    await other.page.goto(link);
    await other.page.waitForFunction(head => document.querySelector('.cellhead')?.textContent === head, here.head, { timeout: LONG });
    await still(other.page);
    expect(await shown(other.page)).toEqual(here);
    await other.context.close();

    // The playground's texts are in the link too.
    await page.goto(`${server.url}#play`);
    await page.locator('[aria-label=examples] option').nth(1).waitFor({ state: 'attached', timeout: LONG });
    await page.locator('[aria-label=examples]').selectOption('internal');
    await page.waitForFunction(() => document.querySelector('.editor.source')?.textContent?.includes('ABIInternal'), undefined, {
      timeout: LONG,
    });
    await page.locator('.asks button.main').click();
    await headed(page, 'main.Weight');
    await command(page, 'stepi 3');
    await page.getByRole('button', { name: 'Share' }).click();
    const playground = await page.locator('.link input').inputValue();
    const rip = (await paneText(page, 'code')).split('\n').find(row => row.includes('=>'))!;
    const { stdout } = runR14(['open', '--batch', playground, '-ex', 'print/x $rip']);
    expect(rip).toContain(stdout.toString().trimEnd().split('\n').at(-1)!.split(' ').at(-1)!);

    // And so is what the program has read: whoever opens the link is not asked for it again.
    await page.getByRole('button', { name: 'close' }).click();
    await page.locator('.editor.source .cm-content').fill(READS);
    await page.locator('.editor.types .cm-content').fill('package main\n\nfunc Read() (n int)\n');
    await page.locator('.calls input').fill('Read()');
    await page.waitForFunction(() => document.querySelectorAll('.problems li').length === 0);
    await page.locator('.asks button.main').click();
    await headed(page, 'main.Read');
    await page.locator('.screen').press('c');
    const line = page.locator('[aria-label="input for the program"]');
    await line.fill('typed here');
    await line.press('Enter');
    await headed(page, 'exited');
    expect(await paneText(page, 'console')).toContain('n: 11');
    await page.getByRole('button', { name: 'Share' }).click();
    const reading = await page.locator('.link input').inputValue();
    expect(await page.locator('.link').textContent()).toContain('with what the program has read');
    expect(runR14(['open', '--batch', reading]).stdout.toString()).toContain('n: 11');
    const reader = await opened(browser);
    await reader.page.goto(reading);
    await headed(reader.page, 'exited');
    expect(await paneText(reader.page, 'console')).toContain('n: 11');
    await reader.context.close();

    // The other way: what a terminal's program was given.
    const words = ['-ex', 'x/1gd $rsp', '-ex', 'share', '--', 'one', 'two'];
    const [count, shared] = runR14(['exec', '--batch', '--seed', '5', 'closures', ...words])
      .stdout.toString()
      .trimEnd()
      .split('\n');
    expect(count).toMatch(/^0x[0-9a-f]+:\t3$/);
    await page.goto('about:blank');
    await page.goto(`${server.url}${shared!.slice(shared!.indexOf('#'))}`);
    await page.waitForSelector('.machine[aria-busy=false] [data-pane=console]', { timeout: LONG });
    expect(await paneText(page, 'console')).toContain(count!.replace('\t', '  '));
    expect(one.faults).toEqual([]);
    await one.context.close();
  });

  it('a link that was cut says so', async () => {
    const { page, context, faults } = await open('#r14=1.500.eJx');
    await page.waitForSelector('.problem', { timeout: LONG });
    expect(await page.locator('.problem').textContent()).toBe('this link was cut: it has 3 of 500 characters; copy all of it');
    expect(faults).toEqual([]);
    await context.close();
  });

  const noC = missing('gcc');
  it.skipIf(noC)(`a link asks for its program, and takes no other${noC ? ` (skipped: ${noC})` : ''}`, async () => {
    const program = buildC('loop', { static: true, flags: ['-O2'] });
    const { stdout } = runR14(['exec', '--batch', program, '-ex', 'break main', '-ex', 'continue', '-ex', 'share']);
    const link = stdout.toString().trimEnd();
    const { page, context, faults } = await open(link.slice(link.lastIndexOf('#')));
    await page.waitForSelector('.opening', { timeout: LONG });
    expect(await page.locator('.opening h2').textContent()).toContain(`Drop ${basename(program)} here`);
    await page.locator('.opening input').setInputFiles(buildC('hello', { static: true }));
    await page.waitForSelector('.problem', { timeout: LONG });
    expect(await page.locator('.problem').textContent()).toContain(`is not the ${basename(program)} of the link`);
    await page.locator('.opening input').setInputFiles(program);
    await headed(page, 'in main');
    expect(faults).toEqual([]);
    await context.close();
  });

  const noGo = missing('go1.26');
  it.skipIf(noGo)(`a real crash is dropped in, and its frames are read${noGo ? ` (skipped: ${noGo})` : ''}`, async () => {
    const { page, context, faults } = await open('#open');
    const program = buildGo('crash', { race: true, variant: 'injected' });
    await page.locator('.opening input[type=file]').setInputFiles(program);
    await page.waitForSelector('.problem');
    expect(await page.locator('.problem').textContent()).toMatch(/is dynamic and wants \/lib64\/ld-linux-x86-64\.so\.2, libc\.so\.6/);
    await page
      .locator('.bar input[type=file]')
      .setInputFiles(LIBRARIES.map(path => ({ name: basename(path), mimeType: 'application/octet-stream', buffer: readFileSync(path) })));
    await page.waitForSelector('[data-pane=code]', { timeout: LONG });
    await command(page, 'continue');
    await page.waitForFunction(() => document.querySelector('.told')?.textContent?.includes('SIGSEGV'), undefined, { timeout: LONG });
    expect(await paneText(page, 'console')).toContain('again: Share makes a link that comes here');
    // A saved run is a download, with which a terminal comes to the same place.
    const coming = page.waitForEvent('download');
    await command(page, 'save run.r14');
    const saved = join(mkdtempSync(join(tmpdir(), 'r14-saved-')), 'run.r14');
    await (await coming).saveAs(saved);
    const replayed = runR14(['replay', '--batch', saved, '-ex', 'bt']);
    rmSync(dirname(saved), { recursive: true });
    expect(replayed.stdout.toString()).toContain('in __tsan_func_enter (thr=0x0');
    await page.keyboard.press('Escape');
    await page.locator('.screen').press('3');
    await page.locator('.screen').press('z');
    await page.waitForFunction(() => document.querySelectorAll('.pane').length <= 3);
    const frames = (await paneText(page, 'backtrace')).split('\n').filter(row => /^[ ►*]*\d+ /.test(row));
    expect(frames.length).toBe(14);
    expect(faults).toEqual([]);
    await context.close();
  });
});
