import { z } from 'zod';

/**
 * bot.yaml: what a person writes about a bot. Each key's description becomes its row in docs/bot-yaml.md
 * (npm run docs:bot-yaml); every key may be missing. Durations are milliseconds.
 */

const milliseconds = (from: number, to: number) => z.number().min(from).max(to);

const endpointKeys = {
  base_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Root of an OpenAI-shaped API, up to and including `/v1`. Needed when `provider` is `openai`.'),
  api_key_env: z
    .string()
    .optional()
    .describe('Name of the environment variable that holds the API key. The key itself never stands here.'),
  timeout_ms: milliseconds(100, 120_000)
    .optional()
    .describe('How long to wait for the first useful byte before the turn is given up with an apology.'),
};

const provider = z.enum(['openai', 'embedded', 'scripted']).default('embedded');

export const sttSettings = z.strictObject({
  provider: provider.describe('Who turns speech into text.'),
  model: z
    .string()
    .default('moonshine-tiny-en')
    .describe('Model name at the endpoint, or the name of an embedded model (`sidetone models list`).'),
  prompt: z.string().optional().describe('Words the recogniser should expect: names, products.'),
  ...endpointKeys,
});

export const llmSettings = z.strictObject({
  provider: provider.describe('Who decides what to say.'),
  model: z
    .string()
    .default('rules')
    .describe(
      'Model name at the endpoint, or an embedded one: `rules` answers from the `rules` block of the prompt, ' +
        'any other name is a GGUF model of `sidetone models list`.',
    ),
  temperature: z.number().min(0).max(2).default(0.6).describe('Sampling temperature.'),
  max_tokens: z.int().min(1).max(4096).default(200).describe('Longest reply, in tokens.'),
  ...endpointKeys,
});

export const ttsSettings = z.strictObject({
  provider: provider.describe('Who speaks.'),
  model: z
    .string()
    .default('piper-joe-en')
    .describe('Model name at the endpoint, or the name of an embedded voice (`sidetone models list`).'),
  sample_rate: z
    .union([z.literal(8000), z.literal(16000), z.literal(22050), z.literal(24000), z.literal(48000)])
    .default(24000)
    .describe('Rate of the raw PCM an endpoint sends, in Hz. A WAV answer says its own rate.'),
  ...endpointKeys,
});

export const voiceSettings = z.strictObject({
  name: z
    .string()
    .nullable()
    .default(null)
    .describe('`voice` of the speech API, for endpoints with named voices.'),
  ref_audio: z
    .string()
    .nullable()
    .default(null)
    .describe('WAV of the voice to clone, relative to bot.yaml; sent to endpoints that clone.'),
  ref_text: z
    .string()
    .nullable()
    .default(null)
    .describe("What is said in `ref_audio`. Missing: transcribed once with the bot's own STT, then kept."),
  speed: z.number().min(0.5).max(2).default(1).describe("Speaking rate; 1 is the voice's own."),
});

export const turnSettings = z.strictObject({
  min_silence_ms: milliseconds(50, 5000)
    .default(300)
    .describe('Silence after the last voiced sample that ends a turn which sounds complete.'),
  max_silence_ms: milliseconds(100, 10_000)
    .default(1200)
    .describe('Silence that ends a turn which does not sound complete.'),
  completeness: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe(
      '`auto`: smart-turn judges whether the utterance sounds complete, where the model is installed and the ' +
        'machine has time for it. `off`: every turn ends after `min_silence_ms`.',
    ),
  speculate: z
    .boolean()
    .default(true)
    .describe(
      'Start STT and LLM before the end of the turn is certain; thrown away unheard if the caller goes on.',
    ),
  interrupt_min_ms: milliseconds(0, 5000)
    .default(300)
    .describe('Speech over the bot longer than this stops it; until then it is only ducked.'),
  backchannels: z
    .array(z.string())
    .optional()
    .describe('Words that do not interrupt ("mm-hm"). Missing: the list of the bot\'s language.'),
  idle_ms: milliseconds(1000, 600_000)
    .default(10_000)
    .describe('Silence on both sides after which the bot asks whether the caller is there.'),
  idle_prompts: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('How often it asks before it says goodbye and hangs up.'),
  max_call_ms: milliseconds(1000, 86_400_000)
    .default(1_800_000)
    .describe('Longest call; the bot says goodbye and hangs up.'),
});

export const phraseSettings = z.strictObject({
  idle: z.string().optional().describe('Asked when nobody speaks.'),
  goodbye: z.string().optional().describe('Said before the bot hangs up by itself.'),
  apology: z.string().optional().describe('Said when a model failed or was too slow.'),
  repeat: z.string().optional().describe('Said when speech was heard but no words were understood.'),
});

export const recordingSettings = z.strictObject({
  keep: z
    .boolean()
    .default(true)
    .describe('Calls leave a trace. `false`: nothing of them is written to the disk.'),
  tone: z
    .boolean()
    .default(false)
    .describe(
      'The far end hears a short beep (1400 Hz, 250 ms) as a recorded call begins. Silent where nothing is recorded.',
    ),
  mask_dtmf: z
    .boolean()
    .default(false)
    .describe(
      'Keys pressed during a call, such as the digits of a card, cannot be found in its trace: not in events, audio ' +
        'or capture. The bot itself still gets them.',
    ),
});

export const toolSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,64}$/)
    .describe('Name the model calls it by.'),
  description: z.string().describe('What it does and when to use it, for the model.'),
  url: z
    .url({ protocol: /^https?$/ })
    .describe('Receives the arguments as a JSON POST; its answer goes to the model.'),
  parameters: z
    .record(z.string(), z.unknown())
    .default({ type: 'object', properties: {} })
    .describe('JSON Schema of the arguments.'),
  timeout_ms: milliseconds(100, 60_000).default(5000).describe('How long to wait for the answer.'),
});

export const botSettings = z.strictObject({
  name: z.string().min(1).default('bot').describe('Shown in lists and records.'),
  language: z
    .string()
    .regex(/^[a-z]{2}(-[A-Z]{2})?$/)
    .default('en')
    .describe('`en`, `ru`, ...: passed to STT and TTS.'),
  greeting: z
    .string()
    .nullable()
    .default(null)
    .describe("Said on the caller's first packet. `null`: the bot waits to be spoken to."),
  prompt: z.string().default('prompt.md').describe('File with the system prompt, relative to bot.yaml.'),
  voice: voiceSettings.prefault({}).describe('How it sounds.'),
  stt: sttSettings.prefault({}).describe('Speech to text.'),
  llm: llmSettings.prefault({}).describe('The model that answers.'),
  tts: ttsSettings.prefault({}).describe('Text to speech.'),
  turn: turnSettings.prefault({}).describe('When the bot speaks, waits and stops.'),
  phrases: phraseSettings
    .prefault({})
    .describe("What it says by itself; missing ones are taken in the bot's language."),
  recording: recordingSettings
    .prefault({})
    .describe('What a call leaves behind. Counts for calls that begin after the change.'),
  tools: z.array(toolSettings).default([]).describe('Functions the model may call over HTTP.'),
});

export type BotSettings = z.infer<typeof botSettings>;
export type SttSettings = z.infer<typeof sttSettings>;
export type LlmSettings = z.infer<typeof llmSettings>;
export type TtsSettings = z.infer<typeof ttsSettings>;
export type VoiceSettings = z.infer<typeof voiceSettings>;
export type TurnSettings = z.infer<typeof turnSettings>;
export type RecordingSettings = z.infer<typeof recordingSettings>;
export type ToolSettings = z.infer<typeof toolSettings>;
