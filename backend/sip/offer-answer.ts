import type { Body, ResponseOptions } from 'sip.js/lib/core/index.js';
import type { NegotiatedMedia } from '../contract/sip.ts';
import type { Carried } from './bodies.ts';
import { type LocalMedia, type MediaDescription, SdpRefusal } from './sdp/session.ts';
import { sdpBody } from './sip-js.ts';

export interface Agreement {
  readonly refused: null;
  readonly body: Body;
  readonly media: NegotiatedMedia;
}

/** How an offer was taken: the answer to send, or the response that refuses it. */
export type Answered = Agreement | { readonly refused: ResponseOptions };

export function answerTo(
  description: MediaDescription,
  offer: string,
  local: LocalMedia,
  hold: boolean,
): Answered {
  try {
    const { sdp, media } = description.answer(offer, local, hold);
    return { refused: null, body: sdpBody(sdp), media };
  } catch (error) {
    return { refused: refusalOf(error) };
  }
}

/** 488 or 400 with a Warning. @throws what is no SdpRefusal */
export function refusalOf(error: unknown): ResponseOptions {
  if (!(error instanceof SdpRefusal)) throw error;
  return { statusCode: error.code, extraHeaders: [`Warning: ${error.warning}`] };
}

/** What we cannot read at all; null: a session description, or nothing. */
export function unreadable(carried: Carried): ResponseOptions | null {
  if (carried.kind !== 'other') return null;
  return { statusCode: 415, extraHeaders: ['Accept: application/sdp'] };
}
