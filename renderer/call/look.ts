import { create } from 'zustand';
import type { Span } from '../../backend/fold/types.ts';

interface Look {
  /** What is pointed at in the conversation, marked on the lanes; null: nothing. */
  readonly highlight: Span | null;
  /** Where the lanes were last sent, ms since the call's start. */
  readonly focus: { readonly at: number } | null;
}

/** What the conversation shows of itself on the lanes. */
export const useLook = create<Look>(() => ({ highlight: null, focus: null }));

export function point(highlight: Span | null): void {
  useLook.setState({ highlight });
}

/** The lanes jump there, every time it is asked. */
export function lookAt(at: number): void {
  useLook.setState({ focus: { at } });
}
