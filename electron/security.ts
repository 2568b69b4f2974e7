import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { app, protocol, session, shell, type WebContents } from 'electron';

/** What the page may do: nothing but show itself and use the microphone. docs/security.md says against what. */

export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://sidetone`;

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  'media-src blob:',
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

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
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built page, and nothing outside its folder, under the content security policy. */
export function servePage(folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    const wanted = path.join(folder, decodeURIComponent(pathname === '/' ? '/index.html' : pathname));
    const type = TYPES[path.extname(wanted)];
    if (host !== 'sidetone' || !wanted.startsWith(folder + path.sep) || type === undefined) {
      return new Response('not found', { status: 404 });
    }
    try {
      return new Response(new Uint8Array(await readFile(wanted)), {
        headers: {
          'content-type': type,
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
        },
      });
    } catch {
      return new Response('not found', { status: 404 });
    }
  });
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
