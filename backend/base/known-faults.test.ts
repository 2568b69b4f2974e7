import { expect, it } from 'vitest';
import { fixFor } from './known-faults.ts';

it.each([
  [
    'Input type (CPUComplexFloatType) and weight type (CPUFloatType) should be the same',
    /complex position table/,
  ],
  ['the position table is complex-valued (torch.complex64)', /complex position table/],
  ['CUDA out of memory. Tried to allocate 224.00 MiB', /LLM_GPU_MEMORY_UTILIZATION/],
  ['20.1 GiB needed, does not fit 23.6 GiB', /preflight/],
  ['org/model@main:model.safetensors: HF_TOKEN is rejected.', /settings\/tokens/],
  ['org/model@main:m: its owner asks for a licence to be accepted. Do so at ...', /settings\/tokens/],
  ['org/model@main:m is not cached below /models, and the hub cannot be reached.', /never downloaded/],
  ['org/model@main:m has SHA-256 abc, but def was asked for', /belong together/],
  ['m is a checkpoint of F5TTS_v1_Base, but the architecture was set to F5TTS_Base.', /belong together/],
  ['voice.ref_audio: /bots/a/ref_audio.wav: there is no such file', /5 to 10 s/],
])('%s', (message, fix) => {
  expect(fixFor(message)).toMatch(fix);
});

it('says nothing of what it does not know', () => {
  expect(fixFor('nothing listens at http://localhost:8085/v1')).toBeNull();
  expect(fixFor('the model is not in its list (it has /models/checkpoint-7)')).toBeNull();
});
