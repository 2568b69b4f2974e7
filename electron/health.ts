import type { CallEvent } from '../backend/contract/events.ts';
import type { BotSettings } from '../backend/contract/settings.ts';
import type { StageHealth } from '../backend/contract/window.ts';

const STAGES = ['stt', 'llm', 'tts'] as const;
type Stage = (typeof STAGES)[number];

/** How a bot's three models do, by what its calls tell of them. */
export class Health {
  #settings: BotSettings | null = null;
  #installed: ReadonlySet<string> = new Set();
  readonly #seen = new Map<Stage, { readonly ok: boolean; readonly message: string }>();

  /** Another bot, or other settings: what was seen before does not count. */
  use(settings: BotSettings, installed: ReadonlySet<string>): void {
    if (JSON.stringify(settings) !== JSON.stringify(this.#settings)) this.#seen.clear();
    this.#settings = settings;
    this.#installed = installed;
  }

  take(event: CallEvent): void {
    switch (event.type) {
      case 'provider.failed':
        if (event.stage !== 'tool') this.#seen.set(event.stage, { ok: false, message: event.message });
        break;
      case 'stt.final':
        this.#seen.set('stt', { ok: true, message: `${event.took_ms.toFixed(0)} ms` });
        break;
      case 'llm.finished':
        this.#seen.set('llm', { ok: true, message: `${event.took_ms.toFixed(0)} ms` });
        break;
      case 'tts.audio':
        this.#seen.set('tts', { ok: true, message: `${event.took_ms.toFixed(0)} ms` });
        break;
      default:
        break;
    }
  }

  tested(stage: Stage, ok: boolean, message: string): void {
    this.#seen.set(stage, { ok, message });
  }

  report(): readonly StageHealth[] {
    const settings = this.#settings;
    if (!settings) return [];
    return STAGES.map((stage) => {
      const { provider, model, base_url } = settings[stage];
      const what = provider === 'openai' ? `${model} at ${base_url ?? ''}` : model;
      const seen = this.#seen.get(stage);
      if (provider === 'embedded' && model !== 'rules' && !this.#installed.has(model))
        return { stage, what, state: 'missing', message: '' };
      if (seen) return { stage, what, state: seen.ok ? 'ok' : 'failing', message: seen.message };
      return { stage, what, state: provider === 'openai' ? 'unknown' : 'ok', message: '' };
    });
  }
}
