/** A browser with the page: Debian's Chromium, and a server of files as plain as any. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

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
