"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sidetone_common.metrics import LATENCY_BUCKETS


class Metrics:
    """All of them start with stt_."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Gauge(
            "stt_requests_in_progress", "Transcriptions asked for and not done", registry=self.registry
        )
        self.refused = Counter(
            "stt_refused", "Requests and sessions that found no room", registry=self.registry
        )
        self.sessions = Gauge("stt_realtime_sessions", "Open realtime sessions", registry=self.registry)
        self.batch = Histogram(
            "stt_batch_size",
            "Stretches of speech in a pass",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.pass_s = Histogram(
            "stt_pass_seconds", "Duration of a pass", buckets=LATENCY_BUCKETS, registry=self.registry
        )
        self.audio_s = Counter("stt_audio_seconds", "Audio transcribed", registry=self.registry)
        self.real_time_factor = Histogram(
            "stt_real_time_factor",
            "Time for a transcription by the duration of its audio",
            buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=self.registry,
        )
        self.dropped = Counter(
            "stt_dropped_segments",
            "Text that the model invented, by the rule that found it",
            ["reason"],
            registry=self.registry,
        )

    def on_pass(self, batch: int, seconds: float) -> None:
        self.batch.observe(batch)
        self.pass_s.observe(seconds)

    def on_dropped(self, reason: str) -> None:
        self.dropped.labels(reason).inc()

    def on_transcribed(self, audio_s: float, took_s: float) -> None:
        self.audio_s.inc(audio_s)
        if audio_s > 0:
            self.real_time_factor.observe(took_s / audio_s)
