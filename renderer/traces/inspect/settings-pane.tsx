import type { ReactNode } from 'react';
import type { Configuration } from '../../../backend/fold/inspect.ts';
import { useTexts } from '../../base/text.ts';
import { moment } from '../../call/figures.ts';
import { flat } from './flat.ts';
import { inspectText } from './text.ts';

interface SettingsPaneProps {
  readonly configuration: Configuration | null;
  readonly changes: number;
}

/** What the bot worked with at the cursor: every setting, and the prompt as it was. */
export function SettingsPane({ configuration, changes }: SettingsPaneProps): ReactNode {
  const t = useTexts(inspectText);
  if (configuration === null) return <p className="inspect-nothing">{t.noSettings}</p>;
  const { at, hashes, settings, prompt } = configuration;
  return (
    <div className="inspect-detail">
      <p className="inspect-dim">
        {t.since(moment(at))}. {t.changes(changes)}
      </p>
      <dl className="inspect-facts">
        {flat(settings).map(({ path, value }) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>{t.prompt}</h3>
      <p className="inspect-dim">
        {t.hash} <code title={hashes.prompt}>{hashes.prompt.slice(0, 16)}</code>
      </p>
      <pre className="inspect-pre">{prompt}</pre>
    </div>
  );
}
