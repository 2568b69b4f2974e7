import { z } from 'zod';

/** settings.yaml: what a person sets in the window, in a file they can read. Secrets are never in it. */

const device = z.strictObject({ id: z.string(), label: z.string() }).nullable().default(null);

export const listenSettings = z.strictObject({
  host: z.string().min(1).default('0.0.0.0').describe('Address that answers calls over raw RTP.'),
  port: z.int().min(0).max(65_535).default(10_000).describe('UDP port; 0: any free one.'),
  allow: z
    .array(z.string())
    .default([])
    .describe('Networks that may call, as 10.0.0.0/8; empty: anyone who reaches the port.'),
});

export const recordingSettings = z.strictObject({
  on: z.boolean().default(true).describe('Whether calls leave a record.'),
  dir: z.string().nullable().default(null).describe("Folder of the records; null: the app's own."),
  keep_days: z
    .int()
    .min(1)
    .max(3650)
    .nullable()
    .default(30)
    .describe('Records older than this are deleted; null: never.'),
  max_gb: z
    .number()
    .positive()
    .max(100_000)
    .nullable()
    .default(20)
    .describe('When all records together are larger, the oldest are deleted; null: never.'),
});

export const deviceSettings = z.strictObject({
  microphone: device.describe("The person's microphone; null: the system's."),
  speaker: device.describe('Where calls are heard.'),
  ringer: device.describe('Where ringing is heard.'),
  echo_cancellation: z.boolean().default(true),
  noise_suppression: z.boolean().default(true),
  auto_gain: z.boolean().default(true),
});

export const phoneSettings = z.strictObject({
  do_not_disturb: z
    .boolean()
    .default(false)
    .describe('Calls that would ring are refused as busy, and listed as missed.'),
  ringtone: z.boolean().default(true).describe('Whether calls ring audibly.'),
  notifications: z.boolean().default(true).describe('System notifications of calls.'),
  /** Of the account that calls without one named; null: the first. */
  account: z.string().nullable().default(null),
});

const otlpEndpoint = z.url({ protocol: /^https?$/ }).nullable();

export const appSettings = z.strictObject({
  language: z.enum(['auto', 'en', 'ru']).default('auto').describe("The window's language."),
  theme: z.enum(['auto', 'light', 'dark']).default('auto'),
  bot: z.string().nullable().default(null).describe('Folder of the bot that answers; null: the demo.'),
  listen: listenSettings.prefault({}),
  recordings: recordingSettings.prefault({}),
  devices: deviceSettings.prefault({}),
  phone: phoneSettings.prefault({}),
  otlp_endpoint: otlpEndpoint
    .default(null)
    .describe(
      'OpenTelemetry endpoint that spans of calls are sent to, as http://localhost:4318; null: none.',
    ),
  tour_done: z.boolean().default(false).describe('Whether the three first steps were shown.'),
});
export type AppSettings = z.infer<typeof appSettings>;

/** A change: only what is named changes. */
export const appSettingsPatch = z.strictObject({
  language: appSettings.shape.language.unwrap().optional(),
  theme: appSettings.shape.theme.unwrap().optional(),
  bot: z.string().nullable().optional(),
  listen: z
    .strictObject({
      host: z.string().min(1),
      port: z.int().min(0).max(65_535),
      allow: z.array(z.string()),
    })
    .partial()
    .optional(),
  recordings: z
    .strictObject({
      on: z.boolean(),
      dir: z.string().nullable(),
      keep_days: z.int().min(1).max(3650).nullable(),
      max_gb: z.number().positive().max(100_000).nullable(),
    })
    .partial()
    .optional(),
  devices: z
    .strictObject({
      microphone: device.unwrap(),
      speaker: device.unwrap(),
      ringer: device.unwrap(),
      echo_cancellation: z.boolean(),
      noise_suppression: z.boolean(),
      auto_gain: z.boolean(),
    })
    .partial()
    .optional(),
  phone: z
    .strictObject({
      do_not_disturb: z.boolean(),
      ringtone: z.boolean(),
      notifications: z.boolean(),
      account: z.string().nullable(),
    })
    .partial()
    .optional(),
  otlp_endpoint: otlpEndpoint.optional(),
  tour_done: z.boolean().optional(),
});
export type AppSettingsPatch = z.infer<typeof appSettingsPatch>;
