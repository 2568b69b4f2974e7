import { useEffect, useState, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { pathOf } from '../bridge/bridge.ts';
import { importTrace } from '../state/traces.ts';
import { appText } from './text.ts';

/** A trace or a capture dropped anywhere on the window is opened. Rooms that take files of their own come first. */
export function FileDrop(): ReactNode {
  const t = useTexts(appText);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    const drag = (event: DragEvent): void => {
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      // Into another element is not out of the window.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      void importAll([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener('dragover', drag, { signal });
    window.addEventListener('dragleave', leave, { signal });
    window.addEventListener('drop', drop, { signal });
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

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

async function importAll(files: readonly File[]): Promise<void> {
  for (const file of files) await importTrace(pathOf(file));
}
