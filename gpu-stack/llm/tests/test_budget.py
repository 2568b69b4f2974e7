"""The arithmetic against the figures of field notes about cards of 24 and 48 GB."""

import pytest

from sidetone_common.settings import SettingsError, from_env
from sidetone_llm.budget import KNOWN_LLMS, Budget, Plan, reckon, table
from sidetone_llm.settings import Settings, plan_of

RTX_4090 = 23.65
A6000 = 47.41


def budget(card_gib: float, **environment: str) -> Budget:
    return reckon(card_gib, plan_of(from_env(Settings, environment)))


def test_the_default_fits_24_gb_with_room_for_calls() -> None:
    ours = budget(RTX_4090)
    assert ours.problems == ()
    assert ours.plan.llm.name == "Qwen/Qwen2.5-7B-Instruct-AWQ"
    assert ours.kv_gib == pytest.approx(2.8, abs=0.05)
    assert ours.card_gib - ours.llm_gib == pytest.approx(14.2, abs=0.05)
    assert ours.kv_tokens > 6 * ours.plan.max_model_len


def test_48_gb_takes_unquantised_weights() -> None:
    ours = budget(A6000, GPU_PROFILE="48gb")
    assert ours.problems == ()
    assert ours.plan.llm.weights_gib == pytest.approx(14.19, abs=0.01)
    assert ours.kv_tokens > 10 * ours.plan.max_model_len


def test_bf16_at_0_60_on_24_gb_is_refused_with_the_numbers() -> None:
    ours = budget(RTX_4090, LLM_MODEL="Qwen/Qwen2.5-7B-Instruct", LLM_GPU_MEMORY_UTILIZATION="0.6")
    # Weights alone are the whole share: nothing is left for a single token.
    assert ours.llm_gib == pytest.approx(ours.plan.llm.weights_gib, abs=0.01)
    assert ours.kv_tokens == 0
    assert len(ours.problems) == 1
    for number in ("14.19 GiB of weights", "0.60 of 23.65 GiB is 14.19", "does not fit on this card"):
        assert number in ours.problems[0]


def test_the_advised_share_is_enough_for_all() -> None:
    refused = budget(32.0, LLM_MODEL="Qwen/Qwen2.5-7B-Instruct", LLM_GPU_MEMORY_UTILIZATION="0.4")
    advised = refused.problems[0].split("LLM_GPU_MEMORY_UTILIZATION to ")[1][:4]
    again = budget(32.0, LLM_MODEL="Qwen/Qwen2.5-7B-Instruct", LLM_GPU_MEMORY_UTILIZATION=advised)
    assert again.problems == ()


def test_a_share_that_leaves_nothing_for_speech_is_refused() -> None:
    ours = budget(RTX_4090, LLM_GPU_MEMORY_UTILIZATION="0.92")
    assert len(ours.problems) == 1
    assert "the card is 6." in ours.problems[0]
    assert "(LLM) + 2.96 (STT) + 4.56 (TTS)" in ours.problems[0]


def test_a_model_that_no_share_of_the_card_holds_is_told_so() -> None:
    ours = budget(11.6, LLM_MODEL="Qwen/Qwen2.5-7B-Instruct", LLM_GPU_MEMORY_UTILIZATION="0.9")
    assert "does not fit on this card" in ours.problems[0]


def test_t_one_leaves_the_card_alone() -> None:
    assert budget(RTX_4090, STT_ENGINE="t-one").stt_gib == 0


def test_speech_on_another_processor_takes_nothing() -> None:
    ours = budget(RTX_4090, STT_DEVICE="cpu", TTS_DEVICE="cpu", LLM_GPU_MEMORY_UTILIZATION="0.92")
    assert ours.problems == ()
    assert (ours.stt_gib, ours.tts_gib) == (0, 0)
    assert "not on this card" in table(ours)


def test_one_request_of_full_length_has_to_fit_into_the_cache() -> None:
    llm = KNOWN_LLMS["Qwen/Qwen2.5-7B-Instruct-AWQ"]
    assert llm.kv_bytes_per_token == 56 * 1024
    fits = Plan(llm, 0.40, 32_768, None, None)
    too_long = Plan(llm, 0.40, 65_536, None, None)
    assert reckon(RTX_4090, fits).problems == ()
    assert "one request of 65536 tokens" in reckon(RTX_4090, too_long).problems[0]


def test_the_table_adds_up_to_the_card() -> None:
    ours = budget(RTX_4090)
    gib = {line[:12].strip(): float(line[12:19]) for line in table(ours).splitlines()}
    assert gib["weights"] + gib["running"] + gib["KV cache"] == pytest.approx(gib["llm-server"], abs=0.02)
    total = gib["llm-server"] + gib["stt-server"] + gib["tts-server"] + gib["left"]
    assert total == pytest.approx(RTX_4090, abs=0.02)


def test_a_model_of_unknown_size_needs_its_numbers() -> None:
    with pytest.raises(SettingsError, match="LLM_MODEL=org/new: its size is not known here"):
        budget(RTX_4090, LLM_MODEL="org/new")
    ours = budget(RTX_4090, LLM_MODEL="org/new", LLM_WEIGHTS_GIB="4", LLM_KV_BYTES_PER_TOKEN="100000")
    assert ours.plan.llm.weights_gib == 4


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError, match="GPU_PROFILE=12gb: allowed are 24gb, 48gb"):
        budget(RTX_4090, GPU_PROFILE="12gb")
