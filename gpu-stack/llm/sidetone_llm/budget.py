"""Whether the models fit on the card together, by arithmetic. Pure: values in, values out, GiB (2^30 bytes).

vLLM takes a fixed share of the whole card: its weights, what it needs to run, and the rest as KV cache. STT
and TTS are other processes and take theirs beside it. A plan that does not add up ends in an out-of-memory
error minutes after the start, or in the middle of a call; here it ends in a sentence with the numbers.
"""

from dataclasses import dataclass

GIB = 2**30

# vLLM's own need besides weights and KV cache for a 7B model at its default batch: activations at their peak,
# CUDA graphs and the CUDA context. Derived from 2.8 GiB of KV cache left at 0.40 on a 24 GB card.
LLM_RUNTIME_GIB = 1.45
# A CUDA context with its libraries, in each further process.
CONTEXT_GIB = 0.45
# Left alone for fragmentation and for what the display and other programs come to take.
HEADROOM_GIB = 0.5
# Room for one batch row of 30 s in F5-TTS: doubled by classifier-free guidance, fp32. Reckoned, not measured.
TTS_ROW_GIB = 0.35
# Beam search over 30 s windows in CTranslate2. Reckoned, not measured.
STT_WORK_GIB = 1.0
# F5-TTS's fp32 checkpoint (1,348,435,761 bytes) and Vocos.
TTS_WEIGHTS_GIB = 1_348_435_761 / GIB + 0.05


@dataclass(frozen=True)
class Llm:
    """What the arithmetic has to know of a language model."""

    name: str
    weights_gib: float
    kv_bytes_per_token: int


def _kv_bytes(layers: int, kv_heads: int, head_dim: int = 128) -> int:
    """Keys and values of one token, 2 bytes each (fp16 or bf16)."""
    return 2 * layers * kv_heads * head_dim * 2


# Weights: parameters x 2 bytes for bf16, the size of the published files for AWQ. KV: config.json of each.
KNOWN_LLMS = {
    llm.name: llm
    for llm in (
        Llm("Qwen/Qwen2.5-1.5B-Instruct", 1_543_714_304 * 2 / GIB, _kv_bytes(28, 2)),
        Llm("Qwen/Qwen2.5-3B-Instruct", 3_085_938_688 * 2 / GIB, _kv_bytes(36, 2)),
        Llm("Qwen/Qwen2.5-7B-Instruct", 7_615_616_512 * 2 / GIB, _kv_bytes(28, 4)),
        Llm("Qwen/Qwen2.5-7B-Instruct-AWQ", 5.19, _kv_bytes(28, 4)),
        Llm("Qwen/Qwen2.5-14B-Instruct-AWQ", 9.31, _kv_bytes(48, 8)),
    )
}

# Whisper's weights in fp16, by faster-whisper's names.
STT_WEIGHTS_GIB = {
    "tiny": 0.07,
    "base": 0.14,
    "small": 0.45,
    "medium": 1.42,
    "large-v3": 2.88,
    "large-v3-turbo": 1.51,
}


@dataclass(frozen=True)
class Plan:
    """What shall run on one card."""

    llm: Llm
    utilization: float  # vLLM's share of the card, 0..1
    max_model_len: int  # tokens of the longest request, prompt and answer
    stt_weights_gib: float | None  # None: recognition does not run on this card
    tts_batch: int | None  # largest batch of F5-TTS; None: speech does not run on this card


@dataclass(frozen=True)
class Budget:
    """How a card is divided, and what is wrong with that (empty: it fits)."""

    card_gib: float
    plan: Plan
    llm_gib: float
    kv_gib: float
    stt_gib: float
    tts_gib: float
    problems: tuple[str, ...]

    @property
    def kv_tokens(self) -> int:
        return max(0, int(self.kv_gib * GIB / self.plan.llm.kv_bytes_per_token))

    @property
    def free_gib(self) -> float:
        return self.card_gib - self.llm_gib - self.stt_gib - self.tts_gib


def reckon(card_gib: float, plan: Plan) -> Budget:
    """Divides `card_gib`, the memory CUDA reports for the card, as `plan` says."""
    llm_gib = plan.utilization * card_gib
    kv_gib = llm_gib - plan.llm.weights_gib - LLM_RUNTIME_GIB
    needed_kv = plan.max_model_len * plan.llm.kv_bytes_per_token / GIB
    stt_gib = 0.0 if plan.stt_weights_gib is None else plan.stt_weights_gib + STT_WORK_GIB + CONTEXT_GIB
    tts_gib = 0.0 if plan.tts_batch is None else TTS_WEIGHTS_GIB + TTS_ROW_GIB * plan.tts_batch + CONTEXT_GIB

    problems = []
    llm = plan.llm
    if kv_gib < needed_kv:
        spare = (card_gib - stt_gib - tts_gib - HEADROOM_GIB) / card_gib
        share = (llm.weights_gib + LLM_RUNTIME_GIB + needed_kv) / card_gib
        problems.append(
            f"{llm.name} needs {llm.weights_gib:.2f} GiB of weights, {LLM_RUNTIME_GIB:.2f} to run and "
            f"{needed_kv:.2f} of KV cache for one request of {plan.max_model_len} tokens; "
            f"{plan.utilization:.2f} of {card_gib:.2f} GiB is {llm_gib:.2f}. {_larger_share(share, spare)}"
        )
    over = llm_gib + stt_gib + tts_gib + HEADROOM_GIB - card_gib
    if over > 0:
        problems.append(
            f"the card is {over:.2f} GiB too small: {llm_gib:.2f} (LLM) + {stt_gib:.2f} (STT) "
            f"+ {tts_gib:.2f} (TTS) + {HEADROOM_GIB:.2f} (headroom) against {card_gib:.2f}. "
            "Lower LLM_GPU_MEMORY_UTILIZATION or TTS_MAX_BATCH, or take a smaller or quantised model"
        )
    return Budget(card_gib, plan, llm_gib, kv_gib, stt_gib, tts_gib, tuple(problems))


def _larger_share(share: float, spare: float) -> str:
    """share: what the model needs of the card; spare: what the other services leave of it."""
    if share + 0.01 > min(spare, 0.95):
        return "It does not fit on this card: take a quantised model (GPU_PROFILE=24gb) or a smaller one"
    return f"Set LLM_GPU_MEMORY_UTILIZATION to {share + 0.01:.2f} or more, or take a quantised model"


def table(budget: Budget) -> str:
    """The division as lines for a person."""
    plan = budget.plan
    elsewhere = "not on this card"
    rows = [
        ("llm-server", budget.llm_gib, f"{plan.utilization:.2f} x {budget.card_gib:.2f}"),
        ("  weights", plan.llm.weights_gib, plan.llm.name),
        ("  running", LLM_RUNTIME_GIB, "activations, CUDA graphs, context"),
        ("  KV cache", budget.kv_gib, f"{budget.kv_tokens:,} tokens; longest request {plan.max_model_len:,}"),
        ("stt-server", budget.stt_gib, "weights, beam search, context" if budget.stt_gib else elsewhere),
        ("tts-server", budget.tts_gib, f"batches of {plan.tts_batch}" if budget.tts_gib else elsewhere),
        ("left", budget.free_gib, f"{HEADROOM_GIB:.2f} wanted as headroom"),
    ]
    return "\n".join(f"{name:<12}{gib:>7.2f} GiB  {what}" for name, gib, what in rows)
