import type { ReactNode } from 'react';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { useTexts } from '../base/text.ts';
import { size } from '../base/size.ts';
import { removeTraces } from '../state/traces.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { tracesText } from './text.ts';

interface DeleteDialogProps {
  /** null: closed. */
  readonly traces: readonly TraceEntry[] | null;
  readonly onClose: () => void;
}

/** Asks once. */
export function DeleteDialog({ traces, onClose }: DeleteDialogProps): ReactNode {
  const t = useTexts(tracesText);
  const asked = traces ?? [];
  const pinned = asked.filter((entry) => entry.pinned).length;
  const bytes = asked.reduce((sum, entry) => sum + entry.bytes, 0);
  const remove = (): void => {
    onClose();
    void removeTraces(asked.map(({ id }) => id));
  };
  return (
    <Dialog open={traces !== null} onClose={onClose} title={t.deleteTitle(asked.length)} width="narrow">
      <div className="traces-ask">
        <p>{t.deleteText(size(bytes, [t.kb, t.mb, t.gb]))}</p>
        {pinned > 0 && <p>{t.deletePinned(pinned)}</p>}
        <div className="traces-ask-foot">
          <Button variant="quiet" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button variant="danger" onClick={remove}>
            {t.delete}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
