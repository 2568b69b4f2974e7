"""F5-TTS as a service that streams: an OpenAI-shaped API for speech in a cloned voice."""
