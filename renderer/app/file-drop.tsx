import { useEffect, useState, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { pathOf } from '../bridge/bridge.ts';
import { importTrace } from '../state/traces.ts';
import { appText } from './text.ts';

/**
 * A trace or a capture dropped anywhere on the window is opened. Where a room takes files of its own it says so by
 * `data-takes-files`: what their types begin with.
 */
export function FileDrop(): ReactNode {
  const t = useTexts(appText);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    const drag = (event: DragEvent): void => {
      const ours = isOurs(event);
      if (ours) event.preventDefault();
      setOver(ours);
    };
    const leave = (event: DragEvent): void => {
      // Into another element is not out of the window.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      if (!isOurs(event)) return;
      event.preventDefault();
      void importAll([...(event.dataTransfer?.files ?? [])]);
    };
    // Before an editor of text, which takes any file and quietly drops those that are none.
    window.addEventListener('dragover', drag, { signal, capture: true });
    window.addEventListener('dragleave', leave, { signal });
    window.addEventListener('drop', drop, { signal, capture: true });
    return () => listeners.abort();
  }, []);
  if (!over) return null;
  return (
    <div className="app-drop" role="status">
      <strong>{t.dropHere}</strong>
      <span>{t.dropText}</span>
    </div>
  );
}

function isOurs({ dataTransfer, target }: DragEvent): boolean {
  if (dataTransfer === null || !dataTransfer.types.includes('Files')) return false;
  const place = target instanceof Element ? target.closest('[data-takes-files]') : null;
  if (place === null) return true;
  const taken = place.getAttribute('data-takes-files') ?? '';
  return ![...dataTransfer.items].every(({ kind, type }) => kind !== 'file' || type.startsWith(taken));
}

async function importAll(files: readonly File[]): Promise<void> {
  for (const file of files) await importTrace(pathOf(file));
}
