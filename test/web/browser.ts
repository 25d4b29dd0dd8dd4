/** A browser with the page: Debian's Chromium, and a server of files as plain as any. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { output } from '../support/build.js';

/** Milliseconds that anything may take: the machine may be busy. */
export const LONG = Number(process.env.R14_PATIENCE ?? 60_000);

/** A folder with the page of the present sources; it is built once for them. */
export function builtPage(): string {
  const hash = createHash('sha256');
  for (const folder of ['src', 'scripts', 'programs']) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(each => /\.\w+$/.test(each) && !each.includes('.test.'))
      .sort())
      hash.update(`${folder}/${name}`).update(readFileSync(join(folder, name)));
  }
  const folder = join(output, `page-${hash.update(readFileSync('package-lock.json')).digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  // Vite makes another page where tests run: see NODE_ENV.
  execFileSync('npx', ['tsx', 'scripts/web.ts', fresh], { env: { ...process.env, NODE_ENV: 'production' }, stdio: 'pipe' });
  if (existsSync(folder)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, folder);
  return folder;
}

/** The text of a pane, a line a row. */
export const paneText = async (page: Page, name: string): Promise<string> =>
  (await page.locator(`[data-pane=${name}] .row`).allTextContents()).map(row => row.trimEnd()).join('\n');

/** Nothing runs. */
export const still = (page: Page): Promise<unknown> => page.waitForSelector('.machine[data-running=false]', { timeout: LONG });

/** Until the screen's head has that text. */
export const headed = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction(wanted => document.querySelector('.cellhead')?.textContent?.includes(wanted), text, { timeout: LONG });

/** Types a command, and waits until it is done. */
export async function command(page: Page, line: string): Promise<void> {
  await page.locator('.command input').fill(line);
  await page.locator('.command input').press('Enter');
  await page.waitForFunction(text => document.querySelector('[data-pane=console]')?.textContent?.includes(text), `(r14) ${line}`, {
    timeout: LONG,
  });
  await still(page);
}

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

/** Why there is no browser; undefined: there is one. */
export const noBrowser = CHROMIUM === undefined ? 'no chromium: apt-get install chromium' : undefined;

export const launched = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.bin': 'application/octet-stream',
};

export interface Served {
  /** Of the page, with a path in front of it that is not the server's root. */
  readonly url: string;
  /** Bytes sent since the server was asked last. */
  sent(): number;
  close(): Promise<void>;
}

/** Serves a folder below /some/path/, compressed as any server does. */
export async function served(folder: string): Promise<Served> {
  let sent = 0;
  const server: Server = createServer((request, response) => {
    const path = normalize(new URL(request.url!, 'http://localhost').pathname).replace(/^\/some\/path\//, '');
    const file = join(folder, path === '' ? 'index.html' : path);
    if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const packs = /\.(?:js|css|html)$/.test(file);
    const bytes = packs ? gzipSync(readFileSync(file)) : readFileSync(file);
    sent += bytes.length;
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      ...(packs ? { 'content-encoding': 'gzip' } : {}),
      'cache-control': 'no-cache',
    });
    response.end(bytes);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/some/path/`,
    sent: () => {
      const before = sent;
      sent = 0;
      return before;
    },
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A new profile's page, of that size in pixels. What goes wrong in it is thrown by `faults`. */
export async function opened(
  browser: Browser,
  width = 1280,
  height = 800,
): Promise<{ page: Page; context: BrowserContext; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', error => faults.push(String(error)));
  page.on('console', message => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return { page, context, faults };
}
