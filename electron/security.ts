import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { app, protocol, session, shell, type WebContents } from 'electron';
import { isTracePath, traceAudio } from './trace-audio.ts';

/** What the page may do: nothing but show itself and use the microphone. docs/security.md says against what. */

export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://sidetone`;

/** `nonce`: of this load, for the style element that the drawing of waveforms puts into its own shadow tree. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Hosts that "Learn more" may lead to. */
const LINK_HOSTS = new Set(['github.com', 'huggingface.co', 'www.rfc-editor.org', 'docs.asterisk.org']);

/** Before the app is ready: the page's scheme is as good as https, so that it may use the microphone. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ]);
}

/**
 * Serves the built page under the content security policy, and audio of traces: of `folder` and of the folder of
 * traces, nothing outside of them.
 */
export function servePage(folder: string, tracesDir: () => string | null): void {
  protocol.handle(SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    const traces = tracesDir();
    if (host !== 'sidetone') return notFound();
    if (traces !== null && isTracePath(pathname))
      return traceAudio(traces, pathname, request.headers.get('range'));
    return pageFile(folder, pathname === '/' ? '/index.html' : pathname);
  });
}

async function pageFile(folder: string, pathname: string): Promise<Response> {
  const wanted = path.join(folder, decodeURIComponent(pathname));
  const type = TYPES[path.extname(wanted)];
  if (!wanted.startsWith(folder + path.sep) || type === undefined) return notFound();
  const content = await readFile(wanted).catch(() => null);
  if (!content) return notFound();
  const nonce = randomBytes(16).toString('base64');
  return new Response(wanted.endsWith('.html') ? withNonce(content, nonce) : new Uint8Array(content), {
    headers: {
      'content-type': type,
      'content-security-policy': policy(nonce),
      'x-content-type-options': 'nosniff',
    },
  });
}

function notFound(): Response {
  return new Response('not found', { status: 404 });
}

/** The page learns the nonce of its load; who could read it there runs in the page already. */
function withNonce(html: Buffer, nonce: string): string {
  return html.toString().replace('<head>', `<head><meta name="style-nonce" content="${nonce}">`);
}

/** Permissions, navigation, new windows, embedded views: no, save the microphone and the choice of a speaker. */
export function lockDown(): void {
  const { defaultSession } = session;
  // By the address: Node's URL knows no origin for a scheme of one's own.
  const allowed = (permission: string, address: string, video: boolean): boolean =>
    (permission === 'media' || permission === 'speaker-selection') &&
    !video &&
    (address === ORIGIN || address.startsWith(`${ORIGIN}/`));
  defaultSession.setPermissionRequestHandler((_page, permission, decide, details) => {
    const video = 'mediaTypes' in details && (details.mediaTypes?.includes('video') ?? false);
    decide(allowed(permission, details.requestingUrl, video));
  });
  defaultSession.setPermissionCheckHandler((_page, permission, origin, details) =>
    allowed(permission, origin, details.mediaType === 'video'),
  );
  app.on('web-contents-created', (_event, contents) => confine(contents));
}

/** Opens a page of an allowed host in the person's browser. Returns whether it did. */
export function openLink(url: string): boolean {
  const { protocol: scheme, host } = new URL(url);
  if (scheme !== 'https:' || !LINK_HOSTS.has(host)) return false;
  void shell.openExternal(url);
  return true;
}

function confine(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openLink(url);
    return { action: 'deny' };
  });
}
