/** Warn codes of RFC 3261 section 20.43 that a session description can earn. */
export type WarnCode = 301 | 302 | 304 | 305 | 306 | 307 | 330 | 399;

/**
 * A session description that cannot be agreed to. `code`: the SIP status it earns, 400 for what is no SDP, 488 for what
 * we cannot do. `warning`: value of the Warning header, in words.
 */
export class SdpRefusal extends Error {
  override readonly name = 'SdpRefusal';
  readonly code: 400 | 488;
  readonly warning: string;

  constructor(code: 400 | 488, warnCode: WarnCode, message: string) {
    super(message);
    this.code = code;
    // What is quoted comes partly from the other side: nothing of it may end the string or the line.
    const quoted = message.replaceAll(/[^\x20-\x7e]/gu, '?').replaceAll(/["\\]/g, "'");
    this.warning = `${warnCode} sidetone "${quoted.slice(0, 300)}"`;
  }
}
