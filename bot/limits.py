"""Who does too much at once: limits by key, counted in this process or, with Redis, over all.

Redis is asked with a short time limit. While it is away every process counts for itself, so that
an outage of Redis makes the limits of N processes N times as wide and stops nobody's message.
Keys are hashed with a secret of ours before they leave the process: they name people.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Protocol

import redis
from redis.exceptions import RedisError

from bot.settings import SettingMissing, Settings

log = logging.getLogger(__name__)

_ANSWER_SECONDS: Final = 0.25
# After a failure Redis is left alone for so long: the next message must not wait for it again.
_REST_SECONDS: Final = 5.0
_PREFIX: Final = "intake:"

# All times are Redis' own, in microseconds: the clocks of several hosts need not agree.
_NOW: Final = "local t = redis.call('TIME'); local now = t[1] * 1000000 + t[2]\n"
# Generic cell rate algorithm: one number a key, the time at which its bucket is full again.
_TAKE: Final = (
    _NOW
    + """
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + tonumber(ARGV[1])
if full - now > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 1
"""
)
# A place in a line that moves on by a fixed gap: gives how long to wait for it.
_QUEUE_UP: Final = (
    _NOW
    + """
local mine = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now + tonumber(ARGV[2]))
local gap = tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', mine + gap), 'PX',
           math.ceil((mine + gap - now) / 1000) + 1000)
return mine - now
"""
)
_COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class RedisAway(RuntimeError):
    """Redis did not answer; the caller goes on alone."""


class RedisLink:
    """One pool of connections to Redis. `secret` hashes the keys."""

    def __init__(self, url: str, secret: str) -> None:
        try:
            self._redis = redis.Redis.from_url(
                url,
                socket_timeout=_ANSWER_SECONDS,
                socket_connect_timeout=_ANSWER_SECONDS,
                health_check_interval=30,
            )
        except ValueError:
            raise SettingMissing("INTAKE_REDIS_URL is not a Redis address") from None
        self._secret = hashlib.sha256(secret.encode()).digest()
        self._scripts = {text: self._redis.register_script(text) for text in (_TAKE, _QUEUE_UP)}
        self._scripts[_COUNT] = self._redis.register_script(_COUNT)
        self._rests_until = 0.0

    def run(self, script: str, name: str, key: str, *values: int) -> int:
        """A script on one key. Raises RedisAway."""
        return int(
            self._do(lambda: self._scripts[script](keys=[self._key(name, key)], args=values))
        )

    def number(self, name: str, key: str) -> int:
        """The number kept under a key, 0 if there is none. Raises RedisAway."""
        return int(self._do(lambda: self._redis.get(self._key(name, key))) or 0)

    def check(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _do(self, step: Any) -> Any:
        if time.monotonic() < self._rests_until:
            raise RedisAway
        try:
            return step()
        except RedisError as error:
            self._rests_until = time.monotonic() + _REST_SECONDS
            log.warning("redis does not answer, counting alone: %s", type(error).__name__)
            raise RedisAway from None

    def _key(self, name: str, key: str) -> str:
        hashed = hmac.new(self._secret, f"{name} {key}".encode(), hashlib.sha256).hexdigest()
        return f"{_PREFIX}{name}:{hashed[:32]}"


class Limit(Protocol):
    """Whether one more of a key is allowed."""

    def allows(self, key: str) -> bool:
        """Takes one token; False when there is none left. May wait for Redis."""

    async def admits(self, key: str) -> bool:
        """The same, without holding the event loop up."""


class RateLimit:
    """`burst` at once, then `per_second`; of keys beyond `keys` the oldest are forgotten."""

    def __init__(self, burst: float, per_second: float, keys: int = 10_000) -> None:
        self._burst, self._rate, self._most = burst, per_second, keys
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Takes one token; False when there is none left."""
        now = time.monotonic()
        with self._lock:
            left, then = self._left.pop(key, (self._burst, now))
            left = min(self._burst, left + (now - then) * self._rate)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            while len(self._left) > self._most:
                self._left.popitem(last=False)
        return allowed

    async def admits(self, key: str) -> bool:
        """The same."""
        return self.allows(key)


class SharedRateLimit:
    """A RateLimit that all processes take from."""

    def __init__(self, link: RedisLink, name: str, burst: float, per_second: float) -> None:
        self._link, self._name = link, name
        self._gap = round(1_000_000 / per_second)
        self._burst = round(burst * self._gap)
        self._alone = RateLimit(burst, per_second)

    def allows(self, key: str) -> bool:
        """Takes one token; False when there is none left. Blocks for a round trip."""
        try:
            return bool(self._link.run(_TAKE, self._name, key, self._gap, self._burst))
        except RedisAway:
            return self._alone.allows(key)

    async def admits(self, key: str) -> bool:
        """The same in a thread."""
        return await asyncio.to_thread(self.allows, key)


class SharedLine:
    """Places in one line for all processes, `per_second` of them; `key` names the line."""

    def __init__(self, link: RedisLink, key: str, per_second: float) -> None:
        self._link, self._key = link, key
        self._gap = round(1_000_000 / per_second)

    def queue_up(self) -> float:
        """Takes a place; gives the seconds until its turn. Raises RedisAway."""
        return self._link.run(_QUEUE_UP, "line", self._key, self._gap, 0) / 1_000_000

    def pause(self, seconds: float) -> None:
        """Nobody's turn comes for so long. Raises RedisAway."""
        self._link.run(_QUEUE_UP, "line", self._key, 0, round(seconds * 1_000_000))


class SharedTally:
    """Counts by key over all processes; a key's count ends `seconds` after its first one."""

    def __init__(self, link: RedisLink, name: str, seconds: float) -> None:
        self._link, self._name, self._milliseconds = link, name, round(seconds * 1000)

    def add(self, key: str) -> None:
        """One more. While Redis is away nothing is counted here."""
        try:
            self._link.run(_COUNT, self._name, key, self._milliseconds)
        except RedisAway:
            return

    def count(self, key: str) -> int:
        """How many there were; 0 while Redis is away."""
        try:
            return self._link.number(self._name, key)
        except RedisAway:
            return 0


class SharedClaims:
    """Who of all processes does something first; a claim ends `seconds` after it was made."""

    def __init__(self, link: RedisLink, name: str, seconds: float) -> None:
        self._link, self._name, self._milliseconds = link, name, round(seconds * 1000)

    def mine(self, key: str) -> bool:
        """Whether nobody else has it; while Redis is away everybody does what is to be done."""
        try:
            return self._link.run(_COUNT, self._name, key, self._milliseconds) == 1
        except RedisAway:
            return True


class Limits:
    """Makes the limits of one process: shared ones when there is a link."""

    def __init__(self, link: RedisLink | None = None) -> None:
        self.link = link

    def rate(self, name: str, burst: float, per_second: float) -> Limit:
        """A limit that goes by `name` in every process."""
        if self.link is None:
            return RateLimit(burst, per_second)
        return SharedRateLimit(self.link, name, burst, per_second)


@cache
def _link(url: str, secret: str) -> RedisLink:
    """One pool a process."""
    return RedisLink(url, secret)


def limits_of(configuration: Settings) -> Limits:
    """The limits of the settings. Raises SettingMissing for a malformed address."""
    if not configuration.redis_url:
        return Limits()
    return Limits(_link(configuration.redis_url, oldest(configuration.keys)))


def oldest(keys: Sequence[str]) -> str:
    """The key that stays the same for longest while keys are rotated."""
    return keys[-1]
