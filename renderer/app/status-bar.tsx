import type { ReactNode } from 'react';
import { showAddress } from '../../backend/base/address.ts';
import type { HostStatus } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { useCallsGoingOn } from '../call/shown.ts';
import { useApp } from '../state/app.ts';
import { Popover } from '../ui/popover.tsx';
import { AccountParts } from './status-accounts.tsx';
import { CallsDetail, HealthDetail, ListenDetail, LoadDetail, PacingDetail } from './status-details.tsx';
import { Dot } from './status-dot.tsx';
import { statusText } from './status-text.ts';
import { healthTone, loadTone, pacingTone } from './status.ts';

/** How the engine does; each part opens its detail. */
export function StatusBar(): ReactNode {
  const t = useTexts(statusText);
  const status = useApp((app) => app.status);
  return (
    <footer className="app-status" aria-label={t.status}>
      {status && <Parts status={status} />}
    </footer>
  );
}

function Parts({ status }: { readonly status: HostStatus }): ReactNode {
  const t = useTexts(statusText);
  const { listening, listenProblem, load, pacing, health } = status;
  const calls = useCallsGoingOn();
  const p99 = pacing?.p99 ?? null;
  const answers = listening !== null && listenProblem === null;
  const starting = listening === null && listenProblem === null;
  const address = answers ? showAddress(listening) : starting ? t.starting : t.notListening;
  return (
    <>
      <Popover
        className="app-status-part"
        label={answers ? `${t.listening}: ${address}` : address}
        anchor={
          <>
            <Dot tone={answers ? 'ok' : starting ? 'dim' : 'danger'} />
            <span className={answers ? 'mono' : undefined}>{address}</span>
          </>
        }
      >
        {(close) => <ListenDetail status={status} onDone={close} />}
      </Popover>
      <Popover className="app-status-part tabular" label={t.calls(calls)} anchor={t.calls(calls)}>
        {(close) => <CallsDetail status={status} onDone={close} />}
      </Popover>
      <AccountParts />
      <span className="app-status-gap" />
      <Popover
        className="app-status-part"
        label={t.loadLabel(Math.round(Math.max(0, ...load) * 100))}
        anchor={
          <>
            {t.load}
            <LoadBars load={load} />
          </>
        }
      >
        <LoadDetail load={load} />
      </Popover>
      <Popover
        className="app-status-part tabular"
        label={t.pacingLabel(p99)}
        anchor={
          <>
            <Dot tone={pacingTone(pacing)} />
            {t.pacing(p99)}
          </>
        }
      >
        <PacingDetail pacing={pacing} />
      </Popover>
      {health.map((one) => (
        <Popover
          key={one.stage}
          className="app-status-part"
          label={`${one.stage.toUpperCase()}, ${t.stage(one.stage)}: ${one.what}, ${t.health(one.state)}`}
          anchor={
            <>
              <Dot tone={healthTone(one.state)} />
              {one.stage.toUpperCase()}
            </>
          }
        >
          {(close) => <HealthDetail health={one} onDone={close} />}
        </Popover>
      ))}
    </>
  );
}

function LoadBars({ load }: { readonly load: readonly number[] }): ReactNode {
  return (
    <span className="app-load" aria-hidden>
      {load.map((share, worker) => (
        <span key={worker} className="app-load-worker">
          <span
            className={`app-load-bar app-load-${loadTone([share])}`}
            style={{ transform: `scaleY(${Math.min(1, Math.max(0.06, share))})` }}
          />
        </span>
      ))}
    </span>
  );
}
