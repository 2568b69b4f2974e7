import type { CallEvent } from '../../backend/contract/events.ts';
import { foldConversation } from '../../backend/fold/conversation.ts';
import { Timeline } from '../../backend/fold/timeline.ts';
import { TrackStore } from '../../backend/fold/tracks.ts';
import type { Conversation } from '../../backend/fold/types.ts';

/** What a call is shown by, be it going on or read back from its trace. */
export interface CallFolds {
  readonly conversation: Conversation;
  /** Grows in place: the lanes read it each frame. */
  readonly timeline: Timeline;
  /** Grows in place likewise. */
  readonly tracks: TrackStore;
}

export function noFolds(): CallFolds {
  return { conversation: [], timeline: new Timeline(), tracks: new TrackStore() };
}

export function foldEvent({ conversation, timeline, tracks }: CallFolds, event: CallEvent): CallFolds {
  timeline.apply(event);
  return { conversation: foldConversation(conversation, event), timeline, tracks };
}
