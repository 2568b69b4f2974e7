import { RotateCw, Settings } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { isEveryAddress, showAddress } from '../../backend/base/address.ts';
import type { HostStatus, StageHealth } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { showSettings, type Section } from '../settings/section.ts';
import { restartListener } from '../state/actions.ts';
import { Button } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { statusText } from './status-text.ts';
import { healthTone, loadTone, pacingTone } from './status.ts';

/** What the parts of the status bar open: the figures, what they mean, what to do. */

interface DetailProps {
  readonly status: HostStatus;
  /** Closes the detail. */
  readonly onDone: () => void;
}

export function ListenDetail({ status, onDone }: DetailProps): ReactNode {
  const t = useTexts(statusText);
  const { listening, listenProblem } = status;
  if (listening !== null && listenProblem === null) {
    const everywhere = isEveryAddress(listening.host);
    return (
      <Detail title={t.listening}>
        <code data-selectable>{showAddress(listening)}</code>
        <p>{t.listeningText}</p>
        {everywhere && <p className="app-detail-remedy">{t.listeningAny}</p>}
        <SettingsButton section="calls" onDone={onDone} />
      </Detail>
    );
  }
  return (
    <Detail title={t.notListening}>
      <p data-selectable>{listenProblem?.message ?? t.listenerStarting}</p>
      <p>{t.notListeningText}</p>
      <Remedy text={listenProblem?.hint ?? null} />
      <div className="app-detail-actions">
        <TryAgain />
        <SettingsButton section="calls" onDone={onDone} />
      </div>
    </Detail>
  );
}

function TryAgain(): ReactNode {
  const t = useTexts(statusText);
  const [busy, setBusy] = useState(false);
  const again = async (): Promise<void> => {
    setBusy(true);
    await restartListener();
    setBusy(false);
  };
  return (
    <Button variant="primary" icon={RotateCw} busy={busy} onClick={() => void again()}>
      {t.tryAgain}
    </Button>
  );
}

export function CallsDetail({ status, onDone }: DetailProps): ReactNode {
  const t = useTexts(statusText);
  const refused = Object.entries(status.refused).filter(([, count]) => count > 0);
  return (
    <Detail title={t.callsTitle}>
      <Figures
        rows={[
          [t.callsNow, String(status.calls)],
          [t.callsAnswered, String(status.answered)],
          ...refused.map(
            ([reason, count]) => [`${t.callsRefused}: ${t.refused(reason)}`, String(count)] as const,
          ),
        ]}
      />
      {refused.length > 0 && (
        <>
          <Remedy text={t.refusedRemedy} />
          <SettingsButton section="calls" onDone={onDone} />
        </>
      )}
    </Detail>
  );
}

export function LoadDetail({ load }: { readonly load: HostStatus['load'] }): ReactNode {
  const t = useTexts(statusText);
  const high = loadTone(load) !== 'ok';
  return (
    <Detail title={t.loadTitle}>
      <Figures rows={load.map((share, worker) => [t.loadWorker(worker + 1), t.percent(share)])} />
      <p>{high ? t.loadHigh : t.loadText}</p>
      <Remedy text={high ? t.loadRemedy : null} />
    </Detail>
  );
}

export function PacingDetail({ pacing }: { readonly pacing: HostStatus['pacing'] }): ReactNode {
  const t = useTexts(statusText);
  if (pacing === null) {
    return (
      <Detail title={t.pacingTitle}>
        <p>{t.pacingNone}</p>
      </Detail>
    );
  }
  const tone = pacingTone(pacing);
  const meaning = { ok: t.pacingOk, dim: t.pacingOk, warning: t.pacingWarning, danger: t.pacingDanger }[tone];
  return (
    <Detail title={t.pacingTitle}>
      <p>{t.pacingText}</p>
      <Figures
        rows={[
          [t.pacingMedian, t.inMs(pacing.p50)],
          [t.pacingP99, t.inMs(pacing.p99)],
          [t.pacingMax, t.inMs(pacing.max)],
        ]}
      />
      <p>{meaning}</p>
      <Remedy text={tone === 'ok' ? null : t.pacingRemedy} />
    </Detail>
  );
}

interface HealthDetailProps {
  readonly health: StageHealth;
  readonly onDone: () => void;
}

export function HealthDetail({ health, onDone }: HealthDetailProps): ReactNode {
  const t = useTexts(statusText);
  const { stage, what, state, message } = health;
  const meaning = {
    ok: t.healthOk,
    unknown: t.healthUnknown,
    failing: t.healthFailing,
    missing: t.healthMissing,
  }[state];
  return (
    <Detail title={t.stage(stage)}>
      <div className="app-detail-what">
        <code data-selectable>{what}</code>
        <Badge tone={healthTone(state)}>{t.health(state)}</Badge>
      </div>
      {message !== '' && <p data-selectable>{message}</p>}
      <p>{meaning}</p>
      <SettingsButton section={health.state === 'missing' ? 'models' : 'endpoints'} onDone={onDone} />
    </Detail>
  );
}

/** A title, what there is to know and what to do. */
export function Detail({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="app-detail">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

function Figures({ rows }: { readonly rows: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <dl className="app-figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="tabular">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What to do; null: nothing. */
export function Remedy({ text }: { readonly text: string | null }): ReactNode {
  return text === null ? null : <p className="app-detail-remedy">{text}</p>;
}

interface SettingsButtonProps {
  readonly section: Section;
  readonly onDone: () => void;
}

/** Closes the detail and opens that part of the settings. */
export function SettingsButton({ section, onDone }: SettingsButtonProps): ReactNode {
  const t = useTexts(statusText);
  const open = (): void => {
    onDone();
    showSettings(section);
  };
  return (
    <Button icon={Settings} onClick={open}>
      {t.openSettings}
    </Button>
  );
}
