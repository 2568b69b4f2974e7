import { create } from 'zustand';

interface ShellState {
  readonly open: 'palette' | 'shortcuts' | null;
  /** The tour's step; null: no tour. */
  readonly tourStep: number | null;
}

/** What of the shell is open. */
export const useShell = create<ShellState>(() => ({ open: null, tourStep: null }));

export function openOver(open: ShellState['open']): void {
  useShell.setState({ open });
}

export function startTour(): void {
  useShell.setState({ tourStep: 0 });
}
