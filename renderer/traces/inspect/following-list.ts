import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type RefObject } from 'react';

interface FollowingList {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly virtual: Virtualizer<HTMLDivElement, Element>;
}

/** A long list of rows of one height, only those in sight drawn, which keeps row `current` in the middle. */
export function useFollowingList(count: number, current: number, rowPx: number): FollowingList {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 20,
  });
  useEffect(() => {
    virtual.scrollToIndex(current, { align: 'center' });
  }, [current, virtual]);
  return { scroller, virtual };
}
