"""A Whisper of 6 MB with random weights for CTranslate2, shaped like large-v3 (128 mels, 51,866 tokens).

What it writes has no meaning, but depends on what it hears and on everything before, and comes to an end:
enough to tell whether two ways of running it agree.
"""

import json
from pathlib import Path

import numpy as np
from ctranslate2.specs import common_spec, whisper_spec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

_DEPTH, _HEADS, _LAYERS, _MELS = 16, 2, 1, 128
_TEXT_TOKENS = 50256
_EOT = "<|endoftext|>"
# How much the end of the text is favoured, in logits, so that texts are some ten tokens long.
_END_BIAS = 4.5


def write(folder: Path, seed: int = 0) -> Path:
    """The folder, with everything in it that WhisperModel reads."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    vocabulary = [tokenizer.id_to_token(token) for token in range(tokenizer.get_vocab_size())]
    model = whisper_spec.WhisperSpec(_LAYERS, _HEADS, _LAYERS, _HEADS)
    _fill(model, len(vocabulary), vocabulary.index(_EOT), np.random.default_rng(seed))
    model.register_vocabulary(vocabulary)
    model.config.suppress_ids = []
    model.config.suppress_ids_begin = [vocabulary.index(_EOT)]
    model.config.lang_ids = [vocabulary.index(f"<|{language}|>") for language in _LANGUAGE_CODES]
    model.config.alignment_heads = [[0, 0]]
    model.validate()
    model.optimize()
    model.save(str(folder))
    features = {"feature_size": _MELS, "sampling_rate": 16000, "hop_length": 160, "n_fft": 400}
    features["chunk_length"] = 30
    (folder / "preprocessor_config.json").write_text(json.dumps(features))
    return folder


def _tokenizer() -> Tokenizer:
    """Single bytes as tokens at Whisper's own offsets, the rest of its vocabulary as words of two letters."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    base = {letter: token for token, letter in enumerate(alphabet)}
    letters = "abcdefghijklmnopqrstuvwxyz"
    for token in range(len(base), _TEXT_TOKENS):
        rest = token
        word = "Ġ"
        for _ in range(4):
            word += letters[rest % 26]
            rest //= 26
        base[word] = token
    # CTranslate2 takes a model for multilingual only if this token is the empty string.
    base[""] = _TEXT_TOKENS
    tokenizer = Tokenizer(models.BPE(vocab=base, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    named = [_EOT, "<|startoftranscript|>", *(f"<|{language}|>" for language in _LANGUAGE_CODES)]
    named += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
    named += ["<|notimestamps|>"]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in named])
    times = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    tokenizer.add_tokens([AddedToken(token, special=False) for token in times])
    return tokenizer


def _fill(model: whisper_spec.WhisperSpec, vocabulary: int, end: int, random: np.random.Generator) -> None:
    def noise(*shape: int, scale: float = 0.3) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    def linear(layer: common_spec.LinearSpec, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = noise(outputs, inputs), noise(outputs)

    def norm(layer: common_spec.LayerNormSpec) -> None:
        layer.gamma, layer.beta = np.ones(_DEPTH, np.float32), np.zeros(_DEPTH, np.float32)

    encoder, decoder = model.encoder, model.decoder
    encoder.conv1.weight, encoder.conv1.bias = noise(_DEPTH, _MELS, 3), noise(_DEPTH)
    encoder.conv2.weight, encoder.conv2.bias = noise(_DEPTH, _DEPTH, 3), noise(_DEPTH)
    encoder.position_encodings.encodings = noise(1500, _DEPTH)
    decoder.position_encodings.encodings = noise(448, _DEPTH, scale=1)
    decoder.embeddings.weight = noise(vocabulary, _DEPTH)
    decoder.scale_embeddings = False
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    direction = np.zeros(_DEPTH, np.float32)
    direction[0] = 1
    decoder.layer_norm.beta = direction
    decoder.embeddings.weight[:, 0] = 0
    decoder.embeddings.weight[end, 0] = _END_BIAS
    decoder.projection.weight = decoder.embeddings.weight
    for layer in (*encoder.layer, *decoder.layer):
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * _DEPTH, _DEPTH)
        linear(layer.self_attention.linear[1], _DEPTH, _DEPTH)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, 4 * _DEPTH, _DEPTH)
        linear(layer.ffn.linear_1, _DEPTH, 4 * _DEPTH)
    for layer in decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], _DEPTH, _DEPTH)
        linear(layer.attention.linear[1], 2 * _DEPTH, _DEPTH)
        linear(layer.attention.linear[2], _DEPTH, _DEPTH)
