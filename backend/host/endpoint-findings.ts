import { readWav } from '../audio/wav.ts';
import type { Environment } from '../bot/folder.ts';
import type { BotFolder } from '../contract/host.ts';
import { askEndpoint, endpointsOf, voicesOf } from './endpoints.ts';
import { withFix, type Finding } from '../base/finding.ts';

/** HTTP tells the time in whole seconds. */
const CLOCK_GOAL_MS = 5000;
const MIN_VOICE_S = 3;
const MAX_VOICE_S = 30;

/** Whether an endpoint that clones has a voice to clone: the bot's own recording, or one of its server's. */
export async function* examineVoice(
  { settings, referenceWav }: BotFolder,
  env: Environment,
): AsyncGenerator<Finding, void, undefined> {
  const what = 'voice';
  if (settings.tts.provider !== 'openai') return;
  const { ref_audio: file, name } = settings.voice;
  if (referenceWav) {
    const { pcm, sampleRate } = readWav(referenceWav);
    const seconds = pcm.length / sampleRate;
    const message = `${file}: ${seconds.toFixed(1)} s`;
    yield seconds >= MIN_VOICE_S && seconds <= MAX_VOICE_S
      ? { what, verdict: 'ok', message }
      : { what, verdict: 'warn', message: `${message}; 5 to 10 s of one clear voice clone best` };
    return;
  }
  const voices = await voicesOf(settings.tts, env);
  if (voices === null) return;
  const wanted = name ?? 'default';
  if (voices.includes(wanted)) {
    yield { what, verdict: 'ok', message: `${wanted}, of the server` };
    return;
  }
  const message =
    name === null
      ? 'there is no recording to clone: put 5 to 10 s of one clear voice into voices/ref_audio.wav of gpu-stack, or beside bot.yaml with `voice.ref_audio`'
      : `voice.name is ${name}, which the server does not have`;
  const has = voices.length === 0 ? '' : ` (it has ${voices.join(', ')}; \`voice.name\` picks one)`;
  yield { what, verdict: 'fail', message: `${message}${has}` };
}

/** Asks each endpoint that the bot needs, and what time it is there. */
export async function* examineEndpoints(
  { settings }: BotFolder,
  env: Environment,
): AsyncGenerator<Finding, void, undefined> {
  const apart: string[] = [];
  let clocks = 0;
  for (const { stage, chosen } of endpointsOf(settings)) {
    const { ok, url, tookMs, message, clockAheadMs } = await askEndpoint(stage, chosen, env);
    yield withFix({
      what: `${stage} ${url}`,
      verdict: ok ? 'ok' : 'fail',
      message: `${message} (${tookMs.toFixed(0)} ms)`,
    });
    if (clockAheadMs === null) continue;
    clocks += 1;
    if (Math.abs(clockAheadMs) > CLOCK_GOAL_MS)
      apart.push(
        `${Math.abs(clockAheadMs / 1000).toFixed(0)} s ${clockAheadMs < 0 ? 'ahead of' : 'behind'} ${url}`,
      );
  }
  if (clocks === 0) return;
  const what = 'clock';
  yield apart.length === 0
    ? { what, verdict: 'ok', message: 'as on the machines of the endpoints' }
    : {
        what,
        verdict: 'warn',
        message: `this machine's is ${apart.join(', ')}: logs do not line up, and certificates and tokens may be refused; \`timedatectl set-ntp true\` on both`,
      };
}
