"""Speech to text behind OpenAI's API: Whisper on CTranslate2, or T-one for Russian telephone speech."""
