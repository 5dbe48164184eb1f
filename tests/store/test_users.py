"""Accounts and logins of coordinators."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import NotFound, Store
from tests.conftest import Clock


def test_names_are_unique_without_regard_to_case(store: Store) -> None:
    ada = store.users.create("Ada", "hash", "coordinator")
    assert ada is not None
    assert ada.must_change_password
    assert store.users.create("ADA ", "other", "lead") is None
    assert store.users.by_name(" aDa") == ada
    assert [a.username for a in store.users.all()] == ["ada"]
    assert store.users.count() == 1


def test_failures_lock_an_account(store: Store, clock: Clock) -> None:
    ada = store.users.create("ada", "hash", "coordinator")
    assert ada is not None
    until = clock.now + timedelta(minutes=15)
    for _ in range(2):
        assert store.users.record_failure(ada.id, 3, until).locked_until is None
    assert store.users.record_failure(ada.id, 3, until).locked_until == until
    freed = store.users.change(ada.id, failed_logins=0, locked_until=None)
    assert (freed.failed_logins, freed.locked_until) == (0, None)


def test_a_one_time_code_works_once(store: Store) -> None:
    ada = store.users.create("ada", "hash", "coordinator")
    assert ada is not None
    assert store.users.use_totp_step(ada.id, 100)
    assert not store.users.use_totp_step(ada.id, 100)
    assert not store.users.use_totp_step(ada.id, 99)
    assert store.users.use_totp_step(ada.id, 101)


def test_sessions_end_by_time_and_by_hand(store: Store, clock: Clock) -> None:
    ada = store.users.create("ada", "hash", "coordinator")
    assert ada is not None

    def opened() -> str:
        return store.sessions.open(
            ada.id, clock.now + timedelta(hours=8), clock.now + timedelta(minutes=30)
        )

    token = opened()
    found = store.sessions.find(token)
    assert found is not None
    assert found.account == ada
    assert store.sessions.find("guess") is None
    clock.forward(minutes=29)
    store.sessions.touch(token, clock.now + timedelta(minutes=30))
    clock.forward(minutes=29)
    assert store.sessions.find(token) is not None
    clock.forward(minutes=2)
    assert store.sessions.find(token) is None
    assert store.sessions.purge() == 1

    first, second = opened(), opened()
    store.sessions.close(first)
    assert store.sessions.find(first) is None
    assert store.sessions.find(second) is not None
    store.sessions.close_all(ada.id)
    assert store.sessions.find(second) is None


def test_disabling_or_a_new_password_ends_all_sessions(store: Store, clock: Clock) -> None:
    ada = store.users.create("ada", "hash", "coordinator")
    assert ada is not None
    later = clock.now + timedelta(hours=1)
    for change in ({"password_hash": "new"}, {"disabled": True}):
        token = store.sessions.open(ada.id, later, later)
        store.users.change(ada.id, **change)
        assert store.sessions.find(token) is None


def test_only_known_columns_change(store: Store) -> None:
    with pytest.raises(ValueError, match="username"):
        store.users.change("x", username="eve")
    with pytest.raises(NotFound):
        store.users.change("x", role="lead")
