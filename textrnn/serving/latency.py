"""How long a batch takes: a line of seconds over tokens, fitted as the server runs."""

from __future__ import annotations

from dataclasses import dataclass

DECAY = 0.98  # what a batch still counts after the next one: the last fifty or so matter
MIN_SECONDS_PER_TOKEN = 1e-9  # seconds a token
ERROR_DECAY = 0.8  # what the error of a batch still counts after the next one: a machine is slowed down within seconds
DEVIATIONS = 4.0  # mean deviations above what is expected, which a batch seldom exceeds
SURE_SECONDS = 0.05  # seconds that count as if they were as expected: what delays a batch of milliseconds says little


@dataclass
class LatencyModel:
    """seconds = per_token * tokens + per_batch, by least squares in which older batches count less.

    The idea is BentoML's (its dispatcher fits such a line); neither part is below 0. Where all batches were of one size
    the line goes through the origin. How far the last few batches were from the line tells how long one takes at most:
    the mean and its deviations, as TCP sets its timeouts (RFC 6298).
    """

    per_token: float = 1e-6
    per_batch: float = 0.0
    _weight: float = 0.0
    _tokens: float = 0.0
    _seconds: float = 0.0
    _squares: float = 0.0
    _products: float = 0.0
    _expected: float = 0.0
    _found: float = 0.0
    _deviated: float = 0.0

    def predict(self, tokens: float, batches: float = 1.0) -> float:
        """The seconds that so many `tokens` in so many `batches` will take."""
        return self.per_token * tokens + self.per_batch * batches

    @property
    def caution(self) -> float:
        """What a predicted time is multiplied by so that it is seldom exceeded; at least 1."""
        found = SURE_SECONDS + self._found + DEVIATIONS * self._deviated
        return max(1.0, found / (SURE_SECONDS + self._expected))

    def tokens_within(self, seconds: float) -> float:
        """The tokens of the largest batch that seldom takes longer than `seconds`; 0 where none is so fast."""
        return max(0.0, (seconds / self.caution - self.per_batch) / self.per_token)

    def learn(self, tokens: float, seconds: float) -> None:
        """Fit the line anew, with a batch of `tokens` that took `seconds`."""
        if self._weight:  # before the first batch the line is a guess
            expected = self.predict(tokens)
            self._expected = ERROR_DECAY * self._expected + expected
            self._found = ERROR_DECAY * self._found + seconds
            self._deviated = ERROR_DECAY * self._deviated + abs(seconds - expected)
        self._weight = DECAY * self._weight + 1
        self._tokens = DECAY * self._tokens + tokens
        self._seconds = DECAY * self._seconds + seconds
        self._squares = DECAY * self._squares + tokens * tokens
        self._products = DECAY * self._products + tokens * seconds
        mean, mean_seconds = self._tokens / self._weight, self._seconds / self._weight
        spread = self._squares / self._weight - mean * mean
        through_origin = self._products / self._squares if self._squares else MIN_SECONDS_PER_TOKEN
        slope = through_origin
        if spread > 1e-3 * mean * mean:
            slope = (self._products / self._weight - mean * mean_seconds) / spread
        rest = mean_seconds - slope * mean
        if slope <= 0 or rest < 0:
            slope, rest = through_origin, 0.0
        self.per_token, self.per_batch = max(slope, MIN_SECONDS_PER_TOKEN), rest
