/** The page at its edges: bad input, small and large windows, without network, storage, memory; and what those need who do not see it. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { output } from '../support/build.js';
import { builtPage, command, headed, LONG, launched, noBrowser, opened, paneText, type Served, served, still } from './browser.js';

/** Pictures to be looked at. */
const PICTURES = join(output, 'page-pictures');

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe-core calls serious or worse. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
    return (await axe.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const LOOP = `#include "textflag.h"

TEXT ·Loop(SB), NOSPLIT, $0-0
loop:
	INCQ AX
	JMP loop
`;
const GREEDY = `#include "textflag.h"

TEXT ·Greedy(SB), NOSPLIT, $0-0
	MOVQ $9, AX
	XORL DI, DI
	MOVQ $0x100000000, SI
	MOVQ $3, DX
	MOVQ $0x4022, R10
	MOVQ $-1, R8
	XORL R9, R9
	SYSCALL
loop:
	MOVB $1, (AX)
	ADDQ $4096, AX
	JMP loop
`;

describe.skipIf(noBrowser !== undefined)(`the page at its edges${noBrowser ? ` (skipped: ${noBrowser})` : ''}`, () => {
  let server: Served;
  let browser: Browser;
  beforeAll(async () => {
    server = await served(builtPage());
    browser = await launched();
    mkdirSync(PICTURES, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const open = async (fragment = '', width?: number, height?: number, prepare?: (context: BrowserContext) => Promise<unknown>) => {
    const all = await opened(browser, width, height);
    await prepare?.(all.context);
    await all.page.goto(`${server.url}${fragment}`);
    return all;
  };
  const problem = async (page: Page): Promise<string> => {
    await page.waitForSelector('.problem', { timeout: LONG });
    return (await page.locator('.problem').textContent())!;
  };

  it.each([360, 390, 1280, 1920, 2560])('has room for all that it shows at %i pixels', async width => {
    const { page, context, faults } = await open('', width, width < 1000 ? 844 : 900);
    await page.waitForSelector('[data-pane=code]', { timeout: LONG });
    await page.locator('button.main').click();
    await page.waitForFunction(() => document.querySelector('.note')?.textContent?.startsWith('2 of'), undefined, { timeout: LONG });
    await still(page);
    const sizes = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const screen = document.querySelector('.screen')!;
      return { page: scrollWidth - clientWidth, screen: screen.scrollWidth - screen.clientWidth };
    });
    expect(sizes).toEqual({ page: 0, screen: 0 });
    expect(await page.locator('.cellhead').textContent()).toContain('newproc-race');
    writeFileSync(join(PICTURES, `crash-${width}.png`), await page.screenshot());
    expect(faults).toEqual([]);
    await context.close();
  });

  it('has no serious finding of axe-core, dark and light', async () => {
    for (const ground of ['dark', 'light'] as const) {
      const { page, context } = await open('');
      await page.emulateMedia({ colorScheme: ground });
      await page.reload();
      await page.waitForSelector('[data-pane=code]', { timeout: LONG });
      await command(page, 'continue');
      expect(await page.locator('.app').getAttribute('data-theme')).toBe(ground);
      expect(await findings(page), ground).toEqual([]);
      // Who cannot see what has changed is told.
      expect(await page.locator('[role=status].told').textContent()).not.toBe('');
      await page.evaluate(() => {
        location.hash = 'play';
      });
      await page.waitForSelector('.editor.source .cm-content', { timeout: LONG });
      expect(await findings(page), `playground, ${ground}`).toEqual([]);
      writeFileSync(join(PICTURES, `playground-${ground}.png`), await page.screenshot());
      await context.close();
    }
  });

  it('works without a network once it was there', async () => {
    const { page, context, faults } = await open('');
    await page.waitForSelector('[data-pane=code]', { timeout: LONG });
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      for (let tries = 0; tries < 600 && (await caches.keys()).length === 0; tries++) await new Promise(done => setTimeout(done, 100));
    });
    await context.setOffline(true);
    await page.reload();
    await page.waitForSelector('[data-pane=code]', { timeout: LONG });
    await page.evaluate(() => {
      location.hash = 'play';
    });
    await page.waitForSelector('.editor.source .cm-content', { timeout: LONG });
    expect(faults.filter(fault => !fault.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([]);
    await context.close();
  });

  it('embedded, shows the lesson and the screen alone', async () => {
    const { page, context } = await open('?embed#lesson=closures');
    await headed(page, 'closures');
    expect(await page.locator('.bar select').count()).toBe(0);
    expect(await page.locator('.prose').textContent()).not.toBe('');
    await context.close();
  });

  it('stops what loops, and what eats its memory ends; the page lives', async () => {
    const { page, context, faults } = await open('#play');
    const type = async (source: string, call: string): Promise<void> => {
      await page.locator('.editor.source .cm-content').fill(source);
      await page.locator('.editor.types .cm-content').fill(`package main\n\nfunc ${call}\n`);
      await page.locator('.calls input').fill(call);
      await page.waitForFunction(() => document.querySelectorAll('.problems li').length === 0);
      await page.locator('.asks button.main').click();
      await headed(page, call.split('(')[0]!);
      await still(page);
    };
    await page.waitForSelector('.editor.source .cm-content', { timeout: LONG });
    await page.locator('[aria-label=examples] option').nth(1).waitFor({ state: 'attached', timeout: LONG });
    await type(LOOP, 'Loop()');
    await page.locator('.command input').fill('continue');
    await page.locator('.command input').press('Enter');
    await page.waitForSelector('.machine[data-running=true]', { timeout: LONG });
    // It runs, and the page can be used meanwhile.
    await page.waitForFunction(() => document.querySelector('.cellhead')?.textContent?.includes('M/s'), undefined, { timeout: LONG });
    const said = page.evaluate(
      () =>
        new Promise<string>(done => {
          const told = document.querySelector('.told')!;
          new MutationObserver(() => done(told.textContent!)).observe(told, { childList: true, characterData: true, subtree: true });
        }),
    );
    await page.locator('button.stop').click();
    expect(await said).toBe('stopping');
    await still(page);
    expect(await page.locator('.cellhead').textContent()).toContain('interrupted');
    await type(GREEDY, 'Greedy()');
    await command(page, 'continue');
    // The line may be answered before the machine has begun.
    await page.waitForFunction(() => document.querySelector('.cellhead')?.textContent?.includes('memory'), undefined, { timeout: LONG });
    await command(page, 'print 6*7');
    expect(await paneText(page, 'console')).toContain('42');
    expect(faults).toEqual([]);
    await context.close();
  });

  it('says what is wrong with files and texts, and loses nothing', async () => {
    const { page, context, faults } = await open();
    const choose = (name: string, buffer: Buffer) =>
      page.locator('.bar input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
    await page.waitForSelector('.machine[aria-busy=false] [data-pane=code]', { timeout: LONG });
    await command(page, 'stepi 3');
    const head = await page.locator('.cellhead').textContent();
    await choose('notes.txt', Buffer.from('not a program'));
    expect(await problem(page)).toMatch(/notes\.txt.*ELF/);
    // What was open still is, and goes on.
    expect(await page.locator('.cellhead').textContent()).toBe(head);
    await command(page, 'print 6*7');
    expect(await paneText(page, 'console')).toContain('42');
    await page.goto(`${server.url}#open`);
    await page.reload();
    await choose('notes.txt', Buffer.from('not a program'));
    expect(await problem(page)).toMatch(/notes\.txt.*ELF/);
    await page.waitForSelector('.opening');
    // A program that waits for its libraries may go meanwhile.
    const folder = mkdtempSync(join(tmpdir(), 'r14-gone-'));
    copyFileSync('/bin/true', join(folder, 'gone'));
    await page.locator('.bar input[type=file]').setInputFiles(join(folder, 'gone'));
    await page.waitForFunction(() => document.querySelector('.problem')?.textContent?.includes('gone is dynamic'), undefined, {
      timeout: LONG,
    });
    rmSync(folder, { recursive: true });
    await choose('libc.so.6', Buffer.from('a library'));
    await page.waitForFunction(() => document.querySelector('.problem')?.textContent?.includes('gone cannot be read'), undefined, {
      timeout: LONG,
    });
    // A size is enough: what is refused for it is not read.
    await page.evaluate(() => {
      const files = [new File(['x'], 'large')];
      Object.defineProperty(files[0], 'size', { value: 101 * 2 ** 20 });
      const transfer = { files } as unknown as DataTransfer;
      const drop = new Event('drop', { cancelable: true });
      Object.defineProperty(drop, 'dataTransfer', { value: transfer });
      dispatchEvent(drop);
    });
    await page.waitForFunction(() => document.querySelector('.problem')?.textContent?.includes('100 MB'));
    await page.goto(`${server.url}#play`);
    await page.reload();
    const editor = page.locator('.editor.source .cm-content');
    await editor.waitFor({ timeout: LONG });
    await page.locator('[aria-label=examples] option').nth(1).waitFor({ state: 'attached', timeout: LONG });
    await editor.click();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData('text/plain', 'NOP\n'.repeat(2_500_000));
      document
        .querySelector('.editor.source .cm-content')!
        .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await page.waitForFunction(() => document.querySelector('.problems')?.textContent?.includes('longer than'), undefined, {
      timeout: LONG,
    });
    await page.locator('[aria-label=examples]').selectOption('abi0');
    await page.waitForFunction(() => document.querySelectorAll('.problems li').length === 0, undefined, { timeout: LONG });
    expect(faults).toEqual([]);
    await context.close();
  });

  /** Has the worker begin with a text in front of it. */
  const worker = (text: string) => (context: BrowserContext) =>
    context.route('**/entry-*.js', route =>
      route.fulfill({
        contentType: 'text/javascript',
        body: `${text}\n${readFileSync(join(builtPage(), 'assets', basename(new URL(route.request().url()).pathname)), 'utf8')}`,
      }),
    );

  it('says what a browser lacks, and asks for less where it gives less', async () => {
    const without = await open('', 1280, 800, worker('WebAssembly.validate = () => false;'));
    expect(await problem(without.page)).toMatch(/no WebAssembly SIMD/);
    await without.context.close();

    const half = `const { Memory } = WebAssembly; WebAssembly.Memory = function (wanted) {
      if (wanted.initial > 4096) throw new RangeError('could not allocate memory'); return new Memory(wanted); };`;
    const small = await open('', 1280, 800, async context => {
      await worker(half)(context);
      await context.addInitScript(() => {
        Object.defineProperty(globalThis, 'localStorage', {
          get: () => {
            throw new DOMException('refused', 'SecurityError');
          },
        });
      });
    });
    await small.page.waitForSelector('[data-pane=code]', { timeout: LONG });
    await small.page.getByRole('button', { name: /^(?:light|dark)$/ }).click();
    expect(small.faults).toEqual([]);
    await small.context.close();

    const offline = await opened(browser);
    await offline.context.route('**/r14-*.bin', route => route.abort());
    await offline.page.goto(server.url);
    expect(await problem(offline.page)).toMatch(/r14 cannot start here/);
    await offline.context.close();
  });
});
