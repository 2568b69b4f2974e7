import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Certificate } from './certificates.ts';
import { freePort, ownAddress } from './loopback.ts';
import { Program } from './program.ts';

export interface KamailioOptions {
  /** What it is responsible for, and the realm of its challenges. */
  readonly domain: string;
  /** Passwords by user. */
  readonly users: Readonly<Record<string, string>>;
  readonly algorithm?: 'MD5' | 'SHA-256';
  /** Listens for TLS and WSS as well. */
  readonly certificate?: Certificate;
  /** Path of the CA whose certificates TLS clients have to show; none: they need none. */
  readonly clientCa?: string;
  /** How long a registration is granted at most, seconds. */
  readonly maxExpiresS?: number;
  /** How long a nonce is good for, seconds. */
  readonly nonceS?: number;
  /** Where calls to users that moved are sent on to, by user (302). */
  readonly moved?: Readonly<Record<string, string>>;
}

/**
 * Kamailio as the registrar and proxy of one domain: digest for REGISTER and INVITE of its users, Record-Route, parallel
 * forking to all contacts of a user, over UDP, TCP and, with a certificate, TLS and WSS.
 */
export class Kamailio implements AsyncDisposable {
  readonly domain: string;
  readonly host: string;
  /** UDP and TCP. */
  readonly port: number;
  readonly tlsPort: number;
  /** WSS at `/`. */
  readonly wssPort: number;
  readonly #dir: string;
  readonly #program: Program;

  private constructor(
    options: KamailioOptions,
    place: { dir: string; host: string; ports: readonly number[] },
    program: Program,
  ) {
    this.domain = options.domain;
    this.host = place.host;
    [this.port = 0, this.tlsPort = 0, this.wssPort = 0] = place.ports;
    this.#dir = place.dir;
    this.#program = program;
  }

  static async start(
    options: KamailioOptions,
    { host = ownAddress(), next }: { host?: string; next?: Kamailio } = {},
  ): Promise<Kamailio> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-kamailio-'));
    const port = await freePort(host, 3);
    const ports = [port, port + 1, port + 2];
    const file = path.join(dir, 'kamailio.cfg');
    await writeFile(file, configuration(options, host, ports, next ?? null));
    const kamailio = new Kamailio(
      options,
      { dir, host, ports },
      new Program('kamailio', ['-f', file, '-DD', '-E', '-m', '32', '-M', '4', '-w', dir, '-Y', dir]),
    );
    try {
      await kamailio.#program.until('readiness', () => kamailio.rpc('core.version').catch(() => null));
    } catch (error) {
      await kamailio[Symbol.asyncDispose]();
      throw error;
    }
    return kamailio;
  }

  /** What it has logged. */
  get log(): string {
    return this.#program.output;
  }

  /** As an account's `registrar` and `proxy` name it. */
  via(transport: 'udp' | 'tcp' | 'tls' | 'wss'): string {
    const port = { udp: this.port, tcp: this.port, tls: this.tlsPort, wss: this.wssPort }[transport];
    return `sip:${this.host}:${port};transport=${transport === 'wss' ? 'ws' : transport}`;
  }

  /** Contacts a user has registered, as URIs. */
  async contacts(user: string): Promise<string[]> {
    const answer = await this.rpc('ul.dump');
    const text = JSON.stringify(answer);
    // One record a user: {"AoR":"alice","HashID":..,"Contacts":[{"Contact":{"Address":"sip:..",..}}]}.
    const record = text.split('"AoR":').find((part) => part.startsWith(`"${user}"`));
    return [...(record ?? '').matchAll(/"Address":"([^"]+)"/g)].map((match) => match[1] ?? '');
  }

  async rpc(method: string): Promise<unknown> {
    const response = await fetch(`http://${this.host}:${this.port}/RPC`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }),
    });
    return response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** `next`: requests for its domain go there; it trusts what comes from here to be authenticated. */
