import { AudioLines, Mic, Waypoints } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/panel.tsx';
import './call.css';
import { OutsideCalls } from './outside-calls.tsx';
import { placeDemo, placeTalk, useBusy } from './placing.ts';
import { callText } from './text.ts';

/** No call yet: how to get one. */
export function EmptyCall(): ReactNode {
  const t = useTexts(callText);
  const demoBusy = useBusy('demo');
  const talkBusy = useBusy('talk');
  return (
    <div className="call-empty">
      <Empty
        icon={Waypoints}
        title={t.emptyTitle}
        text={t.emptyText}
        actions={
          <>
            <Button variant="primary" icon={AudioLines} busy={demoBusy} onClick={placeDemo}>
              {t.demo}
            </Button>
            <Button icon={Mic} busy={talkBusy} onClick={placeTalk}>
              {t.talk}
            </Button>
          </>
        }
      />
      <OutsideCalls />
    </div>
  );
}
