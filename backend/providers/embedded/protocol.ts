import type { Problem } from '../../base/errors.ts';
import type { ChatMessage } from '../types.ts';

/** What crosses the port between a media worker and the inference worker. Typed arrays are copied, never shared. */

export type Job =
  /** Load the model and run it once on nothing, so that the first real job does not wait. */
  | { readonly kind: 'load'; readonly model: string }
  | { readonly kind: 'stt'; readonly model: string; readonly pcm: Int16Array; readonly sampleRate: number }
  | { readonly kind: 'judge'; readonly model: string; readonly pcm: Int16Array; readonly sampleRate: number }
  | {
      readonly kind: 'tts';
      readonly model: string;
      readonly text: string;
      readonly language: string;
      readonly speed: number;
    }
  | {
      readonly kind: 'llm';
      readonly model: string;
      readonly messages: readonly ChatMessage[];
      readonly temperature: number;
      readonly maxTokens: number;
    };

export type ToInference =
  /** `owner`: whose job it is; owners are served in turn. */
  | { readonly type: 'start'; readonly id: number; readonly owner: number; readonly job: Job }
  | { readonly type: 'cancel'; readonly id: number };

export type FromInference =
  | { readonly type: 'audio'; readonly id: number; readonly pcm: Int16Array; readonly sampleRate: number }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | { readonly type: 'probability'; readonly id: number; readonly value: number }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'error'; readonly id: number; readonly problem: Problem };

/** What the host tells the inference worker itself. */
export type InferenceCommand =
  /** A media worker's port, as `port` in the same message. */
  { readonly type: 'connect' } | { readonly type: 'close' };
