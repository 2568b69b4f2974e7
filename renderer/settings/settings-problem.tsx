import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { useApp } from '../state/app.ts';
import { settingsText } from './text.ts';

/** Says what was wrong in settings.yaml when it was read, if anything was. */
export function SettingsProblem(): ReactNode {
  const t = useTexts(settingsText);
  const problem = useApp(({ snapshot }) => snapshot?.settingsProblem ?? null);
  if (problem === null) return null;
  return (
    <div className="settings-problem" role="alert">
      <TriangleAlert className="ui-icon" aria-hidden />
      <div>
        <strong>{t.problem}</strong>
        <p>{t.problemMeaning}</p>
        <pre data-selectable>{problem}</pre>
      </div>
    </div>
  );
}
