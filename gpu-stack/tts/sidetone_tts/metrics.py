"""What Prometheus is told about speech."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sidetone_common.metrics import LATENCY_BUCKETS

_RATIOS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5)


class Metrics:
    """Names begin with tts_; the registry also takes what counts HTTP requests."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.queue = Gauge(
            "tts_queue_clauses", "Clauses that wait for a forward pass", registry=self.registry
        )
        self.active = Gauge(
            "tts_active_requests", "Requests whose speech is being made", registry=self.registry
        )
        self.first_audio = Histogram(
            "tts_first_audio_seconds",
            "From the arrival of a request to its first audio",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._batch = Histogram(
            "tts_batch_clauses",
            "Most clauses that shared a forward pass",
            buckets=(1, 2, 3, 4, 6, 8, 12, 16, 32),
            registry=self.registry,
        )
        self._steps = Counter("tts_steps", "Forward passes of the model", registry=self.registry)
        self._ratio = Histogram(
            "tts_real_time_factor",
            "Seconds of computing for a second of audio",
            buckets=_RATIOS,
            registry=self.registry,
        )
        self._audio = Counter("tts_audio_seconds", "Seconds of audio made", registry=self.registry)
        self.refused = Counter(
            "tts_refused", "Requests that were not spoken to their end", ["reason"], registry=self.registry
        )

    def on_batch(self, size: int, steps: int, seconds: float, audio_seconds: float) -> None:
        """Called by the inference thread; see inference.Inference."""
        self._batch.observe(size)
        self._steps.inc(steps)
        self._audio.inc(audio_seconds)
        self._ratio.observe(seconds / audio_seconds)
