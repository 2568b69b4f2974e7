import type { CallEvent } from '../../backend/contract/events.ts';
import { foldConversation } from '../../backend/fold/conversation.ts';
import { foldQuality, type Quality } from '../../backend/fold/quality.ts';
import { Timeline } from '../../backend/fold/timeline.ts';
import { TrackStore } from '../../backend/fold/tracks.ts';
import type { Conversation } from '../../backend/fold/types.ts';

/** What a call is shown by, be it going on or read back from its trace. */
export interface CallFolds {
  readonly conversation: Conversation;
  /** null: nothing is known of the audio yet. */
  readonly quality: Quality | null;
  /** Grows in place: the lanes read it each frame. */
  readonly timeline: Timeline;
  /** Grows in place likewise. */
  readonly tracks: TrackStore;
}

export function noFolds(): CallFolds {
  return { conversation: [], quality: null, timeline: new Timeline(), tracks: new TrackStore() };
}

export function foldEvent(
  { conversation, quality, timeline, tracks }: CallFolds,
  event: CallEvent,
): CallFolds {
  timeline.apply(event);
  return {
    conversation: foldConversation(conversation, event),
    quality: foldQuality(quality, event),
    timeline,
    tracks,
  };
}
