import { createHash } from 'node:crypto';
import type { FrozenAnswers } from '../contract/frozen.ts';
import type { BotFolder } from '../contract/host.ts';
import type { BotUsed, StageUsed } from '../contract/trace.ts';
import { models } from '../models/manifest.ts';

/**
 * What a bot works with, as its trace has it. `refText`: what is said in its reference recording; `frozen`: which
 * stages answer from another trace.
 */
export function botUsed(
  { dir, settings, hashes }: BotFolder,
  refText: string | null,
  frozen?: FrozenAnswers,
): BotUsed {
  const { stt, llm, tts, turn } = settings;
  const isFrozen = {
    vad: false,
    stt: !!frozen?.stt,
    turn: !!frozen?.stt,
    llm: !!frozen?.llm,
    tts: !!frozen?.tts,
  };
  return {
    name: settings.name,
    dir,
    language: settings.language,
    hashes: {
      ...hashes,
      ref_text: refText === null ? null : createHash('sha256').update(refText).digest('hex'),
    },
    stages: [
      embedded('vad', 'silero-vad-v6'),
      stage('stt', stt),
      ...(turn.completeness === 'auto' ? [embedded('turn', 'smart-turn-v3')] : []),
      stage('llm', llm),
      stage('tts', tts),
    ].map((used) => (isFrozen[used.stage] ? { ...used, provider: 'frozen' } : used)),
  };
}

function stage(
  name: 'stt' | 'llm' | 'tts',
  { provider, model, base_url }: { provider: string; model: string; base_url?: string | undefined },
): StageUsed {
  if (provider === 'embedded') return embedded(name, model);
  return { stage: name, provider, model, base_url: base_url ?? null, sha256: null };
}

/** The hash of a model is that of its first file, as the manifest of models has it: set-up checked it. */
function embedded(name: StageUsed['stage'], model: string): StageUsed {
  const sha256 = models.find((known) => known.name === model)?.files[0]?.sha256 ?? null;
  return { stage: name, provider: 'embedded', model, base_url: null, sha256 };
}