function configuration(
  options: KamailioOptions,
  host: string,
  [port = 0, tlsPort = 0, wssPort = 0]: readonly number[],
  next: Kamailio | null,
): string {
  const { certificate, domain } = options;
  const table = (name: string, values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map(([key, value]) => `  $sht(${name}=>${key}) = "${value}";`)
      .join('\n');
  const secure = certificate !== undefined;
  return `#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
alias="${domain}"
listen=udp:${host}:${port}
listen=tcp:${host}:${port}
${secure ? `listen=tls:${host}:${tlsPort}\nlisten=tls:${host}:${wssPort}\nenable_tls=yes` : ''}
tcp_accept_no_cl=yes
tcp_connection_lifetime=3600
dns=no
rev_dns=no
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "nathelper.so"
loadmodule "xlog.so"
loadmodule "xhttp.so"
loadmodule "jsonrpcs.so"
loadmodule "htable.so"
${secure ? 'loadmodule "tls.so"\nloadmodule "websocket.so"' : ''}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "received_avp", "$avp(rcv)")
modparam("nathelper", "received_avp", "$avp(rcv)")
modparam("registrar", "max_expires", ${options.maxExpiresS ?? 3600})
modparam("registrar", "min_expires", 5)
modparam("auth", "qop", "auth")
modparam("auth", "algorithm", "${options.algorithm ?? 'MD5'}")
modparam("auth", "nonce_expire", ${options.nonceS ?? 300})
modparam("jsonrpcs", "transport", 1)
modparam("htable", "htable", "users=>size=6;")
modparam("htable", "htable", "moved=>size=4;")
modparam("tm", "fr_timer", 5000)
${
  secure
    ? `modparam("tls", "private_key", "${certificate.key}")
modparam("tls", "certificate", "${certificate.certificate}")
modparam("tls", "tls_method", "TLSv1.2+")
${options.clientCa === undefined ? '' : `modparam("tls", "ca_list", "${options.clientCa}")\nmodparam("tls", "verify_certificate", 1)\nmodparam("tls", "require_certificate", 1)`}`
    : ''
}
event_route[htable:mod-init] {
${table('users', options.users)}
${table('moved', options.moved ?? {})}
  return;
}
event_route[xhttp:request] {
${secure ? '  if ($hdr(Upgrade) =~ "websocket") { ws_handle_handshake(); exit; }' : ''}
  if ($hu =~ "^/RPC") { jsonrpc_dispatch(); exit; }
  xhttp_reply("404", "Not Found", "", "");
}
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS") && uri == myself && $rU == $null) { sl_send_reply("200", "OK"); exit; }
  force_rport();
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (!is_method("REGISTER") && nat_uac_test("64")) add_contact_alias();
  if (has_totag()) {
    if (loose_route()) {
      if (is_method("INVITE|SUBSCRIBE|UPDATE")) record_route();
      if ($du == $null) handle_ruri_alias();
      route(RELAY);
      exit;
    }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not here");
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    if (!has_credentials("${domain}") || !pv_www_authenticate("${domain}", "$sht(users=>$au)", "0")) { www_challenge("${domain}", "1"); exit; }
    fix_nated_register();
    save("location");
    exit;
  }
  if (is_method("INVITE|REFER|MESSAGE") && $fd == "${domain}" && $sht(users=>$fU) != $null) {
    if (!has_credentials("${domain}") || !pv_proxy_authenticate("${domain}", "$sht(users=>$au)", "0")) { proxy_challenge("${domain}", "1"); exit; }
    consume_credentials();
  }
  record_route();
${next ? `  if ($rd == "${next.domain}") { $du = "${next.via('udp')}"; route(RELAY); exit; }` : ''}
  if ($sht(moved=>$rU) != $null) {
    append_to_reply("Contact: <$sht(moved=>$rU)>\\r\\n");
    sl_send_reply("302", "Moved Temporarily");
    exit;
  }
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  route(RELAY);
}
route[RELAY] {
  t_on_reply("ALIAS");
  if (!t_relay()) sl_reply_error();
  exit;
}
onreply_route[ALIAS] {
  if (nat_uac_test("64")) add_contact_alias();
}
`;
}
