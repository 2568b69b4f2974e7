interface KnownFault {
  readonly says: RegExp;
  readonly fix: string;
}

/** In their order: the first that fits is the one meant. docs/gpu-stack.md has the same in its table. */
const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    says: /input type.*complex|complex(?:64|128|float)|complex-valued/i,
    fix: 'a patch for long texts made a complex position table, which F5-TTS cannot convolve: use the tts-server of gpu-stack, whose table is real, and update it when it is the one that says so',
  },
  {
    says: /out of memory|OutOfMemory|not enough (?:gpu )?memory|does not fit|no available memory for the cache blocks/i,
    fix: 'the models do not fit on the card together: `docker compose run --rm preflight` shows the sum; lower LLM_GPU_MEMORY_UTILIZATION or TTS_MAX_BATCH in .env, or take a smaller model',
  },
  {
    says: /HF_TOKEN|\bgated\b|licence to be accepted|huggingface.*\b40[13]\b|invalid (?:username|user token)/i,
    fix: "make a token with read access at https://huggingface.co/settings/tokens, accept the licence on the model's page, and put the token into .env as HF_TOKEN",
  },
  {
    says: /not cached|LocalEntryNotFound|cannot be reached.*by hand/i,
    fix: 'the model was never downloaded and cannot be now: let that service reach the hub once, or put the file where its message says',
  },
  {
    says: /is a checkpoint of|SHA-?256|no vocabulary of|no architecture of|size mismatch/i,
    fix: 'the weights are not those of the architecture and vocabulary that are set: TTS_REPO, TTS_WEIGHTS, TTS_VOCAB and TTS_ARCH in .env belong together',
  },
  {
    says: /ref_audio|reference (?:audio|voice)|seconds? of speech/i,
    fix: 'put a WAV with 5 to 10 s of one clear voice where the message says',
  },
];

/** What a person can do about a fault that the words of a model's server give away; null: they say nothing known. */
export function fixFor(message: string): string | null {
  return KNOWN_FAULTS.find(({ says }) => says.test(message))?.fix ?? null;
}
