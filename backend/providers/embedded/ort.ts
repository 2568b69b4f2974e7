import { InferenceSession } from 'onnxruntime-node';
import { SidetoneError, explain } from '../../base/errors.ts';
import { modelFile, pullHint } from '../../models/directory.ts';

/** One thread, and none that spins while it waits: more steal the time of the packets. */
const OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

/** @throws SidetoneError 'environment' when the model is not installed or cannot be loaded. */
export async function openSession(modelsDir: string, model: string, file: string): Promise<InferenceSession> {
  const full = modelFile(modelsDir, model, file);
  try {
    return await InferenceSession.create(full, OPTIONS);
  } catch (cause) {
    throw new SidetoneError('environment', `the model ${model} cannot be loaded: ${explain(cause)}`, {
      hint: `remove it, then ${pullHint(model)}`,
      cause,
    });
  }
}
